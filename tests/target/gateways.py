"""What may stand between Assay and a deployment: a gateway that speaks TLS, and a forward proxy. Both on loopback."""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import trustme

HOST = "localhost"
Attend = Callable[[socket.socket], None]


@dataclass(frozen=True)
class Authority:
    """A certificate authority of this test alone, with its files in one folder."""

    folder: Path
    made: trustme.CA = field(default_factory=trustme.CA)

    @property
    def bundle(self) -> Path:
        path = self.folder / "authority.pem"
        self.made.cert_pem.write_to_path(str(path))
        return path

    def certificate(self, name: str) -> tuple[Path, Path]:
        """A certificate and its key, as two files."""
        issued = self.made.issue_cert(name)
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        issued.private_key_pem.write_to_path(str(key))
        certificate.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        return certificate, key

    def context(self, name: str = HOST, demanding: bool = False) -> ssl.SSLContext:
        """What a server of that name shows; `demanding` wants a certificate of the same authority in return."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.made.issue_cert(name).configure_cert(context)
        if demanding:
            self.made.configure_trust(context)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


@contextlib.contextmanager
def gateway(upstream: str, context: ssl.SSLContext) -> Iterator[str]:
    """Ends TLS in front of a server, and hands on the bytes."""

    def attend(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            _pass_on(secured, _address(upstream))

    with _accepting(attend) as port:
        yield f"https://{HOST}:{port}"


@dataclass
class ForwardProxy:
    """A proxy: its URL, and the request lines that it was sent."""

    url: str
    lines: list[str] = field(default_factory=list)


@contextlib.contextmanager
def forward_proxy(password: str = "") -> Iterator[ForwardProxy]:
    """Passes on what comes with a whole URL, or by CONNECT; with a password it wants `someone` and that."""
    wanted = b"basic " + base64.b64encode(f"someone:{password}".encode()).lower() if password else b""

    def attend(connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            piece = connection.recv(65536)
            if not piece:
                return
            head += piece
        line, _, rest = head.partition(b"\r\n")
        proxy.lines.append(line.decode())
        if wanted not in head.lower():
            connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
            return
        method, url, version = line.decode().split(" ")
        if method == "CONNECT":
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            _pass_on(connection, _address(f"//{url}"))
            return
        parts = urlsplit(url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        begun = f"{method} {target} {version}\r\nConnection: close\r\n".encode() + _without_connection(rest)
        _pass_on(connection, _address(url), begun)

    with _accepting(attend) as port:
        proxy = ForwardProxy(f"http://127.0.0.1:{port}")
        yield proxy


def _without_connection(rest: bytes) -> bytes:
    head, _, body = rest.partition(b"\r\n\r\n")
    kept = [line for line in head.split(b"\r\n") if not line.lower().startswith((b"connection:", b"proxy-"))]
    return b"\r\n".join(kept) + b"\r\n\r\n" + body


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return "127.0.0.1" if parts.hostname == HOST else str(parts.hostname), int(parts.port or 80)


def _pass_on(client: socket.socket, address: tuple[str, int], begun: bytes = b"") -> None:
    with socket.create_connection(address) as server:
        server.sendall(begun)
        back = threading.Thread(target=_copy, args=(server, client), daemon=True)
        back.start()
        _copy(client, server)
        back.join(5)


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            sink.sendall(piece)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def _accepting(attend: Attend) -> Iterator[int]:
    held: list[socket.socket] = []

    def guarded(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):  # a client that trusts nobody hangs up
            attend(connection)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = door.accept()
                held.append(connection)
                threading.Thread(target=guarded, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as door:
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield int(door.getsockname()[1])
        finally:
            door.shutdown(socket.SHUT_RDWR)
            thread.join(5)
            for connection in held:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
