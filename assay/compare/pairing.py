"""Measurements of the same thing: the same workload with the same inputs, in the same scenario, under the same load."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from assay.compare.figures import COST, RATE
from assay.compare.sides import Side, Taken
from assay.record import Load, Measurement, Scenario

Key = tuple[Any, ...]


@dataclass(slots=True)
class Series:
    """All repetitions of one thing on one side. `price` is in USD an hour."""

    valid: list[Taken] = field(default_factory=list)
    invalid: list[Taken] = field(default_factory=list)
    price: float | None = None

    @property
    def any(self) -> Measurement:
        """One of them: what they share can be read from it."""
        return (self.valid or self.invalid)[0].measurement

    @property
    def requests(self) -> int:
        """Of all valid repetitions."""
        return sum(each.measurement.requests for each in self.valid)

    @property
    def failed(self) -> int:
        """Requests of all valid repetitions that failed."""
        return sum(sum(each.measurement.failures.values()) for each in self.valid)

    def error_shares(self) -> list[float]:
        """The share of requests that failed, of each repetition; of each run where there are several."""
        found: dict[int | Path, list[Measurement]] = {}
        for number, each in enumerate(self.valid):
            found.setdefault(each.run if self.by_run else number, []).append(each.measurement)
        return [
            sum(sum(one.failures.values()) for one in ones) / max(sum(one.requests for one in ones), 1)
            for ones in found.values()
        ]

    @property
    def spoiled(self) -> bool:
        """Whether so many were invalid that too few are left to say anything."""
        return bool(self.invalid) and len(self.valid) < 2

    @property
    def priced(self) -> bool:
        """Whether a price of an hour says what an answer costs: only where the rate is the most that was reached."""
        one = self.any
        return self.price is not None and (one.scenario is Scenario.OFFLINE or one.load.kind == "search")

    @property
    def runs(self) -> set[Path]:
        """The folders of the runs that its valid repetitions are from."""
        return {each.run for each in self.valid}

    @property
    def by_run(self) -> bool:
        """Whether its runs are what is counted: repetitions of one run share what is particular to it."""
        return len(self.runs) > 1

    def names(self) -> list[str]:
        """The figures that any valid repetition has."""
        own = dict.fromkeys(name for each in self.valid for name in each.measurement.figures)
        return [*own, *([COST] if COST not in own and RATE in own and self.priced else [])]

    def measures(self, name: str) -> bool:
        """Whether any repetition has this figure, an invalid one included."""
        return any(self._value(each.measurement, name) is not None for each in (*self.valid, *self.invalid))

    def values(self, name: str, by_run: bool | None = None) -> list[float]:
        """One value for each repetition; one for each run, their geometric mean, where there are several runs.

        `by_run` says which it is, where another side has a say in it. Empty where any of them is not positive: there is
        no ratio then.
        """
        found: dict[Path, list[float]] = {}
        for each in self.valid:
            value = self._value(each.measurement, name)
            if value is not None:
                found.setdefault(each.run, []).append(value)
        if any(value <= 0 for values in found.values() for value in values):
            return []
        if not (self.by_run if by_run is None else by_run):
            return [value for values in found.values() for value in values]
        return [math.exp(fmean(map(math.log, values))) for values in found.values()]

    def unit(self, name: str) -> str:
        """The unit of a figure."""
        found = (each.measurement.figures.get(name) for each in self.valid)
        return next((figure.unit for figure in found if figure is not None), "USD" if name == COST else "")

    @property
    def error_ms(self) -> float | None:
        """The most that the client may have added to a latency of any repetition; None where one does not know."""
        bounds = [each.measurement.error_ms for each in self.valid]
        known = [bound for bound in bounds if bound is not None]
        return max(known) if known and len(known) == len(bounds) else None

    def _value(self, measurement: Measurement, name: str) -> float | None:
        figure = measurement.figures.get(name)
        if figure is not None:
            return figure.value
        if name == COST and self.priced and (rate := measurement.figures.get(RATE)) and rate.value > 0:
            return (self.price or 0) * 1000 / (3600 * rate.value * int(measurement.inputs.get("batch", 1)))
        return None


@dataclass(frozen=True, slots=True)
class Thing:
    """What was measured, as a reader meets it."""

    workload: str
    scenario: Scenario
    load: Load
    batch: int

    def __str__(self) -> str:
        return f"{self.workload}, {self.scenario}, {self.load}"

    @property
    def warmed_up(self) -> bool:
        """Whether it was measured after a warm-up: a trace counts from its first request, and a cold start is none."""
        return self.scenario is not Scenario.COLD_START and self.load.arrivals != "trace"


def key_of(measurement: Measurement) -> Key:
    """What two measurements must share to be compared. The model's name is not among it: engines name it otherwise."""
    inputs = measurement.inputs
    return (measurement.workload, measurement.scenario, measurement.load.key, inputs["digest"], inputs.get("batch", 1))


def series(side: Side, price: float | None = None) -> dict[Key, Series]:
    """The measurements of a side by what was measured, in the order of the records.

    `price` is in USD an hour; where none is given, it is what the record says.
    """
    found: dict[Key, Series] = {}
    stated = side.fingerprint.get("hourly_price") if price is None else price
    for each in side.measurements():
        one = found.setdefault(key_of(each.measurement), Series(price=stated if _is_price(stated) else None))
        (one.valid if each.measurement.valid else one.invalid).append(each)
    return found


def _is_price(price: Any) -> bool:
    return isinstance(price, int | float) and not isinstance(price, bool) and price > 0


def thing_of(key: Key, of: Iterable[Series]) -> Thing:
    """What a key stands for."""
    one = next(iter(of)).any
    return Thing(one.workload, one.scenario, one.load, int(one.inputs.get("batch", 1)))
