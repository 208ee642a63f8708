"""The second transport: bytes as they are, over a socket or TLS, each request over a connection of its own.

A client library writes headers in its own order and spelling, and sends nothing that is wrong. Here what goes out is
what was given; only what comes back is parsed.
"""

from __future__ import annotations

import http.client
import select
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlsplit

import httpx

from assay.contract.message import Response
from assay.contract.octets import Octets
from assay.target.policy import Policy

CONNECT_TIMEOUT = 10.0
LARGEST_ANSWER = 256 * 1024 * 1024
PATIENCE = 0.5
"""Seconds that a server gets to answer what is not whole, before the connection is closed."""
LEFT = ("left", "no answer was due: the connection was closed, as by a client that goes away")
_READ = 1 << 16

UNDONE = ("", "identity", "gzip", "deflate")
"""Content encodings."""

Failure = tuple[str, str]


def address_of(policy: Policy) -> tuple[str, int, str]:
    """Host, port and what stands in the header `Host`."""
    parts = urlsplit(policy.base_url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80), parts.netloc


def exchanged(
    octets: Octets, policy: Policy, tls: ssl.SSLContext | bool, timeout: float
) -> tuple[Response | None, Failure | None]:
    """Send a request and read the whole answer, its content encoding undone; or what went wrong, by kind.

    `timeout` is for all of it, in seconds.
    """
    deadline = time.monotonic() + timeout
    try:
        with _connected(policy, tls, timeout) as connection:
            _send(connection, octets, policy, deadline)
            return _answer(connection, octets, deadline), None
    except TimeoutError:
        return None, LEFT if not octets.due else ("timeout", f"no whole answer came within {timeout:g} s")
    except (http.client.HTTPException, ValueError, OSError) as error:
        return None, _failure(error) if octets.due else LEFT


def _connected(policy: Policy, tls: ssl.SSLContext | bool, timeout: float) -> socket.socket:
    host, port, _ = address_of(policy)
    connection = socket.create_connection((host, port), timeout=min(timeout, CONNECT_TIMEOUT))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if not isinstance(tls, ssl.SSLContext) or not policy.url.lower().startswith("https:"):
        return connection
    try:
        return tls.wrap_socket(connection, server_hostname=host)
    except BaseException:
        connection.close()
        raise


def _send(connection: socket.socket, octets: Octets, policy: Policy, deadline: float) -> None:
    """All that there is to send. A server that has read enough may close meanwhile: its answer tells more."""
    head = octets.head(urlsplit(policy.base_url).path, address_of(policy)[2], policy.headers)
    with suppress(ConnectionError):
        connection.sendall(head)
        for piece in octets.pieces:
            if piece.after:
                select.select([connection], [], [], piece.after)
            connection.settimeout(_left(deadline))
            connection.sendall(piece.content)


def _answer(connection: socket.socket, octets: Octets, deadline: float) -> Response:
    left = _left(deadline) if octets.due else min(_left(deadline), PATIENCE)
    connection.settimeout(left)
    answer = http.client.HTTPResponse(connection, method=octets.method)
    try:
        answer.begin()
        body = _whole_body(answer, connection.settimeout, time.monotonic() + left)
    finally:
        answer.close()
    return _decoded(answer.status, answer.getheaders(), body)


def _whole_body(answer: http.client.HTTPResponse, wait: Callable[[float], None], deadline: float) -> bytes:
    body = bytearray()
    while piece := answer.read1(_READ) if answer.length != 0 else b"":
        body += piece
        if len(body) > LARGEST_ANSWER:
            raise ValueError(f"the answer is larger than {LARGEST_ANSWER} bytes")
        wait(_left(deadline))
    if answer.length:  # what was announced and did not come
        raise http.client.IncompleteRead(bytes(body), answer.length)
    return bytes(body)


def _decoded(status: int, headers: list[tuple[str, str]], body: bytes) -> Response:
    """The answer with its content encoding undone. Raises ValueError where it is broken."""
    pairs = tuple(headers)
    encoded = ",".join(value for name, value in headers if name.lower() == "content-encoding").lower()
    if not all(each.strip() in UNDONE for each in encoded.split(",")):
        raise ValueError(f"the answer came in the content encoding {encoded}, which is not undone here")
    try:
        return Response(status, pairs, httpx.Response(status, headers=pairs, content=body).content)
    except httpx.DecodingError as error:
        raise ValueError(f"the answer's content encoding is broken: {error}") from None


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _failure(error: Exception) -> Failure:
    """What went wrong, by kind, as the other transport calls it."""
    said = str(error) or type(error).__name__
    match error:
        case ConnectionRefusedError() | socket.gaierror():
            return "refused", said
        case ssl.SSLCertVerificationError():
            return "certificate", said
        case ssl.SSLError():
            return "TLS", said
        case ConnectionError():
            return "reset", said
        case http.client.IncompleteRead():
            return "short body", said
        case http.client.HTTPException():
            return "broken answer", said
        case ValueError():
            return "bad encoding", said
        case _:
            return "error", said
