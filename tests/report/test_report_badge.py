"""badge.json, held to what shields.io reads of an endpoint: these members, and no others."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from assay.record import Run
from assay.report import badge

from .conftest import SECRET, RunBuilder
from .hostile import hostile

Builder = Callable[..., RunBuilder]
TEXT = {"type": "string"}
ENDPOINT = {
    "type": "object",
    "required": ["schemaVersion", "label", "message"],
    "properties": {
        "schemaVersion": {"const": 1}, "label": TEXT, "message": TEXT | {"minLength": 1}, "color": TEXT,
        "labelColor": TEXT, "isError": {"type": "boolean"}, "namedLogo": TEXT, "logoSvg": TEXT, "logoColor": TEXT,
        "style": TEXT, "cacheSeconds": {"type": "integer", "minimum": 0},
    },
    "additionalProperties": False,
}  # fmt: skip


def written(run: Run) -> dict[str, Any]:
    path = run.folder / "badge.json"
    badge.write(run, path)
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    Draft202012Validator(ENDPOINT).validate(found)
    return found


@pytest.mark.parametrize(
    ("kinds", "facts", "message", "colour"),
    [
        (["pass", "pass", "note", "skip"], {}, "2 passed", "brightgreen"),
        (["pass", "known", "known"], {}, "1 passed, 2 known", "brightgreen"),
        (["pass", "warn"], {}, "1 warned, 1 passed", "yellowgreen"),
        (["fail", "blocked", "error", "pass"], {}, "1 failed, 1 broke, 1 blocked, 1 passed", "red"),
        (["pass", "resolved"], {}, "1 out of date, 1 passed", "orange"),
        (["inconclusive"], {}, "not checked: 1 inconclusive", "orange"),
        ([], {}, "not checked: no case judged", "orange"),
        (["pass"], {"exit_code": 3, "verdict": "TARGET LOST"}, "target lost: 1 passed", "orange"),
        (["pass"], {"exit_code": 8, "verdict": "DIFFERENT"}, "1 passed", "red"),
        (["pass"], {"exit_code": 9, "verdict": "UNDECIDED"}, "undecided: 1 passed", "orange"),
        (["fail"], {"footer": False}, "interrupted: 1 failed", "lightgrey"),
    ],
)
def test_it_counts(builder: Builder, kinds: list[str], facts: dict[str, Any], message: str, colour: str) -> None:
    made = builder()
    made.rule("weak.rule", "should")
    for kind in kinds:
        made.outcome("weak.rule" if kind == "warn" else "a.rule", kind)

    found = written(made.finish(**facts))

    assert (found["label"], found["message"], found["color"]) == ("assay", message, colour)
    assert found["isError"] is ("green" not in colour)


def test_nothing_that_a_server_said_stands_in_it(builder: Builder) -> None:
    told = json.dumps(written(hostile(builder)))

    assert "pwned" not in told
    assert "script" not in told
    assert SECRET not in told
