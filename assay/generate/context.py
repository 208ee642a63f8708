"""What the generator is given to make sense of a schema: pictures, the model, the names that it knows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

LONGEST_NAME, MOST_NAMES = 200, 20
"""Bytes of a class's name, and how many classes: together they stay far below the longest URL that is taken."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One encoded picture, its size in pixels as the server will see it, and an address where there is one."""

    data: bytes = field(repr=False)
    width: int
    height: int
    url: str | None = None

    @property
    def name(self) -> str:
        """A name that belongs to these bytes alone."""
        return f"assay-{hashlib.sha256(self.data).hexdigest()[:16]}"


def askable(names: Iterable[str]) -> tuple[str, ...]:
    """Those of the classes that a model calls so which can be asked for by name in a URL, sorted, and not too many."""
    return tuple(sorted(name for name in set(names) if _is_askable(name)))[:MOST_NAMES]


def _is_askable(name: str) -> bool:
    try:
        return 0 < len(name.encode()) <= LONGEST_NAME
    except UnicodeEncodeError:  # half of a character, which JSON can state and a URL cannot
        return False


@dataclass(frozen=True, slots=True)
class Context:
    """What requests are made from.

    `path` holds the values of the operation's path template. `fixed` maps JSON pointers of the request (`*` for any
    index) to values that every request shall carry there; they have to keep the schema. `given` holds pointers of
    optional values that every request shall carry, whatever is drawn for them, though only the server may know them.
    """

    pictures: tuple[Picture, ...]
    path: Mapping[str, str] = field(default_factory=dict, hash=False)
    classes: tuple[str, ...] = ()
    fixed: Mapping[str, Any] = field(default_factory=dict, hash=False)
    given: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not self.pictures:
            raise ValueError("a context needs at least one picture")
