"""Pictures that come back: decoding them, and whether a drawing shows what the same reply says."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from assay.judge.boxes import Corners

Pixels = npt.NDArray[np.uint8]
Changed = npt.NDArray[np.bool_]
VISIBLE_CHANGE = 40
"""Levels of 255 in one channel: JPEG at any usual quality stays below this away from edges of the picture's own."""
MARGIN = 24
"""px round a box in which a drawing may add something that belongs to it."""
NEARBY = 3
"""px around the stated edge in which a drawn line may lie: rounding, and half a stroke."""


def decode(content: bytes) -> Pixels | None:
    """H x W x 3 RGB, or None where the bytes are no picture."""
    if not content:
        return None
    found = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    return None if found is None else np.asarray(cv2.cvtColor(found, cv2.COLOR_BGR2RGB), np.uint8)


def is_jpeg(content: bytes) -> bool:
    """Whether the bytes begin as a JPEG file does."""
    return content[:2] == b"\xff\xd8"


def changed(before: Pixels, after: Pixels) -> Changed:
    """Where two pictures of one size visibly differ: H x W of bool."""
    return np.asarray(np.abs(before.astype(np.int16) - after.astype(np.int16)).max(axis=2) >= VISIBLE_CHANGE, np.bool_)


def changed_elsewhere(before: Pixels, after: Pixels, boxes: Sequence[Corners]) -> float:
    """The share of the picture outside all boxes, and a margin round them, that visibly changed, 0 to 1.

    The margin leaves room for lines, labels and keypoints that stand out of a box.
    """
    outside = np.ones(before.shape[:2], np.bool_)
    for x0, y0, x1, y1 in boxes:
        top, left = max(int(y0) - MARGIN, 0), max(int(x0) - MARGIN, 0)
        outside[top : int(y1) + MARGIN + 1, left : int(x1) + MARGIN + 1] = False
    return float(changed(before, after)[outside].mean()) if outside.any() else 0.0


def outline_drawn(before: Pixels, after: Pixels, corners: Corners) -> float:
    """The share of a box's outline near which the picture visibly changed, 0 to 1.

    `before` and `after` are RGB of one size. Edges outside the picture are moved to its border.
    """
    touched = changed(before, after).astype(np.uint8)
    near = cv2.dilate(touched, np.ones((2 * NEARBY + 1, 2 * NEARBY + 1), np.uint8))
    outline = np.zeros(touched.shape, np.uint8)
    height, width = touched.shape
    x0, x1 = (int(np.clip(round(value), 0, width - 1)) for value in (corners[0], corners[2]))
    y0, y1 = (int(np.clip(round(value), 0, height - 1)) for value in (corners[1], corners[3]))
    cv2.rectangle(outline, (x0, y0), (x1, y1), 1, 1)
    return float(near[outline == 1].mean())
