"""Published figures: the data keeps its schema and its workloads, and is set beside what is about the same."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from assay.bench.workload import workloads
from assay.compare.beside import NOTHING, Beside, beside
from assay.compare.comparison import Wanted, compare
from assay.compare.documented import published
from assay.compare.told import as_json
from assay.record import Load, Measurement, Scenario
from assay.report.comparison import html, markdown, terminal
from assay.suite import suite_folder

from .conftest import EMBED, L4, SERVER, URL, Benching, repetition

FOLDER = suite_folder("fixtures") / "published-figures"
SCHEMA = json.loads((FOLDER / "figures.schema.json").read_text("utf-8"))
ALONE = Load("closed", clients=1)
H100 = {"gpu": "NVIDIA H100", "gpus": 1}
SENTENCES = {"sam2.segment/cold": "One point in a new picture. JPEG of 640 x 480 px."}


def measurement(workload: str, model: str, **figures: float) -> Measurement:
    """One client's, of a workload."""
    operation = workload.partition("/")[0]
    one = replace(EMBED, workload=workload, operation=operation, scenario=Scenario.SINGLE_STREAM, load=ALONE,
                  inputs={"digest": "0" * 32, "model": model, "batch": 1})  # fmt: skip
    return repetition(1, one, **figures)


def found(run: Path) -> list[Beside]:
    return beside(compare([run], Wanted(published=True)))


def ids(run: Path) -> list[tuple[str, str]]:
    return [(each.published.taken.id, each.published.model) for each in found(run)]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_the_data_keeps_its_schema(path: Path) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    data = tomllib.loads(path.read_text("utf-8"))

    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(data)] == []
    assert len({series["id"] for series in data["series"]}) == len(data["series"])
    for series in data["series"]:
        assert {len(figure["values"]) for figure in series["figures"]} == {len(series["columns"])}, series["id"]


@pytest.mark.parametrize(
    "changed",
    [{"gpu": None}, {"service": "one of Roboflow's"}, {"timed": "UDP"}, {"ratio": 2.0}, {"page": ""}, {"batch": 0}],
    ids=str,
)
def test_the_schema_notices(changed: Mapping[str, Any]) -> None:
    data = tomllib.loads((FOLDER / "roboflow.toml").read_text("utf-8"))
    first = {**data["series"][0], **changed}
    data["series"][0] = {name: value for name, value in first.items() if value is not None}

    assert list(Draft202012Validator(SCHEMA).iter_errors(data))


def test_each_is_of_workloads_that_there_are_and_of_its_own_family() -> None:
    for one in published():
        for pattern in one.taken.workloads:
            assert any(fnmatchcase(name, pattern) for name in workloads()), f"{one.taken.id}: {pattern}"
        plain = [pattern.rstrip("*") for pattern in one.models]
        assert one.is_akin([f"{name}0" for name in plain]) or one.is_akin(plain), f"{one.taken.id}: {one.model}"


def test_the_default_number_of_beams_is_left_to_the_server() -> None:
    """Which is what stands beside Florence's figures."""
    source = (suite_folder("benchmarks") / "florence2.py").read_text("utf-8")

    assert "beams" not in source


def test_the_same_work_of_the_same_model(bench: Benching) -> None:
    taken = measurement("sam2.segment/cold", "hiera_large", response_mean=150.0, response_p50=149.0)
    (one,) = found(bench("a", [taken], configuration={"workload_sentences": SENTENCES}))

    assert one.stated == "177.7 ms mean: hiera_large on 1x NVIDIA L4"
    assert one.measured == "150 ms mean"
    assert one.differs == (
        "published of segment_image with a new picture in each call, encoded and decoded, measured of “One point in a "
        "new picture. JPEG of 640 x 480 px.”",
    )
    assert one.silence == "The page does not say whether HTTP is in it or how many calls it rests on."


def test_what_differs_is_said(bench: Benching) -> None:
    taken = measurement("sam2.segment/cold", "hiera_tiny", response_p50=30.0)
    other = {**SERVER, "hardware": H100}
    (one,) = found(bench("a", [taken], target=other, targets={"A": other}))

    assert one.measured == "30.0 ms median"
    assert one.differs == (
        "published on 1x NVIDIA L4, measured on 1x NVIDIA H100",
        "published of hiera_large, measured of hiera_tiny",
        "published of segment_image with a new picture in each call, encoded and decoded",
        "published is a mean, measured a median",
    )


def test_gpus_that_are_only_listed_are_not_claimed(bench: Benching) -> None:
    taken = measurement("sam2.segment/cold", "hiera_large", response_mean=150.0)
    other = {**SERVER, "hardware": {"gpu": "NVIDIA L4", "gpus_listed": 8}}
    (one,) = found(bench("a", [taken], target=other, targets={"A": other}))

    assert one.differs[0] == "published on 1x NVIDIA L4, measured on 8x NVIDIA L4 listed"


def test_florence_tells_of_beams_and_of_tokens(bench: Benching) -> None:
    untold = {name: value for name, value in SERVER.items() if name != "hardware"}
    taken = measurement("florence2.infer/caption", "florence-2-base", response_p50=400.0)
    (one,) = found(bench("a", [taken], target=untold, targets={"A": untold}))

    assert one.stated == "652 ms, 198 tokens/s: florence-2-base on 1x NVIDIA L4"
    assert one.measured == "400 ms median, no tokens/s"
    assert one.differs[0] == "published on 1x NVIDIA L4, measured on a machine that is not told"
    assert "the server's default is 3 beams, and the workload leaves it so" in one.differs
    assert "whether it is a mean or a median" in one.silent


def test_the_package_alone_is_not_http(bench: Benching) -> None:
    offline = replace(
        measurement("hosted.object-detection/base64", "rf-detr-nano", rate=90.0),
        scenario=Scenario.OFFLINE, load=Load("search", objective="any number of clients"),
    )  # fmt: skip
    (one,) = found(bench("a", [offline]))

    assert one.stated == "103.5 images/s with ONNX, 299.5 images/s with TensorRT: RF-DETR nano on NVIDIA L4"
    assert one.measured == "90.0 images/s"
    assert "published of the Python package alone, measured over HTTP" in one.differs
    assert "published of detection at 384 px" in one.differs
    assert "measured under a load, the most with any number of clients, of which the page says nothing" in one.differs
    assert "which engine answered here is not told" in one.differs


def test_the_machine_decides_where_it_is_known(bench: Benching) -> None:
    nano = measurement("hosted.object-detection/base64", "rfdetr-nano", rate=90.0)
    other = {**SERVER, "hardware": H100}

    assert ids(bench("l4", [nano])) == [("package-l4-detection", "RF-DETR nano")]
    assert ids(bench("h100", [nano], target=other, targets={"A": other})) == [
        ("package-l4-detection", "RF-DETR nano"),
        ("package-orin-rfdetr", "RF-DETR nano"),
    ]
    assert ids(bench("two", [nano], targets={"A": {**SERVER, "hardware": {**L4, "gpus": 2}}})) == [
        ("package-l4-detection", "RF-DETR nano")
    ], "how many the page's machine had, it does not say"


def test_of_a_model_of_unknown_kind_all_on_its_machine_are_shown(bench: Benching) -> None:
    own = measurement("hosted.object-detection/base64", "things/3", rate=90.0)
    other = {**SERVER, "hardware": H100}

    on_l4 = found(bench("l4", [own]))
    assert {each.published.taken.id for each in on_l4} == {"package-l4-detection"}
    assert "published of RF-DETR nano, measured of things/3, whose kind nothing tells" in on_l4[0].differs
    assert ids(bench("h100", [own], target=other, targets={"A": other})) == []


def test_what_the_answer_resolved_tells_the_kind(bench: Benching) -> None:
    told = {**SERVER, "models": {"hosted.object-detection": "rfdetr-large 8f onnx fp32"}}
    own = measurement("hosted.object-detection/base64", "things/3", rate=90.0)
    (one,) = found(bench("a", [own], target=told, targets={"A": told}))

    assert one.published.model == "RF-DETR large"
    assert one.model == "things/3, answered by rfdetr-large 8f onnx fp32"
    assert "which engine answered here is not told" not in one.differs


def test_cold_stands_beside_cold_alone(bench: Benching) -> None:
    warm = measurement("hosted.object-detection/base64", "coco/39", response_p50=60.0)
    cold = replace(measurement("hosted.object-detection/base64", "coco/39", coldstart_p50=900.0),
                   scenario=Scenario.COLD_START)  # fmt: skip
    away = {"url": URL}

    warm_ids = {name for name, _ in ids(bench("warm", [warm], target=away, targets={"A": away}))}
    assert "serverless-pricing-warm" in warm_ids
    assert "serverless-pricing-cold" not in warm_ids
    (one,) = found(bench("cold", [cold], target=away, targets={"A": away}))
    assert (one.published.taken.id, one.measured) == ("serverless-pricing-cold", "900 ms median")
    assert one.differs[0] == (
        "published on Roboflow's serverless service, whose machines are not stated, measured on a machine that is not "
        "told"
    )


@pytest.mark.parametrize(
    ("workload", "model"),
    [
        ("sam2.segment/cached", "hiera_large"),
        ("sam2.embed/new", "hiera_large"),
        ("owlv2.infer/new", "owlv2-large"),
        ("hosted.object-detection/base64", "yolov11n-640"),
        ("hosted.keypoint-detection/base64", "people/1"),
    ],
)
def test_other_work_and_other_models_have_none(bench: Benching, workload: str, model: str) -> None:
    assert ids(bench("a", [measurement(workload, model, response_p50=9.0, rate=100.0)])) == []


def test_an_invalid_measurement_has_none(bench: Benching) -> None:
    taken = replace(measurement("sam2.segment/cold", "hiera_large", response_mean=150.0), reasons=("late",))

    assert ids(bench("a", [taken])) == []


def test_every_report_shows_them_and_forms_no_ratio(bench: Benching) -> None:
    taken = measurement("sam2.segment/cold", "hiera_large", response_mean=150.0)
    comparison = compare([bench("a", [taken])], Wanted(published=True))
    shown = ("177.7 ms mean: hiera_large on 1x NVIDIA L4", "150 ms mean", "whether HTTP is in it")

    texts = {
        "terminal": " ".join(" ".join(terminal.lines(comparison)).split()),
        "markdown": unescape(markdown.text(comparison)),
        "html": re.sub(r"\s+", " ", unescape(html.render(comparison))),
    }
    for name, text in texts.items():
        assert [words for words in shown if words not in text] == [], name
        assert not re.search(r"\d(?: ?%|x) (?:faster|slower|of the published)", text), name
    (one,) = as_json(comparison)["published"]["beside"]
    assert one["published"]["figures"] == [{"value": 177.7, "unit": "ms", "of": "response"}]
    assert one["not_stated"] == ["whether HTTP is in it", "how many calls it rests on"]
    assert "ratio" not in json.dumps(one)


def test_one_sentence_where_there_is_none_and_nothing_where_nobody_asked(bench: Benching) -> None:
    run = bench("a", [measurement("sam2.embed/new", "hiera_tiny", response_p50=9.0)])
    asked, unasked = (compare([run], Wanted(published=wanted)) for wanted in (True, False))

    for text in (terminal.lines, markdown.text, html.render):
        told, silent = ("".join(text(each)) for each in (asked, unasked))
        assert told.count(NOTHING) == 1
        assert NOTHING not in silent
    assert as_json(asked)["published"] == {"beside": [], "sentence": NOTHING}
    assert as_json(unasked)["published"] is None


def test_nothing_of_a_record_acts_on_the_screen_or_the_page(bench: Benching) -> None:
    taken = measurement("sam2.segment/cold", "hiera_\x1b[31m<script>alert(1)</script>\u202e", response_mean=150.0)
    comparison = compare([bench("a", [taken])], Wanted(published=True))

    for told in ("\n".join(terminal.lines(comparison)), markdown.text(comparison), html.render(comparison)):
        assert "alert(1)" in told.replace("&#x28;", "(").replace("&#40;", "(")
        assert not {"\x1b", "\u202e"} & set(told)
    assert "<script" not in markdown.text(comparison) + html.render(comparison)
