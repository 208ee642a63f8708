"""The server's processes, where it runs on this machine: whoever listens on its port, and their children."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import psutil

from assay.load.clock import now

LOOKED_AGAIN: Final = 10
"""Readings after which children are looked for again: servers start and end theirs as they need them."""
ELSEWHERE: Final = frozenset({"ssh", "autossh", "kubectl", "socat", "cloudflared", "ngrok", "gcloud"})
"""They pass a port on to another machine."""
CONTAINERS: Final = frozenset(
    {"docker-proxy", "rootlessport", "rootlesskit", "pasta", "slirp4netns", "gvproxy", "com.docker.backend"}
)
"""They pass a port on to a container on this machine, in which the server's processes are."""


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who listens on a port: `pids` serve there; `passed_on` names a program that only passes it on.

    `elsewhere` says that this program passes it on to another machine.
    """

    pids: tuple[int, ...] = ()
    passed_on: str = ""
    elsewhere: bool = False


def listening(port: int) -> Listeners:
    """Who listens on a port of this machine, as far as the system tells this user."""
    names = {pid: name for pid in sorted(_listeners(port)) if (name := _name(pid))}
    served = tuple(pid for pid, name in names.items() if name not in ELSEWHERE | CONTAINERS)
    passing = next((name for name in names.values() if name in ELSEWHERE | CONTAINERS), "")
    return Listeners(served) if served else Listeners((), passing, passing in ELSEWHERE)


def _listeners(port: int) -> set[int]:
    try:
        found = [(each.pid, each) for each in psutil.net_connections("tcp")]
    except (psutil.Error, OSError):  # some systems tell it to root alone; each process may be asked for its own
        found = [(process.pid, each) for process in psutil.process_iter() for each in _connections(process)]
    return {
        pid
        for pid, each in found
        if pid and each.status == psutil.CONN_LISTEN and each.laddr and each.laddr.port == port
    }


def _connections(process: psutil.Process) -> list[Any]:
    with contextlib.suppress(psutil.Error, OSError, AttributeError):  # psutil before 6 calls it otherwise
        return list(process.net_connections("tcp"))
    return []


def _name(pid: int) -> str:
    with contextlib.suppress(psutil.Error):
        return str(psutil.Process(pid).name())
    return ""


@dataclass(frozen=True, slots=True)
class ProcessReading:
    """The server's processes together: seconds of CPU since they were first seen, bytes held in memory."""

    at: int
    cpu_seconds: float
    memory: int


class Processes:
    """These processes and their children, as they come and go; Assay itself is never among them."""

    def __init__(self, roots: Iterable[int] = ()) -> None:
        self._roots = [process for pid in roots for process in _processes(pid)]
        self._own = os.getpid()
        self._alive: list[psutil.Process] = []
        self._spent: dict[int, float] = {}
        self._count = 0
        self._look()

    @property
    def pids(self) -> frozenset[int]:
        """All that were seen: those that have ended, too."""
        return frozenset(self._spent)

    @property
    def alive(self) -> tuple[int, ...]:
        """Those that are there now."""
        self._look()
        return tuple(process.pid for process in self._alive)

    def _look(self) -> None:
        found = {process.pid: process for root in self._roots for process in (root, *_children(root))}
        self._alive = [process for pid, process in found.items() if pid != self._own and process.is_running()]
        for process in self._alive:
            self._spent.setdefault(process.pid, 0.0)

    def read(self) -> ProcessReading | None:
        """What they hold and have computed; None where none of them is there."""
        self._count += 1
        if self._count % LOOKED_AGAIN == 0:
            self._look()
        memory, alive = 0, False
        for process in self._alive:
            with contextlib.suppress(psutil.Error):
                times, held = process.cpu_times(), process.memory_info().rss
                self._spent[process.pid] = times.user + times.system
                memory, alive = memory + held, True
        return ProcessReading(now(), sum(self._spent.values()), memory) if alive else None


def _processes(pid: int) -> Iterator[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        yield psutil.Process(pid)


def _children(process: psutil.Process) -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        return list(process.children(recursive=True))
    return []
