"""The machines from which the load comes, for the time of a benchmark."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Final

from assay.bench.options import Elsewhere
from assay.contract.sentences import count
from assay.load.hosts.bus import listening_bus
from assay.load.hosts.gathering import LoadHosts

EVERYWHERE: Final = ("0.0.0.0", "[::]", "*")


@contextlib.contextmanager
def listening_for_hosts(wanted: Elsewhere, echo: Callable[[str], None]) -> Iterator[LoadHosts]:
    """From now on they may come. Raises UsageProblem where nobody can listen there, or Locust is missing."""
    bus, port = listening_bus(wanted.host, wanted.port, "--load-bind")
    where = f"{'THIS-MACHINE' if wanted.host in EVERYWHERE else wanted.host}:{port}"
    hosts = LoadHosts(bus, wanted.count, where)
    echo(f"load hosts may come: start `assay load-host {where}` on {count(wanted.count, 'machine')}")
    try:
        yield hosts
    finally:
        hosts.close()
