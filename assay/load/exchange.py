"""One request under way, which becomes a row; and the request as it is prepared for the wire."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import Final

from assay.load.columns import Failure
from assay.load.job import NOTHING

BAD, TOO_MANY, BROKEN = 300, 429, 500
FROM_FILE: Final = 1 << 15
"""Bytes of a body from which on the kernel takes it out of its file: that costs a call, and saves a copy."""


@dataclass(slots=True)
class Exchange:
    """One request under way, and then its row. Times in ns of our clock, 0 for what has not happened."""

    request: int
    intended: int
    sent: int = 0
    first: int = 0
    last: int = 0
    read: int = 0
    uploaded: int = 0
    connected: int = 0
    stated: int = -1
    size: int = 0
    digest: int = 0
    status: int = 0
    failure: Failure = Failure.NONE
    cold: int = 0
    waiting: list[bytes] = field(default_factory=list)
    """What has come of the body and is in no digest yet."""
    pieces: list[bytes] | None = None
    """The body of the answer as it came, where it is wanted; None elsewhere."""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    """Those of the answer, where its body is wanted."""

    def take_in(self) -> None:
        """Take the digest of what waits for it: not piece by piece, which would keep us from reading the next one."""
        for piece in self.waiting:
            self.digest = zlib.crc32(piece, self.digest)
        if self.pieces is not None:
            self.pieces += self.waiting
        self.waiting = []


class Outgoing:
    """A request in the form in which it is given to the kernel; `file` is the one that holds its body at `start`."""

    __slots__ = ("body", "file", "head", "parts", "size", "start")

    def __init__(self, head: bytes, body: memoryview, file: int = NOTHING, start: int = 0) -> None:
        self.head, self.body, self.start = head, body, start
        self.parts: list[memoryview] = [memoryview(head), body]
        self.size = len(head) + len(body)
        self.file = file if len(body) >= FROM_FILE else NOTHING


def failure_of(status: int) -> Failure:
    """What a status counts as."""
    if status < BAD:
        return Failure.NONE
    if status == TOO_MANY:
        return Failure.TOO_MANY
    return Failure.SERVER_ERROR if status >= BROKEN else Failure.CLIENT_ERROR
