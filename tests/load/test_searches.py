"""Searches: they go by valid loads alone, and say what was reached at least where they end before they are over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from assay.bench import loads
from assay.bench.loads import Loaded, swept
from assay.load import scenarios
from assay.load.columns import COLUMNS, Failure
from assay.load.hosts.gathering import HostsLost
from assay.load.machine import Use
from assay.load.objective import Objective
from assay.load.plan import Measurement, Window
from assay.load.rows import Rows
from assay.load.scenarios import highest_rate, offline
from assay.load.schedule import Closed

from .test_figures import MS
from .test_scenarios import Played, setting

OBJECTIVE = Objective.parse("p99 <= 15 ms")
NEIGHBOUR = "other work used 1.00 cores of this machine; measure on one that is idle"
Change = Callable[[Measurement], None]


class Disturbed(Played):
    """Some of its loads go otherwise than the target would have it."""

    def __init__(self, change: Change, when: Callable[[float], bool], **capacity: Any) -> None:
        super().__init__(**capacity)
        self._change, self._when = change, when

    def measure(self, plan: Any, *given: Any, **wanted: Any) -> Measurement:
        found = super().measure(plan, *given, **wanted)
        found.rows = Rows({name: found.rows[name].copy() for name in COLUMNS})
        much = plan.load.clients if isinstance(plan.load, Closed) else plan.load.rate
        if self._when(much):
            self._change(found)
        return found


def neighbour(found: Measurement) -> None:
    """Another process of the client's machine takes a core, and answers are read late."""
    found.use = Use(2.0, 2.4, 0.2, 0.2, 0.0, 0.0)
    found.rows["last"][:] += 200 * MS


def behind(found: Measurement) -> None:
    """The client sends later than is due, what the target takes is as ever."""
    for name in ("sent", "first", "last", "read"):
        found.rows[name][:] += 50 * MS


def failing(found: Measurement) -> None:
    """The target refuses every tenth request."""
    found.rows["failure"][np.arange(len(found.rows)) % 10 == 0] = Failure.SERVER_ERROR


class Unsteady(Played):
    """Under some of its loads every second window brings twice as much."""

    def __init__(self, when: Callable[[float], bool], **capacity: Any) -> None:
        super().__init__(**capacity)
        self._when = when

    def measure(self, plan: Any, endpoint: Any, watcher: Any = None, *given: Any, **wanted: Any) -> Measurement:
        def uneven(window: Window) -> bool:
            counts = window.count * (1 + 2 * (window.number % 2)) if self._when(much) else window.count
            return bool(watcher(replace(window, count=counts)))

        much = plan.load.clients if isinstance(plan.load, Closed) else plan.load.rate
        return super().measure(plan, endpoint, uneven, *given, **wanted)


class Lost(Played):
    """From the third load on nobody is left to send it."""

    def measure(self, plan: Any, *given: Any, **wanted: Any) -> Measurement:
        if len(self.offered) == 2:
            raise HostsLost("no load host is left")
        return super().measure(plan, *given, **wanted)


def play(monkeypatch: pytest.MonkeyPatch, target: Played) -> Played:
    monkeypatch.setattr(scenarios, "measure", target.measure)
    return target


def once(much: float) -> Callable[[float], bool]:
    """Only the first load of so much."""
    left = iter([True])
    return lambda offered: offered == much and next(left, False)


def test_a_disturbed_probe_is_measured_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, Disturbed(neighbour, once(160)))

    found = highest_rate(setting(), OBJECTIVE, start=20)

    assert found.best is not None
    assert found.best.load.rate == pytest.approx(400 * 0.5**0.5, rel=0.08)  # type: ignore[union-attr]
    assert found.short == ""
    assert [each.load.rate for each in found.results][:5] == [20, 40, 80, 160, 160]  # type: ignore[union-attr]


def test_a_probe_that_is_disturbed_again_ends_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, Disturbed(neighbour, lambda rate: rate > 100))

    found = highest_rate(setting(), OBJECTIVE, start=20)
    told = loads._highest(found, OBJECTIVE, seed=0)

    assert found.best is found.results[2]
    assert told.reasons == (f"at least 80/s: the search could not go by 160/s, which was invalid twice: {NEIGHBOUR}",)
    assert [each["valid"] for each in told.search] == [True, True, True, False, False]


def test_a_search_that_reaches_nothing_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, Disturbed(neighbour, lambda rate: True))

    told = loads._highest(highest_rate(setting(), OBJECTIVE, start=20), OBJECTIVE, seed=0)

    assert told.reasons == (
        f"nothing was reached: the search could not go by 20/s, which was invalid twice: {NEIGHBOUR}",
    )


def test_a_client_that_cannot_send_more_is_no_limit_of_the_target(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, Disturbed(behind, lambda rate: rate > 200, parallel=100))

    found = highest_rate(setting(), OBJECTIVE, start=20)

    assert found.best is not None
    assert found.short.startswith(
        "at least 160/s; the client cannot send more: at 320/s requests were sent up to 50.00 ms late"
    )


def test_what_takes_too_long_from_sending_on_is_missed_however_late_it_was_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    play(monkeypatch, Disturbed(behind, lambda rate: 300 < rate < 400))

    found = highest_rate(setting(), OBJECTIVE, start=20)

    doubts = [doubt.rule for each in found.results for doubt in each.validity.doubts]
    assert "late" in doubts
    assert found.best is not None
    assert found.best.load.rate == pytest.approx(400 * 0.5**0.5, rel=0.08)  # type: ignore[union-attr]
    assert found.short == ""


def test_a_target_that_fails_under_too_much_has_its_limit_there(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, Disturbed(failing, lambda rate: rate > 100))

    found = highest_rate(setting(), OBJECTIVE, start=20)

    assert found.best is not None
    assert found.best.load.rate == pytest.approx(100, rel=0.08)  # type: ignore[union-attr]
    assert found.short == ""


def test_a_rate_at_which_the_target_is_not_steady_is_not_kept_up(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, Unsteady(lambda rate: rate > 100))

    found = highest_rate(setting(), OBJECTIVE, start=20)

    assert found.best is not None
    assert found.best.validity.valid
    assert 80 <= found.best.load.rate <= 100  # type: ignore[union-attr]


def test_clients_with_which_the_target_is_not_steady_are_not_the_most(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, Unsteady(lambda clients: clients >= 8, parallel=5, ms=10))

    found = offline(setting())

    assert found.best is not None
    assert found.best.validity.valid
    assert found.best.load == Closed(4)
    assert found.short == (
        "at least 400/s with 4 clients: 500/s with 8 clients is invalid: the target did not become steady within 20 s"
    )


def test_a_search_says_where_its_loads_ran_out(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, Played())
    monkeypatch.setattr(scenarios, "MOST_PROBES", 3)

    assert highest_rate(setting(), OBJECTIVE, start=20).short == "at least 80/s: the search ended after 3 loads"


def test_the_most_clients_are_the_least_that_is_reached_where_throughput_still_rises(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    target = play(monkeypatch, Played(ms=100, parallel=10_000))

    told = loads._most(offline(setting()))

    assert target.offered[-1] == Closed(512)
    assert told.reasons == ("at least 5,120/s with 512 clients: the search ended there, and was still rising",)


def test_clients_that_bring_no_more_are_the_most(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, Played(ms=100, parallel=250))

    told = loads._most(offline(setting()))

    assert told.reasons == ()


def test_clients_that_are_disturbed_are_passed_over_where_more_bring_more(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, Disturbed(neighbour, lambda clients: clients in {1, 4, 32}, parallel=16))

    found = offline(setting())

    assert [each.load.clients for each in found.results] == [1, 1, 2, 4, 4, 8, 16, 32, 32, 64, 128]  # type: ignore[union-attr]
    assert found.short == ""


def test_clients_that_are_disturbed_where_the_most_may_lie_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, Disturbed(neighbour, lambda clients: clients == 512, ms=100, parallel=10_000))

    found = offline(setting())

    assert found.short.startswith("at least 2,560/s with 256 clients: the search could not go by 512 clients")


def test_clients_that_are_disturbed_in_turn_end_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, Disturbed(neighbour, lambda clients: clients >= 4, parallel=100))

    found = offline(setting())

    assert [each.load.clients for each in found.results] == [1, 2, 4, 4, 8, 8]  # type: ignore[union-attr]
    assert found.best is found.results[1]
    assert found.short == (
        f"at least 200/s with 2 clients: the search could not go by 4 clients, which was invalid twice: {NEIGHBOUR}"
    )


def test_a_sweep_says_that_its_rates_may_end_too_low(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, Disturbed(neighbour, lambda much: much in {4, 8}, parallel=100))

    first = next(swept(setting(), {}, "one"))

    assert first.notes[0].startswith("the sweep may end below the highest throughput: at least 200/s with 2 clients")


def heard(told: Iterator[Loaded]) -> list[Loaded]:
    """What is told until it is over for want of load hosts."""
    found: list[Loaded] = []
    with pytest.raises(HostsLost):
        found.extend(told)
    return found


def test_a_search_that_is_cut_short_tells_its_loads_and_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, Lost())

    (told,) = heard(swept(setting(), {}, "one"))

    assert [each["clients"] for each in told.search] == [1, 2]
    assert told.cut_short
    assert told.reasons == ("the search was cut short after 2 loads: its points are told, and no result",)


def test_the_loads_of_a_sweep_are_told_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, Lost())

    told = heard(swept(setting(), {"one": [20.0, 50.0, 80.0]}, "one"))

    assert [each.load.rate for each in told] == [20, 50]


def test_a_search_that_the_user_ends_tells_its_loads_and_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    target = play(monkeypatch, Played())
    target.interrupt_after = 2

    told = loads._highest(highest_rate(setting(), OBJECTIVE, start=20), OBJECTIVE, seed=0)

    assert told.cut_short
    assert told.result.interrupted
    assert [each["offered"] for each in told.search] == [20, 40]
