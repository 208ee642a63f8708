"""A wire that is listened to: every byte that clients send to a server passes, and is kept."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit


@dataclass(frozen=True, slots=True)
class Sent:
    """One request as it went over the wire: `first` is the request line, headers stand in their order and spelling."""

    first: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """The value of a header, whose name is spelled in any way."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


def requests_of(octets: bytes) -> Iterator[Sent]:
    """The requests that a client has sent over one connection. Raises ValueError for one in chunks."""
    while octets:
        head, _, rest = octets.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
        sent = Sent(first, headers, b"")
        if sent.header("Transfer-Encoding"):
            raise ValueError("the request came in chunks")
        length = int(sent.header("Content-Length") or 0)
        yield Sent(first, headers, rest[:length])
        octets = rest[length:]


@dataclass
class Tap:
    """What was heard: the bytes of each connection from the client, in the order in which they were opened."""

    url: str = ""
    heard: list[bytearray] = field(default_factory=list)

    def requests(self) -> list[Sent]:
        """Every request so far."""
        return [sent for octets in self.heard for sent in requests_of(bytes(octets))]


@contextlib.contextmanager
def tapped(upstream: str) -> Iterator[Tap]:
    """A wire to the server at `upstream`, while the block lasts; clients are given the tap's `url`."""
    address = urlsplit(upstream)
    listener = socket.create_server(("127.0.0.1", 0))
    tap = Tap(f"http://127.0.0.1:{listener.getsockname()[1]}")

    def take() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:  # the listener is closed
                return
            octets = bytearray()
            tap.heard.append(octets)
            threading.Thread(target=_connect, args=(client, address, octets), daemon=True).start()

    threading.Thread(target=take, name="tap", daemon=True).start()
    try:
        yield tap
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _connect(client: socket.socket, address: SplitResult, octets: bytearray) -> None:
    with client, socket.create_connection((str(address.hostname), address.port or 80)) as server:
        back = threading.Thread(target=_pass, args=(server, client, bytearray()), daemon=True)
        back.start()
        _pass(client, server, octets)
        back.join()


def _pass(source: socket.socket, sink: socket.socket, octets: bytearray) -> None:
    with contextlib.suppress(OSError):
        while part := source.recv(65536):
            octets += part
            sink.sendall(part)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
