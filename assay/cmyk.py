"""A JPEG in four inks, as picture editors write it for printing."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np

from assay.encodings import jpeg_of_one_channel
from assay.picture import Pixels

_START, _END = b"\xff\xd8", b"\xff\xd9"
_TABLES, _CODES, _FRAME, _SCAN, _ADOBE = 0xDB, 0xC4, 0xC0, 0xDA, 0xEE
_NOT_TRANSFORMED = 0
_NO_INK = 255


def cmyk_jpeg(pixels: Pixels) -> bytes:
    """RGB pixels as a JPEG of cyan, magenta, yellow and black, without a profile of colours.

    As in all files that are marked as Adobe's, 255 means no ink. Black is not used, so that the inks are the three
    channels, within what JPEG loses. Each has a scan of its own, which is that of a grey picture.
    """
    channels = [*np.moveaxis(pixels, 2, 0), np.full(pixels.shape[:2], _NO_INK, np.uint8)]
    files = [dict(_segments(jpeg_of_one_channel(np.ascontiguousarray(channel)))) for channel in channels]
    height, width, _ = pixels.shape
    inks = range(1, len(channels) + 1)
    frame = struct.pack(">BHHB", 8, height, width, len(channels)) + b"".join(bytes([ink, 0x11, 0]) for ink in inks)
    adobe = b"Adobe" + struct.pack(">HHHB", 100, 0, 0, _NOT_TRANSFORMED)
    return b"".join(
        [
            _START,
            _segment(_ADOBE, adobe),
            files[0][_TABLES],
            _segment(_FRAME, frame),
            files[0][_CODES],
            *(_segment(_SCAN, bytes([1, ink, 0, 0, 63, 0])) + file[_SCAN] for ink, file in zip(inks, files)),
            _END,
        ]
    )


def _segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


def _segments(jpeg: bytes) -> Iterator[tuple[int, bytes]]:
    """The parts of a baseline JPEG by marker, those of one marker in one; of the scan what comes after its header."""
    at, parts = len(_START), dict[int, bytes]()
    while True:
        marker, size = struct.unpack(">xBH", jpeg[at : at + 4])
        end = at + 2 + size
        if marker == _SCAN:
            yield from parts.items()
            yield _SCAN, jpeg[end : -len(_END)]
            return
        parts[marker] = parts.get(marker, b"") + jpeg[at:end]
        at = end
