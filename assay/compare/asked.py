"""What a comparison was asked: enough to draw it from the records again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from assay.compare.comparison import Comparison, Wanted, compare
from assay.compare.expressions import parse
from assay.compare.gates import Judgement, hold
from assay.errors import UsageProblem


@dataclass(frozen=True, slots=True)
class Asked:
    """The runs as they were named, the gates as they were written, and all else that a user may ask."""

    runs: tuple[Path, ...]
    gates: tuple[str, ...] = ()
    wanted: Wanted = field(default_factory=Wanted)

    def as_json(self) -> dict[str, Any]:
        """The same as JSON."""
        return {
            "runs": [str(run) for run in self.runs],
            "gates": list(self.gates),
            "threshold": self.wanted.threshold,
            "figures": list(self.wanted.figures),
            "workloads": list(self.wanted.workloads),
            "prices": dict(self.wanted.prices),
            "published": self.wanted.published,
        }

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """What `as_json` made. Raises KeyError, TypeError and ValueError."""
        wanted = Wanted(
            threshold=float(told["threshold"]),
            figures=_words(told["figures"]),
            workloads=_words(told["workloads"]),
            prices={str(side): float(price) for side, price in dict(told["prices"]).items()},
            published=bool(told["published"]),
        )
        return cls(tuple(map(Path, _words(told["runs"]))), _words(told["gates"]), wanted)

    def answered(self) -> tuple[Comparison, list[Judgement]]:
        """The comparison, and what its gates came to. Raises InvalidRecord and UsageProblem."""
        comparison = compare(self.runs, self.wanted)
        return comparison, hold(comparison, [parse(gate) for gate in self.gates])


def _words(told: Any) -> tuple[str, ...]:
    if not isinstance(told, list) or not all(isinstance(each, str) for each in told):
        raise TypeError(told)
    return tuple(told)


def compared_again(path: Path) -> tuple[Comparison, list[Judgement]]:
    """The comparison that `assay compare --json` wrote to a file, drawn from its records again. Raises UsageProblem."""
    try:
        asked = Asked.of(json.loads(path.read_bytes())["asked"])
    except OSError as error:
        raise UsageProblem(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise UsageProblem(f"{path} is no comparison that `assay compare --json` wrote") from None
    try:
        return asked.answered()
    except UsageProblem as error:
        raise UsageProblem(
            f"{path} is drawn from its records again, and cannot be: {error}; run this where `assay compare` ran"
        ) from None
