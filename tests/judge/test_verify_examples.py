"""The verifications of detection by examples: what is wrong is found, and what another sound model does is not."""

from __future__ import annotations

import pytest

from assay.judge import verify_examples as verify
from assay.judge.boxes import Corners

from .making import detected, findings, pointers, row

PLACE = (100, 100, 200, 200)
EXAMPLES = {"plum": PLACE, "fig": (300, 100, 400, 200)}
NEARBY = [(100, 100, 200, 200), (90, 110, 190, 210), (80, 80, 220, 220), (110, 110, 190, 200)]
ELSEWHERE = [(150, 150, 250, 250), (125, 125, 175, 175), (300, 300, 400, 400), (0, 0, 640, 480)]
SHIFTED_BY_ROUNDING = 0.0003
SURELY = 0.99 + verify.NOISE


@pytest.mark.parametrize("box", NEARBY)
def test_what_lies_at_the_place_is_found_there(box: Corners) -> None:
    answer = detected(row(*box, "plum"), row(300, 300, 400, 400, "plum"))

    verify.found_at(answer, "plum", PLACE, "there")


@pytest.mark.parametrize("box", ELSEWHERE)
def test_what_lies_elsewhere_is_not(box: Corners) -> None:
    (found,) = findings(verify.found_at, detected(row(*box, "plum")), "plum", PLACE, "there")

    assert found.message == "no prediction of class 'plum' lies there"
    assert found.pointer == "/predictions"
    assert found.marks[0] == (*PLACE, "example: plum")


def test_another_class_at_the_place_is_no_find() -> None:
    assert pointers(verify.found_at, detected(row(*PLACE, "fig")), "plum", PLACE, "there") == ["/predictions"]
    assert pointers(verify.found_at, detected(), "plum", PLACE, "there") == ["/predictions"]


def test_something_has_to_lie_at_each_example_whatever_its_class() -> None:
    verify.something_at_each(detected(row(*PLACE, "fig"), row(300, 100, 400, 200, "fig")), EXAMPLES, "there")
    (found,) = findings(verify.something_at_each, detected(row(*PLACE, "plum")), EXAMPLES, "alone it is")

    assert found.message == "nothing lies where the example of class 'fig' is, alone it is"
    assert found.pointer == "/predictions"
    assert found.marks[0] == (*EXAMPLES["fig"], "example: fig")


def test_nothing_of_the_class_may_lie_where_a_negative_example_is() -> None:
    reaching_further = (PLACE[0], PLACE[1], PLACE[2] + 200, PLACE[3])
    allowed = detected(row(*PLACE, "fig"), row(300, 300, 400, 400, "plum"), row(*reaching_further, "plum"))
    verify.nothing_like(allowed, "plum", PLACE, "there")

    assert pointers(verify.nothing_like, detected(row(*PLACE, "plum")), "plum", PLACE, "there") == ["/predictions/0"]


def test_the_best_of_several_boxes_has_to_fit() -> None:
    loose, fitting = (70, 70, 230, 230), (95, 95, 215, 215)

    verify.fits(detected(row(*loose, "plum"), row(*fitting, "plum")), "plum", PLACE)
    (found,) = findings(verify.fits, detected(row(*loose, "plum")), "plum", PLACE)

    assert found.pointer == "/predictions/0"
    assert found.actual == pytest.approx(0.391)


def test_what_is_not_found_cannot_fit_badly() -> None:
    verify.fits(detected(row(300, 300, 400, 400, "plum")), "plum", PLACE)


def test_the_most_confident_box_at_an_example_tells_its_class() -> None:
    right = detected(row(*PLACE, "plum", confidence=0.999), row(*EXAMPLES["fig"], "fig", confidence=0.998))
    doubted = detected(row(*PLACE, "plum", confidence=0.999), row(*PLACE, "fig", confidence=0.998))

    verify.of_its_example(right, EXAMPLES)
    verify.of_its_example(doubted, EXAMPLES)
    verify.of_its_example(detected(), EXAMPLES)


def test_exchanged_classes_are_found_at_each_example() -> None:
    exchanged = detected(row(*PLACE, "fig"), row(*EXAMPLES["fig"], "plum"))

    found = findings(verify.of_its_example, exchanged, EXAMPLES)

    assert [(one.pointer, one.expected, one.actual) for one in found] == [
        ("/predictions/0/class", "plum", "fig"),
        ("/predictions/1/class", "fig", "plum"),
    ]


def test_classes_are_numbered_in_alphabetical_order() -> None:
    verify.numbered_by_name(detected(row(*PLACE, "plum", class_id=1), row(*PLACE, "fig", class_id=0)), EXAMPLES)
    verify.numbered_by_name(detected(row(*PLACE, "plum")), EXAMPLES)  # nobody promises the number

    wrong = detected(row(*PLACE, "plum", class_id=0), row(*PLACE, "fig", class_id=0))
    assert pointers(verify.numbered_by_name, wrong, EXAMPLES) == ["/predictions/0/class_id"]


def test_a_confidence_equal_to_the_threshold_is_not_above_it() -> None:
    verify.above(detected(row(*PLACE, confidence=0.99000001)), 0.99)

    assert pointers(verify.above, detected(row(*PLACE, confidence=0.99)), 0.99) == ["/predictions/0/confidence"]


def test_a_higher_threshold_keeps_what_reaches_it_and_nothing_else() -> None:
    sure, doubtful = row(*PLACE, confidence=0.9999), row(300, 300, 400, 400, confidence=0.992)
    lower = detected(sure, doubtful)

    verify.subset(detected(sure), lower, 0.995)
    assert pointers(verify.subset, detected(), lower, 0.995) == ["/predictions"]
    assert pointers(verify.subset, detected(sure, row(0, 0, 50, 50)), lower, 0.995) == ["/predictions/1"]
    assert pointers(verify.subset, detected(sure, sure, sure), lower, 0.995) == ["/predictions"]


def test_a_target_that_varies_more_is_held_to_less() -> None:
    lower = detected(row(*PLACE, confidence=0.997))
    again = detected(row(*PLACE, confidence=0.996), row(300, 300, 400, 400, confidence=0.5))

    assert verify.noise_of([lower]) == 0
    assert verify.noise_of([lower, again]) == pytest.approx(0.001)
    verify.subset(detected(), lower, 0.995, noise=0.003)
    assert pointers(verify.subset, detected(), lower, 0.995) == ["/predictions"]


def test_what_rounding_moves_over_a_threshold_counts_on_neither_side() -> None:
    lower = detected(row(*PLACE, confidence=0.995 + SHIFTED_BY_ROUNDING))

    verify.subset(detected(), lower, 0.995)


def test_of_two_boxes_that_show_one_thing_equally_well_either_may_stay() -> None:
    verify.subset(detected(row(*NEARBY[1], confidence=1.0)), detected(row(*PLACE, confidence=1.0)), 0.999)


def test_two_answers_find_the_same() -> None:
    alone = detected(row(*PLACE, "plum", confidence=0.999), row(0, 0, 50, 50, "plum", confidence=0.9903))

    verify.same_finds(detected(row(*NEARBY[1], "plum", confidence=0.997)), alone, "together", SURELY)
    assert pointers(verify.same_finds, detected(row(*PLACE, "fig", confidence=0.999)), alone, "together", SURELY) == [
        "/predictions",
        "/predictions/0",
    ]


def test_answers_that_are_alike_and_not() -> None:
    before = detected(row(10, 10, 60, 60, confidence=0.99), row(100, 10, 160, 60, confidence=0.97))
    surer = detected(row(10, 10, 60, 60, confidence=0.992), row(100, 10, 160, 60, confidence=0.972))

    assert findings(verify.found_otherwise, before, before, 0.001, "by another box")
    verify.found_otherwise(surer, before, 0.001, "by another box")
    assert verify.alike(surer, before, 0.003)
    verify.found_otherwise(detected(), detected(), 0.001, "by another box")
    assert not verify.alike(detected(), before, 1)


def test_boxes_that_are_read_otherwise_are_told_by_two_pictures_that_agree() -> None:
    seen, unseen = detected(row(*PLACE, "plum")), detected()
    places = [PLACE, PLACE]

    verify.read_as_documented([unseen, unseen], "plum", places, "so")
    verify.read_as_documented([seen, unseen], "plum", places, "so")
    verify.read_as_documented([seen], "plum", places[:1], "so")
    verify.read_as_documented([], "plum", [], "so")
    (found,) = findings(verify.read_as_documented, [seen, seen], "plum", places, "(x, y) as the corner of a box")
    assert found.actual == "(x, y) as the corner of a box"


@pytest.mark.parametrize("drawing", [None, ...])
def test_a_drawing_that_was_asked_for_has_to_come(drawing: object) -> None:
    answer = detected(**({} if drawing is ... else {"visualization": drawing}))

    assert pointers(verify.has_drawing, answer) == ["/visualization"]
    verify.has_drawing(detected(visualization="/9j/"))
