"""Rules and their cases: what is demanded of a deployment, who says so, and how much it weighs.

A rule is one pytest function marked with `@rule`. Nothing here needs pytest: the plugin reads the mark.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, TypeVar, get_args

from assay.contract.source import Source

Function = TypeVar("Function", bound=Callable[..., Any])
MARK = "__assay_rule__"
Alone = Literal["", "task", "run"]
ALONE: tuple[Alone, ...] = get_args(Alone)
"""Within what a rule is judged alone, from what takes the target for itself the least to what does the most."""
GROUND = ("service.answers-plain-requests", "*.answer.schema")
"""Patterns of the rules that others rest on: what is broken from the ground up is named by them."""


class Authority(StrEnum):
    """Who makes the promise: a document's text, a documented sample, the open-source server, or sound service."""

    DOCUMENT = "document"
    SAMPLE = "sample"
    SERVER = "server"
    SOUND = "sound"


class Severity(StrEnum):
    """What a broken promise does to the verdict."""

    MUST = "must"
    SHOULD = "should"
    NOTE = "note"


def decides(severity: str, strict: bool) -> bool:
    """Whether a broken rule of this severity decides the exit code."""
    return severity == Severity.MUST or (strict and severity == Severity.SHOULD)


@dataclass(frozen=True, slots=True)
class Case:
    """A rule's smallest countable part: an operation and what was varied.

    `values` holds what varied, by name, in the order that the id spells it.
    """

    operation: str
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """`hosted.object-detection confidence=60`: unique within its rule, and stable."""
        varied = " ".join(f"{name}={_spell(value)}" for name, value in self.values.items())
        return f"{self.operation} {varied}".strip()

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


def _spell(value: Any) -> str:
    if value is None:
        return "absent"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def over(operations: str | Iterable[str], **varied: Iterable[Any]) -> tuple[Case, ...]:
    """One case for each operation and each combination of the varied values."""
    names = [operations] if isinstance(operations, str) else list(operations)
    combinations = list(itertools.product(*varied.values()))
    return tuple(
        Case(operation, dict(zip(varied, combination, strict=True)))
        for operation in names
        for combination in combinations
    )


@dataclass(frozen=True, slots=True)
class Cost:
    """What one case of a rule sends at most, of its own: that is what a run announces.

    `own` requests, where it draws examples one for each, or for one in `part` of them, and `scenes` for each scene that
    the run shows. Rules that draw under the same word share their answers. What is `shown` judges the answers to a few
    plain requests, which all cases of one operation and `mode` share, and sends nothing of its own. Rules that name the
    same word as `shared` send what they send for a case once.
    """

    own: int = 2
    drawn: str | None = None
    scenes: int = 0
    part: int = 1
    shown: bool = False
    shared: str | None = None

    def examples(self, examples: int) -> int:
        """How many are drawn of the examples that the run would draw."""
        return max(1, examples // self.part)


@dataclass(frozen=True, slots=True)
class Rule:
    """One requirement, with the two separate facts about it: who says so, and what it weighs.

    `requirement` is our own sentence, `says` the place and sentence of the document that it enforces. `invariants` are
    the numbers by which our tests hold that nothing is left without a rule: they stand in the record and in nothing
    that a user reads, whose source are the sentences. A `prerequisite` runs first: others are blocked when it fails.
    A rule about `content` judges what the model saw: an operation of which none can be judged was not checked.
    One that is judged `alone` runs while nothing else is asked: with `run`, because time matters or because it is about
    all operations, after all but late ones; with `task`, because what was asked before matters or what is asked at the
    same time, after those of its own task, and beside other tasks only where they have a deployment of their own.
    A `late` rule runs after all others: 1 where it may get its caller locked out or the target into trouble, 2 where it
    judges all that was heard. What is `hostile` is judged only where the user allows it.
    A rule that `compares` holds answers to different requests against each other: before it accuses, it asks again, for
    a target may answer one and the same request otherwise each time. `depth` is the least depth at which the rule is
    judged, and `cost` what a case sends. `asks` names the model that a case asks beside the run's own, which it is
    told: what the target would have to load for it waits for the greatest depth.
    With `looks` the run looks at what the target holds, before and after its first requests.
    Raises ValueError where a rule from a document cites none, or its cases are none or not distinct.
    """

    id: str
    requirement: str
    source: Authority
    severity: Severity
    cases: tuple[Case, ...]
    says: Source | None = None
    invariants: tuple[str, ...] = ()
    prerequisite: bool = False
    content: bool = False
    alone: Alone = ""
    late: int = 0
    compares: bool = False
    depth: Literal["quick", "standard", "deep"] = "quick"
    cost: Cost = Cost()
    asks: Callable[[Case, str], str] | None = None
    looks: bool = False
    hostile: bool = False

    @property
    def is_serial(self) -> bool:
        """Whether it is judged when nothing else is: alone, or late."""
        return bool(self.alone) or self.late > 0

    def __post_init__(self) -> None:
        if self.source in (Authority.DOCUMENT, Authority.SAMPLE) and self.says is None:
            raise ValueError(f"rule {self.id} cites no document, but says its source is one")
        if self.alone and self.late:
            raise ValueError(f"rule {self.id} is late, and nothing else is asked then: it needs no alone")
        if self.alone not in ALONE:
            raise ValueError(f"rule {self.id} is judged alone within {self.alone!r}; say {' or '.join(ALONE[1:])}")
        identifiers = [case.id for case in self.cases]
        if not identifiers or len(set(identifiers)) != len(identifiers):
            raise ValueError(f"rule {self.id} has no cases, or two of the same id")


def rule(
    identifier: str, *, source: str, severity: str, cases: Iterable[Case], **facts: Any
) -> Callable[[Function], Function]:
    """Mark a test function as the rule of that id; the rest are the fields of `Rule`."""
    marked = Rule(id=identifier, source=Authority(source), severity=Severity(severity), cases=tuple(cases), **facts)

    def mark(function: Function) -> Function:
        setattr(function, MARK, marked)
        return function

    return mark


def rule_of(function: Callable[..., Any]) -> Rule | None:
    """The rule that a function is marked with, if any."""
    found = getattr(function, MARK, None)
    return found if isinstance(found, Rule) else None
