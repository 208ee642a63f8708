"""The loads of each scenario, and what the record calls them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from assay.bench.arrivals import Open, named
from assay.bench.options import BenchOptions, Way
from assay.contract.sentences import count
from assay.load.drift import Drift
from assay.load.objective import Objective, Verdict
from assay.load.scenarios import (
    MOST_CLIENTS,
    PRECISION,
    Many,
    Result,
    Setting,
    highest_rate,
    multi_stream,
    offline,
    run,
    server,
    single_stream,
    soak,
    until_it_falls_behind,
)
from assay.load.schedule import Closed, Poisson
from assay.record import Figure, Load, Scenario

ANY_NUMBER: Final = "any number of clients"
FIRST_RATE: Final = 0.5
"""Of what one client gets: where the search for a rate begins."""
SHARES: Final = (0.2, 0.4, 0.6, 0.8, 0.9, 1.0, 1.1)
"""Of the highest throughput: the rates of a sweep."""
PERCENT: Final = 100.0


@dataclass(frozen=True, slots=True)
class Loaded:
    """One result with what the record calls it. `search` holds the loads that were tried on the way to it."""

    result: Result
    scenario: Scenario
    load: Load
    reasons: tuple[str, ...] = ()
    figures: Mapping[str, Figure] | None = None
    notes: tuple[str, ...] = ()
    search: tuple[Mapping[str, Any], ...] = ()
    cut_short: bool = False
    """Whether the search was: its loads are told then, and no result."""


def loaded(
    options: BenchOptions, setting: Setting, alone: float, rates: dict[str, Sequence[float]], workload: str
) -> Iterator[Loaded]:
    """Put the loads of the wanted scenario on a target, and tell each as soon as it is over.

    `alone` is what a request takes when it is, in seconds. `rates` keeps those of a sweep for the next one of the same
    workload.
    """
    one_client = Load("closed", clients=1)
    match options.way:
        case Way.SINGLE_STREAM:
            yield Loaded(single_stream(setting), Scenario.SINGLE_STREAM, one_client)
        case Way.MULTI_STREAM:
            yield Loaded(multi_stream(setting), Scenario.MULTI_STREAM, one_client)
        case Way.SERVER:
            assert options.offered is not None
            yield Loaded(server(setting, options.offered), Scenario.SERVER, _open(options.offered, setting.seed))
        case Way.OFFLINE:
            yield _most((yield from _searched(partial(offline, setting, MOST_CLIENTS), _most)))
        case Way.SWEEP:
            yield from swept(setting, rates, workload)
        case Way.SOAK:
            yield _soaked(setting, options)
        case Way.HIGHEST_RATE:
            assert options.objective is not None
            told = partial(_highest, objective=options.objective, seed=setting.seed)
            search = partial(highest_rate, setting, options.objective, max(FIRST_RATE / alone, 0.1), PRECISION)
            yield told((yield from _searched(search, told)))
        case Way.COLD_START:
            raise AssertionError("cold starts are no load: see `cold`")


def _open(load: Open, seed: int) -> Load:
    return Load("open", rate=load.rate, arrivals=named(load), seed=seed if isinstance(load, Poisson) else None)


def _searched(search: Callable[[list[Result]], Many], told: Callable[[Many], Loaded]) -> Generator[Loaded, None, Many]:
    """What a search came to. Where anything else ends it, its loads until then are told before that is raised."""
    tried: list[Result] = []
    try:
        return search(tried)
    except BaseException:
        if tried:
            yield told(Many(tuple(tried), None, broken_off=True))
        raise


def _most(found: Many) -> Loaded:
    best = found.best or found.results[-1]
    clients = {"clients": Figure(best.load.clients, "", 1)} if isinstance(best.load, Closed) else None
    tried = tuple(_tried(each) for each in found.results)
    load, marked = Load("search", objective=ANY_NUMBER), _marked(best, found)
    return Loaded(marked, Scenario.OFFLINE, load, _short(found), clients, search=tried, cut_short=found.cut_short)


def _highest(found: Many, objective: Objective, seed: int) -> Loaded:
    reasons = _short(found)
    if not found.best and not reasons:
        reasons = ("no rate was found at which the objective is met",)
    if found.undecided:
        reasons += ("too few answers to be sure that the objective is met; give it more --seconds",)
    tried = tuple(
        {**_tried(each), "met": objective.judge(each.measurement.measured) is Verdict.MET} for each in found.results
    )
    load = Load("search", objective=objective.said, arrivals="poisson", seed=seed)
    best = _marked(found.best or found.results[-1], found)
    return Loaded(best, Scenario.SERVER, load, reasons, search=tried, cut_short=found.cut_short)


def _short(found: Many) -> tuple[str, ...]:
    """Why what was found is not what was searched for."""
    if found.cut_short:
        loads = count(len(found.results), "load")
        return (f"the search was cut short after {loads}: its points are told, and no result",)
    return (found.short,) if found.short else ()


def _tried(result: Result) -> dict[str, Any]:
    """One load of a search: what was to be offered and became due, what was answered a second, and how fast."""
    figures = result.figures
    quantiles = {f"p{share * PERCENT:g}": figures.response and figures.response.at(share) for share in (0.5, 0.99)}
    clients = {"clients": result.load.clients} if isinstance(result.load, Closed) else {"offered": result.load.rate}
    return {
        **clients,
        **({} if figures.offered is None else {"due": figures.offered}),
        "rate": figures.rate.value,
        **{name: found.value for name, found in quantiles.items() if found},
        "failed": figures.count - figures.good,
        "saturated": result.saturated,
        "valid": result.validity.valid,
    }


def _marked(result: Result, found: Many) -> Result:
    """The result, as interrupted where the search for it was: there may be a better one."""
    if found.interrupted and not result.interrupted:
        result = replace(result, measurement=replace(result.measurement, why=found.results[-1].measurement.why))
    return result


def swept(setting: Setting, rates: dict[str, Sequence[float]], workload: str) -> Iterator[Loaded]:
    """Latency against throughput: shares of the highest throughput, which is sought where `rates` has no rates yet."""
    notes: tuple[str, ...] = ()
    if workload not in rates:
        highest = yield from _searched(partial(offline, setting, MOST_CLIENTS), _most)
        if highest.best is None or highest.interrupted:
            yield _most(highest)
            return
        most = highest.best.figures.rate.value
        rates[workload] = [float(f"{share * most:.3g}") for share in SHARES]
        notes = tuple(f"the sweep may end below the highest throughput: {why}" for why in _short(highest))
    for rate in rates[workload]:
        result = run(setting, "Sweep", Poisson(rate), until_it_falls_behind())
        yield Loaded(result, Scenario.SWEEP, _open(Poisson(rate), setting.seed), notes=notes)
        if result.interrupted:
            return


def _soaked(setting: Setting, options: BenchOptions) -> Loaded:
    offered = options.offered
    load = Load("closed", clients=1) if offered is None else _open(offered, setting.seed)
    result, drifts = soak(setting, offered or Closed(1), options.seconds)
    notes = tuple(each.sentence for each in drifts) or ("too short a soak to tell whether anything drifts",)
    return Loaded(result, Scenario.SOAK, load, figures=dict(map(_drift, drifts)), notes=notes)


def _drift(drift: Drift) -> tuple[str, Figure]:
    name = "response.drift" if drift.unit == "ms" else "memory.drift"
    low, change, high = (PERCENT * share for share in (drift.low, drift.an_hour, drift.high))
    return name, Figure(change, "%/h", 1, low, high)
