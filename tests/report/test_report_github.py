"""What GitHub's runner makes of what is said there: read as the runner reads it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from assay.compare.gates import Judgement, State
from assay.record import Finding, Run
from assay.report import github, summary, terminal
from assay.report.text import inert

from .conftest import SECRET, RunBuilder
from .hostile import WORDS, hostile

Builder = Callable[..., RunBuilder]


class Obeyed(NamedTuple):
    """A command that a runner found in a line."""

    name: str
    title: str
    message: str


def obeyed(line: str) -> Obeyed | None:
    """The command in a line of a log, as the runner finds it: of either form, the newer first."""
    found = re.match(r"\s*::([\w-]+)\s*(.*?)::(.*)", line, re.DOTALL)
    if found is None:
        older = re.search(r"##\[([\w-]+)(.*?)\](.*)", line, re.DOTALL)
        return older and Obeyed(older[1], "", older[3])
    title = found[2].removeprefix("title=")
    for code, character in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        title = title.replace(code, character)
    message = found[3].replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
    return Obeyed(found[1], title, message)


@pytest.fixture
def step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a step's summary."""
    path = tmp_path / "step.md"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    return path


def told(run: Run, *judgements: Judgement) -> list[Obeyed]:
    lines: list[str] = []
    github.tell(run, lines.append, judgements)
    found = [obeyed(line) for line in lines]
    assert all("\n" not in line for line in lines)
    return [each for each in found if each]


def test_what_decided_is_an_error_and_a_warning_is_one(builder: Builder, step: Path) -> None:
    made = builder()
    made.rule("weak.rule", "should")
    made.outcome("a.rule", "fail", findings=(Finding("100% wrong, again: no box"),))
    made.outcome("a.rule", "fail", findings=(Finding("100% wrong, again: no box"),))
    made.outcome("weak.rule", "warn", message="odd")
    made.outcome("fine.rule", "pass")

    assert told(run := made.finish()) == [
        ("error", "assay", "FAILED: 1 of 3 rules broken (2 cases), 1 warning"),
        (
            "error",
            "a.rule (2 cases)",
            "100% wrong, again: no box\nRequirement of a.rule.\nKeypoint Detection, Query parameters",
        ),
        ("warning", "weak.rule (1 case)", "odd\nRequirement of weak.rule.\nKeypoint Detection, Query parameters"),
    ]
    assert step.read_text("utf-8") == summary.text(run)


def test_a_green_run_has_a_summary_alone(builder: Builder, step: Path) -> None:
    made = builder()
    made.outcome("a.rule", "pass")

    assert told(made.finish()) == []
    assert "passed (1 rule, 1 case)" in step.read_text("utf-8")


def test_a_run_without_a_verdict_is_an_error(builder: Builder, step: Path) -> None:
    assert told(builder().finish(footer=False)) == [("error", "assay", "interrupted: no verdict")]


def test_no_more_are_made_than_github_shows(builder: Builder, step: Path) -> None:
    made = builder()
    for number in range(30):
        made.outcome(f"rule.{number}", "fail")

    found = told(made.finish())

    assert len(found) == 10
    assert found[-1].message == "and 22 more: the report and the summary have all of them"


def test_a_gate_that_fell_short_is_an_error(builder: Builder, step: Path) -> None:
    made = builder()
    made.outcome("a.rule", "pass")
    judgements = [
        Judgement("p99 +5%", "new", "sam2.embed", State.SHORT, "20 → 30 ms"),
        Judgement("rate -3%", "new", "", State.HELD, "none"),
    ]

    assert told(made.finish(), *judgements) == [("error", "p99 +5%: fell short", "new, sam2.embed: 20 → 30 ms")]


def test_steps_share_a_summary_and_keep_within_its_size(builder: Builder, step: Path) -> None:
    step.write_text("## Another tool\n" + "x" * 998_000 + "\n")
    made = builder()
    for number in range(60):
        made.outcome(f"rule.{number}", "fail")
    run = made.finish()

    told(run)
    told(run)

    text = step.read_text("utf-8")
    assert text.startswith("## Another tool\n")
    assert "## Assay: FAILED" in text
    assert text.endswith("The rest stands in the report.\n")
    assert step.stat().st_size <= 1_000_100


def test_a_summary_that_cannot_be_written_is_said(
    builder: Builder, step: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(step.parent / "nowhere" / "step.md"))
    made = builder()
    made.outcome("a.rule", "pass")

    (found,) = told(made.finish())

    assert found == ("warning", "assay", "the summary of the step cannot be written: No such file or directory")


@pytest.mark.parametrize("value", [None, "", "false"])
def test_elsewhere_nothing_is_said(
    builder: Builder, step: Path, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    if value is None:
        monkeypatch.delenv("GITHUB_ACTIONS")
    else:
        monkeypatch.setenv("GITHUB_ACTIONS", value)

    assert told(builder().finish(footer=False)) == []
    assert not step.exists()


def test_nothing_that_a_server_says_is_obeyed(builder: Builder, step: Path) -> None:
    run = hostile(builder)
    found = told(run)
    lines = [inert(line) for line in terminal.lines(run)]

    assert {each.name for each in found} == {"error", "warning"}
    assert not any(each.title.startswith("pwned") for each in found)
    assert [each for each in map(obeyed, lines) if each] == []
    everything = "\n".join([*lines, *map(str, found), step.read_text("utf-8")])
    assert SECRET not in everything
    assert "\x1b" not in everything
    assert "\u202e" not in everything
    assert len(everything) < 200_000


@pytest.mark.parametrize(
    "line", ["::error::x", "  ::add-mask::x", "a\n::debug::x", "a ##[error]x", "##[group]x", "##vso[task.setvariable]x"]
)
def test_a_line_that_would_be_obeyed_is_spelled_out(line: str) -> None:
    assert not any(obeyed(each) for each in inert(line).splitlines())
    assert "##" not in inert(line)
    assert inert(line) != line


@pytest.mark.parametrize("line", ["std::vector", "at [::1]:9001", "## Heading", "a: b", "# [x]", "http://[::1]/##"])
def test_other_lines_stay_as_they_are(line: str) -> None:
    assert inert(line) == line


def test_the_hostile_words_would_be_obeyed_otherwise() -> None:
    """Else the tests above would show nothing."""
    assert [each.name for line in WORDS.splitlines() if (each := obeyed(line))] == ["error", "error", "stop-commands"]
