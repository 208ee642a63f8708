"""What one worker is to do, as it is handed over: a line of JSON on its standard input.

Heads and bodies may hold the API key. So neither ever stands in a file that has a name: the job goes through a pipe,
and the bodies lie in a file without a name, whose descriptor all workers inherit and share.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Final

SCHEDULE, ORDER = "schedule", "order"
NOTHING: Final = -1
"""The descriptor of bodies where no request has one."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request ready for the wire: its head, and where its body lies in the file of bodies."""

    head: str
    """Request line and headers, latin-1, with the blank line."""
    start: int
    size: int


@dataclass(frozen=True, slots=True)
class Job:
    """One worker's part of one phase.

    With `clients` the loop is closed: so many requests are always under way. Without, it is open: requests are sent at
    the times of the file `schedule` (int64, ns from the start), whatever becomes of those before. `order` (uint32) says
    which prepared request is sent when, and begins anew at its end. `connections` bounds how many are open at once.
    """

    host: str
    port: int
    family: int
    address: tuple[str | int, ...]
    requests: tuple[Prepared, ...]
    bodies: int = NOTHING
    """The inherited descriptor of the file that holds them, one after the other."""
    clients: int = 0
    connections: int = 1024
    timeout: float = 60.0
    """Seconds that one request may take, connecting included."""
    drain: float = 60.0
    """Seconds that what is under way or waits gets to end, once nothing more becomes due."""
    window: float = 1.0
    """Seconds between two summaries."""
    longest: float = 600.0
    """Seconds after which it ends by itself."""
    most: int = 10_000_000
    """Requests after which it ends by itself."""
    tls: bool = False
    ca_bundle: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    warm_connections: int = 0
    """Connections that are opened before the start, so that no request waits for one."""
    answers: int = 0
    """How many answers are kept whole, spread over the time."""
    stamps: bool = True
    """Whether the kernel is asked to stamp what is received, where it can."""
    core: int | None = None
    """The core to stay on; None for any."""

    def line(self) -> bytes:
        """The job as it is handed over."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def of_line(cls, line: bytes) -> Job:
        """What a worker was handed."""
        told = json.loads(line)
        told["requests"] = tuple(Prepared(**one) for one in told["requests"])
        told["address"] = tuple(told["address"])
        return cls(**told)
