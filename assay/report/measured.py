"""Measurements as a reader meets them: in a line, in a table, and as curves of their latencies."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from math import log10
from typing import Final

from assay.compare.figures import OFFERED
from assay.contract.sentences import count
from assay.load.figures import quantiles_of_histogram
from assay.record import Figure, Measurement, Run, Scenario
from assay.report.charts import round_up, ticks

SHOWN: Final = ("p50", "p90", "p99")
SHARES: Final = (0.5, 0.9, 0.99, 0.999)
WIDTH, HEIGHT = 420.0, 190.0
LEFT, RIGHT, TOP, BOTTOM = 46.0, 12.0, 10.0, 26.0
FARTHEST: Final = 3.0
"""Of the axis: p99.9. Each step of one is ten times fewer requests beyond."""
STEPS: Final = 60
MOST_CURVES: Final = 12
"""Measurements that are drawn into one picture."""


def of(run: Run) -> list[Measurement]:
    """The measurements of a run."""
    return [Measurement.of(event) for event in run.measurements]


def beside_published(run: Run) -> bool:
    """Whether published figures are to be shown beside what was measured."""
    return run.header["configuration"].get("published") is True


def number(value: float) -> str:
    """Three digits that count: `0.123`, `4.50`, `78.9`, `1,234`."""
    if value >= 99.95:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 9.995 else f"{value:.2f}" if value >= 0.9995 or not value else f"{value:#.3g}"


def in_words(of: Measurement) -> str:
    """A measurement in a line: `212/s, p50 4.1 ms, p90 5.0 ms, p99 8.8 ms, 424 requests, 1 timeout`.

    Of an open load what was offered stands beside what was answered: `212/s of 215/s offered`.
    """
    rate = of.figures.get("rate")
    parts = [" of ".join([f"{number(rate.value)}/s", *filter(None, [offered(of)])])] if rate else []
    names = zip(SHOWN, _names(of)[1:], strict=True)
    parts += [f"{shown} {number(found.value)} ms" for shown, name in names if (found := of.figures.get(name))]
    parts.append(count(of.requests, "request"))
    return ", ".join([*parts, *_failures(of)])


def _failures(of: Measurement) -> list[str]:
    return [f"{times:,} {kind.replace('_', ' ')}" for kind, times in of.failures.items()]


def failures(of: Measurement) -> str:
    """What failed, by kind."""
    return ", ".join(_failures(of)) or "none"


def failed(of: Measurement) -> int:
    """How many requests failed."""
    return sum(of.failures.values())


def load(of: Measurement) -> str:
    """Scenario and load: `Server, 50/s poisson`."""
    return f"{of.scenario}, {of.load}"


def offered(of: Measurement) -> str:
    """What became due of an open load: `46.2/s offered`; empty where that is not known, or clients waited."""
    found = of.figures.get(OFFERED)
    return f"{number(found.value)}/s offered" if found else ""


def values(of: Measurement) -> list[str]:
    """Rate and quantiles, each alone; a dash for what could not be taken."""
    figures = [of.figures.get(name) for name in _names(of)]
    return [number(figure.value) if figure else "–" for figure in figures]


def cells(of: Measurement) -> list[tuple[str, str]]:
    """The same, each with its interval; empty where too few requests tell one."""
    figures = [of.figures.get(name) for name in _names(of)]
    return [(number(figure.value), _interval(figure)) if figure else ("–", "") for figure in figures]


def _names(of: Measurement) -> tuple[str, ...]:
    kind = "coldstart" if of.scenario is Scenario.COLD_START else "response"
    return ("rate", *(f"{kind}.{name}" for name in SHOWN))


def _interval(figure: Figure) -> str:
    if figure.low is None and figure.high is None:
        return ""
    return (
        f"{'?' if figure.low is None else number(figure.low)} – {'?' if figure.high is None else number(figure.high)}"
    )


def checked(of: Measurement) -> str:
    """What came of the answers: `16 checked, none wrong`."""
    if of.answers is None:
        return "not checked"
    wrong = of.answers.get("wrong") or "none"
    parts = [f"{of.answers.get('checked', 0)} checked, {wrong} wrong"]
    parts += [f"{of.answers['unjudged']} not comparable"] if of.answers.get("unjudged") else []
    return ", ".join(parts)


def reasons(found: Iterable[Measurement]) -> list[tuple[str, int]]:
    """Why measurements are invalid, and how many for each reason: but for its numbers, it is one."""
    told: dict[str, str] = {}
    times: Counter[str] = Counter()
    for each in found:
        kinds: dict[str, str] = {}
        for reason in each.reasons:
            kinds.setdefault(pattern_of(reason), reason)
        told = {**kinds, **told}
        times.update(kinds.keys())
    return [(told[kind], number) for kind, number in times.most_common()]


def pattern_of(reason: str) -> str:
    """A reason but for its numbers."""
    return re.sub(r"[\d.,]+", "#", reason)


@dataclass(frozen=True, slots=True)
class Curve:
    """The latencies of one measurement as an SVG path; `bars` are the intervals of its quantiles: x, low, high."""

    name: str
    path: str
    bars: tuple[tuple[float, float, float], ...]
    side: int


@dataclass(frozen=True)
class Group:
    """The measurements of one workload in one scenario: all targets, loads and repetitions."""

    workload: str
    scenario: str
    sentence: str
    measurements: tuple[Measurement, ...]
    run: Run
    targets: tuple[str, ...]

    @property
    def several(self) -> bool:
        """Whether there is more than one of them."""
        return len(self.measurements) > 1

    def name(self, each: Measurement) -> str:
        """What tells one of the measurements from the others."""
        parts = self._names(each)
        parts += [f"repetition {each.repetition}"] if max(one.repetition for one in self.measurements) > 1 else []
        return ", ".join(parts) or _load(each)

    def name_of_all(self, each: Measurement) -> str:
        """What tells a measurement and its repetitions from the others."""
        return ", ".join(self._names(each)) or _load(each)

    def _names(self, each: Measurement) -> list[str]:
        parts = [each.target] if len(self.targets) > 1 else []
        return parts + ([str(each.load)] if len({str(one.load) for one in self.measurements}) > 1 else [])

    @property
    def drawn(self) -> list[Measurement]:
        """Those that have latencies to draw."""
        return [each for each in self.measurements if "histogram" in each.artifacts][:MOST_CURVES]

    @cached_property
    def _shapes(self) -> list[tuple[Measurement, Sequence[tuple[float, float]]]]:
        """What is drawn, with its points; a histogram that is gone or broken is left out."""
        return [(each, points) for each in self.drawn if (points := _points(self.run, each))]

    @cached_property
    def curves(self) -> list[Curve]:
        """What is drawn."""
        return [
            Curve(self.name(each), _path(points, self.top), tuple(self._bars(each)), self.targets.index(each.target))
            for each, points in self._shapes
        ]

    @cached_property
    def top(self) -> float:
        """The highest latency of the picture, ms: a round number."""
        most = max((ms for _, points in self._shapes for _, ms in points), default=1.0)
        return round_up(most)

    def _bars(self, each: Measurement) -> Iterable[tuple[float, float, float]]:
        for share in SHARES:
            figure = each.figures.get(f"response.p{100 * share:g}")
            if figure is not None and figure.low is not None and figure.high is not None:
                yield _x(share), _y(figure.low, self.top), _y(min(figure.high, self.top), self.top)

    @property
    def ticks_across(self) -> list[tuple[float, str]]:
        """Where the axis of percentiles is marked."""
        return [(LEFT, "p0"), *((_x(share), f"p{100 * share:g}") for share in SHARES)]

    @property
    def ticks_up(self) -> list[tuple[float, str]]:
        """Where the axis of latencies is marked, ms."""
        return [(_y(each, self.top), f"{each:g}") for each in ticks(self.top)]


def groups(run: Run) -> list[Group]:
    """All measurements, by workload and scenario, in the order in which they were first taken."""
    sentences = run.header["configuration"].get("workload_sentences", {})
    found = of(run)
    order = {key: place for place, key in reversed(list(enumerate(_key(each) for each in found)))}
    ordered = sorted(found, key=lambda each: order[_key(each)])
    targets = tuple(run.header.get("targets", {}))
    return [
        Group(key[0], key[1], str(sentences.get(key[0], "")), tuple(of_it), run, targets)
        for key, of_it in groupby(ordered, key=_key)
    ]


def _load(each: Measurement) -> str:
    """The load in words; where clients were searched, with how many there were."""
    clients = each.figures.get("clients")
    return f"the most, with {count(round(clients.value), 'client')}" if clients else str(each.load)


def _key(of: Measurement) -> tuple[str, str]:
    return of.workload, str(of.scenario)


def _x(share: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * min(-log10(max(1 - share, 1e-9)), FARTHEST) / FARTHEST


def _y(ms: float, top: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(max(ms / top, 0.0), 1.0)


def _points(run: Run, each: Measurement) -> Sequence[tuple[float, float]]:
    """Shares and latencies in ms, as far as so many answers tell; none where the histogram cannot be read."""
    try:
        histogram = run.artifact(each.artifacts["histogram"])
        farthest = min(log10(max(each.successes, 1)), FARTHEST)
        shares = [1 - 10 ** (-farthest * step / STEPS) for step in range(STEPS + 1)]
        return list(zip(shares, quantiles_of_histogram(histogram, shares)))
    except Exception:  # a record may come from anywhere, and hold anything
        return ()


def _path(points: Sequence[tuple[float, float]], top: float) -> str:
    return "M" + "L".join(f"{_x(share):.1f} {_y(ms, top):.1f}" for share, ms in points)
