"""What a drawing holds beside the picture that was sent, told by colour: what was drawn, and no trace of compression.

A pixel is an addition where its colour is none that the picture has nearby. JPEG blurs, rings and moves the edges of
what is on a picture, in whatever encoder and however often, but it makes no colours of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from assay.judge import boxes, pictures
from assay.judge.boxes import Corners
from assay.judge.pictures import Mask, Pixels
from assay.picture import largest_channel

NEARBY = 16
"""px over which JPEG spreads a colour: the side of its blocks where colour has half the resolution."""
OTHER_COLOUR = 40
"""Levels of 255, in brightness or a difference of colours. Compression alone reaches that in a few pixels at worst."""
BRIDGED = 5
"""px on either side of a drawn pixel that are taken for drawn too: dashes of one line belong together."""
SIDE = 0.8
"""Share of each side of a box that is drawn, where it is a box that is drawn."""
LEAST_BOX = 24
"""px of its shorter side; smaller ones are not told from letters."""
LINE = 8
"""px that the line of a box may be wide."""
INSIDE = 0.25
"""Share of what is inside a frame that may be drawn upon: a panel, or a picture in the picture, is no frame."""
CLEAR = pictures.MARGIN + BRIDGED
"""px from a box within which what is drawn may belong to it, and from the picture's edge, where legends stand."""


def added(before: Pixels, drawing: bytes, after: Pixels) -> Mask:
    """Where a drawing, given as bytes and as pixels, has colours that the picture lacks nearby: H x W.

    `before` is the picture that was sent, of the same size.
    """
    shades = [cv2.cvtColor(each, cv2.COLOR_RGB2YCrCb) for each in (before, pictures.as_drawn_upon(before, drawing))]
    reach = np.ones((2 * NEARBY + 1, 2 * NEARBY + 1), np.uint8)
    highest = cv2.dilate(np.maximum(*shades), reach).astype(np.int16)
    lowest = cv2.erode(np.minimum(*shades), reach).astype(np.int16)
    found = cv2.cvtColor(after, cv2.COLOR_RGB2YCrCb).astype(np.int16)
    beyond = largest_channel(np.maximum(found - highest, lowest - found))
    return np.asarray(beyond >= OTHER_COLOUR, np.bool_)


def shows(additions: Mask, corners: Corners) -> bool:
    """Whether a box is drawn here: additions along all its sides that can be seen."""
    return pictures.least_side(additions, corners) >= SIDE


def stands_clear(corners: Corners, taken: Sequence[Corners], width: int, height: int) -> bool:
    """Whether what is drawn here belongs to no box that is taken, nor to a frame, legend or footer at the edge."""
    x0, y0, x1, y1 = corners
    at_edge = min(x0, y0) < CLEAR or x1 > width - CLEAR or y1 > height - CLEAR
    return not at_edge and all(boxes.apart(corners, each, CLEAR) for each in taken)


def frames(additions: Mask) -> list[Corners]:
    """The boxes that are drawn, each by itself: (x0, y0, x1, y1) in px of connected additions that make a frame."""
    bridges = np.ones((2 * BRIDGED + 1, 2 * BRIDGED + 1), np.uint8)
    count, parts = cv2.connectedComponents(cv2.dilate(additions.astype(np.uint8), bridges))
    found = []
    for part in range(1, count):
        own = additions & (parts == part)
        rows, columns = np.flatnonzero(own.any(axis=1)), np.flatnonzero(own.any(axis=0))
        corners = float(columns[0]), float(rows[0]), float(columns[-1]), float(rows[-1])
        if _is_frame(own, corners):
            found.append(corners)
    return found


def _is_frame(own: Mask, corners: Corners) -> bool:
    left, top, right, bottom = map(int, corners)
    if min(right - left, bottom - top) < LEAST_BOX or not shows(own, corners):
        return False
    return bool(own[top + LINE : bottom - LINE + 1, left + LINE : right - LINE + 1].mean() <= INSIDE)
