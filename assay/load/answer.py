"""Reading an answer of HTTP/1.1: by a parser that knows all of the protocol, and at one look where it is plain.

Plain is an answer that came whole in one piece and whose head says its length and nothing else that matters to where it
ends. Most answers are, and the look takes a fifth of the parser's time. Both come to the same: what is not surely
plain is left to the parser.
"""

from __future__ import annotations

import re
from typing import Final
from zlib import crc32

import httptools

from assay.load.exchange import Exchange

MOST_HELD, MOST_PIECES = 1 << 24, 1 << 12
"""Bytes of a body that wait for their digest, and pieces."""
MOST_KEPT: Final = 1 << 26
"""Bytes of a body up to which an answer is kept whole, where that was asked for."""
MOST_BESIDE: Final = 1 << 20
"""Bytes of an answer that are not of its body: heads, trailers and what parts chunks. Nobody means more by it."""
MARKS: Final = 8
"""Bytes beside each byte of a body: as many as chunks of one byte take."""
PROCESSING_TIME, COLD_START = b"x-processing-time", b"x-model-cold-start"
FRAMING: Final = (b"content-length", b"transfer-encoding")
"""Headers that say where an answer ends; without them it ends with the connection."""
FIRST_STATUS, FINAL = 100, 200
"""The lowest status there is, and the lowest that answers: those between only announce an answer."""
MOST_STATED: Final = 2**31 - 1
BODILESS: Final = frozenset((b"204", b"304"))
"""What ends with its head, whatever that says."""

_PLAIN = re.compile(
    rb"""
    HTTP/1\.1[ ]([2-9]\d\d)[ ][ -~]*+\r\n                    # 1: the status
    (?:
      (?(2)(?!))(?i:content-length):[\t ]*+(\d{1,9})\r\n     # 2: the length, said once
    | (?i:x-processing-time):([\t -~]*+)\r\n                 # 3
    | (?i:x-model-cold-start):([\t -~]*+)\r\n                # 4
    | (?i:connection:[\t ]*+keep-alive)\r\n
    | (?!(?i:content-length|transfer-encoding|connection|upgrade):)
      [A-Za-z0-9!#$%&'*+\-.^_`|~]++:[\t -~]*+\r\n
    )*+
    \r\n
    """,
    re.VERBOSE,
)


def read_plain(data: bytearray, count: int, exchange: Exchange) -> bool:
    """Read a whole plain answer into the exchange. Returns False, and reads nothing, where it is not surely one."""
    found = _PLAIN.match(data, 0, count)
    if found is None:
        return False
    status, length, stated, cold = found.groups()
    start = found.end()
    if length is None or int(length) != count - start or status in BODILESS:
        return False
    exchange.status = int(status)
    exchange.size = count - start
    if stated is not None:
        exchange.stated = microseconds(stated)
    if cold is not None:
        exchange.cold = truth(cold)
    return True


class Answer:
    """One answer as the parser reads it, piece by piece, into an exchange. `end` it when no more is to come.

    `begun` says whether something came of it beyond announcements (1xx), `status` is what its head said, 0 before;
    `over` says whether it is whole, `ended_by_close` whether it is if the connection ends now, and `keeps` whether
    another request may follow.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._parser: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)
        self._framed = self._wrong = False
        self._body: list[bytes] = []
        self._held = self._beside = 0
        self.begun = self.over = self.keeps = False
        self.status = 0

    @property
    def ended_by_close(self) -> bool:
        """Whether its head has come, and says no other end than that of the connection."""
        return self.status >= FINAL and not self._framed

    def feed(self, data: bytes | memoryview) -> bool:
        """Read a piece. Returns whether it is HTTP, and of this answer alone."""
        assert self._parser is not None
        before = self._exchange.size
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):  # nobody asked for another protocol
            return False
        self._beside += len(data) - (self._exchange.size - before)
        return not self._wrong and self._beside <= MOST_BESIDE + MARKS * self._exchange.size

    def end(self) -> None:
        """Take in what has come, and let go of the parser, which holds this: nobody else would part the two."""
        self.take_in()
        self._parser = None

    def take_in(self) -> None:
        """Take a digest of what has come of the body; piece by piece it would keep us from reading the next one."""
        for piece in self._body:
            self._exchange.digest = crc32(piece, self._exchange.digest)
        if self._exchange.size > MOST_KEPT:
            self._exchange.pieces = None
        elif self._exchange.pieces is not None:
            self._exchange.pieces.append(b"".join(self._body))
        self._body, self._held = [], 0

    # What the parser calls

    def on_message_begin(self) -> None:
        """An answer begins, or an announcement of one; behind an answer, what nobody asked for."""
        self.begun = True
        self._wrong = self._wrong or self.over

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header of the answer; two of them are always read."""
        if self._wrong:
            return
        if self._exchange.headers is not None:
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
        assert self._parser is not None
        if not self._wrong:
            self.status = self._parser.get_status_code()
            self._wrong = self.status < FIRST_STATUS

    def on_body(self, piece: bytes) -> None:
        """A piece of the body."""
        if self._wrong:
            return
        self._exchange.size += len(piece)
        self._body.append(piece)
        self._held += len(piece)
        if self._held > MOST_HELD or len(self._body) >= MOST_PIECES:
            self.take_in()

    def on_message_complete(self) -> None:
        """The answer is whole, if it is one: of what only announced it nothing counts."""
        assert self._parser is not None
        if self._wrong:
            return
        if self.status < FINAL:
            self._forget()
            return
        self.over = True
        self.keeps = self._parser.should_keep_alive()  # once it has returned, the parser says no

    def _forget(self) -> None:
        self.begun = self._framed = False
        self.status = 0
        one = self._exchange
        one.stated, one.cold = Exchange.stated, Exchange.cold
        if one.headers is not None:
            one.headers = []


def microseconds(value: bytes) -> int:
    """Seconds as a header says them, in µs; -1 where it says no number."""
    try:
        stated = round(float(value) * 1e6)
    except (ValueError, OverflowError):
        return -1
    return stated if -1 <= stated <= MOST_STATED else -1 if stated < 0 else MOST_STATED


def truth(value: bytes) -> int:
    """1 where a header says `true`."""
    return int(value.strip().lower() == b"true")
