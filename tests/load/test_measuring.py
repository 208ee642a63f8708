"""Measuring: the workers that are led, what they wrote together, and what becomes of those that die."""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assay.contract.message import Request
from assay.errors import Fault, TargetUnreachable, UsageProblem
from assay.load import crew
from assay.load.columns import COLUMNS, Columns, Failure
from assay.load.endpoint import endpoint_of, wire_of
from assay.load.plan import Stopped, Window, quantile_of
from assay.load.processes import WorkerProcess
from assay.load.rows import Rows
from assay.load.running import measure
from assay.load.schedule import Closed, Constant, Poisson, Trace
from assay.target import Policy, Target

from ..target.servers import keep_silent, listening, response, saying
from .plans import plan, to, wire


@pytest.mark.parametrize("workers", [1, 2])
def test_a_schedule_is_sent_whole_by_however_many_workers(sink_port: int, workers: int) -> None:
    wanted = plan(Poisson(200), requests=(wire(), wire(body=b"another")), workers=workers, seed=3)

    found = measure(wanted, to(sink_port))

    assert found.why is Stopped.TIME
    times = wanted.load.times(0.5, 3)  # type: ignore[union-attr]
    assert np.array_equal(np.sort(found.rows["intended"]) - found.began, times)
    assert set(found.rows["failure"]) == {Failure.NONE}
    sent = Counter(found.rows["request"].tolist())
    assert abs(sent[0] - sent[1]) <= 1
    assert [one.rows for one in found.workers] == [len(times[n::workers]) for n in range(workers)]
    assert not found.lost


def test_clients_stop_when_the_time_is_over(sink_port: int) -> None:
    found = measure(plan(Closed(4), workers=2), to(sink_port))

    assert found.why is Stopped.TIME
    assert len(found.workers) == 2
    assert len(found.rows) >= 4
    assert found.stopped > found.began
    assert [window.number for window in found.windows] == list(range(1, len(found.windows) + 1))
    assert sum(window.count for window in found.windows) <= len(found.rows)


@pytest.mark.parametrize("load", [Closed(3), Constant(1000)], ids=["closed", "open"])
def test_no_request_is_sent_more_often_than_asked(sink_port: int, load: Any) -> None:
    requests = tuple(wire(body=b"%05d" % number) for number in range(10))

    found = measure(plan(load, requests=requests, repeats=2, seconds=5), to(sink_port))

    assert found.why is Stopped.COUNT
    assert Counter(found.rows["request"].tolist()) == dict.fromkeys(range(10), 2)


@pytest.mark.parametrize("load", [Closed(8), Constant(1000)], ids=["closed", "open"])
def test_more_workers_than_requests_send_none_more_often_than_asked(sink_port: int, load: Any) -> None:
    requests = tuple(wire(body=b"%05d" % number) for number in range(3))

    found = measure(plan(load, requests=requests, repeats=1, workers=5, seconds=5), to(sink_port))

    assert Counter(found.rows["request"].tolist()) == dict.fromkeys(range(3), 1)


def test_who_watches_can_stop_it(sink_port: int) -> None:
    seen: list[Window] = []

    def watch(window: Window) -> bool:
        seen.append(window)
        return len(seen) < 2

    found = measure(plan(Closed(1), seconds=60), to(sink_port), watch)

    assert found.why is Stopped.ASKED
    assert found.windows[:2] == seen


def test_a_target_that_fails_is_left_alone() -> None:
    with listening(saying(response(status=500))) as server:
        found = measure(plan(Closed(2), seconds=60), to(int(server.url.rpartition(":")[2])))

    assert found.why is Stopped.ERRORS
    assert set(found.rows["failure"]) == {Failure.SERVER_ERROR}


def test_what_a_worker_wrote_before_it_died_is_kept(sink_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[WorkerProcess] = []

    class Watched(WorkerProcess):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            started.append(self)

    monkeypatch.setattr(crew, "WorkerProcess", Watched)

    def watch(window: Window) -> bool:
        if window.number == 3:
            started[1].kill()
        return window.number < 6

    found = measure(plan(Closed(2), workers=2, seconds=60), to(sink_port), watch)

    assert [bool(one.lost) for one in found.workers] == [False, True]
    assert found.workers[1].rows > 0
    assert len(found.rows) == sum(one.rows for one in found.workers)
    assert found.lost == [f"worker 2 was ended by signal 9; {found.workers[1].rows} of its rows are kept"]


def test_ctrl_c_keeps_what_was_measured(sink_port: int) -> None:
    def watch(window: Window) -> bool:
        if window.number == 2:
            os.kill(os.getpid(), signal.SIGINT)
        return True

    found = measure(plan(Closed(2), seconds=60), to(sink_port), watch)

    assert found.interrupted
    assert len(found.rows) > 0


def test_a_worker_that_cannot_start_is_our_fault(sink_port: int) -> None:
    with pytest.raises(Fault, match="no worker started"):
        measure(plan(Closed(1), cores=(2**40,)), to(sink_port))


def test_rows_come_back_from_one_file(sink_port: int) -> None:
    found = measure(plan(Closed(1), most=5), to(sink_port)).rows

    again = Rows.of_bytes(found.to_bytes())

    assert np.array_equal(again["last"] - again["sent"], found["last"] - found["sent"])
    assert again["intended"].min() == 0
    with pytest.raises(ValueError, match="lacks"):
        Rows.of_bytes(_one_column())


def _one_column() -> bytes:
    file = io.BytesIO()
    np.savez(file, sent=np.zeros(1))
    return file.getvalue()


def test_a_ragged_end_of_a_killed_worker_is_left_out(tmp_path: Path) -> None:
    assert len(Rows.of_folder(tmp_path)) == 0
    kept = Columns(tmp_path)
    for number in range(3):
        kept.add(*[number] * len(COLUMNS))
    kept.close()
    (tmp_path / "read").write_bytes((tmp_path / "read").read_bytes()[:-3])

    assert Rows.of_folder(tmp_path)["sent"].tolist() == [0, 1]


def test_the_key_goes_over_the_wire_and_nowhere_else(sink_port: int) -> None:
    key = "a-key-that-nobody-sees"
    with listening(saying(response())) as server:
        policy = Policy(f"{server.url}/base", key=key)
        target = Target(policy)
        request = Request(
            "florence.predict", "POST", "/some", headers=(("content-type", "application/json"),), body=b"{}"
        )
        made = wire_of(target, request)
        found = measure(plan(Trace((0.0,)), requests=(made,), warm_connections=0), endpoint_of(policy))
        target.close()

    assert set(found.rows["failure"]) == {Failure.NONE}
    assert key.encode() in server.heard[-1]
    assert server.lines()[-1].startswith("POST /base/some")
    assert server.head()["host"] == server.url.removeprefix("http://")
    assert key not in repr(made) + repr(found.plan) + repr(found.workers)


def test_what_load_cannot_do_is_said_before_it_starts() -> None:
    with pytest.raises(UsageProblem, match="--proxy"):
        endpoint_of(Policy("http://localhost:1", proxy="http://localhost:2"))
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    with pytest.raises(TargetUnreachable, match=f"port {port}"):
        endpoint_of(Policy(f"http://127.0.0.1:{port}"))
    with pytest.raises(TargetUnreachable, match=r"nobody\.invalid is not known"):
        endpoint_of(Policy("http://nobody.invalid"))


@pytest.mark.parametrize("wanted", [{"requests": ()}, {"most": 0}, {"repeats": 0}, {"workers": 0}, {"load": Closed(0)}])
def test_a_load_of_nothing_is_refused(wanted: dict[str, Any]) -> None:
    with pytest.raises(UsageProblem, match="nothing to send"):
        measure(plan(**{"load": Closed(1), **wanted}), to(1))


def test_nothing_is_left_behind(sink_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    threads = threading.active_count()

    measure(plan(Closed(1), most=3), to(sink_port))

    assert list(tmp_path.iterdir()) == []
    assert threading.active_count() <= threads


def test_a_quantile_of_bins_is_where_it_should_be() -> None:
    assert quantile_of(Counter({10: 1, 20: 98, 300: 1}), 0.5) == pytest.approx(20)
    assert quantile_of(Counter(), 0.5) is None


def test_clients_that_wait_for_each_other_are_refused(sink_port: int) -> None:
    with pytest.raises(UsageProblem, match="5 clients that wait for their answers take as many connections; 4 are"):
        measure(plan(Closed(5), connections=4), to(sink_port))


def test_clients_have_their_connections_however_they_are_dealt(sink_port: int) -> None:
    found = measure(plan(Closed(5), connections=5, workers=2, most=50), to(sink_port))

    assert set(found.rows["failure"]) == {Failure.NONE}
    assert [one.told["connections"] for one in found.workers] == [3, 2]


LOW = """
import resource, socket, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[2]), int(sys.argv[3])))
from assay.load.endpoint import Endpoint, Wire
from assay.load.plan import Plan
from assay.load.running import measure
from assay.load.schedule import Poisson
port = int(sys.argv[1])
to = Endpoint("127.0.0.1", port, socket.AF_INET, ("127.0.0.1", port), local=True)
wire = Wire(b"GET / HTTP/1.1\\r\\nHost: here\\r\\n\\r\\n", b"")
found = measure(Plan((wire,), Poisson(200), 0.5, timeout=0.5, drain=1.0, connections=150, error_limit=None), to)
print(found.lost, len(found.rows) > 50, int(sys.argv[4]) in found.rows["failure"], found.workers[0].told["connections"])
"""


@pytest.mark.parametrize(("soft", "hard", "connections"), [(64, 64, 32), (64, 4096, 150)])
def test_a_low_limit_of_open_files_is_raised_or_kept_to(soft: int, hard: int, connections: int) -> None:
    with listening(keep_silent) as server:
        port = server.url.rpartition(":")[2]
        words = [sys.executable, "-c", LOW, port, str(soft), str(hard), str(int(Failure.CLIENT_EXHAUSTED))]
        said = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True).stdout

    assert said == f"[] True False {connections}\n"
