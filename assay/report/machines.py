"""The machines of a benchmark as a reader meets them: the server's beside the load, and the client's own health."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from assay.compare.figures import COST, CREDITS, ENERGY, IDLE_ENERGY
from assay.record import Measurement, Run
from assay.report.charts import Timeline, timeline
from assay.report.measured import Group, number

MOST_TIMELINES: Final = 24
NONE: Final = "–"
SERVER_HEAD: Final = (
    "load",
    "GPU",
    "used",
    "memory",
    "power",
    "idle",
    "energy each",
    "of it idle",
    "clock",
    "at most",
    "server’s cores",
    "server’s memory",
    "1,000 inferences cost",
)
CLIENT_HEAD: Final = (
    "load",
    "processes",
    "CPU",
    "sent late",
    "read late",
    "loop late",
    "put aside",
    "memory",
    "other work",
)
LOAD_HOSTS_HEAD: Final = (
    "load",
    "load host",
    "measurement",
    "requests",
    "clock ahead by",
    "error",
    "CPU",
    "sent late",
    "read late",
    "other work",
)
Cells = Callable[[Measurement], Iterable[tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Table:
    """A head, and of each workload its lines: what tells a measurement from the others, and then its cells."""

    head: tuple[str, ...]
    bodies: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]


def _table(
    head: tuple[str, ...], groups: list[Group], cells: Callable[[Measurement], Iterable[tuple[str, ...]]]
) -> Table:
    """The table of all measurements, without the columns in which nothing is told."""
    bodies = [
        (group.workload, [(group.name(each), *line) for each in group.measurements for line in cells(each)])
        for group in groups
    ]
    lines = [line for _, found in bodies for line in found]
    used = [column for column in range(len(head)) if any(line[column] != NONE for line in lines)]
    kept = [(workload, tuple(tuple(line[each] for each in used) for line in found)) for workload, found in bodies]
    return Table(tuple(head[each] for each in used), tuple((workload, found) for workload, found in kept if found))


def server(groups: list[Group]) -> Table:
    """What the server's machine did in each measurement of which that is known; a line for each GPU."""
    return _table(SERVER_HEAD, groups, _of_server)


def _of_server(each: Measurement) -> Iterator[tuple[str, ...]]:
    told: Mapping[str, Any] = each.telemetry or {}
    cost = _cost(each)
    gpus = [gpu for gpu in told.get("gpus") or () if isinstance(gpu, Mapping)]
    own = (_cores(told.get("cores")), _bytes(told.get("memory")), cost)
    joules, idle = (
        f"{number(energy.value)} J" if (energy := each.figures.get(name)) else NONE for name in (ENERGY, IDLE_ENERGY)
    )
    for gpu in gpus or ([{}] if told.get("memory") is not None or cost != NONE else []):
        yield (
            str(gpu.get("name") or gpu.get("gpu") or NONE), _unit(gpu.get("utilisation"), " %"),
            _bytes(gpu.get("memory")), _unit(gpu.get("watts"), " W"), _unit(gpu.get("idle_watts"), " W"), joules, idle,
            _unit(gpu.get("clock"), " MHz"), _unit(gpu.get("celsius"), " °C"), *own,
        )  # fmt: skip


def _cost(each: Measurement) -> str:
    """What 1,000 inferences cost, where that is told: in USD by an hourly price, or in credits."""
    found = each.figures.get(COST) or each.figures.get(CREDITS)
    return f"{number(found.value)} {found.unit}" if found else NONE


def notes(groups: list[Group]) -> list[tuple[str, str, str]]:
    """What is to be known of measurements besides: workload, measurement, sentence."""
    return [
        (group.workload, group.name(each), note)
        for group in groups
        for each in group.measurements
        for note in each.notes
    ]


def unseen(run: Run) -> list[tuple[str, str]]:
    """Of each target, what of its machine could not be read, and why."""
    targets: Mapping[str, Any] = run.header.get("targets", {})
    return [(name, str(told["unseen"])) for name, told in targets.items() if told.get("unseen")]


def client(groups: list[Group]) -> Table:
    """How the client itself fared in each measurement."""
    return _table(CLIENT_HEAD, groups, lambda each: [_of_client(each.client)] if each.client else [])


def _of_client(told: Mapping[str, Any]) -> tuple[str, ...]:
    lag = f"{_unit(told.get('lag_p99'), '')}, {_unit(told.get('lag_most'), ' ms')}"
    return (
        str(told.get("workers", NONE)), _share(told.get("cpu")), _unit(told.get("late_p99"), " ms"),
        _unit(told.get("delay_p99"), " ms"), lag, _unit(told.get("preempted"), "/s"), _bytes(told.get("memory")),
        _cores(told.get("foreign"), " cores"),
    )  # fmt: skip


def load_hosts(groups: list[Group]) -> Table:
    """What each machine had of the load, where it came from several; a line for each."""
    return _table(LOAD_HOSTS_HEAD, groups, lambda each: map(_of_load_host, each.load_hosts))


def _of_load_host(told: Mapping[str, Any]) -> tuple[str, ...]:
    client, validity = (_mapping(told.get(name)) for name in ("client", "validity"))
    clock = f"{_signed(told.get('offset_ms'))} ± {_unit(told.get('uncertainty_ms'), ' ms')}"
    state = "lost" if told.get("lost") else "valid" if validity.get("valid") else "invalid"
    return (
        str(told.get("name", NONE)), state, f"{told.get('requests', 0):,}", clock, _unit(told.get("error_ms"), " ms"),
        _share(client.get("cpu")), _unit(client.get("late_p99"), " ms"), _unit(client.get("delay_p99"), " ms"),
        _cores(client.get("foreign"), " cores"),
    )  # fmt: skip


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _signed(value: Any) -> str:
    return f"{'−' if value < 0 else ''}{number(abs(float(value)))}" if isinstance(value, int | float) else NONE


def timelines(groups: list[Group]) -> list[tuple[Group, list[Timeline]]]:
    """The course of the first measurements of each workload, as many as fit."""
    found, left = [], MOST_TIMELINES
    fair = max(MOST_TIMELINES // max(len(groups), 1), 1)
    for group in groups:
        drawn = [made for each in group.measurements if (made := _timeline(group, each))][: min(fair, left)]
        left -= len(drawn)
        if drawn:
            found.append((group, drawn))
    return found


def _timeline(group: Group, each: Measurement) -> Timeline | None:
    if not each.timeline:
        return None
    try:
        return timeline(group.name(each), each.timeline, (each.telemetry or {}).get("timeline") or {})
    except (TypeError, ValueError, AttributeError):  # a record may come from anywhere, and hold anything
        return None


def _unit(value: Any, unit: str) -> str:
    return f"{number(float(value))}{unit}" if isinstance(value, int | float) else NONE


def _cores(value: Any, unit: str = "") -> str:
    return f"{value:.2f}{unit}" if isinstance(value, int | float) else NONE


def _share(value: Any) -> str:
    return f"{100 * value:.0f} %" if isinstance(value, int | float) else NONE


def _bytes(value: Any) -> str:
    if not isinstance(value, int | float):
        return NONE
    return f"{value / 1e9:.2f} GB" if value >= 1e9 else f"{value / 1e6:.0f} MB"
