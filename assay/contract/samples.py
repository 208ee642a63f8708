"""The requests of the clients that a document prints, as they go over the wire: read from `fixtures/samples`."""

from __future__ import annotations

import base64
import textwrap
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote

from assay.contract.message import Pairs
from assay.contract.octets import HOST, Octets, Piece
from assay.suite import suite_folder

BOUNDARY = "8600c6876ca64a8b888b3fd1e9fde318"
EXPECTS = 0.35
"""Seconds that a client waits to be told to go on before it sends the body all the same."""
_PART = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="imageToUpload"\r\n'
    "Content-Type: image/jpeg\r\n\r\n"
)


def _upper(url: str) -> str:
    return quote(url, safe="")


def _lower(url: str) -> str:
    return "".join(part.lower() if part.startswith("%") else part for part in _escapes(quote(url, safe="")))


def _escapes(text: str) -> list[str]:
    first, *others = text.split("%")
    return [first, *(part for each in others for part in ("%" + each[:2], each[2:]))]


_ESCAPING: Mapping[str, Callable[[str], str]] = {
    "upper": _upper,
    "lower": _lower,
    "colons-kept": lambda url: _upper(url).replace("%3A", ":"),
}


@dataclass(frozen=True, slots=True)
class Sample:
    """One client with a `form`, `file` or `url`; see the README beside the data for the fields."""

    client: str
    form: str
    section: str
    written: str
    head: str
    body: str
    url: str = ""
    broken: str = ""
    remark: str = ""

    @property
    def name(self) -> str:
        """`go-file`."""
        return f"{self.client}-{self.form}"

    def octets(self, operation: str, *, model: str, key: str, picture: bytes, url: str = "") -> Octets:
        """The request with everything filled in; `picture` is an encoded JPEG, `url` where it can be fetched."""
        body = _BODIES[self.body](picture)
        filled = {
            "model": model,
            "key": quote(key, safe=""),
            "url": _ESCAPING[self.url](url) if self.url else "",
            "length": str(len(body)),
            "boundary": BOUNDARY,
            "host": HOST,
        }
        first, *lines = self.head.strip().format(**filled).split("\n")
        method, target, _ = first.split(" ")
        headers: Pairs = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
        waits = EXPECTS if any(name.lower() == "expect" for name, _ in headers) else 0.0
        return Octets(operation, method, target, headers, (Piece(body, waits),) if body else (), body)


def _form(picture: bytes) -> bytes:
    return _PART.encode() + picture + f"\r\n--{BOUNDARY}--\r\n".encode()


def _in_lines(picture: bytes) -> bytes:
    return "".join(f"{line}\n" for line in textwrap.wrap(base64.b64encode(picture).decode(), 60)).encode()


_BODIES: Mapping[str, Callable[[bytes], bytes]] = {
    "base64": base64.b64encode,
    "base64-in-lines": _in_lines,
    "form": _form,
    "none": lambda picture: b"",
}


@cache
def samples() -> Mapping[str, Sample]:
    """Every sample by name, in the order of the page. Raises ValueError where two are of one name."""
    table = tomllib.loads((suite_folder("fixtures") / "samples" / "hosted.toml").read_text("utf-8"))
    found = [Sample(**entry) for entry in table["sample"]]
    named = {sample.name: sample for sample in found}
    if len(named) != len(found):
        raise ValueError("two samples are of the same client and form")
    return named
