"""Files that are no pictures, or not quite: cut short, overwritten, and such as unpack to far more than they weigh.

What any of them states or unpacks to stays within `MOST_PIXELS`: a careless server is to be found, not to be felled.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from functools import cache

import cv2
import numpy as np

MOST_PIXELS = 9_000_000
"""px of the largest picture that is sent or stated: 27 MB of colour, out of a PNG of 9 kB."""
SIDE = 3000
WIDTH, HEIGHT = 64, 48
KINDS = ("png", "jpeg", "webp", "bmp", "gif")
_SUFFIX = {"png": ".png", "jpeg": ".jpg", "webp": ".webp", "bmp": ".bmp"}


@cache
def whole(kind: str) -> bytes:
    """A sound picture of 64 x 48 px, of one of the `KINDS`, with something in every part of it."""
    pixels = np.random.default_rng(7).integers(0, 255, (HEIGHT // 8, WIDTH // 8, 3), np.uint8)
    pixels = np.kron(pixels, np.ones((8, 8, 1), np.uint8))
    if kind == "gif":
        return _gif((pixels[:, :, 0] // 2).astype(np.uint8))
    return cv2.imencode(_SUFFIX[kind], pixels)[1].tobytes()


def cut(kind: str) -> bytes:
    """The first half of a picture."""
    content = whole(kind)
    return content[: len(content) // 2]


def overwritten(kind: str) -> bytes:
    """A picture whose middle, a third of it, is something else."""
    content = bytearray(whole(kind))
    third = len(content) // 3
    content[third : 2 * third] = bytes((17 * place + 3) % 256 for place in range(third))
    return bytes(content)


def headless(kind: str) -> bytes:
    """The first bytes, by which the kind is told, and nothing that follows from them."""
    return whole(kind)[:12]


def damaged(kind: str) -> Iterator[tuple[str, bytes]]:
    """Every way in which a file of this kind is damaged, in words, and the file."""
    name = {"webp": "WebP"}.get(kind, kind.upper())
    yield f"a {name} file of which the second half is missing", cut(kind)
    yield f"a {name} file whose middle is overwritten", overwritten(kind)
    yield f"a {name} file of which only 12 bytes are there", headless(kind)


def bombs() -> Iterator[tuple[str, bytes]]:
    """Small files that state a large size, or unpack to it, in words, and the file."""
    yield f"a PNG of {SIDE} x {SIDE} px in few bytes", png(SIDE, SIDE, bytes(SIDE + 1) * SIDE)
    yield f"a PNG that states {SIDE} x {SIDE} px and holds one row", png(SIDE, SIDE, bytes(SIDE + 1))
    yield f"a JPEG that states {SIDE} x {SIDE} px and holds 64 x 48", _jpeg_stating(SIDE, SIDE)
    yield "a PNG of 1 px whose data unpack to 9 MB", png(1, 1, bytes(MOST_PIXELS))
    yield "a PNG of no width and no height", png(0, 0, b"")
    yield "a BMP of negative width", _bmp_stating(-WIDTH, HEIGHT)


def png(width: int, height: int, rows: bytes) -> bytes:
    """A grey PNG that states this size, whatever its rows are."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in parts)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _jpeg_stating(width: int, height: int) -> bytes:
    content = whole("jpeg")
    place = content.index(b"\xff\xc0") + 5
    return content[:place] + struct.pack(">HH", height, width) + content[place + 4 :]


def _bmp_stating(width: int, height: int) -> bytes:
    content = whole("bmp")
    return content[:18] + struct.pack("<ii", width, height) + content[26:]


def _gif(grey: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bytes:
    """A GIF of 128 shades, its codes left at their first width by clearing the table ever so often."""
    height, width = grey.shape
    palette = bytes(2 * shade for shade in range(128) for _ in range(3))
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0b1_110_0_110, 0, 0) + palette
    codes = [code for start in range(0, grey.size, 120) for code in (128, *grey.ravel()[start : start + 120])]
    bits = "".join(f"{int(code):08b}"[::-1] for code in (*codes, 129))
    packed = bytes(int(bits[place : place + 8][::-1], 2) for place in range(0, len(bits), 8))
    blocks = b"".join(bytes((len(part),)) + part for part in _parts(packed, 255))
    return head + b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x07" + blocks + b"\0;"


def _parts(content: bytes, length: int) -> Iterator[bytes]:
    for start in range(0, len(content), length):
        yield content[start : start + length]
