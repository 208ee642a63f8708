"""What a server does with a version of a model that it does not have, while it has another one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from assay.contract.message import Request, Response
from assay.faults.model import Forward, ResponseOperator, Traffic
from assay.faults.operators.parameters import edit_body

NOT_FOUND = 404
Instead = Callable[[Request, Response, str, Forward], Awaitable[Response]]


def _of_another_version(instead: Instead) -> Callable[[], Traffic]:
    """Answer by `instead` what is refused as not there, once another version of the same model was answered."""

    def begin() -> Traffic:
        known: dict[str, str] = {}

        async def exchange(request: Request, forward: Forward) -> Response:
            response = await forward(request)
            model = _model_of(request)
            name = model.rpartition("/")[0]
            if response.status == NOT_FOUND and name in known:
                return await instead(request, response, known[name], forward)
            if response.status == 200 and name:
                known.setdefault(name, model)
            return response

        return exchange

    return begin


def answered_by_another() -> Callable[[], Traffic]:
    """The version that is there answers."""

    async def instead(request: Request, response: Response, model: str, forward: Forward) -> Response:
        return await forward(_with_model(request, model))

    return _of_another_version(instead)


def answered_with(operator: ResponseOperator) -> Callable[[], Traffic]:
    """The refusal is changed by the operator."""

    async def instead(request: Request, response: Response, model: str, forward: Forward) -> Response:
        return operator(request, response)

    return _of_another_version(instead)


def _named(request: Request) -> str | None:
    try:
        document = request.json()
    except ValueError:
        return None
    name = document.get("model_id") if isinstance(document, dict) else None
    return name if isinstance(name, str) else None


def _model_of(request: Request) -> str:
    """The model that a request asks, named in its JSON body or by its path."""
    return _named(request) or request.path.strip("/")


def _with_model(request: Request, model: str) -> Request:
    if _named(request) is None:
        return request.replace(path=f"/{model}")
    return edit_body(lambda document: {**document, "model_id": model})(request)
