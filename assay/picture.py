"""Pictures as bytes: the size that they state, and their pixels, within one bound.

A file of a few kilobytes may state any size, and a reader takes memory for all of it. So the stated size is read first,
and what is larger than any picture that is sent or answered here is never decoded. Of the kinds whose size cannot be
read here nothing is decoded either: the documents name PNG and JPEG, and a user's own may be WebP or BMP.
"""

from __future__ import annotations

import struct
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

MOST_PIXELS = 40_000_000
"""px of the largest picture that is decoded: 120 MB in colour."""

Pixels = npt.NDArray[np.uint8]
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""Markers of JPEG behind which a size stands."""
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers of JPEG behind which nothing stands."""
_HOW = {"colour": cv2.IMREAD_COLOR, "grey": cv2.IMREAD_GRAYSCALE, "stored": cv2.IMREAD_UNCHANGED}


def decode(content: bytes) -> Pixels | None:
    """H x W x 3 RGB, upright; None where the bytes are no picture, or one of more than `MOST_PIXELS`."""
    found = decode_as(content, "colour")
    return None if found is None else np.asarray(cv2.cvtColor(found, cv2.COLOR_BGR2RGB), np.uint8)


def decode_as(content: bytes, how: Literal["colour", "grey", "stored"]) -> npt.NDArray[Any] | None:
    """H x W x 3 BGR, H x W, or whatever the file holds, as OpenCV gives it; None as `decode` does."""
    if not fits(content):
        return None
    try:
        found = cv2.imdecode(np.frombuffer(content, np.uint8), _HOW[how])
    except cv2.error:
        return None
    return None if found is None else np.asarray(found)


def largest_channel(pixels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """H x W of H x W x C: the largest value of each pixel. NumPy's own maximum is slow along so short an axis."""
    largest, *others = cv2.split(pixels)
    for other in others:
        largest = np.maximum(largest, other)
    return np.asarray(largest)


def fits(content: bytes) -> bool:
    """Whether the bytes state a size, and one that is decoded."""
    size = stated_size(content)
    return size is not None and 0 < size[0] * size[1] <= MOST_PIXELS


def stated_size(content: bytes) -> tuple[int, int] | None:
    """Width and height in px that a picture states, before its orientation is applied; None for any other bytes."""
    try:
        if content.startswith(_PNG):
            width, height = struct.unpack(">II", content[16:24])
            return width, height
        if content.startswith(_JPEG):
            return _of_jpeg(content)
        if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
            return _of_webp(content)
        return _of_bmp(content) if content.startswith(b"BM") else None
    except (struct.error, IndexError):  # it is cut short
        return None


def _of_jpeg(content: bytes) -> tuple[int, int] | None:
    place = 2
    while content[place] == 0xFF:
        kind = content[place + 1]
        if kind in _FRAMES:
            height, width = struct.unpack(">HH", content[place + 5 : place + 9])
            return width, height
        if kind == 0xFF:
            place += 1
        elif kind in _ALONE:
            place += 2
        else:
            place += 2 + int(struct.unpack(">H", content[place + 2 : place + 4])[0])
    return None


def _of_webp(content: bytes) -> tuple[int, int] | None:
    kind = content[12:16]
    if kind == b"VP8X":
        width, height = (int.from_bytes(content[place : place + 3], "little") + 1 for place in (24, 27))
        return width, height
    if kind == b"VP8L":
        bits = struct.unpack("<I", content[21:25])[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", content[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None


def _of_bmp(content: bytes) -> tuple[int, int]:
    """Of a BMP; where its height is negative, its first row is the uppermost."""
    old = struct.unpack("<I", content[14:18])[0] == 12
    width, height = struct.unpack("<HH", content[18:22]) if old else struct.unpack("<ii", content[18:26])
    return abs(width), abs(height)
