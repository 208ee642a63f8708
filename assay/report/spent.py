"""Where the time of a response went: its parts, of each load the median over the repetitions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from assay.record import Measurement
from assay.report.measured import Group, number

PARTS: Final = {
    "response": "response", "queueing": "queueing", "connect": "connect", "service": "service",
    "first byte": "first-byte", "transfer": "transfer", "stated": "server",
}  # fmt: skip
"""What the columns are called, and the figures in the record."""
SHOWN: Final = ("p50", "p99")
NONE: Final = "–"


@dataclass(frozen=True, slots=True)
class Line:
    """One load of one target. `remark` tells of how many repetitions; `rows` hold a percentile and its cells each."""

    name: str
    remark: str
    rows: tuple[tuple[str, tuple[str, ...]], ...]


def of(groups: Sequence[Group]) -> list[tuple[str, str, list[Line]]]:
    """Workload, scenario and lines; without those of which no part is known, as of cold starts."""
    found = [(group.workload, group.scenario, list(_lines(group))) for group in groups]
    return [each for each in found if each[2]]


def _lines(group: Group) -> Iterator[Line]:
    loads: dict[tuple[str, str], list[Measurement]] = {}
    for each in group.measurements:
        loads.setdefault((each.target, str(each.load)), []).append(each)
    for several in loads.values():
        valid = [each for each in several if each.valid]
        rows = tuple((shown, tuple(_cell(valid or several, name, shown) for name in PARTS.values())) for shown in SHOWN)
        if any(cell != NONE for _, cells in rows for cell in cells):
            yield Line(group.name_of_all(several[0]), _remark(several, valid), rows)


def _cell(several: Sequence[Measurement], name: str, shown: str) -> str:
    values = [figure.value for each in several if (figure := each.figures.get(f"{name}.{shown}"))]
    return number(median(values)) if values else NONE


def _remark(several: Sequence[Measurement], valid: Sequence[Measurement]) -> str:
    if len(several) == 1:
        return "" if valid else "INVALID"
    sound = f"{len(valid)} valid of " if 0 < len(valid) < len(several) else ""
    return f"median of {sound}{len(several)} repetitions{'' if valid else ', none valid'}"
