"""A server that loads a model when it is first asked for, and says something wrong of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from assay.contract.message import Request, Response
from assay.faults.model import Forward, Traffic
from assay.faults.operators.fields import edit_json

REGISTRY = "service.registry"
COLD_START, LOAD_TIME, LOAD_DETAILS = "x-model-cold-start", "x-model-load-time", "x-model-load-details"
NAMED = {"model_id": "", "sam2_version_id": "sam2/", "owlv2_version_id": "owlv2/"}
"""The members of a JSON body that name a model, and how its name begins in the registry."""
Headers = Mapping[str, str | None]
Says = Callable[[int], Headers]
"""The headers about a load in the answer of that number (from 1) of a model; None takes one out."""


class Lazily:
    """Lists a model only once it was asked for, whatever the server behind holds, and tells of its loading in this way.

    So a server that was asked long since is as good as new.
    """

    def __init__(self, says: Says) -> None:
        self._says = says
        self._asked = Counter[str]()

    async def __call__(self, request: Request, forward: Forward) -> Response:
        """Forward, and change what the registry lists, or what a good answer says of a load."""
        response = await forward(request)
        if request.operation == REGISTRY:
            return edit_json(self._without_unasked)(request, response)
        if response.status != 200:
            return response
        model = _model(request)
        self._asked[model] += 1
        return _with_headers(response, self._says(self._asked[model]))

    def _without_unasked(self, request: Request, document: Any) -> Any:
        models = document.get("models") if isinstance(document, dict) else None
        if isinstance(models, list):
            document["models"] = [each for each in models if each["model_id"] in self._asked]
        return document


def lazily(cold_start: Callable[[int], str]) -> Callable[[], Traffic]:
    """Loading of models, to each proxy its own, of which X-Model-Cold-Start tells in this way."""
    return lambda: Lazily(lambda number: {COLD_START: cold_start(number)})


def timed(times: Callable[[int], tuple[str | None, str | None] | None]) -> Callable[[], Traffic]:
    """Loading that X-Model-Cold-Start tells of rightly, and with this X-Model-Load-Time and X-Model-Load-Details."""

    def says(number: int) -> Headers:
        taken, details = times(number) or (None, None)
        return {COLD_START: "true" if number == 1 else "false", LOAD_TIME: taken, LOAD_DETAILS: details}

    return lambda: Lazily(says)


def cold_again(when: Callable[[int], bool]) -> Callable[[], Traffic]:
    """Further cold starts, by the number of the answer, that tell nothing of a load; the first one does."""

    def says(number: int) -> Headers:
        timed = {LOAD_TIME: "0.5", LOAD_DETAILS: '[{"m":"a","t":0.5}]'} if number == 1 else {}
        cold = number == 1 or when(number)
        return {COLD_START: "true" if cold else "false", LOAD_TIME: None, LOAD_DETAILS: None, **timed}

    return lambda: Lazily(says)


def _with_headers(response: Response, headers: Headers) -> Response:
    """Of a server that tells nothing of loads, nothing is told."""
    if response.header(COLD_START) is None:
        return response
    kept = [pair for pair in response.headers if pair[0].lower() not in headers]
    added = [(name, value) for name, value in headers.items() if value is not None]
    return response.replace(headers=(*kept, *added))


def _model(request: Request) -> str:
    """The model that a request asks, as the registry names it."""
    try:
        document = request.json()
    except ValueError:
        document = None
    members = document if isinstance(document, dict) else {}
    named = (f"{begins}{members[name]}" for name, begins in NAMED.items() if name in members)
    return next(named, request.path[1:])
