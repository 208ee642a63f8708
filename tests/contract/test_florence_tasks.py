"""The tasks of Florence 2 as the contract lists them."""

from __future__ import annotations

from assay.contract import load
from assay.contract.florence import OPERATION, tasks

DOCUMENTED = [
    "CAPTION",
    "DETAILED_CAPTION",
    "OCR",
    "OD",
    "OPEN_VOCABULARY_DETECTION",
    "REFERRING_EXPRESSION_SEGMENTATION",
]


def test_the_document_names_six_and_the_server_knows_fifteen() -> None:
    assert [task.name for task in tasks().values() if task.promised] == DOCUMENTED
    assert len(tasks()) == 15
    assert tasks()["REGION_TO_OCR"].takes == "region"
    assert tasks()["OD"].token == "<OD>"


def test_every_task_has_its_answer_in_the_schema() -> None:
    library = load().library
    described = library.properties(library.node("responses/florence2.json#/properties/response"))

    assert {task.token for task in tasks().values()} == set(described)


def test_a_task_is_as_strong_in_the_prompt_as_in_the_answer() -> None:
    library = load().library
    described = library.properties(library.node("responses/florence2.json#/properties/response"))
    for task in tasks().values():
        source = library.source(described[task.token])
        assert source is not None
        assert (source.strength == "server") == (not task.promised), task.name


def test_an_answer_under_two_tasks_or_none_breaks_the_schema() -> None:
    schema = load().operation(OPERATION).modes["json"].schema
    assert schema is not None
    for response in ({}, {"<CAPTION>": "a", "<OD>": {"bboxes": [], "labels": []}}):
        (violation,) = load().validate(schema, {"response": response})
        assert violation.pointer == "/response"
        assert violation.strength == "sample"
    assert load().validate(schema, {"response": {"<CAPTION>": "a"}}) == []


def test_what_a_quad_box_and_a_box_need() -> None:
    schema = load().operation(OPERATION).modes["json"].schema
    assert schema is not None
    short = {"response": {"<OCR_WITH_REGION>": {"quad_boxes": [[1, 2, 3, 4]], "labels": ["a"]}}}
    (violation,) = load().validate(schema, short)
    assert (violation.keyword, violation.strength) == ("minItems", "server")
    (violation,) = load().validate(schema, {"response": {"<OD>": {"bboxes": []}}})
    assert (violation.pointer, violation.strength) == ("/response/<OD>/labels", "server")
