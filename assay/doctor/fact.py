"""One thing that was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How it stands. `MIND` takes something away, and hinders no check."""

    OK = "ok"
    MIND = "mind"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Fact:
    """How something stands, and what was seen; text of any origin."""

    state: State
    seen: str


def ok(seen: str) -> Fact:
    """It is as it should be."""
    return Fact(State.OK, seen)


def mind(seen: str) -> Fact:
    """It takes something away."""
    return Fact(State.MIND, seen)


def wrong(seen: str) -> Fact:
    """Nothing can be checked so."""
    return Fact(State.WRONG, seen)
