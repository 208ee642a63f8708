"""Other values in the place of one: what a derived fault makes of a number, a text, a list or an object.

Each function takes a parsed JSON value and gives back another one, or its very argument where it is of another kind.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, TypeGuard

from assay.faults.operators.fields import as_object, is_number

Change = Callable[[Any], Any]

MOST = 1e300
"""Beyond it a multiple may be no number any more."""
AXES = (("x", "y"), ("width", "height"), ("w", "h"))
"""Members of one object that belong to the horizontal and to the vertical axis."""


def retyped(value: Any) -> Any:
    """The same in another JSON type: a number as text, a text as a number, a list as an object, an object as a list."""
    if isinstance(value, bool):
        return str(value).lower()
    if is_number(value):
        return str(value)
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return list(value.values())
    return as_object(value)


def in_list(value: Any) -> Any:
    """A scalar as the only element of a list."""
    return value if value is None or isinstance(value, (list, dict)) else [value]


def null(value: Any) -> Any:
    """Nothing at all."""
    return None


def _is_countable(value: Any) -> TypeGuard[float]:
    """Whether it is a number with which one can calculate: hostile requests have others."""
    return is_number(value) and -MOST <= value <= MOST


def more(step: float) -> Change:
    """A number that is so much greater."""
    return lambda value: value + step if _is_countable(value) else value


def aside(step: float) -> Change:
    """A fraction that is so much greater, or smaller where it would leave the scale."""
    return lambda value: (value - step if value > 1 - step else value + step) if _is_countable(value) else value


def times(factor: float) -> Change:
    """A multiple of a number."""
    return lambda value: value * factor if _is_countable(value) else value


def negative(value: Any) -> Any:
    """A number with the other sign."""
    return -value if is_number(value) and value else value


def to_tens(value: Any) -> Any:
    """A number rounded to tens, of the type that it had."""
    return type(value)(round(value / 10) * 10) if _is_countable(value) else value


def swapped_axes(value: Any) -> Any:
    """An object with its horizontal and vertical members exchanged, or a list of numbers with each pair exchanged."""
    if isinstance(value, list) and all(map(is_number, value)) and len(value) % 2 == 0:
        return [number for pair in zip(value[1::2], value[::2], strict=True) for number in pair]
    if isinstance(value, dict):
        pairs = [(one, other) for one, other in AXES if one in value and other in value]
        others = {name: value[other] for pair in pairs for name, other in (pair, reversed(pair))}
        return {name: others.get(name, held) for name, held in value.items()}
    return value


def cut(value: Any) -> Any:
    """A text without its last character."""
    return value[:-1] if isinstance(value, str) else value


def halved(value: Any) -> Any:
    """The first half of a text."""
    return value[: len(value) // 2] if isinstance(value, str) else value


def inverted(value: Any) -> Any:
    """True for false, and false for true."""
    return not value if isinstance(value, bool) else value


def emptied(value: Any) -> Any:
    """A list without its elements."""
    return [] if isinstance(value, list) else value


def last_lost(value: Any) -> Any:
    """A list without its last element."""
    return value[:-1] if isinstance(value, list) else value


def last_doubled(value: Any) -> Any:
    """A list with its last element twice."""
    return [*value, *copy.deepcopy(value[-1:])] if isinstance(value, list) else value


def in_turn_of(choices: tuple[Any, ...]) -> Change:
    """The choice after this one."""
    return lambda value: choices[(choices.index(value) + 1) % len(choices)] if value in choices else value
