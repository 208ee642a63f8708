"""Ctrl-C: what was measured is kept, there is a report that says what it is, and no verdict."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from assay.plugin.catalogue import catalogue
from assay.record import read
from assay.reference.app import create_app
from assay.serving import running

from .conftest import Process, started, wait_for

KEY = "key-of-these-tests"
CHOSEN = ("--only", "hosted.*", "--examples", "1", "--out", "run")


def hesitant(app: ASGIApp, seconds: float, path: str) -> ASGIApp:
    """Every answer on this path takes its time."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(path):
            await asyncio.sleep(seconds)
        await app(scope, receive, send)

    return answer


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROBOFLOW_API_KEY", KEY)


@pytest.fixture(scope="module")
def slow() -> Iterator[str]:
    with running(hesitant(create_app(key=KEY), 0.1, "/")) as url:
        yield url


def interrupt(process: Process) -> tuple[int, str, str]:
    """Press Ctrl-C once."""
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    return process.returncode, out, err


def lines(folder: Path) -> list[str]:
    return (folder / "run" / "run.jsonl").read_text("utf-8").splitlines()


def test_in_the_middle_of_a_run(folder: Path, slow: str) -> None:
    with started(folder, "check", slow, *CHOSEN) as process:
        wait_for(process, "  hosted.answer.schema")
        before = lines(folder)
        code, out, err = interrupt(process)

    run = read(folder / "run")
    assert code == 130, err
    assert "Traceback" not in out + err
    assert run.footer is None
    assert lines(folder)[: len(before)] == before, "nothing that was measured is lost"
    judged = [outcome for outcome in run.outcomes if outcome["rule"] == "hosted.answer.schema"]
    assert len(judged) == len(catalogue()["hosted.answer.schema"].cases)
    assert len(run.rules) > len({outcome["rule"] for outcome in run.outcomes}), "it did not run to its end"
    for report in ("report.html", "summary.md", "junit.xml"):
        assert "interrupted" in (folder / "run" / report).read_text("utf-8")
    assert "interrupted" in out


def test_while_the_first_answer_is_waited_for(folder: Path) -> None:
    """A model may take minutes to load: whoever gives up keeps what there is, and is not called a pass."""
    loading = hesitant(create_app(key=KEY), 60, "/figures")
    with running(loading, grace=0) as url, started(folder, "check", url, *CHOSEN) as process:
        wait_for(process, "  hosted.classification")
        until = time.monotonic() + 60
        while time.monotonic() < until and not any('"purpose": "smoke"' in line for line in lines(folder)):
            time.sleep(0.02)
        code, out, err = interrupt(process)

    run = read(folder / "run")
    left = "assay: interrupted; nothing was judged yet; go on with it: assay check --resume run"
    assert (code, err.strip()) == (130, left), out
    assert run.footer is None
    assert any(exchange["purpose"] == "smoke" for exchange in run.exchanges.values())
    assert "interrupted" in (folder / "run" / "report.html").read_text("utf-8")


def test_before_anything_was_answered(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with started(folder, "check", url, *CHOSEN) as process, listener.accept()[0]:
            code, out, err = interrupt(process)

    left = "assay: interrupted; nothing was judged yet, and no record is kept"
    assert (code, out, err.strip()) == (130, "", left)
    assert not list(folder.iterdir())


@pytest.mark.thorough
def test_a_run_that_was_killed_can_still_be_read(folder: Path, slow: str) -> None:
    """Nobody was asked: the record ends where it ends, perhaps in the middle of a line."""
    with started(folder, "check", slow, *CHOSEN) as process:
        wait_for(process, "  hosted.answer.schema")
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=10)
    with (folder / "run" / "run.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"kind": "outcome", "rule": "cut"})[:20])

    run = read(folder / "run")
    with started(folder, "report", "run") as process:
        out, err = process.communicate(timeout=30)

    assert run.footer is None
    assert len(run.outcomes) >= 33
    assert (process.returncode, err) == (0, ""), out
    assert out.splitlines()[1:] == ["interrupted: no verdict", "go on with it: assay check --resume run"]
    assert "interrupted" in (folder / "run" / "report.html").read_text("utf-8")
