"""Tiny servers on raw sockets: what they hear they keep byte for byte, and they answer as badly as a test wants."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Behaviour = Callable[[socket.socket, bytes], None]


@dataclass
class Listener:
    """A server that is running. `heard` holds whole requests, head and body, in the order in which they came."""

    url: str
    heard: list[bytes] = field(default_factory=list)
    connections: int = 0

    def lines(self) -> list[str]:
        """The request lines: `GET /info HTTP/1.1`."""
        return [request.split(b"\r\n")[0].decode() for request in self.heard]

    def head(self, number: int = -1) -> dict[str, str]:
        """The headers of one request, names in lower case."""
        lines = self.heard[number].split(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
        return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}

    def body(self, number: int = -1) -> bytes:
        return self.heard[number].partition(b"\r\n\r\n")[2]


@contextlib.contextmanager
def listening(behaviour: Behaviour) -> Iterator[Listener]:
    """Serve every connection on a free loopback port: read requests, let `behaviour` answer each, until it closes."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        listener = Listener(f"http://127.0.0.1:{door.getsockname()[1]}")
        threads: list[threading.Thread] = []
        held: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    connection, _ = door.accept()
                except OSError:
                    return
                listener.connections += 1
                held.append(connection)
                threads.append(threading.Thread(target=_attend, args=(connection, listener, behaviour), daemon=True))
                threads[-1].start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield listener
        finally:
            door.shutdown(socket.SHUT_RDWR)
            thread.join(5)
            for connection in held:
                with contextlib.suppress(OSError):  # it is closed already
                    connection.shutdown(socket.SHUT_RDWR)
            for each in threads:
                each.join(5)


def _attend(connection: socket.socket, listener: Listener, behaviour: Behaviour) -> None:
    with connection, contextlib.suppress(OSError):
        while request := _read(connection):
            listener.heard.append(request)
            behaviour(connection, request)


def _read(connection: socket.socket) -> bytes:
    content = b""
    while b"\r\n\r\n" not in content:
        piece = connection.recv(65536)
        if not piece:
            return b""
        content += piece
    head, _, body = content.partition(b"\r\n\r\n")
    lengths = [line.partition(b":")[2] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
    while len(body) < int(lengths[0] if lengths else 0):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def response(body: bytes = b"{}", status: int = 200, headers: Mapping[str, str] | None = None) -> bytes:
    """The bytes of an answer in JSON, unless the headers say otherwise."""
    named = {"content-type": "application/json", "content-length": str(len(body)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items() if value)
    return f"HTTP/1.1 {status} Whatever\r\n{head}\r\n".encode() + body


def saying(*answers: bytes) -> Behaviour:
    """Give these answers one after the other, the last one for ever."""
    left = list(answers)

    def answer(connection: socket.socket, _: bytes) -> None:
        connection.sendall(left.pop(0) if len(left) > 1 else left[0])

    return answer


def routes(answers: Mapping[str, Any]) -> Behaviour:
    """Answer by path: bytes as they are, anything else as JSON; 404 otherwise."""

    def answer(connection: socket.socket, request: bytes) -> None:
        path = request.split(b" ")[1].decode().partition("?")[0]
        found = answers.get(path, response(b'{"detail": "Not Found"}', 404))
        connection.sendall(found if isinstance(found, bytes) else response(json.dumps(found).encode()))

    return answer


def hang_up(connection: socket.socket, _: bytes) -> None:
    """Close without a word."""
    connection.shutdown(socket.SHUT_RDWR)
    connection.close()


def reset(connection: socket.socket, _: bytes) -> None:
    """Begin to answer, then break the connection."""
    connection.sendall(response(b"x" * 100)[:-50])
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def keep_silent(connection: socket.socket, _: bytes) -> None:
    """Never answer; wait until the other side gives up."""
    connection.recv(1)


def trickle(connection: socket.socket, _: bytes) -> None:
    """Send a byte every 20 ms, for ever: no read ever times out."""
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n")
    connection.settimeout(0.02)
    while True:
        connection.sendall(b"1\r\nx\r\n")
        with contextlib.suppress(TimeoutError):
            if not connection.recv(1):
                return
