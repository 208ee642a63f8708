"""The process that sends: `python -m assay.load.worker FOLDER`, with the times of sending in the folder.

On its standard input it is told, a line each: the job, `start NS` (when to begin, on our clock, which all processes of
a machine share), `stop` (send nothing more) and `abort` (end what is under way). It ends when its input does. It says
on its standard output, a line of JSON each: that it is ready, what each window was like, and how it ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import mmap
import os
import ssl
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Literal

from assay.load.clock import SECOND, kernel_stamps, now
from assay.load.columns import Columns
from assay.load.engine import Engine
from assay.load.health import Health
from assay.load.job import NOTHING, ORDER, SCHEDULE, Job
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
    _run(Worker(job, folder, _shared(job.bodies)).work())


def _shared(descriptor: int) -> memoryview:
    """The bodies, as all workers see them: one copy in memory, however many there are."""
    size = os.fstat(descriptor).st_size if descriptor != NOTHING else 0
    return memoryview(mmap.mmap(descriptor, size, access=mmap.ACCESS_READ) if size else b"")


def _run(work: Coroutine[Any, Any, None]) -> None:
    try:
        import uvloop
    except ImportError:  # not on this system: a few per cent slower, and as exact
        asyncio.run(work)
    else:
        uvloop.run(work)


class Worker:
    """One job."""

    def __init__(self, job: Job, folder: Path, bodies: memoryview) -> None:
        self._job, self._folder, self._bodies = job, folder, bodies
        self._columns = Columns(folder)
        self._tls: ssl.SSLContext | None = context_for(job) if job.tls else None

    async def work(self) -> None:
        """Warm up, begin when told, tell of each window, end when told or by a bound."""
        engine = Engine(self._job, self._bodies, self._columns, self._tls)
        schedule, order = _numbers(self._folder / SCHEDULE, "q"), _numbers(self._folder / ORDER, "I")
        windows = Windows()
        health = Health()
        engine.on_row = windows.add
        await engine.warm()
        commands = await _commands()
        gc.collect()
        gc.freeze()
        gc.disable()
        _say(
            kind="ready",
            kernel_stamps=self._job.stamps and kernel_stamps(),
            loop=type(asyncio.get_running_loop()).__module__,
        )
        word = await commands.get()
        if not word.startswith("start "):
            return
        began = int(word.split()[1])
        engine.start(began, schedule, order)
        health.start()
        telling = asyncio.create_task(self._tell(windows, health, engine, began))
        obeying = asyncio.create_task(self._obey(commands, engine))
        await engine.over.wait()
        for task in (telling, obeying):
            task.cancel()
        engine.close()
        ended = now()
        self._columns.close()
        for answer in engine.sample.told():
            _say(kind="answer", **answer)
        _say(kind="ended", rows=len(self._columns), ended=ended, stopped=engine.stopped, late=engine.late,
             precise=engine.precise, drift=engine.realtime.drift, **health.told())  # fmt: skip

    async def _tell(self, windows: Windows, health: Health, engine: Engine, began: int) -> None:
        number = 0
        while True:
            number += 1
            due = began + round(number * self._job.window * SECOND)
            await asyncio.sleep(max(due - now(), 0) / SECOND)
            _say(
                kind="window",
                number=number,
                until=due,
                waiting=engine.waiting,
                open=engine.open,
                **windows.told(),
                **health.window(),
            )
            self._columns.flush()
            if number * self._job.window >= self._job.longest:
                engine.stop()

    async def _obey(self, commands: asyncio.Queue[str], engine: Engine) -> None:
        while True:
            word = await commands.get()
            engine.stop()
            if word != "stop":
                engine.abort()


def _numbers(path: Path, kind: Literal["q", "I"]) -> memoryview[int]:
    """A file of numbers, read as it is needed: that of hours of load is large."""
    if not path.exists() or not path.stat().st_size:
        return memoryview(b"").cast(kind)
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)).cast(kind)


async def _commands() -> asyncio.Queue[str]:
    """The words on the standard input; `abort` when it ends: whoever gave the job is gone."""
    loop, words, rest = asyncio.get_running_loop(), asyncio.Queue[str](), bytearray()
    descriptor = sys.stdin.fileno()
    os.set_blocking(descriptor, False)

    def read() -> None:
        try:
            data = os.read(descriptor, 4096)
        except BlockingIOError:
            return
        if not data:
            loop.remove_reader(descriptor)
            words.put_nowait("abort")
            return
        rest.extend(data)
        while b"\n" in rest:
            line, _, left = bytes(rest).partition(b"\n")
            rest[:] = left
            words.put_nowait(line.decode())

    loop.add_reader(descriptor, read)
    return words


def _say(**facts: Any) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
