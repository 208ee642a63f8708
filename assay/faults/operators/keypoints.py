"""Operators on keypoints: their names and ids."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from assay.contract.message import Request
from assay.faults.operators.boxes import Box, Size, box_of, picture_size
from assay.faults.operators.fields import Edit, is_number, predictions

NAMES = ("class_name", "class")  # the documented field and the one that servers send


def points_of(prediction: Any, name: str = "keypoints") -> list[Any]:
    """The prediction's keypoints, or what it has under another name, that are objects."""
    found = prediction.get(name) if isinstance(prediction, dict) else None
    return [point for point in found if isinstance(point, dict)] if isinstance(found, list) else []


def beside_predictions(request: Request, document: Any) -> Any:
    """An edit: all points stand in one list at the top of the answer, and none in a prediction."""
    found = [prediction for prediction in predictions(document) if points_of(prediction)]
    if found:
        document["keypoints"] = [point for prediction in found for point in points_of(prediction)]
    for prediction in found:
        prediction["keypoints"] = []
    return document


def without_last_from_third(request: Request, document: Any) -> Any:
    """An edit: the third prediction and all after it have lost their last point."""
    for prediction in predictions(document)[2:]:
        prediction["keypoints"] = points_of(prediction)[:-1]
    return document


def without_first_from_second(request: Request, document: Any) -> Any:
    """An edit: all predictions but the first have lost their first point."""
    for prediction in predictions(document)[1:]:
        prediction["keypoints"] = points_of(prediction)[1:]
    return document


def swap_names_in_every_second(request: Request, document: Any) -> Any:
    """An edit: in every second prediction the names of the first two points are exchanged."""
    for prediction in predictions(document)[1::2]:
        points = points_of(prediction)
        if len(points) > 1:
            _give_names(points[:2], points[1::-1])
    return document


def shift_names(request: Request, document: Any) -> Any:
    """An edit: each point carries the name of the next one, the last that of the first."""
    for prediction in predictions(document):
        points = points_of(prediction)
        _give_names(points, points[1:] + points[:1])
    return document


def number_through(request: Request, document: Any) -> Any:
    """An edit: ids count on through the whole answer instead of beginning anew with each prediction."""
    points = [point for prediction in predictions(document) for point in points_of(prediction)]
    for i, point in enumerate(points):
        if "class_id" in point:
            point["class_id"] = i
    return document


def number_downwards(request: Request, document: Any) -> Any:
    """An edit: in every second prediction the ids run the other way, the names stay where they are."""
    for prediction in predictions(document)[1::2]:
        points = [point for point in points_of(prediction) if "class_id" in point]
        ids = [point["class_id"] for point in points]
        for point, other in zip(points, reversed(ids), strict=True):
            point["class_id"] = other
    return document


def counted_from_box(request: Request, document: Any) -> Any:
    """An edit: x and y are counted from the top left corner of the prediction's box."""
    return _move(document, lambda x, y, box, size: (x - box.x + box.width / 2, y - box.y + box.height / 2))


def as_fractions(request: Request, document: Any) -> Any:
    """An edit: x and y are fractions of the picture's width and height."""
    return _move(document, lambda x, y, box, size: (x / size.width, y / size.height))


def moved_down(request: Request, document: Any) -> Any:
    """An edit: the points lie half the picture's height too far down."""
    return _move(document, lambda x, y, box, size: (x, y + size.height / 2))


def in_the_middle(request: Request, document: Any) -> Any:
    """Every keypoint in the middle of its box."""
    return _move(document, lambda x, y, box, size: (box.x, box.y))


def mirrored_in_the_box(across: bool, of: str = "keypoints") -> Edit:
    """An edit: the points, or the vertices under another name, are mirrored about the middle of the box.

    From left to right, `across`, or from top to bottom.
    """

    def moved(x: float, y: float, box: Box, size: Size) -> tuple[float, float]:
        return (2 * box.x - x, y) if across else (x, 2 * box.y - y)

    return lambda request, document: _move(document, moved, of)


def upon_the_first(request: Request, document: Any) -> Any:
    """Every keypoint of a prediction where its first one is."""
    for each in predictions(document):
        first, *others = points_of(each)
        for point in others:
            point["x"], point["y"] = first["x"], first["y"]
    return document


def below_their_box(request: Request, document: Any) -> Any:
    """An edit: the points lie nine tenths of their box's height too far down."""
    return _move(document, lambda x, y, box, size: (x, y + 0.9 * box.height))


def stretched(request: Request, document: Any) -> Any:
    """An edit: the points are in the pixels of a network input of 1280 x 1280."""
    return _move(document, lambda x, y, box, size: (x * 1280 / size.width, y * 1280 / size.height))


def as_moves_the_box(change: Callable[[Box, Size], Box], of: str = "keypoints") -> Edit:
    """An edit: x and y of the points, or of the vertices under another name, are where `change` puts a box around each.

    The boxes of the predictions stay where they are.
    """

    def moved(x: float, y: float, box: Box, size: Size) -> tuple[float, float]:
        return change(Box(x, y, 0, 0), size)[:2]

    return lambda request, document: _move(document, moved, of)


def _move(
    document: Any, change: Callable[[float, float, Box, Size], tuple[float, float]], of: str = "keypoints"
) -> Any:
    size = picture_size(document)
    for prediction in predictions(document):
        box = box_of(prediction)
        for point in points_of(prediction, of):
            if box and size and is_number(point.get("x")) and is_number(point.get("y")):
                point["x"], point["y"] = change(point["x"], point["y"], box, size)
    return document


def _give_names(points: list[Any], sources: list[Any]) -> None:
    named = [{field: source[field] for field in NAMES if field in source} for source in sources]
    for point, names in zip(points, named, strict=True):
        point.update({field: name for field, name in names.items() if field in point})
