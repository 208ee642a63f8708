"""badge.json: the verdict and its counts as an endpoint badge, in the form that shields.io reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from assay.contract.sentences import count, tally
from assay.errors import Exit
from assay.record import OutcomeKind, Run
from assay.report import view
from assay.report.verdict import counted

WORDS = {
    OutcomeKind.FAIL: "failed", OutcomeKind.ERROR: "broke", OutcomeKind.BLOCKED: "blocked",
    OutcomeKind.WARN: "warned", OutcomeKind.RESOLVED: "out of date", OutcomeKind.PASS: "passed",
    OutcomeKind.KNOWN: "known", OutcomeKind.INCONCLUSIVE: "inconclusive",
}  # fmt: skip
"""What a badge counts, in its order; what was left out says nothing of the target."""
RED = (Exit.FAILED, Exit.DIFFERENT, Exit.GATE)


def write(run: Run, path: Path) -> None:
    """Write the verdict as a badge."""
    path.write_text(json.dumps(_badge(run)) + "\n", encoding="utf-8")


def _badge(run: Run) -> dict[str, Any]:
    code = view.exit_code(run)
    about = view.about(run)
    return {
        "schemaVersion": 1,
        "label": "assay" if about == "conformance" else f"assay {about}",
        "message": f"{_state(code)}{_counts(run)}",
        "color": _colour(run, code),
        "isError": code != 0,
    }


def _state(code: int | None) -> str:
    """In a word or two why there is no green, where the counts do not say it."""
    match code:
        case None | Exit.INTERRUPTED:
            return "interrupted: "
        case Exit.UNREACHABLE:
            return "target lost: "
        case Exit.NOTHING_CHECKED:
            return "not checked: "
        case Exit.UNDECIDED:
            return "undecided: "
        case Exit.GATE:
            return "gate fell short: "
        case _:
            return ""


def _counts(run: Run) -> str:
    if view.is_benchmark(run):
        invalid = sum(not each["validity"]["valid"] for each in run.measurements)
        told = count(len(run.measurements), "measurement")
        return f"{told}, {invalid} invalid" if invalid else told
    found = counted(run.outcomes)
    return tally({word: found[kind] for kind, word in WORDS.items() if found.get(kind)}) or "no case judged"


def _colour(run: Run, code: int | None) -> str:
    if code is None or code == Exit.INTERRUPTED:
        return "lightgrey"
    if code == 0:
        return "yellowgreen" if counted(run.outcomes).get(OutcomeKind.WARN) else "brightgreen"
    return "red" if code in RED else "orange"
