"""The benchmark of the verdicts measures at all: a pair of one server comes to a verdict, and to a ratio near one."""

from __future__ import annotations

import asyncio
import time
from contextlib import nullcontext

import pytest
from starlette.types import Message, Receive, Scope, Send

from . import repeatability
from .repeatability import Pair, Setting, Slowed, decided, judged, lines, serving, verdict


@pytest.mark.thorough
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


@pytest.mark.thorough
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
    disturbed = Pair("nothing valid", float("nan"), 0, 6, 9.0)
    whole = Pair("same", 1.01, 8, 0, 8.0)

    (row,) = lines(Setting(0, 2), [disturbed, whole])

    assert "1 nothing valid, 1 same" in row
    assert "| 1.010 to 1.010 | 9 s | 6 |" in row
    (row,) = lines(Setting(0, 1), [disturbed])
    assert "nan to nan" in row


def _pairs(**times: int) -> list[Pair]:
    """So many pairs of each verdict; an underscore stands for a blank."""
    return [Pair(word.replace("_", " "), 1.0, 8, 0, 8.0) for word, several in times.items() for _ in range(several)]


SAME, SLOWER = Setting(0, 40), Setting(10, 5)
ONE = "at most 4 of 40 pairs of one server are called different"
FOUND = "a server that is slower by 10 % is found"


@pytest.mark.parametrize(
    ("setting", "pairs", "said"),
    [
        (SAME, _pairs(same=36, worse=2, better=1, mixed=1), f"- holds: {ONE}: 4 of 40 pairs, of which 4 may be"),
        (SAME, _pairs(same=35, worse=5), f"- DOES NOT HOLD: {ONE}: 5 of 40 pairs, of which 4 may be"),
        (SAME, _pairs(same=32, worse=4, nothing_valid=4), f"- DOES NOT HOLD: {ONE}: 4 of 36 pairs, of which 3 may be"),
        (SAME, _pairs(same=36, nothing_valid=4), f"- holds: {ONE}: 0 of 36 pairs, of which 3 may be"),
        (SAME, _pairs(same=35, nothing_valid=5), f"- not measured: {ONE}: 0 of 35 pairs, of which 3 may be"),
        (SAME, _pairs(same=80, worse=8), f"- holds: {ONE}: 8 of 88 pairs, of which 8 may be"),
        (SAME, _pairs(worse=39), f"- a trial, which judges nothing: {ONE}: 39 of 39 pairs, of which 3 may be"),
        (SLOWER, _pairs(worse=5), f"- holds: {FOUND}: 5 of 5 pairs called worse"),
        (SLOWER, _pairs(worse=4, same=1), f"- DOES NOT HOLD: {FOUND}: 4 of 5 pairs called worse"),
        (SLOWER, _pairs(worse=4, nothing_valid=1), f"- not measured: {FOUND}: 4 of 4 pairs called worse"),
        (SLOWER, _pairs(nothing_valid=5), f"- not measured: {FOUND}: 0 of 0 pairs called worse"),
    ],
)
def test_what_a_setting_comes_to(setting: Setting, pairs: list[Pair], said: str) -> None:
    nothing = sum(pair.verdict == "nothing valid" for pair in pairs)

    assert verdict(setting, pairs) == f"{said}; {nothing} of {len(pairs)} pairs came to nothing valid"


@pytest.mark.parametrize(
    ("words", "word", "code"),
    [
        (("--pairs", "40"), "same", 1),
        (("--pairs", "2"), "worse", 0),
        (("--pairs", "0"), "same", 1),
        (("--pairs", "40", "--slowed", "0"), "same", 0),
        (("--pairs", "40", "--slowed", "0"), "worse", 1),
        (("--pairs", "40", "--slowed", "0"), "nothing valid", 1),
    ],
)
def test_the_exit_code_tells_what_it_comes_to(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], word: str, code: int
) -> None:
    monkeypatch.setattr(repeatability, "serving", lambda *_: nullcontext("http://127.0.0.1:9"))
    monkeypatch.setattr(repeatability, "judged", lambda *_: Pair(word, 1.0, 8, 0, 8.0))

    assert repeatability.main(words) == code
    assert "pairs came to nothing valid" in capsys.readouterr().out
