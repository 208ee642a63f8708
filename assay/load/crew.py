"""Who sends a load: processes of this machine, or of many. `running` leads them alike."""

from __future__ import annotations

import os
import queue
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from assay.errors import Fault
from assay.load.endpoint import Endpoint
from assay.load.job import Job
from assay.load.machine import Use, Watch
from assay.load.plan import Sender
from assay.load.processes import Told, WorkerProcess

HEAD_START: Final = 0.05
"""Seconds between the word to begin and the beginning."""
Said = queue.Queue[tuple[int, Told | None]]
"""What workers say, as (number, message); (number, None) once one of them has ended."""


class Worker(Protocol):
    """One of those that send."""

    number: int
    name: str
    """What it is called where it is lost."""

    def start(self, at: int) -> None:
        """Begin at this time, ns of our clock."""

    def stop(self) -> None:
        """Send nothing more."""

    def abort(self) -> None:
        """End what is under way, too."""

    def kill(self) -> None:
        """End it at once."""

    def close(self) -> None:
        """Wait until it has ended; it is made to."""

    def why(self) -> str:
        """Why it died, in a few words."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one machine had of a load: which workers, and what it used in the time that counted."""

    sender: Sender
    workers: tuple[int, ...]
    use: Use
    local: bool


class Crew(Protocol):
    """Starts the workers of one load, and watches the machines that they are on."""

    @property
    def head_start(self) -> float:
        """Seconds between the word to begin and the beginning."""

    @property
    def machines(self) -> int | None:
        """How many other machines they are on, each of which is looked at by itself; None for this one alone."""

    def start(self, jobs: Sequence[tuple[Job, Path]], said: Said) -> Iterator[Worker]:
        """A worker for each job, whose rows will lie in its folder."""

    def begin(self) -> None:
        """From now on the machines are watched."""

    def look(self, spent: float) -> None:
        """A window is over: the machines are read. Workers have computed for so many seconds until now."""

    def end(self, since: int, until: int, spent: float) -> None:
        """All workers have ended. From one time to the other, ns of our clock, it counted."""

    def why_none(self, why: str) -> Exception:
        """What to raise where no worker is ready."""

    def use(self) -> tuple[Use, bool]:
        """What was used in the time that counted, and whether the target is on this machine."""

    def shares(self) -> list[Share]:
        """What each machine had of it, where there are several."""

    def missing(self) -> list[str]:
        """A sentence for each machine that was to send and is not there any more."""


class Senders(Protocol):
    """Machines from which load comes."""

    def crew(self, endpoint: Endpoint) -> Crew:
        """Those that are there now, for one load. Raises what is to be told where none is left."""


class Here:
    """The processes of this machine."""

    head_start = HEAD_START
    machines = None

    def __init__(self, endpoint: Endpoint, server: tuple[int, ...]) -> None:
        self._endpoint, self._server = endpoint, server
        self._watch: Watch | None = None
        self._used: Use | None = None

    def start(self, jobs: Sequence[tuple[Job, Path]], said: Said) -> Iterator[WorkerProcess]:
        """Start a process for each job."""
        for number, (job, folder) in enumerate(jobs):
            yield WorkerProcess(number, job, folder, said)

    def begin(self) -> None:
        """Watch this machine."""
        self._watch = Watch([os.getpid()], self._server)

    def look(self, spent: float) -> None:
        """Read it."""
        if self._watch is not None:
            self._watch.read(spent)

    def end(self, since: int, until: int, spent: float) -> None:
        """Watch it no more."""
        self.look(spent)
        self._used = self._watch.between(since, until) if self._watch is not None else None

    def why_none(self, why: str) -> Exception:
        """It is ours."""
        return Fault(self._endpoint.clean(f"no worker started; the first one {why}"))

    def use(self) -> tuple[Use, bool]:
        """That of this machine."""
        assert self._used is not None
        return self._used, self._endpoint.local

    def shares(self) -> list[Share]:
        """All of it is this machine's."""
        return []

    def missing(self) -> list[str]:
        """Nobody."""
        return []
