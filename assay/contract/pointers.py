"""JSON pointers (RFC 6901), and patterns of them in which `*` stands for any index of an array."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

Token: TypeAlias = str | int


def join(tokens: Iterable[Token]) -> str:
    """The pointer of these tokens; the whole document is the empty string."""
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in tokens)


@functools.lru_cache(maxsize=4096)  # an answer with thousands of violations asks for the same few patterns
def split(pointer: str) -> tuple[str, ...]:
    """The tokens of a pointer, unescaped.

    Raises ValueError where the pointer is neither empty nor begins with a slash.
    """
    if pointer and not pointer.startswith("/"):
        raise ValueError(f"{pointer!r} is no JSON pointer: it has to begin with a slash")
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:])


def within(document: Any, tokens: Sequence[Token]) -> Any:
    """The value at these tokens.

    Raises LookupError (KeyError, IndexError) where there is none.
    """
    for token in tokens:
        if isinstance(document, list):
            if not str(token).isdigit():
                raise KeyError(token)
            document = document[int(token)]
        elif isinstance(document, dict):
            document = document[token]
        else:
            raise KeyError(token)
    return document


def covers(pattern: str, pointer: str) -> bool:
    """Whether the pointer lies at, or below, a place that the pattern stands for."""
    wanted, given = split(pattern), split(pointer)
    return len(wanted) <= len(given) and all(
        token == actual or (token == "*" and actual.isdigit()) for token, actual in zip(wanted, given, strict=False)
    )


def places(pattern: str, document: Any) -> list[tuple[str, ...]]:
    """Every place in the document that the pattern stands for, as tokens, in document order."""
    found: list[tuple[tuple[str, ...], Any]] = [((), document)]
    for token in split(pattern):
        found = [step for tokens, value in found for step in _steps(tokens, value, token)]
    return [tokens for tokens, _ in found]


def _steps(tokens: tuple[str, ...], value: Any, token: str) -> list[tuple[tuple[str, ...], Any]]:
    if token == "*":
        return [((*tokens, str(index)), item) for index, item in enumerate(value)] if isinstance(value, list) else []
    if isinstance(value, dict) and token in value:
        return [((*tokens, token), value[token])]
    return []


def texts(document: Any, tokens: tuple[Token, ...] = ()) -> Iterator[tuple[str, str]]:
    """Every text of a document, with the pointer to it, in document order. Names of members are no texts."""
    if isinstance(document, str):
        yield join(tokens), document
    items = (
        document.items() if isinstance(document, dict) else enumerate(document if isinstance(document, list) else ())
    )
    for token, value in items:
        yield from texts(value, (*tokens, token))
