"""Pictures for a report: found in requests and answers, made small, and embedded once each.

Every picture is decoded and encoded anew, so that what a server calls a picture is one, and turned upright as the
server does, so that marks in px lie where they belong.
"""

from __future__ import annotations

import base64
import binascii
import email
import email.policy
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2

from assay.contract.message import parse_json
from assay.picture import decode_as, stated_size
from assay.record import Run

LONGEST = 800
"""px: a longer side is scaled down to it; marks keep the coordinates of the picture that was sent"""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in the album: `width` and `height` in px as it was on the wire, upright; `uri` a data URI."""

    name: str
    width: int
    height: int
    uri: str


class Album:
    """The pictures of one report. `room` is the number of characters that their data URIs may take together."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._pictures: dict[str, Picture | None] = {}

    def make_room(self, room: int) -> None:
        """Let the pictures take so many characters more."""
        self._room += room

    @property
    def pictures(self) -> list[Picture]:
        """Those that are in, in the order in which they came."""
        return [picture for picture in self._pictures.values() if picture]

    def add(self, content: bytes) -> Picture | None:
        """The picture to show for these bytes; None where they are no PNG or JPEG, or where no room is left."""
        digest = hashlib.sha256(content).hexdigest()[:16]
        if digest not in self._pictures:
            picture = _prepared(content, f"picture-{digest}")
            if picture and len(picture.uri) > self._room:
                return None
            self._room -= len(picture.uri) if picture else 0
            self._pictures[digest] = picture
        return self._pictures[digest]


def sent(run: Run, exchange: dict[str, Any]) -> bytes | None:
    """The picture in a request: base64 text, JSON with an image object, a form with a file, or the bytes themselves."""
    body = body_of(run, exchange["request"])
    if not body:
        return None
    media = exchange["request"]["body"]["media"].lower()
    if media.startswith("multipart/"):
        return next(_parts(body, exchange["request"]["body"]["media"]), None)
    if stated_size(body):
        return body
    if body.lstrip()[:1] in (b"{", b"["):
        return next(_image_objects(_json(body), 6), None)
    return _unpacked(body)


def answered(run: Run, exchange: dict[str, Any]) -> list[bytes]:
    """The pictures in an answer: the body itself, or what `visualization` holds."""
    body = body_of(run, exchange["response"] or {})
    if not body:
        return []
    if stated_size(body):
        return [body]
    value = _json(body)
    answers = value if isinstance(value, list) else [value]
    drawings = (answer.get("visualization") for answer in answers[:2] if isinstance(answer, dict))
    return [
        picture
        for drawing in drawings
        if isinstance(drawing, str) and (picture := _unpacked(drawing.encode("utf-8", "replace")))
    ]


def body_of(run: Run, message: dict[str, Any]) -> bytes | None:
    """The body of a request or response of the record; None where it has none that was kept."""
    if not message.get("body") or "artifact" not in message["body"]:
        return None
    try:
        return run.artifact(message["body"]["artifact"])
    except OSError:
        return None


def json_of(run: Run, message: dict[str, Any]) -> Any:
    """The body of a message as JSON; None where it is none."""
    body = body_of(run, message)
    return _json(body) if body else None


def _json(body: bytes) -> Any:
    try:
        return parse_json(body)
    except (ValueError, RecursionError):
        return None


def _image_objects(value: Any, depth: int) -> Iterator[bytes]:
    """The pictures of all `{"type": "base64", "value": ...}` in a JSON value, in their order."""
    if isinstance(value, dict):
        held = value.get("value")
        if str(value.get("type")).lower() == "base64" and isinstance(held, str):
            content = _unpacked(held.encode("utf-8", "replace"))
            if content:
                yield content
            return
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if depth:
        for member in members:
            yield from _image_objects(member, depth - 1)


def _parts(body: bytes, media: str) -> Iterator[bytes]:
    head = f"Content-Type: {' '.join(media.split())}\r\n\r\n".encode("utf-8", "replace")
    message = email.message_from_bytes(head + body, policy=email.policy.HTTP)
    if not message.is_multipart():
        return
    for part in message.iter_parts():
        content = part.get_payload(decode=True)
        if isinstance(content, bytes) and stated_size(content):
            yield content


def _unpacked(text: bytes) -> bytes | None:
    """The picture in base64 text, with or without a `data:` prefix."""
    if text[:64].lstrip().startswith(b"data:"):
        text = text.partition(b",")[2]
    try:
        content = base64.b64decode(b"".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return content if stated_size(content) else None


def _prepared(content: bytes, name: str) -> Picture | None:
    pixels = decode_as(content, "colour")
    if pixels is None:
        return None
    height, width = pixels.shape[:2]
    scale = LONGEST / max(width, height)
    if scale < 1:
        smaller = (max(1, round(width * scale)), max(1, round(height * scale)))
        pixels = cv2.resize(pixels, smaller, interpolation=cv2.INTER_AREA)
    return Picture(name, width, height, _data_uri(pixels))


def _data_uri(pixels: Any) -> str:
    """The smaller of PNG and JPEG: drawn scenes stay crisp, photographs stay small."""
    png = cv2.imencode(".png", pixels)[1].tobytes()
    jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()
    media, content = ("png", png) if len(png) <= len(jpeg) else ("jpeg", jpeg)
    return f"data:image/{media};base64,{base64.b64encode(content).decode()}"
