"""Sending requests to the target and keeping each exchange.

The client follows no redirect and retries nothing: what the target did is what the record shows.
"""

from __future__ import annotations

import itertools
import json
import math
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, NamedTuple

import httpx

from assay.contract.message import Pairs, Request, Response
from assay.contract.octets import Octets
from assay.errors import BudgetSpent, UsageProblem, WireError
from assay.record.model import Exchange
from assay.record.writing import Beside, RecordWriter
from assay.target.assets import Assets
from assay.target.budget import Budget
from assay.target.octets import address_of, exchanged
from assay.target.policy import Credentials, KeyPlace, Policy
from assay.target.tls import context_for

CONNECTIONS = 64
CONNECT_TIMEOUT = 10.0
LEAST_TIME = 0.05
GONE_AFTER = 3
"""Refused connections in a row after which the target counts as gone; as many timeouts raise the question."""
PROBE_TIMEOUT = 10.0
LARGEST_ANSWER = 256 * 1024 * 1024

_UNTRUSTED = "CERTIFICATE_VERIFY_FAILED"
_ENDED_EARLY = "without sending complete message body"
_KINDS: tuple[tuple[type[httpx.HTTPError], str], ...] = (
    (httpx.ConnectTimeout, "timeout"),
    (httpx.ProxyError, "proxy"),
    (httpx.ConnectError, "refused"),
    (httpx.TimeoutException, "timeout"),
    (httpx.RemoteProtocolError, "broken answer"),
    (httpx.DecodingError, "bad encoding"),
    (httpx.NetworkError, "reset"),
)


class Came(NamedTuple):
    """What was sent, with the headers that it really had, and what came of it: one of response and error."""

    sent: Request
    response: Response | None
    error: tuple[str, str] | None


class Target:
    """A deployment, asked under one policy. Safe to use from several threads.

    Every exchange is recorded under the purpose that is current when it is sent; those before `record_to` are kept
    until then, because a record begins with what discovery found. Exchanges are numbered from `first`, and counted
    against `budget`; without one, against the policy's own bound. With a `step` of two, two targets of one run number
    theirs apart. `deadline` ends the time to ask: by the clock of
    `time.monotonic`, which all processes of a machine share.
    """

    def __init__(
        self,
        policy: Policy,
        first: int = 1,
        budget: Budget | None = None,
        deadline: float | None = None,
        *,
        step: int = 1,
    ) -> None:
        self.policy = policy
        self.first_number = first
        self.budget = budget or Budget(policy.max_requests)
        self.writer: RecordWriter | Beside | None = None
        self.purpose = "discovery"
        self.privacy_parameters: dict[str, frozenset[str]] = {}
        self.assets: Assets | None = None
        self.no_url = "pictures were not offered by address"
        """Why the target gets no picture by its address; empty where it may."""
        self._hearers: list[Callable[[Exchange], None]] = []
        self.privacy_fields: dict[str, frozenset[str]] = {}
        self._numbers = itertools.count(first, step)
        self._lock = threading.Lock()
        self._sent: list[Exchange] = []
        self._refused = 0
        self._timeouts = 0
        self._lost = False
        self._unrecorded: list[tuple[Exchange, str]] = []
        self._off_the_record = False
        self._tls = context_for(policy)
        own = time.monotonic() + policy.time_budget if policy.time_budget else math.inf
        self.deadline = own if deadline is None else deadline
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
            verify=self._tls,
            proxy=self._proxy(),
            trust_env=False,  # neither its proxies, nor its certificates, nor the passwords of a .netrc
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),  # what is sent is what the record shows
        )

    def _proxy(self) -> httpx.Proxy | None:
        if self.policy.proxy is None:
            return None
        secured = self.policy.proxy.lower().startswith("https:") and isinstance(self._tls, ssl.SSLContext)
        return httpx.Proxy(self.policy.proxy, ssl_context=self._tls if secured else None)  # type: ignore[arg-type]

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

    def record_to(self, writer: RecordWriter | Beside) -> None:
        """Record the exchanges so far, and every later one."""
        self.writer = writer
        for exchange, purpose in self._unrecorded:
            writer.exchange(exchange, purpose)
        self._unrecorded.clear()

    def heard_by(self, hearer: Callable[[Exchange], None]) -> None:
        """Let somebody have every exchange as it was, secrets included: before it is redacted, and from any thread."""
        self._hearers.append(hearer)

    @contextmanager
    def during(self, purpose: str) -> Iterator[list[Exchange]]:
        """Record exchanges under this purpose; yields the list to which they are added."""
        before, outer, sent = self.purpose, self._sent, list[Exchange]()
        self.purpose, self._sent = purpose, sent
        try:
            yield sent
        finally:
            self.purpose, self._sent = before, outer

    @contextmanager
    def off_the_record(self) -> Iterator[None]:
        """Within it no exchange is kept: those beside a load are many, and as large as its pictures."""
        self._off_the_record = True
        try:
            with self.during("load"):
                yield
        finally:
            self._off_the_record = False

    def refer(self, exchange: Exchange) -> Exchange:
        """Name an earlier exchange as evidence of what is going on now."""
        with self._lock:
            if all(exchange is not other for other in self._sent):
                self._sent.append(exchange)
        return exchange

    def send(self, request: Request, credentials: Credentials | None = None) -> Exchange:
        """Send a request as it is meant, with the key and the user's headers added, or with other credentials.

        Returns the exchange, whatever its status. Raises WireError when no whole response came back, BudgetSpent when
        the budget of requests or of time is.
        """
        exchange = self.attempt(request, credentials=credentials)
        if exchange.error:
            raise WireError(*exchange.error)
        return exchange

    def attempt(
        self, request: Request, timeout: float | None = None, credentials: Credentials | None = None
    ) -> Exchange:
        """Like `send`, but a broken exchange is returned with its `error` and not raised."""
        number = self._next_number()
        prepared = self._prepare(request, credentials or self.policy.credentials)
        started, clock = time.time(), time.perf_counter()
        sent, response, error = self._exchange(prepared, min(timeout or self.policy.timeout, self.time_left))
        return self._noted(number, Came(sent, response, error), started, time.perf_counter() - clock)

    def write(self, octets: Octets, timeout: float | None = None) -> Exchange:
        """Send bytes as they are, the user's headers added; a broken exchange is returned with its `error`.

        Raises BudgetSpent as `send` does, and UsageProblem where there is a proxy between: see `no_octets`.
        """
        if self.no_octets:
            raise UsageProblem(self.no_octets)
        number = self._next_number()
        started, clock = time.time(), time.perf_counter()
        limit = min(timeout or self.policy.timeout, self.time_left)
        response, error = exchanged(octets, self.policy, self._tls, limit)
        came = Came(octets.told(address_of(self.policy)[2], self.policy.headers), response, error)
        return self._noted(number, came, started, time.perf_counter() - clock)

    @property
    def no_octets(self) -> str:
        """Why bytes cannot be sent as they are; empty where they can."""
        return "bytes cannot be sent as they are through --proxy" if self.policy.proxy else ""

    def _noted(self, number: int, came: Came, started: float, seconds: float) -> Exchange:
        """The exchange, recorded and counted."""
        sent, response, error = came
        exchange = Exchange(f"x{number:06d}", sent, response, error, started=started, seconds=seconds)
        with self._lock:
            self._sent.append(exchange)
            kind = error and error[0]
            self._refused = self._refused + 1 if kind == "refused" else 0
            self._timeouts = self._timeouts + 1 if kind == "timeout" else 0
        for hear in self._hearers:
            hear(exchange)
        if self._off_the_record:
            pass
        elif self.writer:
            self.writer.exchange(exchange, self.purpose)
        else:
            self._unrecorded.append((exchange, self.purpose))
        if kind == "timeout":
            self._refuse_late()  # it was cut short by the user's bound, and is not the target's fault
        return exchange

    def repeat(self, request: Request) -> Exchange:
        """Send a request as it stands, its headers complete: nothing is added to it, and nothing is recorded."""
        started, clock = time.time(), time.perf_counter()
        sent, response, error = self._exchange(request, self.policy.timeout, complete=True)
        return Exchange("x0", sent, response, error, started=started, seconds=time.perf_counter() - clock)

    def on_the_wire(self, request: Request, headers: Pairs = ()) -> Request:
        """The request as `send` would send it, with the key and every header, and with its whole path; not sent.

        `headers` take the place of those that the client adds by itself.
        """
        prepared = self._prepare(request, self.policy.credentials)
        built = self._built(self._clients[-1], prepared, self.policy.timeout, complete=False)
        for name, value in headers:
            built.headers[name] = value
        return request.replace(
            path=built.url.raw_path.decode("ascii"), query=(), headers=_pairs(built.headers), body=built.content
        )

    @property
    def sent(self) -> int:
        """The number of requests so far, those of other processes of the run included."""
        return self.budget.spent

    @property
    def time_left(self) -> float:
        """Seconds until the time budget is spent, at least a little; infinity where there is none."""
        return max(self.deadline - time.monotonic(), LEAST_TIME)

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
        self._refuse_late()
        self.budget.spend()
        return next(self._numbers)

    def _refuse_late(self) -> None:
        if time.monotonic() >= self.deadline:
            budget = self.policy.time_budget
            raise BudgetSpent(f"the time budget of {budget:g} s is spent; raise --time-budget to check more")

    def _exchange(self, request: Request, timeout: float, complete: bool = False) -> Came:
        """Send a request; returns it with the headers that it really had, and what came of it.

        The client adds some of its own (User-Agent, Accept), unless those of the request are `complete`.
        """
        with self._lock:
            client = self._clients[-1]
            self._in_flight[client] += 1
        sent = request
        try:
            built = self._built(client, request, timeout, complete)
            sent = request.replace(headers=_pairs(built.headers))
            answer = client.send(built, stream=True)
            try:
                body = _whole_body(answer, time.monotonic() + timeout)
            finally:
                answer.close()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Came(sent, None, (_kind_of(error), str(error) or type(error).__name__))
        finally:
            with self._lock:
                self._in_flight[client] -= 1
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            self._leave_connections()
        return Came(sent, Response(answer.status_code, tuple(answer.headers.multi_items()), body), None)

    def _built(self, client: httpx.Client, request: Request, timeout: float, complete: bool) -> httpx.Request:
        limits = httpx.Timeout(timeout, connect=min(timeout, CONNECT_TIMEOUT))
        url, headers, content = self._url(request), list(request.headers), request.body or None
        if not complete:
            return client.build_request(request.method, url, headers=headers, content=content, timeout=limits)
        extensions = {"timeout": limits.as_dict()}
        return httpx.Request(request.method, url, headers=headers, content=content, extensions=extensions)

    def _url(self, request: Request) -> httpx.URL:
        """Where the request goes. Whatever its path says, that is the target and nobody else: it carries the key."""
        url, base = httpx.URL(self.policy.base_url + request.url), httpx.URL(self.policy.base_url)
        if (url.scheme, url.host, url.port, url.userinfo) != (base.scheme, base.host, base.port, base.userinfo):
            raise UsageProblem(f"a request that would go to {url.host} and not to the target was not sent")
        return url

    def _prepare(self, request: Request, credentials: Credentials) -> Request:
        prepared = request.replace(headers=request.headers + self.policy.headers)
        prepared = self._ask_for_privacy(prepared)
        return _with_key(prepared, credentials) if credentials.key else prepared

    def _ask_for_privacy(self, request: Request) -> Request:
        """Ask a server that knows how not to keep the picture, nor to count it."""
        names, fields = (known.get(request.operation, ()) for known in (self.privacy_parameters, self.privacy_fields))
        asked = request.with_query(**dict.fromkeys(sorted(names), "true"))
        body = _json_object(asked) if fields else None
        if body is None:
            return asked
        wanted = {name: True for name in sorted(fields) if body.get(name, False) is False}
        return asked.replace(body=json.dumps({**body, **wanted}).encode()) if wanted else asked


def _with_key(request: Request, credentials: Credentials) -> Request:
    key, place = credentials.key, credentials.place
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
    body = _json_object(request)
    return None if body is None else request.replace(body=json.dumps({"api_key": key, **body}).encode())


def _json_object(request: Request) -> dict[str, Any] | None:
    """The JSON object in the body; None where there is none."""
    if request.header("content-type") != "application/json":
        return None
    try:
        body: Any = request.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _pairs(headers: httpx.Headers) -> Pairs:
    """Headers in their order on the wire, names as they are written there."""
    return tuple((name.decode(headers.encoding), value.decode(headers.encoding)) for name, value in headers.raw)


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
    if _UNTRUSTED in str(error):
        return "certificate"
    if str(error).startswith(("[SSL", "EOF occurred in violation of protocol")):
        return "TLS"
    return next((kind for family, kind in _KINDS if isinstance(error, family)), "error")
