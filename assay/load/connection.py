"""One kept connection of HTTP/1.1 over a socket of our own: one request at a time, with the times of each.

The time at which an answer came in is the kernel's, where it stamps what it receives: then it makes no difference how
long this process took to notice. The end of a request that is to be timed is never a matter of Python's.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import httptools

from assay.load.clock import STAMP_ROOM, Realtime, now, stamp_of, stamp_received
from assay.load.columns import Failure

READ: Final = memoryview(bytearray(1 << 18))
"""Where all connections read to, one after the other: memory that is asked for at each read costs more than reading."""
INTO: Final = [READ]
MOST_HELD: Final = 1 << 24
"""Bytes of a body that wait for their digest."""
TLS_READ: Final = 1 << 18
"""Bytes that are decrypted at once."""
PROCESSING_TIME, COLD_START = b"x-processing-time", b"x-model-cold-start"
FRAMING: Final = (b"content-length", b"transfer-encoding")
"""Headers that say where an answer ends; without them it ends with the connection."""
FINAL, BAD, TOO_MANY, BROKEN = 200, 300, 429, 500


@dataclass(frozen=True, slots=True)
class Address:
    """Where to connect to, resolved before anything is timed: what `socket.socket` and `connect` take."""

    family: int
    address: tuple[str | int, ...]
    name: str
    """The host's name, for TLS."""
    stamps: bool = True
    """Whether the kernel is asked to stamp what it receives."""


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
    pieces: list[bytes] | None = None
    """The body of the answer as it came, where it is wanted; None elsewhere."""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    """Those of the answer, where its body is wanted."""


class Connection:
    """A connection to one address. `done` is called with the exchange when it has ended, well or not.

    `usable` says whether another request may be sent over it.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        address: Address,
        realtime: Realtime,
        tls: ssl.SSLContext | None,
        done: Callable[[Connection, Exchange], None],
    ) -> None:
        self._loop, self._address, self._realtime, self._context, self._done = loop, address, realtime, tls, done
        self._socket: socket.socket | None = None
        self._descriptor = -1
        self._stamped = False
        self._tls: ssl.SSLObject | None = None
        self._incoming = self._outgoing = ssl.MemoryBIO()
        self._began = 0
        self._exchange: Exchange | None = None
        self._waiting: list[memoryview] = []
        self._writing = False
        self._parser: httptools.HttpResponseParser | None = None
        self._over = False
        self._headed = False
        self._keeps = False
        self._framed = False
        self._kept = False
        self._cut = False
        self._body: list[bytes] = []
        self._held = 0
        self.usable = False

    @property
    def busy(self) -> Exchange | None:
        """The request under way."""
        return self._exchange

    @property
    def opening(self) -> bool:
        """Whether it is being connected."""
        return self._socket is not None and not self.usable

    # Sending

    def send(self, exchange: Exchange, head: bytes, body: memoryview) -> None:
        """Send a request; connect before where there is no connection yet."""
        self._exchange = exchange
        self._parser = httptools.HttpResponseParser(self)
        self._over = self._headed = self._framed = self._keeps = False
        self._body, self._held = [], 0
        self._kept = self._socket is not None
        if not self._kept:
            exchange.intended = exchange.intended or now()  # a client that must connect waits for that, too
            self._waiting = [memoryview(head), body]
            self._connect()
            return
        self._begin([memoryview(head), body])

    def _begin(self, parts: list[memoryview]) -> None:
        exchange = self._exchange
        assert exchange is not None
        if self._tls is not None:
            for part in parts:
                self._tls.write(part)
            parts = [memoryview(self._outgoing.read())]
        exchange.sent = now()
        exchange.intended = exchange.intended or exchange.sent
        self._write(parts)

    def _write(self, parts: list[memoryview]) -> None:
        assert self._socket is not None
        try:
            written = self._socket.sendmsg(parts)
        except BlockingIOError:
            written = 0
        except ConnectionError:  # what reading finds tells more: an answer to the part that was sent, or none
            self._cut, written = True, sum(map(len, parts))
        except OSError:
            self._fail(Failure.RESET)
            return
        left = _after(parts, written)
        if not left:
            if self._exchange is not None and self._exchange.sent:
                self._exchange.uploaded = now() - self._exchange.sent
            if self._writing:
                self._loop.remove_writer(self._descriptor)
                self._writing = False
            return
        self._waiting = left
        if not self._writing:
            self._loop.add_writer(self._descriptor, self._writable)
            self._writing = True

    def _writable(self) -> None:
        self._write(self._waiting)

    # Connecting

    def open(self) -> None:
        """Connect before there is anything to send."""
        self._waiting = []
        self._connect()

    def _connect(self) -> None:
        self._began = now()
        self._cut = False
        self._socket = socket.socket(self._address.family, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stamped = self._address.stamps and stamp_received(self._socket)
        self._descriptor = self._socket.fileno()
        try:
            self._socket.connect(self._address.address)
        except BlockingIOError:
            self._loop.add_writer(self._descriptor, self._connected)
            self._writing = True
            return
        except OSError:
            self._fail(Failure.REFUSED)
            return
        self._connected()

    def _connected(self) -> None:
        assert self._socket is not None
        if self._writing:
            self._loop.remove_writer(self._descriptor)
            self._writing = False
        if self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self._fail(Failure.REFUSED)
            return
        self._loop.add_reader(self._descriptor, self._readable)
        if self._context is None:
            self._ready()
            return
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = self._context.wrap_bio(self._incoming, self._outgoing, server_hostname=self._address.name)
        self._shake_hands()

    def _shake_hands(self) -> None:
        assert self._tls is not None
        shaken = False
        try:
            self._tls.do_handshake()
            shaken = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:
            self._fail(Failure.TLS)
            return
        pending, request = self._outgoing.read(), self._waiting
        if pending:
            self._write([memoryview(pending)])
        if shaken:
            self._waiting = request
            self._ready()

    def _ready(self) -> None:
        """The connection stands: send what waits for it."""
        self.usable = True
        if self._exchange is None:
            return
        self._exchange.connected = now() - self._began
        parts, self._waiting = self._waiting, []
        self._begin(parts)

    # Receiving

    def _readable(self) -> None:
        assert self._socket is not None
        stamp: int | None = None
        try:
            if self._stamped:
                count, ancillary, _, _ = self._socket.recvmsg_into(INTO, STAMP_ROOM)
                stamp = stamp_of(ancillary)
            else:
                count = self._socket.recv_into(READ)
        except BlockingIOError:
            return
        except OSError as error:
            self._ended(Failure.RESET if isinstance(error, ConnectionError) or self.usable else Failure.REFUSED)
            return
        read = now()
        at = read if stamp is None else min(stamp - self._realtime.ahead, read)
        if not count:
            self._ended(None)
            return
        if self._tls is None:
            self._received(READ[:count], at, read)
            return
        self._incoming.write(READ[:count])
        if not self.usable:
            self._shake_hands()
        if data := self._decrypted():
            self._received(data, at, read)

    def _decrypted(self) -> bytes:
        assert self._tls is not None
        pieces = []
        try:
            while piece := self._tls.read(TLS_READ):
                pieces.append(piece)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:
            self._fail(Failure.TLS)
        return b"".join(pieces)

    def _received(self, data: bytes | memoryview, at: int, read: int) -> None:
        exchange, parser = self._exchange, self._parser
        if exchange is None or parser is None:  # it speaks though nobody asked it
            self.close()
            return
        exchange.first = exchange.first or at
        try:
            parser.feed_data(data)
        except httptools.HttpParserError:
            self._fail(Failure.NOT_HTTP)
            return
        exchange.last, exchange.read = at, read
        if self._over:
            self._finish(exchange, parser)

    def _finish(self, exchange: Exchange, parser: httptools.HttpResponseParser) -> None:
        self._take_in(exchange)
        exchange.status = parser.get_status_code()
        exchange.failure = _of_status(exchange.status)
        if not self._keeps or self._writing or self._cut:
            self.close()  # it also must not be kept while it still waits for the rest of this request
        self._exchange = None
        self._done(self, exchange)

    def _take_in(self, exchange: Exchange) -> None:
        """Take a digest of what has come of the body; piece by piece it would keep us from reading the next one."""
        for piece in self._body:
            exchange.digest = zlib.crc32(piece, exchange.digest)
        if exchange.pieces is not None:
            exchange.pieces += self._body
        self._body, self._held = [], 0

    # What the parser calls

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header of the answer; two of them are always read."""
        assert self._exchange is not None
        if self._exchange.pieces is not None:
            self._exchange.headers.append((name, value))
        lowered = name.lower()
        if lowered == PROCESSING_TIME:
            self._exchange.stated = _microseconds(value)
        elif lowered == COLD_START:
            self._exchange.cold = int(value.strip().lower() == b"true")
        elif lowered in FRAMING:
            self._framed = True

    def on_headers_complete(self) -> None:
        """The head of the answer is whole."""
        self._headed = True

    def on_body(self, piece: bytes) -> None:
        """A piece of the body."""
        assert self._exchange is not None
        self._exchange.size += len(piece)
        self._body.append(piece)
        self._held += len(piece)
        if self._held > MOST_HELD:
            self._take_in(self._exchange)

    def on_message_complete(self) -> None:
        """The answer is whole, if it is one: 1xx only announces it."""
        assert self._parser is not None
        self._over = self._parser.get_status_code() >= FINAL
        self._keeps = self._parser.should_keep_alive()  # once it has returned, the parser says no

    # Ending

    def _ended(self, failure: Failure | None) -> None:
        """The other side has closed the connection, or it broke with this failure."""
        exchange, parser = self._exchange, self._parser
        if exchange is None or parser is None:
            self.close()
        elif self._tls is not None and not self.usable:
            self._fail(Failure.TLS)
        elif not exchange.first:
            self._fail(Failure.CLOSED_IDLE if self._kept else failure or Failure.RESET)
        elif failure is None and self._headed and not self._framed:
            self.close()
            self._finish(exchange, parser)
        else:
            self._fail(Failure.SHORT_BODY)

    def give_up(self, failure: Failure) -> None:
        """End the request under way for this reason, and the connection with it."""
        self._fail(failure)

    def _fail(self, failure: Failure) -> None:
        exchange, self._exchange = self._exchange, None
        self.close()
        if exchange is not None:
            exchange.failure = failure
            exchange.read = now()
            self._done(self, exchange)

    def close(self) -> None:
        """Close it; nothing can be sent over it any more."""
        self.usable = False
        if self._socket is None:
            return
        self._loop.remove_reader(self._descriptor)
        if self._writing:
            self._loop.remove_writer(self._descriptor)
            self._writing = False
        self._socket.close()
        self._socket = None


def _after(parts: list[memoryview], written: int) -> list[memoryview]:
    """What is left of these parts once so many bytes were written."""
    left = []
    for part in parts:
        if written >= len(part):
            written -= len(part)
        else:
            left.append(part[written:])
            written = 0
    return left


def _of_status(status: int) -> Failure:
    if status < BAD:
        return Failure.NONE
    if status == TOO_MANY:
        return Failure.TOO_MANY
    return Failure.SERVER_ERROR if status >= BROKEN else Failure.CLIENT_ERROR


def _microseconds(value: bytes) -> int:
    try:
        return min(max(round(float(value) * 1e6), -1), 2**31 - 1)
    except (ValueError, OverflowError):
        return -1
