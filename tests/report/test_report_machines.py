"""The machines of a benchmark, its course and its throughput in the report; whatever a record holds, none breaks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assay.record import Figure, Load, Measurement, RecordWriter, Redactor, Run, Scenario, read
from assay.report import html, measured, throughput
from assay.report.charts import path, round_up, ticks, timeline
from assay.report.page import facts

from .test_report_measured import SEGMENT, URL

COURSE = {
    "seconds": [1.0, 2.0, 3.0, 4.0], "rate": [40.0, 50.0, 50.0, 50.0], "p50": [20.0, None, 21.0, 20.0],
    "p99": [30.0, 31.0, 30.0, 30.0], "failed": [0, 0, 2, 0], "steady": 1.0,
}  # fmt: skip
GPU = {"gpu": "GPU-1", "name": "NVIDIA <L4>", "readings": 4, "utilisation": 91.0, "memory": 3e9, "watts": 61.5,
       "joules": 240.0, "clock": 1635.0, "celsius": 71.0}  # fmt: skip
READ = {
    "gpus": [GPU], "cores": 1.5, "memory": 2_000_000_000, "memory_growth": 0.0, "doubts": [], "notes": [],
    "timeline": {"gpus": {"GPU-1": {"seconds": [1.0, 2.0], "utilisation": [90.0, 92.0], "watts": [61.0, 62.0]}}},
}  # fmt: skip
OWN = {"workers": 2, "cpu": 0.31, "late_p99": 0.12, "delay_p99": 0.05, "lag_p99": 0.2, "lag_most": 1.5,
       "preempted": 12.0, "collections": 0, "memory": 90_000_000, "foreign": None, "kernel_stamps": True}  # fmt: skip
WHOLE = replace(SEGMENT, telemetry=READ, timeline=COURSE, client=OWN, notes=("it ran at a clock that was set by hand",))


def recorded(folder: Path, *found: Measurement, **target: Any) -> Run:
    writer = RecordWriter(folder / "run", URL, Redactor())
    writer.header(assay={"version": "0"}, target={"url": URL}, seed=0, capabilities={}, client={}, configuration={},
                  targets={"one": {"url": URL, **target}})  # fmt: skip
    for each in found:
        writer.measurement(each)
    writer.footer(counts={}, exit_code=0, verdict="measured: all of it")
    writer.close()
    return read(folder / "run")


def test_the_machines_and_the_course_stand_in_the_report(tmp_path: Path) -> None:
    page = html.render(recorded(tmp_path, WHOLE, unseen="docker-proxy passes its port on"))

    expected = (
        "NVIDIA &lt;L4&gt;", "91.0 %", "61.5 W", "1,635 MHz", "3.00 GB", "1.50", "2.00 GB", "set by hand", "31 %",
        "docker-proxy passes its port on", "GPU power, W", "p50 and p99, ms", "0.12 ms", "90 MB",
    )  # fmt: skip
    for told in expected:
        assert told in page, told
    assert "other work" not in page, "a column in which nothing is told is left out"


HOST = {"name": "box-1", "offset_ms": -3.5, "uncertainty_ms": 0.25, "error_ms": 0.1, "requests": 1750, "lost": "",
        "client": OWN, "validity": {"valid": True, "reasons": []}}  # fmt: skip
GONE = {**HOST, "name": "box-<2>", "error_ms": None, "requests": 0, "lost": "fell silent", "client": {},
        "validity": {"valid": False, "reasons": ["fell silent"]}}  # fmt: skip


def test_what_would_have_been_drawn_idle_stands_beside_the_energy(tmp_path: Path) -> None:
    figures = {"energy.per-inference": Figure(2.5, "J", 10), "energy.idle": Figure(0.75, "J", 10)}
    gpu = {**GPU, "idle_watts": 17.5, "idle_joules": 70.0}
    known = replace(WHOLE, telemetry={**READ, "gpus": [gpu]}, figures={**SEGMENT.figures, **figures})

    page = html.render(recorded(tmp_path, known))

    for told in ("energy each", "of it idle", "2.50 J", "0.750 J", "17.5 W"):
        assert told in page, told
    assert "of it idle" not in html.render(recorded(tmp_path / "older", WHOLE)), "a record may lack it"


def test_each_load_host_has_its_line(tmp_path: Path) -> None:
    page = html.render(recorded(tmp_path, replace(WHOLE, load_hosts=(HOST, GONE))))

    for told in ("The load hosts", "box-1", "1,750", "−3.50 ± 0.250 ms", "box-&lt;2&gt;", ">lost<", ">valid<"):
        assert told in page, told
    assert "The load hosts" not in html.render(recorded(tmp_path / "alone", WHOLE))


@pytest.mark.parametrize(
    ("name", "figure", "told"),
    [
        ("cost.per-1000", Figure(0.0123, "USD", 10), "0.0123 USD"),
        ("credits.per-1000", Figure(0.25, "credits", 10), "0.250 credits"),
    ],
)
def test_what_a_thousand_cost_is_told_without_telemetry_too(
    name: str, figure: Figure, told: str, tmp_path: Path
) -> None:
    page = html.render(recorded(tmp_path, replace(SEGMENT, figures={**SEGMENT.figures, name: figure})))

    assert told in page
    assert "1,000 inferences cost" in page


def test_without_telemetry_nothing_is_claimed(tmp_path: Path) -> None:
    page = html.render(recorded(tmp_path, SEGMENT))

    assert "Nothing was read of it" in page
    assert "GPU power" not in page
    assert "Latency against throughput" not in page


@pytest.mark.parametrize(
    "broken",
    [
        replace(WHOLE, timeline={"seconds": "soon"}),
        replace(WHOLE, timeline={"seconds": [1, 2], "rate": ["a", {}], "p50": 5}),
        replace(WHOLE, telemetry={"gpus": ["L4"], "timeline": {"gpus": 7, "server": []}}),
        replace(WHOLE, client={"cpu": "much", "lag_p99": []}),
        replace(WHOLE, load_hosts=({**HOST, "client": {"cpu": "much", "foreign": []}},)),
        replace(WHOLE, search=({"rate": "fast"}, {"rate": -1, "p50": 0}, {"p99": float(7), "rate": 2})),
    ],
    ids=["no times", "no numbers", "no gpus", "no health", "no hosts", "no search"],
)
def test_a_record_that_holds_anything_breaks_no_report(broken: Measurement, tmp_path: Path) -> None:
    assert "Measured" in html.render(recorded(tmp_path, broken))


def swept(rate: float, p50: float, answered: float | None = None) -> Measurement:
    """One load of a sweep, for ten seconds."""
    figures = {"rate": Figure(answered or rate, "1/s", 10), "response.p50": Figure(p50, "ms", 10),
               "response.p99": Figure(2 * p50, "ms", 10)}  # fmt: skip
    load = Load("open", rate=rate, arrivals="poisson", seed=1)
    return replace(SEGMENT, scenario=Scenario.SWEEP, load=load, figures=figures, seconds=10.0, requests=int(rate * 10))


def test_a_sweep_shows_where_the_target_bends(tmp_path: Path) -> None:
    run = recorded(tmp_path, swept(20, 10.0), swept(80, 12.0), swept(100, 60.0), swept(120, 900.0, answered=101))

    ((_, chart),) = throughput.charts(measured.groups(run))

    assert chart.sentence == "at most 101/s were answered; the knee is at 80.0/s with p50 12.0 ms"
    assert [dot.saturated for dot in chart.lines[0][2]] == [False, False, False, True]
    assert chart.limits == ()
    assert "Latency against throughput" in html.render(run)


def test_what_a_draw_really_offered_stands_beside_the_rate(tmp_path: Path) -> None:
    tried = ({"offered": 40.0, "due": 35.5, "rate": 35.0, "p50": 5.0}, {"offered": 20.0, "rate": 20.0, "p50": 5.0})
    few, full = swept(80, 12.0, answered=67), swept(40, 10.0)
    few = replace(few, requests=672, figures={**few.figures, "offered": Figure(67.2, "1/s", 672)})
    run = recorded(tmp_path, full, few, replace(SEGMENT, load=Load("search", objective="p99 <= 9 ms"), search=tried))

    (_, of_sweep), (_, of_search) = throughput.charts(measured.groups(run))

    assert [dot.name for dot in of_sweep.lines[0][2]] == [
        "40/s poisson: 40.0/s, p50 10.0 ms", "80/s poisson, 67.2/s offered: 67.0/s, p50 12.0 ms",
    ]  # fmt: skip
    assert [dot.saturated for dot in of_sweep.lines[0][2]] == [False, False]
    assert [dot.name for dot in of_search.lines[0][2]] == [
        "20.0/s: 20.0/s, p50 5.00 ms", "40.0/s, 35.5/s offered: 35.0/s, p50 5.00 ms",
    ]  # fmt: skip


def test_a_search_shows_its_objective(tmp_path: Path) -> None:
    tried = tuple({"offered": rate, "rate": rate, "p50": 5.0, "p99": 9.0} for rate in (40.0, 20.0))
    load = Load("search", objective="p99 <= 100 ms, errors < 1 %", arrivals="poisson", seed=1)

    ((_, chart),) = throughput.charts(measured.groups(recorded(tmp_path, replace(SEGMENT, load=load, search=tried))))

    assert chart.limits[0][1] == "p99 ≤ 100 ms"
    xs = [dot.x for dot in chart.lines[0][2]]
    assert xs == sorted(xs), "in the order of what was offered"


def test_invalid_loads_are_marked_and_nothing_is_concluded_from_them(tmp_path: Path) -> None:
    tried = tuple(
        {"offered": rate, "rate": rate, "p50": 5.0, "p99": 9.0, "valid": rate < 80} for rate in (20.0, 40.0, 80.0)
    )
    load = Load("search", objective="p99 <= 100 ms", arrivals="poisson", seed=1)
    run = recorded(tmp_path, replace(SEGMENT, load=load, search=tried))

    ((_, chart),) = throughput.charts(measured.groups(run))

    assert [dot.valid for dot in chart.lines[0][2]] == [True, True, False]
    assert chart.lines[0][2][-1].name == "80.0/s: 80.0/s, p50 5.00 ms, invalid"
    assert chart.sentence == ("at most 40.0/s were answered; the knee is at 40.0/s with p50 5.00 ms; 1 load is invalid")
    assert html.render(run).count('class="dot full invalid"') == 2, "p50 and p99"


def test_an_invalid_load_of_a_sweep_is_marked(tmp_path: Path) -> None:
    disturbed = replace(swept(40, 10.0), reasons=("other work used 1.00 cores",))

    ((_, chart),) = throughput.charts(measured.groups(recorded(tmp_path, swept(20, 10.0), disturbed)))

    assert [dot.valid for dot in chart.lines[0][2]] == [True, False]


def test_a_broken_line_has_a_gap() -> None:
    assert path([(0, 1.0), (1, None), (2, 1.0), (3, 0.0)], (3, 1.0), (100.0, 0.0)).count("M") == 2


def test_axes_end_at_round_numbers() -> None:
    assert [round_up(value) for value in (0.0, 0.7, 3.0, 61.0, 100.0, 101.0)] == pytest.approx(
        [1, 0.8, 3, 80, 100, 150]
    )


@pytest.mark.parametrize("most", [0.7, 1.0, 1.5, 2.2, 3.0, 6.0, 8.6, 11.0, 61.0, 100.0, 2345.0])
def test_axes_are_marked_by_round_numbers_as_far_as_they_reach(most: float) -> None:
    marks = ticks(most)

    assert marks[0] == 0
    assert 3 <= len(marks) <= 6
    assert most * 0.75 <= marks[-1] <= most * 1.000001
    assert all(len(f"{mark:g}".replace(".", "").strip("0")) <= 2 for mark in marks)


def test_a_search_is_called_by_the_clients_that_it_ended_with(tmp_path: Path) -> None:
    load = Load("search", objective="any number of clients")
    found = replace(SEGMENT, scenario=Scenario.OFFLINE, load=load,
                    figures={**SEGMENT.figures, "clients": Figure(16, "", 1)})  # fmt: skip
    (group,) = measured.groups(recorded(tmp_path, found))

    assert group.name(found) == "the most, with 16 clients"


def test_facts_are_told_by_name_and_what_is_empty_is_not() -> None:
    told: dict[str, Any] = {
        "engine": "",
        "rate": None,
        "mixes": [],
        "quiet": False,
        "hardware": {"cpu": "EPYC", "memory_bytes": 25e9},
    }

    assert facts(told) == [("quiet", "false"), ("hardware", "cpu: EPYC, memory: 25.0 GB")]
    assert facts({"deep": {"list": [1, {}]}}) == [("deep", '{"list": [1, {}]}')]


def test_one_window_is_no_course() -> None:
    assert timeline("short", {"seconds": [1.0], "rate": [5.0]}, {}) is None
