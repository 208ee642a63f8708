"""What is shown while a check runs: one line on a terminal, plain lines elsewhere, nothing where it shall be quiet."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from assay.plugin.progress import Progress
from assay.record import OutcomeKind

from .conftest import Assay

RULES = ("--only", "service.answers-plain-requests", "--only", "hosted.image.size")
ARGUMENTS = ("check", "reference", "--depth", "quick", *RULES, "--workers", "1", "--out", "run")
CLEAR = "\r\x1b[2K"


def on_a_terminal(folder: Path, *arguments: str, **environment: str) -> str:
    """What a terminal is shown, with `CI` and `NO_COLOR` as they are given here only."""
    inherited = {name: value for name, value in os.environ.items() if name not in ("CI", "NO_COLOR")}
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "assay", *ARGUMENTS, *arguments],
        cwd=folder,
        env={**inherited, "TERM": "xterm", **environment},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = bytearray()
    try:
        while piece := os.read(ours, 65536):
            shown += piece
    except OSError:  # how a terminal says that nobody writes to it any more
        pass
    finally:
        process.kill()
        os.close(ours)
    assert process.wait(10) in (0, -9)
    return shown.decode().replace("\r\n", "\n")


def test_a_terminal_has_one_line_that_is_kept_up_to_date(folder: Path) -> None:
    shown = on_a_terminal(folder)
    states = [state for state in shown.split(CLEAR) if re.search(r"\d+ requests, \d+:\d\d  ", state)]

    assert any(re.match(r"\d+/\d\d cases, \d+ requests, 0:\d\d  [a-z]", state) for state in states)
    assert all("\n" not in state for state in states)
    before_the_report = shown.rsplit(CLEAR, 1)[0]
    assert "  service.answers-plain-requests     " not in before_the_report  # a line for each rule comes at the end
    assert "\x1b[32mpassed" in shown


def test_no_color_is_respected(folder: Path) -> None:
    shown = on_a_terminal(folder, NO_COLOR="1")

    assert CLEAR in shown
    assert not re.search(r"\x1b\[[0-9;]*m", shown)


@pytest.mark.parametrize("environment", [{"CI": "true"}, {"TERM": "dumb"}])
def test_logs_get_plain_lines(folder: Path, environment: dict[str, str]) -> None:
    shown = on_a_terminal(folder, **environment)

    assert CLEAR not in shown
    assert "\n  service.answers-plain-requests " in shown


def test_a_pipe_gets_plain_lines(assay: Assay) -> None:
    said = assay(*ARGUMENTS)

    assert "\x1b" not in said.out
    assert "\n  service.answers-plain-requests " in said.out


def test_quiet(assay: Assay, folder: Path) -> None:
    said = assay(*ARGUMENTS, "--quiet")

    assert said.code == 0
    lines = said.out.splitlines()
    assert [line.partition(":")[0] for line in lines[:3]] == ["cases", "report", "exit code 0"]
    assert lines[3].startswith("passed (")
    assert len(lines) == 4
    assert CLEAR not in on_a_terminal(folder, "--quiet", "--out", "again")


def test_the_line_fits() -> None:
    progress = Progress(doing="hosted.boxes.in-pixels", done=3, total=219)
    for kind in (OutcomeKind.FAIL, OutcomeKind.BLOCKED, OutcomeKind.WARN, OutcomeKind.PASS):
        progress.count(kind)

    assert progress.line(200) == "3/219 cases, 2 failed, 1 warned, 0:00  hosted.boxes.in-pixels"
    assert len(progress.line(20)) == 20
    assert Progress().line(80) == "0:00  reaching the target"
