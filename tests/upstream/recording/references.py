"""References to files in the text of an exchange: `${pictures/two.jpg|base64}` stands for that file, encoded.

The path is relative to the folder of the exchanges. Requests are written with references in them; in answers,
every picture that comes back is put behind one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

Json = Any  # what json.loads gives

REFERENCE = re.compile(r"\$\{(?P<path>[\w./-]+)\|(?P<encoding>[\w-]+)\}")
ENCODINGS: Mapping[str, Callable[[bytes], bytes]] = MappingProxyType(
    {
        "bytes": bytes,
        "base64": base64.b64encode,
        "base64-lines": base64.encodebytes,  # with a newline after every 76 characters, as MIME wants it
        "base64-unpadded": lambda content: base64.b64encode(content).rstrip(b"="),
        "base64-percent": lambda content: quote(base64.b64encode(content), safe="").encode(),
    }
)
BINARY_SUFFIXES = MappingProxyType({"image/jpeg": ".jpg", "application/octet-stream": ".npz"})
_JPEG = b"\xff\xd8\xff"
_BASE64 = re.compile(r"[A-Za-z0-9+/]{64,}={0,2}")


def reference(name: str, encoding: str = "base64") -> str:
    """The text that stands for a picture of the rig."""
    return f"${{pictures/{name}|{encoding}}}"


def expand(text: str, root: Path) -> bytes:
    """The bytes that a text with references stands for; what is no reference is UTF-8.

    Raises:
        FileNotFoundError: A reference names a file that is not there.
        KeyError: A reference names an encoding that does not exist.
    """
    parts, position = [], 0
    for match in REFERENCE.finditer(text):
        content = (root / match["path"]).read_bytes()
        parts += [text[position : match.start()].encode(), ENCODINGS[match["encoding"]](content)]
        position = match.end()
    return b"".join([*parts, text[position:].encode()])


def expand_json(value: Json, root: Path) -> Json:
    """A JSON value with every reference in its strings replaced."""
    if isinstance(value, str):
        return expand(value, root).decode()
    if isinstance(value, list):
        return [expand_json(item, root) for item in value]
    if isinstance(value, dict):
        return {name: expand_json(item, root) for name, item in value.items()}
    return value


class Binaries:
    """Finds the pictures of the rig in answers, and files what is new under `binaries/`, named by content."""

    def __init__(self, root: Path, pictures: Path) -> None:
        self._root = root
        self._known: dict[str, str] = {}
        for picture in sorted(pictures.iterdir()):
            for encoding in ("base64-percent", "base64-lines", "base64", "base64-unpadded"):
                text = ENCODINGS[encoding](picture.read_bytes()).decode()
                self._known.setdefault(text, reference(picture.name, encoding))

    def contract(self, text: str) -> str:
        """The text with references in place of the rig's pictures and of JPEGs in base64.

        Raises:
            ValueError: The text has something in it that reads as a reference already.
        """
        if REFERENCE.search(text):
            raise ValueError(f"an answer contains what reads as a reference: {text[:200]}")
        for content, name in self._known.items():
            text = text.replace(content, name)
        return _BASE64.sub(self._jpeg, text)

    def contract_json(self, value: Json) -> Json:
        """A JSON value with references in all its strings and names."""
        if isinstance(value, str):
            return self.contract(value)
        if isinstance(value, list):
            return [self.contract_json(item) for item in value]
        if isinstance(value, dict):
            return {self.contract(name): self.contract_json(item) for name, item in value.items()}
        return value

    def keep(self, content: bytes, suffix: str) -> str:
        """Files the content, and returns the reference to it."""
        name = f"binaries/{hashlib.sha256(content).hexdigest()[:16]}{suffix}"
        file = self._root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return f"${{{name}|bytes}}"

    def _jpeg(self, match: re.Match[str]) -> str:
        try:
            content = base64.b64decode(match[0], validate=True)
        except binascii.Error:
            return match[0]
        if not content.startswith(_JPEG) or base64.b64encode(content).decode() != match[0]:
            return match[0]
        return self.keep(content, ".jpg").replace("|bytes}", "|base64}")
