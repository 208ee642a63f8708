"""What stands around answers: statuses, kinds of content, headers, refusals; and answers that cannot be read."""

from __future__ import annotations

from typing import Any

import pytest

from assay.contract import load
from assay.contract.message import Response

from .asking import DOG, JSON, answer, compared, detected, recorded

REFUSED = answer({"message": "no such model /a"}, 404)


@pytest.mark.parametrize(
    ("first", "second", "kinds"),
    [
        (REFUSED, answer({"message": "no such model /b"}, 404), ()),
        (REFUSED, answer({"message": "no such model", "help_url": None}, 404), ()),
        (REFUSED, answer({"message": "no such model", "help_url": "http://a.example"}, 404), ("refusal",)),
        (REFUSED, answer({"detail": []}, 404), ("refusal",)),
        (REFUSED, answer({"message": "broken"}, 500), ("status",)),
        (REFUSED, detected(DOG), ("status",)),
        (REFUSED, Response(404, (("content-type", "text/plain"),), b"no"), ("media",)),
        (Response(500, (), b"Internal Server Error"), Response(500, (), b"Something went wrong"), ()),
    ],
)
def test_refusals_agree_in_status_and_members_and_not_in_words(
    first: Response, second: Response, kinds: tuple[str, ...]
) -> None:
    assert compared(first, second).kinds == kinds


@pytest.mark.parametrize(
    ("headers", "kinds"),
    [
        ((("x-request-id", "a"), ("date", "now"), ("x-inference-engine", "new")), ()),
        ((("content-type", "application/json; charset=utf-8"),), ()),
        ((("Access-Control-Allow-Origin", "*"),), ("header",)),
        ((("retry-after", "3"),), ("header",)),
    ],
)
def test_headers_count_that_clients_heed(headers: tuple[tuple[str, str], ...], kinds: tuple[str, ...]) -> None:
    body = detected(DOG).body

    assert compared(Response(200, JSON, body), Response(200, headers + JSON, body)).kinds == kinds


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'{"predictions": [{"x": NaN}]}', b'{"predictions": 3}', b'{"predictions": [{"x": 1}]}', b"3", b"null"],
)
def test_an_answer_that_cannot_be_read_is_a_difference_and_no_crash(body: bytes) -> None:
    found = compared(detected(DOG), Response(200, JSON, body))

    assert found.kinds == ("unreadable",)
    assert "second answer" in found.differences[0].message


def test_two_answers_that_cannot_be_read_are_compared_all_the_same() -> None:
    first: dict[str, Any] = {"predictions": [{"left": 10.0, "class": "dog"}]}

    assert compared(answer(first), answer(first)).alike
    assert compared(answer(first), answer({"predictions": [{"left": 90.0, "class": "dog"}]})).kinds == ("value",)


def test_a_confidence_beyond_any_number_is_a_difference() -> None:
    assert compared(detected(DOG), detected({**DOG, "confidence": 7})).kinds == ("unreadable",)


def test_a_mode_that_the_operation_lacks_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(KeyError):
        compared(detected(DOG), detected(DOG), mode="rle")


EVERY = [(name, mode) for name, operation in load().operations.items() for mode in operation.modes]
EVERY += [(name, mode) for name, operation in load().services.items() for mode in operation.modes]


@pytest.mark.parametrize(("operation", "mode"), EVERY)
def test_every_operation_and_mode_can_be_compared(operation: str, mode: str) -> None:
    """What is sent back here is nobody's answer: it is told, or found to be the same, and nothing is raised."""
    media = load().operation(operation).modes[mode].media
    headers = (("content-type", media),)
    nothing, something = Response(200, headers, b"{}"), Response(200, headers, b'{"a": [1]}')

    assert compared(nothing, nothing, operation, mode).alike
    assert not compared(nothing, something, operation, mode).alike


RECORDED = {
    "hosted.keypoint-detection": "hosted-keypoints/plain",
    "infer.object-detection": "infer-by-task/object-detection",
    "infer.keypoint-detection": "infer-by-task/keypoints",
    "sam2.embed": "sam2-embed/plain",
    "sam2.segment": "sam2-segment/two-prompts",
    "florence2.infer": "lmm/prompt-od",
}


@pytest.mark.parametrize("operation", RECORDED)
def test_both_engines_of_the_real_server_answer_alike(operation: str) -> None:
    request, first = recorded("new", RECORDED[operation], operation)
    _, second = recorded("old", RECORDED[operation], operation)

    assert compared(first, second, operation, request=request).differences == ()


TRUE_DIFFERENCES = {
    ("hosted.semantic-segmentation", "hosted-semantic-segmentation/plain"): ("confidence-mask",),
    ("hosted.keypoint-detection", "hosted-keypoints/at-the-edge"): ("keypoint", "keypoints"),
    ("owlv2.infer", "owlv2/plain"): ("box", "confidence"),
    ("owlv2.infer", "owlv2/unknown-version"): ("status",),
    ("florence2.infer", "lmm/unknown-fields"): ("caption",),
}


@pytest.mark.parametrize(("operation", "case"), TRUE_DIFFERENCES)
def test_what_the_engines_say_otherwise_is_named(operation: str, case: str) -> None:
    request, first = recorded("new", case, operation)
    _, second = recorded("old", case, operation)

    assert compared(first, second, operation, request=request).kinds == TRUE_DIFFERENCES[operation, case]


def test_models_in_memory_have_no_order() -> None:
    one, other = ({"model_id": name, "task_type": "lmm"} for name in "ab")

    assert compared(answer({"models": [one, other]}), answer({"models": [other, one]}), "service.registry").alike
    assert compared(answer({"models": [one, other]}), answer({"models": [one]}), "service.registry").kinds == ("model",)


def test_routes_that_one_side_describes_alone_are_named() -> None:
    first = answer({"paths": {"/info": {"get": {}}, "/infer/lmm": {"post": {}}}})
    second = answer({"paths": {"/info": {"get": {"summary": "who answers"}}}})

    (difference,) = compared(first, second, "service.openapi").differences
    assert (difference.kind, difference.first) == ("route", "/paths/~1infer~1lmm/post")
