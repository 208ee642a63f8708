"""Measuring one workload on one target: its requests made and tried, the load, the answers checked."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from assay.bench.options import BenchOptions, Way
from assay.bench.side import Side
from assay.bench.workload import Kit, Workload
from assay.contract.message import Request, Response
from assay.contract.operations import Operation
from assay.judge.schema import promised
from assay.load.answers import Checked, check_answers
from assay.load.calibration import Calibration
from assay.load.endpoint import wire_of
from assay.load.plan import Measurement as Measured
from assay.load.scenarios import (
    MOST_CLIENTS,
    SHARES,
    Many,
    Result,
    Setting,
    highest_rate,
    offline,
    run,
    server,
    single_stream,
    until_it_falls_behind,
)
from assay.load.schedule import Closed, Poisson
from assay.picture import decode
from assay.record import Load, Scenario
from assay.record.model import Exchange

KEPT: Final = 16
"""Answers of a load that are kept and checked."""
MOST_FRESH, LEAST_FRESH = 1500, 40
"""Pictures that are made for a load in which none is sent twice."""
TRIED: Final = 3
"""Fresh requests by which the target's pace is told, before more are made."""
ANY_NUMBER: Final = "any number of clients"
FIRST_RATE: Final = 0.5
"""Of what one client gets: where the search for a rate begins."""
Tell = Callable[[str], None]


class CannotMeasure(Exception):
    """A workload is not measured, for the reason that is said."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """One result with what the record calls it."""

    result: Result
    scenario: Scenario
    load: Load
    reasons: tuple[str, ...] = ()
    clients: int | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """The requests of a workload for one target, and how long one of them took when it was alone, in seconds."""

    requests: tuple[Request, ...]
    inputs: Mapping[str, Any]
    alone: float


class Workplace:
    """Measures on one target. What is sent again and again is made once."""

    def __init__(self, side: Side, options: BenchOptions, calibration: Calibration, nonce: str) -> None:
        self.side, self.options, self.calibration, self._nonce = side, options, calibration, nonce
        self._prepared: dict[str, Prepared] = {}

    def prepare(self, workload: Workload, repetition: int) -> Prepared:
        """Make the requests of a workload, and send some or all of them alone. Raises CannotMeasure."""
        if not workload.fresh:
            if workload.id not in self._prepared:
                requests = tuple(workload.make(self._kit(workload), workload.count))
                alone = min(self._seconds(request) for request in requests)
                self._prepared[workload.id] = self._told(workload, requests, alone)
            return self._prepared[workload.id]
        kit = self._kit(workload, f"{self._nonce} {repetition}")
        tried = self._kit(workload, f"{self._nonce} {repetition} tried")
        alone = min(self._seconds(request) for request in workload.make(tried, TRIED))
        wish, pace = self.options.wish(alone), self.options.rate or 1 / alone
        needed = math.ceil(1.2 * pace * (wish.warm_up + wish.seconds))
        count = min(max(needed, LEAST_FRESH), MOST_FRESH)
        return self._told(workload, tuple(workload.make(kit, count)), alone)

    def _kit(self, workload: Workload, salt: str = "") -> Kit:
        return Kit(self.side.deployment.driver(workload.operation), self.side.options.seed, salt)

    def _told(self, workload: Workload, requests: tuple[Request, ...], alone: float) -> Prepared:
        kit = self._kit(workload)
        size = sum(len(request.body) for request in requests) / len(requests)
        inputs = {"digest": workload.digest(kit), "model": kit.model, "batch": 1, "bytes": round(size)}
        return Prepared(requests, inputs, max(alone, 1e-4))

    def _seconds(self, request: Request) -> float:
        exchange = self._ask(request)
        if exchange.response is None or exchange.response.status != 200:
            said = exchange.response and f"status {exchange.response.status}"
            raise CannotMeasure(f"alone, a request got {said or 'no answer'}")
        return exchange.seconds

    def _ask(self, request: Request) -> Exchange:
        with self.side.target.off_the_record():
            return self.side.target.attempt(request)

    def setting(self, workload: Workload, prepared: Prepared, repetition: int) -> Setting:
        """What all loads of a workload share."""
        options, side = self.options, self.side
        if side.watched.telemetry is not None:
            side.watched.telemetry.begin(options.reading)
        operation = side.deployment.contract.operations[workload.operation]
        comparison = side.deployment.driver(workload.operation).comparison(prepared.requests[0])

        def check(measurement: Measured) -> Checked:
            return check_answers(
                measurement,
                lambda number: self._ask(prepared.requests[number]).response,
                comparison,
                lambda number, response: fault_of(operation, prepared.requests[number], response),
            )

        return Setting(
            side.endpoint,
            tuple(wire_of(side.target, request) for request in prepared.requests),
            options.wish(prepared.alone),
            seed=side.options.seed + repetition,
            repeats=1 if workload.fresh else None,
            timeout=side.options.timeout,
            window=options.window,
            bound=self.calibration.bound,
            server=side.server,
            telemetry=side.watched.telemetry,
            answers=KEPT,
            check=check,
        )


def fault_of(operation: Operation, request: Request, response: Response) -> str | None:
    """What is wrong with an answer by itself: it breaks its schema, or is no picture; None where nothing is."""
    mode = operation.mode_of(request)
    if response.status != 200:
        return f"it has status {response.status}"
    if mode.schema is None:
        return "it is no picture" if mode.media.startswith("image/") and decode(response.body) is None else None
    try:
        body = response.json()
    except ValueError as error:
        return f"it is no JSON: {error}"
    found = next(filter(promised, operation.library.validate(mode.schema, body)), None)
    return f"{found.pointer or '/'}: {found.message}" if found else None


def loaded(
    options: BenchOptions, setting: Setting, prepared: Prepared, rates: dict[str, Sequence[float]], workload: Workload
) -> list[Loaded]:
    """Put the loads of the wanted scenario on a target. `rates` keeps those of a sweep for the next one."""
    match options.way:
        case Way.SINGLE_STREAM:
            return [Loaded(single_stream(setting), Scenario.SINGLE_STREAM, Load("closed", clients=1))]
        case Way.SERVER:
            assert options.rate is not None
            return [Loaded(server(setting, options.rate), Scenario.SERVER, _open(options.rate, setting.seed))]
        case Way.OFFLINE:
            return _most(offline(setting, MOST_CLIENTS), Load("search", objective=ANY_NUMBER))
        case Way.SWEEP:
            return _swept(setting, rates, workload)
        case Way.HIGHEST_RATE:
            assert options.objective is not None
            load = Load("search", objective=options.objective.said, arrivals="poisson", seed=setting.seed)
            found = highest_rate(setting, options.objective, max(FIRST_RATE / prepared.alone, 0.1))
            return _highest(found, load)


def _open(rate: float, seed: int) -> Load:
    return Load("open", rate=rate, arrivals="poisson", seed=seed)


def _most(found: Many, load: Load) -> list[Loaded]:
    best = found.best or found.results[-1]
    clients = best.load.clients if isinstance(best.load, Closed) else None
    return [Loaded(_marked(best, found), Scenario.OFFLINE, load, clients=clients)]


def _highest(found: Many, load: Load) -> list[Loaded]:
    reasons = () if found.best else ("no rate was found at which the objective is met",)
    if found.undecided:
        reasons = ("too few answers to be sure that the objective is met; give it more --seconds",)
    return [Loaded(_marked(found.best or found.results[-1], found), Scenario.SERVER, load, reasons)]


def _marked(result: Result, found: Many) -> Result:
    """The result, as interrupted where the search for it was: there may be a better one."""
    if found.interrupted and not result.interrupted:
        result = replace(result, measurement=replace(result.measurement, why=found.results[-1].measurement.why))
    return result


def _swept(setting: Setting, rates: dict[str, Sequence[float]], workload: Workload) -> list[Loaded]:
    if workload.id not in rates:
        highest = offline(setting, MOST_CLIENTS)
        if highest.best is None or highest.interrupted:
            return _most(highest, Load("search", objective=ANY_NUMBER))
        most = highest.best.figures.rate.value
        rates[workload.id] = [float(f"{share * most:.3g}") for share in SHARES]
    done: list[Loaded] = []
    for rate in rates[workload.id]:
        result = run(setting, "Sweep", Poisson(rate), until_it_falls_behind())
        done.append(Loaded(result, Scenario.SWEEP, _open(rate, setting.seed)))
        if result.interrupted:
            break
    return done
