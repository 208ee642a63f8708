"""Messages to other machines and from them, as the rest of Assay sees them: Locust is in a process apart."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import queue
import socket
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any, Final, Protocol

from assay.contract.sentences import cut
from assay.errors import TargetUnreachable, UsageProblem
from assay.load.hosts.frames import Frame, taken

MASTER: Final = "master"
USUAL_PORT: Final = 5557
"""Locust's own."""
STARTING: Final = 30.0
"""Seconds that the relay gets to be up."""
ENDING: Final = 10.0
MOST_READ: Final = 1 << 20
AGAIN: Final = 0.5
"""Seconds between two tries to reach the master."""


class Bus(Protocol):
    """Takes frames to others, in their order, and brings theirs."""

    def send(self, peer: str, head: dict[str, Any], body: bytes = b"") -> None:
        """Say something to one of them; where it is gone, nobody hears it."""

    def receive(self, seconds: float) -> Frame | None:
        """What came next; None where nothing came in so many seconds. Raises BusDown."""

    def close(self) -> None:
        """Say no more, once what was said has left."""


class BusDown(Exception):
    """Messages are not passed on any more, for the reason that is said."""


def refuse_without_locust() -> None:
    """Raise UsageProblem where Locust is not installed."""
    if importlib.util.find_spec("locust") is None:
        raise UsageProblem("load from many machines goes by Locust, which is not here: pip install 'assay[locust]'")


def address(said: str, option: str) -> tuple[str, int]:
    """Host and port of `HOST`, `HOST:PORT`, `[::1]:PORT`; the port is Locust's by default. Raises UsageProblem."""
    host, colon, port = said.rpartition(":")
    if said.endswith("]") or not colon:
        host, port = said, str(USUAL_PORT)
    bracketed = host.startswith("[") and host.endswith("]")
    if not host or (":" in host and not bracketed) or not port.isdecimal() or not int(port) <= 65535:
        raise UsageProblem(f"{option} {said!r} is no address; write HOST:PORT, such as 10.0.0.5:{USUAL_PORT}")
    return host, int(port)


def listening_bus(host: str, port: int, option: str) -> tuple[RelayBus, int]:
    """The master's end, and the port that it listens on. Raises UsageProblem where it cannot."""
    refuse_without_locust()
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(place)
    except OSError as error:
        raise UsageProblem(f"{option}: cannot listen on {host}:{port}: {error.strerror}; choose another") from None
    bus = RelayBus("master", host, port)
    try:
        return bus, int(bus.wait_until_up()["port"])
    except BusDown as down:
        bus.close()
        raise UsageProblem(f"{option}: cannot listen on {host}:{port}: {down}; choose another") from None


def calling_bus(host: str, port: int, wait: float) -> RelayBus:
    """The end of a load host. Raises TargetUnreachable where no master is reached within so many seconds."""
    refuse_without_locust()
    give_up = time.monotonic() + wait
    while why := _why_unreached(host, port):
        if time.monotonic() > give_up:
            raise TargetUnreachable(f"no master is reached at {host}:{port} within {wait:g} s: {why}")
        time.sleep(AGAIN)
    bus = RelayBus("worker", host, port)
    try:
        bus.wait_until_up(max(give_up - time.monotonic(), STARTING))
    except BusDown as down:
        bus.close()
        raise TargetUnreachable(f"what listens at {host}:{port} is no master of Assay's: {down}") from None
    return bus


def _why_unreached(host: str, port: int) -> str:
    try:
        socket.create_connection((host.strip("[]"), port), AGAIN).close()
    except socket.gaierror:
        return "the name is not known here"
    except TimeoutError:
        return "it does not answer"
    except OSError as error:
        return error.strerror or "it cannot be reached"
    return ""


class RelayBus:
    """By the process that passes messages on. What it says itself comes as frames without a peer."""

    def __init__(self, role: str, host: str, port: int) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - `close` closes it
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "assay.load.hosts.relay", role, host, str(port)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, start_new_session=True,
        )  # fmt: skip
        self._sending = threading.Lock()
        self._heard: queue.Queue[Frame | None] = queue.Queue()
        self._down = ""
        self._reader = threading.Thread(target=self._read, name="bus", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process that passes messages on."""
        return self._process.pid

    def wait_until_up(self, seconds: float = STARTING) -> dict[str, Any]:
        """What it says of itself once it is connected. Raises BusDown."""
        frame = self.receive(seconds)
        if frame is None:
            raise BusDown(f"it said nothing for {seconds:.0f} s")
        return frame.head

    def send(self, peer: str, head: dict[str, Any], body: bytes = b"") -> None:
        """Say something to one of them; where the relay is gone, `receive` tells."""
        assert self._process.stdin is not None
        with self._sending, contextlib.suppress(OSError, ValueError):
            self._process.stdin.write(Frame(peer, head, body).to_bytes())
            self._process.stdin.flush()

    def receive(self, seconds: float) -> Frame | None:
        """What came next. Raises BusDown."""
        if self._down:
            raise BusDown(self._down)
        try:
            frame = self._heard.get(timeout=max(seconds, 0))
        except queue.Empty:
            return None
        if frame is None or (not frame.peer and frame.kind == "down"):
            self._down = str(frame.head["why"]) if frame else self._last_words()
            raise BusDown(self._down)
        return frame

    def close(self) -> None:
        """End the relay, once what was said has left."""
        with contextlib.suppress(OSError, ValueError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        try:
            self._process.wait(ENDING)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(ENDING)
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._errors.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        read = bytearray()
        descriptor = self._process.stdout.fileno()
        while data := os.read(descriptor, MOST_READ):
            read += data
            while (frame := taken(read)) is not None:
                self._heard.put(frame)
        self._heard.put(None)

    def _last_words(self) -> str:
        with contextlib.suppress(OSError, ValueError):
            self._errors.seek(0)
            lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
            return cut(lines[-1], 300) if lines else "the process that passes messages on has ended"
        return "the process that passes messages on has ended"
