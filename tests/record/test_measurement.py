"""Measurements in a run record: written, read back, refused where they are wrong, kept when parts are gathered."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assay.contract.judging import check_schema
from assay.record import Figure, InvalidRecord, Load, Measurement, RecordWriter, Redactor, Scenario, parts, read
from assay.record.reading import record_schema

KEY = "kX9fQ2mZ7pLw4RtB8vNc"
HERE = {"url": "http://target.example"}
FACTS: dict[str, Any] = {
    "assay": {"version": "0"}, "target": HERE, "configuration": {}, "seed": 0, "capabilities": {},
    "targets": {"A": HERE},
}  # fmt: skip
ONE = Measurement(
    workload="sam2.embed", operation="sam2.embed", scenario=Scenario.SERVER,
    load=Load("open", rate=50.0, arrivals="poisson", seed=7), target="A", repetition=1, began=1.5, seconds=30.0,
    requests=1500, successes=1498, inputs={"digest": "0" * 32, "batch": 1}, failures={"timeout": 2},
    figures={"response.p50": Figure(21.3, "ms", 1498, 21.1, 21.5), "rate": Figure(49.9, "1/s", 1498)}, error_ms=0.12,
)  # fmt: skip

LOAD_HOST = {
    "name": "box-1", "offset_ms": -3.5, "uncertainty_ms": 0.2, "error_ms": 0.1, "requests": 750, "lost": "",
    "client": {"cpu": 0.2}, "validity": {"valid": True, "reasons": []},
}  # fmt: skip


def written(folder: Path, *measurements: Measurement, **header: Any) -> RecordWriter:
    writer = RecordWriter(folder, HERE["url"], Redactor(KEY))
    writer.header(**{**FACTS, **header})
    for each in measurements:
        writer.measurement(each)
    return writer


@pytest.mark.parametrize(
    "measurement",
    [
        ONE,
        replace(ONE, reasons=("the client was late: p99 of 3 ms",), error_ms=None, telemetry={"gpu": "none"}),
        replace(ONE, load=Load("closed", clients=8), artifacts={"columns": f"{'a' * 32}.npy"}),
        replace(ONE, load=Load("search", objective="p99 <= 100 ms"), answers={"checked": 3, "wrong": 0}),
        replace(ONE, load_hosts=(LOAD_HOST, {**LOAD_HOST, "error_ms": None, "lost": "fell silent"})),
    ],
)
def test_a_measurement_is_read_as_it_was_written(tmp_path: Path, measurement: Measurement) -> None:
    written(tmp_path, measurement).close()

    (event,) = read(tmp_path).measurements

    assert Measurement.of(event) == measurement
    assert Measurement.of(event).valid is not bool(measurement.reasons)


def test_the_schema_is_a_schema_still() -> None:
    check_schema(record_schema())


def broken(**changes: Any) -> dict[str, Any]:
    return {**ONE.as_json(), **changes}


@pytest.mark.parametrize(
    "event",
    [
        broken(scenario="Closed"),
        broken(load={"kind": "closed"}),
        broken(load={"kind": "open", "rate": 5}),
        broken(load={"kind": "search"}),
        broken(load={"kind": "closed", "clients": 0}),
        broken(repetition=0),
        broken(figures={"response.p50": {"value": "inf", "low": None, "high": None, "unit": "ms", "n": 1}}),
        broken(figures={"response.p50": {"value": 1}}),
        broken(failures={"timeout": -1}),
        broken(inputs={}),
        broken(error_ms=-1),
        broken(artifacts={"columns": "../run.jsonl"}),
        broken(validity={"valid": True, "reasons": ["late"]}),
        broken(validity={"valid": False, "reasons": []}),
        broken(target="B"),
    ],
)  # fmt: skip
def test_a_wrong_measurement_is_no_record(tmp_path: Path, event: dict[str, Any]) -> None:
    written(tmp_path).close()
    with (tmp_path / "run.jsonl").open("a") as file:
        file.write(json.dumps(event) + "\n")
        file.write("{}\n" if event["target"] == "A" else "")

    with pytest.raises(InvalidRecord, match=r"line 2: |the target 'B'"):
        read(tmp_path)


def test_a_figure_is_a_number() -> None:
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="finite"):
            Figure(value, "ms", 3)
        with pytest.raises(ValueError, match="finite"):
            Figure(1.0, "ms", 3, low=value)


def test_every_repetition_outlives_the_gathering_of_parts(tmp_path: Path) -> None:
    loads = (Load("closed", clients=1), Load("closed", clients=2))
    several = [replace(ONE, load=load, repetition=number) for load in loads for number in (1, 2, 3)]
    writer = written(tmp_path, *several)
    RecordWriter(tmp_path, HERE["url"], Redactor(KEY), part=1).close()

    writer.gather()
    writer.close()

    assert [Measurement.of(event) for event in read(tmp_path).measurements] == several


@pytest.mark.parametrize("gathered", [False, True])
def test_every_workload_that_was_left_out_is_told(tmp_path: Path, gathered: bool) -> None:
    writer = written(tmp_path, ONE)
    left_out = [("a/b", "one", "no model"), ("a/c", "one", "no model"), ("a/b", "two", "no model"), ("a/b", "one", "x")]
    for each in left_out:
        writer.omission(*each)
    if gathered:
        RecordWriter(tmp_path, HERE["url"], Redactor(KEY), part=1).close()
        writer.gather()
    writer.close()

    told = [(event["workload"], event["target"], event["because"]) for event in read(tmp_path).omissions]

    assert told == left_out


def test_of_every_kind_of_event_it_is_known_what_tells_one_from_another() -> None:
    kinds = {part["$ref"].rpartition("/")[2] for part in record_schema()["oneOf"]}

    assert set(parts.TOLD_APART_BY) == kinds


def test_numbers_are_kept_as_they_are(tmp_path: Path) -> None:
    writer = written(tmp_path)
    content = b"\x93NUMPY" + KEY.encode()

    name = writer.numbers(content, "application/x-npy")
    writer.close()

    assert name.endswith(".npy")
    assert (tmp_path / "artifacts" / name).read_bytes() == content


def test_a_record_without_measurements_has_none(tmp_path: Path) -> None:
    header = {name: value for name, value in FACTS.items() if name != "targets"}
    writer = RecordWriter(tmp_path, HERE["url"], Redactor(KEY))
    writer.header(**header)
    writer.close()

    assert read(tmp_path).measurements == []


@pytest.mark.parametrize(
    ("load", "words"),
    [
        (Load("closed", clients=1), "1 client"),
        (Load("closed", clients=8), "8 clients"),
        (Load("open", rate=12.5, arrivals="constant"), "12.5/s constant"),
        (Load("search", objective="p99 <= 100 ms"), "the most with p99 <= 100 ms"),
    ],
)
def test_a_load_in_words(load: Load, words: str) -> None:
    assert str(load) == words
