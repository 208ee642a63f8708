"""What a scene holds for each of the reference's models, and how its answers compare with that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import numpy as np

from assay.scene import Scene

KINDS = {
    "shapes/1": {"dog": "dog", "person": "dog", "cat": "cat"},
    "figures/1": {"dog": "person", "person": "person"},
}
Infer = Callable[..., httpx.Response]
Segment = Callable[..., httpx.Response]
Row = tuple[str, float, tuple[float, ...]]


def truth(scene: Scene, model: str, at_least: float = 0.0) -> list[Row]:
    """Class, confidence and box (x0, y0, x1, y1) of everything that the model ought to see, surest first."""
    rows = [
        (KINDS[model][thing.kind], round(0.97 * max(thing.colour) / 255, 4), tuple(map(float, thing.box)))
        for thing in scene.things
        if thing.kind in KINDS[model]
    ]
    return sorted((row for row in rows if row[1] >= at_least), key=lambda row: -row[1])


def answered(body: Any) -> list[Row]:
    """The same of an answer, in its own order."""
    return [
        (
            one["class"],
            one["confidence"],
            (
                one["x"] - one["width"] / 2,
                one["y"] - one["height"] / 2,
                one["x"] + one["width"] / 2,
                one["y"] + one["height"] / 2,
            ),
        )
        for one in body["predictions"]
    ]


def overlap(first: np.ndarray[Any, Any], second: np.ndarray[Any, Any]) -> float:
    """IoU of two masks; 1 where both are empty."""
    union = int((first | second).sum())
    return int((first & second).sum()) / union if union else 1.0


def without_identity(body: dict[str, Any]) -> dict[str, Any]:
    """An answer without what is fresh in every call."""
    kept = {key: value for key, value in body.items() if key not in ("inference_id", "time")}
    predictions = [{k: v for k, v in one.items() if k != "detection_id"} for one in body["predictions"]]
    return {**kept, "predictions": predictions}
