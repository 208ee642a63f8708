"""Operators on drawings: the picture that is the answer, and the one inside a JSON answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from assay.contract import wire
from assay.contract.message import Request, Response
from assay.faults import pictures
from assay.faults.model import ResponseOperator
from assay.faults.operators.answers import in_turn
from assay.faults.operators.boxes import box_of
from assay.faults.operators.fields import edit_json, predictions
from assay.faults.pictures import Pixels

MAGENTA = (255, 0, 255)
PLAIN_TO_SEE = 40
"""Levels of a channel by which what is drawn differs from what lies under it."""

Redraw = Callable[[Request, Any, Pixels], Pixels]
"""From the request, the JSON beside the drawing (None where there is none) and the drawing: another one.

It gives back its very argument where it has nothing to change.
"""


def redraw_body(change: Redraw, extension: str = ".jpg") -> ResponseOperator:
    """Redraw an answer that is a picture, its Content-Type unchanged, in the file format of the extension."""

    def apply(request: Request, response: Response) -> Response:
        if not response.media_type.startswith("image/"):
            return response
        data = _redrawn(request, None, response.body, change, extension)
        return response if data is None else response.replace(body=data)

    return apply


def redraw_field(change: Redraw, extension: str = ".jpg") -> ResponseOperator:
    """Redraw the `visualization` of a JSON answer."""

    def edit(request: Request, document: Any) -> Any:
        drawn = pictures.from_base64(document.get("visualization")) if isinstance(document, dict) else None
        data = _redrawn(request, document, drawn, change, extension) if drawn else None
        if data is not None:
            document["visualization"] = wire.base64_text(data)
        return document

    return edit_json(edit)


def redraw(change: Redraw) -> ResponseOperator:
    """Redraw in either mode."""
    return in_turn(redraw_body(change), redraw_field(change))


def _redrawn(request: Request, document: Any, data: bytes, change: Redraw, extension: str) -> bytes | None:
    before = pictures.decode(data)
    if before is None:
        return None
    after = change(request, document, before)
    return None if after is before and extension == ".jpg" else pictures.encode(after, extension)


def unchanged(request: Request, document: Any, drawing: Pixels) -> Pixels:
    """The same pixels: for another file format alone."""
    return drawing


def half_size(request: Request, document: Any, drawing: Pixels) -> Pixels:
    """Half as wide and half as high."""
    height, width = drawing.shape[:2]
    halved = (max(width // 2, 1), max(height // 2, 1))
    return np.asarray(cv2.resize(drawing, halved, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def no_larger_than(side: int) -> Redraw:
    """Scaled down to so many px along its longer side, where it has more."""

    def change(request: Request, document: Any, drawing: Pixels) -> Pixels:
        height, width = drawing.shape[:2]
        share = side / max(height, width)
        if share >= 1:
            return drawing
        size = max(round(width * share), 1), max(round(height * share), 1)
        return np.asarray(cv2.resize(drawing, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)

    return change


def cut_to(width: int, height: int) -> Redraw:
    """What lies to the right of so many px, or below so many, is left out."""

    def change(request: Request, document: Any, drawing: Pixels) -> Pixels:
        fits = drawing.shape[0] <= height and drawing.shape[1] <= width
        return drawing if fits else np.ascontiguousarray(drawing[:height, :width])

    return change


def mirrored(request: Request, document: Any, drawing: Pixels) -> Pixels:
    """Mirrored from left to right."""
    return np.ascontiguousarray(drawing[:, ::-1])


def false_colours(request: Request, document: Any, drawing: Pixels) -> Pixels:
    """With red and blue exchanged."""
    return np.ascontiguousarray(drawing[:, :, ::-1])


def moved(request: Request, document: Any, drawing: Pixels) -> Pixels:
    """Twelve px further to the right; what leaves it there comes back at the left."""
    return np.roll(drawing, 12, axis=1)


def grey(request: Request, document: Any, drawing: Pixels) -> Pixels:
    """An even grey of the same size."""
    return np.full_like(drawing, 128)


def plain(request: Request, document: Any, drawing: Pixels) -> Pixels:
    """The picture as it was sent, without a stroke on it."""
    picture = _sent_in_size_of(request, drawing)
    return drawing if picture is None else picture


def upon_the_reference(request: Request, document: Any, drawing: Pixels) -> Pixels:
    """What is drawn, upon the first reference picture instead of the target; no change where that has another size."""
    reference = pictures.decode(pictures.from_base64(request.json()["training_data"][0]["image"]["value"]) or b"")
    picture = _sent_in_size_of(request, drawing)
    if reference is None or picture is None or reference.shape != drawing.shape:
        return drawing
    drawn = np.abs(drawing.astype(np.int16) - picture).max(axis=2) > PLAIN_TO_SEE
    return np.where(drawn[:, :, None], drawing, reference)


def without_last_box(request: Request, document: Any, drawing: Pixels) -> Pixels:
    """The drawing with the picture as it was sent where the last prediction's outline and label were.

    An outline is looked for up to 8 px beside the box, a label up to 30 px above it.
    """
    picture, found = _sent_in_size_of(request, drawing), predictions(document)
    box = box_of(found[-1]) if found else None
    if picture is None or box is None:
        return drawing
    left, right = (max(round(box.x + half), 0) for half in (-box.width / 2 - 8, box.width / 2 + 8))
    top, bottom = (max(round(box.y + half), 0) for half in (-box.height / 2 - 30, box.height / 2 + 8))
    after = drawing.copy()
    after[top:bottom, left:right] = picture[top:bottom, left:right]
    return after


def tiny(request: Request, document: Any, drawing: Pixels) -> Pixels:
    """A black picture of eight by eight px."""
    return np.zeros((8, 8, 3), np.uint8)


def with_another_box(dashed: bool = False) -> Redraw:
    """The drawing with one box more, of 80 x 60 px, in the place where it has least of its own."""

    def change(request: Request, document: Any, drawing: Pixels) -> Pixels:
        picture = _sent_in_size_of(request, drawing)
        place = None if picture is None else _emptiest(picture, drawing)
        if place is None:
            return drawing
        (left, top), frame = place, np.zeros((60, 80), np.bool_)
        frame[:3], frame[-3:], frame[:, :3], frame[:, -3:] = True, True, True, True
        if dashed:
            across, down = np.arange(80) % 14 >= 9, np.arange(60) % 14 >= 9
            frame &= ~np.where((np.arange(60) % 57 < 3)[:, None], across[None, :], down[:, None])
        after = drawing.copy()
        after[top : top + 60, left : left + 80][frame] = MAGENTA
        return after

    return change


def _emptiest(picture: Pixels, drawing: Pixels) -> tuple[int, int] | None:
    """The top left corner of a place of 80 x 60 px, 40 px from the edges, around which least is drawn."""
    height, width = drawing.shape[:2]
    drawn = np.abs(picture.astype(np.int16) - drawing.astype(np.int16)).max(axis=2) > 30
    places = [(left, top) for top in range(40, height - 100, 20) for left in range(40, width - 120, 20)]
    return min(places, key=lambda place: int(_around(drawn, *place).sum()), default=None)


def _around(drawn: npt.NDArray[np.bool_], left: int, top: int) -> npt.NDArray[np.bool_]:
    return drawn[top - 40 : top + 100, left - 40 : left + 120]


def _sent_in_size_of(request: Request, drawing: Pixels) -> Pixels | None:
    picture = pictures.sent(request)
    return picture if picture is not None and picture.shape == drawing.shape else None
