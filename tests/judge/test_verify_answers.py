"""What is verified of what answers say of themselves, of lists of pictures, and of refusals."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from assay.contract.message import Response
from assay.judge import verify_answers, verify_batches, verify_refusals
from assay.judge.equal import Comparison
from assay.judge.verdicts import NoWitness, RuleBroken

from .making import exchange

SIZE = {"width": 4, "height": 3}


def said(document: Any, seconds: float = 1.0, status: int = 200, **headers: str) -> Any:
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    response = Response(status, (("content-type", "application/json"), *named), json.dumps(document).encode())
    return replace(exchange(document), response=response, seconds=seconds)


def detected(*names: Any) -> Any:
    return said({"predictions": [{"detection_id": name} for name in names]})


def test_detections_are_named_once() -> None:
    assert verify_answers.each_detection_named_once([detected("a", "b"), detected("c")]) == 3
    for answers in ([detected("a", "a")], [detected("a"), detected("a")]):
        with pytest.raises(RuleBroken, match="detection_id is that of"):
            verify_answers.each_detection_named_once(answers)
    for answers in ([detected("a")], [detected(None, 7)], [said([])], [said({"predictions": {"x": 1}})]):
        with pytest.raises(NoWitness):
            verify_answers.each_detection_named_once(answers)


def test_an_answer_is_called_what_its_request_says() -> None:
    verify_answers.named_by_caller(said({"inference_id": "mine"}), "mine")
    document: Any
    for document in ({"inference_id": "other"}, {"inference_id": None}, {}, []):
        with pytest.raises(RuleBroken):
            verify_answers.named_by_caller(said(document), "mine")


@pytest.mark.parametrize(("told", "sound"), [(0.4, True), (1.0, True), (0, False), (-1, False), (400, False)])
def test_time_is_a_part_of_the_call(told: float, sound: bool) -> None:
    if sound:
        assert verify_answers.took_no_longer_than_the_call(said({"time": told})) == told
    else:
        with pytest.raises(RuleBroken, match="no time that the call can have taken"):
            verify_answers.took_no_longer_than_the_call(said({"time": told}))


@pytest.mark.parametrize("document", [{}, [], {"time": "a while"}, {"time": True}])
def test_no_time_is_no_witness(document: Any) -> None:
    with pytest.raises(NoWitness):
        verify_answers.took_no_longer_than_the_call(said(document))


def test_processing_time_lies_between_the_two() -> None:
    assert verify_answers.processed_within_the_call(said({"time": 0.4}, x_processing_time="0.5")) == 0.5
    assert verify_answers.processed_within_the_call(said([], x_processing_time="0.5")) == 0.5
    for told in ("0.3", "2", "0", "-1", "soon", "nan", "inf"):
        with pytest.raises(RuleBroken):
            verify_answers.processed_within_the_call(said({"time": 0.4}, x_processing_time=told))
    with pytest.raises(NoWitness):
        verify_answers.processed_within_the_call(said({"time": 0.4}))


def test_a_list_is_answered_with_as_many() -> None:
    verify_batches.listed(said([{}, {}]), 2)
    document: Any
    for document in ([{}], [], {}, "no", [{}, {}, {}]):
        with pytest.raises(RuleBroken, match="not answered with a list of as many"):
            verify_batches.listed(said(document), 2)


def test_sizes_come_in_order() -> None:
    verify_batches.sizes_in_order(said([{"image": SIZE}, {"image": {"width": 9, "height": 9}}]), [(4, 3), (9, 9)])
    for second in ({"image": SIZE}, {"image": None}, {}, 7):
        with pytest.raises(RuleBroken, match="picture 1 of the list"):
            verify_batches.sizes_in_order(said([{"image": SIZE}, second]), [(4, 3), (9, 9)])


def test_each_picture_of_a_list_is_answered_as_alone() -> None:
    alone = [{"top": "dog"}, {"top": "cat"}]
    verify_batches.as_alone(said(alone), alone, Comparison())
    with pytest.raises(RuleBroken, match="picture 0 of the list") as broken:
        verify_batches.as_alone(said(alone[::-1]), alone, Comparison())
    assert broken.value.findings[0].pointer == "/0/top"


@pytest.mark.parametrize(
    "document",
    [
        {"detail": [{"loc": ["body", "image"], "msg": "Field required"}]},
        {"message": "the field image is required"},
        {"message": "Error: 'image' missing"},
    ],
)
def test_a_refusal_names_the_field(document: Any) -> None:
    verify_refusals.names(said(document, status=422), "image", "a request")


@pytest.mark.parametrize(
    "document",
    [
        {"message": "a field is missing"},
        {"message": "images are fine"},
        {"detail": [{"loc": ["body"], "msg": "Field required", "input": {"a": "image"}}]},
        {"image": "is the name of a member only"},
    ],
)
def test_a_refusal_that_does_not_name_the_field(document: Any) -> None:
    with pytest.raises(RuleBroken, match="does not say that image is what is missing"):
        verify_refusals.names(said(document, status=422), "image", "a request")
