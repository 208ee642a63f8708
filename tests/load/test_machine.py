"""The machine beside the load: who else computed is judged by the time that counts, whatever came before or after."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

import pytest

from assay.load import machine
from assay.load.clock import SECOND
from assay.load.figures import figures_of
from assay.load.machine import Use, Watch
from assay.load.plan import Window
from assay.load.running import measure
from assay.load.schedule import Closed, Constant
from assay.load.validity import FOREIGN_CORES, STOLEN_CORES, validity_of

from .hosting import gathered
from .plans import plan, to
from .test_validity import sound

WARM_UP, COUNTS, DRAIN = range(30), range(30, 40), range(40, 60)


class Clockwork:
    """A machine whose /proc/stat and clock go on as they are told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = 0
        self.times = SimpleNamespace(user=0.0, steal=0.0)
        monkeypatch.setattr(machine, "now", lambda: self.at)
        monkeypatch.setattr("psutil.cpu_times", lambda: SimpleNamespace(**vars(self.times)))
        monkeypatch.setattr(machine, "_pressure", lambda: 0.0)

    def of(self, noisy: Sequence[int]) -> Use:
        """A minute with half a core of our own; in the noisy seconds others take a whole one, and steal a tenth."""
        watch = Watch([])
        for second in range(60):
            noise = float(second in noisy)
            self.at += SECOND
            self.times.user += 0.5 + noise
            self.times.steal += 0.1 * noise
            watch.read(0.5 * (second + 1))
        return watch.between(COUNTS.start * SECOND, COUNTS.stop * SECOND)


@pytest.mark.parametrize(
    ("noisy", "foreign", "stolen"),
    [(WARM_UP, 0.0, 0.0), (COUNTS, 1.0, 0.1), (DRAIN, 0.0, 0.0)],
    ids=["warm-up", "time that counts", "drain"],
)
def test_neighbours_are_judged_by_the_time_that_counts(
    noisy: Sequence[int], foreign: float, stolen: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    use = Clockwork(monkeypatch).of(noisy)

    assert use.seconds == 10
    assert use.foreign == pytest.approx(foreign)
    assert use.stolen / use.seconds == pytest.approx(stolen)
    run = sound(use=use, local=False)
    doubted = "machine" in [doubt.rule for doubt in validity_of(run, figures_of(run)).doubts]
    assert doubted == (foreign > FOREIGN_CORES)


def test_a_load_of_a_moment_is_judged_from_its_first_reading_to_its_last(monkeypatch: pytest.MonkeyPatch) -> None:
    clockwork = Clockwork(monkeypatch)
    watch = Watch([])
    clockwork.at = SECOND
    watch.read(0.25)

    assert watch.between(SECOND, SECOND) == Use(1.0, 0.0, 0.25, 0.0, 0.0, 0.0)


def test_where_nobody_read_in_the_time_that_counts_it_is_what_was_used_around_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Windows that are told late, all at once, are read within a moment."""
    clockwork = Clockwork(monkeypatch)
    watch = Watch([])
    for at in (1.0, 2.0, 6.0, 6.00001, 6.00002):
        clockwork.at = round(at * SECOND)
        clockwork.times.user = at
        watch.read(0.0)

    assert watch.between(5 * SECOND, round(5.9 * SECOND)).foreign == pytest.approx(1.0)
    assert watch.between(5 * SECOND, round(5.9 * SECOND)).seconds == 4


class Neighbour:
    """Takes ten cores and steals another while windows of these numbers are shown, and nothing else is on the machine.

    What is shown as `steady` is the end of the tenth window.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, noisy: range) -> None:
        self._noisy = noisy
        self._times = SimpleNamespace(user=0.0, steal=0.0)
        self.since: int | None = None
        monkeypatch.setattr(machine, "_spent", lambda processes: 0.0)
        monkeypatch.setattr("psutil.cpu_times", lambda: SimpleNamespace(**vars(self._times)))

    def watch(self, window: Window) -> bool:
        if window.number in self._noisy:
            self._times.user += 10 * 0.1
            self._times.steal += 0.1
        if window.number == 10:
            self.since = window.end
        return True

    def steady(self) -> int | None:
        return self.since


@pytest.mark.parametrize(("noisy", "seen"), [(range(1, 3), False), (range(13, 17), True)], ids=["warm-up", "counts"])
def test_a_load_is_watched_by_its_windows(
    sink_port: int, noisy: range, seen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    neighbour = Neighbour(monkeypatch, noisy)

    found = measure(plan(Constant(100), seconds=2), to(sink_port), neighbour.watch, steady=neighbour.steady)

    assert found.since == neighbour.since
    assert (found.use.foreign > FOREIGN_CORES) == seen
    assert (found.use.stolen > STOLEN_CORES) == seen


@pytest.mark.parametrize(("noisy", "seen"), [(range(1, 3), False), (range(13, 17), True)], ids=["warm-up", "counts"])
def test_each_load_host_watches_its_machine_by_its_windows(
    sink_port: int, noisy: range, seen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    neighbour = Neighbour(monkeypatch, noisy)

    with gathered("a", "b") as (hosts, _, _):
        found = measure(
            plan(Closed(2), seconds=2), to(sink_port), neighbour.watch, hosts=hosts, steady=neighbour.steady
        )

    assert [part.use.foreign > FOREIGN_CORES for part in found.parts] == [seen, seen]
    assert [part.use.stolen > STOLEN_CORES for part in found.parts] == [seen, seen]
