"""One request under way, which becomes a row; and the request as it is prepared for the wire."""

from __future__ import annotations

from typing import Final

from assay.load.columns import Failure
from assay.load.job import NOTHING, Prepared

BAD, TOO_MANY, BROKEN = 300, 429, 500
FROM_FILE: Final = 1 << 15
"""Bytes of a body from which on the kernel takes it out of its file, which saves a copy."""


class Exchange:
    """One request under way, and then its row. Times in ns of our clock, 0 for what has not happened.

    What has not happened stands in the class alone: one is made for each request, and nothing is written twice.
    """

    sent = 0
    first = 0
    last = 0
    read = 0
    uploaded = 0
    connected = 0
    stated = -1
    size = 0
    digest = 0
    status = 0
    failure = Failure.NONE
    cold = 0
    pieces: list[bytes] | None = None
    """The body of the answer as it came, where the answer is to be kept; None elsewhere."""
    headers: list[tuple[bytes, bytes]] | None = None
    """Those of such an answer."""

    def __init__(self, request: int, intended: int) -> None:
        self.request, self.intended = request, intended

    def keep_answer(self) -> None:
        """Have the answer kept whole."""
        self.pieces, self.headers = [], []


class Outgoing:
    """A request in the form in which it is given to the kernel.

    `file` is the one that holds all of it from `start` on, head and body, where it is better taken out of there.
    """

    __slots__ = ("file", "parts", "size", "start")

    def __init__(self, parts: list[memoryview], file: int = NOTHING, start: int = 0) -> None:
        self.parts, self.file, self.start = parts, file, start
        self.size = sum(map(len, parts))

    @classmethod
    def prepared(cls, one: Prepared, bodies: memoryview, file: int) -> Outgoing:
        """A request of a job, whose body lies in this file, seen in memory; its head may lie there before it."""
        head, body = one.head.encode("latin-1"), bodies[one.start : one.start + one.size]
        before = max(one.start - len(head), 0)
        led = file != NOTHING and len(body) >= FROM_FILE and bodies[before : one.start] == head
        return cls([memoryview(head), body], file if led else NOTHING, before)


def failure_of(status: int) -> Failure:
    """What a status counts as."""
    if status < BAD:
        return Failure.NONE
    if status == TOO_MANY:
        return Failure.TOO_MANY
    return Failure.SERVER_ERROR if status >= BROKEN else Failure.CLIENT_ERROR
