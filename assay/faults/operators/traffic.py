"""What goes wrong only over several exchanges that follow each other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from typing import Any

from assay.contract.message import Request, Response
from assay.faults import pictures
from assay.faults.model import Forward, RequestOperator, ResponseOperator, Traffic
from assay.faults.operators.crowds import route
from assay.faults.operators.fields import dumps, edit_json


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


class Before:
    """Each request is answered with the answer to the one before it, of the same route."""

    def __init__(self) -> None:
        self._last: dict[Hashable, Response] = {}

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
