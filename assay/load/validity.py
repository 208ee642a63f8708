"""Whether a measurement may be believed: what was wrong with the client, its machine or the GPU, a sentence for each.

What holds makes a run invalid, and not only suspicious: its figures are shown, and nothing is concluded from them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from assay.contract.sentences import count
from assay.load import own
from assay.load.answers import Checked
from assay.load.clock import SECOND
from assay.load.columns import Failure
from assay.load.figures import Figures
from assay.load.plan import Measurement, Stopped
from assay.load.schedule import Closed
from assay.load.steady import NARROWED, Wish
from assay.load.telemetry import ServerUse

LATE_MS, LATE_SHARE = 0.5, 0.05
LEAST_ACHIEVED: Final = 0.99
MOST_CPU: Final = 0.7
DELAY_SHARE, DELAY_MS = 0.05, 0.1
"""Below 0.1 ms a delay of our own is what waking a process takes on any system."""
FOREIGN_CORES: Final = 0.35
STOLEN_CORES: Final = 0.02
TICKS: Final = 0.02
"""Seconds by which what the system counts in hundredths may be off: one at either end."""
PREEMPTIONS: Final = 100.0
"""A second, of one worker."""
MOST_DRIFT: Final = 0.1
"""ms that the kernel's clock may move against ours within 0.1 s."""
MOST_ERRORS: Final = 0.01
ROUNDED: Final = 0.0001
"""A share: what is nearer than this reads alike in percent."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """One reason, by a name that stays, and in a sentence."""

    rule: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Validity:
    """`doubts` make a run invalid; `notes` are to be known and do not.

    `parts` are the same of each machine that sent, where there are several, in the order of the measurement's parts.
    """

    doubts: tuple[Doubt, ...]
    notes: tuple[Doubt, ...]
    parts: tuple[Validity, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether its figures may be concluded from."""
        return not self.doubts


def validity_of(
    measurement: Measurement,
    figures: Figures,
    telemetry: ServerUse | None = None,
    *,
    most_errors: float = MOST_ERRORS,
    checked: Checked | None = None,
    unsteady: str = "",
    wish: Wish | None = None,
) -> Validity:
    """Judge a measurement, what telemetry tells of the time that counted, and what came of the answers checked.

    `unsteady` says that the target did not become steady, where it did not; `wish` is how much was to be measured, None
    where nobody asked for any time or number.
    """
    parts = tuple(
        Validity((), ()) if part.sender.lost else _of_machine(part.of(measurement), figures)
        for part in measurement.parts
    )
    alone = _of_machine(measurement, figures) if not parts else _named(measurement, parts)
    doubts = [Doubt("steady", unsteady)] if unsteady else []
    doubts += [*(Doubt("whole", sentence) for sentence in _whole(measurement)), *alone.doubts]
    doubts += [Doubt("gpu", sentence) for sentence in (telemetry.doubts if telemetry else ())]
    share = figures.error_share[0]
    if share > most_errors:
        doubts.append(
            Doubt("errors", f"{share:.1%} of the requests failed: the latencies are those of the others, not of all")
        )
    doubts += _wrong(checked) if checked is not None else []
    early, told = _ran_out(measurement, figures, wish) if wish is not None else ([], [])
    doubts += early
    notes = [*_cold(figures), *told, *(Doubt("gpu", sentence) for sentence in (telemetry.notes if telemetry else ()))]
    return Validity(tuple(doubts), (*alone.notes, *notes), parts)


def too_wide(figures: Figures, narrow: float) -> list[Doubt]:
    """That intervals of the response did not become so narrow, as a share, in the time that there was."""

    def told(share: float) -> Iterator[str]:
        found = figures.response.at(share) if figures.response else None
        half, name = found.half_width if found else math.inf, f"p{share * 100:g}"
        if not math.isfinite(half):
            yield f"too few answers tell {name}"
        elif half >= narrow + ROUNDED:
            yield f"{name} is known to {half:.2%}"

    known = " and ".join(itertools.chain.from_iterable(map(told, NARROWED)))
    asked = f"less is known than --precision asked for, {narrow:.2%}"
    return [Doubt("precision", f"{asked}: {known}; allow more --seconds")] if known else []


def _of_machine(measurement: Measurement, figures: Figures) -> Validity:
    """What is to be said of the machine that sent, and of its processes."""
    doubts = (Doubt(rule, sentence) for rule, check in _RULES.items() for sentence in check(measurement, figures))
    return Validity(tuple(doubts), tuple(_notes(measurement)))


def _named(measurement: Measurement, parts: tuple[Validity, ...]) -> Validity:
    """The same of several, each named."""

    def of(name: str, found: tuple[Doubt, ...]) -> Iterator[Doubt]:
        for each in found:
            yield Doubt(each.rule, f"load host {name}: {each.sentence}")

    names = [part.sender.name for part in measurement.parts]
    doubts = (doubt for name, part in zip(names, parts, strict=True) for doubt in of(name, part.doubts))
    notes = (note for name, part in zip(names, parts, strict=True) for note in of(name, part.notes))
    return Validity(tuple(doubts), tuple(notes))


def _p50(figures: Figures) -> float:
    found = figures.response.at(0.5) if figures.response else None
    return found.value if found else 0.0


def _late(measurement: Measurement, figures: Figures) -> list[str]:
    late, limit = own.late(measurement), max(LATE_MS, LATE_SHARE * _p50(figures))
    if late is None or late <= limit:
        return []
    waited = sum(int(one.told.get("late", 0)) for one in measurement.workers)
    said = f"requests were sent up to {late:.2f} ms late (p99; {limit:.2f} ms are allowed)"
    if waited > figures.count / 100:
        most, wanted = _connections(measurement), measurement.plan.connections
        lack = f" that the limit of open files leaves of {wanted} (ulimit -n)" if most < wanted // 2 else ""
        return [f"{said}: {waited} of them waited for one of the {most} connections{lack}; allow more, or offer less"]
    return [f"{said}: this client did not keep its schedule; offer less, use more workers, or a quieter machine"]


def _connections(measurement: Measurement) -> int:
    """How many could be open at once, over all workers, as far as they told."""
    told = [int(one.told["connections"]) for one in measurement.workers if "connections" in one.told]
    return sum(told) if told else measurement.plan.connections


def _exhausted(measurement: Measurement, _: Figures) -> list[str]:
    lacking = sum(int((kinds == Failure.CLIENT_EXHAUSTED).sum()) for kinds in measurement.counted("failure"))
    if not lacking:
        return []
    return [
        f"this client ran out of open files, ports or memory, and had no connection for {count(lacking, 'request')}; "
        "allow it more (ulimit -n), send from more machines, or offer less"
    ]


def _achieved(measurement: Measurement, _: Figures) -> list[str]:
    rows = measurement.sampled
    if isinstance(measurement.plan.load, Closed) or not len(rows):
        return []
    sent = int(((rows["sent"] > 0) & (rows["sent"] <= measurement.stopped + SECOND // 10)).sum())
    known = np.isin(rows["failure"], [Failure.REFUSED, Failure.CONNECT_TIMEOUT, Failure.TLS])
    share = sent / max(len(rows) - int(known.sum()), 1)
    if share >= LEAST_ACHIEVED:
        return []
    return [f"only {share:.1%} of the requests that were due were sent in time: the offered rate was not offered"]


def _cpu(measurement: Measurement, _: Figures) -> list[str]:
    most = own.cpu(measurement)
    if most <= MOST_CPU:
        return []
    return [f"a worker used {most:.0%} of its core: the client may have been what was slow; use more workers"]


def _delay(measurement: Measurement, figures: Figures) -> list[str]:
    delay, limit = own.delay(measurement), max(DELAY_SHARE * _p50(figures), DELAY_MS)
    if delay is None or delay <= limit:
        return []
    return [f"answers lay up to {delay:.2f} ms with this client until it read them (p99; {limit:.2f} ms are allowed)"]


def _machine(measurement: Measurement, _: Figures) -> list[str]:
    use, said = measurement.use, []
    if (not measurement.local or use.known) and use.foreign > FOREIGN_CORES:
        said.append(f"other work used {use.foreign:.2f} cores of this machine; measure on one that is idle")
    stolen = use.stolen / max(use.seconds, 1e-9)
    if (use.stolen - TICKS) / max(use.seconds, 1e-9) > STOLEN_CORES:
        said.append(f"other guests of this machine's host took {stolen:.2f} of a core from it")
    return said


def _preempted(measurement: Measurement, _: Figures) -> list[str]:
    most = own.preempted(measurement)
    if most <= PREEMPTIONS:
        return []
    return [f"a worker was put aside for others {most:.0f} times a second: its core was not its own"]


def _clock(measurement: Measurement, _: Figures) -> list[str]:
    drift = own.drift(measurement)
    if not measurement.kernel_stamps or drift <= MOST_DRIFT:
        return []
    return [f"this machine's clock was set meanwhile, by {drift:.1f} ms: the kernel's stamps jumped"]


def _whole(measurement: Measurement) -> list[str]:
    early = measurement.why in (Stopped.ERRORS, Stopped.INTERRUPTED, Stopped.LOST)
    return [*measurement.lost, *([f"it ended early: {measurement.why.value}"] if early else [])]


_RULES: Final[dict[str, Callable[[Measurement, Figures], list[str]]]] = {
    "late": _late,
    "exhausted": _exhausted,
    "achieved": _achieved,
    "cpu": _cpu,
    "delay": _delay,
    "machine": _machine,
    "preempted": _preempted,
    "clock": _clock,
}


def _wrong(checked: Checked) -> list[Doubt]:
    """That answers of the sample were wrong: how many of those that nobody looked at are, no figure tells."""
    if not checked.wrong:
        return []
    wrong, least = len(checked.wrong), checked.share[1]
    said = (
        f"{wrong} of the {count(checked.compared, 'answer')} that were checked {'was' if wrong == 1 else 'were'} wrong"
    )
    return [
        Doubt("answers", f"{said}: at least {least:.1%} of all are, with 95 % confidence; latencies are theirs too")
    ]


def _ran_out(measurement: Measurement, figures: Figures, wish: Wish) -> tuple[list[Doubt], list[Doubt]]:
    """That no request was left that might be sent: a doubt where neither time nor answers were enough, else a note."""
    if measurement.why is not Stopped.COUNT or measurement.plan.repeats is None:
        return [], []
    said = f"it ended after {measurement.seconds:.3g} s: no new pictures were left"
    if measurement.seconds >= wish.seconds / 2 or figures.good >= wish.count:
        return [], [Doubt("count", said)]
    lacking = f"that is not half of {wish.seconds:.3g} s, and {count(figures.good, 'answer')} of {wish.count} came"
    return [Doubt("count", f"{said}; {lacking}: ask for fewer --seconds")], []


def _cold(figures: Figures) -> list[Doubt]:
    if not figures.cold:
        return []
    said = count(figures.cold, "answer says", "answers say")
    return [Doubt("cold", f"{said} that the model had been loaded first: what that took is in the latencies")]


def _notes(measurement: Measurement) -> list[Doubt]:
    notes = []
    if not measurement.kernel_stamps:
        notes.append(
            Doubt("stamps", "the kernel does not stamp what is received here: latencies hold this client's own delay")
        )
    if not measurement.precise:
        notes.append(Doubt("timer", "this system has no timer of the kernel's: requests are sent up to 1 ms late"))
    if measurement.local and not measurement.use.known and not isinstance(measurement.plan.load, Closed):
        notes.append(
            Doubt("shared", "client and server share this machine; what others used of it cannot be told apart")
        )
    return notes
