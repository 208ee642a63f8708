"""Verifications of the classes of a picture: what contradicts itself, what rounding explains, and thresholds."""

from __future__ import annotations

import pytest

from assay.judge import verify, verify_classes
from assay.judge.answers import Classification, classification
from assay.judge.verdicts import NoWitness, RuleBroken
from assay.record.model import Exchange

from .making import exchange, findings, pointers


def classes(*scores: tuple[str, float], top: str | None = None, confidence: float | None = None) -> Classification:
    """An answer with these classes; on top stands the first one, unless told otherwise."""
    label, share = scores[0] if scores else ("", 0.0)
    body = {
        "predictions": [{"class": name, "confidence": score} for name, score in scores],
        "top": label if top is None else top,
        "confidence": share if confidence is None else confidence,
    }
    return classification(exchange(body, operation="hosted.classification"), "hosted.answer.schema")


def test_sound_classes() -> None:
    for answer in (classes(("cat", 0.7), ("dog", 0.3)), classes(("cat", 0.5), ("dog", 0.5), top="dog")):
        verify.surest_on_top(answer)
        verify.surest_first(answer)
        verify.no_more_than_one(answer)
    verify.no_more_than_one(classes(*[(str(number), 0.0335) for number in range(30)]))  # each rounded up


def test_classes_that_contradict_themselves() -> None:
    assert pointers(verify.surest_on_top, classes(("cat", 0.7), ("dog", 0.3), top="dog")) == ["/top"]
    assert pointers(verify.surest_on_top, classes(("cat", 0.7), confidence=0.3)) == ["/confidence"]
    assert pointers(verify.surest_first, classes(("cat", 0.3), ("dog", 0.7))) == ["/predictions/1/confidence"]
    assert pointers(verify.no_more_than_one, classes(("cat", 0.9), ("dog", 0.9))) == ["/predictions"]


def test_an_answer_without_classes_has_none_on_top() -> None:
    verify.surest_on_top(classes(top="", confidence=0.0))

    assert pointers(verify.surest_on_top, classes(top="cat", confidence=0.7)) == ["/predictions"]


def test_a_list_in_three_digits_beside_an_unrounded_confidence() -> None:
    """0.6665 is written as 0.667 or as 0.666: half a unit of the third digit lies between."""
    verify.surest_on_top(classes(("cat", 0.667), ("dog", 0.333), confidence=0.6665))
    verify.surest_on_top(classes(("cat", 0.666), ("dog", 0.334), confidence=0.6665))
    verify.surest_on_top(classes(("cat", 0.5), ("dog", 0.5), top="dog", confidence=0.49951))
    verify.surest_first(classes(("cat", 0.5), ("dog", 0.5004)))

    assert pointers(verify.surest_on_top, classes(("cat", 0.667), confidence=0.668)) == ["/confidence"]
    assert pointers(verify.surest_on_top, classes(("cat", 0.5), ("dog", 0.502), top="cat")) == ["/top"]
    assert pointers(verify.surest_first, classes(("cat", 0.5), ("dog", 0.501))) == ["/predictions/1/confidence"]


def test_the_same_classes() -> None:
    both = classes(("cat", 0.7), ("dog", 0.3))

    verify.same_classes(classes(("cat", 0.71), ("dog", 0.29)), both, "", 0.01)
    verify.same_classes(classes(("dog", 0.3), ("cat", 0.7)), both, "", 0.01)
    for other in (classes(("cat", 0.6), ("dog", 0.4)), classes(("cat", 0.7)), classes(("cat", 0.7), ("cow", 0.3))):
        assert pointers(verify.same_classes, other, both, "", 0.01) == ["/predictions"]


def test_a_class_near_the_threshold_may_come_and_go() -> None:
    with_it, without = classes(("cat", 0.85), ("dog", 0.1004)), classes(("cat", 0.851))

    verify.same_classes(without, with_it, "", 0.1)
    verify.same_classes(with_it, without, "", 0.1)
    assert pointers(verify.same_classes, without, with_it, "", 0.05) == ["/predictions"]
    assert pointers(verify.same_classes, classes(("cat", 0.85), ("dog", 0.14)), without, "", 0.1) == ["/predictions"]


def test_classes_over_a_threshold() -> None:
    all_of_them = classes(("cat", 0.6), ("dog", 0.3), ("cow", 0.1))

    verify.classes_at_least(classes(("cat", 0.6), ("dog", 0.3)), 0.3)
    verify.classes_at_least(classes(("dog", 0.2996)), 0.3)  # in three digits it would be 0.3
    verify.those_over(classes(("cat", 0.6)), all_of_them, 0.45)
    verify.those_over(all_of_them, all_of_them, 0.01)
    assert pointers(verify.classes_at_least, all_of_them, 0.2) == ["/predictions/2/confidence"]
    assert findings(verify.those_over, all_of_them, all_of_them, 0.45)
    assert findings(verify.those_over, classes(("cat", 0.6)), all_of_them, 0.2)


@pytest.mark.parametrize(
    "answer",
    [
        classes(("cat", 0.9)),
        classes(("cat", 0.9), top="", confidence=0.0),
        classes(top="cat", confidence=0.0),
        classes(top="", confidence=0.4),
    ],
)
def test_a_class_where_none_reaches_the_threshold(answer: Classification) -> None:
    verify.no_class(classes())
    assert pointers(verify.no_class, answer) == ["/top"]


def numbered(*pairs: tuple[str, int]) -> Exchange:
    predictions = [{"class": label, "class_id": number} for label, number in pairs]
    return exchange({"predictions": predictions}, operation="hosted.classification")


def test_a_class_keeps_its_number() -> None:
    answers = [numbered(("dog", 0), ("cat", 1)), numbered(("cat", 1)), numbered()]
    assert verify_classes.numbers_stable(answers) == {"dog": 0, "cat": 1}


@pytest.mark.parametrize("other", [("cat", 0), ("dog", 1), ("dog", 2)])
def test_a_number_stands_for_one_class(other: tuple[str, int]) -> None:
    with pytest.raises(RuleBroken):
        verify_classes.numbers_stable([numbered(("dog", 0), ("cat", 1)), numbered(other)])


def test_numbers_that_come_once_tell_nothing() -> None:
    with pytest.raises(NoWitness):
        verify_classes.numbers_stable([numbered(("dog", 0)), numbered(("cat", 1))])
