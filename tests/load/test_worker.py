"""The worker as it runs: a process of its own, against the exactly timed server."""

from __future__ import annotations

import gc
import itertools
import os
import queue
import sys
import tempfile
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assay.load.clock import now
from assay.load.columns import Failure
from assay.load.job import NOTHING, ORDER, SCHEDULE, Job, Prepared
from assay.load.processes import Told, WorkerProcess
from assay.load.worker import Worker

from .helpers import HEAD, failures, job, rows

BODIES = b"first" + b"the second"
WAIT = 30


@contextmanager
def bodies() -> Iterator[int]:
    with tempfile.TemporaryFile() as file:
        file.write(BODIES)
        file.flush()
        yield file.fileno()


def two_requests(port: int, bodies: int, **wanted: Any) -> Job:
    prepared = (
        Prepared(HEAD.format(5).replace("/some", "/delay?ms=1&size=100"), 0, 5),
        Prepared(HEAD.format(10).replace("/some", "/delay?ms=1&size=200"), 5, 10),
    )
    return replace(job(f"http://127.0.0.1:{port}", **wanted), requests=prepared, bodies=bodies, window=0.1)


def _until(said: queue.Queue[tuple[int, Told | None]], kind: str) -> list[Told]:
    told: list[Told] = []
    while not told or told[-1]["kind"] != kind:
        _, message = said.get(timeout=WAIT)
        assert message is not None, f"it ended before it was {kind}"
        told.append(message)
    return told


def _answered(said: queue.Queue[tuple[int, Told | None]], least: int) -> list[Told]:
    """What was said until so many requests were answered, and one window more: their rows are written by then."""
    told = _until(said, "window")
    while sum(one.get("count", 0) for one in told) < least:
        told += _until(said, "window")
    return told + _until(said, "window")


def _worked(asked: Job, folder: Path, stop_after: int | None = None) -> list[Told]:
    """What a worker said that was started, and stopped after so many answers."""
    said: queue.Queue[tuple[int, Told | None]] = queue.Queue()
    worker = WorkerProcess(0, asked, folder, said)
    try:
        told = _until(said, "ready")
        worker.start(now())
        if stop_after is not None:
            told += _answered(said, stop_after)
            worker.stop()
        return told + _until(said, "ended")
    finally:
        worker.close()


def test_a_schedule_is_sent_in_its_order_and_every_request_once(tmp_path: Path, sink_port: int) -> None:
    (tmp_path / SCHEDULE).write_bytes(array("q", range(0, 200_000_000, 2_000_000)).tobytes())
    order = [number % 3 // 2 for number in range(100)]
    (tmp_path / ORDER).write_bytes(array("I", order).tobytes())

    with bodies() as shared:
        told = _worked(two_requests(sink_port, shared), tmp_path)

    found = sorted(rows(tmp_path), key=lambda row: row["intended"])
    assert failures(found) == [Failure.NONE] * 100
    assert [row["request"] for row in found] == order
    assert {(row["request"], row["size"]) for row in found} == {(0, 100), (1, 200)}
    assert all(row["stated"] >= 1000 for row in found)
    assert told[-1]["rows"] == 100
    assert sum(one["count"] for one in told if one["kind"] == "window") <= 100


def test_clients_of_a_closed_loop_send_until_they_are_stopped(tmp_path: Path, sink_port: int) -> None:
    with bodies() as shared:
        told = _worked(two_requests(sink_port, shared, clients=3), tmp_path, stop_after=10)

    found = rows(tmp_path)
    assert set(failures(found)) == {Failure.NONE}
    assert len(found) == told[-1]["rows"] > 3
    assert max(_under_way(found)) <= 3, "no more than there are clients"


def _under_way(found: list[dict[str, int]]) -> Iterator[int]:
    count = 0
    for _, change in sorted([(row["sent"], 1) for row in found] + [(row["read"], -1) for row in found]):
        count += change
        yield count


@pytest.mark.parametrize("how", ["most", "longest"])
def test_it_ends_by_itself_at_a_bound(tmp_path: Path, sink_port: int, how: str) -> None:
    wanted: dict[str, Any] = {"most": 7} if how == "most" else {"longest": 0.2}
    with bodies() as shared:
        told = _worked(two_requests(sink_port, shared, clients=2, **wanted), tmp_path)

    if how == "most":
        assert told[-1]["rows"] == 7


def test_its_rows_are_kept_when_it_is_killed(tmp_path: Path, sink_port: int) -> None:
    said: queue.Queue[tuple[int, Told | None]] = queue.Queue()
    with bodies() as shared:
        worker = WorkerProcess(0, two_requests(sink_port, shared, clients=2), tmp_path, said)
        _until(said, "ready")
        worker.start(now())
        _answered(said, 1)
        worker.kill()
        worker.close()

    assert min((tmp_path / name).stat().st_size for name in ("intended", "failure")) > 0
    assert worker.why() == "was ended by signal 9"


def test_it_ends_when_nobody_holds_its_input(tmp_path: Path, sink_port: int) -> None:
    said: queue.Queue[tuple[int, Told | None]] = queue.Queue()
    with bodies() as shared:
        worker = WorkerProcess(0, two_requests(sink_port, shared, clients=2), tmp_path, said)
        _until(said, "ready")
        worker.start(now())
        _until(said, "window")
        worker.close()

    told = []
    while (message := said.get(timeout=WAIT)[1]) is not None:
        told.append(message)
    assert told[-1]["kind"] == "ended"
    assert worker.why() == "ended with code 0"


def test_neither_heads_nor_bodies_stand_in_a_file(tmp_path: Path, sink_port: int) -> None:
    with bodies() as shared:
        asked = two_requests(sink_port, shared, clients=1, most=3)
        secret = replace(asked.requests[0], head=asked.requests[0].head.replace("here", "a-key-of-someone"))
        _worked(replace(asked, requests=(secret,)), tmp_path)

    for path in tmp_path.rglob("*"):
        assert b"a-key-of-someone" not in path.read_bytes()
        assert b"first" not in path.read_bytes()


def test_its_rows_are_kept_when_it_breaks(
    tmp_path: Path, sink_port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks() -> None:
        raise RuntimeError("it breaks")

    counted = itertools.count(1)
    heard, said = os.pipe()
    with open(heard) as words, open(said, "w") as told:
        monkeypatch.setattr(sys, "stdin", words)
        monkeypatch.setattr(gc, "freeze", lambda: None)
        monkeypatch.setattr(gc, "disable", lambda: None)
        worker = Worker(two_requests(sink_port, NOTHING, clients=1), tmp_path, memoryview(BODIES))
        worker._engine.on_row = lambda one: breaks() if next(counted) == 40 else None
        told.write(f"start {now()}\n")
        told.flush()
        with pytest.raises(RuntimeError, match="it breaks"):
            worker.work()
        worker._engine.close()
        worker._reactor.close()

    assert failures(rows(tmp_path)) == [Failure.NONE] * 40
