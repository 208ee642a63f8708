"""What goes wrong only over several exchanges that follow each other."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Hashable
from typing import Any

from assay.contract.message import Request, Response
from assay.faults.model import Forward, RequestOperator, ResponseOperator, Traffic
from assay.faults.operators.crowds import route
from assay.faults.operators.fields import edit_json


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


def the_one_before(nth: int) -> Callable[[], Traffic]:
    """Each nth good answer of a route is the good answer before it, whatever was asked for that."""

    def begin() -> Traffic:
        last: dict[Hashable, Response] = {}
        count: Counter[Hashable] = Counter()

        async def exchange(request: Request, forward: Forward) -> Response:
            response, key = await forward(request), route(request)
            if response.status != 200:
                return response
            before, last[key] = last.get(key, response), response
            count[key] += 1
            return before if count[key] % nth == 0 else response

        return exchange

    return begin


def drawn_as_asked(operator: RequestOperator) -> Callable[[], Traffic]:
    """The drawing beside the JSON is that of another request, which `operator` makes of the one that came."""

    async def exchange(request: Request, forward: Forward) -> Response:
        response = await forward(request)
        other = operator(request)
        if other == request or b'"visualization"' not in response.body:
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
