"""Operators on the boxes of a hosted model's answer, and on which of them are in it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

from assay.contract.message import Request
from assay.faults.model import ResponseOperator
from assay.faults.operators.answers import number
from assay.faults.operators.fields import Edit, edit_json, is_number, predictions

SIDES = ("x", "y", "width", "height")


class Box(NamedTuple):
    """Centre and size in px of the picture that was sent, y downwards."""

    x: float
    y: float
    width: float
    height: float


class Size(NamedTuple):
    """The picture's size in px."""

    width: float
    height: float


def move_boxes(change: Callable[[Box, Size], Box]) -> ResponseOperator:
    """Put `change(box, picture size)` in the place of each box; answers that state no size pass."""
    return edit_json(moved(change))


def moved(change: Callable[[Box, Size], Box]) -> Edit:
    """The edit behind `move_boxes`."""

    def edit(request: Request, document: Any) -> Any:
        size = picture_size(document)
        for prediction in predictions(document):
            box = box_of(prediction)
            if box is not None and size is not None:
                prediction.update(zip(SIDES, change(box, size), strict=True))
        return document

    return edit


def picture_size(document: Any) -> Size | None:
    """The size of the picture as the answer states it."""
    image = document.get("image") if isinstance(document, dict) else None
    sides = numbers_of(image, ("width", "height"))
    return Size(*sides) if sides and min(sides) > 0 else None


def box_of(prediction: Any) -> Box | None:
    """The prediction's box; None where one of its numbers is missing or none."""
    sides = numbers_of(prediction, SIDES)
    return Box(*sides) if sides else None


def numbers_of(holder: Any, names: tuple[str, ...]) -> list[float]:
    """The numbers under these names; none at all where one is missing."""
    values = [holder.get(name) for name in names] if isinstance(holder, dict) else []
    numbers = [value for value in values if is_number(value)]
    return numbers if len(numbers) == len(names) else []


def corner_for_centre(box: Box, size: Size) -> Box:
    """The top left corner in the place of the centre."""
    return box._replace(x=box.x - box.width / 2, y=box.y - box.height / 2)


def far_corner_for_centre(box: Box, size: Size) -> Box:
    """The bottom right corner in the place of the centre."""
    return box._replace(x=box.x + box.width / 2, y=box.y + box.height / 2)


def swapped_axes(box: Box, size: Size) -> Box:
    """The axes exchanged, width and height with them."""
    return Box(box.y, box.x, box.height, box.width)


def exchanged_sides(box: Box, size: Size) -> Box:
    """Width for height."""
    return box._replace(width=box.height, height=box.width)


def mirrored(box: Box, size: Size) -> Box:
    """The box of the picture mirrored from left to right."""
    return box._replace(x=size.width - box.x)


def shifted(right: float = 0, down: float = 0) -> Callable[[Box, Size], Box]:
    """Moved by so many px."""
    return lambda box, size: box._replace(x=box.x + right, y=box.y + down)


def shifted_by_share(share: float) -> Callable[[Box, Size], Box]:
    """Moved to the right and down by such a part of the picture."""
    return lambda box, size: box._replace(x=box.x + share * size.width, y=box.y + share * size.height)


def twice_as_large(box: Box, size: Size) -> Box:
    """Twice as wide and high, about the same centre."""
    return box._replace(width=2 * box.width, height=2 * box.height)


def stretched_to(side: float) -> Callable[[Box, Size], Box]:
    """In the pixels of a square network input of that side, never scaled back."""

    def change(box: Box, size: Size) -> Box:
        across, down = side / size.width, side / size.height
        return Box(box.x * across, box.y * down, box.width * across, box.height * down)

    return change


def scaled_down_to(side: float) -> Callable[[Box, Size], Box]:
    """In the pixels of the picture with so many along its longer side at most."""
    return lambda box, size: Box(*(value * min(1, side / max(size)) for value in box))


def halved_beyond(side: float) -> Callable[[Box, Size], Box]:
    """In the pixels of half the picture, where its longer side has more than so many."""
    return lambda box, size: Box(*(value / 2 for value in box)) if max(size) > side else box


def clipped_to(side: float) -> Callable[[Box, Size], Box]:
    """With no corner beyond so many px across or down: what lies there has no width, or no height, left."""

    def change(box: Box, size: Size) -> Box:
        spans = [
            [min(max(at + half, 0), side) for half in (-length / 2, length / 2)]
            for at, length in zip(box[:2], box[2:], strict=True)
        ]
        (x0, x1), (y0, y1) = spans
        return Box((x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0)

    return change


def drawn_to_the_middle(share: float) -> Callable[[Box, Size], Box]:
    """So many times as large, and as far from the middle of the picture."""

    def change(box: Box, size: Size) -> Box:
        x, y = (share * (at - side / 2) + side / 2 for at, side in zip(box[:2], size, strict=True))
        return Box(x, y, box.width * share, box.height * share)

    return change


def in_upright(change: Callable[[Box, Size], Box]) -> Callable[[Box, Size], Box]:
    """Changed in pictures that are higher than wide only."""
    return lambda box, size: change(box, size) if size.height > size.width else box


def in_broad(change: Callable[[Box, Size], Box]) -> Callable[[Box, Size], Box]:
    """Changed in pictures that are wider than high only."""
    return lambda box, size: change(box, size) if size.width > size.height else box


def squeezed(box: Box, size: Size) -> Box:
    """In shares of the square that the picture was padded to, each multiplied by a side of the picture."""
    across, down = size.width / max(size), size.height / max(size)
    return Box(box.x * across, box.y * down, box.width * across, box.height * down)


def with_padding(box: Box, size: Size) -> Box:
    """In px of the square in whose middle the picture was put, with the centre kept inside the picture."""
    x, y = (min(at + (max(size) - side) / 2, side - 1) for at, side in zip(box[:2], size, strict=True))
    return box._replace(x=x, y=y)


def state_size(change: Callable[[float, float], float]) -> ResponseOperator:
    """State `change(side, longer side)` as width and height of the picture."""

    def edit(request: Request, document: Any) -> Any:
        size = picture_size(document)
        if size is not None:
            document["image"].update({name: change(side, max(size)) for name, side in size._asdict().items()})
        return document

    return edit_json(edit)


def as_fractions(box: Box, size: Size) -> Box:
    """In fractions of the picture's width and height."""
    return stretched_to(1)(box, size)


def keep_predictions(keeps: Callable[[Request, dict[str, Any]], bool]) -> ResponseOperator:
    """Leave out the predictions for which `keeps` says no."""

    def edit(request: Request, document: Any) -> Any:
        found = predictions(document)
        found[:] = [each for each in found if not isinstance(each, dict) or keeps(request, each)]
        return document

    return edit_json(edit)


def below_threshold(request: Request, prediction: dict[str, Any]) -> bool:
    """Whether the prediction is one that the threshold asked for, in percent, should have removed."""
    threshold, confidence = number(request, "confidence"), prediction.get("confidence")
    return threshold is None or not is_number(confidence) or confidence * 100 < threshold


def none_of_them(request: Request, prediction: dict[str, Any]) -> bool:
    """Keeps no prediction at all."""
    return False


def of_another_class(request: Request, prediction: dict[str, Any]) -> bool:
    """Whether the prediction is of a class that was not asked for; with no class asked for, every one is."""
    asked = {name.strip() for name in (request.parameter("classes") or "").split(",")}
    return prediction.get("class") not in asked


def without_most_confident(request: Request, document: Any) -> Any:
    """An edit: the first place is lost wherever there is a second."""
    found = predictions(document)
    if len(found) > 1:
        del found[found.index(max(found, key=confidence_of))]
    return document


def only_first(request: Request, document: Any) -> Any:
    """An edit: all predictions but the first are lost."""
    del predictions(document)[1:]
    return document


def with_first_box_doubled(request: Request, document: Any) -> Any:
    """An edit: the first prediction again, a tenth of its width to the right and a little less sure."""
    found = predictions(document)
    box = box_of(found[0]) if found else None
    if box is not None:
        added = copy.deepcopy(found[0]) | {"x": box.x + box.width / 10, "confidence": confidence_of(found[0]) - 0.01}
        if "detection_id" in added:
            added["detection_id"] = "00000000-0000-4000-8000-000000000002"
        found.insert(1, added)
    return document


def flat_in_every_second(request: Request, document: Any) -> Any:
    """An edit: every second prediction has a width of 0."""
    for prediction in predictions(document)[1::2]:
        if box_of(prediction) is not None:
            prediction["width"] = 0
    return document


def without_overlapping_others(least: float | None = None) -> Edit:
    """An edit: of two boxes of different classes that overlap the less confident is lost.

    By more than `least` (IoU), or than the `overlap` that was asked for, 30 where none was.
    """

    def edit(request: Request, document: Any) -> Any:
        asked = number(request, "overlap")
        limit = least if least is not None else (30 if asked is None else asked) / 100
        found = predictions(document)
        kept: list[Any] = []
        for one in sorted(found, key=confidence_of, reverse=True):
            if not any(_class_of(one) != _class_of(other) and _overlap(one, other) > limit for other in kept):
                kept.append(one)
        found[:] = [one for one in found if any(one is other for other in kept)]
        return document

    return edit


def _class_of(prediction: Any) -> Any:
    return prediction.get("class") if isinstance(prediction, dict) else None


def _overlap(first: Any, second: Any) -> float:
    """IoU of the boxes of two predictions; 0 where one has none."""
    one, other = box_of(first), box_of(second)
    if one is None or other is None:
        return 0.0
    across = (one.width + other.width) / 2 - abs(one.x - other.x)
    down = (one.height + other.height) / 2 - abs(one.y - other.y)
    shared = max(min(across, one.width, other.width), 0) * max(min(down, one.height, other.height), 0)
    union = one.width * one.height + other.width * other.height - shared
    return shared / union if union > 0 else 0.0


def widened_by_stroke(request: Request, document: Any) -> Any:
    """An edit: each box grows by four times the stroke asked for, as if the drawn line belonged to it."""
    more = 4 * (number(request, "stroke") or 0)
    grow = moved(lambda box, size: box._replace(width=box.width + more, height=box.height + more))
    return grow(request, document) if more else document


def with_confidence_in_class(request: Request, document: Any) -> Any:
    """An edit: the class of a prediction is its label as it is drawn, the confidence included."""
    for prediction in predictions(document):
        if isinstance(prediction, dict) and isinstance(prediction.get("class"), str):
            prediction["class"] += f" {confidence_of(prediction):.2f}"
    return document


def with_box_for_every_ten_points(request: Request, document: Any) -> Any:
    """An edit: for each ten points of threshold a smaller copy of the first box inside it, wholly sure."""
    found, threshold = predictions(document), number(request, "confidence")
    box = box_of(found[0]) if found else None
    if box is not None and threshold is not None:
        for points in range(10, min(int(threshold), 100) + 1, 10):
            smaller = (box.x, box.y, box.width * (1 - points / 125), box.height * (1 - points / 125))
            added = copy.deepcopy(found[0]) | dict(zip(SIDES, smaller, strict=True)) | {"confidence": 1.0}
            if "detection_id" in added:
                added["detection_id"] = f"00000000-0000-4000-8000-{points:012}"
            found.append(added)
    return document


def shrunk_by_threshold(request: Request, document: Any) -> Any:
    """An edit: each box loses in width and height 0.8 % for every point of the threshold asked for."""
    threshold = number(request, "confidence") or 0
    left = 1 - min(max(threshold, 0), 100) / 125
    shrink = moved(lambda box, size: box._replace(width=box.width * left, height=box.height * left))
    return shrink(request, document) if left < 1 else document


def confidence_of(prediction: Any) -> float:
    """The prediction's confidence, -1 where it has none: for choosing the most confident."""
    value = prediction.get("confidence") if isinstance(prediction, dict) else None
    return value if is_number(value) else -1.0
