"""As much of `supervision` as the documents' scripts draw with, without its labels, in its own colours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

PALETTE = ("A351FB", "FF4040", "FFA1A0", "FF7633", "FFB633", "D1D435", "4CFB12", "94CF1A", "40DE8A", "1B9640")
"""RGB by the number of a class, from the beginning again after the last that is here."""


@dataclass
class Detections:
    """Boxes as x0, y0, x1, y1, masks, numbers of classes."""

    xyxy: Any
    mask: Any = None
    class_id: Any = None
    confidence: Any = None
    data: Mapping[str, Any] = field(default_factory=dict)


def _colour(number: int) -> tuple[int, int, int]:
    """BGR."""
    red, green, blue = bytes.fromhex(PALETTE[number % len(PALETTE)])
    return blue, green, red


class MaskAnnotator:
    """Covers each mask in the colour of its class, half as strong as the picture; the smaller over the larger."""

    def annotate(self, scene: Any, detections: Detections) -> Any:
        covered = scene.copy()
        for index in np.argsort([-mask.sum() for mask in detections.mask], kind="stable"):
            covered[detections.mask[index]] = _colour(int(detections.class_id[index]))
        return cv2.addWeighted(covered, 0.5, scene, 0.5, 0)


class BoxAnnotator:
    """Draws a frame of 2 px on the edges of each box, in the colour of its class."""

    def annotate(self, scene: Any, detections: Detections) -> Any:
        for box, number in zip(detections.xyxy.astype(int).tolist(), detections.class_id, strict=True):
            cv2.rectangle(scene, box[:2], box[2:], _colour(int(number)), 2)
        return scene


class LabelAnnotator:
    """Draws nothing: letters are the matter of a font."""

    def annotate(self, scene: Any, detections: Detections, labels: Any = None) -> Any:
        return scene
