"""`assay bench` before the real server: every workload runs, and what fails in the middle is counted and named.

The machine is shared, so that a measurement may well be invalid: 7 is as good as 0.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
import pytest

from assay.bench.options import BenchOptions
from assay.cli import main
from assay.load.columns import Failure
from assay.load.rows import Rows
from assay.load.steady import Wish
from assay.record import Measurement, Run, read
from assay.record.redaction import KEY_VARIABLE

from . import processes, server
from .build import Build
from .places import Home
from .server import Instance
from .settings import Settings

MEASURED = {0, 7}
NO_MODEL = {"hosted.instance-segmentation", "hosted.classification", "hosted.multi-label-classification"}
"""Operations for which the rig has no model."""
NOTHING_DRAWN = "hosted.semantic-segmentation/image"
"""Answered with status 200 and nothing: a known deviation, of which there is nothing to measure."""
DETECTION = "hosted.object-detection/base64"
MS = 1e6
MOST_UNSTATED = 25.0
"""ms of a latency that the server does not state, at best: sending a few MB to it, and what it does before it counts.
The least of all requests is looked at, for on a busy machine any of the others may have waited."""
BROKEN_OFF = {"refused", "reset", "closed_idle", "short_body", "unfinished"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "run"


def bench(target: Instance, folder: Path, *asked: str, key: str | None = None) -> int:
    """The exit code of a benchmark of this server, with a key of its own in the environment."""
    models = [
        f"--model={task}={target.models[kind]}"
        for task, kind in {
            "object-detection": "object-detection",
            "keypoint-detection": "keypoint-detection",
            "semantic-segmentation": "semantic-segmentation",
            "segmentation": "sam2",
            "owlv2": "owlv2",
            "florence-2": "lmm",
        }.items()
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEY_VARIABLE, key or target.key)
        with pytest.raises(SystemExit) as ended:
            main(["bench", target.url, *models, "--out", str(folder), *asked])
    return int(ended.value.code or 0)


def told(folder: Path) -> tuple[Run, list[tuple[Measurement, Rows]]]:
    """The record, and each measurement with its rows, none of which is lost."""
    run, found = read(folder), []
    for event in run.measurements:
        each = Measurement.of(event)
        rows = Rows.of_bytes((folder / "artifacts" / each.artifacts["columns"]).read_bytes())
        assert each.requests == each.successes + sum(each.failures.values())
        found.append((each, rows))
    return run, found


def after(seconds: float, action: Callable[[], object]) -> threading.Timer:
    """Do this while a load is under way."""
    timer = threading.Timer(seconds, action)
    timer.start()
    return timer


@pytest.mark.thorough  # it warms up some seventy workloads, which takes long on two cores: by hand
def test_every_workload_runs_and_the_server_claims_no_more_time_than_passed(new_engine: Instance, folder: Path) -> None:
    code = bench(new_engine, folder, "--workload", "*", "--seconds", "2")  # SAM2 takes 5 s for a new picture

    assert code in MEASURED
    run, found = told(folder)
    assert {each.workload: each.failures for each, _ in found if each.failures} == {}
    assert all(each.successes for each, _ in found)
    left_out = {event["workload"] for event in run.omissions}
    assert {each for each in left_out if each.split("/")[0] not in NO_MODEL} == {NOTHING_DRAWN}
    for each, rows in found:
        stated = rows["stated"] >= 0  # in their JSON, which is read of a sample
        assert stated.any() != each.workload.endswith("/image"), f"{each.workload}: answers say how long they took"
        assert (rows["stated"] * 1_000 <= rows["last"] - rows["sent"]).all(), each.workload
        if stated.any():
            unstated = (rows["first"] - rows["sent"])[stated] / MS - rows["stated"][stated] / 1e3  # up to the answer
            assert unstated.min() < MOST_UNSTATED, f"{each.workload}: so much of a latency is nobody's"


def test_a_wrong_key_is_told_before_anything_is_measured(
    new_engine: Instance, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    httpx.post(f"{new_engine.url}/model/clear", timeout=30).raise_for_status()

    code = bench(new_engine, folder, "--workload", DETECTION, "--seconds", "1", key="a-key-that-is-wrong")

    assert code == 2
    assert "key" in capsys.readouterr().err


@contextmanager
def unloading(target: Instance, every: float) -> Iterator[None]:
    """Every few seconds somebody has the server unload all models."""
    over = threading.Event()

    def unload() -> None:
        while not over.wait(every):
            httpx.post(f"{target.url}/model/clear", timeout=30)

    thread = threading.Thread(target=unload)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_a_model_that_is_unloaded_in_the_middle(new_engine: Instance, folder: Path) -> None:
    asked = ("--workload", DETECTION, "--scenario", "server", "--rate", "10", "--seconds", "10")
    with unloading(new_engine, every=3):
        code = bench(new_engine, folder, *asked)

    assert code in MEASURED
    _, [(found, rows)] = told(folder)
    assert found.successes > 0
    assert int(rows["cold"].sum()) >= 1
    assert any("had been loaded first" in note for note in found.notes)


@contextmanager
def restarting(build: Build) -> Iterator[tuple[Instance, Callable[[], None]]]:
    """A server of its own, and how it is killed, and started again on the same port."""
    home, name = Home.chosen(), "killed-in-the-middle"
    with processes.bind() as free:
        settings = Settings("new", port=free.getsockname()[1])  # named, it can be taken again at once
    first = server.start(home, build, settings, name=name)

    def restart() -> None:
        server.stop(first)
        server.start(home, build, settings, name=name)

    try:
        yield first, restart
    finally:
        if (last := server.find(home, name)) is not None:
            server.stop(last)


@pytest.mark.thorough
def test_a_server_that_is_killed_and_started_again(
    rig: Build, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    no_warm_up = Wish(200, 1, None, warm_up=0, longest=200)
    monkeypatch.setattr(BenchOptions, "wish", lambda self, alone: no_warm_up)
    asked = ("--workload", DETECTION, "--scenario", "server", "--rate", "3", "--timeout", "30")
    with restarting(rig) as (target, restart):  # so few a second that the load does not stop by itself
        replacing = after(35, restart)
        code = bench(target, folder, *asked)
        replacing.join()

    assert code in MEASURED
    _, [(found, rows)] = told(folder)
    failed = np.flatnonzero(rows["failure"] != Failure.NONE)
    assert set(found.failures) <= BROKEN_OFF
    assert found.failures["refused"] > 0
    assert (rows["status"][: failed[0]] == 200).any(), "what had been answered until then counts"
    assert (rows["status"][failed[-1] + 1 :] == 200).any(), "and what was answered afterwards does"
    said = capsys.readouterr().out
    assert all(f"{times:,} {kind.replace('_', ' ')}" in said for kind, times in found.failures.items())
