"""A message between the machine that leads and those that send the load: who, what, and bytes.

Through a pipe it goes as a line of JSON, with the number of bytes that follow. It may hold the key: no frame is printed
or written to a file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

CHUNK: Final = 1 << 20
"""Bytes of one frame, where more are to be told: the next one waits until it is known that they came."""


@dataclass(frozen=True, slots=True)
class Frame:
    """`peer` is who said it, or is to hear it: a load host, or the master; empty for the relay itself."""

    peer: str
    head: dict[str, Any] = field(repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def kind(self) -> str:
        """What it is about."""
        return str(self.head.get("kind", ""))

    def to_bytes(self) -> bytes:
        """As it goes through a pipe."""
        return json.dumps([self.peer, self.head, len(self.body)]).encode() + b"\n" + self.body


def taken(read: bytearray) -> Frame | None:
    """The first frame of what was read, which loses it; None where it is not whole yet."""
    end = read.find(b"\n")
    if end < 0:
        return None
    peer, head, size = json.loads(read[:end])
    if len(read) < end + 1 + size:
        return None
    body = bytes(read[end + 1 : end + 1 + size])
    del read[: end + 1 + size]
    return Frame(peer, head, body)
