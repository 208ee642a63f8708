"""Validity: each rule can fail, says why, and spares a sound run. And the calibration, against the server built in."""

from __future__ import annotations

import gc
import math
import tracemalloc
from collections import Counter
from typing import Any

import numpy as np
import pytest

from assay.contract.message import Response
from assay.load import own, plan
from assay.load.answers import Checked, check_answers
from assay.load.calibration import WITHOUT_STAMPS, calibrate, calibration_of
from assay.load.clock import SECOND
from assay.load.columns import Failure
from assay.load.figures import figures_of
from assay.load.machine import Use
from assay.load.plan import KeptAnswer, Measurement, Plan, Stopped, Window, WorkerTold
from assay.load.schedule import Closed
from assay.load.steady import Wish
from assay.load.telemetry import ServerUse
from assay.load.validity import Validity, validity_of

from .helpers import measured
from .test_figures import MS, made

COUNT = 200
JSON = (("content-type", "application/json"),)
START = np.arange(COUNT) * 10 * MS


def sound(**wanted: Any) -> Measurement:
    """A run of which nothing can be said, but for what is wanted."""
    rows = made(sent=START + MS // 10, first=START + 20 * MS, last=START + 20 * MS, read=START + 20 * MS + 50_000)
    told = {"late": 0, "preempted": 5, "seconds": 2.0, "drift": 1000, "cpu_seconds": 0.1}
    usual = {"workers": [WorkerTold(0, COUNT, told)], "use": Use(2.0, 0.4, 0.2, 0.2, 0.0, 0.0)}
    return measured(rows, **{**usual, **wanted})


def judged(run: Measurement, **given: Any) -> Validity:
    return validity_of(run, figures_of(run), **given)


def test_a_sound_run_is_valid() -> None:
    verdict = judged(sound())

    assert verdict.valid
    assert not verdict.notes


def test_a_model_that_was_loaded_meanwhile_is_to_be_known() -> None:
    run = sound()
    run.rows["cold"][:2] = 1
    (note,) = judged(run).notes

    assert note.sentence == "2 answers say that the model had been loaded first: what that took is in the latencies"


def window(cpu: float) -> Window:
    return Window(1, 0, 10**9, 100, {}, 0, 0, 1, Counter(), cpu, 0, {})


def told(**facts: Any) -> list[WorkerTold]:
    return [WorkerTold(0, COUNT, {"late": 0, "preempted": 0, "seconds": 2.0, "drift": 0, **facts})]


@pytest.mark.parametrize(
    ("rule", "run", "said"),
    [
        ("late", {"rows": made(sent=START + 3 * MS, last=START + 20 * MS)}, "3.00 ms late"),
        ("late", {"rows": made(sent=START + 3 * MS, last=START + 20 * MS), "workers": told(late=COUNT)}, "connections"),
        ("late", {"rows": made(sent=START + 3 * MS, last=START + 20 * MS),
                  "workers": told(late=COUNT, connections=68)}, "one of the 68 connections that the limit of open"),
        ("exhausted", {"rows": made(failure=np.where(START > 1980 * MS, int(Failure.CLIENT_EXHAUSTED), 0))},
         "ran out of open files, ports or memory, and had no connection for 1 request;"),
        ("achieved", {"rows": made(sent=np.where(START > 1800 * MS, 0, START))}, "were sent in time"),
        ("cpu", {"windows": [window(0.8)]}, "80% of its core"),
        ("delay", {"rows": made(last=START + 20 * MS, read=START + 23 * MS, sent=START)}, "3.00 ms"),
        ("machine", {"use": Use(2.0, 2.4, 0.2, 0.2, 0.0, 0.0)}, "other work used 1.00 cores"),
        ("machine", {"use": Use(2.0, 0.4, 0.2, 0.2, 0.5, 0.0)}, "0.25 of a core"),
        ("preempted", {"workers": told(preempted=1000)}, "500 times a second"),
        ("clock", {"workers": told(drift=5 * MS)}, "5.0 ms"),
        ("whole", {"lost": ["worker 2 was ended by signal 9; 10 of its rows are kept"]}, "worker 2"),
        ("whole", {"why": Stopped.INTERRUPTED}, "interrupted"),
        ("errors", {"rows": made(failure=np.where(START > 1900 * MS, int(Failure.RESET), 0))}, "failed"),
    ],
)  # fmt: skip
def test_what_makes_a_run_invalid_is_named(rule: str, run: dict[str, Any], said: str) -> None:
    whole = sound()
    for name, value in run.items():
        setattr(whole, name, value)

    doubts = judged(whole).doubts

    assert rule in [doubt.rule for doubt in doubts]
    assert any(said in doubt.sentence for doubt in doubts), doubts


@pytest.mark.parametrize(("warm_up", "counts", "valid"), [(900, 1, True), (1, 150, False)])
def test_a_worker_is_put_aside_in_the_time_that_counts(warm_up: int, counts: int, valid: bool) -> None:
    windows = [
        Window(number, (number - 1) * SECOND, number * SECOND, 100, {}, 0, 0, 1, Counter(), 0.1, 0, {0: times})
        for number, times in enumerate((warm_up, warm_up, counts), 1)
    ]

    verdict = judged(sound(windows=windows, workers=told(preempted=sum(each.preempted[0] for each in windows)),
                           steady=2 * SECOND - 1, stopped=3 * SECOND))  # fmt: skip

    assert ("preempted" not in [doubt.rule for doubt in verdict.doubts]) == valid


def test_workers_that_are_put_aside_in_turn_are_each_judged_by_its_own() -> None:
    windows = [
        Window(number, (number - 1) * SECOND, number * SECOND, 100, {}, 0, 0, 1, Counter(), 0.1, 0,
               {worker: 160 if worker == number else 20 for worker in range(1, 9)})
        for number in range(1, 9)
    ]  # fmt: skip

    verdict = judged(sound(windows=windows, stopped=8 * SECOND))

    assert "preempted" not in [doubt.rule for doubt in verdict.doubts]
    assert own.preempted(sound(windows=windows, stopped=8 * SECOND)) == 37.5


@pytest.mark.parametrize(("stolen", "valid"), [(0.02, True), (0.05, False)])
def test_a_tick_of_stolen_time_is_none(stolen: float, valid: bool) -> None:
    use = Use(0.5, 0.1, 0.1, 0.0, stolen, 0.0)

    assert ("machine" not in [doubt.rule for doubt in judged(sound(use=use)).doubts]) == valid


def held(rows: int) -> int:
    """Bytes that judging a measurement of so many requests takes at most, beside its rows."""
    run = sound()
    run.rows, run.stopped = made(sent=np.arange(rows) * 10 * MS), rows * 10 * MS
    figures = figures_of(run)
    gc.collect()
    tracemalloc.start()
    try:
        validity_of(run, figures)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_longer_load_takes_no_more_memory_to_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "MOST_HELD", 1 << 12)
    held(1 << 12)  # what the first call makes for good

    short, long = held(1 << 13), held(1 << 17)

    assert long < 1.5 * short


def test_wrong_answers_of_the_sample_are_not_diluted_by_those_that_nobody_looked_at() -> None:
    run = measured(made(intended=np.arange(10_000) * MS, stated=np.full(10_000, -1)))
    run.answers = [KeptAnswer(row, 0, Response(200, JSON, b'{"time": 0.%03d}' % row)) for row in range(16)]
    checked = check_answers(run, lambda request: Response(200, JSON, b'{"predictions": [], "time": 0.5}'))

    doubts = judged(run, checked=checked).doubts

    assert [each.sentence for each in doubts if each.rule == "answers"] == [
        "16 of the 16 answers that were checked were wrong: at least 79.4% of all are, with 95 % confidence; "
        "latencies are theirs too"
    ]


def test_answers_of_the_sample_that_are_right_raise_no_doubt() -> None:
    checked = Checked(compared=16, wrong=(), unjudged=2, notes=("request 1 is answered otherwise each time",))

    assert judged(sound(), checked=checked).valid


def ran_out(**asked: Any) -> Validity:
    """Of 200 new requests, all sent within 2 s, where this was asked for."""
    run = sound(plan=Plan((), Closed(1), repeats=1), why=Stopped.COUNT)
    return judged(run, wish=Wish(**asked))


@pytest.mark.parametrize("asked", [{"seconds": 10, "count": 100}, {"seconds": 3, "count": 1000}])
def test_a_load_that_ran_out_of_new_pictures_says_so(asked: dict[str, Any]) -> None:
    verdict = ran_out(**asked)

    assert verdict.valid
    assert [note.sentence for note in verdict.notes] == ["it ended after 1.99 s: no new pictures were left"]


def test_a_load_that_ran_out_of_new_pictures_too_early_is_invalid() -> None:
    verdict = ran_out(seconds=10, count=1000)

    assert [doubt.sentence for doubt in verdict.doubts] == [
        "it ended after 1.99 s: no new pictures were left; that is not half of 10 s, and 200 answers of 1000 came: "
        "ask for fewer --seconds"
    ]


def test_a_load_whose_time_was_over_has_not_run_out() -> None:
    verdict = judged(sound(plan=Plan((), Closed(1), repeats=1)), wish=Wish(seconds=10, count=1000))

    assert verdict == Validity((), ())


def test_a_gpu_that_was_throttled_makes_a_run_invalid_and_one_at_its_limit_does_not() -> None:
    use = ServerUse((), None, None, None, doubts=("the GPU was too hot",), notes=("the GPU was at its limit",))

    verdict = judged(sound(), telemetry=use)

    assert [doubt.sentence for doubt in verdict.doubts] == ["the GPU was too hot"]
    assert [note.sentence for note in verdict.notes] == ["the GPU was at its limit"]


def test_what_only_widens_the_bound_is_a_note() -> None:
    verdict = judged(sound(kernel_stamps=False, precise=False, use=Use(2.0, 0.4, 0.2, 0.0, 0.0, 0.0)))

    assert verdict.valid
    assert [note.rule for note in verdict.notes] == ["stamps", "timer", "shared"]


def test_clients_that_wait_for_their_answers_are_never_late() -> None:
    run = sound(plan=Plan((), Closed(2)))
    run.rows = made(sent=START + 5 * MS, last=START + 20 * MS)

    assert "late" not in [doubt.rule for doubt in judged(run).doubts]


def test_a_calibration_says_by_how_much_reported_and_true_latencies_differ() -> None:
    rows = made(sent=START, last=START + 5 * MS + 60_000, stated=np.full(COUNT, 5000))

    found = calibration_of(measured(rows), 1000.0)

    assert found.bound.p50 == pytest.approx(0.06)
    assert found.error_p99 == pytest.approx(0.06)
    assert "0.06 ms at p50" in found.sentence


def test_without_kernel_stamps_the_bound_is_wider() -> None:
    rows = made(sent=START, last=START + 5 * MS + 60_000, stated=np.full(COUNT, 5000))

    found = calibration_of(measured(rows, kernel_stamps=False), 1000.0)

    assert (found.bound.p50, found.bound.p99) == WITHOUT_STAMPS
    assert "no kernel stamps here" in found.sentence


def test_a_calibration_that_got_no_answer_knows_nothing() -> None:
    lost = measured(made(failure=np.full(3, int(Failure.REFUSED))))

    assert calibration_of(lost, 0.0).bound.p50 == math.inf


@pytest.mark.parametrize("stamps", [True, False])
def test_this_machine_is_calibrated(stamps: bool) -> None:
    found = calibrate(0.4, stamps)

    assert found.count > 20
    assert found.error_p50 > 0, "a client never reports less than the server took"
    assert found.bound.p99 >= found.bound.p50
    assert not (found.bound.kernel_stamps and not stamps)
    assert found.fastest > 0
