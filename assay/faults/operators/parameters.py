"""Operators on requests: what the client asks for and the server never gets to see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from assay.contract.message import Request
from assay.faults.model import RequestOperator
from assay.faults.operators.fields import dumps


def change_parameter(name: str, change: Callable[[str], str | None]) -> RequestOperator:
    """Put `change(value)` in the place of each value of a query parameter; None leaves it out."""

    def apply(request: Request) -> Request:
        changed = [(key, change(value) if key == name else value) for key, value in request.query]
        query = tuple((key, value) for key, value in changed if value is not None)
        return request if query == request.query else request.replace(query=query)

    return apply


def drop_parameter(name: str, *values: str) -> RequestOperator:
    """Leave out a query parameter, or only where it has one of these values."""
    return change_parameter(name, lambda value: None if not values or value.lower() in values else value)


def change_number(name: str, change: Callable[[float], float]) -> RequestOperator:
    """Put another number in the place of a numeric query parameter; what is no number passes."""

    def changed(text: str) -> str:
        try:
            return f"{change(float(text)):.6g}"
        except (ValueError, OverflowError):
            return text

    return change_parameter(name, changed)


def where_asked(name: str, value: str, operator: RequestOperator) -> RequestOperator:
    """Apply the operator to the requests whose query parameter has this value."""
    return lambda request: operator(request) if request.parameter(name) == value else request


def where_given(name: str, operator: RequestOperator) -> RequestOperator:
    """Apply the operator to the requests that have this query parameter."""
    return lambda request: operator(request) if request.parameter(name) is not None else request


def by_method(method: str, operator: RequestOperator) -> RequestOperator:
    """Apply the operator to the requests of this method."""
    return lambda request: operator(request) if request.method == method else request


def beside_media(media: str, operator: RequestOperator) -> RequestOperator:
    """Apply the operator to the requests whose body is of this media type."""

    def apply(request: Request) -> Request:
        kinds = [value for name, value in request.headers if name.lower() == "content-type"]
        return operator(request) if any(kind.startswith(media) for kind in kinds) else request

    return apply


def set_value(name: str, value: str) -> RequestOperator:
    """Give a query parameter this value, in the place of another one or of none."""
    dropped = drop_parameter(name)
    return lambda request: request if request.parameter(name) == value else dropped(request).with_query(**{name: value})


def set_default(name: str, value: str) -> RequestOperator:
    """Give a query parameter where the request has none."""
    return lambda request: request if request.parameter(name) else request.with_query(**{name: value})


def edit_body(edit: Callable[[Any], Any]) -> RequestOperator:
    """Replace a JSON body by what `edit` makes of it; it may change the document that it gets in place."""

    def apply(request: Request) -> Request:
        try:
            document = request.json()
        except ValueError:
            return request
        before = dumps(document)
        after = dumps(edit(document))
        return request if after == before else request.replace(body=after.encode("utf-8"))

    return apply


def drop_body_field(name: str, *values: Any) -> RequestOperator:
    """Leave out a member of the JSON body, or only where it has one of these values."""

    def edit(document: Any) -> Any:
        if isinstance(document, dict) and name in document and (not values or document[name] in values):
            del document[name]
        return document

    return edit_body(edit)


def set_body_default(name: str, value: Any) -> RequestOperator:
    """Give a member to a JSON body that is an object and has none of that name."""
    return edit_body(lambda document: {name: value, **document} if isinstance(document, dict) else document)


def change_body_field(name: str, change: Callable[[Any], Any]) -> RequestOperator:
    """Put `change(value)` in the place of a member of the JSON body."""

    def edit(document: Any) -> Any:
        if isinstance(document, dict) and name in document:
            document[name] = change(document[name])
        return document

    return edit_body(edit)


def without_last_prompt(document: Any) -> Any:
    """A SAM2 request that has lost the last of its two or more prompts, in either way of listing them."""
    if not isinstance(document, dict):
        return document
    prompts = document.get("prompts")
    listed = prompts.get("prompts") if isinstance(prompts, dict) else prompts
    if isinstance(listed, list) and len(listed) > 1:
        listed.pop()
    return document


def in_turn(*operators: RequestOperator) -> RequestOperator:
    """Apply one operator to what the one before it made."""

    def apply(request: Request) -> Request:
        for operator in operators:
            request = operator(request)
        return request

    return apply
