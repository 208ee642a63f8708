"""Answers with boxes: what may differ, what may not, and what is told of it."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from .asking import CAT, DOG, PROFILES, answer, compared, detected, recorded, request_of

FAINT = {**CAT, "x": 500.0, "confidence": 0.41}


def test_what_belongs_to_one_answer_counts_for_nothing() -> None:
    first = detected({**DOG, "detection_id": "a"}, CAT, time=0.1, inference_id="x")
    second = detected(CAT, {**DOG, "detection_id": "b", "class_id": 5}, time=0.2, inference_id="y")

    assert compared(first, second, profile="exact").alike


@pytest.mark.parametrize(
    ("change", "kind", "measured", "allowed"),
    [
        ({"x": 103.0}, "box", 3.0, 2.0),
        ({"height": 36}, "box", 3.0, 2.0),
        ({"confidence": 0.94}, "confidence", pytest.approx(0.03), 0.02),
        ({"class": "fox"}, "class", None, None),
    ],
)
def test_what_moved_is_told_with_how_far_and_what_is_allowed(
    change: dict[str, Any], kind: str, measured: float | None, allowed: float | None
) -> None:
    found = compared(detected(CAT, DOG), detected({**DOG, **change}, CAT))

    (difference,) = found.differences
    assert (difference.kind, difference.measured, difference.allowed) == (kind, measured, allowed)
    assert (difference.first or "").startswith("/predictions/1")
    assert (difference.second or "").startswith("/predictions/0")
    assert [mark.side for mark in difference.marks] == ["first", "second"]


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("side", [24, 100, 400, 1000])
@pytest.mark.parametrize("degrees", [0, 30, 45, 90])
def test_a_shift_of_12_px_is_found_in_any_direction(profile: str, side: int, degrees: int) -> None:
    one = {**DOG, "width": side, "height": side}
    across, down = 12 * math.cos(math.radians(degrees)), 12 * math.sin(math.radians(degrees))
    other = {**one, "x": 100.0 + across, "y": 80.0 + down}

    assert set(compared(detected(one), detected(other), profile=profile).kinds) & {"box", "lost"}


def test_what_one_side_has_alone_is_lost_or_added() -> None:
    lost = compared(detected(DOG, CAT), detected(DOG))
    added = compared(detected(DOG), detected(DOG, CAT))

    assert [(each.kind, each.first) for each in lost.differences] == [("lost", "/predictions/1")]
    assert [(each.kind, each.second) for each in added.differences] == [("added", "/predictions/1")]


@pytest.mark.parametrize(
    ("query", "borderline"), [({}, True), ({"confidence": "40"}, True), ({"confidence": "10"}, False)]
)
def test_what_is_as_sure_as_the_threshold_may_come_and_go(query: dict[str, str], borderline: bool) -> None:
    request = request_of("hosted.object-detection", **query)

    found = compared(detected(DOG, FAINT), detected(DOG), request=request)

    assert found.alike is borderline
    assert [(each.side, each.pointer) for each in found.borderline] == [("first", "/predictions/1")] * borderline


def test_a_higher_threshold_may_be_asserted_than_was_asked_for() -> None:
    request = request_of("hosted.object-detection", confidence="10")

    assert compared(detected(DOG, FAINT), detected(DOG), request=request, threshold=0.5).alike


def test_the_last_of_a_full_answer_may_be_another_one() -> None:
    request = request_of("hosted.object-detection", confidence="1", max_detections="2")
    first, second = detected(DOG, FAINT), detected(DOG, {**FAINT, "x": 20.0})

    assert compared(first, second, request=request).alike


def test_members_that_one_side_has_alone_are_told_once() -> None:
    first = detected({**DOG, "colour": "brown", "tail": None}, {**CAT, "colour": "grey"}, licence="free")

    found = compared(first, detected(DOG, CAT))

    assert [each.message for each in found.differences] == [
        "/predictions/*/colour stands in the first answer alone (in 2 places)",
        "/licence stands in the first answer alone",
    ]


def test_the_size_of_the_picture_is_exact() -> None:
    found = compared(detected(DOG), detected(DOG, image={"width": 641, "height": 480}), profile="int8")

    assert [(each.kind, each.first) for each in found.differences] == [("value", "/image/width")]


def test_answers_to_several_pictures_are_compared_one_by_one() -> None:
    body = json.loads(detected(DOG, CAT).body)
    other = json.loads(detected(DOG).body)

    found = compared(answer([body, body]), answer([body, other]), "infer.object-detection")

    assert [(each.kind, each.first) for each in found.differences] == [("lost", "/1/predictions/1")]
    assert compared(answer([body]), answer(body), "infer.object-detection").kinds == ("shape",)


@pytest.mark.parametrize("profile", PROFILES)
def test_nothing_is_like_nothing_and_unlike_something(profile: str) -> None:
    assert compared(detected(), detected(), profile=profile).alike
    assert compared(detected(), detected(DOG), profile=profile).kinds == ("added",)
    assert compared(detected(DOG), detected(), profile=profile).kinds == ("lost",)


def test_how_much_of_an_allowance_was_used_is_told() -> None:
    found = compared(detected(DOG, CAT), detected({**DOG, "x": 100.5}, {**CAT, "x": 301.0, "confidence": 0.76}))

    shares = {each.tolerance: (round(each.used, 3), each.place, each.count) for each in found.allowances}
    assert found.alike
    assert shares["boxes.edge"] == (0.5, "/predictions/1", 2)
    assert shares["boxes.confidence"] == (0.5, "/predictions/1/confidence", 2)


def test_all_of_it_is_json() -> None:
    found = compared(detected(DOG, FAINT), detected({**DOG, "x": 103}, CAT), profile="exact")

    assert json.loads(json.dumps(found.as_json(), allow_nan=False))["alike"] is False


CASES = ("plain", "confidence-50", "blank-picture", "class-filter-dog", "format-json")


@pytest.mark.parametrize("case", CASES)
def test_two_engines_of_the_real_server_say_the_same(case: str) -> None:
    request, first = recorded("new", f"hosted-object-detection/{case}", "hosted.object-detection")
    _, second = recorded("old", f"hosted-object-detection/{case}", "hosted.object-detection")

    assert compared(first, second, request=request).differences == ()


def test_two_engines_that_suppress_otherwise_do_not() -> None:
    request, first = recorded("new", "hosted-object-detection/neighbours-overlap-31", "hosted.object-detection")
    _, second = recorded("old", "hosted-object-detection/neighbours-overlap-31", "hosted.object-detection")

    assert compared(first, second, request=request).kinds == ("lost",)
