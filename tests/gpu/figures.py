"""`docs/measured-on-a-gpu.md`, written from the records that `measure` packed: no figure in it is typed by hand."""

from __future__ import annotations

import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, Final

from assay.bench.telling import INTERRUPTED
from assay.bench.workload import workloads
from assay.compare.figures import IDLE_ENERGY, OFFERED
from assay.record import Measurement, Run, Scenario, read
from assay.record.parts import RUN
from assay.report.measured import pattern_of, reasons

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = ROOT / "docs" / "measured-on-a-gpu.md"
GIB: Final = float(1 << 30)
INTRODUCTION: Final = """\
# Measured on a GPU

`assay bench` against the example server of `tests/gpu`, which answers the documented routes by
models of real architectures with random weights, on one GPU. Such weights take as long as trained ones and know
nothing: what was found is arbitrary, and what it took is not. It is eager PyTorch, one picture at a time, one request
on the GPU at a time, beside its client on one machine: where the GPU is busy for a tenth of the time, it was Python,
JPEG and HTTP that took the rest. So these are the figures of no product. They show what Assay
tells of a server that computes on a GPU, and how far its readings of it reach.

This page is written by `python -m tests.gpu figures`, from the records of the run.
"""
ONE_CLIENT: Final = """\
One client, which waits for its answers. Each figure is the mean of its valid repetitions, with the least and the most.
What a bound on time cut short, and what would have come after it in that step, is left out.
"""
ENERGY: Final = "J each is all that the GPU took meanwhile, for each inference: what it draws idle is in it.\n"
NOT_READ: Final = "How much that is was not read in these runs.\n"
COLUMNS: Final = ("workload", "model", "repetitions", "p50, ms", "p99, ms", "requests/s", "GPU busy", "power, W",
                  "J each", "client's error, ms")  # fmt: skip
NONE: Final = "–"
NOMINAL: Final = """\
Loads are named by their nominal rates. What the draw made of these was not recorded yet in these runs, and all rates
shared one draw, which held fewer requests at its beginning than the rates say: less was offered than a load's name
says, and what lies between it and the answers does not tell what the server left unanswered.
"""
LOADS: Final = ("load", "offered, 1/s", "answered, 1/s", "p50, ms", "p99, ms", "GPU busy", "power, W", "J each")


@dataclass(frozen=True, slots=True)
class Row:
    """All repetitions of one workload under one load. Figures are of those that were valid."""

    measurements: tuple[Measurement, ...]

    @property
    def first(self) -> Measurement:
        """Any of them: what they share is in each."""
        return self.measurements[0]

    @property
    def valid(self) -> list[Measurement]:
        """Those whose figures count."""
        return [each for each in self.measurements if each.valid]

    def figure(self, name: str) -> str:
        """The mean of a figure over the repetitions, with the least and the most where there are several."""
        return spread(each.figures[name].value for each in self.valid if name in each.figures)

    def gpu(self, name: str, unit: float = 1.0) -> str:
        """The same of what was read of the GPU."""
        found = (gpu[name] for each in self.valid for gpu in _gpus(each))
        return spread(value * unit for value in found if value is not None)


def _gpus(measurement: Measurement) -> Sequence[Mapping[str, Any]]:
    gpus: Sequence[Mapping[str, Any]] = (measurement.telemetry or {}).get("gpus", ())
    return gpus


def spread(values: Iterable[float]) -> str:
    """The mean of values, and their range where there are several; a dash where there is none."""
    found = list(values)
    if not found:
        return NONE
    short = [f"{value:.3g}" for value in (fmean(found), min(found), max(found))]
    return short[0] if len(found) == 1 or short[1] == short[2] else f"{short[0]} ({short[1]}–{short[2]})"


def write(records: Sequence[Path]) -> int:
    """Write the page from folders of runs, or what `measure` packed."""
    with tempfile.TemporaryDirectory() as folder:
        PAGE.write_text(page([read(each) for each in _runs(records, Path(folder))]), encoding="utf-8")
    return 0


def _runs(records: Sequence[Path], folder: Path) -> Iterator[Path]:
    for number, record in enumerate(records):
        above = record
        if record.is_file():
            above = folder / str(number)
            with tarfile.open(record) as archive:
                archive.extractall(above, filter="data")
        yield from sorted(path.parent for path in above.rglob(RUN))


def page(runs: Sequence[Run]) -> str:
    """The page. Raises ValueError where the runs are of more than one machine or server."""
    facts = [_facts(run.header) for run in runs]
    if not facts or any(each != facts[0] for each in facts):
        raise ValueError("the runs are of different servers or machines: a page is about one")
    found = (Measurement.of(event) for run in runs for event in run.measurements)
    rows = _rows(each for each in found if INTERRUPTED not in each.reasons)
    parts = [INTRODUCTION, "## Where\n", _table(("", ""), facts[0].items())]
    one = sorted((row for row in rows if row.first.scenario is Scenario.SINGLE_STREAM), key=_place)
    idle = any(IDLE_ENERGY in each.figures for row in rows for each in row.valid)
    energy = ENERGY if idle else ENERGY + NOT_READ
    parts += ["## One client\n", ONE_CLIENT, energy, _table(COLUMNS, map(_of_one_client, one))]
    swept = sorted(
        (row for row in rows if row.first.scenario is Scenario.SWEEP and row.valid),
        key=lambda row: row.first.load.rate or 0,
    )
    if swept:
        known = all(OFFERED in each.figures for row in swept for each in row.valid)
        parts += ["## Latency against throughput\n", f"`{swept[0].first.workload}`, by `--scenario sweep`.\n",
                  *([] if known else [NOMINAL]), _table(LOADS, map(_of_a_load, swept))]  # fmt: skip
    for row in rows:
        if row.first.load.kind == "search" and row.valid:
            parts += [f"## {row.first.load.objective}: the highest rate\n", f"`{row.first.workload}`, by "
                      "`--scenario highest-rate`.\n", _table(LOADS, [_of_a_load(row)])]  # fmt: skip
    said = list(_doubts(rows))
    parts += ["## What the runs say of themselves\n", "\n".join(said or ["Every measurement was valid."]), ""]
    return "\n".join(parts)


def _facts(header: Mapping[str, Any]) -> dict[str, str]:
    """What tells server and machine apart, in words."""
    target = next(iter(header["targets"].values()))
    hardware = target.get("hardware", {})
    told: dict[str, Any] = {
        "client": f"Assay {header['assay']['version']}",
        "server": f"{target.get('name', '')} {target.get('version', '')}".strip(),
        "GPU": _kind(hardware) if "gpu" in hardware else "none was told",
        "driver": hardware.get("gpu_driver"),
        "CUDA": _of(hardware, "gpu_cuda", lambda version: f"{version // 1000}.{version % 1000 // 10}"),
        "GPU's power limit": _of(hardware, "gpu_power_limit_watts", lambda watts: f"{watts:g} W"),
        "GPU's memory": _of(hardware, "gpu_memory_bytes", lambda size: f"{size / GIB:.1f} GiB"),
        "GPU's highest clock": _of(hardware, "gpu_most_clock_mhz", lambda clock: f"{clock:g} MHz"),
        "MIG": _of(hardware, "gpu_mig", lambda on: "on" if on else "off"),
        "processor": f"{hardware.get('cpu', 'unknown')}, {hardware.get('cores', '?')} cores",
        "memory": _of(hardware, "memory_bytes", lambda size: f"{size / GIB:.0f} GiB"),
        "not seen": target.get("unseen"),
    }
    return {name: str(value) for name, value in told.items() if value}


def _kind(hardware: Mapping[str, Any]) -> str:
    if "gpus_listed" in hardware:
        return f"{hardware['gpus_listed']} x {hardware['gpu']} listed"
    return f"{hardware.get('gpus', 1)} x {hardware['gpu']}"


def _of(facts: Mapping[str, Any], name: str, told: Callable[[Any], str]) -> str | None:
    return told(facts[name]) if facts.get(name) is not None else None


def _rows(measurements: Iterable[Measurement]) -> list[Row]:
    """Repetitions side by side, in the order in which they were measured."""
    found: dict[tuple[Any, ...], list[Measurement]] = {}
    for each in measurements:
        key = (each.workload, str(each.inputs.get("model")), each.scenario, each.load.key)
        found.setdefault(key, []).append(each)
    return [Row(tuple(each)) for each in found.values()]


def _place(row: Row) -> int:
    """Where its workload stands among all."""
    return [*workloads()].index(row.first.workload)


def _of_one_client(row: Row) -> tuple[str, ...]:
    first = row.first
    count = (
        f"{len(row.valid)}"
        if len(row.valid) == len(row.measurements)
        else f"{len(row.valid)} of {len(row.measurements)}"
    )
    errors = spread(each.error_ms for each in row.valid if each.error_ms is not None)
    return (f"`{first.workload}`", f"{first.inputs.get('model') or ''}", count, *_speed(row), *_used(row), errors)


def _of_a_load(row: Row) -> tuple[str, ...]:
    p50, p99, rate = _speed(row)
    return str(row.first.load), row.figure(OFFERED), rate, p50, p99, *_used(row)


def _speed(row: Row) -> tuple[str, str, str]:
    return row.figure("response.p50"), row.figure("response.p99"), row.figure("rate")


def _used(row: Row) -> tuple[str, str, str]:
    busy = row.gpu("utilisation")
    return busy if busy == NONE else f"{busy} %", row.gpu("watts"), row.figure("energy.per-inference")


def _doubts(rows: Sequence[Row]) -> Iterator[str]:
    """Why measurements are invalid, each reason with how often and where."""
    found = [each for row in rows for each in row.measurements]
    for sentence, times in reasons(found):
        kind = pattern_of(sentence)
        where = dict.fromkeys(f"`{each.workload}`" for each in found if kind in map(pattern_of, each.reasons))
        alike = f", and alike {times} times" if times > 1 else ""
        yield f"- invalid: {sentence}{alike} ({', '.join(where)})"


def _table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
