"""What one side differs from itself excuses as much between two sides, and no more."""

from __future__ import annotations

from assay.differ.noise import beyond
from assay.likeness.report import Difference, Likeness


def likeness(*differences: Difference) -> Likeness:
    return Likeness("hosted.object-detection", "json", "cpu", differences, ())


def lost(number: int) -> Difference:
    return Difference("lost", f"/predictions/{number}", "/predictions", "a box is missing")


def added(number: int) -> Difference:
    return Difference("added", "/predictions", f"/predictions/{number}", "a box is there")


def shifted(number: int, by: float) -> Difference:
    place = f"/predictions/{number}"
    return Difference("box", place, place, "moved", measured=2.0 + by, allowed=2.0, tolerance="boxes.edge")


def test_what_moves_no_further_than_a_side_from_itself_is_noise() -> None:
    own = [likeness(shifted(0, 3)), likeness()]

    assert beyond(likeness(shifted(4, 6)), own).alike
    assert beyond(likeness(shifted(4, 6.1)), own).kinds == ("box",)


def test_one_box_that_flickers_does_not_excuse_that_many_are_lost() -> None:
    own = [likeness(lost(3)), likeness()]

    assert beyond(likeness(lost(0), lost(3)), own).alike
    assert len(beyond(likeness(*map(lost, range(5))), own).differences) == 5


def test_one_box_that_moves_does_not_excuse_that_all_do() -> None:
    own = [likeness(shifted(3, 4)), likeness(shifted(5, 4))]

    assert len(beyond(likeness(*(shifted(number, 1) for number in range(20))), own).differences) == 20


def test_what_flickers_may_be_lost_first_and_added_next() -> None:
    assert beyond(likeness(added(3)), [likeness(lost(2))]).alike
    assert beyond(likeness(lost(3)), [likeness(added(2))]).alike


def test_a_value_that_is_new_each_time_excuses_no_other() -> None:
    def value(place: str) -> Difference:
        return Difference("value", place, place, "is another")

    own = [likeness(value("/predictions/2/tracker"))]

    assert beyond(likeness(value("/predictions/0/tracker")), own).alike
    assert beyond(likeness(value("/image/width")), own).kinds == ("value",)
