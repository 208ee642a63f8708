"""Operators on whole answers, and the conditions under which an operator acts."""

from __future__ import annotations

import re
from functools import reduce
from typing import Any

from assay.contract.message import Request, Response
from assay.faults import pictures
from assay.faults.model import Condition, ResponseOperator


def replace_answer(status: int, body: bytes, media: str = "application/json") -> ResponseOperator:
    """Answer with this status and body; the other headers stay."""

    def apply(request: Request, response: Response) -> Response:
        return called(response.replace(status=status, body=body), media)

    return apply


def call_media(media: str) -> ResponseOperator:
    """Send the same bytes under another Content-Type."""
    return lambda request, response: called(response, media)


def called(response: Response, media: str) -> Response:
    """The response with that Content-Type in the place of its own."""
    kept = [(name, media if name.lower() == "content-type" else value) for name, value in response.headers]
    if response.header("content-type") is None:
        kept.append(("content-type", media))
    return response.replace(headers=tuple(kept))


def cut_short(kept: float) -> ResponseOperator:
    """Send only this fraction of the body, as if that were all of it."""
    return lambda request, response: response.replace(body=response.body[: int(len(response.body) * kept)])


def rewrite(pattern: bytes, replacement: bytes) -> ResponseOperator:
    """Write the text of an answer otherwise, wherever the pattern is found."""
    return lambda request, response: response.replace(body=re.sub(pattern, replacement, response.body))


INTERNAL_ERROR = replace_answer(500, b'{"message":"Internal error."}')
UNHANDLED_ERROR = replace_answer(500, b"Internal Server Error", "text/plain; charset=utf-8")


def only_if(condition: Condition, operator: ResponseOperator) -> ResponseOperator:
    """Apply the operator to the exchanges for which the condition holds."""
    return lambda request, response: operator(request, response) if condition(request, response) else response


def in_turn(*operators: ResponseOperator) -> ResponseOperator:
    """Apply one operator to what the one before it made."""
    return lambda request, response: reduce(lambda answer, act: act(request, answer), operators, response)


def both(*conditions: Condition) -> Condition:
    """Holds where all of the conditions hold."""
    return lambda request, response: all(condition(request, response) for condition in conditions)


def either(*conditions: Condition) -> Condition:
    """Holds where at least one of the conditions holds."""
    return lambda request, response: any(condition(request, response) for condition in conditions)


def negated(condition: Condition) -> Condition:
    """A condition that holds where this one does not."""
    return lambda request, response: not condition(request, response)


def given(name: str) -> Condition:
    """Holds where the query parameter is there and not empty."""
    return lambda request, response: bool(request.parameter(name))


def asked(name: str, *values: str) -> Condition:
    """Holds where the query parameter has one of these values, in whatever case."""
    return lambda request, response: (request.parameter(name) or "").lower() in values


def asked_at_least(name: str, lowest: float) -> Condition:
    """Holds where the query parameter is a number and not below `lowest`."""

    def holds(request: Request, response: Response) -> bool:
        value = number(request, name)
        return value is not None and value >= lowest

    return holds


def asked_below(name: str, bound: float) -> Condition:
    """Holds where the query parameter is a number below `bound`."""

    def holds(request: Request, response: Response) -> bool:
        value = number(request, name)
        return value is not None and value < bound

    return holds


def asked_no_number(name: str) -> Condition:
    """Holds where the query parameter is given and is no number."""
    return lambda request, response: bool(request.parameter(name)) and number(request, name) is None


def asked_in_body(name: str, value: bool) -> Condition:
    """Holds where the JSON body has that member with that value."""
    return lambda request, response: (_body_object(request) or {}).get(name) is value


def has_in_body(name: str, *values: Any) -> Condition:
    """Holds where the JSON body has that member, or has it with one of these values."""

    def holds(request: Request, response: Response) -> bool:
        body = _body_object(request) or {}
        return name in body and (not values or body[name] in values)

    return holds


def lacks_in_body(name: str) -> Condition:
    """Holds where the body is a JSON object without that member."""

    def holds(request: Request, response: Response) -> bool:
        body = _body_object(request)
        return body is not None and name not in body

    return holds


def succeeded(request: Request, response: Response) -> bool:
    """An answer with a status of the 200s."""
    return 200 <= response.status < 300


def is_json(request: Request, response: Response) -> bool:
    """An answer that is declared as JSON."""
    return response.media_type == "application/json"


def is_picture(request: Request, response: Response) -> bool:
    """An answer that is declared as a picture."""
    return response.media_type.startswith("image/")


def refused(request: Request, response: Response) -> bool:
    """A refusal of the request itself; who may ask (401 to 403) and what exists (404) are other matters."""
    return response.status in (400, 415, 422)


def picture_refused(request: Request, response: Response) -> bool:
    """A refusal of a request whose picture, as far as the request shows it, cannot be decoded."""
    return refused(request, response) and pictures.present(request) and pictures.sent(request) is None


def number(request: Request, name: str) -> float | None:
    """The query parameter as a number; None where it is absent or no number."""
    try:
        return float(request.parameter(name) or "")
    except ValueError:
        return None


def _body_object(request: Request) -> dict[str, Any] | None:
    try:
        body = request.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None
