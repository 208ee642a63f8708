"""Masks of one thing, cut to the box around it: from polygons, run lengths or arrays, in px of the whole picture.

A thing covers little of a picture, and a picture of 1080p has two million pixels: what is compared is the box around
both masks, with the same results as on the whole picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from assay.judge.masks import FARTHEST, runs_of
from assay.picture import MOST_PIXELS

Bits = npt.NDArray[np.uint8]
Corners = npt.NDArray[np.float64]
Points = Sequence[Sequence[float]] | Corners
Size = tuple[int, int]
LONGEST_OUTLINE = 400
"""Vertices of an outline that is kept to be drawn."""


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """A mask of a picture: `bits` (0 and 1, h x w) lie with their top left corner at (x, y), elsewhere is nothing."""

    x: int
    y: int
    bits: Bits

    @property
    def area(self) -> int:
        """How many pixels are marked."""
        return int(cv2.countNonZero(self.bits)) if self.bits.size else 0

    @property
    def box(self) -> tuple[int, int, int, int]:
        """(x0, y0, x1, y1) of the patch in the picture, the second pair exclusive."""
        return self.x, self.y, self.x + self.bits.shape[1], self.y + self.bits.shape[0]

    def outlines(self) -> list[tuple[float, ...]]:
        """The borders as flat coordinates, to be drawn: no longer than a page needs."""
        if not self.bits.size:
            return []
        found, _ = cv2.findContours(self.bits, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE, offset=(self.x, self.y))
        flat = []
        for contour in found:
            points = contour.reshape(-1, 2)
            thinned = points[:: -(-len(points) // LONGEST_OUTLINE)]
            flat.append(tuple(float(number) for number in thinned.ravel()))
        return flat


NOTHING = Patch(0, 0, np.zeros((0, 0), np.uint8))


def of_polygons(polygons: Sequence[Points], size: Size | None) -> Patch:
    """Fill polygons of [x, y] vertices in px as `masks.from_polygons` does, within a picture of (width, height).

    Where the size is not known nothing is cut off. Raises ValueError, TypeError for vertices that are none.
    """
    corners = [_vertices(polygon) for polygon in polygons if len(polygon)]
    if not corners:
        return NOTHING
    left, top, width, height = cv2.boundingRect(corners[0] if len(corners) == 1 else np.concatenate(corners))
    right, bottom = left + width, top + height
    if size is not None:
        left, top, right, bottom = max(left, 0), max(top, 0), min(right, size[0]), min(bottom, size[1])
    width, height = right - left, bottom - top
    if width <= 0 or height <= 0:
        return NOTHING
    if width * height > MOST_PIXELS:
        raise ValueError(f"an outline of {width} x {height} px is larger than any picture")
    bits = np.zeros((height, width), np.uint8)
    for polygon in corners:
        cv2.fillPoly(bits, [polygon], 1, offset=(-left, -top))
    return Patch(left, top, bits)


def _vertices(polygon: Points) -> npt.NDArray[np.int32]:
    vertices = np.asarray(polygon, np.float64)
    if vertices.shape != (len(polygon), 2):
        raise ValueError("a vertex is not a pair of numbers")
    farthest = np.abs(vertices).max()
    if not farthest <= FARTHEST:
        if not np.isfinite(farthest):
            raise ValueError("a vertex is not a pair of numbers")
        vertices = np.clip(vertices, -FARTHEST, FARTHEST)
    return vertices.astype(np.int32)


def of_rle(rle: dict[str, Any]) -> Patch:
    """Decode COCO's run lengths, only the columns that hold anything. Raises ValueError as `masks.from_rle` does."""
    height, _, runs = runs_of(rle)
    ends = np.cumsum(runs)
    starts, stops = ends[:-1:2], ends[1::2]
    marked = stops > starts[: len(stops)]
    if not marked.any():
        return NOTHING
    first, last = int(starts[: len(stops)][marked][0]) // height, (int(stops[marked][-1]) - 1) // height
    columns = np.zeros((last - first + 1) * height, np.uint8)
    for start, stop in zip(starts.tolist(), stops.tolist(), strict=False):
        columns[start - first * height : stop - first * height] = 1
    return _cut(columns.reshape(-1, height).T, first)


def of_array(mask: npt.NDArray[Any]) -> Patch:
    """A mask of the whole picture, H x W: what is not zero is marked."""
    bits = (mask != 0).astype(np.uint8)
    columns = np.flatnonzero(bits.any(axis=0))
    if not columns.size:
        return NOTHING
    return _cut(bits[:, columns[0] : columns[-1] + 1], int(columns[0]))


def _cut(bits: npt.NDArray[np.uint8], x: int) -> Patch:
    rows = np.flatnonzero(bits.any(axis=1))
    return Patch(x, int(rows[0]), np.ascontiguousarray(bits[rows[0] : rows[-1] + 1]))


def together(first: Patch, second: Patch) -> tuple[Bits, Bits]:
    """Both masks in the box around both, with 1 px of nothing on each side."""
    boxes = [patch.box for patch in (first, second) if patch.bits.size]
    if not boxes:
        return NOTHING.bits, NOTHING.bits
    left, top = (min(box[axis] for box in boxes) - 1 for axis in (0, 1))
    right, bottom = (max(box[axis] for box in boxes) + 1 for axis in (2, 3))
    if (right - left) * (bottom - top) > MOST_PIXELS:
        raise ValueError(f"two masks span {right - left} x {bottom - top} px, which is larger than any picture")
    laid = []
    for patch in (first, second):
        canvas = np.zeros((bottom - top, right - left), np.uint8)
        if patch.bits.size:
            x0, y0, x1, y1 = patch.box
            canvas[y0 - top : y1 - top, x0 - left : x1 - left] = patch.bits
        laid.append(canvas)
    return laid[0], laid[1]
