"""The processes that a measurement starts: workers and the sink. Each ends when its input does, whoever left it."""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Final

from assay.contract.sentences import cut
from assay.errors import UsageProblem
from assay.load.job import Job

READY: Final = 20.0
"""Seconds that a process gets to start and to open its connections."""
PATIENCE: Final = 5.0
"""Seconds that a process gets to end once its input has."""
Told = dict[str, Any]


def refuse_where_it_cannot_run() -> None:
    """Raise UsageProblem on a system that lacks what the workers are made of."""
    if sys.platform == "win32":
        raise UsageProblem("load is measured on Linux and macOS; on Windows, run Assay in WSL or in a container")


class WorkerProcess:
    """One worker. What it says goes to `said`, as (number, message); (number, None) once it has ended."""

    def __init__(self, number: int, job: Job, folder: Path, said: queue.Queue[tuple[int, Told | None]]) -> None:
        self.number, self.folder = number, folder
        self.name = f"worker {number + 1}"
        self._said = said
        kept = () if job.bodies < 0 else (job.bodies,)
        with (folder / "stderr").open("wb") as errors:
            self._process = _start("assay.load.worker", [str(folder)], errors, kept)
        self._reader = threading.Thread(target=self._read, name=f"worker {number}", daemon=True)
        self._reader.start()
        self._say(job.line())

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with contextlib.suppress(ValueError):  # half a line of a worker that was killed
                self._said.put((self.number, json.loads(line)))
        self._said.put((self.number, None))

    def start(self, at: int) -> None:
        """Begin at this time, ns of our clock."""
        self._say(f"start {at}\n".encode())

    def stop(self) -> None:
        """Send nothing more."""
        self._say(b"stop\n")

    def abort(self) -> None:
        """End what is under way, too."""
        self._say(b"abort\n")

    def _say(self, words: bytes) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):  # it is gone: its output tells
            self._process.stdin.write(words)
            self._process.stdin.flush()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def close(self) -> None:
        """Wait until it has ended; it is made to."""
        _end(self._process)
        self._reader.join(PATIENCE)
        if self._process.stdout is not None:
            self._process.stdout.close()

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def why(self) -> str:
        """Why it died, in a few words: its signal or code, and the last line that it left."""
        code = self._process.returncode
        how = f"was ended by signal {-code}" if code is not None and code < 0 else f"ended with code {code}"
        with contextlib.suppress(OSError):
            lines = (self.folder / "stderr").read_text("utf-8", "replace").strip().splitlines()
            return f"{how}: {cut(lines[-1], 300)}" if lines else how
        return how


@contextlib.contextmanager
def sink() -> Iterator[int]:
    """The exactly timed server, on a free port of 127.0.0.1. Raises RuntimeError where it doesn't start."""
    process = _start("assay.load.sink", [], subprocess.DEVNULL, ())
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line.strip().isdigit():
            raise RuntimeError("the server for the calibration did not start")
        yield int(line)
    finally:
        _end(process)
        if process.stdout is not None:
            process.stdout.close()


def _start(
    module: str, words: Sequence[str], errors: IO[bytes] | int, kept: tuple[int, ...]
) -> subprocess.Popen[bytes]:
    """A Python of our own, out of reach of Ctrl-C: who started it says when it ends."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", module, *words],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, pass_fds=kept, start_new_session=True,
    )  # fmt: skip


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        if process.stdin is not None:
            process.stdin.close()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
