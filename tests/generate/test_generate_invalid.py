"""Every invalid request is wrong at one place, by one keyword, and can be seen to be wrong on the wire."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from assay import generate
from assay.contract import PROMISED, Operation, load
from assay.contract.pointers import covers, join
from assay.contract.schemas import Node, Violation
from assay.generate.keywords import VALUES

PICTURE = generate.Picture(bytes(cv2.imencode(".png", np.zeros((9, 16, 3), np.uint8))[1]), 16, 9)
CONTEXT = generate.Context((PICTURE,), {"dataset": "rig-animals", "version": "1"}, ("dog", "cat"))
OPERATIONS = list(load().operations.values())
HOSTED, SAM2 = load().operation("hosted.object-detection"), load().operation("sam2.segment")
BOTH = [(operation, undocumented) for operation in OPERATIONS for undocumented in (False, True)]


def broken(operation: Operation, undocumented: bool = False) -> list[generate.Invalid]:
    example = generate.example(operation, CONTEXT, undocumented=undocumented)
    return generate.invalid(operation, example, undocumented=undocumented)


def violations(operation: Operation, wrong: generate.Invalid) -> list[Violation]:
    """What is wrong; a value of a wrong type is none of an enum either, and that goes without saying."""
    found = load().validate(str(operation.request_schema), wrong.instance)
    implied = (wrong.pointer, "enum") if wrong.keyword == "type" else None
    return [each for each in found if (each.pointer, each.keyword) != implied]


@pytest.mark.parametrize(("operation", "undocumented"), BOTH)
def test_each_fails_at_its_pointer_by_its_keyword_and_nowhere_else(operation: Operation, undocumented: bool) -> None:
    assert len(broken(operation, undocumented)) > 15
    for wrong in broken(operation, undocumented):
        found = violations(operation, wrong)
        assert [(violation.pointer, violation.keyword) for violation in found] == [(wrong.pointer, wrong.keyword)]
        assert wrong.case == (wrong.case.pointer, wrong.keyword)
        assert covers(wrong.case.pointer, wrong.pointer)
        assert wrong.sentence == found[0].message


@pytest.mark.parametrize(("operation", "undocumented"), BOTH)
def test_each_can_be_sent(operation: Operation, undocumented: bool) -> None:
    right = operation.to_request(generate.example(operation, CONTEXT, undocumented=undocumented))
    for wrong in broken(operation, undocumented):
        assert operation.to_request(wrong.instance, check=False) != right


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_only_what_documents_and_samples_forbid_counts(operation: Operation) -> None:
    assert {wrong.strength for wrong in broken(operation)} <= PROMISED
    assert "server" in {wrong.strength for wrong in broken(operation, undocumented=True)}
    assert set(generate.invalid_cases(operation)) < set(generate.invalid_cases(operation, undocumented=True))


@pytest.mark.parametrize(("operation", "undocumented"), BOTH)
def test_the_cases_known_from_the_schema_are_those_that_an_example_shows(
    operation: Operation, undocumented: bool
) -> None:
    cases = generate.invalid_cases(operation, undocumented=undocumented)
    assert cases == tuple(dict.fromkeys(wrong.case for wrong in broken(operation, undocumented)))
    assert cases == generate.invalid_cases(operation, undocumented=undocumented)
    assert all(isinstance(pointer, str) and keyword in VALUES for pointer, keyword in cases)


def test_every_keyword_of_the_requests_is_broken_somewhere() -> None:
    cases = [case for operation in OPERATIONS for case in generate.invalid_cases(operation, undocumented=True)]
    assert {keyword for _, keyword in cases} == VALUES


def every_keyword(operation: Operation) -> set[tuple[str, str]]:
    """Each place of a request with each keyword that holds there, read from the schema without the generator's help."""
    found: set[tuple[str, str]] = set()
    waiting = [("", operation.library.node(str(operation.request_schema)))]
    while waiting:
        pattern, node = waiting.pop()
        for layer in operation.library.layers(node):
            if layer.meaning == "api-key":
                break
            found |= {(pattern, keyword) for keyword in layer.schema if keyword in VALUES - {"required"}}
            found |= {(pattern + join([name]), "required") for name in layer.schema.get("required", ())}
            waiting += list(below(layer, pattern))
    return found


def below(node: Node, pattern: str) -> Iterator[tuple[str, Node]]:
    schema = node.schema
    yield from ((pattern + join([name]), node.child("properties", name)) for name in schema.get("properties", ()))
    yield from ((pattern, node.child("allOf", index)) for index in range(len(schema.get("allOf", ()))))
    if "items" in schema:
        yield f"{pattern}/*", node.child("items")
    yield from ((pattern, node.child(branch)) for branch in ("then", "else") if isinstance(schema.get(branch), dict))


TEXTS_OF_THE_QUERY = (
    "image", "classes", "format", "name", "image_type", "active_learning_target_dataset", "source", "source_info",
    "mask_decode_mode", "response_mask_format",
)  # fmt: skip
NOT_TO_BE_SEEN = {
    *((place, "type") for place in ("", "/path", "/query", "/body", "/path/dataset", "/path/version")),
    *((f"/query/{name}", "type") for name in TEXTS_OF_THE_QUERY),
    *((place, "required") for place in ("/path", "/path/dataset", "/path/version")),
}
"""What cannot be wrong on the wire, where path, query and body are text: any text is one, and a path has its parts."""


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_every_keyword_at_every_place_has_a_case_unless_it_cannot_be_seen(operation: Operation) -> None:
    there, cases = every_keyword(operation), set(generate.invalid_cases(operation, undocumented=True))

    assert len(there) > 15
    assert cases <= there
    assert there - cases == (NOT_TO_BE_SEEN if operation.shape == "path-query-body" else set())


def test_the_documented_cases_of_the_hosted_route() -> None:
    cases = generate.invalid_cases(HOSTED)
    assert set(cases) == {
        ("/path/dataset", "pattern"),
        ("/query/image", "pattern"),
        ("/query/overlap", "type"),
        ("/query/overlap", "minimum"),
        ("/query/overlap", "maximum"),
        ("/query/confidence", "type"),
        ("/query/confidence", "minimum"),
        ("/query/confidence", "maximum"),
        ("/query/stroke", "type"),
        ("/query/labels", "type"),
        ("/query/format", "enum"),
        ("/body", "required"),
        ("/body", "minLength"),
        ("/body", "contentEncoding"),
    }
    assert cases == generate.invalid_cases(load().operation("hosted.keypoint-detection"))


@pytest.mark.parametrize(
    "case",
    [
        ("", "type"),
        ("/image", "required"),
        ("/image/value", "required"),
        ("/image/value", "contentEncoding"),
        ("/image/value", "pattern"),
        ("/prompts", "type"),
        ("/prompts/prompts", "required"),
        ("/prompts/prompts/*/points/*/x", "type"),
        ("/prompts/prompts/*/points/*/positive", "required"),
    ],
)
def test_documented_cases_of_sam2(case: tuple[str, str]) -> None:
    assert case in generate.invalid_cases(SAM2)


def test_how_a_box_is_written_is_not_promised() -> None:
    assert not [pointer for pointer, _ in generate.invalid_cases(SAM2) if "/box" in pointer]


@pytest.mark.parametrize(("operation", "undocumented"), BOTH)
def test_keys_are_left_alone(operation: Operation, undocumented: bool) -> None:
    assert not [wrong for wrong in broken(operation, undocumented) if "api_key" in wrong.pointer]


def test_a_query_cannot_hold_a_wrong_type_where_any_text_is_right() -> None:
    texts = {f"/query/{found.name}" for found in HOSTED.parameters if found.schema["type"] == "string"}
    assert not [wrong for wrong in broken(HOSTED, True) if wrong.pointer in texts and wrong.keyword == "type"]


def test_on_the_wire_a_wrong_number_reads_as_no_right_one() -> None:
    for wrong in broken(HOSTED):
        request = HOSTED.to_request(wrong.instance, check=False)
        for name in ("confidence", "overlap"):
            if wrong.pointer == f"/query/{name}":
                text = request.parameter(name)
                assert text is not None
                assert not re.fullmatch(r"\d+(\.\d+)?", text) or float(text) > 100


def test_a_picture_by_address_can_be_wrong_too() -> None:
    addressed = generate.Picture(PICTURE.data, 16, 9, "https://example.org/a.png")
    instance = {"image": {"type": "url", "value": addressed.url}}
    cases = {wrong.case for wrong in generate.invalid(SAM2, instance)}
    assert {("/image/value", "pattern"), ("/image/value", "contentEncoding")} <= cases
    assert ("/prompts/prompts/*/points/*/x", "type") not in cases  # there is no point to be broken


def test_the_instance_stays_as_it_was() -> None:
    instance = generate.example(SAM2, CONTEXT)
    before = copy.deepcopy(instance)
    wrongs = generate.invalid(SAM2, instance)
    wrongs[0].instance and wrongs[-1].instance.clear()
    assert instance == before


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_any_valid_instance_can_be_broken(operation: Operation) -> None:
    @settings(max_examples=15, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(generate.valid(operation, CONTEXT))
    def draws(instance: Any) -> None:
        wrongs = generate.invalid(operation, instance)
        assert wrongs
        for wrong in wrongs:
            found = violations(operation, wrong)
            assert [(violation.pointer, violation.keyword) for violation in found] == [(wrong.pointer, wrong.keyword)]

    draws()


def test_the_same_every_time() -> None:
    def told() -> list[str]:
        return [json.dumps([wrong.pointer, wrong.keyword, wrong.instance, wrong.sentence]) for wrong in broken(SAM2)]

    assert told() == told()
