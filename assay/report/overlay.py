"""What an answer says of a picture, as outlines to draw over it: boxes, keypoints, polygons, masks, class maps.

Forms are told by their fields and not by the operation, so that an answer in which something is missing is drawn as
far as it goes. Coordinates are px of the picture that was sent, origin at the top left.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np

from assay.judge import masks
from assay.picture import decode_as

Layer = Literal["boxes", "keypoints", "masks", "regions"]
Outline = tuple[tuple[float, float], ...]
Pair = tuple[float, float]

MOST_SHAPES = 60
MOST_VERTICES = 120
"""Of one outline; more are thinned out."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A closed outline, or a dot where it has one vertex. `label` may be empty; `layer` is what it is one of."""

    outline: Outline
    label: str
    layer: Layer = "boxes"

    @property
    def svg(self) -> str:
        """The vertices as an SVG polygon states them."""
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in self.outline)


def shapes(answer: Any) -> list[Shape]:
    """The shapes of a parsed JSON answer, at most MOST_SHAPES; none where it holds nothing to draw."""
    found: list[Shape] = []
    for shape in _of_answer(answer):
        if shape.outline and all(math.isfinite(value) for vertex in shape.outline for value in vertex):
            found.append(shape)
        if len(found) == MOST_SHAPES:
            break
    return found


def _of_answer(answer: Any) -> Iterator[Shape]:
    if not isinstance(answer, dict):
        return
    predictions, response = answer.get("predictions"), answer.get("response")
    if isinstance(predictions, list):
        for prediction in predictions:
            if isinstance(prediction, dict):
                yield from _of_prediction(prediction)
    elif isinstance(predictions, dict):
        yield from _of_class_map(predictions)
    if isinstance(response, dict):
        for value in response.values():
            if isinstance(value, dict):
                yield from _of_regions(value)


def _of_prediction(prediction: dict[str, Any]) -> Iterator[Shape]:
    """A prediction by centre, width and height; its keypoints; its polygon; its masks."""
    label = _label(prediction.get("class"), prediction.get("confidence"))
    sides = [_number(prediction.get(name)) for name in ("x", "y", "width", "height")]
    if None not in sides:
        x, y, width, height = (float(side or 0) for side in sides)
        yield Shape(_rectangle(x - width / 2, y - height / 2, x + width / 2, y + height / 2), label)
    for point in _objects(prediction.get("keypoints")):
        if (at := _point(point)) is not None:
            yield Shape((at,), "", "keypoints")
    yield Shape(_vertices([_point(point) for point in _objects(prediction.get("points"))]), "", "masks")
    stated = prediction.get("masks", prediction.get("rle"))
    if isinstance(stated, list):
        for polygon in stated:
            yield Shape(_vertices([_pair(vertex) for vertex in _listed(polygon)]), label, "masks")
    elif isinstance(stated, dict):
        yield from _of_runs(stated, label)


def _of_runs(runs: dict[str, Any], label: str) -> Iterator[Shape]:
    try:
        mask = masks.from_rle(runs)
    except (ValueError, TypeError, KeyError):
        return
    yield from _around(mask.astype(np.uint8), label)


def _of_class_map(predictions: dict[str, Any]) -> Iterator[Shape]:
    """The outlines of every class but 0 of a base64 PNG whose pixels are class ids."""
    text, names = predictions.get("segmentation_mask"), predictions.get("class_map")
    if not isinstance(text, str):
        return
    try:
        pixels = decode_as(base64.b64decode(text), "grey")
    except (binascii.Error, ValueError):
        return
    if pixels is None:
        return
    for value in np.unique(pixels).tolist()[:20]:
        if value:
            name = names.get(str(value)) if isinstance(names, dict) else None
            yield from _around((pixels == value).astype(np.uint8), name if isinstance(name, str) else str(value))


def _of_regions(value: dict[str, Any]) -> Iterator[Shape]:
    """Regions by their corners: boxes [x0, y0, x1, y1], quads and polygons [x, y, x, y, ...], each with a label."""
    labels = [*_listed(value.get("labels")), *_listed(value.get("bboxes_labels"))]
    for index, box in enumerate(_listed(value.get("bboxes"))):
        corners = _vertices(_flat(box))
        if len(corners) == 2:
            (x0, y0), (x1, y1) = corners
            yield Shape(_rectangle(x0, y0, x1, y1), _at(labels, index))
    for index, quad in enumerate(_listed(value.get("quad_boxes"))):
        yield Shape(_vertices(_flat(quad)), _at(labels, index), "regions")
    for index, polygons in enumerate(_listed(value.get("polygons"))):
        for polygon in _listed(polygons):
            yield Shape(_vertices(_flat(polygon)), _at(labels, index), "regions")


def _around(mask: Any, label: str) -> Iterator[Shape]:
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    for contour in sorted(contours, key=cv2.contourArea, reverse=True):
        yield Shape(_vertices([(float(x), float(y)) for x, y in contour.reshape(-1, 2)]), label, "masks")


def _rectangle(x0: float, y0: float, x1: float, y1: float) -> Outline:
    return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def _vertices(found: list[Pair | None]) -> Outline:
    kept = [vertex for vertex in found if vertex is not None]
    return tuple(kept[:: -(-len(kept) // MOST_VERTICES)]) if kept else ()


def _flat(value: Any) -> list[Pair | None]:
    """[x, y, x, y, ...] as pairs; nothing where a coordinate is no number, or one is left over."""
    numbers = [_number(each) for each in _listed(value)]
    if len(numbers) % 2 or None in numbers:
        return []
    return [(float(x or 0), float(y or 0)) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]


def _point(value: dict[str, Any]) -> Pair | None:
    return _pair([value.get("x"), value.get("y")])


def _pair(value: Any) -> Pair | None:
    numbers = [_number(each) for each in _listed(value)]
    if len(numbers) != 2 or numbers[0] is None or numbers[1] is None:
        return None
    return numbers[0], numbers[1]


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9 else None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in _listed(value) if isinstance(each, dict)]


def _label(name: Any, confidence: Any) -> str:
    sure = _number(confidence)
    words = [name if isinstance(name, str) else "", f"{sure:.2f}" if sure is not None else ""]
    return " ".join(word for word in words if word)


def _at(labels: list[Any], index: int) -> str:
    return str(labels[index]) if index < len(labels) else ""
