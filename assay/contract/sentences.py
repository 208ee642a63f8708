"""What a schema asks for and what an answer holds, in plain words and short enough to be read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

CUT: Final = "…"
"""Stands right behind the last character that was left of a text that was cut, and never behind a quote or an escape:
what was cut before it is cleaned of secrets may end in a part of one, which is found by this."""
_LONGEST_TEXT: Final = 60
_LONGEST_PLACE: Final = 200
_MOST_NAMES: Final = 12


def count(number: int, noun: str, plural: str | None = None) -> str:
    """`1 case`, `3 cases`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def tally(counts: Mapping[str, int]) -> str:
    """`2 fail, 1,367 pass`."""
    return ", ".join(f"{number:,} {kind}" for kind, number in counts.items())


def shortened(text: str, limit: int, of: int | None = None) -> str:
    """At most `limit` characters of a text, and how many there are, or `of` how many it is the beginning."""
    of = len(text) if of is None else of
    return text if of <= limit else f"{text[:limit]}{CUT} ({of:,} characters)"


def cut(text: str, limit: int) -> str:
    """At most `limit` characters of a text, the last of them an ellipsis where any is missing."""
    return text if len(text) <= limit else text[: limit - 1] + CUT


def brief(value: Any) -> str:
    """A value on one short line: long texts are cut, arrays and objects are told by their size and names."""
    if isinstance(value, str):
        said = json.dumps(cut(value, _LONGEST_TEXT), ensure_ascii=False)
        return said if len(value) <= _LONGEST_TEXT else f"{said} ({len(value):,} characters)"
    if isinstance(value, list):
        whole = json.dumps(value, ensure_ascii=False)
        return whole if len(whole) <= _LONGEST_TEXT else f"an array of {count(len(value), 'item')}"
    if isinstance(value, dict):
        return f"an object with {listed(list(value))}" if value else "an empty object"
    return json.dumps(value)


def listed(names: Sequence[Any]) -> str:
    """Names in a row: `x, y and class`."""
    shown = [shortened(str(name), _LONGEST_TEXT) for name in names[:_MOST_NAMES]]
    if len(names) > _MOST_NAMES:
        return f"{', '.join(shown)} and {len(names) - _MOST_NAMES} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def expectation(keyword: str, wanted: Any, missing: str) -> str:
    """What a keyword asks for, as a noun phrase: `a number of at most 100`."""
    if keyword == "required":
        return f"the property {missing}"
    words = _EXPECTATIONS.get(keyword)
    return words(wanted) if words else f"a value that keeps {keyword}"


def verdict(where: str, keyword: str, expected: str, actual: str) -> str:
    """One sentence about one violation. `where` is a JSON pointer, empty for the whole value."""
    place = shortened(where, _LONGEST_PLACE) or "The whole value"
    if keyword == "required":
        return f"{place} is missing from {actual}."
    return f"{place} should be {expected} but is {actual}."


_ARTICLES: Final = {
    "object": "an object",
    "array": "an array",
    "string": "a string",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "null",
}


def _types(wanted: str | list[str]) -> str:
    return " or ".join(_ARTICLES[name] for name in ([wanted] if isinstance(wanted, str) else wanted))


_EXPECTATIONS: Final[dict[str, Callable[[Any], str]]] = {
    "type": _types,
    "enum": lambda wanted: f"one of {', '.join(map(brief, wanted))}",
    "const": brief,
    "minimum": lambda wanted: f"at least {wanted}",
    "maximum": lambda wanted: f"at most {wanted}",
    "multipleOf": lambda wanted: "a whole number" if wanted == 1 else f"a multiple of {wanted}",
    "exclusiveMinimum": lambda wanted: f"more than {wanted}",
    "minLength": lambda wanted: f"a string of at least {count(wanted, 'character')}",
    "pattern": lambda wanted: f"a string that matches {wanted}",
    "contentEncoding": lambda wanted: f"a text in {wanted}",
    "minItems": lambda wanted: f"an array of at least {count(wanted, 'item')}",
    "maxItems": lambda wanted: f"an array of at most {count(wanted, 'item')}",
    "minProperties": lambda wanted: f"an object with at least {count(wanted, 'property', 'properties')}",
    "maxProperties": lambda wanted: f"an object with at most {count(wanted, 'property', 'properties')}",
    "anyOf": lambda wanted: f"one of {count(len(wanted), 'shape')} that are documented",
}
