"""Ctrl-C, twice: nothing is left, or a record to go on with; never a verdict over cases that nobody judged."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from assay.plugin.check import Check
from assay.plugin.options import CheckOptions
from assay.plugin.running import resume_check, run_check
from assay.record import read
from assay.report.files import write_reports
from assay.serving import running

from .servers import reference

CHOSEN = ("hosted.image.*", "hosted.classes.*")
AMID_CASES = 25
"""A request."""


def pressing(app: ASGIApp, request: int) -> ASGIApp:
    """While this request is answered, Ctrl-C is pressed twice."""
    heard = 0

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal heard
        heard += scope["type"] == "http"
        if heard == request:
            for _ in range(2):
                os.kill(os.getpid(), signal.SIGINT)
        await app(scope, receive, send)

    return answer


def check(url: str, folder: Path, echo: Callable[[str], None] = lambda _: None) -> Check:
    return run_check(CheckOptions(url, only=CHOSEN, examples=1, out=folder, workers=1), echo)


@contextmanager
def left(url: str, folder: Path) -> Iterator[Check]:
    """The check that came of a run that was interrupted; it can be gone on with."""
    ended = check(url, folder)
    run = read(folder)
    assert ended.exit_code == 130
    assert run.footer is None
    assert {outcome["outcome"] for outcome in run.outcomes} <= {"pass"}
    assert all((folder / name).exists() for name in ("report.html", "junit.xml", "summary.md"))
    assert not (folder / "parts").exists()
    yield ended
    resumed = resume_check(folder, CheckOptions(url, workers=1), frozenset({"target"}), lambda _: None)
    assert resumed.exit_code == 0
    assert len(read(folder).outcomes) > len(run.outcomes)


def test_before_anything_is_recorded(tmp_path: Path) -> None:
    left_behind = "nothing was judged yet, and no record is kept"
    with running(pressing(reference(), 2)) as url, pytest.raises(KeyboardInterrupt, match=left_behind):
        check(url, tmp_path / "run")

    assert not list(tmp_path.iterdir())


def test_before_the_first_case(tmp_path: Path) -> None:
    def say(line: str) -> None:
        if line.startswith("  hosted."):  # the announcement
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    left_behind = "nothing was judged yet; go on with it: assay check --resume "
    with running(reference()) as url, pytest.raises(KeyboardInterrupt, match=left_behind):
        check(url, tmp_path / "run", say)

    assert read(tmp_path / "run").footer is None


def test_in_a_case(tmp_path: Path) -> None:
    with running(pressing(reference(), AMID_CASES)) as url, left(url, tmp_path / "run") as ended:
        assert ended.outcomes


def test_while_pytest_takes_leave_of_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It had called the run over, and its cases errors, where the second came right now."""
    monkeypatch.setattr(
        "assay.plugin.judging.Judging.pytest_keyboard_interrupt",
        lambda self: signal.raise_signal(signal.SIGINT),
        raising=False,
    )
    with running(pressing(reference(), AMID_CASES)) as url, left(url, tmp_path / "run"):
        pass


def test_one_that_was_lost_on_its_way(tmp_path: Path) -> None:
    """Python swallows what is raised in a callback: the run ends all the same, and not as one that is over."""
    told = []

    def say(line: str) -> None:
        told.append(line)
        if line.startswith("  hosted.image.size "):
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)

    with running(reference()) as url:
        ended = check(url, tmp_path / "run", say)

    assert ended.exit_code == 130
    assert read(tmp_path / "run").footer is None
    assert "hosted.image.size" in told[-1]


def test_a_run_that_is_over_is_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While its reports are written, nothing is left to be interrupted."""

    def pressed(folder: Path) -> object:
        signal.raise_signal(signal.SIGINT)
        return write_reports(folder)

    monkeypatch.setattr("assay.report.files.write_reports", pressed)
    with running(reference()) as url:
        ended = check(url, tmp_path / "run")

    assert ended.exit_code == 0
    assert read(tmp_path / "run").footer is not None
    assert ended.leave() == f"interrupted; the run had come to its end: assay report {tmp_path / 'run'}"


@pytest.fixture
def handlers() -> Iterator[None]:
    """Who leaves at once gives no signal back: the process ends then."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("handlers")
def test_leaving_without_waiting(tmp_path: Path) -> None:
    """A later Ctrl-C waits for no report: what is recorded is there, and what is not leaves nothing behind."""
    with running(reference()) as url:
        held = Check(CheckOptions(url, only=CHOSEN, examples=1, out=tmp_path / "run", workers=1), lambda _: None)
        assert held.leave() == "interrupted; nothing was judged yet, and no record is kept"
        held.begin()
        assert held.leave() == (
            f"interrupted; nothing was judged yet; go on with it: assay check --resume {tmp_path / 'run'}"
        )
        assert read(tmp_path / "run").footer is None
