"""Latency against throughput: the loads of a sweep, or those that a search tried, with the knee and the objective."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10
from typing import Any

from assay.contract.sentences import count
from assay.errors import UsageProblem
from assay.load.objective import Objective
from assay.load.scenarios import fell_short
from assay.record import Measurement, Scenario
from assay.report import measured
from assay.report.charts import across, round_up, ticks
from assay.report.measured import Group, number

HEIGHT, TOP, BOTTOM = 210.0, 12.0, 34.0


@dataclass(frozen=True, slots=True)
class Load:
    """One load: what was offered in words, answers a second, latencies in ms; `saturated` where less was answered.

    Of an invalid one nothing is concluded: neither the knee nor the most.
    """

    name: str
    rate: float
    p50: float | None
    p99: float | None
    saturated: bool = False
    valid: bool = True


@dataclass(frozen=True, slots=True)
class Dot:
    """A load in the picture."""

    x: float
    y: float
    name: str
    saturated: bool
    valid: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """The picture of one measurement or sweep. `knee` and `limits` are places with words."""

    name: str
    sentence: str
    lines: tuple[tuple[str, str, tuple[Dot, ...]], ...]
    knee: float | None
    limits: tuple[tuple[float, str], ...]
    ticks_across: tuple[tuple[float, str], ...]
    ticks_up: tuple[tuple[float, str], ...]


def charts(groups: Sequence[Group]) -> list[tuple[Group, Chart]]:
    """All pictures: of each target and repetition of a sweep one, and of each search one."""
    found = []
    for group in groups:
        for name, loads, objective in _drawn(group):
            made = _chart(name, [load for load in loads if load.p50], objective)
            if made is not None:
                found.append((group, made))
    return found


def _drawn(group: Group) -> list[tuple[str, list[Load], str]]:
    """Name, loads and objective of each picture."""
    if group.scenario == Scenario.SWEEP:
        sweeps: dict[tuple[str, int], list[Load]] = {}
        for each in group.measurements:
            sweeps.setdefault((each.target, each.repetition), []).append(_of_sweep(each))
        return [(f"{target}, repetition {number}", loads, "") for (target, number), loads in sweeps.items()]
    return [
        (group.name(each), [_of_search(load) for load in sorted(each.search, key=_offered)], each.load.objective or "")
        for each in group.measurements
        if each.search
    ]


def _offered(load: Mapping[str, Any]) -> float:
    value = load.get("offered", load.get("clients"))
    return float(value) if isinstance(value, int | float) else 0.0


def _of_sweep(each: Measurement) -> Load:
    rate, p50, p99 = (each.figures.get(name) for name in ("rate", "response.p50", "response.p99"))
    answered = rate.value if rate else 0.0
    short = fell_short(each.requests, answered * each.seconds)
    name = ", ".join(filter(None, [str(each.load), measured.offered(each)]))
    return Load(name, answered, p50.value if p50 else None, p99.value if p99 else None, short, each.valid)


def _of_search(load: Mapping[str, Any]) -> Load:
    def told(name: str) -> float | None:
        value = load.get(name)
        return float(value) if isinstance(value, int | float) and isfinite(value) and value > 0 else None

    rate, offered, clients = told("rate") or 0.0, told("offered"), told("clients")
    due = f", {number(each)}/s offered" if (each := told("due")) else ""
    name = f"{number(offered)}/s" if offered else f"{clients:.0f} clients" if clients else ""
    saturated, valid = load.get("saturated") is True, load.get("valid") is not False
    return Load(name + due, rate, told("p50"), told("p99"), saturated, valid)


def knee(loads: Sequence[Load]) -> Load | None:
    """Where throughput by latency is highest (Kleinrock's power): beyond it, load brings more waiting than work."""
    return max((load for load in loads if load.p50), key=lambda load: load.rate / (load.p50 or 1.0), default=None)


def _chart(name: str, loads: Sequence[Load], objective: str) -> Chart | None:
    if len(loads) < 2:
        return None
    limits = _limits(objective)
    values = [each for load in loads for each in (load.p50, load.p99) if each]
    low = 10.0 ** floor(log10(min([*values, *(ms for ms, _ in limits)])))
    high = 10.0 ** ceil(log10(max([*values, *(ms for ms, _ in limits)])) + 1e-9)
    sound = [load for load in loads if load.valid]
    most, bent = round_up(max(load.rate for load in loads)), knee(sound)

    def up(ms: float) -> float:
        span = log10(high / low) or 1.0
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * log10(ms / low) / span

    def line(which: str) -> tuple[str, tuple[Dot, ...]]:
        told = [(load, ms) for load in loads if (ms := getattr(load, which))]
        dots = tuple(
            Dot(
                across(load.rate, most),
                up(ms),
                f"{load.name}: {number(load.rate)}/s, {which} {number(ms)} ms{'' if load.valid else ', invalid'}",
                load.saturated,
                load.valid,
            )
            for load, ms in told
        )
        return "M" + "L".join(f"{dot.x:.1f} {dot.y:.1f}" for dot in dots) if dots else "", dots

    decades = range(round(log10(low)), round(log10(high)) + 1)
    lines = tuple((kind, *line(which)) for kind, which in (("first", "p50"), ("second", "p99")))
    return Chart(
        name, _sentence(sound, len(loads) - len(sound), bent), lines, across(bent.rate, most) if bent else None,
        tuple((up(ms), said) for ms, said in limits),
        tuple((across(each, most), f"{each:g}") for each in ticks(most)),
        tuple((up(10.0**decade), f"{10.0**decade:g}") for decade in decades),
    )  # fmt: skip


def _limits(objective: str) -> list[tuple[float, str]]:
    """The latencies of an objective, ms; none of what is none."""
    try:
        parsed = Objective.parse(objective) if objective else None
    except UsageProblem:  # any number of clients
        return []
    return [(ms, f"p{100 * share:g} ≤ {ms:g} ms") for share, ms in parsed.latencies] if parsed else []


def _sentence(sound: Sequence[Load], invalid: int, bent: Load | None) -> str:
    """What the picture says: the most that was answered, and where it bends; and of how many loads it says nothing."""
    aside = [f"{count(invalid, 'load is', 'loads are')} invalid"] if invalid else []
    if not sound:
        return aside[0]
    said = [f"at most {number(max(load.rate for load in sound))}/s were answered"]
    if bent is not None and bent.p50:
        said.append(f"the knee is at {number(bent.rate)}/s with p50 {number(bent.p50)} ms")
    return "; ".join([*said, *aside])
