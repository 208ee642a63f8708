"""How much two masks are alike: IoU, the distance between their borders, areas, boundary IoU. All in px."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

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
    band with as much border for its area.
    """

    iou: float
    hd95: float
    area: float
    boundary: float
    thickness: float


SAME = Overlap(1.0, 0.0, 1.0, 1.0, math.inf)
NONE = Overlap(0.0, math.inf, 0.0, 0.0, 0.0)


def overlap(first: Patch, second: Patch, size: Size | None = None) -> Overlap:
    """Measure two masks of a picture of (width, height); where that is not known, of the box around both."""
    one, other = together(first, second)
    return measured(one, other, size or (one.shape[1], one.shape[0]))


def measured(one: Bits, other: Bits, size: Size) -> Overlap:
    """Measure two masks, 0 and 1, of one shape with 1 px of nothing on each side, cut from a picture of this size."""
    areas = [int(cv2.countNonZero(mask)) if mask.size else 0 for mask in (one, other)]
    if not all(areas):
        return NONE if any(areas) else SAME
    shared = int(cv2.countNonZero(cv2.bitwise_and(one, other)))
    union = sum(areas) - shared
    thick = max(thickness(mask, area) for mask, area in zip((one, other), areas, strict=True))
    if shared == union:
        return Overlap(1.0, 0.0, 1.0, 1.0, thick)
    return Overlap(
        shared / union,
        border_distance(one, other),
        min(areas) / max(areas),
        boundary_iou(one, other, size),
        thick,
    )


def thickness(mask: Bits, area: int) -> float:
    """How wide a long band is that has as much border for its area, in px: a border goes along the sides of pixels."""
    steps = cv2.countNonZero(cv2.absdiff(mask[1:], mask[:-1])) + cv2.countNonZero(
        cv2.absdiff(mask[:, 1:], mask[:, :-1])
    )
    return 2 * area / steps if steps else 0.0


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
    distances = cv2.distanceTransform(1 - to_border, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    found = distances[from_border > 0]
    place = percentile / 100 * (len(found) - 1)
    low, high = math.floor(place), math.ceil(place)
    ranked = np.partition(found, (low, high))
    return float(ranked[low] + (place - low) * (ranked[high] - ranked[low]))


def boundary_iou(one: Bits, other: Bits, size: Size) -> float:
    """IoU of the inner bands along two borders, as wide as 2 % of the picture's diagonal (Cheng et al., 2021)."""
    width = max(round(BOUNDARY_SHARE * math.hypot(*size)), 1)
    bands = [_band(mask, width) for mask in (one, other)]
    union = int(cv2.countNonZero(cv2.bitwise_or(*bands)))
    return int(cv2.countNonZero(cv2.bitwise_and(*bands))) / union if union else 1.0


def _band(mask: Bits, width: int) -> npt.NDArray[np.uint8]:
    """What `width` erosions by a square of 3 px take away: pixels that lie so near to the outside."""
    depth = cv2.distanceTransform(mask, cv2.DIST_C, 3)
    return np.asarray((depth <= width) & (mask > 0), np.uint8)
