"""Drawings of two answers: their size and format, what is drawn where, in which colours, and whether it fits the JSON.

What was sent tells what is drawn: ink is where a drawing differs from it, compressed likewise. Ink of the one that the
other has not nearby is counted in windows of 32 x 32 px, as a share of what is drawn there, so that a thin line that is
missing weighs as much as a label, and a digit within a label nothing. Where the picture is not known (it was sent by
its address), what differs and is larger than a letter is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from assay.contract.delivery import picture_of
from assay.contract.judging import decode_base64
from assay.judge import pictures
from assay.judge.answers import predictions_of
from assay.judge.boxes import ROUNDING
from assay.likeness.context import Context
from assay.likeness.report import SIDES, Mark
from assay.picture import decode, largest_channel

Pixels = npt.NDArray[np.uint8]
Bits = npt.NDArray[np.uint8]
WINDOW = 32
"""px of a side of the window in which ink is counted."""
LEAST_INK = 32
"""px: a line of 1 px through the window. Where less is drawn, what differs is a share of this."""
CLEAR, FAINT = 40, 16
"""Levels of 255 by which what is drawn differs from the picture beneath: where it counts, and where it is seen at all.

Between them lies what compression does to a line of 1 px."""
LETTER = 16
"""px of width and height within which something may be a letter, where nobody knows what is drawn."""
CELL = 32
"""Levels of 255 in each channel within which colours are taken for one."""
BLUR = 1
"""px by which compression blurs a line, where nobody knows what is beneath it."""
LEAST_CELL = 64
"""px of one colour, below which nothing is said of it."""
FLAT = 24
"""Levels of 255 over 3 x 3 px of what is flat: a label, or the middle of a line of 3 px or more."""
THIN = 2.0
"""By what the distance of two means is divided: compression takes up to 16 levels from a line of 1 px."""
SHOWN = 0.5
"""Share of each side of a box that is drawn at least."""
EXCHANGED = 3.0
"""How many times as near two pictures are once red and blue are exchanged in one of them."""


def compare(context: Context, first: Any, second: Any, pointers: tuple[str, str]) -> None:
    """Compare the drawings in `visualization`, as far as both have one, and each with what stands beside it."""
    texts = first.get("visualization"), second.get("visualization")
    places = f"{pointers[0]}/visualization", f"{pointers[1]}/visualization"
    if all(isinstance(text, str) for text in texts):
        drawn = [decode_base64(text) for text in texts]
        if files(context, drawn[0], drawn[1], places):
            _beside_json(context, (first, second), drawn, places)
    elif (texts[0] is None) is not (texts[1] is None):
        side = SIDES[texts[0] is None]
        context.differ("member", places, f"{pointers[0]}/visualization stands in the {side} answer alone")


def files(context: Context, first: bytes, second: bytes, places: tuple[str, str]) -> bool:
    """Compare two drawings as files; whether both could be read and are of one size."""
    context.ledger.count("drawings")
    if first == second:
        return True
    kinds = [_kind(content) for content in (first, second)]
    if kinds[0] != kinds[1]:
        context.differ("format", places, f"the drawing is {kinds[0]}, and in the second answer {kinds[1]}")
    pixels = [decode(content) for content in (first, second)]
    unreadable = [side for side, found in zip(SIDES, pixels, strict=True) if found is None]
    if unreadable:
        message = f"the drawing of the {unreadable[0]} answer alone is no picture"
        if len(unreadable) > 1:
            message = "neither drawing is a picture, and their bytes differ"
        context.differ("unreadable", places, message)
        return False
    one, other = (np.asarray(found, np.uint8) for found in pixels)
    if one.shape != other.shape:
        sizes = [f"{found.shape[1]} x {found.shape[0]} px" for found in (one, other)]
        context.differ("size", places, f"the drawing is of {sizes[0]}, and in the second answer of {sizes[1]}")
        return False
    _ink(context, _Pair.of(context, (first, second), (one, other)), places)
    return True


def _kind(content: bytes) -> str:
    kinds = {b"\xff\xd8": "a JPEG", b"\x89PNG": "a PNG", b"RIFF": "a WebP", b"BM": "a BMP"}
    return next((name for begin, name in kinds.items() if content.startswith(begin)), "of no known format")


@dataclass(frozen=True, slots=True, eq=False)
class _Pair:
    """Two drawings (H x W x 3 RGB), and what is drawn on each (H x W), None where the picture beneath is not known."""

    one: Pixels
    other: Pixels
    ink: tuple[pictures.Distance, pictures.Distance] | None

    @classmethod
    def of(cls, context: Context, drawn: tuple[bytes, bytes], pixels: tuple[Pixels, Pixels]) -> _Pair:
        """Where one holds colour in a lower resolution, both go through the compression of either: it moves colours."""
        ways = [[content] for content in drawn]
        if not pictures.same_sampling(*drawn):
            ways = [[drawn[0], drawn[1]], [drawn[1], drawn[0]]]
            pixels = pictures.as_drawn_upon(pixels[0], drawn[1]), pictures.as_drawn_upon(pixels[1], drawn[0])
        before = _sent(context, pixels[0].shape)
        if before is None:
            return cls(*pixels, None)
        beneath = [reduce(pictures.as_drawn_upon, way, before) for way in ways]
        found = [pictures.distance(under, after) for under, after in zip(beneath, pixels, strict=True)]
        return cls(*pixels, (found[0], found[1]))


def _sent(context: Context, shape: tuple[int, ...]) -> Pixels | None:
    """The picture that was sent, where the request holds it and it is of the drawings' size."""
    try:
        found = decode(picture_of(context.operation, context.request))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return found if found is not None and found.shape == shape else None


def _ink(context: Context, pair: _Pair, places: tuple[str, str]) -> None:
    reach, levels = round(context.profile["drawings.reach"]), context.profile["drawings.levels"]
    if pair.ink is None and levels:
        reach += BLUR
    lacking = _beyond(pair.one, pair.other, reach), _beyond(pair.other, pair.one, reach)
    if _exchanged(context, pair, places):
        return
    _density(context, pair, [(far > levels).astype(np.uint8) for far in lacking], places)
    _colours(context, pair, lacking[0], places)


def _beyond(one: Pixels, other: Pixels, reach: int) -> npt.NDArray[np.int16]:
    """By how many levels each pixel of the one lies outside of what the other shows within `reach` px: H x W."""
    kernel = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    above = cv2.subtract(one, cv2.dilate(other, kernel))
    below = cv2.subtract(cv2.erode(other, kernel), one)
    return largest_channel(np.maximum(above, below)).astype(np.int16)


def _density(context: Context, pair: _Pair, lacking: Sequence[Bits], places: tuple[str, str]) -> None:
    """The window in which most of what the one shows is not in the other, as a share of what is drawn there."""
    allowed = context.profile["drawings.density"]
    reach = round(context.profile["drawings.reach"])
    worst, where, side = 0.0, (0, 0), 0
    for number, beyond in enumerate(lacking):
        share = _shares(pair, beyond, number, reach)
        place = np.unravel_index(int(np.argmax(share)), share.shape)
        if share[place] > worst:
            worst, where, side = float(share[place]), (int(place[1]), int(place[0])), number
    context.ledger.note("drawings.density", worst, allowed, "share", places[0])
    if not worst <= allowed + ROUNDING:
        x, y = where[0] - WINDOW // 2, where[1] - WINDOW // 2
        message = (
            f"near ({where[0]}, {where[1]}) {worst:.0%} of what the {SIDES[side]} drawing shows is not in the other, "
        )
        message += f"and {allowed:.0%} may be missing"
        window = (float(x), float(y), float(x + WINDOW), float(y + WINDOW))
        marks = tuple(Mark(each, "box", window, "densest window") for each in SIDES)
        context.differ(
            "drawing", places, message, measured=worst, allowed=allowed, unit="share", tolerance="drawings.density",
            marks=marks,
        )  # fmt: skip


def _shares(pair: _Pair, beyond: Bits, side: int, reach: int) -> npt.NDArray[np.float32]:
    if pair.ink is None:
        return np.minimum(_counted(_larger_than_letters(beyond)) / LEAST_INK, 1)
    mine = (pair.ink[side] >= CLEAR).astype(np.uint8)
    theirs = (pair.ink[1 - side] >= FAINT).astype(np.uint8)
    near = cv2.dilate(theirs, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    lost = np.asarray(mine & (near == 0), np.uint8)
    return np.asarray(_counted(lost) / np.maximum(_counted(mine), LEAST_INK), np.float32)


def _counted(bits: Bits) -> npt.NDArray[np.float32]:
    counted = cv2.boxFilter(
        bits.astype(np.float32), -1, (WINDOW, WINDOW), normalize=False, borderType=cv2.BORDER_CONSTANT
    )
    return np.asarray(counted, np.float32)


def _larger_than_letters(bits: Bits) -> Bits:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(bits, connectivity=8)
    large: npt.NDArray[np.bool_] = np.asarray(stats[:, cv2.CC_STAT_WIDTH] > LETTER) | np.asarray(
        stats[:, cv2.CC_STAT_HEIGHT] > LETTER
    )
    large[0] = False
    return np.asarray(large[np.asarray(labels)], np.uint8)


def _colours(context: Context, pair: _Pair, beyond: npt.NDArray[np.int16], places: tuple[str, str]) -> None:
    """Each colour that is drawn is the same in both: over all of its pixels, and over each thing that is drawn."""
    allowed = context.profile["drawings.colour"]
    drawn = _common(pair)
    flat = drawn & _flat(pair.one)
    found = max(_by_colour(pair.one[flat], beyond[flat]), _by_thing(pair, drawn), key=lambda each: each[0])
    worst, colour = found
    context.ledger.note("drawings.colour", worst, allowed, "levels of 255", places[0])
    if not worst <= allowed + ROUNDING:
        message = (
            f"what the first drawing shows in the colour {colour} (red, green, blue) is off by {worst:.0f} levels "
        )
        message += f"of 255 in the second, and {allowed:g} are allowed"
        context.differ(
            "colour", places, message, measured=worst, allowed=allowed, unit="levels of 255",
            tolerance="drawings.colour",
        )  # fmt: skip


Off = tuple[float, tuple[int, int, int]]


def _flat(pixels: Pixels) -> npt.NDArray[np.bool_]:
    """Where a colour is that of its neighbours: compression takes colour from thin lines, and more each time."""
    kernel = np.ones((3, 3), np.uint8)
    return np.asarray(largest_channel(cv2.subtract(cv2.dilate(pixels, kernel), cv2.erode(pixels, kernel))) <= FLAT)


def _by_colour(colours: Pixels, apart: npt.NDArray[np.int16]) -> Off:
    """Of pixels (N x 3) the colour of which half of the pixels lie farthest from what is near them."""
    cells = (colours.astype(np.int32) // CELL) @ np.array([64, 8, 1])
    worst: Off = (0.0, (0, 0, 0))
    for cell in np.flatnonzero(np.bincount(cells, minlength=512) >= LEAST_CELL):
        here = cells == cell
        worst = max(worst, (float(np.median(apart[here])), _median(colours[here])), key=lambda each: each[0])
    return worst


def _by_thing(pair: _Pair, drawn: npt.NDArray[np.bool_]) -> Off:
    """Of the things that hang together the one whose mean is farthest off, of which half counts: see `THIN`."""
    if pair.ink is None:
        return 0.0, (0, 0, 0)
    worst: Off = (0.0, (0, 0, 0))
    count, labels = cv2.connectedComponents(drawn.astype(np.uint8), connectivity=8)
    flat, one, other = labels[drawn], pair.one[drawn], pair.other[drawn]
    sizes = np.bincount(flat, minlength=count)
    for label in np.flatnonzero(sizes >= LEAST_CELL):
        here = flat == label
        off = float(np.abs(one[here].mean(axis=0) - other[here].mean(axis=0)).max()) / THIN
        worst = max(worst, (off, _median(one[here])), key=lambda each: each[0])
    return worst


def _median(colours: Pixels) -> tuple[int, int, int]:
    red, green, blue = np.median(colours, axis=0)
    return int(red), int(green), int(blue)


def _common(pair: _Pair) -> npt.NDArray[np.bool_]:
    """Where both have drawn something; everywhere, where that is not known."""
    if pair.ink is None:
        return np.ones(pair.one.shape[:2], np.bool_)
    return np.asarray((pair.ink[0] >= CLEAR) & (pair.ink[1] >= CLEAR))


def _exchanged(context: Context, pair: _Pair, places: tuple[str, str]) -> bool:
    """Whether red and blue are exchanged, in the whole picture or in what is drawn."""
    parts = {"the picture": np.ones(pair.one.shape[:2], np.bool_), "what is drawn": _common(pair)}
    for part, where in parts.items():
        if where.sum() < LEAST_CELL:
            continue
        one, other = pair.one[where].astype(np.int16), pair.other[where].astype(np.int16)
        as_it_is, turned = (float(np.abs(one - each).mean()) for each in (other, other[:, ::-1]))
        if as_it_is > context.profile["drawings.colour"] and as_it_is > EXCHANGED * turned:
            message = (
                f"red and blue are exchanged in {part}: {as_it_is:.0f} levels of 255 apart, {turned:.0f} otherwise"
            )
            context.differ("channels", places, message, measured=as_it_is, unit="levels of 255")
            return True
    return False


def _beside_json(context: Context, bodies: tuple[Any, Any], drawn: Sequence[bytes], places: tuple[str, str]) -> None:
    """Whether both drawings show the boxes of their own JSON: where both fail, they do not differ in that."""
    hidden = [_not_shown(context, body, content) for body, content in zip(bodies, drawn, strict=True)]
    if all(found is None or not found for found in hidden) or all(hidden):
        return
    side = SIDES[not hidden[0]]
    told, marks = (hidden[0] or hidden[1] or [("", ())])[0]
    message = f"the drawing of the {side} answer alone shows no outline where its own JSON says {told}"
    context.differ("drawing-json", places, message, marks=(Mark(side, "box", marks, told),))


def _not_shown(context: Context, body: Any, content: bytes) -> list[tuple[str, Any]] | None:
    """The predictions of an answer that its drawing does not show; None where that cannot be told."""
    after = decode(content)
    if context.operation.task not in ("object-detection", "keypoint-detection", "owlv2") or after is None:
        return None
    before = _sent(context, after.shape)
    if before is None:
        return None
    beneath = pictures.as_drawn_upon(before, content)
    return [
        (str(one), one.corners)
        for one in predictions_of(body)
        if pictures.outline_drawn(beneath, after, one.corners) < SHOWN
    ]
