"""The process that passes messages on, by Locust: `python -m assay.load.hosts.relay ROLE HOST PORT`.

Its master and worker are the transport and nothing else: none of its users, none of its statistics. It patches Python's
own library as it is imported, so that it lives in this process alone; frames come and go through the standard input and
output, and when its input ends, it does. What it says itself has no peer: `up` once it is connected, or `down`.
"""

from __future__ import annotations

import os
import sys
from typing import Any, Final, NoReturn

from assay.load.hosts.frames import Frame, taken

TYPE: Final = "assay"
"""Of our messages, as Locust calls it."""
MASTER: Final = "master"
MOST_READ: Final = 1 << 20
LINGER: Final = {"master": 4000, "worker": 1000}
"""ms that what was sent last gets to leave, to one that takes it: shorter than `bus.ENDING`. A master that has gone
takes nothing, and a load host has little to say in the end."""


def main(role: str, host: str, port: int) -> None:
    """Pass messages on until the standard input ends, or Locust gives up."""
    pipe = os.dup(1)
    os.dup2(2, 1)  # Locust prints now and then
    pipes = _Pipes(pipe)
    runner = None
    try:
        runner = _runner(role, host, port, pipes)
        while frame := pipes.read():
            runner.send_message(TYPE, {"head": frame.head, "body": frame.body}, frame.peer or None)
    except (Exception, SystemExit) as error:  # Locust ends the process where its port is taken
        pipes.write(Frame("", {"kind": "down", "why": f"{type(error).__name__}: {error}"}))
        _end(1)
    if role != MASTER:  # who led it here has ended, and may have had no time to say so
        runner.send_message(TYPE, {"head": {"kind": "leaving", "why": "has ended"}, "body": b""})
    _let_it_leave((runner.server if role == MASTER else runner.client).socket, LINGER[role])
    _end(0)


def _runner(role: str, host: str, port: int, pipes: _Pipes) -> Any:
    """Locust's, connected; from then on what it hears goes to our output."""
    from locust.env import Environment

    def heard(environment: Any, msg: Any, **_: Any) -> None:
        pipes.write(Frame(msg.node_id if role == MASTER else MASTER, msg.data["head"], msg.data["body"]))

    environment = Environment()
    if role == MASTER:
        runner: Any = environment.create_master_runner(host, port)
        up = {"kind": "up", "port": runner.server.port}
    else:
        runner, up = environment.create_worker_runner(host, port), {"kind": "up"}
    runner.register_message(TYPE, heard)
    pipes.write(Frame("", up))
    return runner


class _Pipes:
    """Frames through this process's own pipes, while its other greenlets go on."""

    def __init__(self, output: int) -> None:
        import locust  # noqa: F401 - it patches first, and everything after it is patched
        from gevent import os as patched
        from gevent.lock import RLock

        self._os, self._output, self._writing = patched, output, RLock()
        self._read = bytearray()
        for descriptor in (0, output):
            patched.make_nonblocking(descriptor)

    def write(self, frame: Frame) -> None:
        """Say a frame, whole."""
        rest = memoryview(frame.to_bytes())
        with self._writing:
            while rest:
                rest = rest[self._os.nb_write(self._output, rest) :]

    def read(self) -> Frame | None:
        """The next frame; None where there is no more."""
        while (frame := taken(self._read)) is None:
            data = self._os.nb_read(0, MOST_READ)
            if not data:
                return None
            self._read += data
        return frame


def _let_it_leave(socket: Any, linger: int) -> None:
    """Close, and wait until what was sent last is on its way: closing alone leaves that to a thread of this process."""
    context = socket.context
    socket.close(linger=linger)
    context.term()


def _end(code: int) -> NoReturn:
    """End without a word: whatever of Locust still runs is not waited for."""
    os._exit(code)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
