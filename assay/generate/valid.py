"""Requests that keep the contract, drawn by Hypothesis or given as one example."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from hypothesis import strategies as st

from assay.contract.operations import Operation
from assay.generate.context import Context
from assay.generate.keywords import check
from assay.generate.walk import Option, walk

# Made once for each range: to make a strategy takes longer than to draw from it.


@cache
def _one_of(options: tuple[Hashable, ...], kinds: tuple[type, ...]) -> st.SearchStrategy[Any]:
    """Of `kinds`, too, because 1 is equal to True."""
    return st.sampled_from(options)


@cache
def _counts(low: int, high: int) -> st.SearchStrategy[int]:
    return st.integers(low, high)


@cache
def _wholes(low: int, high: int) -> st.SearchStrategy[int]:
    """Servers stumble at the ends of a range more often than within it."""
    return st.one_of(st.integers(low, high), st.sampled_from((low, high)))


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Hypothesis decides. Optional values are left out three times in four, and shrink towards absence."""

    draw: st.DrawFn

    def include(self) -> bool:
        return self.draw(_counts(0, 3)) == 3

    def pick(self, options: Sequence[Option]) -> Option:
        if len(options) == 1:
            return options[0]
        try:
            strategy = _one_of(tuple(options), tuple(map(type, options)))
        except TypeError:  # one of them holds what can be changed, and is no key
            strategy = st.sampled_from(options)
        drawn: Option = self.draw(strategy)
        return drawn

    def whole(self, low: int, high: int) -> int:
        return self.draw(_wholes(low, high))

    def count(self, low: int, high: int) -> int:
        return self.draw(_counts(low, high))


@dataclass(frozen=True, slots=True)
class _Fullest:
    """Everything that may be given is given, once, with values from the middle."""

    def include(self) -> bool:
        return True

    def pick(self, options: Sequence[Option]) -> Option:
        return options[0]

    def whole(self, low: int, high: int) -> int:
        return (low + high) // 2

    def count(self, low: int, high: int) -> int:
        return max(low, min(1, high))


@st.composite
def _instances(draw: st.DrawFn, operation: Operation, context: Context, undocumented: bool) -> Any:
    return walk(operation, context, _Drawn(draw), undocumented)


def valid(operation: Operation, context: Context, *, undocumented: bool = False) -> st.SearchStrategy[Any]:
    """Instances of an operation's request that keep its schema and make sense: pictures decode, points lie inside.

    An instance is what `Operation.to_request` takes. Only what documents and samples show is drawn; `undocumented` adds
    what the open-source server alone knows. Credentials are never drawn.

    Raises UnknownKeyword before anything is drawn where the schema goes beyond what the generator knows.
    """
    if operation.request_schema is not None:
        check(operation.library, operation.request_schema)
    return _instances(operation, context, undocumented)


def example(operation: Operation, context: Context, *, undocumented: bool = False) -> Any:
    """The fullest instance: every optional value is there, one item in each array; always the same."""
    if operation.request_schema is not None:
        check(operation.library, operation.request_schema)
    return walk(operation, context, _Fullest(), undocumented)
