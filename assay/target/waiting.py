"""Waiting for a target: for somebody to answer, and for a model to have loaded."""

from __future__ import annotations

import re
import time

from assay.contract.message import Request
from assay.errors import TargetUnreachable
from assay.record.model import Exchange
from assay.target.busy import NOT_READY, PAUSE, pause_after
from assay.target.client import Target
from assay.target.policy import Policy

BROKEN_OFF = ("short body", "broken answer", "bad encoding")
NO_SUCH_HOST = ("Name or service not known", "nodename nor servname", "No address associated", "getaddrinfo failed")
"""What Linux, macOS and Windows say of a name that cannot be resolved."""


def when_ready(target: Target, request: Request) -> Exchange:
    """Send `request` until the target is ready and not busy: a cold model takes its time, a limit of the rate passes.

    After `ready_timeout` seconds the last exchange is returned as it is.
    """
    deadline = time.monotonic() + target.policy.ready_timeout
    while True:
        exchange = target.attempt(request)
        pause, left = pause_after(exchange), deadline - time.monotonic()
        if pause is None or left <= 0:
            return exchange
        time.sleep(min(max(pause, PAUSE), left))


def wait_until_reached(target: Target, request: Request) -> Exchange:
    """Send `request` until something answers that says more than that it is not ready, at most `ready_timeout` seconds.

    A refused connection is final at once: nobody listens. Raises TargetUnreachable.
    """
    deadline = time.monotonic() + target.policy.ready_timeout
    while True:
        exchange = target.attempt(request, timeout=max(deadline - time.monotonic(), 1.0))
        if exchange.response is not None and exchange.response.status not in NOT_READY:
            return exchange
        if exchange.error and exchange.error[0] != "timeout":
            raise TargetUnreachable(unreached(target.policy, *exchange.error))
        if time.monotonic() >= deadline:
            state = f"status {exchange.response.status}" if exchange.response else "no answer in time"
            raise TargetUnreachable(
                f"{target.policy.base_url} was not ready after {target.policy.ready_timeout:g} s ({state}); "
                "wait for it, or raise --ready-timeout"
            )
        time.sleep(PAUSE)


def unreached(policy: Policy, kind: str, message: str) -> str:
    """Why nobody was reached, and what to do about it."""
    url = policy.base_url
    match kind:
        case "certificate" if "mismatch" in message or "not valid for" in message:
            return f"the certificate that {url} shows is for another name ({_plain(message)}); check the URL"
        case "certificate" if "expired" in message:
            return f"the certificate that {url} shows has expired"
        case "certificate":
            return (
                f"the certificate that {url} shows is not trusted ({_plain(message)}); "
                "give the authority that signed it with --ca-bundle FILE"
            )
        case "TLS" if "CERTIFICATE_REQUIRED" in message or "HANDSHAKE_FAILURE" in message:
            return (
                f"{url} asks for a client certificate that it trusts ({_plain(message)}); give one with --client-cert"
            )
        case "TLS":
            return f"no TLS connection to {url} ({_plain(message)}); check that it is https, and --client-cert if given"
        case "proxy":
            return f"the proxy {policy.proxy_shown} let nothing through to {url} ({message}); check --proxy"
    if any(word in message for word in NO_SUCH_HOST):
        return f"no answer from {url}: its host is not known ({message}); check the URL"
    if kind in BROKEN_OFF:
        return f"{url} answers, and breaks off ({kind}: {message}); check what stands there"
    if policy.proxy:
        return f"no answer from {url} through {policy.proxy_shown} ({kind}: {message}); check --proxy and the URL"
    return f"no answer from {url} ({kind}: {message}); check the URL and that the server is running"


def _plain(message: str) -> str:
    """OpenSSL's words without its brackets: `[SSL: X] what: why (_ssl.c:1006)` is `why`."""
    words = re.sub(r"^\[SSL[^]]*\]\s*|\s*\(_ssl\.c:\d+\)$", "", message)
    return words.removeprefix("certificate verify failed: ")
