"""Load hosts in this process, on a bus that is two queues: the protocol, without Locust and without a network."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Iterator
from typing import Any

from assay.errors import AssayError
from assay.load.calibration import Calibration
from assay.load.figures import ErrorBound
from assay.load.hosts.agent import Agent
from assay.load.hosts.bus import MASTER, BusDown
from assay.load.hosts.frames import Frame, taken
from assay.load.hosts.gathering import LoadHosts

KNOWN = Calibration(ErrorBound(0.1, 0.2, True), 400, 0.0, 0.1, 0.2, 5000.0)


def carried(frame: Frame) -> Frame:
    """As it comes out at the other end of a pipe."""
    found = taken(bytearray(frame.to_bytes()))
    assert found is not None
    return found


class Wires:
    """The master's end of a bus, and an end for each who dials in. `cut` are those whose words do not pass."""

    def __init__(self) -> None:
        self.heard: queue.Queue[Frame] = queue.Queue()
        self.ends: dict[str, Wire] = {}
        self.cut: set[str] = set()
        self.passed: list[Frame] = []

    def dial(self, peer: str) -> Wire:
        self.ends[peer] = Wire(self, peer)
        return self.ends[peer]

    def send(self, peer: str, head: dict[str, Any], body: bytes = b"") -> None:
        if peer not in self.cut:
            self.ends[peer].heard.put(carried(Frame(MASTER, head, body)))

    def receive(self, seconds: float) -> Frame | None:
        with contextlib.suppress(queue.Empty):
            frame = self.heard.get(timeout=seconds)
            self.passed.append(frame)
            return frame
        return None

    def close(self) -> None:
        pass


class Wire:
    """The end of one load host. `down` has it find the master gone."""

    def __init__(self, wires: Wires, peer: str) -> None:
        self._wires, self._peer = wires, peer
        self.heard: queue.Queue[Frame] = queue.Queue()
        self.down = False

    def send(self, peer: str, head: dict[str, Any], body: bytes = b"") -> None:
        assert peer == MASTER
        if self._peer not in self._wires.cut:
            self._wires.heard.put(carried(Frame(self._peer, head, body)))

    def receive(self, seconds: float) -> Frame | None:
        if self.down:
            raise BusDown("the test wants it so")
        with contextlib.suppress(queue.Empty):
            return self.heard.get(timeout=seconds)
        return None

    def close(self) -> None:
        pass


class Joined:
    """A load host in a thread: `ended` is what became of it. Where it is `welcome` it hears so before all else."""

    def __init__(self, wires: Wires, name: str, peer: str | None = None, welcome: bool = False, **wanted: Any) -> None:
        self.peer = peer or name
        self.said: list[str] = []
        self.ended: str | AssayError | None = None
        wanted = {"calibrating": lambda: KNOWN, **wanted}
        self.agent = Agent(wires.dial(self.peer), self.said.append, name=name, **wanted)
        if welcome:
            wires.send(self.peer, {"kind": "welcome", "name": name})
        self.thread = threading.Thread(target=self._serve, name=f"host {name}")
        self.thread.start()

    def _serve(self) -> None:
        try:
            self.ended = self.agent.serve()
        except AssayError as error:
            self.ended = error

    def join(self) -> str | AssayError | None:
        self.thread.join(10)
        assert not self.thread.is_alive()
        return self.ended


@contextlib.contextmanager
def gathered(*names: str, wires: Wires | None = None, **wanted: Any) -> Iterator[tuple[LoadHosts, Wires, list[Joined]]]:
    """So many load hosts that have come and are ready."""
    wires = wires or Wires()
    hosts = LoadHosts(wires, len(names), "here:1")
    joined = [Joined(wires, name, f"{name}-{number}", **wanted) for number, name in enumerate(names)]
    try:
        hosts.gather(10, lambda said: None)
        yield hosts, wires, joined
    finally:
        hosts.close()
        wires.cut.clear()
        for one in joined:
            wires.ends[one.peer].heard.put(Frame(MASTER, {"kind": "bye", "why": "the test is over"}))
            one.join()
