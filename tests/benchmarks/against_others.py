"""Assay's generator against wrk, aiohttp, httpx and `inference benchmark api-speed`, on one timed server.

    python -m tests.benchmarks.against_others --repeat 5 --seconds 4 --out table.md

The server is compiled here, stamps what it receives, and knows for all requests of a cell what they really took; an
error is what a client reports less that. A repetition in which other work took more than 0.35 of a core is lost; lost
ones are tried again in five more rounds, and a cell with fewer than five repetitions is not measured. It ends in code 1
where something does not hold or was not measured; what needs a client that is not installed (pip install -e '.[peers]',
apt install wrk, python -m tests.upstream build) is named, and decides nothing. Fewer than five repetitions are a trial,
which judges nothing and ends in 0. Give it a quiet machine.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from statistics import median
from typing import Final

import numpy as np
import psutil

from assay.load.calibration import calibrate
from assay.load.clock import now
from assay.load.endpoint import Endpoint, Wire
from assay.load.figures import MS, figures_of
from assay.load.plan import Measurement, Plan
from assay.load.running import measure
from assay.load.schedule import Closed, Constant, Load, Poisson

from . import api_speed
from .timed import HERE, Missing, Reported, Server, client_core, pinned, serving, told

OURS: Final = "assay"
MODULES: Final = ("aiohttp", "httpx")
"""Clients that are modules of Python."""
API_SPEED: Final = "api-speed"
CLIENTS: Final = (OURS, "wrk", *MODULES, API_SPEED)
MOST_FOREIGN: Final = 0.35
LEAST: Final = 5
"""Repetitions by which a cell is judged."""
AGAIN: Final = 5
"""Rounds in which lost repetitions are tried again."""
HOLDS, FAILS, UNMEASURED = "holds", "DOES NOT HOLD", "not measured"
SERVICE, BODIES, IN_FLIGHT, RATES = (5, 20), (100_000, 300_000), (1, 8, 64), (200, 1000)
STALL: Final = {"ms": 5, "every": 10, "for": 1}
WRK: Final = """
wrk.method = "POST"
wrk.body = string.rep("x", {size})
done = function(summary, latency, requests)
  io.write(string.format('{{"count": %d, "p50": %f, "p99": %f, "seconds": %f}}\\n', summary.requests,
           latency:percentile(50) / 1000, latency:percentile(99) / 1000, summary.duration / 1e6))
end
"""


# The clients


def assay(server: Server, ms: float, size: int, in_flight: int, seconds: float) -> Reported:
    """Ours, one worker on one core."""
    found = load(server, f"/delay?ms={ms}&size=1024", size, Closed(in_flight), seconds)
    response = figures_of(found).response
    assert response is not None
    p50, p99 = (each.value if (each := response.at(share)) else float("nan") for share in (0.5, 0.99))
    return Reported(response.count, p50, p99, found.seconds)


def load(server: Server, path: str, size: int, offered: Load, seconds: float) -> Measurement:
    """A load of ours."""
    endpoint = Endpoint("127.0.0.1", server.port, socket.AF_INET, ("127.0.0.1", server.port), local=True)
    head = f"POST {path} HTTP/1.1\r\nHost: here\r\nContent-Length: {size}\r\n\r\n"
    plan = Plan((Wire(head.encode(), b"x" * size),), offered, seconds, seed=1, timeout=30, cores=(client_core(),))
    return measure(plan, endpoint, server=(server.pid,))


def wrk(server: Server, ms: float, size: int, in_flight: int, seconds: float) -> Reported:
    """One thread on one core."""
    if shutil.which("wrk") is None:
        raise Missing("wrk is not installed")
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(WRK.format(size=size))
        script.flush()
        command = ["wrk", "-t1", f"-c{in_flight}", f"-d{max(round(seconds), 1)}s", "-s", script.name]
        return told(pinned([*command, f"{server.url}/delay?ms={ms}&size=1024"]))


def peer(name: str) -> Callable[[Server, float, int, int, float], Reported]:
    """A client in Python, in a process of its own on one core."""

    def client(server: Server, ms: float, size: int, in_flight: int, seconds: float) -> Reported:
        words = [name, f"{server.url}/delay?ms={ms}&size=1024", size, in_flight, seconds]
        return told(pinned([sys.executable, HERE / "peers.py", *words]))

    return client


RUN: Final[dict[str, Callable[[Server, float, int, int, float], Reported]]] = {
    OURS: assay, "wrk": wrk, **{name: peer(name) for name in MODULES}, API_SPEED: api_speed.measured,
}  # fmt: skip


# Cells


@dataclass(slots=True)
class Cell:
    """One thing measured several times. `values` hold each figure of each repetition; `lost` says why one was not.

    `absent` says that its client is not installed, and how to install it.
    """

    name: tuple[str, ...]
    values: dict[str, list[float]] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    absent: str = ""

    @property
    def repetitions(self) -> int:
        """How many were measured."""
        return min((len(each) for each in self.values.values()), default=0)

    def take(self, server: Server, measured: Callable[[], dict[str, float]]) -> None:
        """Measure once; it counts where no other work disturbed it."""
        watch = Foreign(server)
        try:
            found = measured()
        except Missing as why:
            self.lost.append(str(why))
            return
        if (foreign := watch.cores()) > MOST_FOREIGN:
            self.lost.append(f"other work took {foreign:.2f} cores")
            return
        for name, value in found.items():
            self.values.setdefault(name, []).append(value)

    def told(self, name: str, least: int = 1) -> str:
        """Median and worst of a figure; or that it was not measured so often, and why."""
        values = self.values.get(name, [])
        if len(values) < least:
            of = f"{len(values)} of {least} repetitions: " if values else ""
            return f"{UNMEASURED} ({of}{self.absent or (self.lost[-1] if self.lost else 'not asked')})"
        if name == "rate":
            return f"{median(values):,.0f} ({min(values):,.0f})"
        return f"{median(values):.3f} ({max(values, key=abs):.3f})"


class Foreign:
    """What others compute on this machine: neither the server, nor this process and its children."""

    def __init__(self, server: Server) -> None:
        self._server = psutil.Process(server.pid)
        self._began, self._before = now(), self._used()

    def _used(self) -> tuple[float, float]:
        """Seconds of all cores, and of ours."""
        times, server = psutil.cpu_times(), self._server.cpu_times()
        busy = sum(getattr(times, name, 0.0) for name in ("user", "nice", "system", "irq", "softirq", "steal"))
        own = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return busy, sum(each.ru_utime + each.ru_stime for each in own) + server.user + server.system

    def cores(self) -> float:
        """Cores that they used on average since."""
        busy, own = (after - before for after, before in zip(self._used(), self._before, strict=True))
        return max(busy - own, 0.0) * 1e9 / max(now() - self._began, 1)


def truth(server: Server, name: tuple[str, ...], seconds: float) -> dict[str, float]:
    """By how much a client is wrong about what the server knows, in the cell of this name."""
    client, ms, size, in_flight = name
    server.ask("/reset")
    reported = RUN[client](server, _number(ms), 1000 * _number(size), int(in_flight), seconds)
    known = server.ask("/truth")
    return {"p50": reported.p50 - known["p50"], "p99": reported.p99 - known["p99"]}


def speed(server: Server, name: tuple[str, ...], seconds: float) -> dict[str, float]:
    """Requests a second of a client on one core, of a server that takes no time."""
    client, size = name
    return {"rate": RUN[client](server, 0, 1000 * _number(size), 32, seconds).rate}


def pace(server: Server, name: tuple[str, ...], seconds: float) -> dict[str, float]:
    """How late requests of an open loop are sent, ms at p99."""
    rate = float(name[1].partition("/")[0])
    rows = load(server, "/delay?ms=5&size=1024", 100_000, Constant(rate), seconds).rows
    return {"late": float(np.quantile((rows["sent"] - rows["intended"]) / MS, 0.99))}


def stall(server: Server, _: tuple[str, ...], seconds: float) -> dict[str, float]:
    """A server that answers nothing in 1 s of 10: reported p99 less that from the schedule to what the server did.

    Beside it stands by how much this client may be wrong, as a report of a benchmark now would say it.
    """
    path = "/stall?" + "&".join(f"{name}={value}" for name, value in STALL.items()) + "&size=1024"
    server.ask("/reset")
    rows = load(server, path, 100_000, Poisson(200), max(seconds, STALL["every"] * 1.5)).rows
    intended = np.sort(rows["intended"])
    answered = server.log()[1]
    if len(answered) != len(rows):
        raise Missing(f"of {len(rows)} requests {len(answered)} were answered")
    reported = np.quantile((rows["last"] - rows["intended"]) / MS, 0.99)
    error = float(reported - np.quantile((answered - intended) / MS, 0.99))
    return {"p99": error, "bound": calibrate().bound.p99}


def _number(said: str) -> int:
    """Of `300 KB`, 300."""
    return int(said.partition(" ")[0])


MEASURES: Final = {"truth": truth, "speed": speed, "pace": pace, "stall": stall}


def absent(clients: Sequence[str]) -> dict[str, str]:
    """Of which of these nothing will be measured, and how to have it measured."""
    found = {}
    if "wrk" in clients and shutil.which("wrk") is None:
        found["wrk"] = "wrk is not installed: apt install wrk"
    for client in MODULES:
        if client in clients and find_spec(client) is None:
            found[client] = f"{client} is not installed: pip install -e '.[peers]'"
    if API_SPEED in clients:
        try:
            api_speed.command()
        except Missing as why:
            found[API_SPEED] = str(why)
    return found


# The table


def cells(server: Server, repeat: int, seconds: float, clients: Sequence[str]) -> dict[str, list[Cell]]:
    """All of them; the repetitions of one lie apart, so that a minute of unrest spoils one of each."""
    found: dict[str, list[Cell]] = {
        "truth": [Cell((client, f"{ms} ms", f"{size // 1000} KB", str(in_flight)))
                  for ms in SERVICE for size in BODIES for in_flight in IN_FLIGHT for client in clients],
        "speed": [Cell((client, f"{size // 1000} KB")) for size in BODIES for client in clients],
        "pace": [Cell((OURS, f"{rate}/s")) for rate in RATES],
        "stall": [Cell((OURS, "1 s of 10"))],
    }  # fmt: skip
    lacking = absent(clients)
    for cell in chain.from_iterable(found.values()):
        cell.absent = lacking.get(cell.name[0], "")
    for _ in range(repeat + AGAIN):
        for kind, lines in found.items():
            for cell in lines:
                if cell.repetitions < repeat and not cell.absent:
                    cell.take(server, partial(MEASURES[kind], server, cell.name, seconds))
    return found


def table(found: dict[str, list[Cell]], least: int = LEAST) -> Iterator[str]:
    """The tables as Markdown: of each figure median (worst), where there are so many repetitions."""
    heads = {
        "truth": ("client", "service", "body", "in flight", "p50 error, ms", "p99 error, ms"),
        "speed": ("client", "body", "requests/s"),
        "pace": ("client", "rate", "sent late, p99, ms"),
        "stall": ("client", "stalled", "p99 less the schedule's, ms", "stated error, ms"),
    }
    figures = {"truth": ("p50", "p99"), "speed": ("rate",), "pace": ("late",), "stall": ("p99", "bound")}
    for kind, lines in found.items():
        yield f"### {kind.capitalize()}: median (worst)"
        yield "| " + " | ".join(heads[kind]) + " | n |"
        yield "|" + "---|" * (len(heads[kind]) + 1)
        for cell in lines:
            taken = [cell.told(name, least) for name in figures[kind]]
            yield f"| {' | '.join((*cell.name, *taken))} | {cell.repetitions} |"
        yield ""


def verdicts(found: dict[str, list[Cell]]) -> Iterator[str]:
    """What was to be shown, and whether it was: by the median of each cell, of errors by that of their sizes."""
    by = {cell.name: cell for cell in (*found["truth"], *found["speed"])}
    ours = [cell for cell in found["truth"] if cell.name[0] == OURS]
    yield _verdict("median error under 0.1 ms", _alone(ours), lambda cell: _size(cell, "p50") < 0.1)
    yield _verdict("p99 error under 0.2 ms", _alone(ours), lambda cell: _size(cell, "p99") < 0.2)
    beside = [(cell, by["wrk", *cell.name[1:]]) for cell in ours if ("wrk", *cell.name[1:]) in by]
    for name in ("p50", "p99"):
        smaller = partial(_smaller, name=name)
        yield _verdict(f"{name} error smaller than wrk's", beside, smaller)
    for size, share in (("300 KB", 0.9), ("100 KB", 0.4)):
        pair = tuple(by[name, size] for name in (OURS, "wrk") if (name, size) in by)
        both = [pair] if len(pair) == 2 else []
        told = f" ({_share(*pair):.0%})" if both and all(cell.repetitions for cell in pair) else ""
        yield _verdict(
            f"{share:.0%} of wrk's requests/s with {size}{told}", both, lambda a, b, least=share: _share(a, b) >= least
        )
    yield _verdict("sent within 0.5 ms at p99", _alone(found["pace"]), lambda cell: median(cell.values["late"]) < 0.5)
    yield _verdict(
        "p99 over stalls within the error that a report states", _alone(found["stall"]),
        lambda cell: _size(cell, "p99") <= median(cell.values["bound"]),
    )  # fmt: skip


def _alone(found: Sequence[Cell]) -> list[tuple[Cell, ...]]:
    return [(cell,) for cell in found]


def _size(cell: Cell, name: str) -> float:
    """Of errors: that one is too much as often as another is too little makes neither small."""
    return median(map(abs, cell.values[name]))


def _smaller(one: Cell, other: Cell, name: str) -> bool:
    return _size(one, name) < _size(other, name)


def _share(one: Cell, other: Cell) -> float:
    """How fast one is, as a share of the other."""
    return median(one.values["rate"]) / median(other.values["rate"])


def _verdict(said: str, wanted: Sequence[tuple[Cell, ...]], holds: Callable[..., bool]) -> str:
    """Of all cells that are wanted, in how many it holds: one that was measured too seldom holds nothing."""
    if not wanted:
        return f"- not asked: {said}"
    if lacking := {cell.absent for cells in wanted for cell in cells if cell.absent}:
        return f"- not installed: {said}, in {len(wanted)} cells ({'; '.join(sorted(lacking))})"
    whole = [cells for cells in wanted if all(cell.repetitions >= LEAST for cell in cells)]
    held, lost = sum(holds(*cells) for cells in whole), len(wanted) - len(whole)
    word = FAILS if held < len(whole) else UNMEASURED if lost else HOLDS
    seldom = f"; {lost} of fewer than {LEAST} repetitions" if lost else ""
    return f"- {word}: {said}, in {held} of {len(wanted)} cells{seldom}"


def main(words: Sequence[str] | None = None) -> int:
    """Measure, and print the tables with what they come to. Returns 1 where that does not hold or was not measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=_positive, default=LEAST, help=f"fewer than {LEAST} are a trial")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each load")
    parser.add_argument("--client", action="append", choices=CLIENTS, help="measure these alone")
    parser.add_argument("--out", type=Path, help="write the tables there, too")
    given = parser.parse_args(words)
    for line in absent(given.client or CLIENTS).values():
        print(line, file=sys.stderr, flush=True)  # now, and not after half an hour alone
    with serving() as server:
        found = cells(server, given.repeat, given.seconds, given.client or CLIENTS)
    trial = given.repeat < LEAST
    judged = [f"- a trial with --repeat {given.repeat}, which judges nothing"] if trial else [*verdicts(found)]
    lines = [*table(found, 1 if trial else LEAST), *judged]
    print("\n".join(lines))
    if given.out:
        given.out.write_text("\n".join([*lines, ""]), "utf-8")
    return int(any(line.startswith((f"- {FAILS}", f"- {UNMEASURED}")) for line in judged))


def _positive(said: str) -> int:
    if not said.isdecimal() or int(said) < 1:
        raise argparse.ArgumentTypeError(f"{said} is no number of repetitions; say one from 1 on")
    return int(said)


if __name__ == "__main__":
    sys.exit(main())
