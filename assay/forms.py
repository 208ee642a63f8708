"""One picture in several encodings, each of which holds the very same pixels: what is read of them has to agree.

Pixels are uint8, height x width x 3, RGB.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np

from assay.picture import decode
from assay.scene import Pixels, encode_jpeg, encode_png, png_file

MOST_COLOURS = 256
LOSSLESS_WEBP = 101
"""The quality by which OpenCV means that nothing is to be lost."""


class NoSuchForm(ValueError):
    """The picture cannot be put into this form without losing something. The message says why."""


def png_by_palette(pixels: Pixels) -> bytes:
    """A PNG whose pixels are numbers of a table of colours. Raises NoSuchForm for more than 256 colours."""
    packed = pixels.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    colours, numbers = np.unique(packed, return_inverse=True)
    if len(colours) > MOST_COLOURS:
        raise NoSuchForm(f"the picture has {len(colours)} colours, more than a palette holds")
    table = b"".join(int(colour).to_bytes(3, "big") for colour in colours)
    height, width, _ = pixels.shape
    rows = np.asarray(numbers, np.uint8).reshape(height, width)
    unfiltered = np.hstack([np.zeros((height, 1), np.uint8), rows])
    return png_file(width, height, 3, {b"PLTE": table, b"IDAT": zlib.compress(unfiltered.tobytes())})


def png_with_alpha(pixels: Pixels) -> bytes:
    """A PNG with a fourth channel, by which every pixel is opaque."""
    return _encoded(".png", np.dstack([_bgr(pixels), np.full(pixels.shape[:2], 255, np.uint8)]))


def png_of_16_bits(pixels: Pixels) -> bytes:
    """A PNG of 16 bits a channel, each level 257 times as high."""
    return _encoded(".png", _bgr(pixels).astype(np.uint16) * 257)


def bmp(pixels: Pixels) -> bytes:
    """A BMP."""
    return _encoded(".bmp", _bgr(pixels))


def webp(pixels: Pixels) -> bytes:
    """A lossless WebP."""
    return _encoded(".webp", _bgr(pixels), cv2.IMWRITE_WEBP_QUALITY, LOSSLESS_WEBP)


FORMS: Mapping[str, Callable[[Pixels], bytes]] = MappingProxyType(
    {
        "png-palette": png_by_palette,
        "png-alpha": png_with_alpha,
        "png-16-bit": png_of_16_bits,
        "bmp": bmp,
        "webp": webp,
    }
)
"""The forms by name; each raises NoSuchForm where it cannot hold the pixels as they are."""


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
    alone = _encoded(".png" if kind == "png" else ".jpg", grey)
    return alone, encode_png(_decoded(alone))


def _bgr(pixels: Pixels) -> Pixels:
    return np.ascontiguousarray(pixels[:, :, ::-1])


def _encoded(extension: str, pixels: Any, *settings: int) -> bytes:
    done, data = cv2.imencode(extension, pixels, settings)
    if not done:
        raise NoSuchForm(f"the picture cannot be encoded as {extension}")
    return data.tobytes()


def _decoded(content: bytes) -> Pixels:
    pixels = decode(content)
    if pixels is None:
        raise NoSuchForm("what was encoded cannot be decoded")
    return pixels
