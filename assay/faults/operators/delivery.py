"""Operators on the ways in which a picture travels: by address, in lines of base64, in a form, turned by its EXIF."""

from __future__ import annotations

import base64
import io
import pickle
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from assay.contract import wire
from assay.contract.message import Request, Response
from assay.faults import pictures
from assay.faults.model import Condition, RequestOperator, ResponseOperator
from assay.faults.operators.fields import dumps, edit_json

_TURNING = (5, 6, 7, 8)
_ORIENTED, _HEAD = b"\x01\x12\x00\x03\x00\x00\x00\x01", 200  # EXIF's entry, and where in the file to look for it


def by_address(request: Request, response: Response | None = None) -> bool:
    """The picture is given by its address."""
    held = pictures.image_object(request)
    return str(held.get("type", "")).lower() == "url" or (not held and request.parameter("image") is not None)


def address_of(request: Request) -> str | None:
    """The address of the picture; None where it comes in another way."""
    if not by_address(request):
        return None
    held = pictures.image_object(request)
    return str(held.get("value")) if held else request.parameter("image")


def address_without_query(request: Request) -> Request:
    """Leave the query of the picture's address out."""
    address = address_of(request)
    if address is None or "?" not in address:
        return request
    plain = address.partition("?")[0]
    if pictures.image_object(request):
        document = request.json()
        return request.replace(body=dumps({**document, "image": {**document["image"], "value": plain}}).encode())
    return request.with_query(image=plain)


def in_form(request: Request, response: Response | None = None) -> bool:
    """The picture is a part of a form."""
    return (request.header("content-type") or "").lower().startswith("multipart/")


def pickled(request: Request, response: Response | None = None) -> bool:
    """The picture is said to be a pickled array."""
    return request.parameter("image_type") == "numpy" or pictures.image_object(request).get("type") == "numpy"


def in_lines(request: Request, response: Response | None = None) -> bool:
    """The base64 of the picture has line breaks."""
    return "\n" in text_of_picture(request).strip("\n")


def with_prefix(request: Request, response: Response | None = None) -> bool:
    """The base64 of the picture has a data prefix."""
    return text_of_picture(request).startswith("data:")


def turned(*orientations: int) -> Condition:
    """Holds where the picture has one of these EXIF orientations; any that turns by a quarter, where none is named."""
    wanted = orientations or _TURNING

    def holds(request: Request, response: Response) -> bool:
        data = pictures.from_base64(text_of_picture(request)) or b""
        return any(_ORIENTED + bytes((0, each)) in data[:_HEAD] for each in wanted)

    return holds


def read_as(orientations: Mapping[int, int]) -> RequestOperator:
    """Let the server see another EXIF orientation than the picture has: by number, which for which."""
    changes = {_ORIENTED + bytes((0, before)): _ORIENTED + bytes((0, after)) for before, after in orientations.items()}

    def apply(request: Request) -> Request:
        data = pictures.from_base64(text_of_picture(request)) or b""
        found = next((entry for entry in changes if entry in data[:_HEAD]), None)
        if found is None:
            return request
        return with_picture(request, wire.base64_text(data.replace(found, changes[found], 1)))

    return apply


def swap_size(request: Request, response: Response) -> Response:
    """State the width of the picture as its height, and the other way round."""
    return _swapped(request, response)


def _swap(request: Request, document: Any) -> Any:
    size = document.get("image") if isinstance(document, dict) else None
    if isinstance(size, dict) and {"width", "height"} <= set(size):
        size["width"], size["height"] = size["height"], size["width"]
    return document


_swapped: ResponseOperator = edit_json(_swap)


def stock_picture_if(condition: Condition) -> RequestOperator:
    """Put a picture of the server's own in the place of the one that is sent in this way."""
    return lambda request: with_picture(request, _stock()) if condition(request, Response(0, (), b"")) else request


def unpickle(request: Request) -> Request:
    """Read the picture that is sent as a pickled array; what is none, and any other pickle, stays as it is."""
    if not pickled(request):
        return request
    try:
        array = _Arrays(io.BytesIO(base64.b64decode(text_of_picture(request)))).load()
        return with_picture(request, wire.base64_text(pictures.encode(np.asarray(array, np.uint8), ".png")))
    except Exception:  # a pickle may raise whatever it likes
        return request


class _Arrays(pickle.Unpickler):
    """Makes arrays and nothing else, for a stranger may send what it reads."""

    def find_class(self, module: str, name: str) -> Any:
        """What an array is made with."""
        if (module, name) not in (("numpy.core.multiarray", "_reconstruct"), ("numpy", "ndarray"), ("numpy", "dtype")):
            raise pickle.UnpicklingError(f"{module}.{name} is not needed for an array")
        return super().find_class(module, name)


def with_picture(request: Request, text: str) -> Request:
    """The request with another picture, in base64, whatever way the old one came in."""
    if pictures.image_object(request):
        document = {**request.json(), "image": {"type": "base64", "value": text}}
        return request.replace(body=dumps(document).encode())
    headers = tuple(pair for pair in request.headers if pair[0].lower() != "content-type")
    headers += (("content-type", wire.FORM_TEXT),)
    return request.replace(headers=headers, body=text.encode()).with_query(image=None, image_type=None)


def text_of_picture(request: Request) -> str:
    """What stands for the picture's base64; empty where there is none."""
    held = pictures.image_object(request)
    if held:
        value = held.get("value")
        return value if isinstance(value, str) else ""
    return "" if in_form(request) else request.body.decode("latin-1")


@cache
def _stock() -> str:
    """A grey picture with nothing in it."""
    return wire.base64_text(pictures.encode(np.full((97, 131, 3), 200, np.uint8), ".png"))
