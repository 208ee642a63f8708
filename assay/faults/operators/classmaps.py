"""Operators on the masks of semantic segmentation: PNG files in base64, a class id or a confidence in each pixel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from assay.contract import wire
from assay.contract.message import Request, Response
from assay.faults import pictures
from assay.faults.model import RequestOperator, ResponseOperator
from assay.faults.operators import answers
from assay.faults.operators.fields import edit_json
from assay.faults.operators.parameters import change_number, edit_body, in_turn

Plane = npt.NDArray[Any]  # height x width, or height x width x channels
ChangePlane = Callable[[Plane], Plane]

IDS, SURE = "segmentation_mask", "confidence_mask"
CELLS = 8


def change_plane(name: str, change: ChangePlane, extension: str = ".png") -> ResponseOperator:
    """Put `change(mask)` in the place of a mask, in the file format of the extension."""

    def edit(request: Request, document: Any) -> Any:
        predictions = predictions_of(document)
        mask = _decoded(predictions.get(name))
        if mask is not None:
            predictions[name] = wire.base64_text(pictures.encode(change(mask), extension))
        return document

    return edit_json(edit)


def predictions_of(document: Any) -> dict[str, Any]:
    """The predictions of a semantic answer; empty where there are none. It is the object itself, not a copy."""
    found = document.get("predictions") if isinstance(document, dict) else None
    return found if isinstance(found, dict) else {}


def _decoded(text: Any) -> Plane | None:
    data = pictures.from_base64(text)
    try:
        return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
    except cv2.error:
        return None


def change_names(change: Callable[[dict[str, Any]], Any]) -> ResponseOperator:
    """Put `change(class_map)` in the place of the class map."""

    def edit(request: Request, document: Any) -> Any:
        predictions = predictions_of(document)
        if isinstance(predictions.get("class_map"), dict):
            predictions["class_map"] = change(dict(predictions["class_map"]))
        return document

    return edit_json(edit)


def same(mask: Plane) -> Plane:
    """The same values: for another file format alone."""
    return mask


def in_colour(mask: Plane) -> Plane:
    """Three channels in which each class has a colour of its own."""
    hues = np.stack([mask * 90, 255 - mask * 70, mask * 40], axis=-1)
    return np.asarray(hues, np.uint8)


def of_16_bits(mask: Plane) -> Plane:
    """The same values in 16 bits."""
    return mask.astype(np.uint16)


def of_size(width: int, height: int) -> ChangePlane:
    """In that size, by repeating or leaving out pixels."""
    return lambda mask: np.asarray(cv2.resize(mask, (width, height), interpolation=cv2.INTER_NEAREST))


def half_size(mask: Plane) -> Plane:
    """Every other pixel."""
    return np.ascontiguousarray(mask[::2, ::2])


def transposed(mask: Plane) -> Plane:
    """Rows for columns."""
    return np.ascontiguousarray(np.swapaxes(mask, 0, 1))


def mirrored(mask: Plane) -> Plane:
    """Left for right."""
    return np.ascontiguousarray(mask[:, ::-1])


def upside_down(mask: Plane) -> Plane:
    """Top for bottom."""
    return np.ascontiguousarray(mask[::-1])


def shifted(mask: Plane) -> Plane:
    """An eighth of the width to the right; what leaves comes in on the other side."""
    return np.roll(mask, mask.shape[1] // CELLS, axis=1)


def shifted_a_little(mask: Plane) -> Plane:
    """20 px to the right; what leaves comes in on the other side."""
    return np.roll(mask, 20, axis=1)


def shifted_down(mask: Plane) -> Plane:
    """An eighth of the height down; what leaves comes in at the top."""
    return np.roll(mask, mask.shape[0] // CELLS, axis=0)


def scaled_down_to(side: int) -> ChangePlane:
    """With so many px along the longer side at most, of the value in their middle each."""

    def change(mask: Plane) -> Plane:
        height, width = mask.shape[:2]
        share = min(1, side / max(height, width))
        size = round(width * share), round(height * share)
        return np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST))

    return change


def halved_beyond(side: int) -> ChangePlane:
    """Half as wide and as high, where it has more than so many px along its longer side."""
    return lambda mask: np.ascontiguousarray(mask[::2, ::2]) if max(mask.shape[:2]) > side else mask


def in_the_corner(change: ChangePlane) -> ChangePlane:
    """In its own size, with what `change` makes of it in the top left corner, and nothing elsewhere."""

    def put(mask: Plane) -> Plane:
        small, whole = change(mask), np.zeros_like(mask)
        whole[: small.shape[0], : small.shape[1]] = small
        return whole

    return put


def change_both(change: ChangePlane) -> ResponseOperator:
    """Put `change(mask)` in the place of the mask, and of the confidences beside it."""
    return answers.in_turn(change_plane(IDS, change), change_plane(SURE, change))


def upper_half(mask: Plane) -> Plane:
    """Background in the lower half."""
    changed = mask.copy()
    changed[mask.shape[0] // 2 :] = 0
    return changed


def bare_at_edges(mask: Plane) -> Plane:
    """Background as far as 12 px from every edge."""
    changed = np.zeros_like(mask)
    changed[12:-12, 12:-12] = mask[12:-12, 12:-12]
    return changed


def bare_on_the_right(mask: Plane) -> Plane:
    """Background in the last 15 px of each row."""
    changed = mask.copy()
    changed[:, -15:] = 0
    return changed


def left_in_padding(mask: Plane) -> Plane:
    """Squeezed, as it is in the square that the picture was padded to."""
    height, width = mask.shape[:2]
    side = max(height, width)
    square = np.zeros((side, side), mask.dtype)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = mask
    return np.asarray(cv2.resize(square, (width, height), interpolation=cv2.INTER_NEAREST))


def blended(mask: Plane) -> Plane:
    """Made small, and large again with numbers in between where numbers meet."""
    height, width = mask.shape[:2]
    small = cv2.resize(mask, (max(width // 8, 1), max(height // 8, 1)), interpolation=cv2.INTER_NEAREST)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR))


def with_a_seam(mask: Plane) -> Plane:
    """Whatever is of a class above 1 is of class 1 along its edges, a pixel wide."""
    inner = cv2.erode(mask, np.ones((3, 3), np.uint8))
    return np.where((mask > 1) & (inner != mask), 1, mask).astype(mask.dtype)


def smoothed(mask: Plane) -> Plane:
    """Blurred over 9 px."""
    return np.asarray(cv2.blur(mask, (9, 9)))


def one_more(mask: Plane) -> Plane:
    """Every value is greater by one."""
    return mask + 1


def turned_round(mask: Plane) -> Plane:
    """The classes 0 to 2, each a number lower, 0 being the last."""
    changed = mask.copy()
    for before, after in ((0, 2), (1, 0), (2, 1)):
        changed[mask == before] = after
    return changed


def swapped(mask: Plane) -> Plane:
    """Class 1 for class 2."""
    changed = mask.copy()
    changed[mask == 1], changed[mask == 2] = 2, 1
    return changed


def empty(mask: Plane) -> Plane:
    """Background alone."""
    return np.zeros_like(mask)


def without_last(names: dict[str, Any]) -> dict[str, Any]:
    """A class map that has lost its last entry."""
    return {key: name for key, name in names.items() if key != list(names)[-1]}


def counted_from_one(names: dict[str, Any]) -> dict[str, Any]:
    """A class map whose ids begin with 1."""
    return {str(number): name for number, name in enumerate(names.values(), 1)}


def inverted(names: dict[str, Any]) -> dict[str, Any]:
    """From names to ids."""
    return {str(name): int(key) if key.isdecimal() else key for key, name in names.items()}


def background_last(names: dict[str, Any]) -> dict[str, Any]:
    """The first name behind all others."""
    ordered = list(names.values())
    return {str(number): name for number, name in enumerate(ordered[1:] + ordered[:1])}


def only_seen(request: Request, document: Any) -> Any:
    """An edit: the class map names only what occurs in the mask."""
    predictions = predictions_of(document)
    mask, names = _decoded(predictions.get(IDS)), predictions.get("class_map")
    if mask is not None and isinstance(names, dict):
        values = {str(value) for value in np.unique(mask)}
        predictions["class_map"] = {key: name for key, name in names.items() if key in values}
    return document


def named_by_width(request: Request, document: Any) -> Any:
    """An edit: the names of the classes carry the width of the mask."""
    predictions = predictions_of(document)
    mask, names = _decoded(predictions.get(IDS)), predictions.get("class_map")
    if mask is not None and isinstance(names, dict):
        predictions["class_map"] = {key: f"{name} {mask.shape[1]}" for key, name in names.items()}
    return document


def in_a_list(request: Request, document: Any) -> Any:
    """An edit: predictions are a list that holds the object."""
    if predictions_of(document):
        document["predictions"] = [document["predictions"]]
    return document


def at_the_top(request: Request, document: Any) -> Any:
    """An edit: mask and class map stand beside the image, as an older page lists them."""
    found = predictions_of(document)
    if found:
        del document["predictions"]
        document.update(found)
    return document


def with_threshold(operator: ResponseOperator) -> ResponseOperator:
    """Apply the operator only where a threshold is asked for, in the query or in a JSON body."""

    def apply(request: Request, response: Response) -> Response:
        return operator(request, response) if _asks_for_threshold(request) else response

    return apply


def _asks_for_threshold(request: Request) -> bool:
    if request.parameter("confidence") is not None:
        return True
    try:
        body = request.json()
    except ValueError:
        return False
    return isinstance(body, dict) and "confidence" in body


def scaled_threshold(factor: float) -> RequestOperator:
    """The server gets to see another threshold, in the query or in a JSON body."""

    def edit(document: Any) -> Any:
        if isinstance(document, dict) and isinstance(document.get("confidence"), int | float):
            document["confidence"] *= factor
        return document

    return in_turn(change_number("confidence", lambda percent: percent * factor), edit_body(edit))
