"""What is measured, by MLPerf's names where they mean the same: SingleStream, MultiStream, Server, Offline; and beyond.

Each returns what it found, also when it was interrupted: `interrupted` says so, and what was measured until then is in
it.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from assay.load.answers import Checked
from assay.load.clock import SECOND
from assay.load.columns import Failure
from assay.load.crew import Senders
from assay.load.drift import Drift, of_latencies, of_memory
from assay.load.endpoint import Endpoint, Wire
from assay.load.figures import MS, ErrorBound, Figures, figures_of
from assay.load.objective import Objective, Verdict, enough_for
from assay.load.plan import UNLIMITED, Measurement, Plan, Stopped, Window
from assay.load.running import measure
from assay.load.schedule import Closed, Constant, Load, Poisson, Trace
from assay.load.searched import a_second, disturbances, named, why_short
from assay.load.steady import Course, Further, Wish, falls_behind
from assay.load.telemetry import ServerUse, Telemetry
from assay.load.validity import Doubt, Validity, too_wide, validity_of
from assay.load.windows import middle_of

MOST_CLIENTS: Final = 512
GAIN: Final = 1.05
"""What twice the clients must bring for more to be tried."""
KEPT_UP: Final = 0.97
"""Of what was due; a target that answers less is saturated."""
UNDER_WAY: Final = 3
"""Requests that may be under way when a time begins or ends, whatever the target does."""
PRECISION: Final = 0.07
"""As a share, how closely the highest rate is found."""
MOST_PROBES: Final = 24
LOWEST: Final = 1 / 64
"""Of the first rate; where the objective is missed below it, the search is given up."""
PATIENCE: Final = 4
"""How many times as long as usual a slow target is asked, to decide about an objective."""
LONG_WINDOW: Final = 10.0
"""Seconds of a window of a soak: hours of them stay small."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What all scenarios of a workload share. `images` is how many each request holds."""

    endpoint: Endpoint
    requests: tuple[Wire, ...]
    wish: Wish = field(default_factory=Wish)
    images: int = 1
    seed: int = 0
    repeats: int | None = None
    workers: int = 1
    connections: int = 1024
    timeout: float = 60.0
    window: float = 1.0
    most: int = UNLIMITED
    """Requests of any one load."""
    bound: ErrorBound | None = None
    server: tuple[int, ...] = ()
    """The server's processes, where they run here and are known."""
    telemetry: Telemetry | None = None
    """Reads meanwhile; whoever made it, enters and leaves it."""
    answers: int = 0
    """How many answers of each load every worker keeps, for `check`."""
    check: Callable[[Measurement], Checked] | None = None
    """Checks the answers that were kept, when a load is over (see `answers.check_answers`)."""
    hosts: Senders | None = None
    """The machines from which load comes; None for this one."""
    tell: Callable[[str], None] = lambda said: None
    """Told in words what is measured next."""


@dataclass(frozen=True, slots=True)
class Result:
    """One load of a scenario, measured and judged."""

    scenario: str
    load: Load
    measurement: Measurement
    figures: Figures
    validity: Validity
    images: int = 1
    checked: Checked | None = None
    """What came of the answers that were kept; None where none were to be checked."""
    use: ServerUse | None = None
    """What the server's machine did in the time that counts; None without telemetry."""

    @property
    def images_rate(self) -> float:
        """Images a second."""
        return self.figures.rate.value * self.images

    @property
    def joules_each(self) -> float | None:
        """Energy of one image on the GPUs, idle power included; None where it is not known."""
        return None if self.use is None else self.use.joules_each(self._inferences)

    @property
    def idle_joules_each(self) -> float | None:
        """Of that, what would have been drawn idle; None where it is not known."""
        return None if self.use is None else self.use.idle_joules_each(self._inferences)

    @property
    def _inferences(self) -> int:
        return round(self.figures.rate.value * self.measurement.seconds) * self.images

    @property
    def interrupted(self) -> bool:
        """Whether the user broke it off."""
        return self.measurement.interrupted

    @property
    def saturated(self) -> bool:
        """Whether the target answered less than it was offered."""
        figures, measurement = self.figures, self.measurement
        return figures.offered is not None and (
            fell_short(figures.count, figures.rate.value * measurement.seconds) or falls_behind(measurement.windows)
        )


def fell_short(due: int, answered: float) -> bool:
    """Whether less was answered in a time than became due in it, but for what may be under way at its ends."""
    return answered < KEPT_UP * due - UNDER_WAY


def run(
    setting: Setting, scenario: str, load: Load, further: Further | None = None, wish: Wish | None = None
) -> Result:
    """One load until enough is known. `further` is shown each window too, and may end it."""
    wish = wish or setting.wish
    course = Course(wish, further)
    plan = Plan(
        setting.requests, load, wish.bound, most=setting.most, seed=setting.seed, repeats=setting.repeats,
        workers=setting.workers, connections=setting.connections, timeout=setting.timeout, window=setting.window,
        answers=setting.answers,
    )  # fmt: skip
    setting.tell(f"{scenario}: {described(load)}")
    measurement = measure(plan, setting.endpoint, course, setting.server, setting.hosts, steady=lambda: course.since)
    checked = None if setting.check is None or measurement.interrupted else setting.check(measurement)
    figures = figures_of(measurement, setting.bound)
    use = setting.telemetry.use(measurement.since, measurement.stopped) if setting.telemetry is not None else None
    unsteady = course.unsteady((measurement.stopped - measurement.began) / SECOND)
    validity = validity_of(measurement, figures, use, checked=checked, unsteady=unsteady, wish=wish)
    if wish.narrow is not None and (course.time_is_up or measurement.why is Stopped.TIME):
        validity = replace(validity, notes=(*validity.notes, *too_wide(figures, wish.narrow)))
    return Result(scenario, load, measurement, figures, validity, setting.images, checked, use)


def described(load: Load) -> str:
    """A load in words."""
    if isinstance(load, Closed):
        return f"{load.clients} client{'s' * (load.clients > 1)}, no think time"
    shape = {Poisson: "as from many users", Constant: "evenly spaced", Trace: "as in the trace"}[type(load)]
    return f"{load.rate:.4g} requests/s, {shape}"


def single_stream(setting: Setting) -> Result:
    """One client that sends the next request when it has the answer: the latency of an idle target."""
    return run(setting, "SingleStream", Closed(1))


def multi_stream(setting: Setting) -> Result:
    """The same with requests of several images each, as many as `images` says."""
    return run(setting, "MultiStream", Closed(1))


def server(setting: Setting, load: Load) -> Result:
    """Requests that come whatever becomes of those before: independently of each other, evenly, or as in a trace."""
    return run(setting, "Server", load)


@dataclass(frozen=True, slots=True)
class Many:
    """Several loads, and the one that the scenario asked for; None where none was it."""

    results: tuple[Result, ...]
    best: Result | None
    undecided: bool = False
    """Whether the best one is so only as far as was seen."""
    short: str = ""
    """Why more may be reached than was found; empty where what was found is the most."""
    broken_off: bool = False
    """Whether something else than the search ended it, and not the user while a load went."""

    @property
    def interrupted(self) -> bool:
        """Whether the user broke it off."""
        return any(result.interrupted for result in self.results)

    @property
    def cut_short(self) -> bool:
        """Whether it was ended before it had found anything to tell but its loads."""
        return self.broken_off or self.interrupted


def offline(setting: Setting, most_clients: int = MOST_CLIENTS, tried: list[Result] | None = None) -> Many:
    """The highest throughput: twice the clients, again and again, until they bring no more.

    One load that was disturbed is passed over, for it decides nothing where more clients bring more; two in turn end
    the search. Each goes into `tried` as soon as it is over, so that it is there whatever ends the search.
    """
    results: list[Result] = [] if tried is None else tried
    sound: dict[int, Result] = {}
    disturbed: dict[int, tuple[Doubt, ...]] = {}
    rates: list[float] = []
    clients = 1
    while clients <= most_clients:
        result, doubts = _twice(results, partial(run, setting, "Offline", Closed(clients)))
        if result.interrupted:
            break
        if doubts:
            disturbed[clients] = doubts
            if clients // 2 in disturbed:
                break
        else:
            sound[clients] = result
            rates.append(result.figures.rate.value)
            if not rates[-1] or (len(rates) > 2 and max(rates[-2:]) < GAIN * max(rates[:-2])):
                break
        clients *= 2
    best = _fastest(result for result in sound.values() if result.validity.valid) or _fastest(sound.values())
    short = _hidden(sound, disturbed, best) or _beyond(sound.values(), best)
    if not short and clients > most_clients and rates[-1] >= GAIN * max(rates[:-1], default=0.0):
        short = f"at least {_told(best)}: the search ended there, and was still rising"
    return Many(tuple(results), best or _fastest(results), short=short)


def _hidden(sound: Mapping[int, Result], disturbed: Mapping[int, tuple[Doubt, ...]], best: Result | None) -> str:
    """That a load that was disturbed may have been the best, for more clients brought less; empty where none may."""
    for clients, doubts in disturbed.items():
        beyond = max((result.figures.rate.value for each, result in sound.items() if each > clients), default=0.0)
        if best is None or GAIN * beyond < best.figures.rate.value:
            return why_short(doubts, Closed(clients), _told(best), higher=not beyond)
    return ""


def _beyond(sound: Iterable[Result], best: Result | None) -> str:
    """That the target brought more where it was not steady, or failed, so that nothing may be concluded from it."""
    most = _fastest(sound)
    if best is None or most is None or most.figures.rate.value < GAIN * best.figures.rate.value:
        return ""
    return f"at least {_told(best)}: {_told(most)} is invalid: {most.validity.doubts[0].sentence}"


def _twice(
    results: list[Result], once: Callable[[], Result], objective: Objective | None = None
) -> tuple[Result, tuple[Doubt, ...]]:
    """A load of a search, measured once more where it was disturbed, with what disturbed it both times."""
    for _ in range(2):
        result = once()
        results.append(result)
        doubts = disturbances(result.validity, result.measurement, objective)
        if result.interrupted or not doubts:
            break
    return result, doubts


def _told(reached: Result | None) -> str:
    """What so many clients brought, in words; empty where it is nothing."""
    return f"{a_second(reached.figures.rate.value)} with {named(reached.load)}" if reached else ""


def _fastest(results: Iterable[Result]) -> Result | None:
    answered = [result for result in results if result.figures.good]
    return max(answered, key=lambda result: result.figures.rate.value, default=None)


def until_it_falls_behind() -> Further:
    """Ends a load whose backlog grows: waiting would not help."""
    seen: list[Window] = []

    def watch(window: Window, _: bool) -> bool:
        seen.append(window)
        return not falls_behind(seen)

    return watch


def highest_rate(
    setting: Setting,
    objective: Objective,
    start: float,
    precision: float = PRECISION,
    tried: list[Result] | None = None,
) -> Many:
    """The highest rate at which an objective is met: doubled until it is missed, then halved between.

    Each rate is tried until it is decided by MLPerf's test, or the time is over: then by what was seen. One that
    was disturbed decides nothing: it is tried once more, and ends the search where it is disturbed again. Each goes
    into `tried` as soon as it is over.
    """
    results: list[Result] = [] if tried is None else tried
    met: list[tuple[Result, bool]] = []
    low, high = 0.0, float("inf")
    rate, short = start, ""
    while high > low * (1 + precision):
        reached = a_second(low) if low else ""
        if len(results) >= MOST_PROBES:
            short = f"at least {reached}: the search ended after {len(results)} loads" if reached else ""
            break
        result, doubts = _twice(results, partial(probe, setting, objective, rate), objective)
        if result.interrupted:
            break
        if doubts:
            short = why_short(doubts, result.load, reached, higher=high == float("inf"))
            break
        verdict = objective.judge(result.measurement.measured)
        sure = verdict is not Verdict.UNDECIDED
        seems = objective.seems_met(result.measurement.measured) if not sure else verdict is Verdict.MET
        if seems and not result.saturated and result.validity.valid:  # a target that is not steady does not keep it up
            low = rate
            met.append((result, sure))
        else:
            high = rate
        rate = rate * 2 if high == float("inf") else (low + high) / 2 if low else rate / 2
        if rate < start * LOWEST:
            break
    best, sure = max(met, key=lambda one: one[0].figures.rate.value, default=(None, True))
    return Many(tuple(results), best, undecided=not sure, short=short)


def probe(setting: Setting, objective: Objective, rate: float) -> Result:
    """One rate, as long as it takes to decide whether it meets an objective."""
    needed = max(enough_for(share, 2) for share, _ in objective.latencies)
    longest = max(setting.wish.longest, min(2 * needed / rate, PATIENCE * setting.wish.longest))
    wish = replace(setting.wish, narrow=None, count=PATIENCE * needed, longest=longest)
    seen: list[Window] = []
    bins: Counter[int] = Counter()
    failed = 0

    def watch(window: Window, counts: bool) -> bool:
        nonlocal failed
        seen.append(window)
        if counts:
            bins.update(window.bins)
            failed += window.failed
        late = [failed + sum(n for each, n in bins.items() if middle_of(each) > limit * MS) for _, limit in latencies]
        decided = objective.judge_counts(bins.total() + failed, late, failed) is not Verdict.UNDECIDED
        return not decided and not falls_behind(seen)

    latencies = objective.latencies
    return run(setting, "Server", Poisson(rate), watch, wish)


def soak(setting: Setting, load: Load, seconds: float) -> tuple[Result, list[Drift]]:
    """One load for hours, and how latencies and the server's memory drift meanwhile, as far as that is known."""
    wish = replace(setting.wish, seconds=seconds, longest=seconds, narrow=None)
    longer = min(LONG_WINDOW, max(seconds / 20, setting.window))
    result = run(replace(setting, window=longer), "Soak", load, wish=wish)
    measurement, telemetry = result.measurement, setting.telemetry
    found = [of_latencies(measurement)]
    if telemetry is not None:
        found.append(of_memory(telemetry.process_readings, measurement.since, measurement.stopped))
    return result, [each for each in found if each is not None]


@dataclass(frozen=True, slots=True)
class ColdStart:
    """First answers after the model was unloaded. `milliseconds` of each, and `loading` as far as the target says so.

    `said_cold` counts those of which the target said that it had loaded the model; `lost` says why it ended early.
    """

    milliseconds: tuple[float, ...]
    loading: tuple[float, ...]
    said_cold: int
    failures: Mapping[str, int]
    began: float
    lost: str = ""
    interrupted: bool = False


def cold_start(setting: Setting, unload: Callable[[], str], times: int = 5) -> ColdStart:
    """Have the model unloaded and ask once, several times. `unload` says why it could not; then it is over."""
    taken: list[float] = []
    loading: list[float] = []
    failures: Counter[str] = Counter()
    cold, lost, interrupted, began = 0, "", False, time.time()
    for number in range(times):
        if lost := unload():
            break
        setting.tell(f"cold start {number + 1} of {times}")
        plan = Plan(setting.requests, Closed(1), setting.timeout, most=1, seed=setting.seed + number,
                    timeout=setting.timeout, answers=1, error_limit=None)  # fmt: skip
        measurement = measure(plan, setting.endpoint, server=setting.server)
        good = measurement.rows.good
        taken += [float(each) / MS for each in good["last"] - good["intended"]]
        cold += int(good["cold"].sum())
        loading += _load_times(measurement)
        failures.update(Failure(int(kind)).name.lower() for kind in measurement.rows["failure"] if kind)
        if interrupted := measurement.interrupted:
            break
    return ColdStart(tuple(taken), tuple(loading), cold, failures, began, lost, interrupted)


def _load_times(measurement: Measurement) -> list[float]:
    """What answers say that loading took, ms."""
    stated = [kept.response.header("x-model-load-time") for kept in measurement.answers]
    found = []
    for value in stated:
        with contextlib.suppress(TypeError, ValueError):
            found.append(float(value or "") * 1000)
    return [value for value in found if math.isfinite(value) and value >= 0]
