"""What the server's machine did during a load: its GPUs and its processes, read once a second beside the load.

It runs in the process that leads the workers, never in one that times. Memory is bounded: when there are many readings,
every other is dropped, and from then on they are taken half as often. Not measured on a GPU: tested on readings that
were written by hand after the documentation of NVML and DCGM.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Any, Final, Self

from assay.load.clock import SECOND, now
from assay.load.gpu import GpuReading, GpuSource, gpus_of
from assay.load.listening import Processes, ProcessReading

MOST_KEPT: Final = 4096
"""Times at which something was read: somewhat more than an hour, at first."""
HELD_DOWN: Final = {
    0x8: "its hardware slowed it down",
    0x20: "it was too hot, as its driver judged",
    0x40: "it was too hot, as its hardware judged",
    0x80: "its power supply slowed it down",
    0x10: "it was held to the clock of another GPU (sync boost)",
}
POWER_CAP: Final = 0x4
"""Normal for a card at full work: to be known, and no reason to doubt."""
SET_BY_USER: Final = 0x2
SHARED_SHARE: Final = 0.05
"""Of the readings in which a GPU was held down or shared, from which on that matters."""
CLOCK_MOVED: Final = 0.1
"""As a share of its mean, how far the clock of a busy GPU may vary."""
BUSY: Final = 50.0
"""Percent of use, above which a GPU's clock says something."""
RENEWED: Final = 3
"""Times that a counter of energy has to be renewed, before it tells what was taken meanwhile."""
AT_REST: Final = 5.0
"""Percent of use, above which a GPU is not idle."""
LEAST_AT_REST: Final = 2
"""Readings of an idle GPU that tell what it draws."""


@dataclass(frozen=True, slots=True)
class GpuUse:
    """One GPU over a time. `joules` are what it took in that time; None for what it does not tell.

    `idle_joules` are those that it would have taken in it without any request, at `idle_watts`.
    """

    gpu: str
    name: str | None
    readings: int
    utilisation: float | None
    memory: float | None
    """Bytes, at most."""
    watts: float | None
    joules: float | None
    clock: float | None
    celsius: float | None
    """At most."""
    idle_watts: float | None = None
    idle_joules: float | None = None


@dataclass(frozen=True, slots=True)
class ServerUse:
    """All of it over the time that counts. `doubts` make a run invalid, `notes` are to be known; a sentence each.

    `gpus` are the target's where `gpus_known`, and all that are listed otherwise.
    """

    gpus: tuple[GpuUse, ...]
    cores: float | None
    """That the server's processes used on average."""
    memory: int | None
    """Bytes that they held at most."""
    memory_growth: float | None
    """Bytes a second by which that grew, from the first quarter of the time to the last."""
    doubts: tuple[str, ...]
    notes: tuple[str, ...]
    gpus_known: bool = True

    @property
    def joules(self) -> float | None:
        """Of the target's GPUs; None where one of them does not tell, or which they are is not known."""
        return self._sum(gpu.joules for gpu in self.gpus)

    @property
    def idle_joules(self) -> float | None:
        """Of these, what would have been drawn idle; None where that is not known of each."""
        return None if self.joules is None else self._sum(gpu.idle_joules for gpu in self.gpus)

    def _sum(self, of_each: Iterable[float | None]) -> float | None:
        told = list(of_each)
        if not told or None in told or not self.gpus_known:
            return None
        return sum(joules for joules in told if joules is not None)

    def joules_each(self, inferences: int) -> float | None:
        """Energy of one inference on the GPUs, idle power included: what else the machine draws is not in it."""
        return None if self.joules is None or not inferences else self.joules / inferences

    def idle_joules_each(self, inferences: int) -> float | None:
        """Of the energy of one inference, what would have been drawn idle."""
        return None if self.idle_joules is None or not inferences else self.idle_joules / inferences


class Telemetry:
    """Reads from the entry of a `with` block to its end. `server` are the server's processes, where they run here.

    `chosen` says that all of `gpus` are the server's.
    """

    def __init__(
        self, gpus: GpuSource | None = None, server: Iterable[int] = (), gap: float = 1.0, *, chosen: bool = False
    ) -> None:
        self._source, self._gap, self._chosen = gpus, gap, chosen
        self.processes = Processes(server)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="telemetry", daemon=True)
        self._taken: list[tuple[list[GpuReading], ProcessReading | None]] = []
        self._silent = 0
        self._begun = now()
        self._idle: Mapping[str, float] | None = None
        self.missing: str = ""
        """Why there is less than there could be; empty where nothing is missing."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(5)
        if self._source is not None:
            self._source.close()

    def _go_on(self) -> None:
        while not self._over.is_set():
            try:
                self.take()
            except Exception as error:  # telemetry is worth having, and never worth a run
                self.missing = f"telemetry ended: {type(error).__name__}"
                return
            self._over.wait(self._gap)

    def begin(self, gap: float) -> None:
        """Forget what was read until now: another load begins, and is read every so many seconds."""
        self._taken, self._gap, self._silent, self._begun = [], gap, 0, now()

    def rest(self, seconds: float) -> None:
        """Find out what the GPUs draw idle: nothing was asked since `begin`, and nothing is for so many seconds of it.

        Waits for as long as that still takes, where there are GPUs.
        """
        if self._source is not None:
            self._over.wait(max(seconds - (now() - self._begun) / SECOND, 0.0))
            self._idle = idle_watts(self.gpu_readings)

    def take(self) -> None:
        """Read everything once."""
        gpus = self._source.read() if self._source is not None else []
        self._silent += self._source is not None and not gpus
        self._taken.append((gpus, self.processes.read()))
        if len(self._taken) > MOST_KEPT:
            self._taken = self._taken[::2]
            self._gap *= 2

    @property
    def facts(self) -> tuple[dict[str, Any], ...]:
        """What does not change about the GPUs, for the fingerprint."""
        return () if self._source is None else tuple(dict(each) for each in self._source.facts)

    @property
    def gpu_readings(self) -> list[GpuReading]:
        """All readings of GPUs, for the timeline."""
        return [reading for readings, _ in list(self._taken) for reading in readings]

    @property
    def process_readings(self) -> list[ProcessReading]:
        """All readings of the server's processes, for the timeline."""
        return [reading for _, reading in list(self._taken) if reading is not None]

    def use(self, since: int, until: int) -> ServerUse:
        """What was used from one time to another, ns of our clock."""
        use = use_of(
            self.gpu_readings,
            self.process_readings,
            since,
            until,
            self.processes.pids,
            chosen=self._chosen,
            idle=self._idle,
        )
        said = [self.missing] if self.missing else []
        if self._idle is not None:
            said += [
                f"what {gpu.name or gpu.gpu} draws idle is not known: before the first load it was at work, or mute"
                for gpu in use.gpus
                if gpu.watts is not None and gpu.idle_watts is None
            ]
        if self._silent:
            said.append(f"{self._silent} of {len(self._taken)} readings of the GPUs got no answer")
        return replace(use, notes=(*use.notes, *said))


def use_of(
    gpus: Sequence[GpuReading],
    processes: Sequence[ProcessReading],
    since: int,
    until: int,
    server: frozenset[int] = frozenset(),
    *,
    chosen: bool = False,
    idle: Mapping[str, float] | None = None,
) -> ServerUse:
    """What readings come to. `server` are its processes: who else computes on a GPU shares it.

    `chosen` says that the GPUs are the server's. Of one that may be another's nothing makes a run doubtful. `idle` are
    the watts of each that was idle before.
    """
    listed = gpus_of(reading for reading in gpus if since <= reading.at <= until)
    inside, known = (listed, True) if chosen else _used(listed, server)
    own = [reading for reading in processes if since <= reading.at <= until]
    doubts = [said for readings in inside.values() for said in _doubts(readings, server, _called(readings, listed))]
    notes = [said for readings in inside.values() for said in _notes(readings, _called(readings, listed))]
    if not known:
        doubts, notes = [], [which_is_not_known(len(listed)), *doubts, *notes]
    cores = None
    if len(own) > 1:
        cores = (own[-1].cpu_seconds - own[0].cpu_seconds) * SECOND / max(own[-1].at - own[0].at, 1)
    return ServerUse(
        tuple(_gpu_use(readings, until - since, (idle or {}).get(gpu)) for gpu, readings in inside.items()), cores,
        max((reading.memory for reading in own), default=None), _growth(own), tuple(doubts), tuple(notes),
        known,
    )  # fmt: skip


def which_is_not_known(listed: int) -> str:
    """What is to be known where so many GPUs are listed, and nothing tells the target's from others'."""
    return (
        f"{listed} GPUs are listed, and which of them the target uses is not known: --gpu tells; without it no energy "
        "of an inference is told"
    )


def _used(gpus: dict[str, list[GpuReading]], server: frozenset[int]) -> tuple[dict[str, list[GpuReading]], bool]:
    """The GPUs on which the server computes, where that is told of any; all of them otherwise. And whether it is sure.

    The only one that is listed is taken to be the server's.
    """
    used = {name: readings for name, readings in gpus.items() if _seen(readings, server)}
    return used or gpus, bool(used) or len(gpus) < 2


def _called(readings: list[GpuReading], listed: Collection[str]) -> str:
    """A GPU in a sentence: by its name, and by its number or UUID where there are several."""
    first = readings[0]
    own = f"GPU {first.index or first.gpu}"
    return f"{own} ({first.name})" if first.name and len(listed) > 1 else first.name or own


def _seen(readings: Iterable[GpuReading], server: frozenset[int]) -> bool:
    """Whether a GPU ever named one of the server's processes: in a container it may call them by other numbers."""
    return any(reading.processes & server for reading in readings if reading.processes)


def idle_watts(readings: Iterable[GpuReading]) -> dict[str, float]:
    """The median of what each GPU drew while it had nothing to do; without those that had, or did not tell.

    The first reading may still tell of what was asked before.
    """
    found: dict[str, float] = {}
    for gpu, own in gpus_of(readings).items():
        rested = own if _rests(own[0]) else own[1:]
        watts = _told(rested, "watts")
        if len(watts) >= LEAST_AT_REST and all(map(_rests, rested)):
            found[gpu] = median(watts)
    return found


def _rests(reading: GpuReading) -> bool:
    return reading.utilisation is not None and reading.utilisation <= AT_REST


def _gpu_use(readings: list[GpuReading], length: int, idle: float | None) -> GpuUse:
    watts = _mean(readings, "watts")
    return GpuUse(
        readings[0].gpu, readings[0].name, len(readings), _mean(readings, "utilisation"), _most(readings, "memory"),
        watts, _joules(readings, length, watts), _mean(readings, "clock"), _most(readings, "celsius"),
        idle, None if idle is None else idle * length / SECOND,
    )  # fmt: skip


def _told(readings: Iterable[GpuReading], name: str) -> list[float]:
    return [value for reading in readings if (value := getattr(reading, name)) is not None]


def _mean(readings: Iterable[GpuReading], name: str) -> float | None:
    values = _told(readings, name)
    return sum(values) / len(values) if values else None


def _most(readings: Iterable[GpuReading], name: str) -> float | None:
    return max(_told(readings, name), default=None)


def _joules(readings: list[GpuReading], length: int, watts: float | None) -> float | None:
    """Energy over a time: by the counter, stretched to the whole of it; by the mean power where there is no counter.

    An exporter may renew what it says twice a minute only. So what counts is from one renewal to another; None where
    there were too few.
    """
    counted = _counted(readings)
    if counted is None:
        return None if watts is None else watts * length / SECOND
    if len(counted) < RENEWED:
        return None
    (since, least), (until, most) = counted[0], counted[-1]
    return (most - least) * length / (until - since)


def _counted(readings: list[GpuReading]) -> list[tuple[int, float]] | None:
    """When the counter of energy was renewed, and what it said; None where there is none that can be believed."""
    told = [(reading.at, reading.joules) for reading in readings if reading.joules is not None]
    if not told or any(now < before for (_, before), (_, now) in pairwise(told)):  # the driver was loaded again
        return None
    return [(at, now) for (_, before), (at, now) in pairwise(told) if now != before]


def _doubts(readings: list[GpuReading], server: frozenset[int], gpu: str) -> list[str]:
    said = [
        f"{gpu} was throttled in {share:.0%} of the time: {why}"
        for bit, why in HELD_DOWN.items()
        if (share := _share(readings, bit)) > SHARED_SHARE
    ]
    hot = _told(readings, "too_hot")
    if len(hot) > 1 and hot[-1] > hot[0]:
        said.append(f"{gpu} was throttled for {hot[-1] - hot[0]:.1f} s: it was too hot")
    others = [reading.processes - server for reading in readings if reading.processes is not None]
    if _seen(readings, server) and sum(map(bool, others)) > SHARED_SHARE * len(readings):
        count = max(map(len, others))
        said.append(f"{gpu} was shared: {count} process{'es' * (count > 1)} that are not the server's computed on it")
    return said


def _notes(readings: list[GpuReading], gpu: str) -> list[str]:
    said = []
    if readings[0].part and not _told(readings, "watts") and not _told(readings, "joules"):
        said.append(f"{gpu} is a part of a GPU, whose power is told as a whole: its energy is not known")
    if (counted := _counted(readings)) is not None and len(counted) < RENEWED:
        said.append(f"{gpu} renewed its counter of energy {len(counted)} times only: its energy is not known")
    if (share := _share(readings, POWER_CAP)) > SHARED_SHARE:
        said.append(f"{gpu} worked at its power limit in {share:.0%} of the time")
    capped = _told(readings, "power_capped")
    if len(capped) > 1 and capped[-1] > capped[0]:
        said.append(f"{gpu} was held to its power limit for {capped[-1] - capped[0]:.1f} s")
    if _share(readings, SET_BY_USER) > SHARED_SHARE:
        said.append(f"{gpu} ran at a clock that was set by hand")
    clocks = [one.clock for one in readings if one.clock is not None and (one.utilisation or 0.0) > BUSY]
    if clocks and (max(clocks) - min(clocks)) > CLOCK_MOVED * sum(clocks) / len(clocks):
        said.append(f"{gpu} changed its clock between {min(clocks):.0f} and {max(clocks):.0f} MHz while it was busy")
    return said


def _share(readings: list[GpuReading], bit: int) -> float:
    known = [reading.reasons for reading in readings if reading.reasons is not None]
    return sum(bool(reasons & bit) for reasons in known) / len(known) if known else 0.0


def _growth(readings: list[ProcessReading]) -> float | None:
    quarter = len(readings) // 4
    if not quarter:
        return None
    first, last = readings[:quarter], readings[-quarter:]
    apart = (sum(one.at for one in last) - sum(one.at for one in first)) / quarter / SECOND
    more = (sum(one.memory for one in last) - sum(one.memory for one in first)) / quarter
    return more / apart if apart > 0 else None
