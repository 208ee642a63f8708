"""A server that stands in front of another one and breaks its promises in one way."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import httpx
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.requests import Request as Received
from starlette.responses import JSONResponse
from starlette.responses import Response as Answer
from starlette.types import Receive, Scope, Send

from assay.contract.message import Request, Response
from assay.faults import wire
from assay.faults.model import Fault, Forward, Traffic
from assay.faults.operation import Tasks, candidates

_T = TypeVar("_T")
_LOG = logging.getLogger(__name__)
_TIMEOUT = httpx.Timeout(600, connect=10)  # the first request to a model may wait minutes for its weights
_LIMITS = httpx.Limits(max_connections=None, keepalive_expiry=3)  # sooner than servers drop an idle connection


@dataclass
class Tally:
    """What a proxy has done: a fault that survived although it never had an effect was not tested.

    `changed` counts the exchanges in which the request, the answer or both were not what they would have
    been; `broken` the operators that raised, whose exchanges passed as if there were no fault. Of the changed requests
    `compared` were sent as they came, too, and `answered_otherwise` of these got an answer that says something else.
    """

    exchanges: int = 0
    changed: int = 0
    broken: int = 0
    compared: int = 0
    answered_otherwise: int = 0


Alike = Callable[[Request, Response, Response], bool]
"""Whether two answers to one request say the same."""
MOST_COMPARED = 40
"""Once an answer is known to be changed, or so many are not, nothing more is asked twice."""


def create_proxy(
    upstream_url: str,
    fault: Fault | None = None,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    alike: Alike | None = None,
) -> Starlette:
    """An ASGI app that forwards every request to `upstream_url` and applies the fault to its operations.

    Without a fault, for any other operation, and wherever the fault finds nothing to change, status, headers
    and body pass byte for byte. An upstream that cannot be reached is answered 502 with a message. The app's
    `state.tally` is a Tally. Proxies of the environment are not used. `transport` stands in for the network
    in tests. With `alike` requests that the fault changes are now and then sent unchanged as well, to know whether the
    answers differ.
    """
    proxy = Proxy(upstream_url, fault, transport, alike)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await proxy.client.aclose()

    app = Starlette(lifespan=lifespan)
    app.state.tally = proxy.tally
    not_found = app.router.default

    async def anything(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await not_found(scope, receive, send)
            return
        try:
            answer = await proxy.handle(Received(scope, receive))
        except ClientDisconnect:  # some requests break off on purpose
            return
        await answer(scope, receive, send)

    app.router.default = anything
    return app


class Proxy:
    """One fault between its clients and one upstream."""

    def __init__(
        self,
        upstream_url: str,
        fault: Fault | None,
        transport: httpx.AsyncBaseTransport | None,
        alike: Alike | None = None,
    ) -> None:
        self.alike = alike
        self.upstream = httpx.URL(upstream_url)
        self.fault = fault
        self.client = httpx.AsyncClient(
            timeout=_TIMEOUT,
            limits=_LIMITS,
            trust_env=False,
            transport=transport,
            verify=self.upstream.scheme == "https",  # to read all authorities takes longer than a small exchange
        )
        self.tally = Tally()
        self.tasks = Tasks()
        self.traffic: Traffic | None = fault.traffic() if fault is not None and fault.traffic is not None else None

    async def handle(self, received: Received) -> Answer:
        """Answer one request."""
        sent = await wire.read(received)
        self.tally.exchanges += 1
        try:
            possible = self._applicable(sent.request)
            if self.fault is None or not possible:
                outgoing = wire.outgoing(sent, sent.request, self.upstream, decodable=False)
                return wire.as_received(await wire.fetch(self.client, outgoing))
            return await self._faulty(self.fault, sent, possible)
        except httpx.TransportError as error:
            return JSONResponse({"message": f"No answer from {self.upstream.host}: {_reason(error)}"}, 502)

    def _applicable(self, request: Request) -> tuple[str, ...]:
        """The operations of the fault that the request may be of."""
        if self.fault is None:
            return ()
        possible = self.tasks.narrowed(request, candidates(request.method, request.path))
        return tuple(operation for operation in possible if operation in self.fault.operations)

    def _certain(self, request: Request) -> bool:
        """Whether the request is of the fault's operations whatever its model's task: answers have not told it yet."""
        possible = self.tasks.narrowed(request, candidates(request.method, request.path))
        return len(self._applicable(request)) == len(possible)

    async def _faulty(self, fault: Fault, sent: wire.Sent, possible: tuple[str, ...]) -> Answer:
        got: list[wire.Got] = []
        wanted_otherwise: list[Request] = []
        request = sent.request.replace(operation=possible[0])
        asked = request
        if fault.request is not None and self._certain(sent.request):
            asked = self._tried(partial(fault.request, request), request)

        async def forward(wanted: Request) -> Response:
            if wanted != request:
                wanted_otherwise.append(wanted)
            outgoing = wire.outgoing(sent, wanted, self.upstream, decodable=True)
            got.append(await wire.fetch(self.client, outgoing))
            self.tasks.learn(sent.request, got[-1].response)
            return got[-1].response

        response = await self._through_traffic(asked, forward)
        if wanted_otherwise and asked != request:
            await self._compare(sent, request, response)
        still = self._applicable(sent.request)
        if fault.response is not None and still:
            told = request.replace(operation=still[0])
            response = self._tried(partial(fault.response, told, response), response)
        untouched = bool(got) and response == got[-1].response
        if wanted_otherwise or not untouched:
            self.tally.changed += 1
        return wire.as_received(got[-1]) if untouched else wire.as_changed(response)

    async def _compare(self, sent: wire.Sent, request: Request, response: Response) -> None:
        """Find out whether the request, as it came, would have been answered otherwise."""
        if self.alike is None or self.tally.answered_otherwise or self.tally.compared >= MOST_COMPARED:
            return
        outgoing = wire.outgoing(sent, request, self.upstream, decodable=True)
        usual = (await wire.fetch(self.client, outgoing)).response
        self.tally.compared += 1
        self.tally.answered_otherwise += not self.alike(request, usual, response)

    async def _through_traffic(self, asked: Request, forward: Forward) -> Response:
        if self.traffic is None:
            return await forward(asked)
        try:
            return await self.traffic(asked, forward)
        except httpx.TransportError:
            raise
        except Exception:  # as in _tried
            self._count_broken()
            return await forward(asked)

    def _tried(self, operator: Callable[[], _T], otherwise: _T) -> _T:
        """What the operator makes, or `otherwise` where it raises: its mistake is not the server's."""
        try:
            return operator()
        except Exception:  # whatever it is, it is counted and logged
            self._count_broken()
            return otherwise

    def _count_broken(self) -> None:
        _LOG.exception("the fault %s raised", self.fault.name if self.fault else "")
        self.tally.broken += 1


def _reason(error: httpx.TransportError) -> str:
    return str(error) or type(error).__name__
