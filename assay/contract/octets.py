"""Requests as the bytes that go over the wire: what a client of another language writes, or what no client should."""

from __future__ import annotations

from dataclasses import dataclass

from assay.contract.message import Pairs, Request

HOST = "{host}"
"""What stands in a header for host and port, which the transport knows."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of a body, and the seconds that are waited before they are sent, unless the server speaks meanwhile."""

    content: bytes
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Octets:
    """One request, byte for byte, relative to the target's base URL.

    `target` is path and query as they are spelled; `headers` stand in their order and spelling, and nothing is added
    but the user's own. `pieces` are sent as they are, framing included; `body` is what they come to, for the record.
    An answer is `due` where the request is whole: to what is not, a server may well say nothing.
    """

    operation: str
    method: str
    target: str
    headers: Pairs
    pieces: tuple[Piece, ...] = ()
    body: bytes = b""
    due: bool = True

    def head(self, base: str, host: str, more: Pairs = ()) -> bytes:
        """Request line and headers with the blank line, `base` before the path, and with `more` headers."""
        headers = [(name, value.replace(HOST, host)) for name, value in (*self.headers, *more)]
        lines = [f"{self.method} {base}{self.target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def told(self, host: str, more: Pairs = ()) -> Request:
        """The request as the record holds it."""
        headers = tuple((name, value.replace(HOST, host)) for name, value in (*self.headers, *more))
        return Request(self.operation, self.method, self.target, (), headers, self.body)
