"""Where the time went: the parts of a response in the report, of each load the median over its valid repetitions."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from assay.record import Figure, Measurement, Scenario
from assay.report import html, measured, spent

from .test_report_measured import SEGMENT, Recorded, recorded

__all__ = ["recorded"]


def took(repetition: int, ms: float, **other: object) -> Measurement:
    """A repetition of which each part took so many ms at p50, and ten times that at p99; no connection was opened."""
    parts = [name for name in spent.PARTS.values() if name != "connect"]
    figures = {
        f"{part}.{at}": Figure(value, "ms", 2000) for part in parts for at, value in (("p50", ms), ("p99", 10 * ms))
    }
    told: dict[str, object] = {"repetition": repetition, "figures": figures, **other}
    return replace(SEGMENT, **told)  # type: ignore[arg-type]


def test_of_repetitions_the_median_of_the_valid_ones_is_told(recorded: Recorded) -> None:
    disturbed = took(4, 900.0, reasons=("other work used 1.5 cores",))
    run = recorded(took(1, 1.0), took(2, 5.0), took(3, 2.0), disturbed)

    ((workload, scenario, (line,)),) = spent.of(measured.groups(run))

    assert (workload, scenario) == ("sam2.segment/cached", "Server")
    assert line.remark == "median of 3 valid of 4 repetitions"
    assert line.rows == (
        ("p50", ("2.00", "2.00", "–", "2.00", "2.00", "2.00", "2.00")),
        ("p99", ("20.0", "20.0", "–", "20.0", "20.0", "20.0", "20.0")),
    )


@pytest.mark.parametrize(
    ("found", "remark"),
    [
        ((took(1, 1.0),), ""),
        ((took(1, 1.0, reasons=("late",)),), "INVALID"),
        ((took(1, 1.0), took(2, 1.0)), "median of 2 repetitions"),
        ((took(1, 1.0, reasons=("late",)), took(2, 1.0, reasons=("late",))), "median of 2 repetitions, none valid"),
    ],
)
def test_it_says_of_how_many_repetitions(recorded: Recorded, found: tuple[Measurement, ...], remark: str) -> None:
    ((_, _, (line,)),) = spent.of(measured.groups(recorded(*found)))

    assert line.remark == remark


def test_each_load_of_each_target_has_its_line(recorded: Recorded) -> None:
    loads = (SEGMENT.load, replace(SEGMENT.load, rate=99.0))
    run = recorded(*(took(1, 1.0, target=target, load=load) for load in loads for target in ("one", "two")),
                   targets=("one", "two"))  # fmt: skip

    ((_, _, lines),) = spent.of(measured.groups(run))

    assert [line.name for line in lines] == [f"{target}, {load}" for load in loads for target in ("one", "two")]


def test_the_page_has_a_table_with_every_part(recorded: Recorded) -> None:
    page = html.render(recorded(took(1, 3.0)))

    table = page[page.index("Where the time went") : page.index("Latencies, from the fastest")]
    heads = re.findall(r'<th scope="col">([^<]+)</th>', table)
    assert heads == ["load", "at", "response", "queueing", "connect", "service", "first byte", "transfer", "stated"]
    assert "Percentiles of parts do not add up" in table
    assert table.count("3.00") == table.count("30.0") == 6


def test_of_what_has_no_parts_no_table_is_drawn(recorded: Recorded) -> None:
    figures = {"coldstart.p50": Figure(900.0, "ms", 5)}

    page = html.render(recorded(replace(SEGMENT, scenario=Scenario.COLD_START, figures=figures)))

    assert "Where the time went" not in page
