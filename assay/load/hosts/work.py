"""One load on a load host: its workers, what they said told on, their rows brought home once they have ended."""

from __future__ import annotations

import contextlib
import dataclasses
import queue
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Final

from assay.load.columns import COLUMNS
from assay.load.hosts.frames import CHUNK
from assay.load.hosts.line import Gone, Line
from assay.load.hosts.shipping import unpacked
from assay.load.hosts.targets import Way
from assay.load.job import ORDER, SCHEDULE, Job, Prepared
from assay.load.machine import Watch
from assay.load.processes import Told, WorkerProcess
from assay.load.rows import Rows

KEPT: Final = 2
"""Sets of requests that a load host keeps: those of two targets in turn."""


class Requests:
    """What the master has brought to be sent, by its digest, each set in a file without a name."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, IO[bytes]] = OrderedDict()
        self._coming: dict[str, IO[bytes]] = {}

    def has(self, digest: str) -> bool:
        """Whether a set of requests is here, whole."""
        return digest in self._files

    def add(self, digest: str, part: bytes, last: bool) -> None:
        """A part of a set has come."""
        if digest not in self._coming:
            self._coming[digest] = tempfile.TemporaryFile()  # noqa: SIM115 - it is kept
        self._coming[digest].write(part)
        if last:
            self._coming[digest].flush()
            self._files[digest] = self._coming.pop(digest)
            while len(self._files) > KEPT:
                self._files.popitem(last=False)[1].close()

    def of(self, digest: str) -> tuple[tuple[Prepared, ...], int]:
        """The requests of a set, and the descriptor of the file with their bodies."""
        self._files.move_to_end(digest)
        descriptor = self._files[digest].fileno()
        return unpacked(descriptor), descriptor

    def close(self) -> None:
        """Let go of all of them."""
        for file in (*self._files.values(), *self._coming.values()):
            file.close()


class Work:
    """The workers of one load that send from here."""

    def __init__(
        self,
        load: int,
        jobs: dict[str, dict[str, Any]],
        requests: tuple[tuple[Prepared, ...], int],
        *,
        way: Way,
        line: Line,
        pids: Sequence[int],
    ) -> None:
        self._load, self._way, self._line, self._pids = load, way, line, pids
        self._kept = tempfile.TemporaryDirectory(prefix="assay-load-")
        prepared, bodies = requests
        self._jobs = {
            int(number): Job(**{**job, **way.of_job, "requests": prepared, "bodies": bodies})
            for number, job in jobs.items()
        }
        for number in self._jobs:
            self._folder(number).mkdir()
        self._said: queue.Queue[tuple[int, Told | None]] = queue.Queue()
        self._workers: dict[int, WorkerProcess] = {}
        self._watch: Watch | None = None
        self._spent: dict[int, float] = {}
        """Seconds of CPU of each worker, as it told last."""
        self._telling = threading.Thread(target=self._tell, name=f"load {load}", daemon=True)

    def _folder(self, number: int) -> Path:
        return Path(self._kept.name) / str(number)

    def add(self, worker: int, name: str, part: bytes) -> None:
        """A part of a worker's times, or of its order, has come."""
        if name not in (SCHEDULE, ORDER):
            raise OSError(f"{name} is no file of a worker's")
        with (self._folder(worker) / name).open("ab") as file:
            file.write(part)

    def start(self) -> None:
        """Start the workers; that they are ready they say themselves."""
        for number, job in self._jobs.items():
            self._workers[number] = WorkerProcess(number, job, self._folder(number), self._said)
        self._telling.start()

    def obey(self, word: str, head: dict[str, Any]) -> None:
        """`start` at a time of this machine's clock, `stop`, `abort` or `kill` one of the workers."""
        worker = self._workers.get(head["worker"])
        if worker is None:
            return
        if word == "start":
            self._watch = self._watch or Watch(self._pids, self._way.server)
            worker.start(head["at"])
        else:
            getattr(worker, word)()

    def finish(self, since: int, until: int) -> dict[str, Any]:
        """What this machine did in the time that counted; nothing of the load is left behind."""
        self._look()
        use = self._watch.between(since, until) if self._watch is not None else None
        self.close()
        return {"use": use and dataclasses.asdict(use)}

    def close(self) -> None:
        """End whatever still runs."""
        for worker in self._workers.values():
            worker.kill()
            worker.close()
        if self._workers:
            self._telling.join()
        self._kept.cleanup()

    # Telling on what the workers say, in a thread of its own

    def _tell(self) -> None:
        left, ended = set(self._workers), dict[int, Told]()
        windows: dict[int, int] = {}
        with contextlib.suppress(Gone):
            while left:
                number, told = self._said.get()
                if told is not None and told["kind"] == "window":
                    windows[number], self._spent[number] = told["number"], told["spent"]
                    if min(windows.get(one, 0) for one in left - ended.keys()) == told["number"]:
                        self._look()
                if told is not None and told["kind"] != "ended":
                    self._line.tell("said", load=self._load, worker=number, told=told)
                elif told is not None:
                    ended[number], self._spent[number] = told, told["cpu_seconds"]
                else:
                    left.discard(number)
                    self._bring_home(number, ended.get(number))

    def _look(self) -> None:
        """Read the machine: at the end of each window, once all have told of it, and at the end."""
        if self._watch is not None:
            self._watch.read(sum(self._spent.values()))

    def _bring_home(self, number: int, ended: Told | None) -> None:
        """The rows of a worker that is gone, and then that it is, and how it ended."""
        folder = self._folder(number)
        count = len(Rows.of_folder(folder))
        for name in COLUMNS if count else ():
            with (folder / name).open("rb") as file:
                while part := file.read(CHUNK):
                    self._line.ask("rows", part, load=self._load, worker=number, column=name)
        worker = self._workers[number]
        why = "" if ended is not None else self._why(worker)
        self._line.tell("gone", load=self._load, worker=number, told=ended, why=why)

    @staticmethod
    def _why(worker: WorkerProcess) -> str:
        worker.close()
        return worker.why()
