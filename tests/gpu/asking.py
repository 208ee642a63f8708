"""One request of each kind that is measured, and what the schemas say of its answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from assay.bench.workload import workloads
from assay.contract import load
from assay.contract.message import Request, Response
from assay.plugin.deployment import Deployment
from assay.target import Policy, Target

MODELS: Final = {
    "object-detection": "rfdetr-small/1",
    "keypoint-detection": "keypoint-rcnn/1",
    "instance-segmentation": "mask-rcnn/1",
    "classification": "resnet50/1",
    "semantic-segmentation": "segformer-b2/1",
    "segmentation": "hiera_tiny",
    "florence-2": "florence-2-base",
    "owlv2": "owlv2-large-patch14-ensemble",
}
"""The example server's model of each task."""
SIZES_LEFT_OUT: Final = ("/png-", "4k", "1080p", "/address")
"""Workloads that are the same request with another picture, or ask the server to fetch one."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of a workload. `name` is the workload's."""

    name: str
    request: Request

    def faults(self, response: Response) -> list[str]:
        """In what its answer breaks the schema of the mode that was asked for."""
        mode = load().operations[self.request.operation].mode_of(self.request)
        if response.status != 200:
            return [f"status {response.status}"]
        if response.media_type != mode.media:
            return [f"{response.media_type} and not {mode.media}"]
        if mode.schema is None:
            return []
        return [str(each) for each in load().validate(mode.schema, response.json())]


def requests(models: Mapping[str, str] = MODELS) -> Iterator[Asked]:
    """The first request of each workload, by the models of a deployment that is asked nothing here."""
    target = Target(Policy(url="http://127.0.0.1:9"))
    deployment = Deployment(target, load(), dict(models), 0, 1)
    try:
        for workload in workloads().values():
            if not any(part in workload.id for part in SIZES_LEFT_OUT):
                yield Asked(
                    workload.id, next(iter(workload.make(workload.kit(deployment.driver(workload.operation), 0), 1)))
                )
    finally:
        target.close()
