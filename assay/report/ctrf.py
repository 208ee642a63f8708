"""ctrf.json: the run in the Common Test Report Format (ctrf.io), which tools read that comment and chart tests."""

from __future__ import annotations

import datetime
import json
import uuid
from collections import Counter
from pathlib import Path
from typing import Any, Final

from assay.record import OutcomeKind, Run
from assay.report import view
from assay.report.results import Result, Status, facts, results
from assay.report.text import one_line

SPECIFICATION: Final = "0.0.0"
"""The version of the format that its own validator knows."""
STATUSES: Final = ("passed", "failed", "skipped", "pending", "other")
PLAIN: Final = frozenset({OutcomeKind.PASS, OutcomeKind.NOTE, "valid"})
"""What simply passed. Anything else that is not red is `other`, so that a warning is not taken for a pass."""
NAMES: Final = uuid.UUID("6f1b3c8e-7a0f-5d5e-9c55-3f0a5f3d2b11")
"""In which the ids of test cases are made: the same rule and case have the same id in every run."""


def write(run: Run, path: Path) -> None:
    """Write the run as CTRF JSON."""
    path.write_text(json.dumps(_document(run)) + "\n", encoding="utf-8")


def _document(run: Run) -> dict[str, Any]:
    version = one_line(run.header["assay"]["version"], 40)
    stated = facts(run)
    tests = [_test(each) for each in results(run)]
    started = run.header["started"]
    finished = run.footer["finished"] if run.footer else started
    return {
        "reportFormat": "CTRF",
        "specVersion": SPECIFICATION,
        "reportId": str(uuid.uuid5(NAMES, f"{started} {stated['target.url']} {stated['seed']}")),
        "timestamp": view.instant(finished).replace(tzinfo=datetime.UTC).isoformat(),
        "generatedBy": f"assay {version}",
        "results": {
            "tool": {"name": "assay", "version": version},
            "summary": _summary(tests, started, finished),
            "tests": tests,
            "environment": {
                "appName": stated.get("target.name", "unnamed"),
                "appVersion": stated.get("target.version", ""),
                "testEnvironment": stated["target.url"],
                "healthy": view.exit_code(run) == 0,
                "extra": {**stated, "exit_code": view.exit_code(run)},
            },
        },
    }


def _summary(tests: list[dict[str, Any]], started: float, finished: float) -> dict[str, int]:
    found = Counter(test["status"] for test in tests)
    return {
        "tests": len(tests),
        **{status: found[status] for status in STATUSES},
        "suites": len({test["suite"][0] for test in tests}),
        "start": _ms(started),
        "stop": _ms(finished),
        "duration": max(0, _ms(finished - started)),
    }


def _test(result: Result) -> dict[str, Any]:
    labels = {"rule": result.group, "operation": result.suite, "severity": result.severity}
    test: dict[str, Any] = {
        "id": str(uuid.uuid5(NAMES, f"{result.suite}\n{result.group}\n{result.name}")),
        "name": f"{result.group}: {result.name}",
        "status": _status(result),
        "duration": _ms(result.seconds),
        "suite": [result.suite],
        "rawStatus": result.kind,
        "labels": {name: value for name, value in labels.items() if value},
    }
    told = {"message": result.message, "trace": result.text}
    return test | {name: words for name, words in told.items() if words}


def _status(result: Result) -> str:
    if result.status.is_red:
        return "failed"
    if result.kind in (OutcomeKind.SKIP, OutcomeKind.DISABLED):
        return "skipped"
    return "passed" if result.status is Status.PASSED and result.kind in PLAIN else "other"


def _ms(seconds: float) -> int:
    return round(1000 * seconds)
