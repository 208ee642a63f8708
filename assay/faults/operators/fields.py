"""Operators on the members of a JSON answer, at pointer patterns."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeGuard

from assay.contract.message import Request, Response
from assay.faults.model import ResponseOperator
from assay.faults.pointers import places

Edit = Callable[[Request, Any], Any]
SHAPED_OTHERWISE = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError)
"""What an edit raises that takes an answer for what it is not."""


def edit_json(edit: Edit) -> ResponseOperator:
    """Replace a JSON answer by what `edit` makes of it; it may change the document that it gets in place.

    An answer that is not JSON, or not shaped as the edit expects, and one that it leaves as it was, pass untouched.
    """

    def apply(request: Request, response: Response) -> Response:
        try:
            document = response.json()
        except ValueError:
            return response
        before = dumps(document)
        try:
            after = dumps(edit(request, document))
        except SHAPED_OTHERWISE:
            return response
        return response if after == before else response.replace(body=after.encode("utf-8"))

    return apply


def dumps(document: Any) -> str:
    """Compact JSON; NaN stays NaN, since a broken server sends it."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def change_field(pattern: str, change: Callable[[Any], Any]) -> ResponseOperator:
    """Put `change(value)` in the place of each value that the pattern names."""

    def edit(request: Request, document: Any) -> Any:
        for place in places(document, pattern):
            place.parent[place.key] = change(place.value)
        return document

    return edit_json(edit)


def drop_field(pattern: str) -> ResponseOperator:
    """Leave out each member or element that the pattern names."""

    def edit(request: Request, document: Any) -> Any:
        for place in reversed(places(document, pattern)):  # from the end: the earlier indices stay right
            del place.parent[place.key]
        return document

    return edit_json(edit)


def rename_field(pattern: str, name: str) -> ResponseOperator:
    """Give each member that the pattern names another name, in its old position."""

    def edit(request: Request, document: Any) -> Any:
        for place in places(document, pattern):
            if isinstance(place.parent, dict):
                members = [(name if key == place.key else key, value) for key, value in place.parent.items()]
                place.parent.clear()
                place.parent.update(members)
        return document

    return edit_json(edit)


def scale_field(pattern: str, factor: float) -> ResponseOperator:
    """Multiply each number that the pattern names."""
    return change_field(pattern, lambda value: value * factor if is_number(value) else value)


def as_text(value: Any) -> Any:
    """A number as its own text; anything else as it is."""
    return str(value) if is_number(value) else value


def as_object(value: Any) -> Any:
    """A list as an object with its indices as names, as some serialisers of other languages write it."""
    return {str(i): element for i, element in enumerate(value)} if isinstance(value, list) else value


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether it is a JSON number; Python counts booleans among its integers."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def predictions(document: Any) -> list[Any]:
    """The answer's list of predictions; empty where there is none. It is the list itself, not a copy."""
    found = document.get("predictions") if isinstance(document, dict) else None
    return found if isinstance(found, list) else []
