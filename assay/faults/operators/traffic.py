"""What goes wrong only over several exchanges that follow each other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from assay.contract.message import Request, Response
from assay.faults.model import Forward, RequestOperator, ResponseOperator, Traffic
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
