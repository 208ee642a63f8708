"""The target as load sees it: an address that is resolved once, and requests as bytes that are made once."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import certifi

from assay.contract.message import Pairs, Request
from assay.errors import TargetUnreachable, UsageProblem
from assay.record import Redactor
from assay.target import Policy, Target
from assay.target.tls import context_for

OWN_HEADERS: Final[Pairs] = (("Accept-Encoding", "identity"), ("Connection", "keep-alive"))
"""Answers are compared by their bytes; whether they are worth compressing is not what is measured."""
KEPT_APART: Final = ("transfer-encoding", "content-length")
TRIED: Final = 5.0
"""Seconds that an address gets to take a connection, when it is chosen."""


@dataclass(frozen=True, slots=True)
class Wire:
    """A request as bytes. They may hold the key: they are shown to nobody."""

    head: bytes
    body: bytes

    def __repr__(self) -> str:
        return f"Wire({len(self.head)} + {len(self.body)} bytes)"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where load goes, and whom it trusts. `clean` takes secrets out of what is told of it."""

    host: str
    port: int
    family: int
    address: tuple[str | int, ...]
    tls: bool = False
    ca_bundle: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    local: bool = False
    """Whether the server runs on this machine, as far as its address tells."""
    clean: Callable[[str], str] = lambda said: said


def endpoint_of(policy: Policy) -> Endpoint:
    """Where the load of a target goes. Raises UsageProblem for what load cannot do, TargetUnreachable."""
    if policy.proxy is not None:
        raise UsageProblem("load is not measured through --proxy: it would be the proxy's; measure from where none is")
    context_for(policy)  # what is wrong with the files of certificates is told here, before anything starts
    parts = urlsplit(policy.base_url)
    host, tls = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if tls else 80)
    family, address = reached(host, port)
    return Endpoint(
        host, port, family, address, tls,
        ca_bundle=str(policy.ca_bundle or certifi.where()) if tls else None,
        client_cert=str(policy.client_cert) if policy.client_cert else None,
        client_key=str(policy.client_key) if policy.client_key else None,
        local=policy.loopback,
        clean=Redactor(policy.key, policy.secrets).text,
    )  # fmt: skip


def reached(host: str, port: int) -> tuple[int, tuple[str | int, ...]]:
    """The first address of a host that takes a connection: all of the load goes there. Raises TargetUnreachable."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise TargetUnreachable(f"the name {host} is not known here ({error.strerror})") from None
    for family, kind, protocol, _, address in found:
        with socket.socket(family, kind, protocol) as tried:
            tried.settimeout(TRIED)
            try:
                tried.connect(address)
            except OSError:
                continue
            return int(family), tuple(part for part in address if isinstance(part, (str, int)))
    raise TargetUnreachable(f"{host} takes no connection on port {port}")


def wire_of(target: Target, request: Request) -> Wire:
    """A request as bytes: with the key, the user's headers, and the wish that the picture is not kept."""
    sent = target.on_the_wire(request, OWN_HEADERS)
    headers = [(name, value) for name, value in sent.headers if name.lower() not in KEPT_APART]
    if sent.body or sent.method not in ("GET", "HEAD"):
        headers.append(("Content-Length", str(len(sent.body))))
    lines = [f"{sent.method} {sent.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    return Wire("\r\n".join([*lines, "", ""]).encode("latin-1"), sent.body)
