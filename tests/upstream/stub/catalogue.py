"""The models that the stubbed platform knows, and the keys that it accepts or denies."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

KEY = "rig-key"
DENIED = MappingProxyType({"forbidden-key": 403, "broke-key": 402, "paused-key": 423})  # any other: 401

_ONNX = {
    "type": "onnx-model-package-v1",
    "backendType": "onnx",
    "dynamicBatchSize": False,
    "staticBatchSize": 1,
    "quantization": "fp32",
    "opset": 17,
}
_HUGGING_FACE = {"type": "hf-model-package-v1", "backendType": "hf", "quantization": "fp32"}
_TORCH = {
    "type": "torch-model-package-v1",
    "backendType": "torch",
    "dynamicBatchSize": True,
    "quantization": "fp32",
}


@dataclass(frozen=True, slots=True)
class Model:
    """One model: what it is called, what the new engine is told of it, and what the old one."""

    model_id: str
    architecture: str
    variant: str | None
    task: str
    package: str  # the folder of its files, as the build names it
    manifest: Mapping[str, Any]
    old_type: str | None = None  # the old engine's name of the architecture; None where it does not ask
    old_task: str | None = None  # where the old engine's name differs from the task above
    side: int | None = None  # the network's input in pixels, for the models that are one ONNX file

    @property
    def package_id(self) -> str:
        """Stable over rebuilds: the server's caches last no longer than one start of it."""
        return "rig" + hashlib.md5(self.model_id.encode(), usedforsecurity=False).hexdigest()[:12]


ANIMALS = Model(
    "rig-animals/1", "yolov8", "yolov8n", "object-detection", "animals", _ONNX, old_type="yolov8n", side=640
)
PEOPLE = Model(
    "rig-people/1",
    "yolov8",
    "yolov8n-pose",
    "keypoint-detection",
    "people",
    _ONNX,
    old_type="yolov8n-pose",
    side=640,
)
ROAD = Model(
    "rig-road/1",
    "deep-lab-v3-plus",
    "deeplabv3plus",
    "semantic-segmentation",
    "road",
    _ONNX,
    old_type="deeplabv3plus",
    side=256,
)
FLORENCE = Model(
    "florence-pretrains/3",  # what the server makes of the alias florence-2-base
    "florence-2",
    "florence-2-base",
    "vlm",
    "florence2",
    _HUGGING_FACE,
    old_type="florence-2-base",
    old_task="text-image-pairs",
)
OWLV2 = tuple(
    Model(f"owlv2/{name}", "owlv2", None, "open-vocabulary-object-detection", "owlv2", _HUGGING_FACE)
    for name in ("owlv2-large-patch14-ensemble", "owlv2-base-patch16-ensemble")
)
SAM2 = Model(
    "sam2/hiera_tiny",
    "sam2",
    "hiera_tiny",
    "interactive-instance-segmentation",
    "sam2",
    _TORCH,
    old_type="sam2",
)
SAM2_CHECKPOINT = "model.pt"  # the old engine wants it under the name weights.pt

MODELS = MappingProxyType({model.model_id: model for model in (ANIMALS, PEOPLE, ROAD, FLORENCE, *OWLV2, SAM2)})
