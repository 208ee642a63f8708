"""Scenarios: what each of them offers, and when it is over. Loads are played by a target of a few lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from assay.bench.loads import _tried, swept
from assay.bench.telling import figures_told
from assay.load import scenarios
from assay.load.answers import Checked
from assay.load.columns import Failure
from assay.load.drift import Course
from assay.load.endpoint import Endpoint
from assay.load.objective import Objective
from assay.load.plan import Measurement, Plan, Stopped, Window
from assay.load.scenarios import Setting, cold_start, highest_rate, offline, server, single_stream, soak
from assay.load.schedule import Closed, Constant, Poisson, Trace
from assay.load.steady import Wish
from assay.load.windows import bin_of

from .helpers import measured
from .plans import to, wire
from .test_figures import MS, made

SECOND = 10**9


class Played:
    """A target of one worker that takes 10 ms: 100 requests a second, whatever it is offered."""

    def __init__(self, ms: float = 10.0, parallel: int = 4) -> None:
        self.ms, self.capacity = ms, parallel * 1000 / ms
        self.offered: list[Any] = []
        self.interrupt_after: int | None = None
        self.drawn = 1.0
        """What a draw makes of a rate."""

    def rate(self, plan: Plan) -> tuple[float, float]:
        """Answers a second, and latency in ms."""
        if isinstance(plan.load, Closed):
            rate = min(plan.load.clients * 1000 / self.ms, self.capacity)
            return rate, plan.load.clients / rate * 1000
        offered = self.drawn * plan.load.rate
        use = offered / self.capacity
        return min(offered, self.capacity), self.ms * (1 + use**2) if use < 1 else 2000.0

    def measure(
        self,
        plan: Plan,
        endpoint: Endpoint,
        watcher: Callable[[Window], bool] | None = None,
        server: Any = (),
        hosts: None = None,
        *,
        steady: Callable[[], int | None] = lambda: None,
    ) -> Measurement:
        self.offered.append(plan.load)
        rate, ms = self.rate(plan)
        windows: list[Window] = []
        behind = max(self.drawn * (plan.offered or 0) - rate, 0)
        for number in range(1, round(plan.seconds / plan.window) + 1):
            start = round((number - 1) * plan.window * SECOND)
            count = round(rate * plan.window)
            bins = Counter({bin_of(round(ms * MS)): count})
            end = start + round(plan.window * SECOND)
            waiting = round(behind * number * plan.window)
            windows.append(Window(number, start, end, count, {}, 0, 0, waiting, bins, 0.1, 0, {}))
            if watcher is not None and not watcher(windows[-1]):
                break
        stopped = windows[-1].end
        due = np.arange(0, stopped, round(SECOND / rate))
        rows = made(intended=due, sent=due, first=due + MS, last=due + round(ms * MS), read=due + round(ms * MS))
        interrupted = self.interrupt_after is not None and len(self.offered) >= self.interrupt_after
        why = Stopped.INTERRUPTED if interrupted else Stopped.ASKED
        return measured(rows, plan=plan, windows=windows, stopped=stopped, steady=steady(), why=why)


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Played:
    target = Played()
    monkeypatch.setattr(scenarios, "measure", target.measure)
    return target


WISH = Wish(seconds=5, count=50, narrow=None, warm_up=20, longest=20)


def setting(**wanted: Any) -> Setting:
    return Setting(to(1), (wire(),), **{"wish": WISH, **wanted})


def test_offline_finds_the_clients_that_bring_the_most(played: Played) -> None:
    found = offline(setting())

    assert found.best is not None
    assert found.best.figures.rate.value == pytest.approx(400, rel=0.02)
    assert [load.clients for load in played.offered] == [1, 2, 4, 8, 16]


def test_a_sweep_goes_up_to_saturation_and_beyond(played: Played) -> None:
    rates: dict[str, Sequence[float]] = {}

    found = list(swept(setting(), rates, "one"))

    offered = [load.rate for load in played.offered if isinstance(load, Poisson)]
    assert offered == list(rates["one"]) == sorted(offered)
    assert offered[-1] > 400
    assert [each.result.saturated for each in found][-1]
    assert not found[0].result.saturated
    assert [each.load.rate for each in found] == offered


def test_a_target_keeps_up_with_what_became_due_and_not_with_what_was_asked_for(played: Played) -> None:
    played.drawn = 0.84

    (found,) = swept(setting(), {"one": [100.0]}, "one")
    searched = highest_rate(setting(), Objective.parse("p99 <= 15 ms"), start=20)

    assert not found.result.saturated
    assert figures_told(found.result.figures)["offered"].value == pytest.approx(84, rel=0.01)
    assert _tried(searched.results[0])["due"] == pytest.approx(0.84 * 20, rel=0.01)


def test_a_sweep_that_has_its_rates_seeks_none(played: Played) -> None:
    list(swept(setting(), {"one": [20.0, 50.0]}, "one"))

    assert played.offered == [Poisson(20.0), Poisson(50.0)]


def test_a_sweep_whose_search_is_interrupted_tells_what_was_found(played: Played) -> None:
    played.interrupt_after = 2

    (found,) = swept(setting(), {}, "one")

    assert found.result.interrupted
    assert len(found.search) == 2


def test_the_highest_rate_that_meets_an_objective_is_found(played: Played) -> None:
    found = highest_rate(setting(), Objective.parse("p99 <= 15 ms"), start=20)

    assert found.best is not None
    assert found.best.load.rate == pytest.approx(400 * 0.5**0.5, rel=0.08)  # type: ignore[union-attr]
    assert not found.undecided


def test_an_objective_that_no_rate_meets_is_given_up(played: Played) -> None:
    found = highest_rate(setting(), Objective.parse("p99 <= 5 ms"), start=20)

    assert found.best is None
    assert len(found.results) <= scenarios.MOST_PROBES


def test_an_interrupted_search_keeps_what_it_found(played: Played) -> None:
    played.interrupt_after = 2

    found = highest_rate(setting(), Objective.parse("p99 <= 15 ms"), start=20)

    assert found.interrupted
    assert len(found.results) == 2
    assert found.best is found.results[0]


def test_a_soak_tells_how_latencies_drift(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    result, (drift,) = soak(setting(), Constant(10), seconds=360)

    assert result.scenario == "Soak"
    assert drift.course is Course.STEADY
    assert drift.an_hour == pytest.approx(0, abs=1e-9)
    assert result.measurement.plan.window == 10


def test_a_target_that_is_not_steady_makes_it_invalid(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assay.load.steady.steady", lambda windows: False)

    found = single_stream(setting())

    assert "steady" in found.validity.doubts[0].sentence


def test_answers_are_checked_before_figures_are_made(played: Played) -> None:
    def check(measurement: Measurement) -> Checked:
        measurement.rows["failure"][:] = Failure.UNEXPECTED
        return Checked(1, (), 0, ())

    found = single_stream(setting(check=check, answers=5))

    assert found.checked is not None
    assert found.figures.good == 0
    assert [doubt.rule for doubt in found.validity.doubts] == ["errors"]


def test_it_is_told_that_no_new_pictures_were_left(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(*told: Any, **steady: Any) -> Measurement:
        return replace(played.measure(*told, **steady), why=Stopped.COUNT)

    monkeypatch.setattr(scenarios, "measure", ended)
    wish = Wish(seconds=0.5, count=50, narrow=None, warm_up=0, longest=1)

    found = single_stream(setting(wish=wish, repeats=1))

    assert "count" in [note.rule for note in found.validity.notes]


def test_a_target_that_was_not_steady_is_not_said_to_have_had_longer_than_the_load(
    played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended_at_once(plan: Plan, *told: Any, **steady: Any) -> Measurement:
        return played.measure(replace(plan, seconds=1.0), *told, **steady)

    monkeypatch.setattr(scenarios, "measure", ended_at_once)

    found = single_stream(setting())

    assert found.validity.doubts[0].sentence == "the target did not become steady within 1 s"


def test_a_precision_that_was_not_reached_is_told(played: Played) -> None:
    def notes_within(longest: float) -> list[str]:
        wish = Wish(seconds=0.5, count=50, narrow=0.02, warm_up=0, longest=longest)
        return [note.sentence for note in single_stream(setting(wish=wish)).validity.notes if note.rule == "precision"]

    [told] = notes_within(1)

    assert told == (
        "less is known than --precision asked for, 2.00%: too few answers tell p99; allow more --seconds"
    )  # 100 answers leave the interval of p99 open at its end
    assert notes_within(60) == []


def test_a_precision_is_no_matter_where_another_reason_ended_the_load(played: Played) -> None:
    wish = Wish(seconds=0.5, count=50, narrow=0.02, warm_up=0, longest=60)

    ended = scenarios.run(setting(wish=wish), "Server", Poisson(1000), further=lambda window, counts: False)

    assert ended.figures.good, "it was measured, though not for long"
    assert [note.rule for note in ended.validity.notes if note.rule == "precision"] == []


SHORT = Wish(seconds=0.3, count=20, narrow=None, warm_up=0.5, longest=0.5)


def test_a_server_is_measured(sink_port: int) -> None:
    found = server(Setting(to(sink_port), (wire(),), wish=SHORT, window=0.1, timeout=5), Poisson(200))

    assert found.scenario == "Server"
    assert found.figures.good > 0
    assert found.figures.errors == {}
    assert found.figures.response is not None
    assert found.figures.response.least >= 1, "it takes a millisecond"


def test_cold_starts_are_asked_for_one_by_one(sink_port: int) -> None:
    refusals = ["", "", "it will not"]
    found = cold_start(Setting(to(sink_port), (wire(),), timeout=5), lambda: refusals.pop(0))

    assert len(found.milliseconds) == 2
    assert (found.said_cold, found.failures, found.loading) == (0, {}, ())
    assert found.lost == "it will not"
    assert not refusals


def test_a_load_without_a_warm_up_counts_from_its_start_however_short_it_is(sink_port: int) -> None:
    at_once = Wish(seconds=0.05, count=0, narrow=None, warm_up=0.0, longest=0.05)

    found = server(Setting(to(sink_port), (wire(),), wish=at_once, timeout=5), Trace((0.0, 0.01, 0.01, 0.02)))

    assert (found.figures.count, found.figures.good) == (4, 4)
    assert found.measurement.lost == []
