"""Whether what lies under a drawing is the picture that was sent, or that picture altered in a way that has a name.

Lines, labels, areas of colour and a lower resolution leave most of the picture as it was. Another way to read it is
believed only where nearly all pixels that tell the two apart are as that way has them, and hardly any as they were.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from assay.judge.pictures import Mask, Pixels, distance

TELLING = 60
"""Levels of 255 by which a pixel tells two pictures apart."""
CLOSE = 24
"""Levels of 255 by which compression moves a pixel away from edges."""
FEWEST = 500
"""Pixels that tell two pictures apart before anything is said."""
NEARLY_ALL, HARDLY_ANY = 0.7, 0.1
LEAST_SHIFT, LARGEST_SHIFT = 4, 64
"""px. A smaller shift may be a frame or a rounded size; a larger one is another picture."""


def misdrawn(before: Pixels, after: Pixels) -> str | None:
    """How the drawing `after` shows the picture `before` otherwise than it is; None where it is believed to be it.

    Both are H x W x 3 RGB, of one size.
    """
    unchanged = distance(after, before) <= CLOSE
    if unchanged.size - int(unchanged.sum()) < (1 - HARDLY_ANY) * FEWEST:
        return None
    return next((told for told, other in _ways(before, after) if _is_rather(before, after, other, unchanged)), None)


def can_be_told(before: Pixels) -> bool:
    """Whether the picture has colours enough to see that they are others."""
    return int((distance(before, _exchanged(before)) >= TELLING).sum()) >= FEWEST


def _is_rather(before: Pixels, after: Pixels, other: Pixels, unchanged: Mask) -> bool:
    """Whether the drawing is as the other way has the picture; `unchanged` tells where it is as the picture was."""
    telling = distance(before, other) >= TELLING
    if int(telling.sum()) < FEWEST or float(unchanged[telling].mean()) > HARDLY_ANY:
        return False
    return float((distance(after, other)[telling] <= CLOSE).mean()) >= NEARLY_ALL


def _ways(before: Pixels, after: Pixels) -> Iterator[tuple[str, Pixels]]:
    yield "with red and blue exchanged", _exchanged(before)
    yield "without its colours", cv2.merge([cv2.cvtColor(before, cv2.COLOR_RGB2GRAY)] * 3).astype(np.uint8)
    yield "mirrored", np.ascontiguousarray(before[:, ::-1])
    yield "upside down", np.ascontiguousarray(before[::-1])
    yield "turned by half", np.ascontiguousarray(before[::-1, ::-1])
    across, down = _shift(before, after)
    if LEAST_SHIFT <= max(abs(across), abs(down)) <= LARGEST_SHIFT:
        moved = np.array([[1, 0, across], [0, 1, down]], np.float32)
        size = before.shape[1], before.shape[0]
        shifted = cv2.warpAffine(before, moved, size, borderMode=cv2.BORDER_REPLICATE)
        yield f"moved by ({across}, {down}) px", np.asarray(shifted, np.uint8)


def _exchanged(picture: Pixels) -> Pixels:
    return np.ascontiguousarray(picture[:, :, ::-1])


def _shift(before: Pixels, after: Pixels) -> tuple[int, int]:
    """By how many px, to the right and down, the second picture fits best upon the first."""
    grey = [cv2.cvtColor(each, cv2.COLOR_RGB2GRAY).astype(np.float32) for each in (before, after)]
    (across, down), _ = cv2.phaseCorrelate(*grey)
    return round(across), round(down)
