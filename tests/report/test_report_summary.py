"""summary.md: short, and inert whatever a server said."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from assay.record import Finding, Run
from assay.report import summary
from assay.report.text import escaped

Builder = Callable[..., Any]


def written(run: Run) -> str:
    path = run.folder / "summary.md"
    summary.write(run, path)
    return path.read_text(encoding="utf-8")


def rows(text: str) -> list[list[str]]:
    """The cells of the table, without its heading."""
    lines = [line for line in text.splitlines() if line.startswith("| ")][1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_it_says_what_decided(builder: Builder) -> None:
    made = builder()
    made.rule("weak.rule", "should")
    made.outcome("a.rule", "fail", findings=(Finding("too small"), Finding("too late")))
    made.outcome("a.rule", "fail", findings=(Finding("too small"), Finding("too late")))
    made.outcome("a.rule", "known", known={"reason": "never had it"}, message="never had it")
    made.outcome("weak.rule", "warn", message="odd")
    made.outcome("fine.rule", "pass")
    made.outcome("open.rule", "inconclusive", message="no mask with a hole")
    text = written(made.finish())
    assert text.startswith(
        "## Assay: FAILED: 1 of 4 rules broken (2 cases), 1 warning, 1 known deviation, 1 inconclusive\n"
    )
    assert "Exit code 1:" in text
    assert "Cases: 2 fail, 1 warn, 1 known, 1 inconclusive, 1 pass." in text
    assert rows(text) == [
        ["FAIL", "<code>a.rule</code>", "must", "2", "too small"],
        ["known", "<code>a.rule</code>", "must", "1", "never had it (listed: never had it)"],
        ["WARN", "<code>weak.rule</code>", "should", "1", "odd"],
    ]
    assert "- <code>open.rule</code>, 1 case: no mask with a hole" in text


def test_a_green_run_needs_no_table(builder: Builder) -> None:
    made = builder()
    made.outcome("a.rule", "pass")
    text = written(made.finish())
    assert "## Assay: passed (1 rule, 1 case)" in text
    assert "|" not in text


def test_an_interrupted_run_has_no_verdict(builder: Builder) -> None:
    assert "## Assay: interrupted: no verdict\n\nNo exit code:" in written(builder().finish(footer=False))


def test_everything_that_acts_is_an_entity() -> None:
    hostile = "a|b `c` <img src=x> [l](http://evil) *b* _i_ ~s~ www.evil.com @user #1 $x$ \\ &amp; !\nnew\x1b\u202e"
    text = escaped(hostile)
    assert not re.search(r"[|`<>*_~\[\]@$!\\\n\x1b\u202e]", text)
    assert not re.search(r"&(?!#\d+;)", text)
    assert "http:" not in text
    assert "www." not in text


def test_a_hostile_answer_stays_in_its_cell(builder: Builder) -> None:
    made = builder(target={"url": "http://a/`|<b>", "name": "<script>"})
    message = "x | y `z` <script>alert(1)</script>\n| FAIL | fake |\n\n# heading " + "long " * 100_000
    made.outcome("a.rule", "fail", message=message)
    made.outcome("a.rule", "inconclusive", message=message)
    text = written(made.finish())
    assert [len(row) for row in rows(text)] == [5]
    assert "<script>" not in text
    assert "\n#" not in text.removeprefix("#")
    assert len(text) < 3_000


def test_a_run_with_many_broken_rules_stays_readable(builder: Builder) -> None:
    made = builder()
    for number in range(200):
        made.outcome(f"rule.{number}", "fail")
    text = written(made.finish())
    assert len(rows(text)) == 60
    assert "And 140 more: see report.html." in text


def test_the_key_is_nowhere(builder: Builder) -> None:
    made = builder()
    made.outcome("a.rule", "fail", message=f"the key {made.secret} was echoed")
    assert made.secret not in written(made.finish())
