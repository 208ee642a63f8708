"""Pictures inside requests and answers."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from assay.contract.message import Request

Pixels = npt.NDArray[np.uint8]  # height x width x 3, BGR as OpenCV keeps them

_DATA_PREFIX = re.compile(r"^data:image/[a-z]+;base64,")


def decode(data: bytes) -> Pixels | None:
    """The picture, upright by its EXIF orientation; None for what is not one."""
    if not data:
        return None
    try:
        pixels = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    return None if pixels is None else np.asarray(pixels, dtype=np.uint8)


def encode(pixels: Pixels, extension: str = ".jpg") -> bytes:
    """The picture as a file of that kind; JPEG at OpenCV's quality of 95."""
    return cv2.imencode(extension, pixels)[1].tobytes()


def from_base64(text: Any) -> bytes | None:
    """The bytes behind standard base64, a data prefix and newlines allowed; None for anything else."""
    if not isinstance(text, str):
        return None
    try:
        return base64.b64decode(_DATA_PREFIX.sub("", text), validate=False)
    except (binascii.Error, ValueError):
        return None


def present(request: Request) -> bool:
    """Whether the request brings a picture of any kind, decodable or not."""
    if not _on_hosted_route(request):
        return bool(image_object(request))
    return bool(request.body) or request.parameter("image") is not None


def sent_inline(request: Request) -> bool:
    """Whether the picture travels in the request itself, not as an address."""
    if _on_hosted_route(request):
        return request.parameter("image") is None and "multipart" not in (request.header("content-type") or "")
    return str(image_object(request).get("type", "")).lower() == "base64"


def sent(request: Request) -> Pixels | None:
    """The picture that an inline request carries; None for one by address, in a form, or not decodable."""
    data = inline(request)
    return decode(data) if data else None


def inline(request: Request) -> bytes | None:
    """The file that an inline request carries in base64, whether or not it is a picture."""
    if not sent_inline(request):
        return None
    if _on_hosted_route(request):
        return from_base64(request.body.decode("latin-1"))
    return from_base64(image_object(request).get("value"))


def _on_hosted_route(request: Request) -> bool:
    """Whether the body is the picture; on any other route it is JSON that holds the picture."""
    return request.operation.startswith("hosted.")


def image_object(request: Request) -> dict[str, Any]:
    """The picture in a JSON body; empty where there is none."""
    try:
        image = request.json()["image"]
    except (ValueError, TypeError, KeyError, IndexError):
        return {}
    return image if isinstance(image, dict) else {}
