"""Verifications of detections: what is wrong is found where it stands, and what is sound is let through."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.judge import verify
from assay.judge.answers import Detection
from assay.judge.boxes import Corners

from .making import HEIGHT, WIDTH, detected, findings, pointers, prediction, row

SIZE = (WIDTH, HEIGHT)
LOW = 0.1
"""A threshold that is near to no confidence here."""
DOG, CAT = row(10, 10, 60, 60, "dog"), row(100, 100, 160, 160, "cat", confidence=0.5)


@pytest.mark.parametrize(
    "box",
    [
        (0, 0, 640, 480),
        (-2, -2, 642, 482),  # exactly 2 px
        (0.1, 0.2, 642.0000000001, 10),  # what decimals may add
        (638, 478, 640, 480),
        (639, 479, 640, 480),
        (100, 100, 100, 100),
    ],
)
def test_boxes_inside_the_picture(box: Corners) -> None:
    verify.boxes_inside(detected(row(*box)), *SIZE)


@pytest.mark.parametrize(
    "box",
    [
        (-2.1, 0, 10, 10),
        (0, -2.1, 10, 10),
        (600, 0, 642.1, 10),
        (0, 400, 10, 482.1),
        (320, 240, 960, 720),  # the centre taken for the corner
        (-1e308, 0, 10, 10),
        (1e307, 1e307, 1.5e307, 1.5e307),
    ],
)
def test_boxes_that_leave_the_picture(box: Corners) -> None:
    answer = detected(row(1, 1, 2, 2), row(*box), row(3, 3, 4, 4))

    (finding,) = findings(verify.boxes_inside, answer, *SIZE)

    assert (finding.pointer, finding.exchange, finding.expected) == ("/predictions/1", "x000007", [0, 0, *SIZE])
    assert len(finding.marks) == 1


def test_a_box_whose_edge_no_number_holds_leaves_the_picture_too() -> None:
    (finding,) = findings(verify.boxes_inside, detected({**DOG, "x": 1.7e308, "width": 1.7e308}), *SIZE)

    assert finding.pointer == "/predictions/0"
    assert finding.as_json()["marks"] == []  # nobody could draw it


@given(st.tuples(st.floats(0, 640), st.floats(0, 640)), st.tuples(st.floats(0, 480), st.floats(0, 480)))
def test_whatever_lies_inside_is_let_through(across: tuple[float, float], down: tuple[float, float]) -> None:
    verify.boxes_inside(detected(row(min(across), min(down), max(across), max(down))), *SIZE)


@pytest.mark.parametrize(
    "box",
    [
        (100, 100, 140, 140),
        (100, 100, 100.5, 140),
        (100, 100, 100, 100),  # of no size: bad, and yet in px
        (0, 100, 0, 140),  # cut down to nothing at the left edge
        (100, 0, 140, 0.5),
        (639.7, 479.6, 640, 480),
        (0, 0, 1, 1.5),
        (0.5, 0.5, 1.2, 1.2),
    ],
)
def test_boxes_in_pixels(box: Corners) -> None:
    verify.boxes_in_pixels(detected(row(*box)))


@pytest.mark.parametrize(
    "box",
    [
        (140, 100, 100, 140),  # a negative width
        (0, 140, 100, 100),
        (0.1, 0.2, 0.4, 0.9),
        (0, 0, 1, 1),  # the whole picture, in fractions
        (0, 0, 1, 0.5),
        (0.95, 0.9, 1.0000000001, 1),
        (0.0, 0.2, 0.0, 0.9),
    ],
)
def test_boxes_in_fractions_or_of_negative_size(box: Corners) -> None:
    assert pointers(verify.boxes_in_pixels, detected(row(5, 5, 9, 9), row(*box))) == ["/predictions/1"]


@pytest.mark.parametrize(
    "stated",
    [
        {"width": 640, "height": 480},
        {"width": 640.0, "height": 480},
        {"height": 480, "width": 640, "depth": 3, "path": None},
    ],
)
def test_the_size_of_the_picture(stated: Any) -> None:
    verify.image_size(detected(image=stated), *SIZE)


@pytest.mark.parametrize(
    "stated",
    [
        None, [], [640, 480], "640x480", 640, True, {}, {"width": 640}, {"height": 480}, {"width": 480, "height": 640},
        {"width": "640", "height": "480"}, {"width": None, "height": None}, {"width": 641, "height": 480},
        {"width": [640], "height": [480]},
    ],
)  # fmt: skip
def test_another_size_than_that_of_the_picture(stated: Any) -> None:
    (finding,) = findings(verify.image_size, detected(image=stated), *SIZE)

    assert (finding.pointer, finding.actual) == ("/image", stated)
    assert finding.expected == {"width": 640, "height": 480}


def test_no_size_at_all() -> None:
    answer = detected()
    body: dict[str, Any] = {"predictions": []}

    for odd in (body, [body], "text", None):
        assert pointers(verify.image_size, Detection(answer.exchange, odd, ()), *SIZE) == ["/image"]


def test_thresholds() -> None:
    answer = detected(
        row(0, 0, 9, 9, confidence=0.4), row(0, 0, 9, 9, confidence=0.3999), row(0, 0, 9, 9, confidence=1)
    )

    verify.at_least(answer, 0.3999)
    verify.at_least(detected(), 0.99)
    verify.at_least(detected(row(0, 0, 9, 9, confidence=0)), 0)
    assert pointers(verify.at_least, answer, 0.4) == ["/predictions/1/confidence"]
    assert pointers(verify.at_least, answer, 0.41) == ["/predictions/0/confidence", "/predictions/1/confidence"]
    assert findings(verify.at_least, answer, 0.4)[0].actual == 0.3999


def test_classes() -> None:
    answer = detected(row(0, 0, 9, 9, "dog"), row(0, 0, 9, 9, "cat"), row(0, 0, 9, 9, ""))

    verify.only_classes(answer, ["cat", "dog", "", "never seen"])
    verify.only_classes(detected(), ["dog"])
    verify.only_classes(detected(), [])
    assert pointers(verify.only_classes, answer, ["cat"]) == ["/predictions/0/class", "/predictions/2/class"]
    assert pointers(verify.only_classes, answer, []) == [f"/predictions/{number}/class" for number in range(3)]
    assert pointers(verify.only_classes, answer, ["Dog", "cat", ""]) == ["/predictions/0/class"]


def moved(one: dict[str, Any], by: float = 0, sure: float = 0) -> dict[str, Any]:
    return {**one, "x": one["x"] + by, "confidence": one["confidence"] + sure}


def test_the_same_predictions_in_another_order_and_within_tolerance() -> None:
    expected = detected(DOG, CAT).predictions
    answer = detected(moved(CAT, 2, 0.02), moved(DOG, -2, -0.02))

    verify.same_predictions(answer, expected, "again", LOW)
    verify.nothing_lost(answer, expected, "again", LOW)
    verify.nothing_added(answer, expected, "again", LOW)
    verify.same_predictions(detected(), [], "again", LOW)


def test_what_is_lost_and_what_is_added_are_both_told() -> None:
    expected = detected(DOG, CAT).predictions
    answer = detected(DOG, moved(CAT, 30))

    added, lost = findings(verify.same_predictions, answer, expected, "under load", LOW)

    assert (added.pointer, lost.pointer) == ("/predictions/1", "/predictions")
    assert "was added, under load" in added.message
    assert "is missing, under load" in lost.message
    assert added.marks == (answer.predictions[1].mark,)
    assert lost.marks == (expected[1].mark,)
    assert pointers(verify.nothing_lost, answer, expected, "", LOW) == ["/predictions"]
    assert pointers(verify.nothing_added, answer, expected, "", LOW) == ["/predictions/1"]


@pytest.mark.parametrize(
    ("answered", "where"),
    [
        ([], ["/predictions", "/predictions"]),
        ([DOG], ["/predictions"]),
        ([DOG, CAT, CAT], ["/predictions/2"]),
        ([DOG, DOG], ["/predictions/1", "/predictions"]),
        ([DOG, {**CAT, "class": "dog"}], ["/predictions/1", "/predictions"]),
        ([DOG, moved(CAT, 0, 0.03)], ["/predictions/1", "/predictions"]),
    ],
)
def test_other_predictions(answered: list[Any], where: list[str]) -> None:
    expected = detected(DOG, CAT).predictions

    assert pointers(verify.same_predictions, detected(*answered), expected, "", LOW) == where


def test_a_part_is_enough_where_only_loss_or_only_addition_is_judged() -> None:
    both = detected(DOG, CAT)

    verify.nothing_lost(both, [prediction(10, 10, 60, 60)], "", LOW)
    verify.nothing_added(detected(DOG), both.predictions, "", LOW)
    verify.nothing_added(detected(), both.predictions, "", LOW)
    verify.nothing_lost(detected(), [], "", LOW)


@pytest.mark.parametrize("threshold", [0.48, 0.49, 0.5, 0.52])
def test_near_the_threshold_a_prediction_may_come_and_go(threshold: float) -> None:
    """Within 0.02 of it, on either side: batches and GPUs round otherwise."""
    both, one = detected(DOG, CAT), detected(DOG)

    verify.same_predictions(one, both.predictions, "", threshold)
    verify.same_predictions(both, one.predictions, "", threshold)
    assert pointers(verify.same_predictions, detected(CAT), both.predictions, "", threshold) == ["/predictions"]


@pytest.mark.parametrize("threshold", [0.1, 0.4, 0.4799, 0.5201, 0.6])
def test_away_from_the_threshold_it_may_not(threshold: float) -> None:
    both, one = detected(DOG, CAT), detected(DOG)

    assert pointers(verify.nothing_lost, one, both.predictions, "", threshold) == ["/predictions"]
    assert pointers(verify.nothing_added, both, one.predictions, "", threshold) == ["/predictions/1"]


def test_a_higher_threshold_gives_no_more_predictions() -> None:
    one, two = detected(DOG), detected(DOG, CAT)

    verify.no_more(two, two, LOW)
    verify.no_more(one, two, LOW)
    verify.no_more(detected(), detected(), LOW)
    verify.no_more(two, one, 0.49)  # the second is so near to the threshold that it may come and go
    assert pointers(verify.no_more, two, one, LOW) == ["/predictions"]
    assert findings(verify.no_more, one, detected(), 0.5)[0].actual == 1


def test_a_crowd_of_equal_boxes() -> None:
    """Without suppression a detector may well give one box many times."""
    crowd = detected(*[DOG] * 6)

    verify.same_predictions(detected(*[DOG] * 6), crowd.predictions, "", LOW)
    assert pointers(verify.same_predictions, detected(*[DOG] * 5), crowd.predictions, "", LOW) == ["/predictions"]


def test_boxes_without_a_side_are_found_where_they_are_many() -> None:
    line, box = row(100, 100, 100, 160), row(10, 10, 60, 60)
    few = detected(line, *[box] * 9)

    verify.boxes_have_sides([few])
    verify.boxes_have_sides([detected()])

    assert pointers(verify.boxes_have_sides, [few, detected(box, line)]) == ["/predictions/0", "/predictions/1"]


def test_each_threshold_gives_no_more_than_the_one_before() -> None:
    sure, unsure, near = (row(10, 10, 60, 60, confidence=value) for value in (0.9, 0.3, 0.56))
    sound = {10: detected(sure, unsure), 40: detected(sure), 55: detected(sure, near), 100: detected()}

    verify.fewer_with_each(sound)

    (finding,) = findings(verify.fewer_with_each, {**sound, 70: detected(sure, unsure, unsure)})
    assert finding.message == "confidence=70 gives more predictions than confidence=55"
    assert (finding.expected, finding.actual) == ("2 or fewer", 3)
