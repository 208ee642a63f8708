"""Operators on what Florence 2 is asked and answers."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from assay.contract.message import Request, Response
from assay.faults.model import ResponseOperator
from assay.faults.operators import florence
from assay.faults.operators.fields import edit_json

BOXES = {"bboxes": [[80, 60, 160, 120], [10, 20, 30, 40]], "labels": ["dog", "cat"]}


def answer(response: Any) -> Response:
    body = {"response": response, "image": {"width": 640, "height": 480}, "inference_id": "5f"}
    return Response(200, (("content-type", "application/json"),), json.dumps(body).encode())


def asked(prompt: str = "<OD>") -> Request:
    return Request("florence2.infer", "POST", "/infer/lmm", body=json.dumps({"prompt": prompt}).encode())


def after(operator: ResponseOperator, response: Any, prompt: str = "<OD>") -> Any:
    return operator(asked(prompt), answer(response)).json()["response"]


@pytest.mark.parametrize(
    ("change", "first"),
    [
        (florence.corner_and_size, [80, 60, 80, 60]),
        (florence.as_fractions, [0.125, 0.125, 0.25, 0.25]),
        (florence.swapped, [60, 80, 120, 160]),
        (florence.right_first, [160, 120, 80, 60]),
        (florence.bounding, [80, 60, 160, 120]),
        (florence.as_object, {"x1": 80, "y1": 60, "x2": 160, "y2": 120}),
    ],
)
def test_boxes_are_told_in_other_ways(change: Any, first: Any) -> None:
    changed = after(florence.change_places("bboxes", change), {"<OD>": BOXES})
    assert changed["<OD>"]["bboxes"][0] == first
    assert changed["<OD>"]["labels"] == ["dog", "cat"]


def test_places_are_reached_however_deep_they_lie() -> None:
    polygons = {"polygons": [[[1, 2, 3, 4, 5, 6]]], "labels": [""]}
    operator = florence.change_places("polygons", lambda numbers, size: florence.without_last(numbers))
    assert after(operator, {"<REGION_TO_SEGMENTATION>": polygons})["<REGION_TO_SEGMENTATION>"]["polygons"] == [
        [[1, 2, 3, 4, 5]]
    ]


def test_labels_and_texts_of_some_tasks_only() -> None:
    shorter = florence.change_labels(florence.without_last, "<OD>")
    assert after(shorter, {"<OD>": BOXES})["<OD>"]["labels"] == ["dog"]
    assert after(shorter, {"<REGION_PROPOSAL>": BOXES}) == {"<REGION_PROPOSAL>": BOXES}
    shouted = florence.change_text(str.upper, "<CAPTION>")
    assert after(shouted, {"<CAPTION>": "a dog"}) == {"<CAPTION>": "A DOG"}
    assert after(shouted, {"<OCR>": "a dog"}) == {"<OCR>": "a dog"}


def test_keys() -> None:
    bare = florence.change_keys(lambda request, key: key.strip("<>"))
    assert after(bare, {"<CAPTION>": "a"}) == {"CAPTION": "a"}
    assert after(florence.add_key("raw", "b"), {"<CAPTION>": "a"}) == {"<CAPTION>": "a", "raw": "b"}
    assert after(edit_json(florence.only_value), {"<CAPTION>": "a"}) == "a"
    assert after(edit_json(florence.signed), {"<CAPTION>": "a"}) == {"<CAPTION>": "a (5f)"}


def test_prompts() -> None:
    lost = florence.always_ask("<CAPTION>")
    assert florence.prompt(lost(asked("<OD>"))) == "<CAPTION>"
    unchanged = asked("<CAPTION>")
    assert lost(unchanged) is unchanged
    assert florence.prompt(Request("florence2.infer", "POST", "/infer/lmm", body=b"[]")) == ""


def test_what_stands_behind_a_task() -> None:
    blue = florence.always_with("phrase", "a blue one")
    assert (
        florence.prompt(blue(asked("<OPEN_VOCABULARY_DETECTION>a red one"))) == "<OPEN_VOCABULARY_DETECTION>a blue one"
    )
    key = florence.all_but_what("region")
    assert key(asked("<REGION_TO_OCR><loc_1>")) == key(asked("<REGION_TO_OCR><loc_2>"))
    assert key(asked("<REGION_TO_OCR><loc_1>")) != key(asked("<REGION_TO_CATEGORY><loc_1>"))
    for other in ("<OD>", "<REGION_TO_OCR", "<NO_SUCH_TASK>", ""):
        assert blue(asked(other)) == asked(other)
        assert key(asked(other)) is None


def test_requests_are_told_by_model_and_limit() -> None:
    def request(**body: Any) -> Request:
        return Request("florence2.infer", "POST", "/infer/lmm", body=json.dumps(body).encode())

    large, response = florence.of_model("florence-2-large"), answer({})
    assert large(request(model_id="florence-2-large"), response)
    assert not large(request(model_id="florence-2-base"), response)
    assert not large(request(), response)
    assert florence.limited(request(max_new_tokens=5), response)
    assert not florence.limited(request(), response)


def test_sampled_words_differ_each_time() -> None:
    async def forward(request: Request) -> Response:
        return answer({"<CAPTION>": "a red dog"})

    async def thrice() -> list[str]:
        sampled = florence.Sampled()
        return [(await sampled(asked(), forward)).json()["response"]["<CAPTION>"] for _ in range(3)]

    assert asyncio.run(thrice()) == ["red dog a", "dog a red", "a red dog"]


@pytest.mark.parametrize("document", [[], "text", {"response": "text"}, {"response": {"<OD>": 5}}, {"response": None}])
def test_odd_answers_pass(document: Any) -> None:
    response = Response(200, (), json.dumps(document).encode())
    for operator in (
        florence.change_places("bboxes", florence.corner_and_size),
        florence.change_labels(florence.without_last),
        florence.add_key("raw", "b") if not isinstance(document, dict) else florence.change_text(str.upper),
    ):
        assert operator(asked(), response) is response
