"""Boxes: IoU against COCO's own, when two predictions are one, and matching that never leaves one alone needlessly."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as coco

from assay.judge import boxes
from assay.judge.boxes import Prediction, beside_other_classes, iou, match, same, single

from .making import prediction

edges = st.integers(-50, 700).map(lambda quarters: quarters / 4)
sizes = st.integers(1, 600).map(lambda quarters: quarters / 4)
corners = st.tuples(edges, edges, sizes, sizes).map(lambda box: (box[0], box[1], box[0] + box[2], box[1] + box[3]))


@given(corners, corners)
def test_iou_is_that_of_coco(first: tuple[float, ...], second: tuple[float, ...]) -> None:
    as_coco = [np.array([[box[0], box[1], box[2] - box[0], box[3] - box[1]]], np.float64) for box in (first, second)]

    expected = coco.iou(as_coco[0], as_coco[1], [0])[0][0]

    assert iou(first, second) == pytest.approx(expected, abs=1e-12)  # type: ignore[arg-type]
    assert iou(first, second) == iou(second, first)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((0, 0, 10, 10), (0, 0, 10, 10), 1.0),
        ((0, 0, 10, 10), (10, 0, 20, 10), 0.0),  # they touch along an edge
        ((0, 0, 10, 10), (10, 10, 20, 20), 0.0),  # at a corner
        ((0, 0, 10, 10), (0, 0, 10, 5), 0.5),
        ((3, 3, 3, 3), (3, 3, 3, 3), 0.0),  # both empty: nothing is shared
        ((0, 5, 10, 5), (0, 0, 10, 10), 0.0),  # a line in a box
        ((10, 10, 0, 0), (0, 0, 10, 10), 0.0),  # corners the wrong way round: no area
        ((-1e308, -1e308, 1e308, 1e308), (-1e308, -1e308, 1e308, 1e308), 0.0),  # an area that no number holds
    ],
)
def test_iou_at_the_edges(
    first: tuple[float, float, float, float], second: tuple[float, float, float, float], expected: float
) -> None:
    assert iou(first, second) == expected


def test_corners_lie_around_the_centre() -> None:
    one = Prediction(100, 60, 40, 20, 0.5, "dog", (), "")

    assert one.corners == (80, 50, 120, 70)
    assert one.mark == (80, 50, 120, 70, "dog 0.50")


SMALL = prediction(100, 100, 110, 110)
LARGE = prediction(100, 100, 400, 400)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (SMALL, SMALL, True),
        (SMALL, replace(SMALL, x=SMALL.x + 2), True),  # exactly 2 px
        (SMALL, replace(SMALL, x=SMALL.x + 2.01), False),
        (SMALL, replace(SMALL, width=14), True),  # each edge moved by 2
        (SMALL, replace(SMALL, width=14.1), False),
        (LARGE, replace(LARGE, x=LARGE.x + 15), True),  # IoU 0.905
        (LARGE, replace(LARGE, x=LARGE.x + 16), False),  # IoU 0.899
        (SMALL, replace(SMALL, label="cat"), False),
        (SMALL, replace(SMALL, label="Dog"), False),
        (
            replace(SMALL, confidence=0.5),
            replace(SMALL, confidence=0.52),
            True,
        ),  # 0.02 in decimals, a bit more in binary
        (replace(SMALL, confidence=0.9), replace(SMALL, confidence=0.88), True),
        (replace(SMALL, confidence=0.5), replace(SMALL, confidence=0.5201), False),
    ],
)
def test_when_two_predictions_are_one(first: Prediction, second: Prediction, expected: bool) -> None:
    assert same(first, second) is expected
    assert same(second, first) is expected


def test_a_tolerance_that_decimals_reach_exactly_is_kept() -> None:
    for hundredth in range(99):
        low, high = hundredth / 100, (hundredth + 2) / 100
        assert same(prediction(0.1, 0.1, 9.3, 9.7, confidence=low), prediction(2.1, 0.1, 11.3, 9.7, confidence=high))


def test_nothing_matches_nothing() -> None:
    empty = match([], [])
    alone = match([SMALL], [])

    assert (empty.pairs, empty.only_first, empty.only_second) == ((), (), ())
    assert (alone.pairs, alone.only_first, alone.only_second) == ((), (SMALL,), ())
    assert match([], [SMALL]).only_second == (SMALL,)


def test_equal_boxes_match_one_to_one_and_one_too_many_is_found() -> None:
    twice, thrice = [SMALL] * 2, [SMALL] * 3

    assert len(match(twice, twice).pairs) == 2
    assert match(twice, thrice).only_second == (SMALL,)
    assert match(thrice, twice).only_first == (SMALL,)


def test_the_nearer_confidence_wins_a_tie() -> None:
    surer, less = (replace(SMALL, confidence=value) for value in (0.91, 0.90))
    a_bit_surer, a_bit_less = (replace(SMALL, confidence=value) for value in (0.915, 0.895))

    assert match([surer, less], [a_bit_less, a_bit_surer]).pairs == ((surer, a_bit_surer), (less, a_bit_less))
    assert match([surer, less], [a_bit_less]).pairs == ((less, a_bit_less),)
    assert match([less, surer], [a_bit_surer]).pairs == ((surer, a_bit_surer),)


def test_the_better_overlap_wins_over_the_order() -> None:
    first = [prediction(0, 0, 100, 100)]
    second = [prediction(2, 0, 102, 100), prediction(1, 0, 101, 100)]

    assert match(first, second).pairs == ((first[0], second[1]),)


def test_the_best_overlap_of_all_is_taken_first() -> None:
    """Of two that cannot both have a partner, the one that fits better has it."""
    exact, near, beside = (prediction(x, 0, x + 100, 100) for x in (0, 1, 7))
    first, second = prediction(0, 0, 100, 100), prediction(5, 0, 105, 100)

    matching = match([exact, near, beside], [first, second])

    assert matching.pairs == ((exact, first), (beside, second))
    assert matching.only_first == (near,)


def test_a_choice_that_would_leave_another_alone_is_changed() -> None:
    """By overlap and order the left one takes the middle one, which is all that the right one could have had."""
    left, right = prediction(10, 0, 14, 4), prediction(12, 0, 16, 4)
    middle, far = prediction(11, 0, 15, 4), prediction(9, 0, 13, 4)
    assert iou(left.corners, middle.corners) == iou(left.corners, far.corners)
    assert not same(right, far)

    matching = match([left, right], [middle, far])

    assert matching.pairs == ((left, far), (right, middle))


small_boxes = st.builds(
    lambda x, y, confidence, label: prediction(x, y, x + 4, y + 4, label, confidence=confidence),
    st.integers(0, 8),
    st.integers(0, 2),
    st.sampled_from([0.50, 0.51, 0.53]),
    st.sampled_from(["dog", "dog", "cat"]),
)


@settings(max_examples=200)
@given(st.lists(small_boxes, max_size=5), st.lists(small_boxes, max_size=5))
def test_matching_is_one_to_one_and_as_large_as_can_be(first: list[Prediction], second: list[Prediction]) -> None:
    matching = match(first, second)

    assert all(same(a, b) for a, b in matching.pairs)
    assert len(matching.pairs) + len(matching.only_first) == len(first)
    assert len(matching.pairs) + len(matching.only_second) == len(second)
    assert sorted(map(str, [a for a, _ in matching.pairs] + [*matching.only_first])) == sorted(map(str, first))
    assert sorted(map(str, [b for _, b in matching.pairs] + [*matching.only_second])) == sorted(map(str, second))
    assert len(matching.pairs) == _most_pairs(first, second)


def _most_pairs(first: list[Prediction], second: list[Prediction]) -> int:
    """By trying every order: no cleverness that could share a mistake."""
    if len(first) > len(second):
        first, second = second, first
    orders = itertools.permutations(second, len(first))
    return max(sum(same(a, b) for a, b in zip(first, order, strict=True)) for order in orders)


def test_many_predictions_are_matched_in_reasonable_time() -> None:
    first = [prediction(x, y, x + 4, y + 4) for x in range(0, 60, 2) for y in range(0, 20, 2)]

    matching = match(first, list(reversed(first)))

    assert len(matching.pairs) == len(first) == 300
    assert all(math.isclose(iou(a.corners, b.corners), 1) for a, b in matching.pairs)


def test_a_box_of_one_candidate_is_told_from_one_of_several() -> None:
    lonely, first, second = prediction(0, 0, 10, 10), prediction(50, 50, 70, 70), prediction(60, 50, 80, 70)
    merged = prediction(55, 50, 75, 70)

    assert single([lonely, merged], [lonely, first, second]) == (lonely,)
    assert single([lonely, first], [lonely, first]) == (lonely, first)


def test_gaps_between_confidences() -> None:
    confidences = [0.9, 0.3, 0.85, 0.5]

    assert boxes.gaps(confidences, 0.06) == [(0.5, 0.85), (0.3, 0.5)]
    assert boxes.gaps(confidences, 0.25) == [(0.5, 0.85)]
    assert boxes.gaps([0.4], 0) == boxes.gaps([], 0) == []
    rows = [prediction(0, 0, 9, 9, confidence=each) for each in confidences]
    assert boxes.widest_gap(rows, 0.06) == (0.5, 0.85)
    assert boxes.widest_gap(rows, 0.36) is None


@pytest.mark.parametrize(
    ("other", "distance"),
    [((20, 0, 30, 10), 10), ((0, 25, 10, 35), 15), ((20, 25, 30, 35), 15), ((5, 5, 8, 8), -5), ((-30, 0, -4, 10), 4)],
)
def test_how_far_boxes_lie_apart(other: boxes.Corners, distance: float) -> None:
    box = (0, 0, 10, 10)

    for first, second in ((box, other), (other, box)):
        assert boxes.apart(first, second, distance)
        assert not boxes.apart(first, second, distance + 1)


def test_what_a_box_of_another_class_overlaps() -> None:
    dog, cat = prediction(0, 0, 100, 100, "dog"), prediction(20, 0, 120, 100, "cat")
    apart, twin = prediction(300, 0, 400, 100, "dog"), prediction(90, 0, 190, 100, "cat")

    assert beside_other_classes([dog, cat, apart], 0.3) == [dog, cat]
    assert beside_other_classes([dog, cat, apart], 0.7) == []
    assert beside_other_classes([dog, cat, twin], 0.3) == [dog]  # the cats may suppress each other
    assert beside_other_classes([dog, apart], 0) == []
