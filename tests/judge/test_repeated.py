"""What is answered to one and the same request over a run, and which differences no sound server shows."""

from __future__ import annotations

import base64
import json
from itertools import count
from typing import Any

import cv2
import numpy as np
import pytest

from assay.contract.message import Request, Response
from assay.judge.overheard import Overheard
from assay.judge.repeated import content_of
from assay.record.model import Exchange

from .making import row

HOSTED, SAM2, FLORENCE = "hosted.object-detection", "sam2.segment", "florence2.infer"
JSON = (("content-type", "application/json"),)
ONE, OTHER = (Request(HOSTED, "POST", "/shapes/1", body=body) for body in (b"b25l", b"b3RoZXI="))
BY_JSON = Request(SAM2, "POST", "/sam2/segment_image", body=b'{"image": {"type": "base64", "value": "b25l"}}')
SQUARE = [[10, 10], [90, 10], [90, 90], [10, 90]]
DOG, CAT = row(10, 10, 110, 90, "dog"), row(300, 200, 400, 330, "cat")
NUMBERS = count(1)


def body(*predictions: Any, width: int = 640) -> dict[str, Any]:
    return {"time": 0.1, "image": {"width": width, "height": 480}, "predictions": list(predictions)}


def classes(*pixels: int) -> dict[str, Any]:
    mask = np.array([pixels], np.uint8).repeat(10, axis=0)
    text = base64.b64encode(cv2.imencode(".png", mask)[1].tobytes()).decode()
    return {"image": {"width": 2, "height": 10}, "predictions": {"segmentation_mask": text, "class_map": {}}}


def masks(*each: Any) -> dict[str, Any]:
    return {"time": 0.1, "predictions": [{"masks": polygons, "confidence": 0.9} for polygons in each]}


def heard(*exchanges: tuple[Request, Any], status: int = 200) -> Overheard:
    """A run with these requests and JSON answers, in this order."""
    listening = Overheard(None)
    for request, answer in exchanges:
        response = Response(status, JSON, json.dumps(answer).encode())
        listening.hear(Exchange(f"x{next(NUMBERS)}", request, response, None, 0.0, 0.1))
    return listening


def told(*exchanges: tuple[Request, Any]) -> list[str]:
    operation = exchanges[0][0].operation
    return [found.message for found in heard(*exchanges).of(operation).repeated.findings()]


def lmm(text: Any) -> dict[str, Any]:
    return {"time": 0.1, "response": {"<CAPTION>": text}}


SEMANTIC = Request("hosted.semantic-segmentation", "POST", "/regions/1", body=b"b25l")
CAPTION = Request(FLORENCE, "POST", "/infer/lmm", body=b"{}")


@pytest.mark.parametrize(
    ("request_", "full", "empty"),
    [
        (ONE, body(DOG, CAT), body()),
        (BY_JSON, masks([SQUARE]), masks([])),
        (BY_JSON, masks([SQUARE]), {"time": 0.1, "predictions": []}),
        (SEMANTIC, classes(0, 3), classes(0, 0)),
        (CAPTION, lmm("a dog"), lmm("")),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_nothing_where_something_was_seen(request_: Request, full: Any, empty: Any, order: int) -> None:
    (found,) = told(*[(request_, answer) for answer in (full, empty)][::order])

    assert "answered with something seen" in found
    assert "with nothing at all" in found


def test_the_answer_of_another_request() -> None:
    (found,) = told((ONE, body(DOG)), (OTHER, body(CAT)), (ONE, body(CAT)))

    assert "which says what another request was answered" in found


def test_the_answer_of_another_request_that_came_first() -> None:
    assert len(told((ONE, body(CAT)), (OTHER, body(CAT)), (ONE, body(DOG)))) == 1


def test_the_size_of_another_picture() -> None:
    (found,) = told((ONE, body(DOG)), (ONE, body(DOG, width=320)))

    assert "640 x 480 px" in found
    assert "320 x 480 px" in found


def test_what_several_processes_have_heard() -> None:
    first, second = heard((ONE, body(DOG))), heard((ONE, body()))
    first.add(second.all(), ordinary=False)

    repeated = first.of(HOSTED).repeated
    assert len(repeated.witnesses) == 1
    assert len(list(repeated.findings())) == 1


SURE_OF_LITTLE = row(10, 10, 110, 90, "dog", confidence=0.42)
MOVED = row(12, 10, 112, 90, "dog", confidence=0.89)
AT_THE_DEFAULT = Request("owlv2.infer", "POST", "/owlv2/infer", body=b"{}")


@pytest.mark.parametrize(
    ("request_", "one", "other"),
    [
        (ONE, body(DOG), {**body(DOG), "time": 0.7, "inference_id": "b"}),
        (ONE, body(DOG, CAT), body(CAT, MOVED)),
        (ONE, body(SURE_OF_LITTLE), body()),  # the threshold is 40 percent
        (ONE.with_query(confidence="0.4"), body(SURE_OF_LITTLE), body()),  # which some take for a fraction
        (ONE, body(DOG), body(CAT)),  # no other request is known to be answered so
        (ONE, body(DOG), {"message": "busy"}),
        (AT_THE_DEFAULT, body(row(1, 1, 9, 9, confidence=0.991)), body()),
        (BY_JSON, masks([SQUARE]), masks([SQUARE[::-1]])),
        (BY_JSON, masks([[[0, 0], [3, 0], [3, 3]]]), masks([])),  # a speck
        (SEMANTIC, classes(*[0] * 99, 3), classes(*[0] * 100)),
        (CAPTION, lmm("a dog"), lmm("one dog")),
        (CAPTION, lmm({"bboxes": [[1, 1, 9, 9]], "labels": ["dog"]}), lmm({"bboxes": [], "labels": []})),
    ],
)
def test_what_a_sound_server_may_answer_otherwise(request_: Request, one: Any, other: Any) -> None:
    assert told((request_, one), (request_, other), (request_, one)) == []


@pytest.mark.parametrize("confidence", [0.7, 0.86])
def test_two_pictures_that_are_nearly_alike_are_not_mixed_up(confidence: float) -> None:
    twin = row(20, 10, 120, 90, "dog", confidence=confidence)

    assert told((ONE, body(DOG)), (OTHER, body(twin)), (ONE, body(twin))) == []


@pytest.mark.parametrize(
    "request_",
    [
        ONE.with_query(image="http://127.0.0.1:9/a.png"),
        BY_JSON.replace(body=b'{"image": {"type": "url", "value": "http://127.0.0.1:9/a.png"}}'),
        BY_JSON.replace(body=b'{"image_id": "a"}'),
        BY_JSON.replace(body=b'{"image": {}, "load_logits_from_cache": true}'),
    ],
)
def test_what_more_than_the_request_shapes(request_: Request) -> None:
    full = masks([SQUARE]) if request_.operation == SAM2 else body(DOG)
    empty = masks([]) if request_.operation == SAM2 else body()

    assert told((request_, full), (request_, empty)) == []


def test_a_refusal_is_no_content() -> None:
    listening = heard((ONE, body()), status=503)

    assert not listening.of(HOSTED).repeated.asked


def test_a_witness_was_answered_twice_with_something() -> None:
    repeated = heard((ONE, body(DOG)), (OTHER, body()), (OTHER, body()), (SEMANTIC, classes(0, 3))).of(HOSTED).repeated
    assert repeated.witnesses == []

    repeated = heard((ONE, body(DOG)), (ONE, body(DOG))).of(HOSTED).repeated
    assert [each.times for each in repeated.witnesses] == [2]


@pytest.mark.parametrize("vertex", [None, [], [10], [10, 20, 30], [None, 20], ["10", {}], {"x": 1, "y": 2}, 7])
def test_outlines_that_are_none_say_nothing(vertex: Any) -> None:
    response = Response(200, JSON, json.dumps(masks([[vertex] * 4], [[*SQUARE, vertex]])).encode())

    assert content_of(Exchange("x1", BY_JSON, response, None, 0.0, 0.1)) is None
