"""Each operator does what its sentence says and leaves everything else alone."""

from __future__ import annotations

import base64
import json
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.contract.message import Request, Response
from assay.faults.model import ResponseOperator
from assay.faults.operators import answers, boxes, delivery, keypoints, masks, parameters
from assay.faults.operators.fields import (
    as_object,
    as_text,
    change_field,
    drop_field,
    edit_json,
    rename_field,
    scale_field,
)

JSON = (("content-type", "application/json"), ("x-request-id", "e8947"))
REQUEST = Request("hosted.object-detection", "POST", "/m/1")


def applied(operator: ResponseOperator, document: Any, request: Request = REQUEST) -> Any:
    return json.loads(operator(request, Response(200, JSON, json.dumps(document).encode())).body)


def box(x: float, y: float, width: float, height: float, **more: Any) -> dict[str, Any]:
    return {"x": x, "y": y, "width": width, "height": height, **more}


def answer(*predictions: Any) -> dict[str, Any]:
    return {"time": 0.1, "image": {"width": 640, "height": 480}, "predictions": list(predictions)}


def test_fields_are_renamed_where_they_stand() -> None:
    after = applied(rename_field("/predictions/*/class", "label"), {"predictions": [{"a": 1, "class": "x", "b": 2}]})
    assert list(after["predictions"][0].items()) == [("a", 1), ("label", "x"), ("b", 2)]


def test_fields_are_dropped() -> None:
    assert applied(drop_field("/predictions/*/width"), answer(box(1, 2, 3, 4))) == answer({"x": 1, "y": 2, "height": 4})
    assert applied(drop_field("/predictions/*"), answer(1, 2, 3)) == answer()


def test_fields_are_retyped() -> None:
    assert applied(change_field("/n", as_text), {"n": 0.5, "m": 0.5}) == {"n": "0.5", "m": 0.5}
    assert applied(change_field("/n", as_object), {"n": [3, 4]}) == {"n": {"0": 3, "1": 4}}
    assert applied(change_field("/n", as_text), {"n": True}) == {"n": True}


def test_numbers_are_scaled_and_only_numbers() -> None:
    assert applied(scale_field("/*", 100), {"a": 0.25, "b": "x", "c": None}) == {
        "a": 25.0,
        "b": "x",
        "c": None,
    }


def test_nan_goes_out_as_the_token_that_json_does_not_have() -> None:
    operator = change_field("/n", lambda value: float("nan"))
    assert operator(REQUEST, Response(200, JSON, b'{"n": 1}')).body == b'{"n":NaN}'


SPACED = b'{ "time" : 1.50, "predictions" : [ ], "note" : "\\u00e9" }'


@pytest.mark.parametrize(
    "operator",
    [
        rename_field("/predictions/*/class", "label"),
        drop_field("/predictions/*/width"),
        change_field("/visualization", as_text),
        scale_field("/predictions/*/confidence", 100),
        boxes.move_boxes(boxes.shifted(right=40)),
        edit_json(boxes.without_most_confident),
        edit_json(keypoints.number_through),
        edit_json(masks.repeated(2)),
        masks.change_mask(masks.inverted),
    ],
)
@pytest.mark.parametrize("body", [SPACED, b"\xff\xd8\xff not JSON", b"", b"[1, NaN]", b"17", b'"predictions"'])
def test_an_absent_field_changes_nothing(operator: ResponseOperator, body: bytes) -> None:
    response = Response(200, JSON, body)
    assert operator(REQUEST, response) is response


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(), st.text())
def test_what_is_left_alone_keeps_its_value(number: float, whole: int, text: str) -> None:
    document = {"number": number, "whole": whole, "text": text, "gone": 1}
    after = applied(drop_field("/gone"), document)
    assert after == {"number": number, "whole": whole, "text": text}
    assert repr(after["number"]) == repr(number)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (boxes.corner_for_centre, box(60, 60, 80, 40)),
        (boxes.swapped_axes, box(80, 100, 40, 80)),
        (boxes.mirrored, box(540, 80, 80, 40)),
        (boxes.shifted(right=40), box(140, 80, 80, 40)),
        (boxes.stretched_to(1280), box(200, 213.333, 160, 106.667)),
        (boxes.as_fractions, box(0.15625, 0.16667, 0.125, 0.08333)),
        (boxes.squeezed, box(100, 60, 80, 30)),
        (boxes.with_padding, box(100, 160, 80, 40)),
        (boxes.in_broad(boxes.squeezed), box(100, 60, 80, 30)),
        (boxes.in_upright(boxes.squeezed), box(100, 80, 80, 40)),
    ],
)
def test_boxes_are_moved(change: Callable[..., boxes.Box], expected: dict[str, float]) -> None:
    after = applied(boxes.move_boxes(change), answer(box(100, 80, 80, 40, **{"class": "dog"}), {"x": 1}))
    moved, incomplete = after["predictions"]
    assert moved["class"] == "dog"
    assert {side: moved[side] for side in boxes.SIDES} == pytest.approx(expected, rel=1e-3)
    assert incomplete == {"x": 1}


def asking(**query: str) -> Request:
    return REQUEST.replace(query=tuple(query.items()))


def test_predictions_are_kept_by_threshold_or_class() -> None:
    document = answer({"confidence": 0.3, "class": "cat"}, {"confidence": 0.9, "class": "dog"})
    below = boxes.keep_predictions(boxes.below_threshold)
    assert applied(below, document, asking(confidence="40"))["predictions"] == document["predictions"][:1]
    assert applied(below, document) == document
    others = boxes.keep_predictions(boxes.of_another_class)
    assert applied(others, document, asking(classes="bird, cat"))["predictions"] == document["predictions"][1:]
    assert applied(boxes.keep_predictions(boxes.none_of_them), document)["predictions"] == []


def test_the_most_confident_is_lost_only_among_several() -> None:
    first, second = {"confidence": 0.3}, {"confidence": 0.9}
    lose = edit_json(boxes.without_most_confident)
    assert applied(lose, answer(first, second)) == answer(first)
    assert applied(lose, answer(second)) == answer(second)


def test_a_threshold_adds_a_box_for_every_ten_points() -> None:
    document = answer(box(100, 80, 80, 40, confidence=0.9))
    add = edit_json(boxes.with_box_for_every_ten_points)
    for asked, added in (("9.9", 0), ("10", 1), ("45", 4), ("1e9", 10), ("abc", 0)):
        found = applied(add, document, asking(confidence=asked))["predictions"]
        assert len(found) == 1 + added
        assert all(each["confidence"] == 1.0 and 0 < each["width"] < 80 for each in found[1:])


def test_boxes_shrink_as_the_threshold_rises() -> None:
    shrink = edit_json(boxes.shrunk_by_threshold)
    document = answer(box(100, 80, 80, 40))
    assert applied(shrink, document, asking(confidence="50")) == answer(box(100, 80, 48, 24))
    assert applied(shrink, document) == document


def people() -> dict[str, Any]:
    def person() -> dict[str, Any]:
        return {"keypoints": [{"class": name, "class_id": i} for i, name in enumerate("abc")]}

    return answer(person(), person(), person())


def names_and_ids(document: Any) -> list[str]:
    return [
        "".join(f"{point['class']}{point['class_id']}" for point in each["keypoints"])
        for each in document["predictions"]
    ]


def test_names_and_ids_of_keypoints() -> None:
    assert names_and_ids(people()) == ["a0b1c2"] * 3
    for edit, expected in (
        (keypoints.swap_names_in_every_second, ["a0b1c2", "b0a1c2", "a0b1c2"]),
        (keypoints.shift_names, ["b0c1a2"] * 3),
        (keypoints.number_through, ["a0b1c2", "a3b4c5", "a6b7c8"]),
        (keypoints.number_downwards, ["a0b1c2", "a2b1c0", "a0b1c2"]),
    ):
        assert names_and_ids(applied(edit_json(edit), people())) == expected


def test_either_name_field_is_moved() -> None:
    points = [{"class_name": "a", "class": "a"}, {"class_name": "b", "class": "b"}]
    after = applied(edit_json(keypoints.shift_names), answer({"keypoints": points}))
    assert after["predictions"][0]["keypoints"] == points[::-1]


def test_parameters_are_changed_in_their_place() -> None:
    request = REQUEST.replace(query=(("api_key", "k"), ("confidence", "40"), ("format", "json")))
    lower = parameters.change_number("confidence", lambda value: value - 5)
    assert lower(request).query == (("api_key", "k"), ("confidence", "35"), ("format", "json"))
    assert parameters.drop_parameter("confidence")(request).query == (("api_key", "k"), ("format", "json"))
    for operator in (
        parameters.drop_parameter("classes"),
        parameters.drop_parameter("format", "image"),
        parameters.change_number("format", lambda value: 0),
    ):
        assert operator(request) is request


@pytest.mark.parametrize("listed", ["wrapped", "bare"])
def test_the_last_of_several_prompts_is_lost(listed: str) -> None:
    lose = parameters.edit_body(parameters.without_last_prompt)

    def request(prompts: list[int]) -> Request:
        document = {"prompts": {"prompts": prompts} if listed == "wrapped" else prompts}
        return REQUEST.replace(body=json.dumps(document, separators=(",", ":")).encode())

    assert lose(request([1, 2, 3])) == request([1, 2])
    for alone in (request([1]), request([]), REQUEST, REQUEST.replace(body=b"not JSON")):
        assert lose(alone) is alone


def test_whole_answers_are_replaced() -> None:
    response = Response(200, (("Content-Type", "application/json"), ("x-request-id", "e8947")), b"{}")
    assert answers.UNHANDLED_ERROR(REQUEST, response) == Response(
        500,
        (("Content-Type", "text/plain; charset=utf-8"), ("x-request-id", "e8947")),
        b"Internal Server Error",
    )
    assert answers.call_media("text/html")(REQUEST, Response(200, (), b"x")).media_type == "text/html"
    assert answers.cut_short(0.5)(REQUEST, response.replace(body=b"abcd")).body == b"ab"


def test_conditions() -> None:
    ok, bad = Response(200, JSON, b"{}"), Response(400, JSON, b"{}")
    assert answers.asked("labels", "true")(asking(labels="True"), ok)
    assert answers.asked_at_least("stroke", 3)(asking(stroke="3"), ok)
    assert not answers.asked_at_least("stroke", 3)(asking(stroke="x"), ok)
    assert answers.asked_no_number("stroke")(asking(stroke="x"), ok)
    assert not answers.asked_no_number("stroke")(asking(), ok)
    flag = answers.asked_in_body("flag", False)
    assert flag(REQUEST.replace(body=b'{"flag": false}'), ok)
    assert not flag(REQUEST.replace(body=b'{"flag": 0}'), ok)
    assert not flag(REQUEST.replace(body=b"{}"), ok)
    assert answers.lacks_in_body("image")(REQUEST.replace(body=b"{}"), ok)
    assert not answers.lacks_in_body("image")(REQUEST.replace(body=b"[]"), ok)
    assert answers.refused(REQUEST, bad)
    assert not answers.refused(REQUEST, ok.replace(status=401))


class Opened:
    """A pickle that would run what a stranger chose."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return pytest.fail, ("the pickle was run",)


def test_a_fault_that_unpickles_makes_arrays_and_runs_nothing_else() -> None:
    array, pickle_of_code = (
        REQUEST.replace(body=base64.b64encode(content)).with_query(image_type="numpy")
        for content in (pickle.dumps(np.zeros((2, 3, 3), np.uint8), protocol=3), pickle.dumps(Opened()))
    )
    array = array.replace(body=base64.b64encode(base64.b64decode(array.body).replace(b"numpy._core", b"numpy.core")))

    assert delivery.unpickle(array).parameter("image_type") is None
    assert delivery.unpickle(pickle_of_code) is pickle_of_code
