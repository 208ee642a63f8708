"""What is written instead of values that change from run to run and say nothing.

The rules are for readers in fixtures/exchanges/README.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from .references import Json

SERVER, PLATFORM = "127.0.0.1:9001", "127.0.0.1:9101"  # the addresses in every recorded exchange
SECONDS = 0.125
DATE = "Thu, 01 Jan 2026 00:00:00 GMT"

_UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b")
_METRIC = re.compile(r"^(?P<sample>[a-zA-Z_:][\w:]*(?:\{.*\})?) \S+$", flags=re.MULTILINE)
_OBJECT_ADDRESS = re.compile(r"\b0x[0-9a-f]{8,16}\b")


@dataclass
class Normaliser:
    """The rules, for one exchange: it numbers the identifiers that it meets.

    Attributes:
        addresses: What to write for an address as it really was, such as `127.0.0.1:40123`.
        folders: What to write for a folder of this machine.
    """

    addresses: Mapping[str, str]
    folders: Mapping[Path, str]
    _seen: dict[str, int] = field(default_factory=dict)

    def text(self, text: str) -> str:
        """Addresses, folders and identifiers in a text."""
        for real, written in self.addresses.items():
            text = text.replace(real, written).replace(quote(real, safe=""), quote(written, safe=""))
        for folder, written in self.folders.items():
            text = text.replace(str(folder), written)
        text = _OBJECT_ADDRESS.sub("0x0", text)
        return _UUID.sub(lambda match: self._numbered(match[0]), text)

    def json(self, value: Json) -> Json:
        """The same in every string of a JSON value, and the seconds that something took."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.json(item) for item in value]
        if isinstance(value, dict):
            return {
                self.text(name): SECONDS if _is_duration(name, item) else self.json(item)
                for name, item in value.items()
            }
        return value

    def header(self, name: str, value: str) -> str:
        """The value of a response header (name in lower case)."""
        match name:
            case "date":
                return DATE
            case "x-request-id":
                return f"{self._number(value):032x}"
            case "x-model-load-time" | "x-processing-time":
                return str(SECONDS)
            case "x-model-load-details":
                return re.sub(r'("t": ?)[0-9.e-]+', rf"\g<1>{SECONDS}", value)
        return self.text(value)

    def _number(self, identifier: str) -> int:
        return self._seen.setdefault(identifier, len(self._seen) + 1)

    def _numbered(self, identifier: str) -> str:
        return f"00000000-0000-4000-8000-{self._number(identifier):012x}"


def metrics(text: str) -> str:
    """A page of Prometheus metrics with every value 0."""
    return _METRIC.sub(r"\g<sample> 0.0", text)


def _is_duration(name: str, value: Json) -> bool:
    return name == "time" and isinstance(value, (int, float)) and not isinstance(value, bool)
