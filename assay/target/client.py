"""Sending requests to the target and keeping each exchange.

The client follows no redirect and retries nothing: what the target did is what the record shows.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from assay.contract.message import Pairs, Request, Response
from assay.errors import TargetUnreachable, UsageProblem, WireError
from assay.record.model import Exchange
from assay.record.writing import RecordWriter
from assay.target.policy import KeyPlace, Policy

CONNECTIONS = 64
CONNECT_TIMEOUT = 10.0
NOT_READY = (502, 503, 504)
PAUSE = 0.5
GONE_AFTER = 3
"""Refused connections in a row after which the target counts as gone; as many timeouts raise the question."""
PROBE_TIMEOUT = 10.0
LARGEST_ANSWER = 256 * 1024 * 1024

_ENDED_EARLY = "without sending complete message body"
_KINDS: tuple[tuple[type[httpx.HTTPError], str], ...] = (
    (httpx.ConnectTimeout, "timeout"),
    (httpx.ConnectError, "refused"),
    (httpx.TimeoutException, "timeout"),
    (httpx.RemoteProtocolError, "broken answer"),
    (httpx.DecodingError, "bad encoding"),
    (httpx.NetworkError, "reset"),
)


class Target:
    """A deployment, asked under one policy. Safe to use from several threads.

    Every exchange is recorded under the purpose that is current when it is sent; those before `record_to` are kept
    until then, because a record begins with what discovery found.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.writer: RecordWriter | None = None
        self.purpose = "discovery"
        self.privacy_parameters: dict[str, frozenset[str]] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._sent: list[str] = []
        self._refused = 0
        self._timeouts = 0
        self._lost = False
        self._unrecorded: list[tuple[Exchange, str]] = []
        self._clients = [self._new_client()]
        self._in_flight: Counter[httpx.Client] = Counter()

    def __repr__(self) -> str:
        return f"Target({self.policy.base_url!r})"

    def close(self) -> None:
        """Close every connection."""
        for client in self._clients:
            client.close()

    def _new_client(self) -> httpx.Client:
        return httpx.Client(
            limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
            follow_redirects=False,
            trust_env=not self.policy.loopback,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),  # what is sent is what the record shows
        )

    def _leave_connections(self) -> None:
        """Send what follows over new connections.

        After a server error uvicorn closes the connection without saying so: a later request on it would be reset, and
        the reset would be laid to a case that has nothing to do with it.
        """
        with self._lock:
            self._clients.append(self._new_client())
            idle = [client for client in self._clients[:-1] if not self._in_flight[client]]
            self._clients = [client for client in self._clients if client not in idle]
        for client in idle:
            client.close()

    def record_to(self, writer: RecordWriter) -> None:
        """Record the exchanges so far, and every later one."""
        self.writer = writer
        for exchange, purpose in self._unrecorded:
            writer.exchange(exchange, purpose)
        self._unrecorded.clear()

    @contextmanager
    def during(self, purpose: str) -> Iterator[list[str]]:
        """Record exchanges under this purpose; yields the list to which their ids are added."""
        before, sent = self.purpose, list[str]()
        self.purpose, self._sent = purpose, sent
        try:
            yield sent
        finally:
            self.purpose, self._sent = before, []

    def refer(self, exchange: Exchange) -> Exchange:
        """Name an earlier exchange as evidence of what is going on now."""
        with self._lock:
            if exchange.id not in self._sent:
                self._sent.append(exchange.id)
        return exchange

    def send(self, request: Request) -> Exchange:
        """Send a request as it is meant, with the key and the user's headers added.

        Returns the exchange, whatever its status. Raises WireError when no whole response came back, UsageProblem
        when the budget of requests is spent.
        """
        exchange = self.attempt(request)
        if exchange.error:
            raise WireError(*exchange.error)
        return exchange

    def attempt(self, request: Request, timeout: float | None = None) -> Exchange:
        """Like `send`, but a broken exchange is returned with its `error` and not raised."""
        number = self._next_number()
        prepared = self._prepare(request)
        started, clock = time.time(), time.perf_counter()
        response, error = self._exchange(prepared, timeout or self.policy.timeout)
        exchange = Exchange(
            f"x{number:06d}", prepared, response, error, started=started, seconds=time.perf_counter() - clock
        )
        with self._lock:
            self._sent.append(exchange.id)
            kind = error and error[0]
            self._refused = self._refused + 1 if kind == "refused" else 0
            self._timeouts = self._timeouts + 1 if kind == "timeout" else 0
        if self.writer:
            self.writer.exchange(exchange, self.purpose)
        else:
            self._unrecorded.append((exchange, self.purpose))
        return exchange

    @property
    def gone(self) -> bool:
        """Whether the target has refused several connections in a row, or was asked by `probe` and kept silent."""
        return self._lost or self._refused >= GONE_AFTER

    def probe(self) -> None:
        """After several timeouts in a row, ask for something small: was it the requests, or is the target gone?"""
        if self._timeouts >= GONE_AFTER and not self._lost:
            small = Request(operation="service.info", method="GET", path="/info")
            self._lost = self.attempt(small, timeout=min(self.policy.timeout, PROBE_TIMEOUT)).response is None

    def _next_number(self) -> int:
        number = next(self._numbers)
        limit = self.policy.max_requests
        if limit is not None and number > limit:
            raise UsageProblem(f"the budget of {limit} requests is spent; raise --max-requests to check more")
        return number

    def _exchange(self, request: Request, timeout: float) -> tuple[Response | None, tuple[str, str] | None]:
        with self._lock:
            client = self._clients[-1]
            self._in_flight[client] += 1
        try:
            with client.stream(
                request.method,
                self.policy.base_url + request.url,
                headers=list(request.headers),
                content=request.body or None,
                timeout=httpx.Timeout(timeout, connect=min(timeout, CONNECT_TIMEOUT)),
            ) as answer:
                body = _whole_body(answer, time.monotonic() + timeout)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return None, (_kind_of(error), str(error) or type(error).__name__)
        finally:
            with self._lock:
                self._in_flight[client] -= 1
        headers: Pairs = tuple((name, value) for name, value in answer.headers.multi_items())
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            self._leave_connections()
        return Response(answer.status_code, headers, body), None

    def _prepare(self, request: Request) -> Request:
        prepared = request.replace(headers=request.headers + self.policy.headers)
        prepared = self._ask_for_privacy(prepared)
        return self._with_key(prepared) if self.policy.key else prepared

    def _ask_for_privacy(self, request: Request) -> Request:
        """Ask a server that knows how not to keep the picture, nor to count it."""
        names = sorted(self.privacy_parameters.get(request.operation, ()))
        return request.with_query(**dict.fromkeys(names, "true"))

    def _with_key(self, request: Request) -> Request:
        key, place = self.policy.key, self.policy.key_place
        assert key is not None
        takes_json = request.header("content-type") == "application/json"
        if place is KeyPlace.HEADER:
            return request.replace(headers=(*request.headers, ("Authorization", f"Bearer {key}")))
        if takes_json and place in (KeyPlace.BODY, KeyPlace.DOCUMENTED):
            return _with_key_in_body(request, key) or request.with_query(api_key=key)
        if request.operation.startswith("service."):
            return request
        return request.with_query(api_key=key)


def _with_key_in_body(request: Request, key: str) -> Request | None:
    """The request with the key at the top of its JSON; None where there is no object to hold it."""
    try:
        body: Any = request.json()
    except ValueError:
        return None
    if not isinstance(body, dict):
        return None
    return request.replace(body=json.dumps({"api_key": key, **body}).encode())


def _whole_body(answer: httpx.Response, deadline: float) -> bytes:
    """The body, decoded. An answer that trickles, or that never ends, counts as none."""
    body = bytearray()
    for piece in answer.iter_bytes():
        body += piece
        if len(body) > LARGEST_ANSWER:
            raise httpx.DecodingError(f"the answer is larger than {LARGEST_ANSWER} bytes")
        if time.monotonic() > deadline:
            raise httpx.ReadTimeout(f"the answer was not complete in time; {len(body)} bytes had come")
    return bytes(body)


def _kind_of(error: Exception) -> str:
    if _ENDED_EARLY in str(error):
        return "short body"
    return next((kind for family, kind in _KINDS if isinstance(error, family)), "error")


def when_ready(target: Target, request: Request) -> Exchange:
    """Send `request` until the answer is none of 502, 503 and 504: a cold model takes its time.

    After `ready_timeout` seconds the last exchange is returned as it is.
    """
    deadline = time.monotonic() + target.policy.ready_timeout
    while True:
        exchange = target.attempt(request)
        unready = exchange.response is not None and exchange.response.status in NOT_READY
        if not unready or time.monotonic() >= deadline:
            return exchange
        time.sleep(PAUSE)


def wait_until_reached(target: Target, request: Request) -> Exchange:
    """Send `request` until something answers that is not a 502, 503 or 504, at most `ready_timeout` seconds.

    A refused connection is final at once: nobody listens. Raises TargetUnreachable.
    """
    deadline = time.monotonic() + target.policy.ready_timeout
    while True:
        exchange = target.attempt(request, timeout=max(deadline - time.monotonic(), 1.0))
        if exchange.response is not None and exchange.response.status not in NOT_READY:
            return exchange
        if exchange.error and exchange.error[0] != "timeout":
            raise TargetUnreachable(
                f"no answer from {target.policy.base_url} ({exchange.error[0]}: {exchange.error[1]}); "
                "check the URL and that the server is running"
            )
        if time.monotonic() >= deadline:
            state = f"status {exchange.response.status}" if exchange.response else "no answer in time"
            raise TargetUnreachable(
                f"{target.policy.base_url} was not ready after {target.policy.ready_timeout:g} s ({state}); "
                "wait for it, or raise --ready-timeout"
            )
        time.sleep(0.5)
