"""From what a request carries to pixels."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from functools import lru_cache
from typing import Any

import cv2
import httpx
import numpy as np
from numpy.typing import NDArray

from assay.reference.errors import Refusal, bad_picture

Pixels = NDArray[np.uint8]

MAX_BYTES = 20 * 1024 * 1024  # the documented limit of an upload
URL_TIMEOUT = 10.0  # seconds
REMEMBERED = 32  # pictures whose pixels are kept: whoever checks a deployment sends the same few again and again
_DATA_URI = re.compile(rb"^data:image/[a-z+.-]+;base64,", re.IGNORECASE)
_SPACE = b" \t\n\r\v\f"


@lru_cache(maxsize=REMEMBERED)
def decode_picture(data: bytes, auto_orient: bool = True) -> Pixels:
    """The encoded picture's pixels: uint8, height x width x 3, RGB; not to be written to.

    EXIF orientation is applied unless told otherwise, grey is expanded, alpha is dropped. Raises Refusal 400
    where the bytes are no picture.
    """
    if not data:
        raise bad_picture("Empty image payload.")
    if _is_cut_short(data):
        raise bad_picture("Data is not image.")
    flags = cv2.IMREAD_COLOR if auto_orient else cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error:
        pixels = None
    if pixels is None or pixels.size == 0:
        raise bad_picture("Data is not image.")
    coloured = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)
    coloured.setflags(write=False)
    return coloured


def _is_cut_short(data: bytes) -> bool:
    """Whether a PNG or JPEG lacks its end. OpenCV fills up what is missing, or not, by its version."""
    if data.startswith(b"\x89PNG"):
        return b"IEND" not in data
    if data.startswith(b"\xff\xd8"):  # the end marker has to follow the last scan; inside a scan it cannot occur
        return data.rfind(b"\xff\xd9") < data.rfind(b"\xff\xda")
    return False


def decode_base64(text: bytes) -> bytes:
    """The bytes behind base64 text, or else Refusal 400.

    Line breaks and a prefix `data:image/...;base64,` are tolerated.
    """
    packed = text.translate(None, _SPACE)
    if not packed:
        raise bad_picture("Empty image payload.")
    try:
        return base64.b64decode(_DATA_URI.sub(b"", packed), validate=True)
    except (binascii.Error, ValueError):
        raise bad_picture("Malformed base64 input image.") from None


async def fetch_picture(url: str) -> bytes:
    """The bytes behind a URL on the loopback interface; for any other, and whatever fails, Refusal 400."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError, TypeError):
        raise bad_picture("Malformed URL.") from None
    if parsed.port is not None and not 0 < parsed.port < 65536:
        raise bad_picture("Malformed URL.")
    if parsed.scheme not in ("http", "https"):
        raise bad_picture("Only http and https URLs are supported.")
    if not _is_loopback(parsed.host):
        raise bad_picture("This deployment reads pictures from the loopback interface only.")
    # No proxy from the environment and no redirects: both could lead elsewhere.
    # On loopback a certificate proves nothing.
    try:
        async with (
            httpx.AsyncClient(trust_env=False, verify=False, timeout=URL_TIMEOUT) as client,
            client.stream("GET", parsed) as response,
        ):
            if response.status_code != 200:
                raise bad_picture(f"The URL was answered with status {response.status_code}.")
            return await _read(response)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError):
        raise bad_picture("The URL could not be read.") from None


async def _read(response: httpx.Response) -> bytes:
    data = bytearray()
    async for part in response.aiter_bytes():
        data += part
        if len(data) > MAX_BYTES:
            raise too_large()
    return bytes(data)


def too_large() -> Refusal:
    """413: more than the documented limit."""
    return Refusal(413, {"message": "The request is larger than 20 MB."})


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def largest_channel(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """H x W: the largest of the three values of each pixel; NumPy's own maximum is slow along so short an axis."""
    red, green, blue = cv2.split(pixels)
    return np.asarray(cv2.max(cv2.max(red, green), blue), np.uint8)
