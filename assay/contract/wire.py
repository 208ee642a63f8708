"""From values that mean something to bytes: how a call of an operation goes over the wire."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import quote

from assay.contract.message import Pairs

ImageForm: TypeAlias = Literal["base64", "url", "multipart"]

FORM_TEXT: Final = "application/x-www-form-urlencoded"
JSON: Final = "application/json"

_SIGNATURES: Final = ((b"\xff\xd8\xff", "image/jpeg", "jpg"), (b"\x89PNG\r\n\x1a\n", "image/png", "png"))


def text(value: Any) -> str:
    """A value as it stands in a query or a path: `true`, `40`, `0.5`, a string as it is."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), allow_nan=False)


def pairs(values: Mapping[str, Any]) -> Pairs:
    """Query parameters in the order given."""
    return tuple((name, text(value)) for name, value in values.items())


def fill(template: str, values: Mapping[str, Any]) -> str:
    """A path template with its values, percent-encoded. Raises KeyError where one is missing."""
    path = template
    for name, value in values.items():
        path = path.replace("{" + name + "}", quote(text(value), safe=""))
    if "{" in path:
        raise KeyError(f"the path {template} needs more than {', '.join(values) or 'nothing'}")
    return path


def base64_text(picture: bytes) -> str:
    """The bytes of a picture in base64, on one line."""
    return base64.b64encode(picture).decode("ascii")


def json_bytes(value: Any) -> bytes:
    """JSON in UTF-8. Raises ValueError on NaN and Infinity."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")


def multipart(picture: bytes, name: str = "file") -> tuple[str, bytes]:
    """The Content-Type and the body of a form with the picture as its one part; the same bytes for the same picture."""
    media, suffix = kind_of(picture)
    boundary = f"assay-{hashlib.sha256(picture).hexdigest()[:32]}"
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="picture.{suffix}"\r\n'
        f"Content-Type: {media}\r\n\r\n"
    )
    return f"multipart/form-data; boundary={boundary}", head.encode() + picture + f"\r\n--{boundary}--\r\n".encode()


def kind_of(picture: bytes) -> tuple[str, str]:
    """The media type and the customary suffix of an encoded picture, told from its first bytes."""
    for signature, media, suffix in _SIGNATURES:
        if picture.startswith(signature):
            return media, suffix
    return "application/octet-stream", "bin"
