"""What a comparison was asked: enough to draw it from the records again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from assay.compare.comparison import Comparison, Wanted, compare
from assay.compare.expressions import parse
from assay.compare.gates import Judgement, hold
from assay.errors import UsageProblem
from assay.record.parts import RUN


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
            "records": [_digest(run) for run in self.runs],
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
        if not told["runs"]:
            raise ValueError("no run is named")
        return cls(tuple(map(Path, _words(told["runs"]))), _words(told["gates"]), wanted)

    def answered(self) -> tuple[Comparison, list[Judgement]]:
        """The comparison, and what its gates came to. Raises InvalidRecord and UsageProblem."""
        comparison = compare(self.runs, self.wanted)
        return comparison, hold(comparison, [parse(gate) for gate in self.gates])


def _digest(folder: Path) -> str:
    """Tells the record of a run, or those of a folder of runs, from any other; empty where there is none."""
    try:
        with (folder / RUN).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        runs = {record.parent.name: _digest(record.parent) for record in sorted(folder.glob(f"*/{RUN}"))}
        return hashlib.sha256(json.dumps(runs).encode()).hexdigest() if runs else ""


def _words(told: Any) -> tuple[str, ...]:
    if not isinstance(told, list) or not all(isinstance(each, str) for each in told):
        raise TypeError(told)
    return tuple(told)


def compared_again(path: Path) -> tuple[Comparison, list[Judgement]]:
    """The comparison that `assay compare --json` wrote to a file, drawn from its records again. Raises UsageProblem."""
    try:
        told = json.loads(path.read_bytes())
        if isinstance(told, dict) and "sides" in told and not told.get("asked"):
            older = "an older Assay wrote it; run `assay compare` again"
            raise UsageProblem(f"{path} does not say what was asked: {older}")
        asked, records = Asked.of(told["asked"]), _words(told["asked"]["records"])
    except OSError as error:
        raise UsageProblem(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UsageProblem(f"{path} is no comparison that `assay compare --json` wrote") from None
    try:
        now = [_digest(run) for run in asked.runs]
        changed = [run for run, held, was in zip(asked.runs, now, records, strict=True) if held and held != was]
        if changed:
            raise UsageProblem(f"{changed[0]} is another run than the one that was compared")
        return asked.answered()
    except (UsageProblem, ValueError) as error:
        raise UsageProblem(
            f"{path} is drawn from its records again, and cannot be: {error}; run this where `assay compare` ran"
        ) from None
