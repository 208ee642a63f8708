"""A server of exactly known service time, against which a client is measured: `python -m assay.load.sink`.

It takes any POST, throws the body away and answers after so many ms from the first byte of the request, whose
reception the kernel has stamped. In `X-Processing-Time` it says what it really took, from that stamp until just before
it gave the answer to the kernel; so the error of a client is known request by request, whatever kept this process from
being exact.

    POST /delay?ms=20&size=1024     answers after 20 ms, many at once
    POST /queue?ms=10&size=1024     one after the other: the next begins when the one before is answered
    POST /stall?ms=5&every=10&for=1 as /delay, but for 1 s in every 10 s it answers nothing
"""

from __future__ import annotations

import heapq
import selectors
import socket
import sys
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from assay.load.clock import SECOND, STAMP_ROOM, KernelTimer, Realtime, now, stamp_of, stamp_received

READ: Final = 1 << 20
HEAD: Final = b"\r\n\r\n"
MILLION: Final = 1_000_000


@dataclass(eq=False)
class _Caller:
    """One connection, and how far its request has been read."""

    socket: socket.socket
    stamped: bool
    head: bytearray = field(default_factory=bytearray)
    left: int = 0
    """Bytes of the body that are still to come."""
    arrived: int = 0
    """When the first byte of the request was received, ns of our clock."""
    target: str = ""
    waiting: memoryview | None = None
    """What is left to write of an answer."""


class Sink:
    """Serves until its standard input ends."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self._listener.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._realtime = Realtime()
        self._timer = _timer()
        self._due: list[tuple[int, int, _Caller]] = []
        self._number = 0
        self._free = 0
        self._began = now()
        self._fillers: dict[int, bytes] = {}
        self._scratch = bytearray(READ)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    def serve(self) -> None:
        """Answer, until nobody holds the other end of the standard input."""
        self._selector.register(self._listener, selectors.EVENT_READ, None)
        if self._timer is not None:
            self._selector.register(self._timer.fileno(), selectors.EVENT_READ, None)
        self._selector.register(sys.stdin.fileno(), selectors.EVENT_READ, None)
        measured = now()
        while True:
            for key, mask in self._selector.select(self._patience()):
                if key.fd == sys.stdin.fileno():
                    return
                if self._timer is not None and key.fd == self._timer.fileno():
                    self._timer.clear()
                elif key.fileobj is self._listener:
                    self._accept()
                elif mask & selectors.EVENT_READ:
                    self._read(key.data)
                elif mask & selectors.EVENT_WRITE:
                    self._write(key.data)
            self._answer_due()
            if now() - measured > SECOND // 10:
                self._realtime.measure()
                measured = now()

    def _patience(self) -> float:
        """Seconds to wait at most: until the next answer is due, where no timer of the kernel's tells."""
        if self._timer is not None or not self._due:
            return 1.0
        return max(self._due[0][0] - now(), 0) / SECOND

    def _accept(self) -> None:
        try:
            accepted, _ = self._listener.accept()
        except BlockingIOError:
            return
        accepted.setblocking(False)
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        caller = _Caller(accepted, stamp_received(accepted))
        self._selector.register(accepted, selectors.EVENT_READ, caller)

    def _drop(self, caller: _Caller) -> None:
        if caller.socket.fileno() >= 0:
            self._selector.unregister(caller.socket)
            caller.socket.close()

    def _read(self, caller: _Caller) -> None:
        try:
            if caller.left:  # thrown away by the kernel: it is not even copied
                count = caller.socket.recv_into(self._scratch, min(caller.left, READ), socket.MSG_TRUNC)
            else:
                data, ancillary, _, _ = caller.socket.recvmsg(READ, STAMP_ROOM)
                count = len(data)
        except BlockingIOError:
            return
        except OSError:
            count = 0
        if not count:
            self._drop(caller)
        elif caller.left:
            caller.left -= count
            if not caller.left:
                self._take(caller)
        else:
            self._read_head(caller, data, stamp_of(ancillary))

    def _read_head(self, caller: _Caller, data: bytes, stamp: int | None) -> None:
        if not caller.head:
            caller.arrived = now() if stamp is None else stamp - self._realtime.ahead
        caller.head += data
        end = caller.head.find(HEAD)
        if end < 0:
            return
        lines = bytes(caller.head[:end]).split(b"\r\n")
        caller.target = lines[0].split(b" ")[1].decode("latin-1")
        length = next((int(line[15:]) for line in lines[1:] if line[:15].lower() == b"content-length:"), 0)
        caller.left = length - (len(caller.head) - end - len(HEAD))
        caller.head = bytearray()
        if caller.left <= 0:
            caller.left = 0
            self._take(caller)

    def _take(self, caller: _Caller) -> None:
        """A request is whole: it is due after its service time."""
        asked = urlsplit(caller.target)
        query = dict(parse_qsl(asked.query))
        service = round(float(query.get("ms", "0")) * MILLION)
        if asked.path == "/queue":
            self._free = due = max(self._free, caller.arrived) + service
        else:
            due = caller.arrived + service
        if asked.path == "/stall":
            due = self._after_stall(due, float(query["every"]), float(query["for"]))
        if due <= now():
            self._answer(caller)
            return
        self._number += 1
        heapq.heappush(self._due, (due, self._number, caller))
        self._arm()

    def _after_stall(self, due: int, every: float, length: float) -> int:
        """The end of the stall that a time falls into, or the time itself."""
        within = (due - self._began) % round(every * SECOND)
        stalled = round((every - length) * SECOND)
        return due + round(every * SECOND) - within if within >= stalled else due

    def _answer_due(self) -> None:
        if not self._due or self._due[0][0] > now():
            return
        while self._due and self._due[0][0] <= now():
            self._answer(heapq.heappop(self._due)[2])
        self._arm()

    def _arm(self) -> None:
        if self._timer is not None and self._due:
            self._timer.arm(self._due[0][0])

    def _answer(self, caller: _Caller) -> None:
        if caller.socket.fileno() < 0:  # it has gone while its request was served
            return
        size = int(dict(parse_qsl(urlsplit(caller.target).query)).get("size", "1024"))
        body = self._fillers.setdefault(size, b'{"filler": "' + b"x" * max(size - 14, 0) + b'"}')
        took = (now() - caller.arrived) / SECOND
        head = (
            f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nX-Processing-Time: "
        )
        caller.waiting = memoryview(f"{head}{took:.9f}\r\n\r\n".encode() + body)
        self._write(caller)

    def _write(self, caller: _Caller) -> None:
        assert caller.waiting is not None
        try:
            caller.waiting = caller.waiting[caller.socket.send(caller.waiting) :]
        except BlockingIOError:
            pass
        except OSError:
            self._drop(caller)
            return
        wanted = selectors.EVENT_WRITE if caller.waiting else selectors.EVENT_READ
        if self._selector.get_key(caller.socket).events != wanted:
            self._selector.modify(caller.socket, wanted, caller)


def _timer() -> KernelTimer | None:
    try:
        return KernelTimer()
    except OSError:
        return None


def main() -> None:
    """Say the port, and serve."""
    sink = Sink()
    print(sink.port, flush=True)
    sink.serve()


if __name__ == "__main__":
    main()
