"""Operators on the encoding in which a picture is sent: kinds of PNG and JPEG, BMP, WebP, grey."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from assay.contract import wire
from assay.contract.message import Request, Response
from assay.faults import pictures
from assay.faults.model import Condition, RequestOperator
from assay.faults.operators.delivery import text_of_picture, with_picture

_PNG = b"\x89PNG"
GREY, PALETTE, ALPHA = 0, 3, 6
"""Types of colour, by the standard of PNG."""
_PROGRESSIVE = b"\xff\xc2"
_ADOBE = b"\xff\xee\x00\x0eAdobe"

Stored = npt.NDArray[Any]


def sent_png(colour: int | None = None, depth: int | None = None) -> Condition:
    """The picture is sent as a PNG of this type of colour, and of so many bits a channel."""

    def holds(request: Request, response: Response) -> bool:
        data = _data(request)
        if not data.startswith(_PNG) or len(data) < 26:
            return False
        bits, kind = struct.unpack(">BB", data[24:26])
        return colour in (None, kind) and depth in (None, bits)

    return holds


def sent_webp(request: Request, response: Response) -> bool:
    """The picture is sent as WebP."""
    return _data(request)[8:12] == b"WEBP"


def sent_bmp(request: Request, response: Response) -> bool:
    """The picture is sent as BMP."""
    return _data(request).startswith(b"BM")


def sent_progressive(request: Request, response: Response) -> bool:
    """The picture is sent as a progressive JPEG."""
    data = _data(request)
    return data.startswith(b"\xff\xd8") and _PROGRESSIVE in data[:1000]


def sent_jpeg(request: Request, response: Response) -> bool:
    """The picture is sent as JPEG."""
    return _data(request).startswith(b"\xff\xd8")


def sent_in_inks(request: Request, response: Response) -> bool:
    """The picture is sent as a JPEG in cyan, magenta, yellow and black."""
    data = _data(request)
    return data.startswith(b"\xff\xd8") and _ADOBE in data[:1000]


def sent_grey(request: Request, response: Response) -> bool:
    """The picture is sent with one channel, be it as PNG or as JPEG."""
    stored = _stored(_data(request))
    return stored is not None and stored.ndim == 2


def read_otherwise(condition: Condition, change: Callable[[Stored], Stored]) -> RequestOperator:
    """Let the server see `change(pixels)`, H x W (x channels, BGR) as they are stored, where the condition holds."""

    def apply(request: Request) -> Request:
        if not condition(request, Response(0, (), b"")):
            return request
        stored = _stored(_data(request))
        if stored is None:
            return request
        changed = np.ascontiguousarray(change(stored)).astype(np.uint8)
        return with_picture(request, wire.base64_text(pictures.encode(changed, ".png")))

    return apply


def clipped(stored: Stored) -> Stored:
    """What is left of 16 bits where only the highest level of 8 is known."""
    return np.minimum(stored, 255)


def lower_half(stored: Stored) -> Stored:
    """Of 16 bits the lower eight."""
    return stored % 256


def upside_down(stored: Stored) -> Stored:
    """The last row first."""
    return stored[::-1]


def negative(stored: Stored) -> Stored:
    """Every level as far from the highest as it was from none."""
    return 255 - stored


def channels_turned(stored: Stored) -> Stored:
    """Red for blue and blue for red."""
    return stored[..., ::-1] if stored.ndim == 3 else stored


def thirded(stored: Stored) -> Stored:
    """One channel of levels, read as if three made a pixel: a third as wide."""
    return stored[:, ::3]


def negative_where_opaque(stored: Stored) -> Stored:
    """Transparency read the wrong way round: what is opaque is seen through, onto white."""
    return np.full_like(stored[..., :3], 255) if stored.ndim == 3 else stored


def laid_on(level: int) -> Callable[[Stored], Stored]:
    """Transparency heeded: what it shows, on a background of this level."""

    def change(stored: Stored) -> Stored:
        if stored.ndim != 3 or stored.shape[2] != 4:
            return stored
        share = stored[..., 3:] / 255.0
        return stored[..., :3] * share + level * (1 - share)

    return change


def _data(request: Request) -> bytes:
    return pictures.from_base64(text_of_picture(request)) or b""


def _stored(data: bytes) -> Stored | None:
    if not data:
        return None
    try:
        found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    return None if found is None else np.asarray(found)
