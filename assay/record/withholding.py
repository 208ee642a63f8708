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
_LONG_TEXT_IN_BASE64 = re.compile(rb"[A-Za-z0-9+/]{64,}")
"""In base64 or in hexadecimal digits: whatever it holds."""
MANY = 256
"""Numbers of a byte each, from which on a list may be a picture."""
_MANY_BYTES = re.compile(rb"(?:\b\d{1,3}\s*,\s*){%d}\d{1,3}\b" % (MANY - 1))
_SPELLED = (
    (b"\\n", b""), (b"\\r", b""), (b"\\/", b"/"), (b"%2B", b"+"), (b"%2F", b"/"), (b"%0A", b""), (b"%0D", b""),
    (b"%20", b""),
)  # fmt: skip
_BEGINNING = re.compile(rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|RIFF....WEBP|GIF8[79]a", re.DOTALL)
_PICTURES = (_PNG, b"\xff\xd8\xff", b"RIFF", b"GIF8", b"BM")
_MASKS = ("segmentation_mask", "confidence_mask")
"""Members that hold a class, or how sure it is, for each pixel."""
_RUN_LENGTHS = "counts"
_GREY = b"\0"
"""The kind of colour in a PNG's head, by the standard."""


class Withholding:
    """Knows the user's pictures, each a PNG, and the files that Assay paints, and what of an exchange is not kept."""

    def __init__(self, painted: Iterable[bytes] = ()) -> None:
        files = tuple(painted)
        self._painted = tuple(_head(file) for file in files if file.startswith(_PNG))
        self._whole = tuple(file for file in files if not file.startswith(_PNG))
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
        """A JSON-like value in which a note stands for each text, and each list of numbers, that may be a picture."""
        if isinstance(value, str):
            told = value.encode("utf-8", "replace")
            return WITHHELD if self._shows(told) and not self._is_mask(name, told) else value
        if isinstance(value, dict):
            return {key: self.value(member, key) for key, member in value.items()}
        if isinstance(value, (list, tuple)):
            many = len(value) >= MANY and all(isinstance(each, int) and 0 <= each <= 255 for each in value)
            return WITHHELD if many else [self.value(member, name) for member in value]
        return value

    def _shows(self, body: bytes) -> bool:
        """Whether there is anything in there that may be a picture, in whatever form."""
        return bool(_LONG_TEXT_IN_BASE64.search(_joined(body)) or _MANY_BYTES.search(body)) or self._carries(body)

    def _is_mask(self, name: str, told: bytes) -> bool:
        """Whether a text holds a mask: of run lengths, or as a picture in shades of grey that is none of the user's."""
        head = _decoded(told)
        grey = head.startswith(_PNG) and head[25:26] == _GREY
        return (name == _RUN_LENGTHS or (name in _MASKS and grey)) and not self._carries(told)

    def _carries(self, body: bytes) -> bool:
        """Whether one of the pictures is in there, as it is or in base64."""
        place = body.find(_PNG)
        while place >= 0:
            if body.startswith(self._heads, place):
                return True
            place = body.find(_PNG, place + 1)
        return any(_decoded(text).startswith(self._heads) for text in _PNG_IN_BASE64.findall(_joined(body)))

    def _is_painted(self, body: bytes) -> bool:
        """Whether the pictures in there, if any, are files that Assay painted."""
        if _is_text(body):
            return all(map(self._is_painted_text, _LONG_TEXT_IN_BASE64.findall(_joined(body, b" "))))
        begins = [match.start() for match in _BEGINNING.finditer(body)]
        return bool(begins) and all(body.startswith(self._painted + self._whole, place) for place in begins)

    def _is_painted_text(self, text: bytes) -> bool:
        content = base64.b64decode(text[: len(text) // 4 * 4])
        whole = any(file.startswith(content) and len(file) - len(content) <= 2 for file in self._whole)
        return whole or content.startswith(self._painted)


def _head(content: bytes) -> bytes:
    return content[: min(HEAD, len(content) // 3 * 3)]


def _decoded(text: bytes) -> bytes:
    """The first bytes of what is in base64; none where it is not."""
    try:
        return base64.b64decode(text[: min(HEAD // 3 * 4, len(text) // 4 * 4)])
    except ValueError:
        return b""


def _joined(body: bytes, dropped: bytes = b"") -> bytes:
    """Base64 in lines, in JSON, in an address or in a form, as one run of the usual alphabet."""
    for spelled, plain in _SPELLED:
        body = body.replace(spelled, plain).replace(spelled.lower(), plain)
    return body.translate(bytes.maketrans(b"-_", b"+/"), b"\r\n\t" + dropped)


def _is_text(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
