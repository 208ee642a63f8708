"""Pictures that come back: whether they are whole, and whether a drawing shows what the same reply says."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from assay.judge.boxes import Corners
from assay.picture import decode, largest_channel

Pixels = npt.NDArray[np.uint8]
Distance = npt.NDArray[np.int16]
Mask = npt.NDArray[np.bool_]
Polygon = Sequence[tuple[float, float]]

VISIBLE_CHANGE = 40
"""Levels of 255 in one channel that anybody would see."""
FAINT_CHANGE = 24
"""Levels of 255 in one channel: what is left of a line of 1 px when JPEG has blurred its colour into the picture's."""
MARGIN = 24
"""px round a box in which a drawing may add something that belongs to it."""
NEARBY = 3
"""px around the stated edge in which a drawn line may lie: rounding, and half a stroke."""
FAR = 10_000
"""px beyond which OpenCV need not draw: no picture is that large."""

_SAMPLINGS = {
    0x11: cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    0x21: cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422,
    0x22: cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
}
_FRAMES = (0xC0, 0xC1, 0xC2)
_TABLES, _SCAN, _END = 0xDB, 0xDA, b"\xff\xd9"


def alike(first: bytes, second: bytes) -> bool:
    """Whether two bodies show the same, but for what nobody would see; what is no picture is not looked at."""
    one, other = decode(first), decode(second)
    if one is None or other is None:
        return one is None and other is None
    return one.shape == other.shape and int(cv2.norm(one, other, cv2.NORM_INF)) <= VISIBLE_CHANGE


def is_jpeg(content: bytes) -> bool:
    """Whether the bytes begin as a JPEG file does."""
    return content[:2] == b"\xff\xd8"


def is_whole(content: bytes) -> bool:
    """Whether a JPEG has its end mark, which cannot occur in its pixels: some readers fill up what was cut off."""
    return _END in content


def as_drawn_upon(before: Pixels, drawing: bytes) -> Pixels:
    """The picture after the same JPEG compression as the drawing, which alone moves a colour's edge by 100 levels.

    Quality and colour sampling are read from the drawing. What is no JPEG leaves the picture as it is.
    """
    described = _compression(drawing)
    if described is None:
        return before
    table, sampling = described
    quality = min(range(1, 101), key=lambda quality: sum(map(_apart, _table_of(quality), table)))
    return _compressed(before, quality, _SAMPLINGS.get(sampling, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420))


def same_sampling(first: bytes, second: bytes) -> bool:
    """Whether two drawings, where they are JPEGs, hold colour in the same resolution."""
    one, other = _compression(first), _compression(second)
    return one is None or other is None or one[1] == other[1]


def _apart(first: int, second: int) -> int:
    return abs(first - second)


def _compressed(pixels: Pixels, quality: int, sampling: int) -> Pixels:
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    _, content = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), options)
    again = decode(content.tobytes())
    assert again is not None
    return again


@cache
def _table_of(quality: int) -> bytes:
    """The brightness table that a JPEG of this quality has; the same in every encoder that follows libjpeg."""
    _, content = cv2.imencode(".jpg", np.zeros((8, 8, 3), np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality])
    described = _compression(content.tobytes())
    assert described is not None
    return described[0]


def _compression(content: bytes) -> tuple[bytes, int] | None:
    """The brightness table (64 numbers) of a JPEG, and its sampling: 0x22 where colour has half the resolution."""
    table, sampling = b"", 0
    for marker, segment in _segments(content):
        if marker == _TABLES and segment[:1] == b"\0":
            table = segment[1:65]
        if marker in _FRAMES and len(segment) > 7:
            sampling = segment[7]
    return (table, sampling) if len(table) == 64 and sampling else None


def _segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The segments of a JPEG up to its pixels, each with its marker."""
    position = 2 if is_jpeg(content) else len(content)
    while position + 4 <= len(content) and content[position] == 0xFF and content[position + 1] != _SCAN:
        (length,) = struct.unpack_from(">H", content, position + 2)
        yield content[position + 1], content[position + 4 : position + 2 + length]
        position += 2 + length


def distance(before: Pixels, after: Pixels) -> Distance:
    """By how many levels two pictures of one size differ, in the channel that differs most: H x W."""
    return largest_channel(cv2.absdiff(before, after)).astype(np.int16)


def changed_elsewhere(before: Pixels, after: Pixels, boxes: Sequence[Corners]) -> float:
    """The share of the picture outside all boxes, and a margin round them, that visibly changed, 0 to 1.

    The margin leaves room for lines, labels and keypoints that stand out of a box.
    """
    outside = _elsewhere(before, boxes)
    visible = distance(before, after) >= VISIBLE_CHANGE
    return float(visible[outside].mean()) if outside.any() else 0.0


def contours_kept(before: Pixels, after: Pixels, boxes: Sequence[Corners]) -> float:
    """The share of the picture's contours outside all boxes, and a margin round them, that are still seen, 0 to 1.

    Legends, footers and labels hide some of them; another picture lacks them. Where there are none the share is 1.
    """
    contours = _elsewhere(before, boxes) & (_slope(before, 1) >= VISIBLE_CHANGE)
    return float((_slope(after, 2) >= FAINT_CHANGE)[contours].mean()) if contours.any() else 1.0


def _elsewhere(picture: Pixels, boxes: Sequence[Corners]) -> Mask:
    height, width = picture.shape[:2]
    outside = np.ones((height, width), np.bool_)
    for x0, y0, x1, y1 in boxes:
        top, bottom = _clipped(y0 - MARGIN, height), _clipped(y1 + MARGIN + 1, height)
        left, right = _clipped(x0 - MARGIN, width), _clipped(x1 + MARGIN + 1, width)
        outside[top:bottom, left:right] = False
    return outside


def _slope(picture: Pixels, reach: int) -> Pixels:
    """By how many levels the picture differs within `reach` px, in the channel that differs most: H x W."""
    kernel = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    return largest_channel(cv2.subtract(cv2.dilate(picture, kernel), cv2.erode(picture, kernel)))


def outline_drawn(before: Pixels, after: Pixels, corners: Corners) -> float:
    """The share of a box's side near which the picture changed, 0 to 1, of the side where that is least.

    `before` and `after` are RGB of one size. Sides outside the picture cannot be seen and do not count; where none can
    be seen the share is 1.
    """
    return least_side(distance(before, after) >= FAINT_CHANGE, corners)


def least_side(touched: Mask, corners: Corners) -> float:
    """The share of a box's side near which pixels are touched, H x W, 0 to 1, of the side where that is least.

    A side at the edge of the picture counts only where there is no other: a line of the colour of what it frames cannot
    be told from it there.
    """
    near = _near(touched)
    height, width = near.shape
    (x0, x1), (y0, y1) = sorted(corners[::2]), sorted(corners[1::2])
    columns = slice(_clipped(x0, width - 1), _clipped(x1, width - 1) + 1)
    rows = slice(_clipped(y0, height - 1), _clipped(y1, height - 1) + 1)
    across = [y for y in (y0, y1) if 0 <= y <= height - 1 and x0 < width and x1 >= 0]
    down = [x for x in (x0, x1) if 0 <= x <= width - 1 and y0 < height and y1 >= 0]
    sides = [(_depth(y, height), near[round(y), columns]) for y in across]
    sides += [(_depth(x, width), near[rows, round(x)]) for x in down]
    inner = [side for depth, side in sides if depth > NEARBY]
    return min((float(side.mean()) for side in inner or [side for _, side in sides]), default=1.0)


def _depth(place: float, length: int) -> float:
    """How far a row or column lies from the nearer edge of the picture, in px."""
    return min(place, length - 1 - place)


def line_drawn(before: Pixels, after: Pixels, polygon: Polygon) -> float:
    """The share of a polygon's line near which the picture changed, 0 to 1; 0 for fewer than three vertices."""
    return _share_on(_near(distance(before, after) >= FAINT_CHANGE) > 0, polygon, filled=False)


def area_drawn(before: Pixels, after: Pixels, polygon: Polygon) -> float:
    """The share of a polygon's area that changed, 0 to 1; 0 for fewer than three vertices."""
    return _share_on(distance(before, after) >= FAINT_CHANGE, polygon, filled=True)


def _share_on(touched: Mask, polygon: Polygon, filled: bool) -> float:
    if len(polygon) < 3:
        return 0.0
    place = _stamped(touched.shape, polygon, filled=filled)
    return float(touched[place].mean()) if place.any() else 0.0


def _near(touched: Mask) -> npt.NDArray[np.uint8]:
    return np.asarray(cv2.dilate(touched.astype(np.uint8), np.ones((2 * NEARBY + 1, 2 * NEARBY + 1), np.uint8)))


def _stamped(shape: tuple[int, ...], polygon: Polygon, *, filled: bool = False, thickness: int = 1) -> Mask:
    """The pixels on a polygon's line, or on its area: H x W."""
    stamp = np.zeros(shape, np.uint8)
    points = [np.clip(np.round(polygon), -FAR, FAR).astype(np.int32)]
    if filled:
        cv2.fillPoly(stamp, points, 1)
    else:
        cv2.polylines(stamp, points, isClosed=True, color=1, thickness=thickness)
    return stamp > 0


def changed(before: Pixels, after: Pixels) -> int:
    """How many pixels of two pictures of one size visibly differ."""
    return int((distance(before, after) >= VISIBLE_CHANGE).sum())


def rectangle(corners: Corners) -> Polygon:
    """A box as a polygon."""
    x0, y0, x1, y1 = corners
    return (x0, y0), (x1, y0), (x1, y1), (x0, y1)


def changed_along(before: Pixels, after: Pixels, polygons: Sequence[Polygon], reach: float) -> int:
    """How many pixels changed that lie within `reach` px of a line of one of the polygons, (x, y) in px each."""
    changed = distance(before, after) >= FAINT_CHANGE
    near = np.zeros(changed.shape, np.bool_)
    for polygon in polygons:
        near |= _stamped(changed.shape, polygon, thickness=2 * round(reach) + 1)
    return int((changed & near).sum())


def changed_at(before: Pixels, after: Pixels, corners: Corners) -> int:
    """How many pixels visibly changed in a box, or in the margin round it."""
    height, width = before.shape[:2]
    x0, y0, x1, y1 = corners
    rows = slice(_clipped(y0 - MARGIN, height), _clipped(y1 + MARGIN + 1, height))
    columns = slice(_clipped(x0 - MARGIN, width), _clipped(x1 + MARGIN + 1, width))
    return int((distance(before, after)[rows, columns] >= VISIBLE_CHANGE).sum())


def _clipped(value: float, largest: int) -> int:
    return round(min(max(value, 0), largest))
