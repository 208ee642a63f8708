"""JSON pointer patterns: RFC 6901 pointers in which a `*` stands for every element or member."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple


class Place(NamedTuple):
    """An existing value inside a document: `parent[key]`."""

    parent: Any
    key: Any

    @property
    def value(self) -> Any:
        """The value that stands there now."""
        return self.parent[self.key]


def places(document: Any, pattern: str) -> list[Place]:
    """Every place that the pattern names and the document has: `/predictions/*/x` names one a prediction.

    The list is complete before the first change, so that places may be changed while it is walked. Raises
    ValueError for a pattern that does not begin with a slash: the whole document is not a place.
    """
    if not pattern.startswith("/"):
        raise ValueError(f"{pattern!r} is not a pointer to a member")
    tokens = [token.replace("~1", "/").replace("~0", "~") for token in pattern[1:].split("/")]
    return list(_walk(document, tokens))


def _walk(document: Any, tokens: list[str]) -> Iterator[Place]:
    for key in _keys(document, tokens[0]):
        if len(tokens) == 1:
            yield Place(document, key)
        else:
            yield from _walk(document[key], tokens[1:])


def _keys(container: Any, token: str) -> list[Any]:
    if isinstance(container, dict):
        return list(container) if token == "*" else [token] if token in container else []
    if isinstance(container, list):
        if token == "*":
            return list(range(len(container)))
        return [int(token)] if token.isdecimal() and int(token) < len(container) else []
    return []
