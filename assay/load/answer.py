"""Reading an answer of HTTP/1.1: by a parser that knows all of the protocol, and at one look where it is plain.

Plain is an answer that came whole in one piece and whose head says its length and nothing else that matters to where it
ends. Most answers are, and the look takes a fifth of the parser's time. Both come to the same: what is not surely
plain is left to the parser.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

import httptools

from assay.load.exchange import Exchange

MOST_HELD: Final = 1 << 24
"""Bytes of a body that wait for their digest."""
PROCESSING_TIME, COLD_START = b"x-processing-time", b"x-model-cold-start"
LENGTH, KEEPING = b"content-length", b"connection"
FRAMING: Final = (LENGTH, b"transfer-encoding")
"""Headers that say where an answer ends; without them it ends with the connection."""
FINAL: Final = 200
BODILESS: Final = frozenset((204, 304))
"""What ends with its head, whatever that says."""

_HEAD = re.compile(
    rb"HTTP/1\.1 ([2-9]\d\d) [ -~]*+\r\n"
    rb"((?:[A-Za-z0-9!#$%&'*+\-.^_`|~]++:[\t -~]*+\r\n)*+)\r\n"
)
_MATTERS = re.compile(
    rb"(?:^|\n)(content-length|transfer-encoding|connection|upgrade|x-processing-time|x-model-cold-start):"
    rb"[\t ]*+([^\r]*+)",
    re.IGNORECASE,
)
_DIGITS = re.compile(rb"\d{1,9}")


class Plain(NamedTuple):
    """What a plain answer says. `start` is where its body begins; it goes to the end of what came."""

    status: int
    start: int
    stated: int
    cold: int


def plain(data: bytearray, count: int) -> Plain | None:
    """The first bytes of this memory as a whole plain answer; None where they are not surely one."""
    found = _HEAD.match(data, 0, count)
    if found is None or (status := int(found[1])) in BODILESS:
        return None
    stated, cold, length, start = -1, 0, None, found.end()
    for name, value in _MATTERS.findall(found[2]):
        lowered = name.lower()
        if lowered == PROCESSING_TIME:
            stated = microseconds(value)
        elif lowered == COLD_START:
            cold = truth(value)
        elif lowered == LENGTH and length is None and _DIGITS.fullmatch(value):
            length = int(value)
        elif lowered != KEEPING or value.lower() != b"keep-alive":
            return None
    return Plain(status, start, stated, cold) if length == count - start else None


class Answer:
    """One answer as the parser reads it, piece by piece, into an exchange.

    `over` says whether it is whole, `ended_by_close` whether it is if the connection ends now, and `keeps` whether
    another request may follow.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._parser = httptools.HttpResponseParser(self)
        self._headed = self._framed = False
        self._held = 0
        self.over = self.keeps = False

    @property
    def status(self) -> int:
        """The last status that came."""
        return int(self._parser.get_status_code())

    @property
    def ended_by_close(self) -> bool:
        """Whether its head has come, and says no other end than that of the connection."""
        return self._headed and not self._framed

    def feed(self, data: bytes | memoryview) -> bool:
        """Read a piece. Returns whether it is HTTP."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            return False
        return True

    # What the parser calls

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header of the answer; two of them are always read."""
        if self._exchange.pieces is not None:
            self._exchange.headers.append((name, value))
        lowered = name.lower()
        if lowered == PROCESSING_TIME:
            self._exchange.stated = microseconds(value)
        elif lowered == COLD_START:
            self._exchange.cold = truth(value)
        elif lowered in FRAMING:
            self._framed = True

    def on_headers_complete(self) -> None:
        """The head of the answer is whole."""
        self._headed = True

    def on_body(self, piece: bytes) -> None:
        """A piece of the body."""
        self._exchange.size += len(piece)
        self._exchange.waiting.append(piece)
        self._held += len(piece)
        if self._held > MOST_HELD:
            self._exchange.take_in()
            self._held = 0

    def on_message_complete(self) -> None:
        """The answer is whole, if it is one: 1xx only announces it."""
        self.over = self.status >= FINAL
        self.keeps = self._parser.should_keep_alive()  # once it has returned, the parser says no


def microseconds(value: bytes) -> int:
    """Seconds as a header says them, in µs; -1 where it says no number."""
    try:
        return min(max(round(float(value) * 1e6), -1), 2**31 - 1)
    except (ValueError, OverflowError):
        return -1


def truth(value: bytes) -> int:
    """1 where a header says `true`."""
    return int(value.strip().lower() == b"true")
