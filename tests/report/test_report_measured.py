"""Measurements in the reports: what was found out stands there, and nothing of rules where there were none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from xml.etree import ElementTree

import numpy as np
import pytest

from assay.load.figures import histogram_of
from assay.record import Figure, Load, Measurement, RecordWriter, Redactor, Run, Scenario
from assay.report import html, measured
from assay.report.files import write_reports

URL = "http://127.0.0.1:9001"
LATENCIES = np.linspace(10.0, 40.0, 2000)
SEGMENT = Measurement(
    workload="sam2.segment/cached", operation="sam2.segment", scenario=Scenario.SERVER,
    load=Load("open", rate=50.0, arrivals="poisson", seed=7), target="one", repetition=1, began=1_790_000_000.0,
    seconds=40.0, requests=2002, successes=2000, inputs={"digest": "0" * 32}, failures={"timeout": 2},
    figures={
        "rate": Figure(49.8, "1/s", 2000, 49.1, 50.5), "response.p50": Figure(25.0, "ms", 2000, 24.3, 25.7),
        "response.p90": Figure(37.0, "ms", 2000, 36.6, 37.4), "response.p99": Figure(39.7, "ms", 2000, 39.6, None),
    },
    error_ms=0.12, answers={"checked": 16, "wrong": 0, "unjudged": 0, "notes": []},
)  # fmt: skip
SENTENCES = {SEGMENT.workload: "By `image_id`."}
Recorded = Callable[..., Run]


@pytest.fixture
def recorded(tmp_path: Path) -> Recorded:
    """A run of these measurements, with its reports."""

    def write(
        *found: Measurement,
        code: int = 0,
        targets: tuple[str, ...] = ("one",),
        omitted: Mapping[str, str] = MappingProxyType({}),
    ) -> Run:
        writer = RecordWriter(tmp_path / "run", URL, Redactor())
        writer.header(
            assay={"version": "0"}, target={"url": URL, "name": "<b>server</b>"}, seed=0, capabilities={},
            targets={name: {"url": URL} for name in targets}, client={"cores": 2},
            configuration={"calibration": "this client errs", "workload_sentences": SENTENCES},
        )  # fmt: skip
        for each in found:
            histogram = writer.numbers(histogram_of(LATENCIES * each.repetition), "application/x-hdrhistogram")
            writer.measurement(replace(each, artifacts={"histogram": histogram}))
        for workload, because in omitted.items():
            writer.omission(workload, "one", because)
        writer.footer(counts={}, exit_code=code, verdict="measured: all of it")
        writer.close()
        return write_reports(tmp_path / "run")

    return write


def test_the_page_tells_what_was_measured_and_nothing_of_rules(recorded: Recorded) -> None:
    page = html.render(recorded(SEGMENT))

    for told in ("49.8", "49.1 – 50.5", "25.0", "39.6 – ?", "2,002", "±0.12 ms", "2 timeout", "16 checked, none wrong"):
        assert told in page
    assert "By <code>image_id</code>." in page
    assert "this client errs" in page
    for absent in ("Known deviations", "Inconclusive", "No rule has an outcome", "no case ran", "<b>server"):
        assert absent not in page


@pytest.mark.parametrize("found", [(SEGMENT,), ()], ids=["beside what was measured", "alone"])
def test_what_was_left_out_is_told(recorded: Recorded, found: tuple[Measurement, ...]) -> None:
    page = html.render(recorded(*found, omitted={"owlv2/all-new": "the model is not there"}))

    assert "owlv2/all-new" in page
    assert "the model is not there" in page


def test_what_was_offered_stands_beside_what_was_answered(recorded: Recorded) -> None:
    run = recorded(replace(SEGMENT, figures={**SEGMENT.figures, "offered": Figure(50.1, "1/s", 2002)}))
    (found,) = measured.of(run)

    assert measured.in_words(found).startswith("49.8/s of 50.1/s offered, p50 25.0 ms, ")
    assert '<span class="interval">50.1/s offered</span>' in html.render(run)
    assert "| Server, 50/s poisson, 50.1/s offered | 49.8 |" in (run.folder / "summary.md").read_text("utf-8")


def test_an_invalid_measurement_says_why_everywhere(recorded: Recorded) -> None:
    doubtful = replace(SEGMENT, reasons=("other work used 1.5 cores",))
    again = replace(SEGMENT, repetition=2, reasons=("other work used 1.7 cores",))

    several = replace(SEGMENT, reasons=("load host 1: late", "load host 2: late", "an error"))

    run = recorded(doubtful, again, code=7)

    assert measured.reasons([several, several]) == [("load host 1: late", 2), ("an error", 2)]
    assert measured.reasons(measured.of(run)) == [("other work used 1.5 cores", 2)]
    assert "other work used 1.7 cores" in html.render(run)
    assert "2 measurements" in (run.folder / "summary.md").read_text("utf-8")
    root = ElementTree.parse(run.folder / "junit.xml").getroot()
    assert (root.get("tests"), root.get("errors")) == ("2", "2")


def test_valid_measurements_are_green(recorded: Recorded) -> None:
    run = recorded(SEGMENT)

    root = ElementTree.parse(run.folder / "junit.xml").getroot()
    summary = (run.folder / "summary.md").read_text("utf-8")

    assert (root.get("tests"), root.get("errors"), root.get("failures")) == ("1", "0", "0")
    assert "| 49.8 | 25.0 | 37.0 | 39.7 | 2,002 | 2 | yes |" in summary
    assert "Cases:" not in summary


def test_targets_and_repetitions_are_drawn_into_one_picture(recorded: Recorded) -> None:
    run = recorded(*(replace(SEGMENT, target=name, repetition=turn) for turn in (1, 2) for name in ("one", "two")),
                   targets=("one", "two"))  # fmt: skip

    group, *others = measured.groups(run)

    assert not others
    assert [curve.name for curve in group.curves] == [
        "one, repetition 1", "two, repetition 1", "one, repetition 2", "two, repetition 2",
    ]  # fmt: skip
    assert {curve.side for curve in group.curves} == {0, 1}
    assert group.top == 80.0
    assert all(curve.path.count("L") == measured.STEPS for curve in group.curves)


def test_a_broken_histogram_is_left_out(recorded: Recorded) -> None:
    run = recorded(SEGMENT)
    for path in (run.folder / "artifacts").iterdir():
        path.write_bytes(b"nothing of the kind")

    assert measured.groups(run)[0].curves == []
    assert "Measured" in html.render(run)


@pytest.mark.parametrize(
    ("value", "told"),
    [(0.0, "0.00"), (0.1234, "0.123"), (9.8, "9.80"), (78.94, "78.9"), (99.96, "100"), (1234.5, "1,234")],
)
def test_three_digits_count(value: float, told: str) -> None:
    assert measured.number(value) == told
