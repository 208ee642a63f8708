"""Who has come to send the load, what each is, and whether it is still there: the master's end."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import assay
from assay.contract.sentences import cut
from assay.errors import AssayError, Exit, UsageProblem
from assay.load.calibration import Calibration
from assay.load.clock import SECOND, now
from assay.load.crew import Crew
from assay.load.endpoint import Endpoint
from assay.load.figures import ErrorBound
from assay.load.hosts.bus import Bus, BusDown
from assay.load.hosts.frames import Frame
from assay.load.hosts.line import ANSWER, Line

BEAT: Final = 1.0
"""Seconds between two signs of life."""
SILENT: Final = 6.0
"""Seconds without a sign of a load host after which it is lost."""
LOOK: Final = 0.25
"""Seconds between two looks at whether one has fallen silent."""
DEAF: Final = 1.0
"""Seconds without a look after which this end itself has stood still: what was said meanwhile is still to be heard."""
Echo = Callable[[str], None]
Hearing = Callable[[Frame], None]


class HostsLost(AssayError):
    """No machine is left that sends the load: what was measured until then is kept."""

    exit_code = Exit.INVALID


class LoadHost:
    """One machine that sends. `lost` is why it is not there any more, `since` when it was last heard."""

    def __init__(self, peer: str, name: str, told: dict[str, Any], line: Line) -> None:
        self.peer, self.name, self.line = peer, name, line
        self.place, self.facts = str(told["place"]), dict(told["facts"])
        self.calibration: Calibration | None = None
        self.since = now()
        self.lost = ""
        self.hear: Hearing = lambda frame: None
        """Told of what its workers say."""
        self.mourn: Callable[[], None] = lambda: None
        """Told when it is lost."""

    def lose(self, why: str) -> None:
        """It is not there any more."""
        if not self.lost:
            self.lost = why
            self.line.hang_up(why)
            self.mourn()


class LoadHosts:
    """The machines of a benchmark; `where` they reach this one. Whoever made it closes it."""

    def __init__(self, bus: Bus, wanted: int, where: str) -> None:
        self._bus, self.wanted, self._where = bus, wanted, where
        self._hosts: dict[str, LoadHost] = {}
        self._turned_away: list[str] = []
        self._changed = threading.Condition()
        self._closing = False
        self._loads = 0
        self._listening = now()
        self._reader = threading.Thread(target=self._read, name="load hosts", daemon=True)
        self._reader.start()

    # Gathering

    def gather(self, seconds: float, tell: Echo) -> None:
        """Wait until all have come and know how exact they are. Raises UsageProblem where they have not in time."""
        give_up, announced, away = time.monotonic() + seconds, set[str](), 0
        while True:
            with self._changed:
                ready = [host for host in self.here if host.calibration is not None]
                turned, away = self._turned_away[away:], len(self._turned_away)
                if len(ready) < self.wanted and not turned and {host.peer for host in ready} <= announced:
                    self._changed.wait(min(max(give_up - time.monotonic(), 0), 1.0))
            for why in turned:
                tell(why)
            for host in ready:
                if host.peer not in announced:
                    announced.add(host.peer)
                    tell(f"load host {host.name} has come ({len(announced)} of {self.wanted}): {_exactness(host)}")
            if len(ready) >= self.wanted:
                return
            if time.monotonic() >= give_up:
                raise UsageProblem(
                    f"{len(ready)} of {self.wanted} load hosts came within {seconds:g} s; start "
                    f"`assay load-host {self._where}` on each, and see that it reaches this machine"
                )

    @property
    def all(self) -> list[LoadHost]:
        """All that had come, those that were lost since included."""
        return list(self._hosts.values())

    @property
    def here(self) -> list[LoadHost]:
        """Those that are there."""
        return [host for host in self.all if not host.lost]

    @property
    def calibration(self) -> Calibration:
        """The worst of them in each respect; what the slowest sends, all send."""
        each = [host.calibration for host in self.here if host.calibration is not None]
        bounds = [one.bound for one in each]
        return Calibration(
            ErrorBound(
                max(one.p50 for one in bounds), max(one.p99 for one in bounds), all(one.kernel_stamps for one in bounds)
            ),
            min(one.count for one in each),
            max((one.error_p50 for one in each), key=abs),
            max((one.error_p99 for one in each), key=abs),
            max(one.late_p99 for one in each),
            min(one.fastest for one in each),
        )

    @property
    def facts(self) -> dict[str, Any]:
        """The machines, without their names: what explains a difference between two measurements."""
        told = [host.facts for host in self.here]
        names = dict.fromkeys(name for each in told for name in each)
        values = {name: sorted({str(each[name]) for each in told if name in each}) for name in names}
        return {"count": len(told), **{name: " and ".join(each) for name, each in values.items()}}

    def crew(self, endpoint: Endpoint) -> Crew:
        """Those that are there now, for one load. Raises HostsLost where none is left."""
        from assay.load.hosts.remote import Remote

        here = sorted(self.here, key=lambda host: host.name)
        if not here:
            last = max(self.all, key=lambda host: host.since)
            raise HostsLost(f"no load host is left; the last was {last.name}, which {last.lost}")
        self._loads += 1
        return Remote(self, here, endpoint, self._loads)

    @property
    def pids(self) -> Sequence[int]:
        """The processes of the master's own end."""
        pid = getattr(self._bus, "pid", 0)
        return [pid] if pid else []

    def close(self, why: str = "the benchmark is over") -> None:
        """Let them go."""
        self._closing = True
        for host in self.here:
            host.line.tell("bye", why=why)
        self._reader.join(2 * LOOK + 1)
        self._bus.close()

    # Hearing

    def _read(self) -> None:
        beating, looked = time.monotonic(), now()
        while not self._closing:
            try:
                frame = self._bus.receive(LOOK)
            except BusDown as down:
                for host in self.here:
                    host.lose(f"is not reached any more: {down}")
                return
            if frame is not None and frame.peer:
                self._hear_or_lose(frame)
            if time.monotonic() >= beating + BEAT:
                beating = time.monotonic()
                for host in self.here:
                    host.line.tell("beat")
            if now() - looked > DEAF * SECOND:
                self._listening = now()
            looked = now()
            self._miss_the_silent()

    def _miss_the_silent(self) -> None:
        """However many others speak meanwhile."""
        for host in self.here:
            if now() - max(host.since, self._listening) > SILENT * SECOND:
                host.lose(f"fell silent: nothing was heard of it for {SILENT:g} s")
                host.line.tell("bye", why="the master heard nothing of this load host for too long")
                self._note()

    def _note(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _hear_or_lose(self, frame: Frame) -> None:
        """Hear what one of them says; whoever says what makes no sense, or cannot be kept, is lost alone."""
        try:
            self._hear(frame)
        except (OSError, LookupError, TypeError, ValueError) as error:
            if host := self._hosts.get(frame.peer):
                host.lose(f"said what cannot be taken up ({type(error).__name__}: {error})")
                self._note()

    def _hear(self, frame: Frame) -> None:
        host = self._hosts.get(frame.peer)
        if host is None:
            if frame.kind == "hello":
                self._meet(frame)
            return
        if host.lost:
            return
        host.since = now()
        if frame.kind == ANSWER:
            host.line.take(frame)
        elif frame.kind == "calibrated":
            host.calibration = calibration_of(frame.head["calibration"])
            self._note()
        elif frame.kind == "leaving":
            host.lose(cut(str(frame.head["why"]), 300))
            with self._changed:
                self._turned_away.append(f"load host {host.name} {host.lost}")
                self._changed.notify_all()
        else:
            host.hear(frame)

    def _meet(self, frame: Frame) -> None:
        """Somebody has come: it is welcome, or told why not."""
        told, line = frame.head, Line(self._bus, frame.peer)
        name, theirs = cut(re.sub(r"[^\w. -]", "_", str(told.get("name"))), 80), cut(str(told.get("version")), 40)
        if theirs != assay.__version__:
            line.tell(
                "refused",
                why=f"the master runs Assay {assay.__version__} and this load host {theirs}: install the same on both",
            )
            with self._changed:
                self._turned_away.append(
                    f"load host {name} runs Assay {theirs} and is sent away: this is {assay.__version__}"
                )
                self._changed.notify_all()
            return
        if len(self.here) >= self.wanted or self._loads:
            line.tell("refused", why=f"the master has the {self.wanted} load hosts that it wants")
            return
        taken = {host.name for host in self.all}
        names = (name if number == 1 else f"{name} ({number})" for number in range(1, len(taken) + 2))
        host = LoadHost(frame.peer, next(each for each in names if each not in taken), told, line)
        self._hosts[frame.peer] = host
        line.tell("welcome", name=host.name)


def calibration_of(told: dict[str, Any]) -> Calibration:
    """What a load host found out about itself."""
    return Calibration(**{**told, "bound": ErrorBound(**told["bound"])})


def _exactness(host: LoadHost) -> str:
    assert host.calibration is not None
    bound = host.calibration.bound
    return f"wrong by up to {bound.p50:.2f} ms at p50 and {bound.p99:.2f} ms at p99"
