"""Single values of an answer, read by their type: what is of another one raises TypeError or ValueError."""

from __future__ import annotations

from typing import Any

from assay.contract.sentences import cut

LONGEST = 60
"""Characters of a value that are told."""
HALF_PRECISION = 1e-3
"""By how much a confidence may pass 0 or 1, as in the schemas: half-precision numbers next to 1 are that far apart."""


def unreadable(error: Exception) -> str:
    """Why a value could not be read, for people: which member is missing, or what is wrong with it."""
    if isinstance(error, KeyError) and error.args:
        return f"{cut(str(error.args[0]), LONGEST)} is missing"
    return str(error) or type(error).__name__


def is_number(value: Any) -> bool:
    """Whether it is a number; true and false are none, though Python takes them for 1 and 0."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def as_number(value: Any) -> float:
    """A number."""
    if not is_number(value):
        raise TypeError(f"{cut(repr(value), LONGEST)} is no number")
    return float(value)


def as_fraction(value: Any) -> float:
    """A confidence, from 0 to 1 but for HALF_PRECISION."""
    found = as_number(value)
    if not -HALF_PRECISION <= found <= 1 + HALF_PRECISION:
        raise ValueError(f"confidence {found:g} is not between 0 and 1")
    return found


def as_text(value: Any) -> str:
    """A text."""
    if not isinstance(value, str):
        raise TypeError(f"{cut(repr(value), LONGEST)} is no text")
    return value


def as_value(name: str) -> int:
    """The whole number that a member's name is, as a class map calls a pixel value."""
    try:
        return int(name)
    except ValueError:  # which tells the text in a way of its own
        raise ValueError(f"{cut(repr(name), LONGEST)} is no whole number") from None


def as_list(value: Any) -> list[Any]:
    """The items of a list."""
    if not isinstance(value, list):
        raise TypeError(f"{cut(repr(value), LONGEST)} is no list")
    return value


def as_object(value: Any) -> dict[str, Any]:
    """The members of an object."""
    if not isinstance(value, dict):
        raise TypeError(f"{cut(repr(value), LONGEST)} is no object")
    return value
