"""What is to be measured, and what a measurement holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from assay.contract.message import Response
from assay.load.clock import SECOND
from assay.load.endpoint import Wire
from assay.load.machine import Use
from assay.load.processes import Told
from assay.load.rows import Column, Rows
from assay.load.schedule import Closed, Load
from assay.load.windows import middle_of

UNLIMITED = 10**9
MOST_HELD = 1 << 20
"""Rows of a measurement that are held in memory at once."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One load: what is sent, how, and until when. Whatever comes of it, it ends after `seconds` and `most` requests.

    `repeats` bounds how often any of the requests is sent; with 1, no picture is sent twice. `connections` bounds how
    many are open at once, over all workers. Above `error_limit`, a share of the last windows, the load is stopped.
    """

    requests: tuple[Wire, ...]
    load: Load
    seconds: float = 60.0
    most: int = UNLIMITED
    seed: int = 0
    repeats: int | None = None
    workers: int = 1
    connections: int = 1024
    warm_connections: int | None = None
    """Opened before the start; by default as many as there are clients, or 32."""
    timeout: float = 60.0
    drain: float | None = None
    """Seconds in which what was due may still be answered; by default the timeout."""
    window: float = 1.0
    error_limit: float | None = 0.5
    answers: int = 0
    """How many answers each worker keeps whole, spread over the time, so that they can be checked afterwards."""
    stamps: bool = True
    """Whether the kernel's stamps are used where there are any."""
    cores: tuple[int, ...] = ()
    """The cores that the workers stay on, in turn; none for any."""

    @property
    def bound(self) -> int:
        """The requests that may be sent at most."""
        most = UNLIMITED if self.repeats is None else len(self.requests) * self.repeats
        return min(self.most, most) if self.requests else 0

    @property
    def offered(self) -> float | None:
        """Requests a second that are to be offered; None where clients wait for their answers."""
        return None if isinstance(self.load, Closed) else self.load.rate


class Stopped(StrEnum):
    """Why a load came to its end."""

    TIME = "its time was over"
    COUNT = "as many requests as were allowed had been sent"
    ASKED = "enough was known"
    ERRORS = "too many requests failed"
    INTERRUPTED = "it was interrupted"
    LOST = "no worker was left"


@dataclass(frozen=True, slots=True)
class Window:
    """What ended in one second or so, over all workers. `start` and `end` in ns of our clock; latencies in bins."""

    number: int
    start: int
    end: int
    count: int
    """Requests that were answered well."""
    failures: Mapping[str, int]
    cold: int
    waiting: int
    """Requests that were due at its end and had no connection yet."""
    open: int
    """Requests that were due at its end and had no answer yet."""
    bins: Counter[int]
    cpu: float
    """Of a core, the worker that used most of its own."""
    lag: int
    """ns that an event loop came round late, at worst."""
    preempted: Mapping[int, int]
    """How many times each worker was put aside for others, by its number."""

    @property
    def rate(self) -> float:
        """Requests a second that were answered well."""
        return self.count * SECOND / max(self.end - self.start, 1)

    @property
    def failed(self) -> int:
        """Requests that were not."""
        return sum(self.failures.values())

    def quantile(self, share: float) -> float | None:
        """A quantile of the latencies in ns, within 1/128 of it; None where nothing was answered."""
        return quantile_of(self.bins, share)


def quantile_of(bins: Counter[int], share: float) -> float | None:
    """A quantile of latencies in bins, in ns."""
    wanted, seen = share * bins.total(), 0
    for number in sorted(bins):
        seen += bins[number]
        if seen >= wanted and seen:
            return middle_of(number)
    return None


@dataclass(frozen=True, slots=True)
class WorkerTold:
    """What one worker said at its end (see `health.Health.told`); `lost` is why it said nothing."""

    number: int
    rows: int
    told: Told
    lost: str = ""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer whole: of which row of the measurement, and to which of the plan's requests."""

    row: int
    request: int
    response: Response


@dataclass(frozen=True, slots=True)
class Sender:
    """A machine that sends beside others, and how its clock stood to ours, in ms; times of rows are on ours."""

    name: str
    offset: float
    """By which its clock was ahead."""
    uncertain: float
    """By which that may be wrong, with what it drifted by during the load."""
    error_p99: float | None
    """By how much it may be wrong about a latency, as it was calibrated; None where that is not known."""
    lost: str = ""
    """Why it was not there any more at the end, and since when."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one of several machines had of a load."""

    sender: Sender
    rows: Rows
    windows: list[Window]
    workers: list[WorkerTold]
    use: Use
    local: bool
    kernel_stamps: bool
    precise: bool

    def of(self, whole: Measurement) -> Measurement:
        """As if the machine had measured alone."""
        return replace(
            whole, rows=self.rows, windows=self.windows, workers=self.workers, use=self.use, local=self.local,
            kernel_stamps=self.kernel_stamps, precise=self.precise, parts=(),
        )  # fmt: skip


@dataclass(slots=True)
class Measurement:
    """One load as it went. Times are ns of our clock (`clock.now`).

    `rows` hold every request. Of them `measured` are those that were due once the target was steady; `began` to
    `stopped` is when requests became due. `lost` says in a sentence each what is missing; it is empty in a sound one.
    """

    plan: Plan
    rows: Rows
    began: int
    stopped: int
    why: Stopped
    windows: list[Window]
    workers: list[WorkerTold]
    use: Use
    kernel_stamps: bool
    precise: bool
    local: bool
    answers: list[KeptAnswer] = field(default_factory=list)
    """A sample of the answers, whole (see `Plan.answers`)."""
    steady: int | None = None
    """From when on it counts; None where it counts from the start."""
    lost: list[str] = field(default_factory=list)
    parts: tuple[Part, ...] = ()
    """What each machine had of it, where it came from several."""

    @property
    def since(self) -> int:
        """From when on it counts."""
        return self.began if self.steady is None else self.steady

    @property
    def seconds(self) -> float:
        """The time that counts."""
        return max(self.stopped - self.since, 1) / SECOND

    @property
    def measured(self) -> Rows:
        """The requests that were due in the time that counts, those that failed included."""
        return self.rows.due(self.since, self.stopped + 1)

    def counted(self, column: str) -> Iterator[Column]:
        """One column of the same, a part at a time: memory never holds all of it."""
        for rows in self.rows.parts(MOST_HELD):
            due = rows["intended"]
            yield rows[column][(due >= self.since) & (due <= self.stopped)]

    @property
    def sampled(self) -> Rows:
        """The same, evenly thinned where there are too many to hold: enough for any share of them, and any quantile."""
        return self.rows.thinned(MOST_HELD).due(self.since, self.stopped + 1)

    @property
    def interrupted(self) -> bool:
        """Whether the user broke it off."""
        return self.why is Stopped.INTERRUPTED
