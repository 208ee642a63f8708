"""Operators on SAM2's masks: lists of polygons, or run lengths."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, TypeGuard

import cv2
import numpy as np

from assay.contract.message import Request
from assay.faults import pictures, rle
from assay.faults.model import ResponseOperator
from assay.faults.operators.fields import Edit, edit_json, is_number, predictions

Size = tuple[int, int]
Point = list[Any]
ChangePoint = Callable[[float, float, Size], Point]

Polygons = list[Any]
MIN_CORNERS = 3


def change_points(change: ChangePoint) -> ResponseOperator:
    """Put `change(x, y, (width, height) of the picture that was sent)` in the place of each polygon point.

    Requests whose picture cannot be read, such as one behind an address, pass.
    """

    def edit(request: Request, document: Any) -> Any:
        picture = pictures.sent(request)
        if picture is not None:
            size = (picture.shape[1], picture.shape[0])
            _edit_points(document, lambda x, y: change(x, y, size))
        return document

    return edit_json(edit)


def move_points(change: Callable[[float, float], Any]) -> ResponseOperator:
    """Put `change(x, y)` in the place of each polygon point, whatever the picture."""

    def edit(request: Request, document: Any) -> Any:
        _edit_points(document, change)
        return document

    return edit_json(edit)


def _edit_points(document: Any, change: Callable[[float, float], Any]) -> None:
    for polygon in (polygon for polygons in polygons_of(document) for polygon in polygons):
        for i, point in enumerate(polygon):
            if _is_point(point):
                polygon[i] = change(*point)


def polygons_of(document: Any) -> list[Polygons]:
    """The list of polygons of each prediction that has one; a polygon that is no list is left out."""
    masks = [each.get("masks") for each in predictions(document) if isinstance(each, dict)]
    return [[polygon for polygon in mask if isinstance(polygon, list)] for mask in masks if isinstance(mask, list)]


def _is_point(value: Any) -> TypeGuard[list[int | float]]:
    return isinstance(value, list) and len(value) == 2 and all(is_number(number) for number in value)


def in_square_of(side: int) -> ChangePoint:
    """In the pixels of a square network input of that side, never scaled back."""
    return lambda x, y, size: [round(x * side / size[0]), round(y * side / size[1])]


def scaled_down_to(side: int) -> ChangePoint:
    """In the pixels of the picture with so many along its longer side at most."""
    return lambda x, y, size: [round(number * min(1, side / max(size))) for number in (x, y)]


def halved_beyond(side: int) -> ChangePoint:
    """In the pixels of half the picture, where its longer side has more than so many."""
    return lambda x, y, size: [round(number / 2) if max(size) > side else number for number in (x, y)]


def as_fractions(x: float, y: float, size: Size) -> Point:
    """In fractions of the picture's width and height, to four places."""
    return [round(x / size[0], 4), round(y / size[1], 4)]


def from_their_middle(request: Request, document: Any) -> Any:
    """An edit: each polygon is counted from the middle of its own points instead of the picture's corner."""
    for polygon in (polygon for polygons in polygons_of(document) for polygon in polygons):
        points = [point for point in polygon if _is_point(point)]
        if points:
            middle = [round(sum(values) / len(points)) for values in zip(*points, strict=True)]
            for point in points:
                point[:] = [value - offset for value, offset in zip(point, middle, strict=True)]
    return document


def three_of_each(request: Request, document: Any) -> Any:
    """An edit: each prediction comes three times."""
    listed = predictions(document)
    listed[:] = [copy.deepcopy(each) for each in listed for _ in range(3)]
    return document


def only_the_first(request: Request, document: Any) -> Any:
    """An edit: of several predictions the first is left."""
    del predictions(document)[1:]
    return document


def as_rectangles(request: Request, document: Any) -> Any:
    """An edit: the polygons of a mask give way to one rectangle around them all."""
    for prediction in predictions(document):
        masks = prediction.get("masks") if isinstance(prediction, dict) else None
        polygons = [polygon for polygon in masks if isinstance(polygon, list)] if isinstance(masks, list) else []
        points = [point for polygon in polygons for point in polygon if _is_point(point)]
        if points:
            (left, right), (top, bottom) = ((min(axis), max(axis)) for axis in zip(*points, strict=True))
            prediction["masks"] = [[[left, top], [left, bottom], [right, bottom], [right, top]]]
    return document


def as_hulls(request: Request, document: Any) -> Any:
    """An edit: each polygon is the smallest convex one around its points."""
    for polygons in polygons_of(document):
        for polygon in polygons:
            points = [point for point in polygon if _is_point(point)]
            if len(points) > MIN_CORNERS:
                hull = cv2.convexHull(np.asarray(points, np.float32).reshape(-1, 1, 2), returnPoints=False)
                polygon[:] = [points[int(index)] for index in hull.ravel()]
    return document


def only_the_largest(request: Request, document: Any) -> Any:
    """An edit: of several polygons of a mask the one with the most points is left."""
    for prediction in predictions(document):
        masks = prediction.get("masks") if isinstance(prediction, dict) else None
        polygons = [polygon for polygon in masks if isinstance(polygon, list)] if isinstance(masks, list) else []
        if len(polygons) > 1:
            prediction["masks"] = [max(polygons, key=len)]
    return document


def change_rle(change: Callable[[dict[str, Any]], None]) -> ResponseOperator:
    """Change each run-length mask, `{"size": [height, width], "counts": text}`, in place."""

    def edit(request: Request, document: Any) -> Any:
        for prediction in predictions(document):
            masks = prediction.get("masks") if isinstance(prediction, dict) else None
            if isinstance(masks, dict) and _is_rle(masks):
                change(masks)
        return document

    return edit_json(edit)


def _is_rle(masks: dict[str, Any]) -> bool:
    size = masks.get("size")
    return isinstance(masks.get("counts"), str) and _is_point(size) and all(type(side) is int for side in size)


def change_mask(change: Callable[[rle.Mask], rle.Mask]) -> ResponseOperator:
    """Put `change(mask)` in the place of each run-length mask that can be decoded; the stated size stays."""
    return change_rle(lambda masks: _recode(masks, change))


def _recode(masks: dict[str, Any], change: Callable[[rle.Mask], rle.Mask]) -> None:
    try:
        mask = rle.decode((masks["size"][0], masks["size"][1]), masks["counts"])
    except ValueError:
        return
    masks["counts"] = rle.encode(change(mask))


def swap_size(masks: dict[str, Any]) -> None:
    """A change of `change_rle`: width before height."""
    masks["size"].reverse()


def uncompress(masks: dict[str, Any]) -> None:
    """A change of `change_rle`: the runs as plain numbers; counts that are none stay."""
    try:
        masks["counts"] = rle.runs(masks["counts"])
    except ValueError:
        return


def shifted(right: int) -> Callable[[rle.Mask], rle.Mask]:
    """What leaves the picture is lost."""

    def change(mask: rle.Mask) -> rle.Mask:
        moved = np.zeros_like(mask)
        moved[:, right:] = mask[:, :-right]
        return moved

    return change


def inverted(mask: rle.Mask) -> rle.Mask:
    """What was outside is inside."""
    return ~mask


def along_rows(mask: rle.Mask) -> rle.Mask:
    """The mask whose columns, read one after the other, are the rows of the given one."""
    return mask.reshape(-1).reshape((mask.shape[1], mask.shape[0])).T


def repeated(times: int) -> Edit:
    """An edit: each prediction stands that often, one right after the other."""

    def edit(request: Request, document: Any) -> Any:
        found = predictions(document)
        found[:] = [copy.deepcopy(each) for each in found for _ in range(times)]
        return document

    return edit


def merged(request: Request, document: Any) -> Any:
    """An edit: several predictions with polygons become the first of them, holding the polygons of all."""
    found = predictions(document)
    masks = [each.get("masks") if isinstance(each, dict) else None for each in found]
    if len(found) > 1 and all(isinstance(mask, list) for mask in masks):
        found[0]["masks"] = [polygon for mask in masks for polygon in mask or []]
        del found[1:]
    return document


def in_other_order(request: Request, document: Any) -> Any:
    """The predictions, the last one first."""
    found = predictions(document)
    found.reverse()
    return document


def from_left_to_right(request: Request, document: Any) -> Any:
    """The predictions in the order in which their masks begin in the picture; run lengths stay as they are."""
    found = predictions(document)
    begins = [[min(x for x, _ in polygon) for polygon in polygons if polygon] for polygons in polygons_of(document)]
    if len(begins) == len(found) and all(begins):
        order = sorted(range(len(found)), key=lambda index: min(begins[index]))
        found[:] = [found[index] for index in order]
    return document


def first_for_all(request: Request, document: Any) -> Any:
    """The first prediction in the place of every other."""
    found = predictions(document)
    found[:] = found[:1] * len(found)
    return document


def runs_along_rows(request: Request, document: Any) -> Any:
    """An edit: the run lengths of instances go along the rows instead of down the columns."""
    for prediction in predictions(document):
        if isinstance(stated := prediction.get("rle"), dict) and _is_rle(stated):
            _recode(stated, along_rows)
    return document


def runs_of_the_next(request: Request, document: Any) -> Any:
    """An edit: each instance with run lengths has those of the next one."""
    found = [one for one in predictions(document) if isinstance(one, dict) and "rle" in one]
    runs = [one["rle"] for one in found]
    for one, other in zip(found, runs[1:] + runs[:1], strict=True):
        one["rle"] = other
    return document


def confidences_sorted(request: Request, document: Any) -> Any:
    """An edit: the surest first, whatever its mask is."""
    found = _sure(document)
    for prediction, confidence in zip(found, sorted((each["confidence"] for each in found), reverse=True), strict=True):
        prediction["confidence"] = confidence
    return document


def as_sure_as_first(request: Request, document: Any) -> Any:
    """An edit: all as sure as the first."""
    found = _sure(document)
    for prediction in found:
        prediction["confidence"] = found[0]["confidence"]
    return document


def _sure(document: Any) -> list[dict[str, Any]]:
    """The predictions that have a confidence."""
    found = document.get("predictions") if isinstance(document, dict) else None
    return [each for each in found if is_number(each.get("confidence"))] if isinstance(found, list) else []
