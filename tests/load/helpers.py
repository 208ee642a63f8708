"""Jobs done in this process, against any server."""

from __future__ import annotations

import socket
import ssl
from array import array
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from assay.load.clock import SECOND, now
from assay.load.columns import COLUMNS, Columns, Failure
from assay.load.engine import Engine
from assay.load.exchange import Exchange
from assay.load.job import Job, Prepared
from assay.load.machine import Use
from assay.load.plan import Measurement, Plan, Stopped
from assay.load.reactor import Reactor
from assay.load.rows import Rows
from assay.load.schedule import Constant

HEAD = "POST /some HTTP/1.1\r\nHost: here\r\nContent-Length: {}\r\n\r\n"


def job(url: str, body: bytes = b"12345", path: str = "/some", **wanted: Any) -> Job:
    """One request, as often as the rest says; impatient, so that no test waits long."""
    at = urlsplit(url)
    assert at.hostname
    assert at.port
    head = HEAD.format(len(body)).replace("/some", path)
    patience = {"timeout": 5.0, "drain": 5.0, "longest": 10.0}
    address = (socket.gethostbyname(at.hostname), at.port)
    prepared = (Prepared(head, 0, len(body)),)
    return Job(at.hostname, at.port, socket.AF_INET, address, prepared, **{**patience, **wanted})


def done(
    asked: Job,
    folder: Path,
    times: list[float] | None = None,
    *,
    body: bytes = b"12345",
    tls: ssl.SSLContext | None = None,
    abort_after: float | None = None,
) -> list[dict[str, int]]:
    """The rows of a job that is done here and now; `times` in seconds from the start."""
    schedule = array("q", [round(each * 1e9) for each in times or ()])

    reactor, columns = Reactor(), Columns(folder)
    engine = Engine(asked, memoryview(body), columns, tls, reactor)
    engine.warm()
    engine.start(now(), schedule, array("I"))
    if abort_after is not None:
        reactor.after(abort_after, engine.abort)
    give_up = now() + 20 * SECOND
    reactor.at(give_up, lambda: None)
    reactor.run(lambda: not engine.over and now() < give_up)
    assert engine.over
    engine.close()
    columns.close()
    reactor.close()
    return rows(folder)


def rows(folder: Path) -> list[dict[str, int]]:
    """What was written, row by row."""
    columns = {}
    for name, kind in COLUMNS.items():
        columns[name] = array(kind)
        columns[name].frombytes((folder / name).read_bytes())
    return [dict(zip(columns, row)) for row in zip(*columns.values(), strict=True)]


def exchange(**told: Any) -> Exchange:
    """One that has ended, of which this is told."""
    made = Exchange(0, 0)
    for name, value in told.items():
        setattr(made, name, value)
    return made


def failures(found: list[dict[str, int]]) -> list[Failure]:
    return [Failure(row["failure"]) for row in found]


def measured(rows: Rows, **wanted: Any) -> Measurement:
    """A measurement of these rows that went well, but for what is said."""
    usual: dict[str, Any] = {
        "plan": Plan((), Constant(100.0)),
        "began": 0,
        "stopped": int(rows["intended"].max(initial=0)),
        "why": Stopped.TIME,
        "windows": [],
        "workers": [],
        "use": Use(1.0, 0.0, 0.0, 0.0, 0.0, 0.0),
        "kernel_stamps": True,
        "precise": True,
        "local": True,
    }
    return Measurement(rows=rows, **{**usual, **wanted})
