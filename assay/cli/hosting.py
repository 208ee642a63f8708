"""`assay load-host`."""

from __future__ import annotations

from pathlib import Path

from assay.cli.voice import say
from assay.load.hosts.agent import Agent
from assay.load.hosts.bus import address, calling_bus
from assay.load.hosts.targets import Trust
from assay.load.processes import refuse_where_it_cannot_run
from assay.plugin.quiet import termination_as_interrupt
from assay.report.text import one_line


def send_for(
    master: str, wait: float, ca_bundle: Path | None, client_cert: Path | None, client_key: Path | None
) -> int:
    """Send load for the master until its benchmark is over. Raises UsageProblem, TargetUnreachable."""
    refuse_where_it_cannot_run()
    host, port = address(master, "the master")
    trust = Trust(ca_bundle, client_cert, client_key)
    trust.context()
    say(f"dialling {host}:{port}")
    with termination_as_interrupt():
        bus = calling_bus(host, port, wait)
        try:
            why = Agent(bus, lambda line: say(one_line(line, 300)), trust=trust).serve()
        finally:
            bus.close()
    say(one_line(why, 300))
    return 0
