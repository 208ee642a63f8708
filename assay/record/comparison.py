"""Two answers to one question, as a record holds them: what each side said, and what was found to differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Shown:
    """One side's answer: by the number of its exchange, or as an artifact where it is from none of this run."""

    name: str
    exchange: str | None = None
    body: Mapping[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """The side as it stands in the record."""
        return {"name": self.name, "exchange": self.exchange, "body": dict(self.body) if self.body else None}


@dataclass(frozen=True, slots=True)
class Comparison:
    """A question with its two answers. `likeness` is what the comparison found, as `Likeness.as_json` gives it.

    `difference` names an artifact: a picture of what is not the same in two drawings.
    """

    question: str
    operation: str
    mode: str
    first: Shown
    second: Shown
    likeness: Mapping[str, Any]
    difference: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The comparison as it stands in the record."""
        return {
            "kind": "comparison",
            "question": self.question,
            "operation": self.operation,
            "mode": self.mode,
            "first": self.first.as_json(),
            "second": self.second.as_json(),
            "likeness": dict(self.likeness),
            "difference": self.difference,
        }
