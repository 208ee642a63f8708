"""The deployment as rules see it: one driver for each operation, which asks in the words of the operation.

A driver remembers the plain answers of the scenes, because most rules look there for their witness, and tells the
current case what the witness was.
"""

from __future__ import annotations

from collections.abc import Mapping

from assay.plugin.drivers.base import PLAIN_RULE, VALID_RULE, Alone, Driver, expect_success
from assay.plugin.drivers.classification import ClassificationDriver
from assay.plugin.drivers.florence2 import Florence2Driver
from assay.plugin.drivers.hosted import HostedDriver, InstancesDriver
from assay.plugin.drivers.infer import InferDriver
from assay.plugin.drivers.owlv2 import Owlv2Driver
from assay.plugin.drivers.sam2 import Sam2Driver
from assay.plugin.drivers.sam2_embedding import Sam2EmbeddingDriver
from assay.plugin.drivers.semantic import SemanticDriver
from assay.plugin.drivers.service import ServiceDriver

DRIVERS: Mapping[str, type[Driver]] = {
    "hosted.object-detection": HostedDriver,
    "hosted.keypoint-detection": HostedDriver,
    "hosted.semantic-segmentation": SemanticDriver,
    "infer.semantic-segmentation": SemanticDriver,
    "hosted.instance-segmentation": InstancesDriver,
    "hosted.classification": ClassificationDriver,
    "infer.object-detection": InferDriver,
    "infer.keypoint-detection": InferDriver,
    "sam2.segment": Sam2Driver,
    "sam2.embed": Sam2EmbeddingDriver,
    "owlv2.infer": Owlv2Driver,
    "florence2.infer": Florence2Driver,
}
"""Who asks each operation of the contract; routes about the server itself are asked by the ServiceDriver."""

__all__ = [
    "DRIVERS",
    "PLAIN_RULE",
    "VALID_RULE",
    "Alone",
    "ClassificationDriver",
    "Driver",
    "Florence2Driver",
    "HostedDriver",
    "InferDriver",
    "InstancesDriver",
    "Owlv2Driver",
    "Sam2Driver",
    "Sam2EmbeddingDriver",
    "SemanticDriver",
    "ServiceDriver",
    "expect_success",
]
