"""What one worker is to do, as it is handed over: a file of JSON, and files with the bodies and the times of sending."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

JOB, BODIES, SCHEDULE, ORDER = "job.json", "bodies", "schedule", "order"
PERCENTILES: Final = (50.0, 90.0, 99.0)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request ready for the wire: its head, and where its body lies in the file of bodies, which all workers share."""

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
    clients: int = 0
    connections: int = 1024
    timeout: float = 60.0
    """Seconds that one request may take, connecting included."""
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
    core: int | None = None
    """The core to stay on; None for any."""

    def write(self, folder: Path) -> None:
        """Leave it in a folder for the worker."""
        (folder / JOB).write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Job:
        """What the worker finds there."""
        told = json.loads((folder / JOB).read_text(encoding="utf-8"))
        told["requests"] = tuple(Prepared(**one) for one in told["requests"])
        told["address"] = tuple(told["address"])
        return cls(**told)
