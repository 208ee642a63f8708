"""The process that sends: `python -m assay.load.worker FOLDER`, with the times of sending in the folder.

On its standard input it is told, a line each: the job, `start NS` (when to begin, on our clock, which all processes of
a machine share), `stop` (send nothing more) and `abort` (end what is under way). It ends when its input does. It says
on its standard output, a line of JSON each: that it is ready, what each window was like, and how it ended.
"""

from __future__ import annotations

import contextlib
import gc
import json
import mmap
import os
import ssl
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from assay.load.clock import SECOND, kernel_stamps, now
from assay.load.columns import Columns
from assay.load.descriptors import connections_allowed
from assay.load.engine import Engine
from assay.load.health import Health
from assay.load.job import NOTHING, ORDER, SCHEDULE, Job
from assay.load.reactor import Reactor
from assay.load.tls import context_for
from assay.load.windows import Windows


def main(folder: Path) -> None:
    """Do the job that comes first on the standard input; rows go to a folder."""
    line = bytearray()
    while not line.endswith(b"\n"):
        data = os.read(sys.stdin.fileno(), 1 << 16)
        if not data:
            return
        line += data
    job = Job.of_line(bytes(line))
    if job.core is not None:
        with contextlib.suppress(OSError, AttributeError):
            os.sched_setaffinity(0, {job.core})
    Worker(allowed(job), folder, _shared(job.bodies)).work()


def allowed(job: Job) -> Job:
    """The job with as many connections as this process may open. Clients are not made fewer: what fails is told."""
    if job.clients:
        connections_allowed(job.clients)
        return job
    connections = connections_allowed(job.connections)
    return replace(job, connections=connections, warm_connections=min(job.warm_connections, connections))


def _shared(descriptor: int) -> memoryview:
    """The bodies, as all workers see them: one copy in memory, however many there are."""
    size = os.fstat(descriptor).st_size if descriptor != NOTHING else 0
    return memoryview(mmap.mmap(descriptor, size, access=mmap.ACCESS_READ) if size else b"")


class Worker:
    """One job."""

    def __init__(self, job: Job, folder: Path, bodies: memoryview) -> None:
        self._job, self._folder = job, folder
        self._columns = Columns(folder)
        self._reactor = Reactor()
        tls: ssl.SSLContext | None = context_for(job) if job.tls else None
        self._engine = Engine(job, bodies, self._columns, tls, self._reactor)
        self._windows, self._health = Windows(), Health(self._reactor)
        self._engine.on_row = self._windows.add
        self._commands = Commands(self._reactor)

    def work(self) -> None:
        """Warm up, begin when told, tell of each window, end when told or by a bound. Whatever comes, rows are kept."""
        try:
            self._work()
        finally:
            self._columns.close()

    def _work(self) -> None:
        schedule, order = _numbers(self._folder / SCHEDULE, "q"), _numbers(self._folder / ORDER, "I")
        self._engine.warm()
        gc.collect()
        gc.freeze()
        gc.disable()
        _say(kind="ready", kernel_stamps=self._job.stamps and kernel_stamps())
        self._reactor.run(lambda: not self._commands.words)
        word = self._commands.words.popleft()
        if word.startswith("start "):
            self._send_from(int(word.split()[1]), schedule, order)

    def _send_from(self, began: int, schedule: memoryview[int], order: memoryview[int]) -> None:
        engine, health = self._engine, self._health
        engine.start(began, schedule, order)
        health.start()
        self._tell_after(began, 1)
        self._commands.obey(self._obey)
        self._reactor.run(lambda: not engine.over)
        engine.close()
        ended = now()
        self._columns.close()
        for answer in engine.sample.told():
            _say(kind="answer", **answer)
        _say(kind="ended", rows=len(self._columns), ended=ended, stopped=engine.stopped, late=engine.late,
             connections=self._job.connections, precise=self._reactor.precise, drift=engine.realtime.drift,
             **health.told())  # fmt: skip

    def _tell_after(self, began: int, number: int) -> None:
        """Tell of a window when it is over, and then of the next."""
        due = began + round(number * self._job.window * SECOND)

        def tell() -> None:
            engine = self._engine
            _say(kind="window", number=number, until=due, waiting=engine.waiting, open=engine.open,
                 **self._windows.told(), **self._health.window())  # fmt: skip
            self._columns.flush()
            if number * self._job.window >= self._job.longest:
                engine.stop()
            self._tell_after(began, number + 1)

        self._reactor.at(due, tell)

    def _obey(self, word: str) -> None:
        self._engine.stop()
        if word != "stop":
            self._engine.abort()


class Commands:
    """The words on the standard input, a line each; `abort` when it ends: whoever gave the job is gone."""

    def __init__(self, reactor: Reactor) -> None:
        self._reactor = reactor
        self._descriptor = sys.stdin.fileno()
        self._rest = b""
        self.words: deque[str] = deque()
        """What nobody obeys yet."""
        self._heard: Callable[[str], None] = self.words.append
        os.set_blocking(self._descriptor, False)
        reactor.on_readable(self._descriptor, self._read)

    def obey(self, heard: Callable[[str], None]) -> None:
        """Hand over each word: those that wait for it, and then as they come."""
        self._heard = heard
        while self.words:
            heard(self.words.popleft())

    def _read(self) -> None:
        try:
            data = os.read(self._descriptor, 4096)
        except BlockingIOError:
            return
        if not data:
            self._reactor.forget(self._descriptor)
            self._heard("abort")
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._heard(line.decode())


def _numbers(path: Path, kind: Literal["q", "I"]) -> memoryview[int]:
    """A file of numbers, read as it is needed: that of hours of load is large."""
    if not path.exists() or not path.stat().st_size:
        return memoryview(b"").cast(kind)
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)).cast(kind)


def _say(**facts: Any) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
