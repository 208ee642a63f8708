"""One kept connection of HTTP/1.1 over a socket of our own: one request at a time, with the times of each.

The time at which an answer came in is the kernel's, where it stamps what it receives: then it makes no difference how
long this process took to notice. The end of a request that is to be timed is never a matter of Python's.
"""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
from collections.abc import Callable
from typing import Final
from zlib import crc32

from assay.load.address import Address, not_connected
from assay.load.answer import Answer, read_plain
from assay.load.clock import STAMP_ROOM, Realtime, now, stamp_of, stamp_received
from assay.load.columns import Failure
from assay.load.exchange import BAD, Exchange, Outgoing, failure_of
from assay.load.job import NOTHING
from assay.load.reactor import IN, OUT, Reactor

MEMORY: Final = bytearray(1 << 18)
READ: Final = memoryview(MEMORY)
"""Where all connections read to, one after the other: memory that is asked for at each read costs more than reading."""
INTO: Final = [READ]
TLS_READ: Final = 1 << 18
"""Bytes that are decrypted at once."""
ENDED: Final = ~(IN | OUT)
"""Of what came, what stands for an end."""
TRIPS, SOON = 2, 5_000_000
"""Round trips of a connection, and at least ns, within which an end was on its way before the request came."""


class Connection:
    """A connection to one address. `done` is called with the exchange when it has ended, well or not.

    `usable` says whether another request may be sent over it.
    """

    def __init__(
        self,
        reactor: Reactor,
        address: Address,
        realtime: Realtime,
        tls: ssl.SSLContext | None,
        done: Callable[[Connection, Exchange], None],
    ) -> None:
        self._reactor, self._address, self._realtime, self._context, self._done = reactor, address, realtime, tls, done
        self._socket: socket.socket | None = None
        self._descriptor = -1
        self._stamped = False
        self._tls: ssl.SSLObject | None = None
        self._incoming = self._outgoing = ssl.MemoryBIO()
        self._began = self._trip = 0
        self._exchange: Exchange | None = None
        self._request: Outgoing | None = None
        self._waiting: list[memoryview] = []
        self._writing = False
        self._answer: Answer | None = None
        self._whole = False
        self._kept = False
        self._cut = self._said_end = False
        self.usable = False

    @property
    def opening(self) -> bool:
        """Whether it is being connected."""
        return self._socket is not None and not self.usable

    # Sending

    def send(self, exchange: Exchange, request: Outgoing) -> None:
        """Send a request; connect before where there is no connection yet."""
        if self._socket is not None:
            if self._kept:
                self._address.keeps = True
            if self._address.closes or not self._reactor.tells_ends:
                self._look()
        self._exchange, self._answer, self._whole = exchange, None, False
        self._kept = self._socket is not None
        if self._kept:
            self._begin(exchange, request)
            return
        exchange.intended = exchange.intended or now()  # a client that must connect waits for that, too
        self._request = request
        self._connect()

    def _look(self) -> None:
        """Find whether it was closed since the last answer; nothing is sent over it then."""
        self._reactor.came = IN
        if self._address.closes and not self._address.keeps:
            self.close()
        else:
            self._readable()

    def _begin(self, exchange: Exchange, request: Outgoing) -> None:
        if self._tls is not None:
            for part in request.parts:
                self._tls.write(part)
            request = Outgoing([memoryview(self._outgoing.read())])
        exchange.sent = sent = now()
        exchange.intended = exchange.intended or sent
        if self._writing:  # the end of the handshake
            self._waiting = [*self._waiting, *request.parts]
            return
        try:
            written = self._give(request)
        except BlockingIOError:
            written = 0
        except OSError as error:
            self._broken(error)
            return
        if written == request.size:
            exchange.uploaded = (now() - sent) // 1000
            self._whole = exchange.pieces is None  # of what is kept, the parser tells the headers
        else:
            self._wait_to_write(_after(request.parts, written))

    def _give(self, request: Outgoing) -> int:
        """Give a request to the kernel. Returns how many bytes it took. Raises OSError where it took none."""
        assert self._socket is not None
        if request.file != NOTHING:
            try:
                return os.sendfile(self._descriptor, request.file, request.start, request.size)
            except ConnectionError:
                raise
            except OSError:  # not out of this file: then from memory, and where there is no room, that says so, too
                pass
        return self._socket.sendmsg(request.parts)

    def _write(self, parts: list[memoryview]) -> None:
        assert self._socket is not None
        try:
            left = _after(parts, self._socket.sendmsg(parts))
        except BlockingIOError:
            left = parts
        except OSError as error:
            self._broken(error)
            return
        if left:
            self._wait_to_write(left)
        else:
            self._written()

    def _broken(self, error: OSError) -> None:
        """Nothing more can be written."""
        if not isinstance(error, ConnectionError):
            self._fail(Failure.RESET)
            return
        self._cut = True  # what reading finds tells more: an answer to the part that was sent, or none
        self._written()

    def _written(self) -> None:
        if self._exchange is not None and self._exchange.sent:
            self._exchange.uploaded = (now() - self._exchange.sent) // 1000
        if self._writing:
            self._reactor.no_more_writable(self._descriptor)
            self._writing = False

    def _wait_to_write(self, parts: list[memoryview]) -> None:
        self._waiting = parts
        if not self._writing:
            self._reactor.on_writable(self._descriptor, self._writable)
            self._writing = True

    def _writable(self) -> None:
        self._write(self._waiting)

    # Connecting

    def open(self) -> None:
        """Connect before there is anything to send."""
        self._connect()

    def _connect(self) -> None:
        self._began = now()
        self._cut = self._said_end = False
        try:
            self._socket = socket.socket(self._address.family, socket.SOCK_STREAM)
            self._socket.setblocking(False)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._stamped = self._address.stamps and stamp_received(self._socket)
            self._descriptor = self._socket.fileno()
            try:
                self._socket.connect(self._address.address)
            except BlockingIOError:
                self._reactor.on_writable(self._descriptor, self._connected)
                self._writing = True
                return
        except OSError as error:
            self._fail(not_connected(error.errno))
            return
        self._connected()

    def _connected(self) -> None:
        assert self._socket is not None
        if self._writing:
            self._reactor.no_more_writable(self._descriptor)
            self._writing = False
        if error := self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self._fail(not_connected(error))
            return
        self._trip = now() - self._began
        self._reactor.on_readable(self._descriptor, self._readable)
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
        if pending := self._outgoing.read():
            self._write([memoryview(pending)])
        if shaken:
            self._ready()

    def _ready(self) -> None:
        """The connection stands: send what waits for it."""
        self.usable = True
        exchange, request, self._request = self._exchange, self._request, None
        if exchange is not None and request is not None:
            exchange.connected = (now() - self._began) // 1000
            self._begin(exchange, request)

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
        elif self._tls is not None:
            self._decrypt(READ[:count], at, read)
        elif self._whole and (exchange := self._exchange) is not None and read_plain(MEMORY, count, exchange):
            exchange.first = exchange.last = at
            exchange.read = read
            exchange.digest = crc32(READ[count - exchange.size : count])
            if exchange.status >= BAD:
                exchange.failure = failure_of(exchange.status)
            self._exchange = None
            if self._reactor.came & ENDED:
                self._closed_behind()
            self._done(self, exchange)
        else:
            self._received(READ[:count], at, read)

    def _decrypt(self, data: memoryview, at: int, read: int) -> None:
        assert self._tls is not None
        self._incoming.write(data)
        if not self.usable:
            self._shake_hands()
            if self._socket is None:
                return
        pieces = []
        try:
            while piece := self._tls.read(TLS_READ):
                pieces.append(piece)
            self._said_end = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self._said_end = True
        except ssl.SSLError:
            self._fail(Failure.TLS)
            return
        if pieces:
            self._received(b"".join(pieces), at, read)
        if self._said_end and self._socket is not None:
            self._say_goodbye(self._tls, self._socket)
            self._ended(None)

    def _say_goodbye(self, tls: ssl.SSLObject, to: socket.socket) -> None:
        """Answer the word that nothing more will come: the other side may wait for it before it closes."""
        with contextlib.suppress(ssl.SSLError, OSError):
            tls.unwrap()
        with contextlib.suppress(OSError):
            to.send(self._outgoing.read())

    def _received(self, data: bytes | memoryview, at: int, read: int) -> None:
        exchange = self._exchange
        if exchange is None:  # it speaks though nobody asked it
            self.close()
            return
        if self._answer is None:
            self._answer, self._whole = Answer(exchange), False
        exchange.first = exchange.first or at
        if not self._answer.feed(data):
            self._fail(Failure.NOT_HTTP)
            return
        if not self._answer.begun:  # it was only announced
            exchange.first = 0
            return
        exchange.last, exchange.read = at, read
        if self._answer.over:
            self._finish(exchange, self._answer)

    def _finish(self, exchange: Exchange, answer: Answer) -> None:
        answer.end()
        exchange.status = answer.status
        exchange.failure = failure_of(exchange.status)
        if answer.keeps and self._reactor.came & ENDED:
            self._closed_behind()
        if not answer.keeps or self._writing or self._cut:
            self.close()  # it also must not be kept while it still waits for the rest of this request
        self._exchange = self._answer = None
        self._done(self, exchange)

    def _closed_behind(self) -> None:
        """The connection ended right behind an answer that did not say so."""
        self._address.closes = True
        self.close()

    # Ending

    def _ended(self, failure: Failure | None) -> None:
        """The other side has closed the connection, or it broke with this failure."""
        exchange, answer = self._exchange, self._answer
        if exchange is None:
            self.close()
        elif self._tls is not None and not self.usable:
            self._fail(Failure.TLS)
        elif answer is None and self._kept and self._was_closing(exchange, failure):
            self._address.closes = True
            self._fail(Failure.CLOSED_IDLE)
        elif answer is None or not answer.begun:
            self._fail(failure or Failure.RESET)
        elif failure is None and answer.ended_by_close and (self._tls is None or self._said_end):
            self.close()
            self._finish(exchange, answer)
        else:
            self._fail(Failure.SHORT_BODY)

    def _was_closing(self, exchange: Exchange, failure: Failure | None) -> bool:
        """Whether the other side cannot have had the request when it closed: so soon, or before all was sent."""
        unread = failure is None and (self._writing or self._cut)
        return unread or now() - exchange.sent <= max(TRIPS * self._trip, SOON)

    def give_up(self, failure: Failure) -> None:
        """End the request under way for this reason, and the connection with it."""
        self._fail(failure)

    def _fail(self, failure: Failure) -> None:
        exchange, self._exchange = self._exchange, None
        self.close()
        if exchange is not None:
            if self._answer is not None:
                self._answer.end()
                exchange.status = self._answer.status
            exchange.failure = failure
            exchange.read = now()
            self._done(self, exchange)

    def close(self) -> None:
        """Close it; nothing can be sent over it any more."""
        self.usable = self._whole = self._writing = False
        if self._socket is not None:
            self._reactor.forget(self._descriptor)
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
