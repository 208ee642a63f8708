"""Asking the routes that name the task: the hosted models, with the model and the picture in a JSON body."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from assay.contract.message import Request
from assay.generate import Context
from assay.plugin.drivers.hosted import HostedDriver
from assay.record.model import Exchange
from assay.scene import Scene

AS_IN_THE_BODY: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "confidence": ("confidence", lambda percent: percent / 100),
    "overlap": ("iou_threshold", lambda percent: percent / 100),
    "classes": ("class_filter", lambda labels: [labels] if isinstance(labels, str) else list(labels)),
    "stroke": ("visualization_stroke_width", int),
    "labels": ("visualization_labels", bool),
    "drawn": ("visualize_predictions", bool),
    "max_detections": ("max_detections", int),
    "keypoint_confidence": ("keypoint_confidence", float),
    "across_classes": ("class_agnostic_nms", bool),
}
"""The words of the hosted route, in which rules ask, and what they are called and count in here."""


class InferDriver(HostedDriver):
    """Asks `POST /infer/object_detection` or `/infer/keypoints_detection`, in the words of the hosted route."""

    as_drawing = MappingProxyType({"drawn": True})

    def request(self, scene: Scene, **query: Any) -> Request:
        """A request with the scene in base64; parameters that are None are absent."""
        given = {name: value for name, value in query.items() if value is not None}
        fields = {field: change(given[name]) for name, (field, change) in AS_IN_THE_BODY.items() if name in given}
        body = {"model_id": self.model, "disable_active_learning": True, "disable_model_monitoring": True, **fields}
        return self.operation.request(body=body, image=scene.png())

    def plain_request(self) -> Request:
        """The first scene as JPEG, and nothing but the model."""
        return self.operation.request(body={"model_id": self.model}, image=self.scenes[0].jpeg())

    def shown(self, mode: str) -> list[Exchange]:
        """Answers about the first scenes, one of them with a drawing; asked once."""
        if mode not in self._shown:
            drawn = (None, None, True)
            scenes = zip(self.first, drawn, strict=True)
            self._shown[mode] = [self.exchange(scene, drawn=asked) for scene, asked in scenes]
        return [self.target.refer(exchange) for exchange in self._shown[mode]]

    def context(self) -> Context:
        """Scenes, the model, and the classes that it was seen to know."""
        return replace(super().context(), path={}, fixed={"/model_id": self.model})
