"""What goes wrong only while more than one request is under way: whose answer it is, whose picture, whose refusal."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Hashable
from operator import ne
from typing import Any

from assay.contract.message import Request, Response
from assay.faults.model import Condition, Forward, ResponseOperator, Traffic
from assay.faults.operators.delivery import text_of_picture, with_picture
from assay.faults.operators.fields import edit_json, predictions

Group = Callable[[Request], Hashable]
Pair = Callable[[Request, Request], bool]
MOMENT = 0.005
"""Seconds in which requests that come at the same time have all arrived."""


def route(request: Request) -> Hashable:
    """Requests of one route are answered alike: the path, and the way of answering that was asked for."""
    return request.path, request.parameter("format")


def anything(request: Request) -> Hashable:
    """All requests together."""
    return None


def other_paths(one: Request, other: Request) -> bool:
    """Whether two requests are to different routes."""
    return one.path != other.path


class UnderLoad:
    """Counts what is under way in each group of requests; what goes wrong then, `answer` says."""

    def __init__(self, group: Group = route) -> None:
        self._group = group
        self._under_way: Counter[Hashable] = Counter()

    async def __call__(self, request: Request, forward: Forward) -> Response:
        """Answer, counted as long as that takes."""
        key = self._group(request)
        self._under_way[key] += 1
        try:
            return await self.answer(key, request, forward)
        finally:
            self._under_way[key] -= 1

    def beyond(self, key: Hashable, number: int = 1) -> bool:
        """Whether more than so many are under way."""
        return self._under_way[key] > number

    async def answer(self, key: Hashable, request: Request, forward: Forward) -> Response:
        """What the client gets."""
        raise NotImplementedError


class Swap(UnderLoad):
    """Answers to different requests of one group change places while both are under way.

    The first answer waits for another only while there is one: a lone client sees its own, at once. `pair` says of two
    requests whether their answers may change places.
    """

    def __init__(self, group: Group = route, pair: Pair = ne) -> None:
        super().__init__(group)
        self._pair = pair
        self._present: dict[Hashable, list[Request]] = {}
        self._waiting: dict[Hashable, tuple[Request, Response, asyncio.Future[Response]]] = {}

    async def answer(self, key: Hashable, request: Request, forward: Forward) -> Response:
        """Forward, then give the answer away where somebody waits for one, or else wait for somebody's."""
        present = self._present.setdefault(key, [])
        present.append(request)
        try:
            return await self._exchanged(key, request, await forward(request))
        finally:
            _remove(present, request)
            self._release(key)

    async def _exchanged(self, key: Hashable, request: Request, response: Response) -> Response:
        if key in self._waiting:
            other, others, partner = self._waiting[key]
            if not self._pair(other, request):
                return response
            del self._waiting[key]
            if not partner.done():
                partner.set_result(response)
                return others
        if not self._others(key, request):
            return response
        mine: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._waiting[key] = (request, response, mine)
        return await mine

    def _others(self, key: Hashable, request: Request) -> bool:
        return any(self._pair(other, request) for other in self._present[key])

    def _release(self, key: Hashable) -> None:
        """Let the one that waits have its own answer when nobody is left to change places with."""
        if key in self._waiting:
            request, response, mine = self._waiting[key]
            if not self._others(key, request):
                del self._waiting[key]
                if not mine.done():
                    mine.set_result(response)


class Previous(UnderLoad):
    """While another request of the route is under way, each nth request is answered with the answer before."""

    def __init__(self, nth: int = 1) -> None:
        super().__init__()
        self._nth = nth
        self._count = 0
        self._last: dict[Hashable, Response] = {}

    async def answer(self, key: Hashable, request: Request, forward: Forward) -> Response:
        """Forward, and answer with it only where nothing else is under way."""
        response = await forward(request)
        previous, self._last[key] = self._last.get(key, response), response
        if not self.beyond(key) or previous is response:
            return response
        self._count += 1
        return previous if self._count % self._nth == 0 else response


class Leak(UnderLoad):
    """While another request of the route is under way, predictions of the answer before get into the next."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[Hashable, list[Any]] = {}

    async def answer(self, key: Hashable, request: Request, forward: Forward) -> Response:
        """Forward, and add what the answer before held where something else is under way."""
        response = await forward(request)
        foreign = self._last.get(key, []) if self.beyond(key) else []
        self._last[key] = _predictions_of(response)
        return _with_more(foreign)(request, response)


class LastPicture(UnderLoad):
    """While others of the group are under way, every request is answered for the picture that came last.

    With a `pair`, only where the one that brought it and the one that is answered are such a pair.
    """

    def __init__(self, group: Group = route, pair: Pair = ne) -> None:
        super().__init__(group)
        self._pair = pair
        self._last: dict[Hashable, Request] = {}

    async def answer(self, key: Hashable, request: Request, forward: Forward) -> Response:
        """Forward once all that came at the same time are there."""
        self._last[key] = request
        await asyncio.sleep(MOMENT)
        last = self._last[key]
        if not self.beyond(key) or not self._pair(last, request) or not text_of_picture(last):
            return await forward(request)
        return await forward(with_picture(request, text_of_picture(last)))


class LastDrawing(UnderLoad):
    """While another request of the route is under way, the drawing beside the JSON is that of the answer before."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[Hashable, str] = {}

    async def answer(self, key: Hashable, request: Request, forward: Forward) -> Response:
        """Forward, and change the drawing where something else is under way."""
        busy = self.beyond(key)
        last: list[str] = []

        def edit(request: Request, document: Any) -> Any:
            if isinstance(document, dict) and isinstance(document.get("visualization"), str):
                own, foreign = document["visualization"], self._last.get(key)
                last.append(own)
                document["visualization"] = foreign if busy and foreign else own
            return document

        response = edit_json(edit)(request, await forward(request))
        self._last[key] = last[0] if last else self._last.get(key, "")
        return response


class PassedOn(UnderLoad):
    """An answer that meets a condition goes to the next request as well, if that one is under way by then."""

    def __init__(self, condition: Condition) -> None:
        super().__init__()
        self._condition = condition
        self._pending: dict[Hashable, Response] = {}

    async def answer(self, key: Hashable, request: Request, forward: Forward) -> Response:
        """Forward, and give out what another request has left behind."""
        response = await forward(request)
        if not self.beyond(key):
            self._pending.pop(key, None)
            return response
        if self._condition(request, response):
            self._pending[key] = response
            return response
        return self._pending.pop(key, response)


class Neighbours(UnderLoad):
    """While others are under way, a request whose answer meets a condition gets the last that did not meet it."""

    def __init__(self, condition: Condition) -> None:
        super().__init__()
        self._condition = condition
        self._others: dict[Hashable, Response] = {}

    async def answer(self, key: Hashable, request: Request, forward: Forward) -> Response:
        """Forward, and put another's answer in the place of such a one."""
        response = await forward(request)
        if not self._condition(request, response):
            self._others[key] = response
            return response
        return self._others.get(key, response) if self.beyond(key) else response


class Beyond(UnderLoad):
    """While more than so many requests are under way, answers are changed by an operator."""

    def __init__(self, number: int, operator: ResponseOperator, group: Group = anything) -> None:
        super().__init__(group)
        self._number, self._operator = number, operator

    async def answer(self, key: Hashable, request: Request, forward: Forward) -> Response:
        """Forward, and change the answer where the request came into a crowd."""
        crowded = self.beyond(key, self._number)
        await asyncio.sleep(0)
        response = await forward(request)
        return self._operator(request, response) if crowded or self.beyond(key, self._number) else response


def where(condition: Callable[[Request], bool], begin: Callable[[], Traffic]) -> Callable[[], Traffic]:
    """Only requests of this kind go through such traffic; all others are forwarded."""

    def begun() -> Traffic:
        traffic = begin()

        async def exchange(request: Request, forward: Forward) -> Response:
            return await (traffic(request, forward) if condition(request) else forward(request))

        return exchange

    return begun


def _predictions_of(response: Response) -> list[Any]:
    try:
        return predictions(response.json())
    except ValueError:
        return []


def _with_more(more: list[Any]) -> ResponseOperator:
    def edit(request: Request, document: Any) -> Any:
        predictions(document).extend(more)
        return document

    return edit_json(edit)


def _remove(requests: list[Request], request: Request) -> None:
    """Take out this very request, not one that equals it."""
    del requests[next(i for i, each in enumerate(requests) if each is request)]
