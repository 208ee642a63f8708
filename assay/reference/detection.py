"""Finding red and blue things: what the reference deployment's models know of the world.

A pixel belongs to a colour where one channel stands out and the other two stay under a third of it; its
purity is the distance between them. Neighbouring pixels of a colour form a blob, and a blob that shows
several shades is taken apart, one thing for each shade. All of it works on the pixels that were sent,
whatever picture they make.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from assay.reference.decoding import REMEMBERED, Pixels

Box = tuple[int, int, int, int]
Mask = NDArray[np.bool_]

CHANNELS: Mapping[str, int] = {"red": 0, "green": 1, "blue": 2}
MIN_PURITY = 32
MIN_SIDE = 4  # px; thinner things are the blurred edges of something else
MIN_AREA = 48  # px
MAX_BLOBS = 300
SHADE = 20  # levels of purity within which a pixel shows a shade
MIN_SHARE = 0.15  # part of its blob that a shade covers; less is a seam of JPEG blocks
RIM = np.ones((5, 5), np.uint8)  # a shade is peeled by 2 px all round, which takes the rims of blurred things,
MIN_CORE = 0.2  # and this part of it has to be left
LARGEST_KEPT = 4_000_000  # bytes of pixels; to copy more than that takes longer than to look again
SURE = 0.97  # confidence of the purest colour


@dataclass(frozen=True, slots=True)
class Region:
    """A coloured region.

    Its box is (x0, y0, x1, y1) in px, half-open; `mask` tells its pixels in that box; purity is 0 to 255.
    """

    box: Box
    mask: Mask
    purity: int


@dataclass(frozen=True, slots=True)
class Detection:
    """A region taken for an object of a class; confidence 0 to 1."""

    label: str
    class_id: int
    confidence: float
    region: Region

    @property
    def box(self) -> Box:
        """(x0, y0, x1, y1) in px, half-open, origin top left."""
        return self.region.box


def detect(pixels: Pixels, classes: Mapping[str, str]) -> list[Detection]:
    """Every candidate, most confident first. `classes` maps classes to colours, in the order of their ids."""
    found = [
        Detection(label, class_id, round(SURE * region.purity / 255, 4), region)
        for class_id, (label, colour) in enumerate(classes.items())
        for region in regions(pixels, colour)
    ]
    return sorted(found, key=lambda one: (-one.confidence, one.class_id, one.box[1], one.box[0]))


def select(
    detections: Iterable[Detection],
    confidence: float,
    overlap: float,
    labels: frozenset[str] | None = None,
    across: bool = False,
) -> list[Detection]:
    """The candidates that are answered: of these labels (None: all), at least this confident, not suppressed.

    Of two boxes of one class (with `across`, of any) whose IoU exceeds `overlap` the less confident is dropped. Both
    are fractions.
    """
    kept: list[Detection] = []
    for one in detections:
        if one.confidence < confidence or (labels is not None and one.label not in labels):
            continue
        rivals = (other for other in kept if across or other.label == one.label)
        if all(iou(one.box, other.box) <= overlap for other in rivals):
            kept.append(one)
    return kept


def iou(first: Box, second: Box) -> float:
    """Intersection over union of two half-open boxes."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    shared = max(width, 0) * max(height, 0)
    total = sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in (first, second)) - shared
    return shared / total if total else 0.0


def outline(region: Region) -> list[tuple[float, float]]:
    """The outline of the region's largest part as a polygon, (x, y) in px from the picture's top left."""
    contours, _ = cv2.findContours(region.mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    largest = max(contours, key=cv2.contourArea)
    return [(float(region.box[0] + x), float(region.box[1] + y)) for x, y in largest[:, 0, :]]


def coloured(pixels: Pixels, colour: str) -> float:
    """The share of a picture, 0 to 1, that is of a colour, each pixel counted by its purity."""
    purity = _purity(pixels, CHANNELS[colour])
    return float(purity[purity >= MIN_PURITY].sum()) / (255 * purity.size)


def regions(pixels: Pixels, colour: str) -> tuple[Region, ...]:
    """The regions of a colour ("red", "green" or "blue") in a picture, largest blob first."""
    if pixels.nbytes > LARGEST_KEPT:
        return _looked_for(pixels, colour)
    return _regions(pixels.tobytes(), pixels.shape, colour)


@lru_cache(maxsize=len(CHANNELS) * REMEMBERED)
def _regions(content: bytes, shape: tuple[int, ...], colour: str) -> tuple[Region, ...]:
    return _looked_for(np.frombuffer(content, np.uint8).reshape(shape), colour)


def _looked_for(pixels: Pixels, colour: str) -> tuple[Region, ...]:
    purity = _purity(pixels, CHANNELS[colour])
    if int(purity.max()) < MIN_PURITY:
        return ()
    coloured = (purity >= MIN_PURITY).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(coloured, connectivity=4)
    blobs = [
        index
        for index in range(1, len(stats))
        if stats[index, cv2.CC_STAT_AREA] >= MIN_AREA
        and min(stats[index, cv2.CC_STAT_WIDTH], stats[index, cv2.CC_STAT_HEIGHT]) >= MIN_SIDE
    ]
    blobs.sort(key=lambda index: -int(stats[index, cv2.CC_STAT_AREA]))
    found: list[Region] = []
    for index in blobs[:MAX_BLOBS]:
        x, y, w, h = (int(value) for value in stats[index, :4])
        mask = labels[y : y + h, x : x + w] == index
        found.extend(_by_shade(Region((x, y, x + w, y + h), mask, 0), purity[y : y + h, x : x + w]))
    return tuple(found)


def _purity(pixels: Pixels, channel: int) -> NDArray[np.uint8]:
    planes = cv2.split(pixels)
    others = cv2.max(*(plane for index, plane in enumerate(planes) if index != channel))
    purity = cv2.subtract(planes[channel], others)
    doubled = cv2.add(others, others)  # saturating
    pure = cv2.compare(doubled, purity, cv2.CMP_LE)  # the others stay under a third of the channel
    return np.asarray(cv2.bitwise_and(purity, pure), np.uint8)


def _by_shade(blob: Region, purity: NDArray[np.uint8]) -> Iterator[Region]:
    """The blob whole, where it shows one shade; otherwise one region for each."""
    histogram = np.bincount(purity[blob.mask], minlength=256)
    parts: list[Region] = []
    left = histogram.copy()
    least = max(MIN_AREA, MIN_SHARE * left.sum())
    while left.sum() >= least:
        level = int(np.argmax(left))
        low, high = max(level - SHADE, 1), level + SHADE
        if left[low : high + 1].sum() < least:
            break
        left[low : high + 1] = 0
        shade = blob.mask & (purity >= low) & (purity <= high)
        parts.extend(_solid(blob.box, shade, level))
    if len({part.purity for part in parts}) > 1:
        yield from parts
    else:
        middle = int(np.searchsorted(np.cumsum(histogram), blob.mask.sum() / 2))
        yield Region(blob.box, blob.mask, middle)


def _solid(frame: Box, mask: Mask, level: int) -> Iterator[Region]:
    """The connected parts of a mask that are thick enough to be things. `frame` is the box that it fills."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    for index in range(1, len(stats)):
        x, y, w, h, area = (int(value) for value in stats[index])
        if area < MIN_AREA:
            continue
        part = labels[y : y + h, x : x + w] == index
        core = cv2.erode(part.astype(np.uint8), RIM, borderType=cv2.BORDER_CONSTANT, borderValue=0)
        if int(core.sum()) >= MIN_CORE * area:
            left, top = frame[0] + x, frame[1] + y
            yield Region((left, top, left + w, top + h), part, level)
