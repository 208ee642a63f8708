"""One load that comes from many machines: requests and times are brought to each, and its rows brought home."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from assay.errors import TargetUnreachable
from assay.load.clock import SECOND, now
from assay.load.columns import COLUMNS
from assay.load.crew import Said, Share
from assay.load.endpoint import Endpoint
from assay.load.figures import MS
from assay.load.hosts.clocks import ASKED, Offset, offset_of
from assay.load.hosts.frames import Frame
from assay.load.hosts.gathering import HostsLost, LoadHost, LoadHosts
from assay.load.hosts.line import Gone, Refused, parts_of
from assay.load.hosts.shipping import Shipment
from assay.load.job import ORDER, SCHEDULE, Job
from assay.load.machine import Use, Watch, place
from assay.load.plan import Sender
from assay.load.processes import Told

HEAD_START: Final = 0.3
"""Seconds between the word to begin and the beginning, beside the way there."""
TIMES: Final = ("intended", "sent", "first", "last", "read")
"""Columns that are times; 0 in them is none."""
UNUSED: Final = Use(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
NOT_TOLD: Final = ("requests", "bodies", "family", "address", "ca_bundle", "client_cert", "client_key")
"""What of a job is not sent with it: brought before, or each machine's own affair."""


class RemoteWorker:
    """A worker on another machine, as `running` leads it. What it says comes on our clock."""

    def __init__(self, number: int, host: LoadHost, *, name: str, load: int, folder: Path, said: Said) -> None:
        self.number, self.host, self.name = number, host, name
        self._load, self._folder, self._said = load, folder, said
        self._why = ""
        self._killed = False
        self.gone = False
        self.offset = Offset(0, 0)

    def start(self, at: int) -> None:
        """Begin at this time, ns of our clock."""
        self._tell("start", at=self.offset.there(at))

    def stop(self) -> None:
        """Send nothing more."""
        self._tell("stop")

    def abort(self) -> None:
        """End what is under way, too."""
        self._tell("abort")

    def kill(self) -> None:
        """End it at once; who was told so and still does not say that it has ended, is given up."""
        if self._killed:
            self.lose("did not end when it was told to")
        self._killed = True
        self._tell("kill")

    def close(self) -> None:
        """Its machine is let go by the crew."""

    def why(self) -> str:
        """Why it died."""
        return self._why or "ended without a word"

    def _tell(self, word: str, **more: Any) -> None:
        if not self.gone:
            self.host.line.tell(word, load=self._load, worker=self.number, **more)

    def hear(self, frame: Frame) -> None:
        """What its machine says of it."""
        if frame.kind == "said":
            self._said.put((self.number, frame.head["told"]))
        elif frame.kind == "rows":
            self._keep(str(frame.head["column"]), frame.body)
            self.host.line.answer(frame)
            self._said.put((self.number, {"kind": "rows"}))
        elif frame.kind == "gone":
            told = frame.head["told"]
            if told is not None:
                self._said.put((self.number, self._on_our_clock(told)))
            self.lose(str(frame.head["why"]))

    def lose(self, why: str) -> None:
        """It says no more."""
        if not self.gone:
            self.gone, self._why = True, why
            self._said.put((self.number, None))

    def _keep(self, column: str, content: bytes) -> None:
        if column not in COLUMNS:
            return
        if column in TIMES:
            times = np.frombuffer(content, np.int64)
            content = np.where(times == 0, 0, times - self.offset.ahead).astype(np.int64).tobytes()
        with (self._folder / column).open("ab") as file:
            file.write(content)

    def _on_our_clock(self, told: Told) -> Told:
        times = {name: self.offset.here(told[name]) for name in ("ended", "stopped") if told.get(name)}
        return {**told, **times}


class Remote:
    """The machines, for one load."""

    def __init__(self, hosts: LoadHosts, crew: Sequence[LoadHost], endpoint: Endpoint, load: int) -> None:
        self._hosts, self._endpoint, self._load = hosts, endpoint, load
        self._crew = list(crew)
        self._before = [host for host in hosts.all if host.lost]
        self._target = f"{endpoint.host}:{endpoint.port}"
        self._offsets: dict[str, Offset] = {}
        self._uses: dict[str, Use] = {}
        self._local: dict[str, bool] = {}
        self._workers: dict[str, list[RemoteWorker]] = {host.peer: [] for host in self._crew}
        self._watch: Watch | None = None
        self._ours: Use | None = None
        self._began = 0

    @property
    def machines(self) -> int:
        """How many they are."""
        return len(self._crew)

    @property
    def head_start(self) -> float:
        """The longest way to one of them is short of it."""
        return HEAD_START + 4 * max((offset.uncertain for offset in self._offsets.values()), default=0) / SECOND

    # Before

    def start(self, jobs: Sequence[tuple[Job, Path]], said: Said) -> Iterator[RemoteWorker]:
        """Bring each its share, side by side; whoever is lost on the way stays so. Raises TargetUnreachable."""
        several = len(jobs) > len(self._crew)
        workers = []
        for number, (_, folder) in enumerate(jobs):
            host = self._crew[number % len(self._crew)]
            name = f"load host {host.name}" + (f", worker {number // len(self._crew) + 1}" if several else "")
            workers.append(RemoteWorker(number, host, name=name, load=self._load, folder=folder, said=said))
            self._workers[host.peer].append(workers[-1])
        self._bodies = jobs[0][0].bodies
        self._shipment = Shipment(jobs[0][0].requests, self._bodies)
        for host in self._crew:
            host.hear, host.mourn = self._hearing(host), self._mourning(host)
            if host.lost:  # just now
                host.mourn()
        self._at_once(lambda host: self._bring(host, jobs))
        yield from workers

    def _hearing(self, host: LoadHost) -> Callable[[Frame], None]:
        workers = {worker.number: worker for worker in self._workers[host.peer]}

        def hear(frame: Frame) -> None:
            worker = workers.get(frame.head.get("worker", -1))
            if worker is not None and frame.head.get("load") == self._load:
                worker.hear(frame)

        return hear

    def _mourning(self, host: LoadHost) -> Callable[[], None]:
        def mourn() -> None:
            for worker in self._workers[host.peer]:
                worker.lose(self._since(host))

        return mourn

    def _since(self, host: LoadHost) -> str:
        """Why a machine is lost, and since when."""
        if not self._began:
            return f"{host.lost}, before the load began"
        return f"{host.lost}, last heard {max(host.since - self._began, 0) / SECOND:.1f} s after the load began"

    def _at_once(self, what: Callable[[LoadHost], None]) -> None:
        """Do something with each of them side by side. Whoever is gone has said so elsewhere."""

        def done(host: LoadHost) -> None:
            try:
                what(host)
            except Gone as gone:
                host.lose(str(gone))

        with ThreadPoolExecutor(max(len(self._crew), 1)) as pool:
            list(pool.map(done, [host for host in self._crew if not host.lost]))

    def _bring(self, host: LoadHost, jobs: Sequence[tuple[Job, Path]]) -> None:
        """One machine's share: what time it is, the way to the target, the requests, the times."""
        own = self._workers[host.peer]
        if not own:
            return
        self._offsets[host.peer] = offset = _offset(host)
        self._reach(host)
        self._bring_requests(host)
        told = {str(worker.number): _told(jobs[worker.number][0]) for worker in own}
        host.line.ask("load", load=self._load, target=self._target, digest=self._shipment.digest, jobs=told)
        for worker in own:
            worker.offset = offset
            for name in (SCHEDULE, ORDER):
                if (file := jobs[worker.number][1] / name).exists():
                    parts = parts_of(file.read_bytes())
                    host.line.bring("numbers", parts, load=self._load, worker=worker.number, name=name)
        host.line.ask("ready", load=self._load)

    def _reach(self, host: LoadHost) -> None:
        endpoint = self._endpoint
        try:
            answer = host.line.ask(
                "reach", target=self._target, host=endpoint.host, port=endpoint.port, tls=endpoint.tls,
                client_cert=bool(endpoint.client_cert), loopback=endpoint.local, place=place(),
            ).head  # fmt: skip
        except Refused as refused:
            raise TargetUnreachable(f"load host {host.name}: {refused}") from None
        self._local[host.peer] = bool(answer["local"])

    def _bring_requests(self, host: LoadHost) -> None:
        digest = self._shipment.digest
        if host.line.ask("has", digest=digest).head["has"]:
            return
        last = b""
        for part in self._shipment.parts(self._bodies):
            if last:
                host.line.ask("requests", last, digest=digest, last=False)
            last = part
        host.line.ask("requests", last, digest=digest, last=True)

    def why_none(self, why: str) -> Exception:
        """No worker was ready on any of them."""
        return HostsLost(self._endpoint.clean(f"no load host was ready to send: {self._first_name()} {why}"))

    def _first_name(self) -> str:
        return next(worker.name for own in self._workers.values() for worker in own if worker.number == 0)

    # Meanwhile, and after

    def begin(self) -> None:
        """Each machine watches itself; where one of them is this one, what leads them is counted with it."""
        self._began = now() + round(self.head_start * SECOND)
        if place() in {host.place for host in self._crew}:
            self._watch = Watch([os.getpid(), *self._hosts.pids])

    def look(self, spent: float) -> None:
        """Read this machine; the others do so for themselves, with what their workers tell."""
        if self._watch is not None:
            self._watch.read(0.0)

    def end(self, since: int, until: int, spent: float) -> None:
        """Ask each what it did in the time that counted, and once more what time it is."""
        self.look(spent)
        self._ours = self._watch.between(since, until) if self._watch is not None else None
        self._at_once(lambda host: self._finish(host, since, until))
        for host in self._crew:
            host.hear, host.mourn = (lambda frame: None), (lambda: None)

    def _finish(self, host: LoadHost, since: int, until: int) -> None:
        if host.peer not in self._offsets:
            return
        there = self._offsets[host.peer].there
        used = host.line.ask("finish", load=self._load, since=there(since), until=there(until)).head.get("use")
        if used:
            self._uses[host.peer] = Use(**used)
        self._offsets[host.peer] = self._offsets[host.peer].drifted(_offset(host))

    def use(self) -> tuple[Use, bool]:
        """That of the machine on which others computed most, as far as that can be told."""
        known = [share for share in self.shares() if share.use.seconds]
        worst = max(known, key=lambda share: (not share.local or share.use.known > 0, share.use.foreign), default=None)
        return (UNUSED, False) if worst is None else (worst.use, worst.local)

    def shares(self) -> list[Share]:
        """Of each that had one."""
        return [self._share(host) for host in self._crew if self._workers[host.peer]]

    def _share(self, host: LoadHost) -> Share:
        offset, calibration = self._offsets.get(host.peer, Offset(0, 0)), host.calibration
        bound = calibration.bound.p99 if calibration is not None and np.isfinite(calibration.bound.p99) else None
        use = self._uses.get(host.peer, UNUSED)
        if use is not UNUSED:
            use = replace(
                use, own=sum(self._uses.get(each.peer, UNUSED).own for each in self._crew if each.place == host.place)
            )
            if host.place == place() and self._ours is not None:
                use = replace(use, own=use.own + self._ours.own)
        return Share(
            Sender(host.name, offset.ahead / MS, offset.uncertain / MS, bound, self._since(host) if host.lost else ""),
            tuple(worker.number for worker in self._workers[host.peer]), use, self._local.get(host.peer, False),
        )  # fmt: skip

    def missing(self) -> list[str]:
        """Those that had been lost before this load."""
        return [
            f"load host {host.name} was lost before: {len(self._crew)} of {self._hosts.wanted} are left"
            for host in self._before
        ]


def _told(job: Job) -> dict[str, Any]:
    """What a machine is told of a job."""
    names = (each.name for each in dataclasses.fields(job))
    return {name: getattr(job, name) for name in names if name not in NOT_TOLD}


def _offset(host: LoadHost) -> Offset:
    """How far a machine's clock is ahead of ours."""
    answers = []
    for _ in range(ASKED):
        asked = now()
        said = int(host.line.ask("time").head["at"])
        answers.append((asked, said, now()))
    return offset_of(answers)
