"""The timed server, compiled and served on a core of its own, and clients that run on another one."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

HERE: Final = Path(__file__).parent


class Missing(Exception):
    """A client is not installed."""


@dataclass(frozen=True, slots=True)
class Reported:
    """What a client says: answers, p50 and p99 in ms, and how long it took them, s."""

    count: int
    p50: float
    p99: float
    seconds: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.count / self.seconds


@dataclass(slots=True)
class Server:
    """The timed server."""

    port: int
    pid: int

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def ask(self, path: str) -> dict[str, Any]:
        """Ask it something, which it does not count."""
        found: dict[str, Any] = json.loads(self._read(path))
        return found

    def log(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """When each request came and when it was answered, ns of our clock, in the order in which they came."""
        arrived, took = np.frombuffer(self._read("/log"), np.int64).reshape(-1, 2).T
        order = np.argsort(arrived, kind="stable")
        return arrived[order], (arrived + took)[order]

    def _read(self, path: str) -> bytes:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(self.url + path, timeout=30) as answer:
            said: bytes = answer.read()
            return said


@contextlib.contextmanager
def serving() -> Iterator[Server]:
    """Compile the server and serve, on a core of its own where there are several. Raises Missing without a compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise Missing("a C compiler is needed for the timed server: apt install gcc")
    with tempfile.TemporaryDirectory() as folder:
        binary = Path(folder) / "server"
        subprocess.run([compiler, "-O2", "-o", binary, HERE / "timed_server.c"], check=True)
        with subprocess.Popen([binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            with contextlib.suppress(OSError, AttributeError):
                os.sched_setaffinity(process.pid, {server_core()})
            yield Server(int(process.stdout.readline()), process.pid)
            process.kill()


def server_core() -> int:
    """The core of the server."""
    return min(os.sched_getaffinity(0))


def client_core() -> int:
    """The core of the client: another one, where there is another."""
    return max(os.sched_getaffinity(0))


def pinned(command: Sequence[Any]) -> str:
    """What a client prints that runs on the core of clients. Raises Missing where a module of it is not there."""
    words = ["taskset", "-c", str(client_core()), *map(str, command)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode and "ModuleNotFoundError" in done.stderr:
        raise Missing(done.stderr.strip().rpartition("\n")[2])
    if done.returncode:
        raise RuntimeError(f"{words[3:5]} ended with {done.returncode}: {done.stderr[-500:]}")
    return done.stdout


def told(output: str) -> Reported:
    """What a client reports in its last line."""
    return Reported(**json.loads(output.strip().rpartition("\n")[2]))
