"""Processes that try faults side by side: each has one at a time, and is replaced where it dies or takes too long."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from assay.plugin.options import CheckOptions
from assay.record.redaction import KEY_VARIABLE
from assay.selftest.aim import aims
from assay.selftest.attempt import Place, tried
from assay.selftest.choosing import fault_named
from assay.selftest.result import Result, result_of, undecided

_LOOK = 0.5
"""Seconds between two looks at who takes too long."""


@dataclass(frozen=True, slots=True)
class Work:
    """What all workers have in common. `key` is that of the reference deployment; else the environment holds it."""

    options: CheckOptions
    upstream: str
    clean: frozenset[Place]
    rules: tuple[str, ...] = ()
    key: str | None = None


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    line: Connection
    doing: str = ""
    since: float = 0.0


def results(
    names: Iterable[str], work: Work, workers: int, limit: float, goes_on: Callable[[], bool] = lambda: True
) -> Iterator[Result]:
    """The result of each fault, as they come. A fault that takes longer than `limit` seconds is undecided.

    Once `goes_on` says no, no further fault is begun. Leaving the iteration ends the processes.
    """
    waiting = deque(names)
    with _crew(work, min(workers, len(waiting))) as crew:
        for worker in crew:
            _hand(worker, waiting, goes_on)
        while any(worker.doing for worker in crew):
            ready = wait([worker.line for worker in crew if worker.doing], _LOOK)
            for number, worker in enumerate(crew):
                result = _heard(worker, worker.line in ready, limit)
                if result is None:
                    continue
                if not worker.process.is_alive():
                    crew[number] = _started(work)
                _hand(crew[number], waiting, goes_on)
                yield result


def _hand(worker: _Worker, waiting: deque[str], goes_on: Callable[[], bool]) -> None:
    """Give a worker the next fault, or nothing to do."""
    worker.doing, worker.since = waiting.popleft() if waiting and goes_on() else "", time.monotonic()
    if worker.doing:
        worker.line.send(worker.doing)


def _heard(worker: _Worker, ready: bool, limit: float) -> Result | None:
    """What a worker has found, or why it found nothing; None while it is still busy, or has nothing to do."""
    if not worker.doing:
        return None
    if ready:
        try:
            found: Result = worker.line.recv()
            return found
        except (EOFError, OSError):
            _end(worker)
            return undecided(fault_named(worker.doing), "the process that tried it died")
    if time.monotonic() - worker.since > limit:
        _end(worker)
        return undecided(fault_named(worker.doing), f"it took longer than {limit:g} seconds")
    return None


@contextmanager
def _crew(work: Work, number: int) -> Iterator[list[_Worker]]:
    crew: list[_Worker] = []
    try:
        for _ in range(number):
            crew.append(_started(work))
        yield crew
    finally:
        for worker in crew:
            _end(worker)


def _started(work: Work) -> _Worker:
    context = multiprocessing.get_context("spawn")  # a thread of this process may hold a lock that a fork would keep
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, work), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _end(worker: _Worker) -> None:
    worker.process.kill()
    worker.process.join()
    worker.line.close()


def _serve(line: Connection, work: Work) -> None:
    """Try one fault after another, until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes: the first of them ends the others
    logging.disable()  # what the proxy or its server has to say is counted, and nobody reads it here
    if work.key is not None:
        os.environ[KEY_VARIABLE] = work.key
    while True:
        try:
            name = line.recv()
        except (EOFError, OSError):
            return
        line.send(_result(name, work))


def _result(name: str, work: Work) -> Result:
    fault = fault_named(name)
    try:
        found = tried(fault, aims(fault, work.rules), work.options, work.upstream, work.clean)
    except Exception as error:  # whatever it is, it is told, and the next fault is tried
        return undecided(fault, f"Assay broke: {type(error).__name__}: {error}")
    return result_of(fault, found)
