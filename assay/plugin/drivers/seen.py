"""What a model was seen to answer about a scene, as rules of boxes pass it on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assay.contract import load
from assay.judge.answers import Detection
from assay.judge.boxes import Prediction
from assay.scene import Scene

DEFAULT_CONFIDENCE = load().operations["hosted.object-detection"].parameter("confidence").default
"""Percent. What the document says of a request without a threshold."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A scene and what the deployment answered about it, with the query that it was asked with, in percent."""

    scene: Scene
    query: Mapping[str, Any]
    answer: Detection

    @property
    def threshold(self) -> float:
        """The threshold that was asked for, or the documented default, 0 to 1."""
        return float(self.query.get("confidence", DEFAULT_CONFIDENCE)) / 100

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture in px."""
        return self.scene.width, self.scene.height


@dataclass(frozen=True, slots=True)
class Withholding(Seen):
    """A scene asked so that predictions are withheld: those `withheld` stand clear of all that are answered."""

    withheld: tuple[Prediction, ...]


@dataclass(frozen=True, slots=True)
class Overlapping(Seen):
    """A scene in which the model suppresses boxes, as it is answered with no limit to their overlap.

    `share` is the IoU (0 to 1) of the two boxes of one class that overlap most.
    """

    share: float
