"""What goes wrong only over several exchanges: by turns, or while more than one is under way."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

from assay.contract.message import Request, Response
from assay.faults import pictures
from assay.faults.model import Forward, RequestOperator, ResponseOperator, Traffic
from assay.faults.operators.fields import dumps, edit_json, predictions


def every(nth: int, operator: ResponseOperator) -> Callable[[], Traffic]:
    """Apply the operator to each nth of the answers that it can change; the others do not count."""

    def begin() -> Traffic:
        count = 0

        async def exchange(request: Request, forward: Forward) -> Response:
            nonlocal count
            response = await forward(request)
            changed = operator(request, response)
            if changed == response:
                return response
            count += 1
            return changed if count % nth == 0 else response

        return exchange

    return begin


Route = tuple[str, str | None]


def route(request: Request) -> Route:
    """Requests of one route are answered alike: the path, and the way of answering that was asked for."""
    return request.path, request.parameter("format")


class Swap:
    """Answers to different requests of one route change places while both are under way.

    The first answer waits for another only while there is one: a lone client sees its own, at once.
    """

    def __init__(self) -> None:
        self._under_way: dict[Route, list[Request]] = {}
        self._waiting: dict[Route, tuple[Request, Response, asyncio.Future[Response]]] = {}

    async def __call__(self, request: Request, forward: Forward) -> Response:
        """Forward, then give the answer away where somebody waits for one, or else wait for somebody's."""
        key = route(request)
        under_way = self._under_way.setdefault(key, [])
        under_way.append(request)
        try:
            return await self._exchanged(key, request, await forward(request))
        finally:
            _remove(under_way, request)
            self._release(key)

    async def _exchanged(self, key: Route, request: Request, response: Response) -> Response:
        if key in self._waiting:
            other, others, partner = self._waiting[key]
            if other == request:
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

    def _others(self, key: Route, request: Request) -> bool:
        return any(other != request for other in self._under_way[key])

    def _release(self, key: Route) -> None:
        """Let the one that waits have its own answer when nobody is left to change places with."""
        if key in self._waiting:
            request, response, mine = self._waiting[key]
            if not self._others(key, request):
                del self._waiting[key]
                if not mine.done():
                    mine.set_result(response)


class Previous:
    """While another request of the route is under way, a request is answered with the answer before."""

    def __init__(self) -> None:
        self._under_way: Counter[Route] = Counter()
        self._last: dict[Route, Response] = {}

    async def __call__(self, request: Request, forward: Forward) -> Response:
        """Forward, and answer with it only where nothing else is under way."""
        key = route(request)
        self._under_way[key] += 1
        try:
            response = await forward(request)
            previous, self._last[key] = self._last.get(key, response), response
            return previous if self._under_way[key] > 1 else response
        finally:
            self._under_way[key] -= 1


class Leak:
    """While another request of the route is under way, predictions of the answer before get into the next."""

    def __init__(self) -> None:
        self._under_way: Counter[Route] = Counter()
        self._last: dict[Route, list[Any]] = {}

    async def __call__(self, request: Request, forward: Forward) -> Response:
        """Forward, and add what the answer before held where something else is under way."""
        key = route(request)
        self._under_way[key] += 1
        try:
            response = await forward(request)
            foreign = self._last.get(key, []) if self._under_way[key] > 1 else []
            self._last[key] = _predictions_of(response)
            return _with_more(foreign)(request, response)
        finally:
            self._under_way[key] -= 1


def drawn_as_asked(operator: RequestOperator) -> Callable[[], Traffic]:
    """The drawing beside the JSON is that of another request, which `operator` makes of the one that came."""

    async def exchange(request: Request, forward: Forward) -> Response:
        response = await forward(request)
        other = operator(request)
        if request.parameter("format") != "image_and_json" or other == request:
            return response
        return _with_drawing_of(await forward(other))(request, response)

    return lambda: exchange


def _with_drawing_of(other: Response) -> ResponseOperator:
    def edit(request: Request, document: Any) -> Any:
        drawing = other.json().get("visualization")
        if isinstance(document, dict) and drawing is not None:
            document["visualization"] = drawing
        return document

    return edit_json(edit)


class Cached:
    """A good answer is remembered by path and query, and given again whatever picture comes next."""

    def __init__(self) -> None:
        self._answers: dict[str, Response] = {}

    async def __call__(self, request: Request, forward: Forward) -> Response:
        """Forward only what was not asked before."""
        if request.url not in self._answers:
            response = await forward(request)
            if response.status != 200:
                return response
            self._answers[request.url] = response
        return self._answers[request.url]


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


class Before:
    """Each request is answered with the answer to the one before it, of the same route."""

    def __init__(self) -> None:
        self._last: dict[Route, Response] = {}

    async def __call__(self, request: Request, forward: Forward) -> Response:
        """Forward, and keep the answer for the next."""
        key = route(request)
        response = await forward(request)
        before, self._last[key] = self._last.get(key, response), response
        return before


Key = Callable[[Request], object]


def first_by(key: Key) -> Callable[[], Traffic]:
    """Requests that are alike by `key` get the good answer to the first of them; that one is always asked anew."""

    def begin() -> Traffic:
        first: dict[object, tuple[Request, Response]] = {}

        async def exchange(request: Request, forward: Forward) -> Response:
            held = first.get(key(request))
            if held is not None and (held[0].url, held[0].body) != (request.url, request.body):
                return held[1]
            response = await forward(request)
            if response.status == 200:
                first.setdefault(key(request), (request, response))
            return response

        return exchange

    return begin


def parameters_of(request: Request) -> object:
    """All that a request asks for but the picture."""
    try:
        document = request.json()
    except ValueError:
        document = None
    if not isinstance(document, dict):
        return request.path, request.with_query(image=None).query
    return request.path, dumps({name: value for name, value in document.items() if name != "image"})


def picture_of(request: Request) -> object:
    """The picture of a request, and the route that it goes to."""
    held = pictures.image_object(request)
    return request.path, dumps(held) if held else (request.body, request.parameter("image"))


def slow(nth: int, seconds: float) -> Callable[[], Traffic]:
    """Each nth answer comes so much later."""

    def begin() -> Traffic:
        count = 0

        async def exchange(request: Request, forward: Forward) -> Response:
            nonlocal count
            count += 1
            if count % nth == 0:
                await asyncio.sleep(seconds)
            return await forward(request)

        return exchange

    return begin
