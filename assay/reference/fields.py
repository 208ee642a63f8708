"""Reading single values out of a JSON body; each refuses with a 422 that says where."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from assay.contract.message import parse_json
from assay.reference.errors import invalid

Where = Sequence[str | int]
T = TypeVar("T")

BODY: Where = ("body",)
IMAGE_TYPES = ("url", "base64")


def parsed(raw: bytes) -> tuple[Any, bool]:
    """The body's JSON, and whether it is none."""
    try:
        return parse_json(raw), False
    except (ValueError, RecursionError):
        return None, True


def object_of(value: Any, where: Where) -> Mapping[str, Any]:
    """The value as an object."""
    return typed(value, dict, "an object", where)


def typed(value: Any, kind: type[T], words: str, where: Where) -> T:
    """The value, if it is of that kind."""
    if not isinstance(value, kind):
        raise invalid("type", where, f"Input should be {words}")
    return value


def required(fields: Mapping[str, Any], name: str, kind: type[T], words: str, where: Where) -> T:
    """A member of that kind that has to be there."""
    return typed(field(fields, name, where), kind, words, [*where, name])


def field(fields: Mapping[str, Any], name: str, where: Where) -> Any:
    """A member that has to be there."""
    if name not in fields:
        raise invalid("missing", [*where, name], "Field required")
    return fields[name]


def items(fields: Mapping[str, Any], name: str, where: Where) -> list[tuple[Any, Where]]:
    """The items of a list that has to be there and not to be empty, each with its place."""
    listed = required(fields, name, list, "a list", where)
    if not listed:
        raise invalid("too_short", [*where, name], "Input should have at least 1 item")
    return [(one, [*where, name, index]) for index, one in enumerate(listed)]


def picture(fields: Mapping[str, Any], where: Where) -> tuple[str, str]:
    """The member `image`: its type, "url" or "base64", and its value."""
    place = [*where, "image"]
    image = object_of(field(fields, "image", where), place)
    kind = field(image, "type", place)
    if kind not in IMAGE_TYPES:
        raise invalid("enum", [*place, "type"], f"Input should be one of {', '.join(IMAGE_TYPES)}")
    return kind, text(image, "value", place)


def text(fields: Mapping[str, Any], name: str, where: Where) -> str:
    """A text that has to be there."""
    return required(fields, name, str, "a string", where)


def whole(fields: Mapping[str, Any], name: str, where: Where, least: int | None = None) -> int:
    """A whole number that has to be there, written with or without a fraction of zero."""
    value = field(fields, name, where)
    if not _is_number(value) or value != math.floor(value):
        raise invalid("int_type", [*where, name], "Input should be a valid integer")
    if least is not None and value < least:
        raise invalid("greater_than_equal", [*where, name], f"Input should be greater than or equal to {least}")
    return int(value)


def fraction(fields: Mapping[str, Any], name: str, where: Where) -> float:
    """A number from 0 to 1 that has to be there."""
    value = field(fields, name, where)
    if not _is_number(value) or not 0 <= value <= 1:
        raise invalid("float_type", [*where, name], "Input should be a number from 0 to 1")
    return float(value)


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond what a float holds
        return False
