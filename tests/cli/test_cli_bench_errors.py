"""A benchmark whose target fails in the middle: each failure is counted by its kind, and what was measured is kept.

All that is sent counts here, without a warm-up, so that it is known when the target fails.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from starlette.responses import JSONResponse

from assay.bench import running as benching
from assay.bench.options import BenchOptions
from assay.load.calibration import Calibration
from assay.load.columns import Failure
from assay.load.figures import ErrorBound
from assay.load.rows import Rows
from assay.load.steady import Wish
from assay.record import Measurement, Run, read
from assay.reference.app import create_app
from assay.reference.embedded import MODELS
from assay.serving import running

from .conftest import Assay
from .turning import Turning

KEY = "key-told-apart-4711"
WORKLOAD = "hosted.classification/base64"
RATE = 100
ASKED = ("--workload", WORKLOAD, "--scenario", "server", "--rate", str(RATE), "--timeout", "5", "--out", "run")
BEFORE = 100
"""Requests of the load that come before the target fails."""
UNDER_WAY = 60
"""So many of them may have no answer yet, on a machine that does other things too."""
REFUSED = JSONResponse({"message": "the key was revoked"}, 401)
UNLOADED = JSONResponse({"message": "the model is not loaded"}, 404)


@pytest.fixture(autouse=True)
def _bounded(monkeypatch: pytest.MonkeyPatch, _no_key: None) -> None:
    monkeypatch.setenv("ROBOFLOW_API_KEY", KEY)
    monkeypatch.setattr(benching, "calibrate", lambda: Calibration(ErrorBound(0.1, 0.2, True), 400, 0.0, 0.1, 0.2, 5e3))
    monkeypatch.setattr(
        BenchOptions, "wish", lambda self, alone: Wish(self.seconds, 1, None, warm_up=0, longest=self.seconds)
    )


def told(folder: Path) -> tuple[Run, Measurement, Rows]:
    """The record, its only measurement and the rows of that, of which none may be lost."""
    run = read(folder / "run")
    (found,) = (Measurement.of(event) for event in run.measurements)
    rows = Rows.of_bytes((folder / "run" / "artifacts" / found.artifacts["columns"]).read_bytes())
    assert found.requests == len(rows) == found.successes + sum(found.failures.values())
    assert {"run.jsonl", "report.html", "summary.md", "junit.xml"} <= {path.name for path in (folder / "run").iterdir()}
    return run, found, rows


def test_a_key_that_is_revoked_in_the_middle(assay: Assay, folder: Path) -> None:
    target = Turning(create_app(key=KEY), lambda number: REFUSED if number > BEFORE else None)
    with running(target) as url:
        said = assay("bench", url, *ASKED, "--seconds", "2")

    assert said.code == 7, said.err
    run, found, rows = told(folder)
    assert found.failures == {"client_error": target.statuses[401]}
    assert found.successes == target.statuses[200] == BEFORE
    assert Counter(rows["status"].tolist()) == target.statuses
    assert found.figures["response.p50"].n == BEFORE, "what failed is in no latency"
    assert any("of the requests failed" in reason for reason in found.reasons)
    assert f"{target.statuses[401]} client error" in said.out
    assert run.footer is not None
    assert KEY not in (folder / "run" / "report.html").read_text("utf-8")


def test_a_model_that_is_gone_for_a_while(assay: Assay, folder: Path) -> None:
    gone = range(BEFORE, BEFORE + 20)
    target = Turning(create_app(key=KEY), lambda number: UNLOADED if number in gone else None)
    with running(target) as url:
        said = assay("bench", url, *ASKED, "--seconds", "3")

    assert said.code == 7, said.err
    _, found, rows = told(folder)
    assert found.failures == {"client_error": len(gone)}
    assert found.successes == target.statuses[200] > BEFORE
    assert rows["status"][-1] == 200, "it went on"
    assert any("of the requests failed" in reason for reason in found.reasons)


def test_a_model_that_is_unloaded_and_loaded_again(assay: Assay, folder: Path) -> None:
    app = create_app(key=KEY)

    def unload(number: int) -> None:
        if number == BEFORE:
            app.state.memory.remove(MODELS["classification"])

    with running(Turning(app, unload)) as url:
        said = assay("bench", url, *ASKED, "--seconds", "2")

    assert said.code in {0, 7}, said.err
    _, found, rows = told(folder)
    assert found.failures == {}
    assert int(rows["cold"].sum()) == 1
    note = "1 answer says that the model had been loaded first: what that took is in the latencies"
    assert note in found.notes
    assert note in said.out
    assert note in (folder / "run" / "report.html").read_text("utf-8")


class Serving:
    """A process that is ready to serve a port, and does so when it is told to."""

    def __init__(self, port: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.cli.turning", str(port), KEY, str(BEFORE)],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def wait_for(self, word: str) -> None:
        assert self._process.stdout is not None
        assert self._process.stdout.readline().strip() == word

    def serve(self) -> None:
        """Once it is ready."""
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        self.wait_for("up")

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


@contextmanager
def killed(restart: bool) -> Iterator[str]:
    """A server that is killed at the request BEFORE of a load; another one may take its place at once."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    first, second = Serving(port), Serving(port)
    second.wait_for("ready")
    first.wait_for("ready")
    first.serve()

    def replace() -> None:
        first.wait_for("asked")
        first.kill()
        if restart:
            second.serve()

    thread = threading.Thread(target=replace, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
        thread.join(20)
    finally:
        first.kill()
        second.kill()


BROKEN_OFF = {"refused", "reset", "closed_idle", "short_body"}


def test_a_server_that_is_killed_and_started_again(assay: Assay, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assay.load.running.JUDGED", 100)  # however long the second takes, the load goes on
    with killed(restart=True) as url:
        said = assay("bench", url, *ASKED, "--seconds", "8")

    assert said.code in {0, 7}, said.err
    run, found, rows = told(folder)
    assert found.failures
    assert set(found.failures) <= BROKEN_OFF
    failed = np.flatnonzero(rows["failure"] != Failure.NONE)
    assert failed[0] >= BEFORE - UNDER_WAY, "what had been answered until then counts"
    assert (rows["status"][failed[-1] + 1 :] == 200).sum() > RATE, "and what was answered afterwards does"
    assert all(f"{times:,} {kind.replace('_', ' ')}" in said.out for kind, times in found.failures.items())
    assert run.footer is not None


@pytest.mark.thorough
def test_a_server_that_is_killed_and_stays_away(assay: Assay, folder: Path) -> None:
    with killed(restart=False) as url:
        said = assay("bench", url, *ASKED, "--seconds", "3", "--ready-timeout", "1")

    assert said.code in {3, 7}, said.err
    _, found, _ = told(folder)
    assert found.successes >= BEFORE - UNDER_WAY
    assert set(found.failures) <= BROKEN_OFF
    assert found.failures["refused"] > 0
    assert not found.valid
    assert "Traceback" not in said.err
