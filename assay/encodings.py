"""Pixels as the bytes of a picture: PNG and JPEG, and other encodings that hold the very same pixels.

Pixels are uint8, height x width x 3, RGB.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from assay.picture import Pixels, decode

LARGEST_KEPT = 4_000_000
"""bytes of pixels that are kept together with their PNG."""
LONGEST_BLOCK = 0xFFFF
"""bytes"""
MOST_COLOURS = 256
LOSSLESS_WEBP = 101
"""The quality by which OpenCV means that nothing is to be lost."""


class NoSuchEncoding(ValueError):
    """The picture cannot be encoded so without losing something. The message says why."""


def encode_png(pixels: Pixels) -> bytes:
    """RGB pixels as an 8-bit truecolour PNG.

    Written here and not by OpenCV, whose bytes differ from version to version: what is sent is named by its
    hash.
    """
    encode = _png if pixels.nbytes <= LARGEST_KEPT else _png.__wrapped__
    return encode(pixels.tobytes(), *pixels.shape[:2])


@lru_cache(maxsize=32)  # operation after operation is shown the same pictures
def _png(content: bytes, height: int, width: int) -> bytes:
    rows = np.frombuffer(content, np.uint8).reshape(height, width * 3)
    above = np.vstack([np.zeros((1, width * 3), np.uint8), rows[:-1]])
    filtered = np.hstack([np.full((height, 1), 2, np.uint8), rows - above])  # filter 2: difference to the row above
    return png_file(width, height, 2, {b"IDAT": zlib.compress(filtered.tobytes(), 9)})


def heavy_png(pixels: Pixels, weight: int) -> bytes:
    """A PNG of about so many bytes, or of more where its pixels weigh more: nothing is compressed.

    The pixels are stored in blocks with a head of 5 bytes each, as the standard lets them be of any length: the shorter
    they are, the more the file weighs, from its begin to its end.
    """
    height, width, _ = pixels.shape
    rows = np.hstack([np.zeros((height, 1), np.uint8), pixels.reshape(height, width * 3)]).ravel()
    content = rows.tobytes()
    length = min(max(round(5 * rows.size / max(weight - rows.size, 1)), 1), LONGEST_BLOCK)
    whole = rows.size // length * length
    head = np.frombuffer(_block_head(length), np.uint8)
    blocks = rows[:whole].reshape(-1, length)
    stored = np.hstack([np.tile(head, (len(blocks), 1)), blocks]).tobytes()
    stored += _block_head(rows.size - whole, last=True) + content[whole:]
    return png_file(width, height, 2, {b"IDAT": b"\x78\x01" + stored + struct.pack(">I", zlib.adler32(content))})


def _block_head(length: int, last: bool = False) -> bytes:
    """What a block of so many bytes begins with that deflate stores as they are."""
    return struct.pack("<BHH", last, length, LONGEST_BLOCK - length)


def png_file(width: int, height: int, colour: int, chunks: Mapping[bytes, bytes]) -> bytes:
    """A PNG of 8 bits a channel with these chunks. `colour` is its type by the standard: 2 is RGB, 3 is by palette."""
    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    parts = {b"IHDR": header, **chunks, b"IEND": b""}.items()
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )


def encode_jpeg(pixels: Pixels, quality: int = 95) -> bytes:
    """RGB pixels as JPEG of this quality (0 to 100)."""
    done, data = cv2.imencode(".jpg", pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError("the picture could not be encoded as JPEG")
    return data.tobytes()


def oriented(jpeg: bytes, orientation: int) -> bytes:
    """A JPEG with an EXIF orientation, 1 to 8; its pixels stay as they are stored.

    6 means that the picture is to be turned clockwise by a quarter before it is shown, 8 the other way round.
    """
    if not jpeg.startswith(b"\xff\xd8"):
        raise ValueError("not a JPEG")
    entry = struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)  # tag, SHORT, one value, padded
    tiff = b"MM\x00*" + struct.pack(">IH", 8, 1) + entry + struct.pack(">I", 0)
    segment = b"Exif\x00\x00" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + jpeg[2:]


def png_by_palette(pixels: Pixels) -> bytes:
    """A PNG whose pixels are numbers of a table of colours. Raises NoSuchEncoding for more than 256 colours."""
    packed = pixels.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    colours, numbers = np.unique(packed, return_inverse=True)
    if len(colours) > MOST_COLOURS:
        raise NoSuchEncoding(f"the picture has {len(colours)} colours, more than a palette holds")
    table = b"".join(int(colour).to_bytes(3, "big") for colour in colours)
    height, width, _ = pixels.shape
    rows = np.asarray(numbers, np.uint8).reshape(height, width)
    unfiltered = np.hstack([np.zeros((height, 1), np.uint8), rows])
    return png_file(width, height, 3, {b"PLTE": table, b"IDAT": zlib.compress(unfiltered.tobytes())})


def png_with_alpha(pixels: Pixels) -> bytes:
    """A PNG with a fourth channel, by which every pixel is opaque."""
    return _encoded(".png", np.dstack([_bgr(pixels), np.full(pixels.shape[:2], 255, np.uint8)]))


def transparent_png(pixels: Pixels) -> bytes:
    """A PNG with a fourth channel, by which every pixel is seen through for the most part."""
    return _encoded(".png", np.dstack([_bgr(pixels), np.full(pixels.shape[:2], 64, np.uint8)]))


def png_of_16_bits(pixels: Pixels) -> bytes:
    """A PNG of 16 bits a channel: the upper eight are the level, the lower ones its opposite, for who takes those."""
    levels = _bgr(pixels).astype(np.uint16)
    return _encoded(".png", levels * 256 + (255 - levels))


def bmp(pixels: Pixels) -> bytes:
    """A BMP."""
    return _encoded(".bmp", _bgr(pixels))


def webp(pixels: Pixels) -> bytes:
    """A lossless WebP."""
    return _encoded(".webp", _bgr(pixels), cv2.IMWRITE_WEBP_QUALITY, LOSSLESS_WEBP)


ENCODINGS: Mapping[str, Callable[[Pixels], bytes]] = MappingProxyType(
    {
        "png-palette": png_by_palette,
        "png-alpha": png_with_alpha,
        "png-16-bit": png_of_16_bits,
        "bmp": bmp,
        "webp": webp,
    }
)
"""The lossless ones by name; each raises NoSuchEncoding where it cannot hold the pixels as they are."""


def _rotated(quarters: int) -> Callable[[Pixels], Pixels]:
    return lambda pixels: np.rot90(pixels, quarters)


_UPRIGHT: Mapping[int, Callable[[Pixels], Pixels]] = {
    2: lambda stored: stored[:, ::-1],
    3: _rotated(2),
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.swapaxes(0, 1),
    6: _rotated(-1),
    7: lambda stored: np.rot90(stored, 2).swapaxes(0, 1),
    8: _rotated(1),
}
"""What each EXIF orientation but 1 does to a picture as it is stored. Turns by a quarter undo each other."""
_UNDONE_BY = {6: 8, 8: 6}


def stored_turned(pixels: Pixels, orientation: int) -> tuple[bytes, bytes]:
    """A JPEG, without EXIF, stored so that this orientation (2 to 8) brings the picture back, and a PNG of that."""
    jpeg = encode_jpeg(np.ascontiguousarray(_UPRIGHT[_UNDONE_BY.get(orientation, orientation)](pixels)))
    return jpeg, encode_png(np.ascontiguousarray(_UPRIGHT[orientation](_decoded(jpeg))))


def jpeg_as_png(pixels: Pixels, progressive: bool) -> tuple[bytes, bytes]:
    """A JPEG, and a PNG of the pixels that it holds: JPEG loses some, once."""
    jpeg = _encoded(".jpg", _bgr(pixels), cv2.IMWRITE_JPEG_PROGRESSIVE, 1) if progressive else encode_jpeg(pixels)
    return jpeg, encode_png(_decoded(jpeg))


def grey_as_rgb(pixels: Pixels, kind: str) -> tuple[bytes, bytes]:
    """The picture in grey with one channel, as `png` or `jpeg`, and an RGB PNG with that channel three times."""
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    alone = _encoded(".png", grey) if kind == "png" else jpeg_of_one_channel(grey)
    return alone, encode_png(_decoded(alone))


def jpeg_of_one_channel(levels: NDArray[np.uint8]) -> bytes:
    """Levels, uint8, height x width, as a baseline JPEG of one channel."""
    return _encoded(".jpg", levels)


def _bgr(pixels: Pixels) -> Pixels:
    return np.ascontiguousarray(pixels[:, :, ::-1])


def _encoded(extension: str, pixels: Any, *settings: int) -> bytes:
    done, data = cv2.imencode(extension, pixels, settings)
    if not done:
        raise NoSuchEncoding(f"the picture cannot be encoded as {extension}")
    return data.tobytes()


def _decoded(content: bytes) -> Pixels:
    pixels = decode(content)
    if pixels is None:
        raise NoSuchEncoding("what was encoded cannot be decoded")
    return pixels
