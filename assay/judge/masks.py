"""Masks from polygons and from COCO run-length encoding, as H x W arrays of bool, and how well two agree."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from assay.picture import MOST_PIXELS

Mask = npt.NDArray[np.bool_]
DIFFERENT = 0.5
"""IoU below which two masks are not of one thing."""
FARTHEST = 2.0**15
"""px. A vertex farther out is moved to here: OpenCV would fill rows without end, and no picture reaches so far."""
LARGE_PIECE, SOLID = 0.2, 0.85
"""Share of a mask that a large piece of it is, and share of its convex hull from which on a piece has no hollow."""
LONGEST_RUN = 60
"""Bits of a run's length."""


def from_polygons(polygons: Sequence[Sequence[Sequence[float]]], width: int, height: int) -> Mask:
    """Fill polygons of [x, y] vertices in px, edges included, as the SAM2 page's sample does. Empty ones add none.

    Fractions are cut, as the sample cuts them. Raises ValueError, TypeError for vertices that are none.
    """
    canvas = np.zeros((height, width), np.uint8)
    for polygon in polygons:
        if not len(polygon):
            continue
        vertices = np.asarray(polygon, np.float64)
        if vertices.shape != (len(polygon), 2) or not np.isfinite(vertices).all():
            raise ValueError("a vertex is not a pair of numbers")
        cv2.fillPoly(canvas, [np.clip(vertices, -FARTHEST, FARTHEST).astype(np.int32)], 1)
    return canvas.astype(bool)


def middle(mask: Mask) -> tuple[float, float]:
    """The mean place (x, y) in px of what is marked, where anything is."""
    rows, columns = np.nonzero(mask)
    return float(columns.mean()), float(rows.mean())


def bounds(mask: Mask) -> tuple[int, int, int, int]:
    """(x0, y0, x1, y1) of the box around what is marked, half-open, where anything is."""
    rows, columns = np.nonzero(mask)
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


def from_rle(rle: dict[str, Any]) -> Mask:
    """Decode {"size": [H, W], "counts": compressed string}; runs go down the columns and begin with background.

    Raises ValueError when the runs do not fill the size exactly, or the size is beyond any picture's.
    """
    height, width, runs = runs_of(rle)
    values = np.arange(len(runs)) % 2 == 1
    return np.repeat(values, runs).reshape((width, height)).T


def runs_of(rle: dict[str, Any]) -> tuple[int, int, list[int]]:
    """Height, width and runs of the same, unpacked no further. Raises ValueError likewise."""
    height, width = rle["size"]
    if height * width > MOST_PIXELS:
        raise ValueError(f"a mask of {height} x {width} px is larger than any picture")
    runs = _uncompress(rle["counts"])
    if any(run < 0 for run in runs) or sum(runs) != height * width:
        raise ValueError(f"runs cover {sum(runs)} px, but the size {height} x {width} has {height * width}")
    return height, width, runs


def _uncompress(counts: str) -> list[int]:
    """Run lengths from COCO's text: 5 bits a character; from the fourth run on, the difference to the last but one."""
    runs: list[int] = []
    position = 0
    while position < len(counts):
        value, shift, more = 0, 0, True
        while more:
            if position >= len(counts):
                raise ValueError("the counts end in the middle of a run")
            chunk = ord(counts[position]) - 48
            if not 0 <= chunk < 64:
                raise ValueError(f"{counts[position]!r} is no character of compressed counts")
            value |= (chunk & 0x1F) << shift
            more = bool(chunk & 0x20)
            shift += 5
            position += 1
            if shift > LONGEST_RUN:
                raise ValueError("a run is longer than any picture")
        if chunk & 0x10:
            value -= 1 << shift
        runs.append(value + runs[-2] if len(runs) > 2 else value)
    return runs


def agreement(first: Mask, second: Mask) -> float:
    """IoU of two masks of one size: 1 where both are empty, 0 where their sizes differ."""
    if first.shape != second.shape:
        return 0.0
    union = np.count_nonzero(first | second)
    return 1.0 if union == 0 else np.count_nonzero(first & second) / union


def filled(mask: Mask) -> Mask:
    """The mask with its holes closed: what polygons of outer contours can state."""
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    canvas = np.zeros(mask.shape, np.uint8)
    cv2.drawContours(canvas, contours, -1, 1, cv2.FILLED)
    return canvas.astype(bool)


def has_a_hollow(mask: Mask) -> bool:
    """Whether a large piece of a mask fills clearly less than the smallest convex shape around it."""
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    large = [each for each in contours if cv2.contourArea(each) >= LARGE_PIECE * mask.sum()]
    return any(cv2.contourArea(each) < SOLID * cv2.contourArea(cv2.convexHull(each)) for each in large)


def is_one_piece(mask: Mask) -> bool:
    """Whether the pixels of a mask hang together, corners counted."""
    return cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)[0] == 2


def covers(mask: Mask, x: float, y: float, reach: int = 0) -> bool:
    """Whether the mask has a pixel at (x, y), or within `reach` px of it in both directions."""
    left, top = max(int(x) - reach, 0), max(int(y) - reach, 0)
    return bool(mask[top : int(y) + reach + 1, left : int(x) + reach + 1].any())


def near_edge(mask: Mask, edge: str, distance: int) -> tuple[int, int]:
    """A pixel (x, y) of a mask, so many px inside its left, right, upper or lower edge, halfway along that.

    A mask that is not as deep there has its pixel in the middle of what there is.
    """
    x0, y0, x1, y1 = bounds(mask)
    across = edge in ("left", "right")
    line = mask[(y0 + y1) // 2] if across else mask[:, (x0 + x1) // 2]
    filled = np.nonzero(line)[0]
    depth = min(distance, (len(filled) - 1) // 2)
    place = int(filled[depth] if edge in ("left", "upper") else filled[-1 - depth])
    return (place, (y0 + y1) // 2) if across else ((x0 + x1) // 2, place)


def in_box(mask: Mask, x0: float, y0: float, x1: float, y1: float) -> float:
    """The share of the mask's pixels whose centres lie in a box (px); 0 where the mask is empty."""
    rows, columns = np.nonzero(mask)
    inside = (columns + 0.5 >= x0) & (columns + 0.5 <= x1) & (rows + 0.5 >= y0) & (rows + 0.5 <= y1)
    return float(inside.mean()) if rows.size else 0.0


def some_differ(masks: Sequence[Mask]) -> bool:
    """Whether two of these masks share less than half of what they cover; one of the two may be empty."""
    return any(agreement(*pair) < DIFFERENT for pair in itertools.combinations(masks, 2))


def tell_apart(masks: Sequence[Mask]) -> bool:
    """Whether there are two masks, neither empty, that share less than half of what they cover."""
    return len(masks) == 2 and all(mask.any() for mask in masks) and agreement(*masks) < DIFFERENT
