"""Violations: where, by which keyword, promised by whom, and in words that a person can read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assay.contract import load
from assay.contract.schemas import Library

DETECTIONS = "responses/hosted-object-detection.json"
BOX = {"x": 5, "y": 5, "width": 2, "height": 2, "class": "dog", "confidence": 0.5}


def answer(*boxes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"predictions": list(boxes), "image": {"width": 10, "height": 10}, **more}


def found(schema: str, instance: Any) -> list[tuple[str, str]]:
    return [(violation.pointer, violation.keyword) for violation in load().validate(schema, instance)]


def test_a_right_answer_has_no_violations() -> None:
    assert load().validate(DETECTIONS, answer(BOX, BOX)) == []
    assert load().validate(DETECTIONS, answer()) == []


def test_fields_that_nobody_promised_are_let_through() -> None:
    more = {"inference_id": None, "time": 0.1, "frame_id": None, "something": {"new": [1]}, "resolved_model": None}
    detections = answer({**BOX, "tracker_id": None, "class_confidence": None, "zone": 3}, **more)
    assert load().validate(DETECTIONS, detections) == []


@pytest.mark.parametrize(
    ("change", "pointer", "keyword", "expected", "actual"),
    [
        ({"x": "5"}, "/predictions/1/x", "type", "a number", '"5"'),
        ({"x": True}, "/predictions/1/x", "type", "a number", "true"),
        ({"width": -1}, "/predictions/1/width", "minimum", "at least 0", "-1"),
        ({"confidence": 91}, "/predictions/1/confidence", "maximum", "at most 1.001", "91"),
        ({"class_id": 1.5}, "/predictions/1/class_id", "type", "a whole number", "1.5"),
    ],
)
def test_a_wrong_value_is_told_by_place_keyword_and_words(
    change: dict[str, Any], pointer: str, keyword: str, expected: str, actual: str
) -> None:
    (violation,) = load().validate(DETECTIONS, answer(BOX, {**BOX, **change}))
    assert (violation.pointer, violation.keyword) == (pointer, keyword)
    assert (violation.expected, violation.actual) == (expected, actual)
    assert violation.message == f"{pointer} should be {expected} but is {actual}."
    assert load().library.node(violation.schema_pointer.rpartition("/")[0]).schema[keyword] is not None


def test_the_source_of_a_violation_is_that_of_the_field_and_its_strength_that_of_the_keyword() -> None:
    (scale,) = load().validate(DETECTIONS, answer({**BOX, "confidence": 91}))
    (kind,) = load().validate(DETECTIONS, answer({**BOX, "confidence": "high"}))
    (extra,) = load().validate(DETECTIONS, answer({**BOX, "class_id": "dog"}))
    assert (scale.strength, kind.strength, extra.strength) == ("sample", "document", "server")
    assert kind.source is not None
    assert kind.source.section == "Response object format"


def test_each_missing_property_is_a_violation_of_its_own_at_its_own_place() -> None:
    assert found(DETECTIONS, answer({"x": 1, "y": 1, "width": 1, "confidence": 1})) == [
        ("/predictions/0/class", "required"),
        ("/predictions/0/height", "required"),
    ]


def test_violations_come_in_the_order_of_the_answer() -> None:
    boxes = [{**BOX, "x": None}] * 11
    assert [place for place, _ in found(DETECTIONS, answer(*boxes))] == [
        f"/predictions/{index}/x" for index in range(11)
    ]


def test_a_huge_value_is_not_dumped() -> None:
    (violation,) = load().validate(DETECTIONS, answer({**BOX, "class": list(range(5000))}))
    assert violation.actual == "an array of 5,000 items"
    (violation,) = load().validate(DETECTIONS, answer({**BOX, "x": "x" * 5000}))
    assert violation.actual.endswith('…" (5,000 characters)')
    assert len(violation.message) < 200


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("QUJD", True),
        ("QUJD\r\nQUI=\n", True),
        ("QUI", False),
        ("QUJ!", False),
        ("data:image/jpeg;base64,QUJD", False),
        ("Ü", False),
    ],
)
def test_base64_is_asserted_line_breaks_allowed(text: str, right: bool) -> None:
    schema = "responses/hosted-object-detection-drawn.json"
    assert found(schema, answer(visualization=text)) == ([] if right else [("/visualization", "contentEncoding")])


def test_the_drawing_is_required_where_it_was_asked_for_and_only_there() -> None:
    assert found("responses/hosted-object-detection-drawn.json", answer()) == [("/visualization", "required")]
    assert found("responses/hosted-keypoint-detection.json", answer(BOX)) == [("/predictions/0/keypoints", "required")]


@pytest.mark.parametrize(
    "body",
    [
        {"message": "no"},
        {"message": "no", "help_url": "https://example.org"},
        {"status": 401, "message": "no"},
        {"detail": "Not Found"},
        {"detail": [{"type": "missing", "loc": ["body", "prompts", 0, "x"], "msg": "Field required", "input": {}}]},
        {"Message": "no"},
    ],
)
def test_every_documented_shape_of_a_refusal_is_accepted(body: dict[str, Any]) -> None:
    assert load().validate("responses/error.json", body) == []


@pytest.mark.parametrize("body", [{}, [], "Internal Server Error", {"error": "no"}, {"detail": 5}, {"message": None}])
def test_other_shapes_of_a_refusal_are_not(body: Any) -> None:
    assert found("responses/error.json", body) == [("", "anyOf")]


def test_an_unknown_schema_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="no-such"):
        load().validate("responses/no-such.json", {})


def test_nothing_is_fetched(tmp_path: Path) -> None:
    write(tmp_path / "parts" / "far.json", {"$ref": "https://example.org/schema.json"})
    with pytest.raises(Exception, match=r"example\.org"):
        Library(tmp_path).validate("parts/far.json", {})


def test_another_dialect_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "parts" / "old.json", {}, dialect="http://json-schema.org/draft-07/schema#")
    with pytest.raises(ValueError, match="draft-07"):
        Library(tmp_path)


def write(file: Path, schema: dict[str, Any], dialect: str = "https://json-schema.org/draft/2020-12/schema") -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"$schema": dialect, **schema}), "utf-8")
