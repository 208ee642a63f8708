"""Boxes that overlap: how much is measured, whom it accuses, and what more room for overlap has to do."""

from __future__ import annotations

import pytest

from assay.judge import verify
from assay.judge.boxes import alone, chained, overlap_of

from .making import HEIGHT, WIDTH, detected, findings, pointers, prediction, row

LEFT, RIGHT = (100, 100, 200, 200), (150, 100, 250, 200)  # IoU of a third
SIZE = (WIDTH, HEIGHT)


def test_boxes_of_one_class_that_overlap_too_much() -> None:
    both = detected(row(*LEFT), row(*RIGHT))

    verify.overlap_at_most(both, 0.34, *SIZE)
    assert pointers(verify.overlap_at_most, both, 0.3, *SIZE) == ["/predictions/1"]
    (finding,) = findings(verify.overlap_at_most, both, 0, *SIZE)
    assert finding.actual == pytest.approx(1 / 3, abs=0.02)
    assert len(finding.marks) == 2


@pytest.mark.parametrize(
    "rows",
    [
        (),
        (row(*LEFT),),
        (row(*LEFT), row(*RIGHT, "cat")),  # of one class only
        (row(*LEFT), row(200, 100, 300, 200)),  # they touch
        (row(*LEFT), row(199, 100, 300, 200)),  # rounded to whole pixels they touch
        (row(0, 100, 40, 200), row(0, 120, 50, 220)),  # cut off at the edge: what was compared may have been larger
        (row(600, 400, 640, 480), row(600, 380, 640, 480)),
    ],
)
def test_boxes_that_may_be_there(rows: tuple[dict[str, object], ...]) -> None:
    verify.overlap_at_most(detected(*rows), 0, *SIZE)


def test_more_room_for_overlap_gives_no_fewer_boxes() -> None:
    one, two = detected(row(*LEFT)), detected(row(*LEFT), row(*RIGHT))

    verify.more_with_each({0: one, 30: one, 60: two, 100: two}, "overlap", 0.4)
    verify.more_with_each({100: two, 0: one}, "overlap", 0.4)
    (finding,) = findings(verify.more_with_each, {0: one, 40: two, 60: one, 100: two}, "overlap", 0.4)
    assert (finding.expected, finding.actual) == ("2 or more", 1)
    assert "overlap=60 gives fewer predictions than overlap=40" in finding.message


def test_a_box_near_the_threshold_may_come_and_go() -> None:
    unsure = detected(row(*LEFT), row(*RIGHT, confidence=0.41))

    verify.more_with_each({0: unsure, 100: detected(row(*LEFT))}, "overlap", 0.4)


def test_measures_of_overlap() -> None:
    left, right, cat = prediction(*LEFT), prediction(*RIGHT), prediction(*LEFT, "cat")
    far, chain = prediction(300, 300, 320, 320), prediction(240, 100, 340, 200)

    assert overlap_of([left, right, far]) == pytest.approx(1 / 3)
    assert overlap_of([left, cat, far]) == overlap_of([]) == 0
    assert alone(far, [left, right, far])
    assert not alone(left, [left, cat])
    assert not chained([left, right, far])
    assert chained([left, right, chain])
    assert chained([left, right, cat])  # a model may suppress across classes
