"""What `assay bench` is asked to do."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from assay.bench.arrivals import POISSON, Open, named, offered
from assay.bench.cold import Unload
from assay.bench.mixing import Mix, mix
from assay.bench.own import OwnPictures
from assay.bench.workload import Workload, chosen, takes_lists
from assay.compare.expressions import Bounded, Gate, parse
from assay.errors import UsageProblem
from assay.load.hosts.bus import USUAL_PORT, address
from assay.load.objective import Objective
from assay.load.schedule import Trace
from assay.load.steady import Wish
from assay.plugin.options import REFERENCE, CheckOptions, options_from_some
from assay.target import Policy

SECONDS, SECONDS_ON_REFERENCE = 10.0, 1.0
SOAKED, SOAKED_ON_REFERENCE = 3600.0, 30.0
BATCH: Final = 8
BIND: Final = f"127.0.0.1:{USUAL_PORT}"
WAIT: Final = 120.0
"""Seconds that load hosts get to come."""
PAIRED: Final = 4
"""Repetitions of each of two targets, where no number is given: one decides nothing."""
ANSWERS: Final = 100
"""At least so many answers are waited for, up to PATIENCE times the seconds."""
PATIENCE: Final = 3
MOST_PRECISE, LEAST_PRECISE = 0.5, 50.0
"""Percent: bins in which a load is watched are not much narrower, and what is wider tells nothing."""
LEAST_SHARE: Final = 0.1
"""Of the seconds, those that a load takes at least however narrow its intervals are."""
AFTER_TRACE: Final = 0.001
"""Seconds behind the last time of a trace, so that it is within."""
LONGEST_WARM_UP: Final = 60.0
TO_BE_STEADY: Final = 90
"""Answers in which even a slow target, asked by one client, can be seen to be steady."""


class Way(StrEnum):
    """How a workload is measured."""

    SINGLE_STREAM = "single-stream"
    MULTI_STREAM = "multi-stream"
    SERVER = "server"
    OFFLINE = "offline"
    SWEEP = "sweep"
    HIGHEST_RATE = "highest-rate"
    SOAK = "soak"
    COLD_START = "cold-start"

    @property
    def at_most(self) -> bool:
        """Whether the rate that it tells is the most that was to be had."""
        return self in (Way.OFFLINE, Way.HIGHEST_RATE)

    @property
    def repeats(self) -> str:
        """Why it takes pictures that may be sent again; empty where it does not."""
        if self in (Way.OFFLINE, Way.SWEEP, Way.HIGHEST_RATE):
            return "takes many loads"
        return "takes hours" if self is Way.SOAK else "takes lists" if self is Way.MULTI_STREAM else ""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """From how many other machines the load comes, where they reach this one, and how many seconds they get."""

    count: int
    host: str
    port: int
    wait: float = WAIT


@dataclass(frozen=True, slots=True)
class BenchOptions:
    """One benchmark of one target, or of two in turn. `seconds` are those of a measurement, once it is steady."""

    targets: tuple[CheckOptions, ...]
    workloads: tuple[Workload, ...]
    way: Way = Way.SINGLE_STREAM
    offered: Open | None = None
    """What comes whether it is answered or not; None where clients wait for their answers."""
    precision: float | None = None
    """As a share of p50 and of p99, how narrow their intervals have to become."""
    batch: int = BATCH
    unload: Unload | None = None
    mixes: tuple[Mix, ...] = ()
    images: OwnPictures | None = None
    workers: int = 1
    elsewhere: Elsewhere | None = None
    objective: Objective | None = None
    arrivals: str = POISSON
    seconds: float = SECONDS
    repeat: int = 1
    allow_load: bool = False
    metrics_urls: tuple[str, ...] = ()
    gpus: tuple[tuple[str, ...], ...] = ()
    """By number or UUID, those that each target uses; none where none was named."""
    prices: tuple[float, ...] = ()
    """USD an hour, of each target; none where none was given."""
    published: bool = False
    """Whether the figures that documents print are shown beside what was measured."""
    gates: tuple[Gate, ...] = ()
    patterns: tuple[str, ...] = field(default=())

    @property
    def measured(self) -> tuple[Workload | Mix, ...]:
        """All that is to be measured, in this order."""
        return (*self.workloads, *self.mixes)

    @property
    def rate(self) -> float | None:
        """Requests a second that are offered, on average."""
        return None if self.offered is None else self.offered.rate

    @property
    def operations(self) -> list[str]:
        """All that is asked."""
        mixed = [operation for mixed in self.mixes for operation in mixed.operations]
        return list(dict.fromkeys([*(each.operation for each in self.workloads), *mixed]))

    @property
    def by_address(self) -> bool:
        """Whether pictures are to be fetched by the target."""
        parts = [workload for mixed in self.mixes for workload, _ in mixed.parts]
        return any(each.by_address for each in (*self.workloads, *parts))

    def wish(self, alone: float) -> Wish:
        """How much is enough of a target that takes so many seconds for one request."""
        if isinstance(self.offered, Trace) and self.way is Way.SERVER:  # it counts from its start, and whole
            length = min(self.offered.length + AFTER_TRACE, self.seconds)
            return Wish(length, 0, narrow=None, warm_up=0.0, longest=length)
        usual = min(self.seconds, SECONDS) if self.way is Way.SOAK else self.seconds
        longest = max(LONGEST_WARM_UP, 2 * PATIENCE * usual)
        warm_up = min(max(PATIENCE * usual, TO_BE_STEADY * alone), longest)
        least = self.seconds if self.precision is None else self.seconds * LEAST_SHARE
        return Wish(least, ANSWERS, narrow=self.precision, warm_up=warm_up, longest=PATIENCE * self.seconds)

    @property
    def window(self) -> float:
        """Seconds of the windows in which a load is watched."""
        return min(max(self.seconds / 5, 0.1), 1.0)

    @property
    def reading(self) -> float:
        """Seconds between two looks at the server's machine."""
        return min(max(self.seconds / 20, 0.1), 1.0)

    def as_json(self) -> dict[str, Any]:
        """The configuration as it stands in the record."""
        first = self.targets[0].as_json()
        shared = ("models", "models_named", "key_place", "headers", "timeout", "ready_timeout", "ca_bundle",
                  "client_cert", "client_key")  # fmt: skip
        return {
            "targets": [each.target for each in self.targets],
            "workloads": list(self.patterns),
            "mixes": [each.said for each in self.mixes],
            "images": f"{len(self.images)} of the user's own" if self.images else None,
            "workers": self.workers,
            "load_hosts": self.elsewhere and self.elsewhere.count,
            "scenario": str(self.way),
            "rate": self.rate,
            "arrivals": None if self.offered is None else named(self.offered),
            "precision": self.precision,
            "batch": self.batch if self.way is Way.MULTI_STREAM else None,
            "allow_unload": self.unload and str(self.unload),
            "objective": self.objective.said if self.objective else None,
            "seconds": self.seconds,
            "repeat": self.repeat,
            "fail_on": [gate.text for gate in self.gates],
            "gpus": [list(each) for each in self.gpus],
            "prices_per_hour": list(self.prices),
            "published": self.published,
            **{name: first[name] for name in shared},
        }


def bench_options(targets: Sequence[str], given: Mapping[str, Any]) -> BenchOptions:
    """The options from the command line's values, by field name. Raises UsageProblem."""
    if not targets or not all(targets) or len(targets) > 2:
        raise UsageProblem(
            "give one TARGET or two: a deployment's base URL, such as http://localhost:9001, or the word reference"
        )
    own = {name: given[name] for name in ("scenario", "objective", "seconds", "repeat", "allow_load")}
    way = Way(own["scenario"])
    load = offered(given["arrivals"], given["rate"])
    patterns, gates = tuple(given["workload"]), tuple(map(parse, given["fail_on"]))
    options = BenchOptions(
        targets=tuple(options_from_some(target, given) for target in targets),
        workloads=tuple(chosen(patterns)) if patterns or not given["mix"] else (),
        mixes=tuple(map(mix, given["mix"])),
        images=OwnPictures(given["images"]) if given["images"] else None,
        workers=given["workers"],
        elsewhere=_elsewhere(given),
        way=way,
        offered=load,
        arrivals=given["arrivals"],
        precision=_precision(given["precision"]),
        objective=Objective.parse(own["objective"]) if own["objective"] else None,
        batch=given["batch"] or BATCH,
        unload=_unload(given["allow_unload"], way, targets),
        seconds=own["seconds"] or _seconds(way, all(target == REFERENCE for target in targets), load),
        repeat=own["repeat"] or (1 if len(targets) == 1 else PAIRED),
        allow_load=own["allow_load"],
        metrics_urls=tuple(given["metrics_url"]),
        gpus=_gpus(given["gpu"], len(targets)),
        prices=tuple(given["price_per_hour"]),
        published=given["published"],
        gates=gates,
        patterns=patterns,
    )
    _refuse(options)
    return options


def _elsewhere(given: Mapping[str, Any]) -> Elsewhere | None:
    """The machines that send, where they are others than this one."""
    count, bind, wait = (given[name] for name in ("load_hosts", "load_bind", "load_wait"))
    if count is None:
        if bind is not None or wait is not None:
            raise UsageProblem("--load-bind and --load-wait go with --load-hosts: how many machines send, such as 3")
        return None
    return Elsewhere(count, *address(bind or BIND, "--load-bind"), wait or WAIT)


def _gpus(given: Sequence[str], targets: int) -> tuple[tuple[str, ...], ...]:
    """The GPUs of each target; of one target each may be named by itself. Raises UsageProblem."""
    named = [tuple(name for part in said.split(",") if (name := part.strip())) for said in given]
    if not all(named):
        raise UsageProblem("--gpu names a GPU by its number or its UUID, such as 0")
    if named and targets == 1:
        named = [tuple(name for each in named for name in each)]
    return tuple(tuple(dict.fromkeys(each)) for each in named)


def _precision(said: str | None) -> float | None:
    """A share, of `2%`. Raises UsageProblem."""
    if said is None:
        return None
    number, percent, rest = said.strip().partition("%")
    with contextlib.suppress(ValueError):
        if percent and not rest and MOST_PRECISE <= float(number) <= LEAST_PRECISE:
            return float(number) / 100
    raise UsageProblem(
        "--precision says how narrow intervals have to become, of p50 and of p99, such as 2%; "
        f"from {MOST_PRECISE:g}% to {LEAST_PRECISE:g}%"
    )


def _seconds(way: Way, on_reference: bool, load: Open | None) -> float:
    """How long a load takes where nothing is said."""
    if isinstance(load, Trace):
        return load.length + AFTER_TRACE
    if way is Way.SOAK:
        return SOAKED_ON_REFERENCE if on_reference else SOAKED
    return SECONDS_ON_REFERENCE if on_reference else SECONDS


def _unload(said: str | None, way: Way, targets: Sequence[str]) -> Unload | None:
    """What may be unloaded: on the reference deployment, which is ours, whatever it takes."""
    if way is Way.COLD_START and said is None and all(target == REFERENCE for target in targets):
        return Unload.MODEL
    return Unload(said) if said else None


def _refuse(options: BenchOptions) -> None:
    """Raise UsageProblem for what does not go together."""
    _refuse_load(options)
    if (options.way is Way.HIGHEST_RATE) != (options.objective is not None):
        raise UsageProblem(
            "--objective and --scenario highest-rate go together; write it as in 'p99 <= 100 ms, errors < 0.1 %'"
        )
    _refuse_workloads(options)
    if options.way is Way.COLD_START and options.unload is None:
        raise UsageProblem(
            "--scenario cold-start has the target unload models, so that whoever else asks it waits; say "
            "--allow-unload model (one of Roboflow's then fetches its weights again) or --allow-unload all if you may"
        )
    if options.unload is not None and options.way is not Way.COLD_START:
        raise UsageProblem("--allow-unload goes with --scenario cold-start alone")
    if options.elsewhere is not None and options.way is Way.COLD_START:
        raise UsageProblem("--scenario cold-start is one request at a time, sent from here; leave out --load-hosts")
    _refuse_targets(options)


def _refuse_load(options: BenchOptions) -> None:
    """The same, about what is offered and for how long."""
    if isinstance(options.offered, Trace) and options.way is not Way.SERVER:
        raise UsageProblem("--arrivals FILE and --scenario server go together: the load is what the file says")
    if (options.offered is None and options.way is Way.SERVER) or (
        options.offered is not None and options.way not in (Way.SERVER, Way.SOAK)
    ):
        raise UsageProblem("--rate and --scenario server go together: how many requests a second come, such as 20")
    if options.offered is None and options.arrivals != POISSON:
        raise UsageProblem("--arrivals constant goes with --rate: how many requests a second come, such as 20")
    if options.precision is not None and (
        options.way in (Way.HIGHEST_RATE, Way.SOAK, Way.COLD_START) or isinstance(options.offered, Trace)
    ):
        raise UsageProblem(
            "--precision ends a load when enough is known; highest-rate, soak, cold-start and a trace end otherwise"
        )


def _refuse_workloads(options: BenchOptions) -> None:
    """The same, about what is measured and how."""
    if options.mixes and options.way in (Way.MULTI_STREAM, Way.COLD_START):
        raise UsageProblem(f"--mix is one load of many kinds; --scenario {options.way} is about one kind of request")
    if options.way.repeats and options.workloads and all(each.fresh for each in options.workloads):
        raise UsageProblem(
            f"--scenario {options.way} {options.way.repeats}, and {options.workloads[0].id} takes new pictures in each "
            "request; measure it as single-stream or server"
        )
    if options.way is Way.MULTI_STREAM and not any(map(takes_lists, options.workloads)):
        raise UsageProblem(
            f"no route of {', '.join(dict.fromkeys(each.operation for each in options.workloads))} takes a list of "
            "pictures; measure 'infer.*' as multi-stream"
        )


def _refuse_targets(options: BenchOptions) -> None:
    """The same, about what is said of each target."""
    alone = next((gate for gate in options.gates if not isinstance(gate, Bounded)), None)
    if alone is not None and len(options.targets) == 1:
        raise UsageProblem(f'--fail-on "{alone.text}" needs a second TARGET; with one, give a bound: "p99 <= 100 ms"')
    for name, given in (
        ("metrics-url", options.metrics_urls),
        ("gpu", options.gpus),
        ("price-per-hour", options.prices),
    ):
        if len(given) not in (0, len(options.targets)):
            raise UsageProblem(f"--{name} is given once for each TARGET, in their order")
    if options.prices and not options.way.at_most:
        raise UsageProblem(
            "--price-per-hour tells what 1,000 inferences cost on a machine that does all that it can; say --scenario "
            "offline or highest-rate with it"
        )
    for each in options.targets:
        policy = Policy(url="http://127.0.0.1" if each.on_reference else each.target)
        if not policy.loopback and not options.allow_load:
            raise UsageProblem(
                f"a benchmark puts load on {policy.base_url}, which is not this machine and may serve others or cost "
                "credits; say --allow-load if you may"
            )
