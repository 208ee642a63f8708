"""Labels of marks can be read, however close the marks lie."""

from __future__ import annotations

import itertools

import pytest

from assay.report.marking import placed

FRAME = (0.0, 0.0, 640.0, 480.0)
UNIT = 18.0


@pytest.mark.parametrize("x", [100, 560])
def test_labels_of_marks_that_lie_close_are_drawn_apart(x: float) -> None:
    marks = placed([(x, 0, x + 80, 60, "person 0.97"), (x - 40, 0, x + 40, 60, "where it fits")] * 2, FRAME, UNIT)

    lines = sorted(mark.label_y for mark in marks)
    assert all(below - above >= UNIT for above, below in itertools.pairwise(lines))
    assert {mark.x for mark in marks} == {x, x - 40}, "the boxes stay"


def test_labels_far_from_each_other_stay_with_their_marks() -> None:
    alone = [placed([mark], FRAME, UNIT)[0] for mark in ((0, 90, 80, 160, "a cat"), (300, 90, 380, 160, "a dog"))]

    assert placed([(0, 90, 80, 160, "a cat"), (300, 90, 380, 160, "a dog")], FRAME, UNIT) == alone


def test_a_label_that_finds_no_room_is_still_within_the_frame() -> None:
    marks = placed([(0, 400, 80, 480, "a label")] * 40, FRAME, UNIT)

    assert all(mark.label_y <= 480 for mark in marks)
