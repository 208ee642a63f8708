"""Ways to write a request that is right in itself: in chunks, slowly, and such that break the rules of HTTP/1.1."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from assay.contract.message import Pairs, Request
from assay.contract.octets import Octets, Piece

Framing = Callable[[Request], Octets]
"""From a request with every header, its path relative to the target, to the bytes of it."""
FRAMED_BY = ("content-length", "transfer-encoding", "connection")
PARTS = 3
PAUSE = 0.2
"""Seconds between the parts of a slow body."""


def whole(request: Request) -> Octets:
    """As any client would write it."""
    return _with(request, (("Content-Length", str(len(request.body))),), (Piece(request.body),))


def _with(request: Request, framed: Pairs, pieces: tuple[Piece, ...], due: bool = True) -> Octets:
    kept = tuple(pair for pair in request.headers if pair[0].lower() not in FRAMED_BY)
    headers = (*kept, *framed, ("Connection", "close"))
    return Octets(request.operation, request.method, request.url, headers, pieces, request.body, due)


def _parts(body: bytes) -> list[bytes]:
    size = max(1, -(-len(body) // PARTS))
    return [body[start : start + size] for start in range(0, len(body), size)]


def _chunk(content: bytes) -> bytes:
    return f"{len(content):x}\r\n".encode() + content + b"\r\n"


def _in_chunks(request: Request, pause: float = 0.0) -> Octets:
    pieces = [Piece(_chunk(part), pause) for part in _parts(request.body)]
    return _with(request, (("Transfer-Encoding", "chunked"),), (*pieces, Piece(b"0\r\n\r\n")))


def _slowly(request: Request) -> Octets:
    pieces = tuple(Piece(part, PAUSE) for part in _parts(request.body))
    return _with(request, (("Content-Length", str(len(request.body))),), pieces)


def _cut(request: Request) -> Octets:
    half = Piece(request.body[: len(request.body) // 2])
    return _with(request, (("Content-Length", str(len(request.body))),), (half,), due=False)


def _never_begun(request: Request) -> Octets:
    return _with(request, (("Content-Length", str(len(request.body))),), (), due=False)


def _cut_in_a_chunk(request: Request) -> Octets:
    begun = _chunk(request.body)[: len(request.body) // 2]
    return _with(request, (("Transfer-Encoding", "chunked"),), (Piece(begun),), due=False)


def _size_is_no_number(request: Request) -> Octets:
    pieces = (Piece(b"ZZ\r\n" + request.body + b"\r\n0\r\n\r\n"),)
    return _with(request, (("Transfer-Encoding", "chunked"),), pieces, due=False)


def _length(length: str) -> Framing:
    def write(request: Request) -> Octets:
        return _with(request, (("Content-Length", length),), (Piece(request.body),), due=False)

    return write


def _both(request: Request) -> Octets:
    framed = (("Content-Length", str(len(request.body))), ("Transfer-Encoding", "chunked"))
    return _with(request, framed, (Piece(_chunk(request.body) + b"0\r\n\r\n"),), due=False)


def _long_header(request: Request) -> Octets:
    framed = (("Content-Length", str(len(request.body))), ("X-Assay", "a" * 100_000))
    return _with(request, framed, (Piece(request.body),), due=False)


FRAMINGS: Mapping[str, Framing] = {
    "a body in chunks": _in_chunks,
    "a body of which half is sent": _cut,
    "a body that is announced and never sent": _never_begun,
    "a chunk that ends in its middle": _cut_in_a_chunk,
    "a chunk whose size is no number": _size_is_no_number,
    "a Content-Length below zero": _length("-1"),
    "a Content-Length of 20 digits": _length("9" * 20),
    "a Content-Length beside chunks": _both,
    "a header of 100,000 characters": _long_header,
}
SLOW: Mapping[str, Framing] = {
    "a body that comes slowly": _slowly,
    "chunks that come slowly": lambda request: _in_chunks(request, PAUSE),
}
