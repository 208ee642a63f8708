"""The way to a target, step by step: its name, a connection, and TLS; so that it is told at which of them it ends."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

from assay.doctor.fact import Fact, ok, wrong
from assay.target.policy import Policy
from assay.target.tls import context_for

LONGEST: Final = 5.0
"""Seconds that one step may take."""
PORTS: Final = {"http": 80, "https": 443}


def way(policy: Policy) -> Iterator[Fact]:
    """Each step, until one fails: why Assay cannot go on from there is told when it asks the target.

    With a proxy it is the way to that: who looks the target's name up, and speaks TLS with it, is told by the answer.
    """
    tls = context_for(policy)
    parts = urlsplit(policy.proxy or policy.base_url)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    if policy.proxy:
        yield ok(f"by the proxy {policy.proxy_shown}")
    try:
        started = time.perf_counter()
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
        if addresses != [host]:
            yield ok(f"{host} is {', '.join(addresses)} ({_since(started)})")
    except (OSError, UnicodeError) as error:
        yield wrong(f"{host} has no address: {error}")
        return
    try:
        started = time.perf_counter()
        with socket.create_connection((host, port), LONGEST) as connection:
            yield ok(f"port {port} took a connection ({_since(started)})")
            if parts.scheme == "https" and isinstance(tls, ssl.SSLContext):
                yield _secured(connection, host, tls)
    except OSError as error:
        yield wrong(f"port {port} takes no connection: {error}")


def _secured(connection: socket.socket, host: str, tls: ssl.SSLContext) -> Fact:
    started = time.perf_counter()
    try:
        with tls.wrap_socket(connection, server_hostname=host) as secured:
            shown: dict[str, Any] = dict(secured.getpeercert() or {})
            return ok(
                f"{secured.version()} ({_since(started)}), its certificate by {_issuer(shown)}, "
                f"good until {shown.get('notAfter', 'an unknown day')}"
            )
    except (OSError, ssl.CertificateError) as error:
        return wrong(f"no TLS: {error}")


def _issuer(certificate: dict[str, Any]) -> str:
    told = {name: value for part in certificate.get("issuer", ()) for name, value in part}
    return str(told.get("organizationName") or told.get("commonName") or "nobody named")


def _since(started: float) -> str:
    return f"{1000 * (time.perf_counter() - started):.1f} ms"
