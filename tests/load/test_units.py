"""Clock, columns, bins and jobs, each alone."""

from __future__ import annotations

import json
import re
import select
import socket
import struct
import sys
from array import array
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.load import clock, columns
from assay.load.columns import COLUMNS, Columns
from assay.load.job import Job, Prepared
from assay.load.windows import Windows, bin_of, middle_of

from .helpers import exchange, rows

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the kernel stamps and timers of Linux")


def test_a_stamp_is_read_from_what_the_kernel_tells() -> None:
    told = [(socket.SOL_SOCKET, 1, b"other"), (socket.SOL_SOCKET, clock.STAMPS, struct.pack("qq", 7, 5))]

    assert clock.stamp_of(told) == 7_000_000_005
    assert clock.stamp_of(told[:1]) is None


@LINUX
def test_the_kernel_stamps_what_a_socket_receives() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door, socket.create_connection(door.getsockname()) as one:
        other, _ = door.accept()
        with other:
            assert clock.stamp_received(other)
            stamp, before = None, clock.now()
            for _ in range(1000):  # the kernel begins to stamp a moment after the first socket asked for it
                one.sendall(b"word")
                _, ancillary, _, _ = other.recvmsg(10, clock.STAMP_ROOM)
                stamp = stamp or clock.stamp_of(ancillary)

    assert stamp is not None
    assert abs(stamp - clock.Realtime().ahead - before) < 60 * clock.SECOND, "it is on our clock, once translated"


@LINUX
def test_a_kernel_timer_wakes_not_before_its_time() -> None:
    timer = clock.KernelTimer()
    due = clock.now() + 5_000_000

    timer.arm(due)
    woken, _, _ = select.select([timer], [], [], 20)

    assert woken
    assert clock.now() >= due
    timer.clear()
    timer.close()


def _row(number: int) -> list[int]:
    return [number + place for place in range(len(COLUMNS))]


@pytest.mark.parametrize("most_held", [1, 3, 1000])
def test_rows_are_read_back_in_their_order_however_few_are_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most_held: int
) -> None:
    monkeypatch.setattr(columns, "MOST_HELD", most_held)
    kept = Columns(tmp_path)

    for number in range(10):
        kept.add(*_row(number))
        if number == 4:
            kept.flush()
    kept.close()

    assert len(kept) == 10
    assert [list(row.values()) for row in rows(tmp_path)] == [_row(number) for number in range(10)]


def test_rows_that_cannot_be_written_are_told_of(tmp_path: Path) -> None:
    kept = Columns(tmp_path)
    for file in kept._files:
        file.close()
    kept._files = [file.__class__("/dev/full", "ab") for file in kept._files]

    kept.add(*_row(1))

    with pytest.raises(OSError, match="space"):
        kept.close()


@given(st.integers(min_value=1, max_value=2**62))
def test_a_bin_is_no_wider_than_a_hundredth_of_its_values(latency: int) -> None:
    assert abs(middle_of(bin_of(latency)) - latency) <= latency / 128 / 2 + 1


@given(st.integers(min_value=0, max_value=2**62), st.integers(min_value=0, max_value=2**62))
def test_bins_keep_the_order_of_latencies(one: int, other: int) -> None:
    assert (bin_of(min(one, other))) <= bin_of(max(one, other))


def test_a_window_tells_what_ended_in_it_and_begins_anew() -> None:
    windows = Windows()
    windows.add(exchange(intended=1000, last=1000 + 5_000_000, cold=1))
    windows.add(exchange(intended=1000, failure=columns.Failure.RESET))

    told = windows.told()

    assert (told["count"], told["cold"], told["failures"]) == (1, 1, {"reset": 1})
    assert [count for _, count in told["bins"]] == [1]
    assert windows.told() == {"count": 0, "cold": 0, "failures": {}, "bins": []}


def test_a_job_comes_out_as_it_went_in() -> None:
    job = Job("here", 80, socket.AF_INET, ("127.0.0.1", 80), (Prepared("POST / \xe9", 3, 4),), clients=2, core=1)

    assert Job.of_line(job.line()) == job
    assert job.line().count(b"\n") == 1


def test_a_column_holds_what_its_type_says() -> None:
    assert sum(array(kind).itemsize for kind in COLUMNS.values()) == 68


def test_the_schema_of_the_record_names_every_way_to_fail() -> None:
    schema = json.loads(files("assay.record").joinpath("run-record.schema.json").read_text("utf-8"))
    (described,) = re.findall(r"requests by why they failed: ([a-z_, ]+);", json.dumps(schema))

    assert described.split(", ") == [each.name.lower() for each in columns.Failure if each]
