"""ctrf.json, held to what the Common Test Report Format asks for. Its own validator reads it in tests/peers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from assay.record import Finding, OutcomeKind, Run
from assay.report import ctrf
from assay.report.text import visible

from .conftest import SECRET, RunBuilder
from .hostile import hostile

Builder = Callable[..., RunBuilder]
TEXT, WHOLE = {"type": "string"}, {"type": "integer"}
STATUSES = ("passed", "failed", "skipped", "pending", "other")
RAW = {
    "pass": "passed", "note": "passed", "fail": "failed", "error": "failed", "blocked": "failed", "warn": "other",
    "resolved": "other", "known": "other", "inconclusive": "other", "skip": "skipped", "disabled": "skipped",
}  # fmt: skip


def closed(needs: dict[str, Any], may: dict[str, Any] | None = None) -> dict[str, Any]:
    """An object with these members, and no others."""
    return {
        "type": "object", "required": list(needs), "properties": needs | (may or {}), "additionalProperties": False,
    }  # fmt: skip


TEST = closed(
    {"name": TEXT | {"minLength": 1}, "status": {"enum": STATUSES}, "duration": WHOLE},
    {
        "id": TEXT | {"format": "uuid"}, "message": TEXT, "trace": TEXT, "rawStatus": TEXT,
        "suite": {"type": "array", "minItems": 1, "items": TEXT},
        "labels": {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}},
    },
)  # fmt: skip
ENVIRONMENT = {"appName": TEXT, "appVersion": TEXT, "testEnvironment": TEXT, "healthy": {"type": "boolean"}}
RESULTS = {
    "tool": closed({"name": TEXT | {"minLength": 1}}, {"version": TEXT}),
    "summary": closed(
        dict.fromkeys(("tests", *STATUSES, "start", "stop"), WHOLE), {"suites": WHOLE, "duration": WHOLE}
    ),
    "tests": {"type": "array", "items": TEST},
}
FORMAT = closed(
    {
        "reportFormat": {"const": "CTRF"},
        "specVersion": TEXT | {"pattern": r"^\d+\.\d+\.\d+$"},
        "results": closed(RESULTS, {"environment": closed({}, ENVIRONMENT | {"extra": {"type": "object"}})}),
    },
    {"reportId": TEXT | {"format": "uuid"}, "timestamp": TEXT | {"format": "date-time"}, "generatedBy": TEXT},
)
"""What the format allows, of what Assay writes."""


def written(run: Run) -> dict[str, Any]:
    path = run.folder / "ctrf.json"
    ctrf.write(run, path)
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    Draft202012Validator(FORMAT, format_checker=FormatChecker()).validate(found)
    return found


def test_each_outcome_has_its_status(builder: Builder) -> None:
    made = builder()
    made.rule("weak.rule", "should")
    for kind in OutcomeKind:
        rule = "weak.rule" if kind is OutcomeKind.WARN else "a.rule"
        known = {"reason": "never had it"} if kind.is_listed else None
        made.outcome(rule, kind, f"{made.detect} kind={kind}", known=known)

    results = written(made.finish())["results"]

    assert {test["rawStatus"]: test["status"] for test in results["tests"]} == RAW
    summary = results["summary"]
    assert {status: summary[status] for status in STATUSES} == {
        "passed": 2, "failed": 3, "skipped": 2, "pending": 0, "other": 4,
    }  # fmt: skip
    assert summary["tests"] == len(OutcomeKind)


def test_a_failure_is_explained(builder: Builder) -> None:
    made = builder()
    made.outcome("a.rule", "fail", findings=(Finding("too small", "/predictions/0"),))

    (test,) = written(made.finish())["results"]["tests"]

    assert (test["name"], test["message"]) == ("a.rule: hosted.object-detection number=0", "too small")
    assert test["labels"] == {"rule": "a.rule", "operation": "hosted.object-detection", "severity": "must"}
    assert "at:       /predictions/0" in test["trace"]
    assert test["duration"] == 500


def test_a_case_has_the_same_id_in_every_run(builder: Builder) -> None:
    def ids(kind: str) -> list[str]:
        made = builder()
        made.outcome("a.rule", kind)
        made.outcome("b.rule", kind)
        return [test["id"] for test in written(made.finish())["results"]["tests"]]

    assert ids("fail") == ids("pass")
    assert len(set(ids("pass"))) == 2


@pytest.mark.parametrize(("kinds", "footer"), [(["pass"], False), ([], True), (["skip"], True)])
def test_it_is_red_whenever_the_run_was_not_green(builder: Builder, kinds: list[str], footer: bool) -> None:
    made = builder()
    for kind in kinds:
        made.outcome("a.rule", kind)

    results = written(made.finish(footer=footer))["results"]

    assert [test["name"] for test in results["tests"] if test["status"] == "failed"] == ["assay: verdict"]
    assert results["environment"]["healthy"] is False


def test_rendering_again_changes_nothing(builder: Builder) -> None:
    made = builder()
    made.outcome("a.rule", "fail")
    run = made.finish()

    assert written(run) == written(run)


def test_hostile_words_stay_words_and_the_key_is_nowhere(builder: Builder) -> None:
    run = hostile(builder)
    told = json.dumps(written(run), ensure_ascii=False)

    text = (run.folder / "ctrf.json").read_text("utf-8")
    assert SECRET not in text
    assert text.isascii()
    assert visible(told) == told
    assert len(text) < 200_000
