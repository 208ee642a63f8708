"""Processes that the rig starts: each leads a group of its own, and is ended by that group's id only."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import RigError

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Process:
    """A process, and its birth in the kernel's ticks: an id alone may have passed on to a stranger."""

    pid: int
    born: str

    def alive(self) -> bool:
        """Whether it runs; one that has ended and is not yet reaped does not."""
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, os.WNOHANG)  # ours to reap, if this very process started it
        return _born(self.pid) == self.born

    def end(self, patience: float = 10.0) -> None:
        """Asks its whole group to end, and makes it do so after `patience` seconds. Returns when it has."""
        for number, wait in ((signal.SIGTERM, patience), (signal.SIGKILL, patience)):
            if not self.alive():
                return
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)
            deadline = time.monotonic() + wait
            while self.alive() and time.monotonic() < deadline:
                time.sleep(0.05)


def myself() -> Process:
    """This process."""
    born = _born(os.getpid())
    assert born is not None
    return Process(os.getpid(), born)


def start(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    folder: Path,
    log: Path,
    listener: socket.socket,
) -> Process:
    """Starts a command in a group of its own; it inherits the listener's descriptor, and logs to a file."""
    with log.open("wb") as output:
        child = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=[listener.fileno()],
            start_new_session=True,
        )
    child.returncode = 0  # it may outlive us, so that nobody waits for it through this object
    return Process(child.pid, _born(child.pid) or "")


def bind(port: int = 0) -> socket.socket:
    """A socket bound to a port of the loopback interface, a free one for 0. It does not listen yet.

    Raises:
        RigError: The port is taken.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if port:  # may still cool down from the last run; a free one must be nobody else's
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
    except OSError as error:
        listener.close()
        raise RigError(f"port {port} of {LOOPBACK} cannot be had: {error.strerror}.") from error
    return listener


def address(listener: socket.socket) -> str:
    """The base URL of a bound socket."""
    return f"http://{LOOPBACK}:{listener.getsockname()[1]}"


def _born(pid: int) -> str | None:
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, started = after_name[0], after_name[19]
    return None if state in "ZX" else started
