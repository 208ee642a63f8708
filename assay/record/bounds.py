"""How much a record repeats of what a target says: a name of megabytes stands in the answer, and is told in short.

What is cut here has been redacted already, so that no secret is left in part. What was cut before it came here bears a
mark, by which redaction finds a part of a secret.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

from assay.contract.sentences import shortened

LONGEST = 1000
"""Characters of one text of a finding or an outcome."""
LONGEST_WITNESS, LONGEST_HEADER = 4000, 4000
LONGEST_LABEL = 100
MOST_FINDINGS, MOST_MARKS = 200, 50
"""Of one outcome, and of one finding."""
MOST_OF_ANSWER = 16_000_000
"""Bytes of one answer that are kept. Its beginning is, and a note says how long it was."""
MOST_OF_RUN = 2_000_000_000
"""Bytes of all answers of a run that are kept; of later ones status and headers are. Requests are kept whole."""
LOOKED_THROUGH = 100_000
"""Characters of a text that are looked through for secrets before it is cut: where one is taken out more come into
view."""
LONGEST_SECRET = 10_000
"""Characters. Of what was looked through so many are left out at its end: there may be a part of a secret."""
_DEEPEST = 10

Clean = Callable[[str], str]
Text = TypeVar("Text", str, bytes)


def share_of_run(workers: int) -> int:
    """Bytes of answers that one process may keep where so many judge, and one leads them."""
    return MOST_OF_RUN // (workers + 1 if workers > 1 else 1)


def short(text: str, clean: Clean, limit: int = LONGEST) -> str:
    """The text without secrets, cut to the limit; then it says how long it was."""
    if len(text) <= limit:
        return clean(text)
    return shortened(beginning(text, clean, LOOKED_THROUGH), limit, len(text))


def beginning(text: Text, clean: Callable[[Text], Text], length: int) -> Text:
    """The beginning of a text without secrets, of which no part is left at its end. It may be longer than `length`."""
    looked_through = clean(text[: length + LONGEST_SECRET])
    return looked_through if len(text) <= length + LONGEST_SECRET else looked_through[:-LONGEST_SECRET]


def bounded(outcome: dict[str, Any], clean: Clean) -> dict[str, Any]:
    """An outcome as it stands in the record, without secrets."""
    findings = [_finding(each, clean) for each in outcome["findings"][:MOST_FINDINGS]]
    left = len(outcome["findings"]) - len(findings)
    if left:
        findings.append({**findings[-1], **_NOTHING, "message": f"and {left:,} more findings, which are not kept"})
    witness = outcome["witness"]
    return {
        **outcome,
        "message": short(outcome["message"], clean),
        "findings": findings,
        "witness": witness and short(witness, clean, LONGEST_WITNESS),
    }


def bounded_comparison(comparison: dict[str, Any], clean: Clean) -> dict[str, Any]:
    """Two answers compared, as they stand in the record: the first differences, without secrets and with few marks."""
    found = comparison["likeness"]
    several = found["differences"][:MOST_FINDINGS]
    told = [{**each, "message": short(each["message"], clean), "marks": each["marks"][:MOST_MARKS]} for each in several]
    return {**comparison, "likeness": {**found, "differences": told, "borderline": found["borderline"][:MOST_FINDINGS]}}


def bounded_score(score: dict[str, Any], clean: Clean) -> dict[str, Any]:
    """A score as it stands in the record: classes are called as the target, or the user, calls them."""
    classes = [{**each, "name": short(each["name"], clean, LONGEST_LABEL)} for each in score["classes"]]
    unknown = {short(name, clean, LONGEST_LABEL): number for name, number in score["unknown"].items()}
    return {**score, "classes": classes, "unknown": unknown}


_NOTHING: dict[str, Any] = {"pointer": None, "expected": None, "actual": None, "marks": [], "says": None}


def _finding(finding: dict[str, Any], clean: Clean) -> dict[str, Any]:
    pointer = finding["pointer"]
    return {
        **finding,
        "message": short(finding["message"], clean),
        "pointer": pointer and short(pointer, clean),
        "expected": _value(finding["expected"], clean),
        "actual": _value(finding["actual"], clean),
        "marks": [[*mark[:4], short(mark[4], clean, LONGEST_LABEL)] for mark in finding["marks"][:MOST_MARKS]],
    }


def _value(value: Any, clean: Clean) -> Any:
    """A JSON-like value: as it is where it is small, and otherwise the beginning of what it is written as."""
    if isinstance(value, str):
        return short(value, clean)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    written = json.dumps(value, ensure_ascii=False, default=str)
    return short(written, clean) if len(written) > LONGEST or _depth(value) > _DEEPEST else value


def _depth(value: Any) -> int:
    members = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    return 1 + max(map(_depth, members), default=0)
