"""A recorded exchange: one JSON file, read back into the bytes that went over the wire."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .case import compact
from .references import Json, expand, expand_json


@dataclass(frozen=True, slots=True)
class Message:
    """Headers (names in lower case) and the body as it is written: {"json": ...}, {"text": ...} or None."""

    headers: dict[str, str]
    written: Json
    root: Path

    def body(self) -> bytes:
        """The bytes, with every reference replaced; JSON without spaces."""
        if self.written is None:
            return b""
        if "json" in self.written:
            return compact(expand_json(self.written["json"], self.root))
        return expand(self.written["text"], self.root)

    def json(self) -> Json:
        """The body's JSON value, with every reference replaced.

        Raises:
            ValueError: The body is not JSON.
        """
        if self.written is None or "json" not in self.written:
            raise ValueError("the body is not JSON")
        return expand_json(self.written["json"], self.root)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that was sent to the real server, and the answer."""

    engine: str
    group: str
    case: str
    method: str
    url: str  # path and query, percent-encoded
    request: Message
    status: int
    response: Message


def load(file: Path) -> Exchange:
    """Reads `<exchanges>/<engine>/<group>/<case>.json`."""
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    request, response = content["request"], content["response"]
    root = file.parents[2]
    return Exchange(
        engine=file.parents[1].name,
        group=file.parent.name,
        case=file.stem,
        method=request["method"],
        url=request["url"],
        request=Message(request["headers"], request["body"], root),
        status=response["status"],
        response=Message(response["headers"], response["body"], root),
    )


def load_all(root: Path) -> list[Exchange]:
    """Every exchange below the folder of the exchanges, in order of engine, group and case."""
    return [load(file) for file in sorted(root.glob("*/*/*.json"))]
