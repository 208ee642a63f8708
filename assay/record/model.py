"""Exchanges, findings and outcomes: the vocabulary that rules, record and reports share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from assay.contract.message import Request, Response
from assay.contract.source import Source

NOT_COME_TO: Final = "the case was not judged: "
"""How the message of a case begins that the run did not come to before it was ended."""


class OutcomeKind(StrEnum):
    """What became of one case, in the order in which a reader should see it: the worst comes first."""

    FAIL = "fail"
    ERROR = "error"
    BLOCKED = "blocked"
    WARN = "warn"
    RESOLVED = "resolved"
    KNOWN = "known"
    INCONCLUSIVE = "inconclusive"
    NOTE = "note"
    PASS = "pass"
    SKIP = "skip"
    DISABLED = "disabled"

    @property
    def is_broken(self) -> bool:
        """Whether the rule was seen broken, and no listed deviation explains it."""
        return self in (OutcomeKind.FAIL, OutcomeKind.WARN)

    @property
    def is_prevented(self) -> bool:
        """Whether something that should not be kept the case from being judged."""
        return self in (OutcomeKind.ERROR, OutcomeKind.BLOCKED)

    @property
    def is_bad(self) -> bool:
        """Whether it decides the exit code where the severity of its rule does."""
        return self.is_broken or self.is_prevented

    @property
    def is_failure(self) -> bool:
        """Whether it is bad and more than a warning."""
        return self.is_bad and self is not OutcomeKind.WARN

    @property
    def has_witness(self) -> bool:
        """Whether the case was judged by answers that made it mean something."""
        return not (self.is_prevented or self.is_open)

    @property
    def is_open(self) -> bool:
        """Whether nothing was found out about the case, and nobody is to blame."""
        return self is OutcomeKind.INCONCLUSIVE or self.is_left_out

    @property
    def is_left_out(self) -> bool:
        """Whether the case was never to be asked: the target does not offer it, or the user does not want it."""
        return self in (OutcomeKind.SKIP, OutcomeKind.DISABLED)

    @property
    def is_listed(self) -> bool:
        """Whether it speaks of a listed deviation, one that occurs or one that no longer does."""
        return self in (OutcomeKind.KNOWN, OutcomeKind.RESOLVED)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and what came of it. `seconds` is a courtesy to the reader and no measurement.

    `started` is Unix time in seconds. Exactly one of `response` and `error` is set; `error` is (kind, message).
    """

    id: str
    request: Request
    response: Response | None
    error: tuple[str, str] | None
    started: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Finding:
    """One way in which an answer breaks a rule.

    `pointer` is a JSON pointer into the answer named by `exchange`; `expected` and `actual` are short JSON-like values.
    `marks` are boxes to draw on the picture that was sent: (x0, y0, x1, y1, label) in px, origin top-left; those whose
    edges overflow to infinity cannot be drawn, and are not kept.
    `says` is the document's sentence about just this field, where the rule's own is about more.
    """

    message: str
    pointer: str | None = None
    expected: Any = None
    actual: Any = None
    exchange: str | None = None
    marks: tuple[tuple[float, float, float, float, str], ...] = ()
    says: Source | None = None

    def as_json(self) -> dict[str, Any]:
        """The finding as it stands in the record."""
        return {
            "message": self.message,
            "pointer": self.pointer,
            "expected": self.expected,
            "actual": self.actual,
            "exchange": self.exchange,
            "marks": [list(mark) for mark in self.marks if all(map(math.isfinite, mark[:4]))],
            "says": self.says
            and {"document": self.says.document, "section": self.says.section, "sentence": self.says.sentence},
        }

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> Finding:
        """Read a finding from the record. How strongly the document says it stands there no more."""
        says = entry.get("says")
        return cls(
            message=entry["message"],
            pointer=entry["pointer"],
            expected=entry["expected"],
            actual=entry["actual"],
            exchange=entry["exchange"],
            marks=tuple((*mark,) for mark in entry["marks"]),
            says=Source(says["document"], says["section"], "document", says["sentence"]) if says else None,
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one case of one rule, and why.

    `witness` says in words what made the case meaningful; `exchanges` names the evidence in the order it was sent.
    `known` holds reason, evidence and expiry of the listed deviation that explains it.
    """

    rule: str
    case: str
    operation: str
    kind: OutcomeKind
    message: str = ""
    findings: tuple[Finding, ...] = ()
    witness: str | None = None
    exchanges: tuple[str, ...] = ()
    seconds: float = 0.0
    known: dict[str, Any] | None = field(default=None)

    def as_json(self) -> dict[str, Any]:
        """The outcome as it stands in the record."""
        return {
            "kind": "outcome",
            "rule": self.rule,
            "case": self.case,
            "operation": self.operation,
            "outcome": str(self.kind),
            "message": self.message,
            "findings": [finding.as_json() for finding in self.findings],
            "witness": self.witness,
            "exchanges": list(self.exchanges),
            "seconds": round(self.seconds, 4),
            "known": self.known,
        }

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> Outcome:
        """Read an outcome from its line in the record."""
        return cls(
            rule=entry["rule"],
            case=entry["case"],
            operation=entry["operation"],
            kind=OutcomeKind(entry["outcome"]),
            message=entry["message"],
            findings=tuple(Finding.of(finding) for finding in entry["findings"]),
            witness=entry["witness"],
            exchanges=tuple(entry["exchanges"]),
            seconds=entry["seconds"],
            known=entry["known"],
        )
