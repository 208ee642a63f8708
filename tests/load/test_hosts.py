"""Load from several machines: the protocol and the merging, on a bus of queues; Locust has a test of its own."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import assay
from assay.errors import Exit, TargetUnreachable, UsageProblem
from assay.load import machine
from assay.load.columns import COLUMNS, Failure
from assay.load.crew import Said
from assay.load.endpoint import endpoint_of
from assay.load.figures import figures_of
from assay.load.hosts import agent, gathering, targets
from assay.load.hosts.clocks import Offset, offset_of
from assay.load.hosts.frames import Frame
from assay.load.hosts.gathering import HostsLost, LoadHost, LoadHosts
from assay.load.hosts.line import Line
from assay.load.hosts.remote import TIMES, RemoteWorker
from assay.load.hosts.targets import Trust
from assay.load.plan import Stopped, Window
from assay.load.rows import TYPES, Rows
from assay.load.running import measure
from assay.load.schedule import Closed, Constant, Poisson
from assay.load.validity import validity_of
from assay.target import Policy

from ..target.gateways import Authority, gateway
from .hosting import Joined, Wires, gathered
from .plans import plan, to, wire

KEY = "a-key-that-nobody-sees"


@pytest.mark.parametrize("names", [("a",), ("c", "b", "a")])
def test_a_schedule_is_sent_whole_by_however_many_hosts(sink_port: int, names: tuple[str, ...]) -> None:
    wanted = plan(Poisson(200), requests=(wire(), wire(body=b"another")), seed=3, answers=4)

    with gathered(*names) as (hosts, _, _):
        found = measure(wanted, to(sink_port), hosts=hosts)

    times = wanted.load.times(0.5, 3)  # type: ignore[union-attr]
    assert found.why is Stopped.TIME
    assert np.array_equal(np.sort(found.rows["intended"]) - found.began, times)
    assert set(found.rows["failure"]) == {Failure.NONE}
    sent = Counter(found.rows["request"].tolist())
    assert abs(sent[0] - sent[1]) <= 1
    assert [part.sender.name for part in found.parts] == sorted(names)
    assert [len(part.rows) for part in found.parts] == [len(times[n :: len(names)]) for n in range(len(names))]
    assert len(found.answers) >= len(names)
    for kept in found.answers:
        assert found.rows["size"][kept.row] == len(kept.response.body)
        assert found.rows["request"][kept.row] == kept.request
    assert not found.lost


def test_one_clock_is_found_to_be_one(sink_port: int) -> None:
    with gathered("a", "b") as (hosts, _, _):
        found = measure(plan(Closed(2)), to(sink_port), hosts=hosts)

    for part in found.parts:
        assert abs(part.sender.offset) <= part.sender.uncertain < 50, "in ms, of threads of one process"
        assert part.sender.error_p99 == 0.2
        assert part.use.seconds > 0


@pytest.mark.parametrize("load", [Closed(4), Constant(1000)], ids=["closed", "open"])
def test_no_request_is_sent_more_often_than_asked_by_all_hosts_together(sink_port: int, load: Any) -> None:
    requests = tuple(wire(body=b"%05d" % number) for number in range(10))

    with gathered("a", "b", "c") as (hosts, _, _):
        found = measure(plan(load, requests=requests, repeats=2, seconds=5), to(sink_port), hosts=hosts)

    assert found.why is Stopped.COUNT
    assert Counter(found.rows["request"].tolist()) == dict.fromkeys(range(10), 2)
    assert len(found.parts) == 3


@pytest.mark.parametrize("load", [Closed(8), Constant(1000)], ids=["closed", "open"])
def test_more_hosts_than_requests_send_none_more_often_than_asked(sink_port: int, load: Any) -> None:
    requests = tuple(wire(body=b"%05d" % number) for number in range(2))

    with gathered("a", "b", "c") as (hosts, _, _):
        found = measure(plan(load, requests=requests, repeats=1, seconds=5), to(sink_port), hosts=hosts)

    assert Counter(found.rows["request"].tolist()) == dict.fromkeys(range(2), 1)


def test_each_host_starts_as_many_processes_as_are_asked_for(sink_port: int) -> None:
    with gathered("a", "b") as (hosts, _, _):
        found = measure(plan(Closed(4), workers=2), to(sink_port), hosts=hosts)

    assert [len(part.workers) for part in found.parts] == [2, 2]
    assert len(found.workers) == 4
    assert figures_of(found).count == sum(len(part.rows) for part in found.parts)


def test_one_client_is_one_host(sink_port: int) -> None:
    with gathered("a", "b") as (hosts, _, _):
        found = measure(plan(Closed(1)), to(sink_port), hosts=hosts)

    assert [part.sender.name for part in found.parts] == ["a"]
    assert not found.lost


def test_requests_are_brought_once(sink_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assay.load.hosts.shipping.CHUNK", 1000)
    wires = _Counting()
    wanted = plan(Closed(2), requests=tuple(wire(body=bytes([65 + n]) * 2000) for n in range(3)), seconds=0.2)

    with gathered("a", "b", wires=wires) as (hosts, _, _):
        measure(wanted, to(sink_port), hosts=hosts)
        brought = wires.told["requests"]
        again = measure(wanted, to(sink_port), hosts=hosts)

    assert brought >= 2 * 6, "in several parts, to each"
    assert wires.told["requests"] == brought
    assert set(again.rows["failure"]) == {Failure.NONE}


class _Counting(Wires):
    def __init__(self) -> None:
        super().__init__()
        self.told: Counter[str] = Counter()

    def send(self, peer: str, head: dict[str, Any], body: bytes = b"") -> None:
        self.told[head["kind"]] += 1
        super().send(peer, head, body)


# Who is lost


def cut_after(wires: Wires, peer: str, window: int) -> Any:
    def watch(seen: Window) -> bool:
        if seen.number == window:
            wires.cut.add(peer)
        return seen.number <= window

    return watch


def test_a_host_that_falls_silent_makes_it_invalid_and_is_named(
    sink_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "SILENT", 4.0)
    monkeypatch.setattr(agent, "BEAT", 0.2)
    with gathered("a", "b", "c") as (hosts, wires, _):
        found = measure(plan(Closed(3), seconds=60), to(sink_port), cut_after(wires, "b-1", 3), hosts=hosts)
        after = measure(plan(Closed(2), seconds=0.2), to(sink_port), hosts=hosts)
        for peer in wires.ends:
            wires.cut.add(peer)
        for host in hosts.here:
            host.lose("went, too")
        with pytest.raises(HostsLost, match="no load host is left") as ended:
            measure(plan(Closed(2)), to(sink_port), hosts=hosts)

    (lost,) = found.lost
    assert lost.startswith("load host b fell silent: nothing was heard of it for 4 s, last heard ")
    assert lost.endswith(" s after the load began; none of its rows are kept")
    assert [bool(part.sender.lost) for part in found.parts] == [False, True, False]
    assert [len(part.rows) > 0 for part in found.parts] == [True, False, True]
    assert validity_of(found, figures_of(found)).doubts[0].rule == "whole"
    assert after.lost == ["load host b was lost before: 2 of 3 are left"]
    assert [part.sender.name for part in after.parts] == ["a", "c"]
    assert ended.value.exit_code is Exit.INVALID


class _Standing(Wires):
    """A bus whose master stands still for a while, as on a machine that does something else."""

    stands = 0.0

    def receive(self, seconds: float) -> Frame | None:
        still, self.stands = self.stands, 0.0
        time.sleep(still)
        return super().receive(seconds)


def test_a_master_that_stood_still_takes_nobody_for_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """What they said meanwhile lies there, and one of them is heard first."""
    monkeypatch.setattr(gathering, "SILENT", 2.0)
    monkeypatch.setattr(agent, "BEAT", 0.2)
    wires = _Standing()
    with gathered("a", "b", wires=wires) as (hosts, _, _):
        wires.stands = 3.0
        time.sleep(3.5)

        assert [host.lost for host in hosts.all] == ["", ""]


def test_what_a_worker_wrote_before_it_died_comes_home(sink_port: int) -> None:
    with gathered("a", "b") as (hosts, _, joined):

        def watch(window: Window) -> bool:
            if window.number == 3:
                (work,) = joined[1].agent._work.values()
                next(iter(work._workers.values())).kill()
            return window.number < 6

        found = measure(plan(Closed(2), seconds=60), to(sink_port), watch, hosts=hosts)

    assert found.workers[1].rows > 0
    assert found.lost == [f"load host b was ended by signal 9; {found.workers[1].rows} of its rows are kept"]
    assert len(found.rows) == sum(one.rows for one in found.workers)


def test_a_host_that_says_that_it_leaves_is_lost_at_once(sink_port: int) -> None:
    with gathered("a", "b") as (hosts, wires, _):

        def watch(window: Window) -> bool:
            if window.number == 2:
                wires.ends["a-0"].send("master", {"kind": "leaving", "why": "was stopped by its user"})
            return window.number < 5

        found = measure(plan(Closed(2), seconds=60), to(sink_port), watch, hosts=hosts)

    assert "load host a was stopped by its user, last heard" in found.lost[0]


def test_ctrl_c_keeps_what_was_measured_and_ends_all_of_them(sink_port: int) -> None:
    def watch(window: Window) -> bool:
        if window.number == 2:
            os.kill(os.getpid(), signal.SIGINT)
        return True

    with gathered("a", "b") as (hosts, _, _):
        found = measure(plan(Closed(2), seconds=60), to(sink_port), watch, hosts=hosts)

    assert found.interrupted
    assert len(found.rows) > 0
    assert not found.lost


def test_a_host_ends_where_its_master_falls_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent, "SILENT", 0.5)
    monkeypatch.setattr(agent, "BEAT", 0.1)
    wires = Wires()

    strange = Joined(wires, "a").join()
    known = Joined(wires, "b", welcome=True)
    gone = Joined(wires, "c")
    wires.ends["c"].down = True

    assert "is no master of Assay's" in str(strange)
    assert "the master has not been heard for 0.5 s" in str(known.join())
    assert "not reached any more" in str(gone.join())
    assert isinstance(strange, TargetUnreachable)


# Who comes, and who is sent away


def test_another_version_is_sent_away_and_both_sides_say_why() -> None:
    wires, said = Wires(), list[str]()
    hosts = LoadHosts(wires, 1, "10.0.0.5:5557")
    old = Joined(wires, "old", version="0.0.1")

    with pytest.raises(UsageProblem, match=r"0 of 1 load hosts came within 3 s; start `assay load-host 10.0.0.5:5557`"):
        hosts.gather(3, said.append)
    hosts.close()

    why = old.join()
    assert isinstance(why, UsageProblem)
    assert "this load host 0.0.1: install the same on both" in str(why)
    assert "load host old runs Assay 0.0.1 and is sent away" in said[0]


def test_a_name_that_is_too_long_is_cut_and_shows_it() -> None:
    wires, said = Wires(), list[str]()
    hosts = LoadHosts(wires, 1, "10.0.0.5:5557")
    Joined(wires, "n" * 81, version="0.0.1")

    with pytest.raises(UsageProblem):
        hosts.gather(1, said.append)
    hosts.close()

    assert f"load host {'n' * 79}… runs" in said[0]


def test_one_more_than_wanted_is_sent_away() -> None:
    with gathered("a") as (_, wires, _):
        more = Joined(wires, "b").join()

    assert "has the 1 load hosts that it wants" in str(more)


def test_hosts_of_one_name_are_told_apart() -> None:
    with gathered("box", "box") as (hosts, _, _):
        assert sorted(host.name for host in hosts.all) == ["box", "box (2)"]
        assert hosts.facts["count"] == 2


def test_a_host_that_cannot_calibrate_leaves() -> None:
    def calibrating() -> Any:
        raise UsageProblem("not on this system")

    wires, said = Wires(), list[str]()
    hosts = LoadHosts(wires, 1, "here:1")
    one = Joined(wires, "a", calibrating=calibrating)
    with pytest.raises(UsageProblem, match="0 of 1"):
        hosts.gather(3, said.append)
    hosts.close()

    assert "load host a cannot measure: not on this system" in said[0]
    wires.ends["a"].down = True
    one.join()


def test_a_target_that_a_host_does_not_reach_is_named(sink_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with gathered("a", "b") as (hosts, _, _):
        with pytest.raises(TargetUnreachable, match=r"load host [ab]: 127.0.0.1 takes no connection on port 1"):
            measure(plan(Closed(2)), to(1), hosts=hosts)
        monkeypatch.setattr(targets, "place", lambda: "elsewhere")
        with pytest.raises(TargetUnreachable, match=r"127.0.0.1 is the master's own loopback"):
            measure(plan(Closed(2)), to(sink_port), hosts=hosts)


def test_who_talks_nonsense_is_lost_alone(sink_port: int) -> None:
    with gathered("a", "b\x1b[31m") as (hosts, wires, _):
        wires.ends["a-0"].send("master", {"kind": "calibrated", "calibration": 7})
        wires.heard.put(Frame("stranger", {"kind": "hello", "version": assay.__version__}))
        wires.heard.put(Frame("stranger", {"n": []}))
        found = measure(plan(Closed(2)), to(sink_port), hosts=hosts)

    assert {part.sender.name for part in found.parts if not part.sender.lost} == {"b__31m"}
    assert found.lost[0].startswith(("load host a said what cannot be taken up", "load host a was lost before"))


# Clocks


def test_the_fastest_answer_tells_of_a_clock_and_half_its_way_is_in_doubt() -> None:
    hour = 3_600_000_000_000
    slow, fast = (1_000, hour + 9_000, 11_000), (20_000, hour + 20_300, 20_500)

    offset = offset_of([slow, fast])

    assert (offset.ahead, offset.uncertain) == (hour + 50, 250)
    assert offset.here(offset.there(77)) == 77
    assert offset.drifted(Offset(hour - 50, 100)) == Offset(hour + 50, 350)
    with pytest.raises(ValueError, match="empty"):
        offset_of([])


def test_what_another_clock_says_comes_on_ours(tmp_path: Path) -> None:
    said: Said = queue.Queue()
    wires = Wires()
    wires.dial("a")
    host = LoadHost("a", "a", {"place": "there", "facts": {}}, Line(wires, "a"))
    worker = RemoteWorker(0, host, name="load host a", load=1, folder=tmp_path, said=said)
    worker.offset = Offset(5_000, 1)

    worker.start(100)
    for column, kind in COLUMNS.items():
        told = np.array([0, 6_000], TYPES[kind]) if column in TIMES else np.array([1, 2], TYPES[kind])
        worker.hear(Frame("a", {"kind": "rows", "n": 1, "load": 1, "worker": 0, "column": column}, told.tobytes()))
    worker.hear(Frame("a", {"kind": "rows", "n": 1, "column": "../escape"}, b"1"))
    worker.hear(Frame("a", {"kind": "gone", "told": {"kind": "ended", "rows": 2, "stopped": 7_000}, "why": ""}))

    assert wires.ends["a"].heard.get().head == {"kind": "start", "load": 1, "worker": 0, "at": 5_100}
    rows = Rows.of_folder(tmp_path)
    assert {name: rows[name].tolist() for name in TIMES} == {name: [0, 1_000] for name in TIMES}
    assert rows["request"].tolist() == [1, 2]
    assert {path.name for path in tmp_path.iterdir()} == set(COLUMNS)
    assert not (tmp_path.parent / "escape").exists()
    *_, ended, gone = list(said.queue)
    assert ended == (0, {"kind": "ended", "rows": 2, "stopped": 2_000})
    assert gone == (0, None)


def test_a_worker_that_does_not_end_when_it_is_killed_is_given_up(tmp_path: Path) -> None:
    said: Said = queue.Queue()
    wires = Wires()
    wires.dial("a")
    host = LoadHost("a", "a", {"place": "there", "facts": {}}, Line(wires, "a"))
    worker = RemoteWorker(0, host, name="load host a", load=1, folder=tmp_path, said=said)

    worker.kill()
    assert said.empty()
    worker.kill()

    assert said.get_nowait() == (0, None)
    assert worker.why() == "did not end when it was told to"


def test_each_host_trusts_by_its_own_files(sink_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.certificate("load.example")
    trust = Trust(authority.bundle, certificate, key)
    with gateway(f"http://127.0.0.1:{sink_port}", authority.context(demanding=True)) as url:
        policy = Policy(url, ca_bundle=authority.bundle, client_cert=certificate, client_key=key)
        wanted, endpoint = plan(Closed(2), seconds=0.2), endpoint_of(policy)
        with gathered("a", "b", trust=trust) as (hosts, _, _):
            found = measure(wanted, endpoint, hosts=hosts)
        with gathered("c") as (hosts, _, _), pytest.raises(TargetUnreachable, match=r"load host c: .* --client-cert"):
            measure(wanted, endpoint, hosts=hosts)
        shown = replace(endpoint, client_cert=None)
        with gathered("d") as (hosts, _, _), pytest.raises(TargetUnreachable, match=r"load host d: .* --ca-bundle"):
            measure(wanted, shown, hosts=hosts)

    assert set(found.rows["failure"]) == {Failure.NONE}
    monkeypatch.setattr(targets, "TRIED", 1.0)  # who does not speak it says nothing
    with pytest.raises(TargetUnreachable, match="does not speak TLS"), gathered("e", trust=trust) as (hosts, _, _):
        measure(wanted, replace(to(sink_port), tls=True), hosts=hosts)


# What is to be believed, and what nobody sees


def test_a_host_that_was_the_bottleneck_is_named(sink_port: int) -> None:
    with gathered("a", "b") as (hosts, _, _):
        found = measure(plan(Constant(100)), to(sink_port), hosts=hosts)
    for part, late in zip(found.parts, (0, 10_000_000), strict=True):
        part.rows["sent"][:] = part.rows["intended"] + part.rows["connected"] * 1000 + late

    validity = validity_of(found, figures_of(found))

    assert any(each.sentence.startswith("load host b: requests were sent up to ") for each in validity.doubts)
    assert not any(each.sentence.startswith("load host a: requests were sent up to ") for each in validity.doubts)
    assert any(doubt.rule == "late" for doubt in validity.parts[1].doubts)


def test_hosts_of_one_machine_are_not_other_work_to_each_other(sink_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_spent", lambda processes: 0.0)  # so that what workers tell is all
    with gathered("a", "b") as (hosts, _, _):
        found = measure(plan(Closed(2)), to(sink_port), hosts=hosts)

    one, other = found.parts
    assert one.use.own == other.use.own > max(worker.told["cpu_seconds"] for worker in found.workers)


def test_the_key_is_in_no_file_that_has_a_name_and_in_nothing_that_is_said(
    sink_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    secret = wire(f"/delay?ms=1&size=100&api_key={KEY}", body=KEY.encode())
    seen = list[Path]()

    def watch(window: Window) -> bool:
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        seen.extend(files)
        assert not any(KEY.encode() in path.read_bytes() for path in files)
        return True

    with gathered("a", "b") as (hosts, wires, joined):
        found = measure(plan(Closed(2), requests=(secret,)), to(sink_port), watch, hosts=hosts)

    assert seen
    assert set(found.rows["failure"]) == {Failure.NONE}
    assert KEY not in repr(wires.passed) + repr([one.said for one in joined]) + repr(found.parts)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_behind(sink_port: int) -> None:
    threads = threading.active_count()
    with gathered("a", "b") as (hosts, _, _):
        measure(plan(Closed(2), most=4), to(sink_port), hosts=hosts)

    assert threading.active_count() <= threads


def test_locust_stays_out_of_this_process() -> None:
    code = (
        "import sys, assay.bench.running, assay.cli.hosting, assay.load.hosts.remote\n"
        "assert not {'gevent', 'locust', 'zmq'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
