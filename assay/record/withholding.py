"""What stays out of a record at the user's word: pictures of their own, and drawings upon them.

A request is kept whole if the pictures in it are Assay's own, as they are painted. A picture of the user's may travel
in any encoding, turned, halved or broken: so whatever else could be one is taken for it. Of the answer to such a
request everything is kept but pictures; masks of classes are kept too, because they show no more than outlines do.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from typing import Any

from assay.contract.message import Request, parse_json

WITHHELD = "not kept: it may show a picture of your own (--no-pictures)"
HEAD = 300
"""bytes from the beginning of a PNG by which it is told from any other"""

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_IN_BASE64 = re.compile(rb"iVBORw0KGgo[A-Za-z0-9+/]{0,420}")
_PICTURE_IN_BASE64 = re.compile(
    rb"iVBORw0KGgo[A-Za-z0-9+/]{24,}|(?<![A-Za-z0-9+/])(?:/9j/|UklGR|R0lGOD)[A-Za-z0-9+/]{24,}"
)
_LONG_TEXT_IN_BASE64 = re.compile(rb"[A-Za-z0-9+/]{64,}")
_JPEG = b"\xff\xd8\xff"
_PICTURES = (_PNG, _JPEG, b"RIFF", b"GIF8", b"BM")
_MASK = "_mask"


class Withholding:
    """Knows the user's pictures and the `painted` ones, each a PNG, and what of an exchange must not be kept."""

    def __init__(self, painted: Iterable[bytes] = ()) -> None:
        self._painted = tuple(map(_head, painted))
        self._heads: tuple[bytes, ...] = ()
        self._addresses: tuple[bytes, ...] = ()

    def picture(self, content: bytes) -> None:
        """Keep out whatever carries this picture."""
        if not content.startswith(_PNG):
            raise ValueError("a picture of the user's is sent as PNG")
        self._heads += (_head(content),)

    def address(self, url: str) -> None:
        """Keep out whatever comes of fetching a picture at this address."""
        self._addresses += (url.rpartition("/")[2].encode(),)

    def concerns(self, request: Request) -> bool:
        """Whether the request shows the target one of the pictures, as far as it can be told."""
        told = (request.url.encode(), request.body)
        if any(address in part for address in self._addresses for part in told) or self._carries(request.body):
            return True
        return not all(map(self._is_painted, told))

    def answer(self, body: bytes, media: str) -> bytes | None:
        """What is kept of the answer to such a request; None for nothing."""
        if media.lower().startswith("image/") or body.startswith(_PICTURES) or not _is_text(body):
            return None
        if not self._shows(body):
            return body
        try:
            return json.dumps(self.value(parse_json(body))).encode()
        except (ValueError, RecursionError):
            return None

    def value(self, value: Any, name: str = "") -> Any:
        """A JSON-like value in which a note stands for each text that holds a picture."""
        if isinstance(value, str):
            told = value.encode("utf-8", "replace")
            kept = name.endswith(_MASK) and value.startswith("iVBORw0KGgo") and not self._carries(told)
            return WITHHELD if not kept and self._shows(told) else value
        if isinstance(value, dict):
            return {key: self.value(member, key) for key, member in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(member, name) for member in value]
        return value

    def _shows(self, body: bytes) -> bool:
        return bool(_PICTURE_IN_BASE64.search(_joined(body))) or self._carries(body)

    def _carries(self, body: bytes) -> bool:
        """Whether one of the pictures is in there, as it is or in base64."""
        place = body.find(_PNG)
        while place >= 0:
            if body.startswith(self._heads, place):
                return True
            place = body.find(_PNG, place + 1)
        return any(_decoded(text).startswith(self._heads) for text in _PNG_IN_BASE64.findall(_joined(body)))

    def _is_painted(self, body: bytes) -> bool:
        """Whether the pictures in there, if any, are PNGs that Assay painted."""
        if _is_text(body):
            texts = _LONG_TEXT_IN_BASE64.findall(_joined(body))
            return all(_decoded(text).startswith(self._painted) for text in texts)
        pngs = body.split(_PNG)
        return len(pngs) > 1 and _JPEG not in body and all((_PNG + rest).startswith(self._painted) for rest in pngs[1:])


def _head(content: bytes) -> bytes:
    return content[: min(HEAD, len(content) // 3 * 3)]


def _decoded(text: bytes) -> bytes:
    """The first bytes of what is in base64."""
    return base64.b64decode(text[: min(HEAD // 3 * 4, len(text) // 4 * 4)])


def _joined(body: bytes) -> bytes:
    """Base64 in lines, in JSON, in an address or in a form, as one run of the usual alphabet."""
    for spelled, plain in ((b"\\n", b""), (b"\\r", b""), (b"\\/", b"/"), (b"%2B", b"+"), (b"%2F", b"/")):
        body = body.replace(spelled, plain).replace(spelled.lower(), plain)
    return body.translate(bytes.maketrans(b"-_", b"+/"), b"\r\n\t")


def _is_text(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
