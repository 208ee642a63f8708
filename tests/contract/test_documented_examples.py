"""The documents' own examples against the schemas: they pass, but for what the documents contradict themselves in."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from assay.contract import InvalidRequest, load
from assay.suite import suite_folder

FILES = sorted((suite_folder("fixtures") / "documents").glob("*.json"))
EXAMPLES = {path.stem: json.loads(path.read_text("utf-8")) for path in FILES}
ANSWERS = [name for name, example in EXAMPLES.items() if "response" in example]
REQUESTS = [name for name, example in EXAMPLES.items() if "request" in example]


def test_both_kinds_are_there() -> None:
    assert len(ANSWERS) >= 4
    assert len(REQUESTS) >= 5


@pytest.mark.parametrize("name", ANSWERS)
def test_a_documented_answer_breaks_exactly_what_its_file_says(name: str) -> None:
    example = EXAMPLES[name]
    mode = load().operation(example["operation"]).modes.get(example["mode"])
    schema = mode.schema if mode else "responses/error.json"
    assert schema is not None
    found = [
        (violation.pointer, violation.keyword) for violation in load().validate(schema, example["response"]["body"])
    ]
    assert found == [(entry["pointer"], entry["keyword"]) for entry in example["disagrees"]]


@pytest.mark.parametrize("name", REQUESTS)
def test_a_documented_request_is_built_as_the_document_prints_it(name: str) -> None:
    example, wanted = EXAMPLES[name], EXAMPLES[name]["request"]
    request = load().operation(example["operation"]).to_request(example["values"])
    address = urlsplit(wanted["url"])
    assert (request.method, request.path) == (wanted["method"], address.path)
    assert request.query == tuple(parse_qsl(address.query, keep_blank_values=True))
    assert {key.lower(): value for key, value in request.headers} == wanted["headers"]
    assert parsed(request.body, wanted["headers"]) == wanted["body"]


def parsed(body: bytes, headers: dict[str, str]) -> Any:
    if headers.get("content-type") == "application/json":
        return json.loads(body)
    return body.decode() or None


@pytest.mark.parametrize("name", REQUESTS)
def test_the_address_of_a_documented_request_survives_percent_encoding(name: str) -> None:
    example = EXAMPLES[name]
    request = load().operation(example["operation"]).to_request(example["values"])
    assert request.url == example["request"]["url"]


def test_the_fallback_key_of_the_server_is_refused_where_the_document_says_class_name() -> None:
    answer = json.loads(json.dumps(EXAMPLES["hosted-keypoint-answer"]["response"]["body"]))
    keypoint = answer["predictions"][0]["keypoints"][1]
    keypoint["class"] = keypoint.pop("class_name")
    (violation,) = load().validate("responses/hosted-keypoint-detection.json", answer)
    assert violation.pointer == "/predictions/0/keypoints/1/class_name"
    assert violation.keyword == "required"
    assert violation.schema_pointer == "parts/keypoint.json#/required"
    assert violation.source is not None
    assert violation.source.document == "S4"
    assert violation.message == (
        "/predictions/0/keypoints/1/class_name is missing from an object with x, y, class_id, confidence and class."
    )


def test_a_documented_request_with_one_wrong_value_is_refused() -> None:
    example = EXAMPLES["hosted-python-thresholds"]
    values = {**example["values"], "query": {**example["values"]["query"], "confidence": 400}}
    with pytest.raises(InvalidRequest) as refused:
        load().operation(example["operation"]).to_request(values)
    assert (refused.value.pointer, refused.value.keyword) == ("/query/confidence", "maximum")


def test_the_documented_keypoint_answer_names_each_keypoint_by_class_name() -> None:
    """K-07: the document's own example has what K-01 to K-03 ask for, each keypoint under an id and a name of its own.

    Where they lie is judged of the same file in `tests/judge/test_verify_keypoints.py`.
    """
    example = EXAMPLES["hosted-keypoint-answer"]
    keypoints = [point for one in example["response"]["body"]["predictions"] for point in one["keypoints"]]

    assert example["disagrees"] == []
    assert [set(point) for point in keypoints] == [{"x", "y", "class_name", "class_id", "confidence"}] * 2
    assert [(point["class_id"], point["class_name"]) for point in keypoints] == [(0, "top"), (1, "bottom")]
