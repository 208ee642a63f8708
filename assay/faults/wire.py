"""The proxy's two ends: ASGI in front, httpx behind, and nothing lost between them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import parse_qsl

import httpx
from starlette.requests import Request as Received
from starlette.responses import Response as Answer

from assay.contract.message import Request, Response

RawHeaders = tuple[tuple[bytes, bytes], ...]

# fmt: off
_HOP_BY_HOP = frozenset((
    b"connection", b"expect", b"keep-alive", b"proxy-authenticate", b"proxy-authorization",
    b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade",
))
# fmt: on
_DECODABLE = ("gzip", "deflate", "identity")


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it came in: `target` is its path and query byte for byte."""

    target: bytes
    headers: RawHeaders
    chunked: bool
    request: Request


@dataclass(frozen=True, slots=True)
class Got:
    """An answer as it came from upstream, its content encoding still on, and the same with it undone."""

    status: int
    headers: RawHeaders
    body: bytes
    response: Response


async def read(received: Received) -> Sent:
    """The whole request."""
    scope = received.scope
    path: bytes = scope["raw_path"]
    query: bytes = scope["query_string"]
    headers = tuple(scope["headers"])
    names = {name.lower() for name, _ in headers}
    request = Request(
        operation="",
        method=received.method,
        path=path.decode("latin-1"),
        query=tuple(parse_qsl(query.decode("latin-1"), keep_blank_values=True)),
        headers=_as_text(headers),
        body=await received.body(),
    )
    return Sent(path + b"?" + query if query else path, headers, b"transfer-encoding" in names, request)


def outgoing(sent: Sent, request: Request, upstream: httpx.URL, decodable: bool) -> httpx.Request:
    """What goes upstream: all as it was sent, but for what tells `request` from the request that was sent.

    With `decodable` upstream is asked for no content encoding that could not be undone here.
    """
    changed_url = (request.path, request.query) != (sent.request.path, sent.request.query)
    target = request.url.encode("latin-1") if changed_url else sent.target
    target = upstream.raw_path.rstrip(b"/") + target
    changed_headers = request.headers != sent.request.headers
    headers = _as_bytes(request.headers) if changed_headers else sent.headers
    kept = [(name, value) for name, value in end_to_end(headers) if name.lower() not in (b"host", b"content-length")]
    if decodable:
        kept = [(name, _only_decodable(value) if name.lower() == b"accept-encoding" else value) for name, value in kept]
    return httpx.Request(
        request.method,
        _url(upstream, target),
        headers=kept,
        content=_once(request.body) if sent.chunked else request.body,
        extensions={"target": target},  # httpx would quote the target anew; this goes out as it is
    )


def _url(upstream: httpx.URL, target: bytes) -> httpx.URL:
    """The address to connect to; of a target that httpx cannot write into one only the host matters."""
    try:
        return upstream.copy_with(raw_path=target)
    except (httpx.InvalidURL, UnicodeError):
        return upstream


async def fetch(client: httpx.AsyncClient, request: httpx.Request) -> Got:
    """The whole answer. Raises httpx.TransportError where there is none."""
    answer = await client.send(request, stream=True)
    try:
        body = b"".join([chunk async for chunk in answer.aiter_raw()])
    finally:
        await answer.aclose()
    headers = tuple(answer.headers.raw)
    return Got(answer.status_code, headers, body, _decoded(answer.status_code, headers, body))


def as_received(got: Got) -> Answer:
    """The upstream's answer, untouched."""
    return _answer(got.status, end_to_end(got.headers), got.body)


def as_changed(response: Response) -> Answer:
    """An answer that is not the upstream's any more, with the length of its own body."""
    headers = [each for each in end_to_end(_as_bytes(response.headers)) if each[0].lower() != b"content-length"]
    headers.append((b"content-length", str(len(response.body)).encode("ascii")))
    return _answer(response.status, headers, response.body)


def end_to_end(headers: RawHeaders) -> list[tuple[bytes, bytes]]:
    """The headers that are not about one connection alone, by RFC 9110 section 7.6.1."""
    named = {
        token.strip().lower() for name, value in headers if name.lower() == b"connection" for token in value.split(b",")
    }
    return [each for each in headers if each[0].lower() not in _HOP_BY_HOP | named]


def _answer(status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> Answer:
    answer = Answer(content=body, status_code=status)
    answer.raw_headers = headers
    return answer


def _decoded(status: int, headers: RawHeaders, body: bytes) -> Response:
    """The answer with its content encoding undone; as it is where the encoding is broken or unknown."""
    encoding = b",".join(value for name, value in headers if name.lower() == b"content-encoding")
    if not encoding or not _can_undo(encoding.decode("latin-1")):
        return Response(status, _as_text(headers), body)
    try:
        plain = httpx.Response(status, headers=headers, content=body).content
    except httpx.DecodingError:
        return Response(status, _as_text(headers), body)
    kept = tuple(each for each in headers if each[0].lower() != b"content-encoding")
    return Response(status, _as_text(kept), plain)


def _can_undo(encodings: str) -> bool:
    return all(encoding.strip().lower() in _DECODABLE for encoding in encodings.split(","))


def _only_decodable(accepted: bytes) -> bytes:
    encodings = [each.strip() for each in accepted.decode("latin-1").split(",")]
    kept = [each for each in encodings if each.split(";")[0].strip().lower() in _DECODABLE]
    return ", ".join(kept or ["identity"]).encode("latin-1")


async def _once(body: bytes) -> AsyncIterator[bytes]:
    """A body without a stated length, which httpx sends chunked."""
    if body:
        yield body


def _as_text(headers: RawHeaders) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)


def _as_bytes(headers: tuple[tuple[str, str], ...]) -> RawHeaders:
    return tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in headers)
