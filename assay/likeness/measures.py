"""How much two masks are alike: IoU, the distance between their borders, areas, boundary IoU. All in px."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cache

import cv2
import numpy as np

from assay.likeness.patches import Bits, Patch, Size, together

BOUNDARY_SHARE = 0.02
"""Of the picture's diagonal: how wide the band along a border is, of which boundary IoU is taken (COCO's and LVIS')."""
PERCENTILE = 95.0
CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two masks held to each other. Where both are empty they agree in all; where one is, in nothing.

    `hd95`: the greater of the two distances in px within which 95 % of the pixels of the one border lie from the other.
    `area` is the smaller area as a share of the greater. `thickness` is that of the thicker mask in px: the width of a
    band with as much border for its area. `bits` are both masks in the box around them, 1 px of nothing on each side.
    """

    iou: float
    hd95: float
    area: float
    thickness: float
    bits: tuple[Bits, Bits] = field(repr=False, compare=False)

    def boundary(self, size: Size | None = None) -> float:
        """The boundary IoU in a picture of (width, height); where that is not known, of the box around both."""
        one, other = self.bits
        if self.iou in (0.0, 1.0) and not (one.any() and other.any()):
            return self.iou
        return boundary_iou(one, other, size or (one.shape[1], one.shape[0]))

    def patch(self, thin: int) -> float:
        """How thick the thickest patch is that one mask has alone, in px; 0 where none is thicker than `thin` px."""
        alone: Bits = np.asarray(cv2.absdiff(*self.bits), np.uint8)
        return thickest(alone) if alone.size and cv2.countNonZero(cv2.erode(alone, _square(thin + 1))) else 0.0


def overlap(first: Patch, second: Patch) -> Overlap:
    """Measure two masks of one picture."""
    one, other = both = together(first, second)
    areas = [int(cv2.countNonZero(mask)) if mask.size else 0 for mask in (one, other)]
    if not all(areas):
        return Overlap(0.0, math.inf, 0.0, 0.0, both) if any(areas) else Overlap(1.0, 0.0, 1.0, math.inf, both)
    shared = int(cv2.countNonZero(cv2.bitwise_and(one, other)))
    union = sum(areas) - shared
    thick = max(thickness(mask, area) for mask, area in zip((one, other), areas, strict=True))
    if shared == union:
        return Overlap(1.0, 0.0, 1.0, thick, both)
    return Overlap(shared / union, border_distance(one, other), min(areas) / max(areas), thick, both)


def thickness(mask: Bits, area: int) -> float:
    """How wide a long band is that has as much border for its area, in px: a border goes along the sides of pixels."""
    steps = cv2.countNonZero(cv2.absdiff(mask[1:], mask[:-1])) + cv2.countNonZero(
        cv2.absdiff(mask[:, 1:], mask[:, :-1])
    )
    return 2 * area / steps if steps else 0.0


def thickest(mask: Bits) -> float:
    """The side of the largest square of odd px that fits into a mask; beyond the array nothing is marked."""
    depth = float(cv2.distanceTransform(np.pad(mask, 1), cv2.DIST_C, 3).max())
    return max(2 * depth - 1, 0.0)


@cache
def _square(side: int) -> Bits:
    return np.ones((side, side), np.uint8)


def band_floor(thick: float, shift: float) -> float:
    """The IoU that a band of this thickness keeps when it is moved aside by `shift` px; 0 where none is left."""
    return max((thick - shift) / (thick + shift), 0.0) if thick + shift > 0 else 0.0


def border_distance(one: Bits, other: Bits, percentile: float = PERCENTILE) -> float:
    """The Hausdorff distance of two borders at a percentile, the greater of both directions; 100 is the classic one.

    A border is the pixels of a mask that have a neighbour outside of it, above, below, left or right.
    """
    borders = [border(mask) for mask in (one, other)]
    return max(_directed(borders[0], borders[1], percentile), _directed(borders[1], borders[0], percentile))


def border(mask: Bits) -> Bits:
    """The pixels of a mask with a neighbour outside of it. Beyond the array nothing is marked."""
    eroded = cv2.erode(mask, CROSS, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return np.asarray(cv2.subtract(mask, eroded), np.uint8)


def _directed(from_border: Bits, to_border: Bits, percentile: float) -> float:
    """How far so many percent of the pixels of a border lie from another at most, as NumPy's percentile has it.

    Borders are mostly near each other: the other border is made wider by one ring of neighbours after the other, until
    it covers enough pixels, and a map of all distances is made only where that is not enough.
    """
    total = int(cv2.countNonZero(from_border))
    place = percentile / 100 * (total - 1)
    low = None
    for radius, disc in DISCS:
        reached = cv2.dilate(to_border, disc) if radius else to_border
        covered = int(cv2.countNonZero(cv2.bitwise_and(from_border, reached)))
        if low is None and covered > math.floor(place):
            low = radius
        if low is not None and covered > math.ceil(place):
            return low + (place - math.floor(place)) * (radius - low)
    return _mapped(from_border, to_border, place)


def _mapped(from_border: Bits, to_border: Bits, place: float) -> float:
    distances = cv2.distanceTransform(1 - to_border, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    low, high = math.floor(place), math.ceil(place)
    ranked = np.partition(distances[from_border > 0], (low, high))
    nearer, farther = (_exact(float(ranked[rank])) for rank in (low, high))
    return nearer + (place - low) * (farther - nearer)


def _exact(distance: float) -> float:
    """A distance between pixels, whose square is whole: maps of distances are of single precision."""
    return math.sqrt(round(distance**2))


def _discs(farthest: int) -> tuple[tuple[float, Bits], ...]:
    """Kernels of all pixels within a distance in px of the middle, for each distance there is between two pixels."""
    steps = np.arange(-farthest, farthest + 1) ** 2
    squares = steps[:, None] + steps[None, :]
    discs = []
    for squared in sorted({int(each) for each in squares.ravel() if each <= farthest**2}):
        reach = farthest - math.isqrt(squared)
        disc = (squares <= squared).astype(np.uint8)
        discs.append((math.sqrt(squared), disc[reach : len(disc) - reach, reach : len(disc) - reach]))
    return tuple(discs)


DISCS = _discs(2)


def boundary_iou(one: Bits, other: Bits, size: Size) -> float:
    """IoU of the inner bands along two borders, as wide as 2 % of the picture's diagonal (Cheng et al., 2021)."""
    width = max(round(BOUNDARY_SHARE * math.hypot(*size)), 1)
    if min(one.shape) - 2 <= 2 * width:  # nothing lies deeper, and all of both masks is band
        union = int(cv2.countNonZero(cv2.bitwise_or(one, other)))
        return int(cv2.countNonZero(cv2.bitwise_and(one, other))) / union if union else 1.0
    bands = [_band(mask, width) for mask in (one, other)]
    union = int(cv2.countNonZero(cv2.bitwise_or(*bands)))
    return int(cv2.countNonZero(cv2.bitwise_and(*bands))) / union if union else 1.0


def _band(mask: Bits, width: int) -> Bits:
    """What `width` erosions by a square of 3 px take away: pixels that lie so near to the outside."""
    inner = _all_along(_all_along(mask, 2 * width + 1).T, 2 * width + 1).T
    band = mask.copy()
    band[width : width + inner.shape[0], width : width + inner.shape[1]] -= inner
    return band


def _all_along(mask: Bits, length: int) -> Bits:
    """Where a run of so many pixels along a row is marked, by doubling: as wide as there are such runs."""
    covered = 1
    while covered < length:
        step = min(covered, length - covered)
        mask = mask[:, :-step] & mask[:, step:]
        covered += step
    return mask
