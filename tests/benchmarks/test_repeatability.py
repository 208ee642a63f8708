"""The benchmark of the verdicts measures at all: a pair of one server comes to a verdict, and to a ratio near one."""

from __future__ import annotations

import asyncio
import time

import pytest
from starlette.types import Message, Receive, Scope, Send

from . import repeatability
from .repeatability import Setting, Slowed, decided, judged, lines, serving

pytestmark = pytest.mark.thorough


def test_a_pair_is_measured_and_judged() -> None:
    setting = Setting(0, 1, ("--seconds", "0.2"))
    with serving(setting.percent) as url:
        pair = judged(url, setting)

    each = 4  # repetitions of A, and of B; beside other tests the generator may call any of them invalid
    assert pair.valid + pair.invalid == 2 * each
    judgeable = {"better", "worse", "mixed", "same", "undecided"}
    assert pair.verdict in (judgeable if pair.valid > each else {*judgeable, "nothing valid"})
    (row,) = lines(setting, [pair])
    assert row.startswith("| 0 % | --seconds 0.2 | 1 | ")


def test_its_server_is_slower_by_as_much_as_it_says() -> None:
    took: list[float] = []

    async def own(_scope: Scope, _receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        await asyncio.sleep(0.01)
        took.append(time.perf_counter() - began)
        await send({"type": "http.response.start", "status": 200, "headers": []})

    assert _seconds(Slowed(own, 900), "/slow/infer") >= 10 * took[0]
    assert _seconds(Slowed(own, 10), "/slow/infer") >= 1.1 * took[1]
    assert _seconds(Slowed(own, 900, waits=5), "/infer") >= took[2] + 0.005
    assert _seconds(Slowed(own, 900, waits=5), "/slow/infer") >= 10 * (took[3] + 0.005)


def _seconds(app: Slowed, path: str) -> float:
    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(_message: Message) -> None:
        pass

    began = time.perf_counter()
    asyncio.run(app({"type": "http", "path": path}, receive, send))
    return time.perf_counter() - began


def test_a_pair_is_judged_by_the_figure_that_decides() -> None:
    figures = [{"decides": False, "base": {"value": 1}, "new": {"value": 9}},
               {"decides": True, "base": {"value": 20}, "new": {"value": 22}}]  # fmt: skip
    told = {"pairs": [{"workloads": [{"verdict": "worse", "figures": figures}]}]}

    assert decided(told) == ("worse", 1.1)


def test_a_pair_of_which_nothing_is_valid_is_told_as_such() -> None:
    disturbed = repeatability.Pair("nothing valid", float("nan"), 0, 6, 9.0)
    whole = repeatability.Pair("same", 1.01, 8, 0, 8.0)

    (row,) = lines(Setting(0, 2), [disturbed, whole])

    assert "1 nothing valid, 1 same" in row
    assert "| 1.010 to 1.010 | 9 s | 6 |" in row
    (row,) = lines(Setting(0, 1), [disturbed])
    assert "nan to nan" in row
