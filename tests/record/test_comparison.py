"""Two answers compared, in a run record: written, read back, without secrets, and bounded."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assay.record import Comparison, InvalidRecord, RecordWriter, Redactor, Shown, read
from assay.record.bounds import MOST_FINDINGS, MOST_MARKS

KEY = "kX9fQ2mZ7pLw4RtB8vNc"
FACTS: dict[str, Any] = {
    "assay": {"version": "0"}, "target": {"url": "http://target.example"}, "configuration": {}, "seed": 0,
    "capabilities": {},
}  # fmt: skip
MARK = {"side": "first", "form": "box", "numbers": [0, 0, 9, 9], "label": "cat"}
DIFFERENCE = {"kind": "box", "message": "a cat lies 12 px off", "marks": [MARK]}
LIKENESS: dict[str, Any] = {
    "profile": "cpu", "alike": False, "differences": [DIFFERENCE], "borderline": [], "compared": {"boxes": 3},
    "allowances": [{"tolerance": "boxes.edge", "measured": 12.0, "allowed": 2.0, "unit": "px", "used": 6.0}],
}  # fmt: skip
ONE = Comparison("a.b/json/c", "a.b", "json", Shown("golden"), Shown("now", "x000007"), LIKENESS)


def written(folder: Path, comparison: Comparison) -> dict[str, Any]:
    writer = RecordWriter(folder, "http://target.example", Redactor(KEY))
    writer.header(**FACTS)
    body = writer.answer(b'{"predictions": []}', "application/json")
    writer.comparison(replace(comparison, first=Shown("golden", body=body)))
    writer.close()
    return read(folder).comparisons[comparison.question]


def test_a_comparison_is_read_as_it_was_written(tmp_path: Path) -> None:
    event = written(tmp_path, ONE)

    assert event["likeness"] == LIKENESS
    assert event["second"] == {"name": "now", "exchange": "x000007", "body": None}
    assert read(tmp_path).artifact(event["first"]["body"]["artifact"]) == b'{"predictions": []}'


def test_no_secret_stands_in_it_and_not_too_much(tmp_path: Path) -> None:
    many = [{**DIFFERENCE, "message": f"said {KEY}", "marks": [MARK] * 90} for _ in range(300)]

    event = written(tmp_path, replace(ONE, likeness={**LIKENESS, "differences": many}))

    found = event["likeness"]["differences"]
    assert KEY not in json.dumps(event)
    assert len(found) == MOST_FINDINGS
    assert len(found[0]["marks"]) == MOST_MARKS


@pytest.mark.parametrize("broken", [{"question": ""}, {"likeness": {}}, {"second": {"name": "now"}}])
def test_what_is_no_comparison_is_refused(tmp_path: Path, broken: dict[str, Any]) -> None:
    event = written(tmp_path, ONE)
    lines = (tmp_path / "run.jsonl").read_text("utf-8").splitlines()
    (tmp_path / "run.jsonl").write_text("\n".join([lines[0], json.dumps({**event, **broken})]) + "\n", "utf-8")

    with pytest.raises(InvalidRecord, match="line 2"):
        read(tmp_path)
