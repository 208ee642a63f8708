"""What is demanded of SAM2's prompts and embeddings: what a sound model may do, and what it may not."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from assay.judge import verify, verify_sam2
from assay.judge.answers import Segmentation
from assay.judge.masks import covers, in_box, some_differ
from assay.judge.verdicts import NoWitness
from assay.judge.verify_sam2 import Pace
from assay.record.model import Exchange

from .making import Mask, exchange, findings, pointers, segmented

WIDTH, HEIGHT = 120, 90


def rectangle(x0: int, y0: int, x1: int, y1: int) -> list[list[list[int]]]:
    """Both ends included, as polygons have it."""
    return [[[x0, y0], [x0, y1], [x1, y1], [x1, y0]]]


def answer(*masks: Any) -> Segmentation:
    return segmented(*masks, width=WIDTH, height=HEIGHT)


FIRST, SECOND, THIRD = rectangle(10, 10, 29, 29), rectangle(50, 10, 69, 29), rectangle(90, 50, 109, 69)
THREE = answer(FIRST, SECOND, THIRD)
CENTRES = [(20, 20), (60, 20), (100, 60)]
BOXES = [{"x": x, "y": y, "width": 24, "height": 24} for x, y in CENTRES]


def mask(x0: int, y0: int, x1: int, y1: int) -> Mask:
    made = np.zeros((HEIGHT, WIDTH), np.bool_)
    made[y0:y1, x0:x1] = True
    return made


# Points


def test_points_in_their_masks_and_just_beside_them() -> None:
    verify_sam2.points_inside([(THREE, CENTRES)])
    verify_sam2.points_inside([(THREE, [(8, 8), (71, 20), (100, 71)])])


def test_one_point_in_three_may_lie_elsewhere_and_no_more() -> None:
    verify_sam2.points_inside([(THREE, [(20, 20), (60, 20), (0, 0)])])
    found = findings(verify_sam2.points_inside, [(THREE, [(20, 20), (0, 0), (0, 0)])])
    assert [finding.pointer for finding in found] == ["/predictions/1/masks", "/predictions/2/masks"]
    assert all(finding.marks for finding in found)


def test_exceptions_are_counted_over_all_answers() -> None:
    wrong = [(0, 0), (0, 0), (100, 60)]
    verify_sam2.points_inside([(THREE, CENTRES), (THREE, wrong)])
    assert pointers(verify_sam2.points_inside, [(THREE, wrong), (THREE, wrong)])


def test_an_empty_mask_holds_no_point() -> None:
    assert pointers(verify_sam2.points_inside, [(answer([[]]), [(20, 20)])]) == ["/predictions/0/masks"]


def test_negative_points_lie_outside() -> None:
    verify_sam2.points_outside([(THREE, {0: (60, 20), 2: (60, 20)})])
    assert pointers(verify_sam2.points_outside, [(THREE, {0: (20, 20), 2: (0, 0)})]) == ["/predictions/0/masks"]


def test_whether_a_mask_covers_a_point_at_its_edge() -> None:
    made = mask(0, 0, 3, 3)
    assert covers(made, 0, 0)
    assert not covers(made, 3, 0)
    assert covers(made, 4, 4, reach=2)
    assert not covers(made, 5, 0, reach=2)
    assert not covers(made, 10_000, -50, reach=2)


# Boxes


def test_masks_in_the_boxes_around_their_centres() -> None:
    verify_sam2.masks_in_boxes([(THREE, BOXES)])


def test_masks_that_lie_in_the_boxes_from_their_centres_on() -> None:
    quarters = answer(rectangle(20, 20, 29, 29), rectangle(60, 20, 69, 29), rectangle(100, 60, 109, 69))
    found = findings(verify_sam2.masks_in_boxes, [(quarters, BOXES)])
    assert len(found) == 3
    assert "100% in the box with (20, 20) as its corner" in found[0].actual


def test_one_mask_in_three_may_leave_its_box() -> None:
    verify_sam2.masks_in_boxes([(answer(FIRST, SECOND, rectangle(0, 0, 119, 89)), BOXES)])
    assert pointers(verify_sam2.masks_in_boxes, [(answer(FIRST, [[]], rectangle(0, 0, 119, 89)), BOXES)])


def test_the_share_of_a_mask_in_a_box() -> None:
    assert in_box(mask(0, 0, 10, 10), 0, 0, 5, 10) == 0.5
    assert in_box(mask(0, 0, 10, 10), -9, -9, 99, 99) == 1
    assert in_box(mask(0, 0, 0, 0), 0, 0, 5, 10) == 0


def test_whether_some_masks_differ() -> None:
    first, second, nothing = mask(0, 0, 9, 9), mask(20, 0, 29, 9), mask(0, 0, 0, 0)
    assert some_differ([first, first, second])
    assert some_differ([first, nothing])
    assert not some_differ([first, first])
    assert not some_differ([nothing, nothing])
    assert not some_differ([first])


# Several prompts, several points


def surely(masks: list[Any], sure: list[Any]) -> Segmentation:
    """An answer with these masks, each of this confidence."""
    made = answer(*masks)
    rows = [{**row, "confidence": each} for row, each in zip(made.body["predictions"], sure, strict=True)]
    return dataclasses.replace(made, body={"predictions": rows})


def test_masks_stand_where_their_prompts_stand() -> None:
    alone = [answer(FIRST).masks[0], answer(SECOND).masks[0]]
    verify.masks_in_order(answer(FIRST, SECOND, SECOND, FIRST), alone, [0, 1, 1, 0])
    found = pointers(verify.masks_in_order, answer(FIRST, SECOND, FIRST, FIRST), alone, [0, 1, 1, 0])
    assert found == ["/predictions/2/masks"]


def test_each_prompt_is_as_sure_as_alone() -> None:
    alone = [surely([FIRST], [0.9]), surely([SECOND], [0.6])]
    verify_sam2.as_sure_as_alone(surely([FIRST, SECOND, SECOND], [0.91, 0.6, 0.59]), alone, [0, 1, 1])
    exchanged = surely([FIRST, SECOND, SECOND], [0.6, 0.9, 0.6])
    found = pointers(verify_sam2.as_sure_as_alone, exchanged, alone, [0, 1, 1])
    assert found == ["/predictions/0/confidence", "/predictions/1/confidence"]


@pytest.mark.parametrize("sure", [[0.9, 0.88], [None, 0.5], ["high", 0.5]])
def test_confidences_that_tell_nothing(sure: list[Any]) -> None:
    alone = [surely([FIRST], sure[:1]), surely([SECOND], sure[1:])]
    with pytest.raises(NoWitness):
        verify_sam2.as_sure_as_alone(surely([FIRST, SECOND], sure), alone, [0, 1])


def test_a_point_that_is_dropped_wherever_it_stands_last() -> None:
    following = answer(SECOND, THIRD, FIRST)
    verify_sam2.points_heeded([(THREE, answer([*FIRST, *SECOND], [*SECOND, *THIRD], [*THIRD, *FIRST]), following)])
    verify_sam2.points_heeded([(THREE, THREE, THREE)])  # in either order the one is meant, and not the first
    assert len(findings(verify_sam2.points_heeded, [(THREE, THREE, following)])) == 3
    assert len(findings(verify_sam2.points_heeded, [(THREE, following, THREE)])) == 3


# Embeddings


def test_masks_are_the_same_with_an_embedding() -> None:
    verify_sam2.unchanged(THREE, THREE)
    assert pointers(verify_sam2.unchanged, answer(FIRST, SECOND), answer(FIRST, THIRD)) == ["/predictions/1/masks"]
    assert pointers(verify_sam2.unchanged, answer(FIRST), THREE) == ["/predictions"]


def test_the_cached_picture_wins() -> None:
    cached, sent = answer(FIRST), answer(SECOND)
    verify_sam2.of_the_cached_picture(cached, cached, sent)
    (found,) = findings(verify_sam2.of_the_cached_picture, sent, cached, sent)
    assert "of the picture that was sent" in found.message
    (found,) = findings(verify_sam2.of_the_cached_picture, answer(THIRD), cached, sent)
    assert "of neither picture" in found.message


def embedded(name: Any) -> Exchange:
    return exchange({"image_id": name, "time": 0.1}, operation="sam2.embed")


def test_names() -> None:
    verify_sam2.given_name("a", embedded("a"))
    verify_sam2.same_name("a", embedded("a"))
    verify_sam2.other_name("a", embedded("b"))
    for named in (verify_sam2.given_name, verify_sam2.same_name):
        assert pointers(named, "a", embedded("b")) == pointers(named, "a", embedded(None)) == ["/image_id"]
    assert pointers(verify_sam2.other_name, "a", embedded("a")) == ["/image_id"]
    assert pointers(verify_sam2.same_name, None, embedded(None)) == ["/image_id"]


# Time


def took(seconds: float) -> Exchange:
    return dataclasses.replace(exchange({}), seconds=seconds)


def paces(*pairs: tuple[float, float]) -> list[Pace]:
    return [Pace(took(first), (took(again),)) for first, again in pairs]


def test_a_saved_embedding_is_seen() -> None:
    verify_sam2.second_is_faster(paces((4.0, 0.3), (4.1, 0.3), (3.9, 0.4)), cost=3.6)
    verify_sam2.second_is_faster(paces((0.10, 0.03), (0.11, 0.03), (0.10, 0.12)), cost=0.07)


def test_the_quickest_of_several_further_ones_counts() -> None:
    pace = Pace(took(1.0), (took(1.1), took(0.2), took(1.0)))
    assert pace.saved == pytest.approx(0.8)


def test_an_embedding_that_is_made_again_each_time_is_found() -> None:
    (found,) = findings(verify_sam2.second_is_faster, paces((4.0, 4.0), (4.1, 3.9), (3.9, 4.4)), 3.6)
    assert "no faster" in found.message


@pytest.mark.parametrize(
    ("times", "cost"),
    [
        ([(0.02, 0.02), (0.02, 0.02), (0.02, 0.02)], 0.01),  # too quick to tell
        ([(2.0, 2.0), (2.0, 2.0), (2.0, 2.0)], 0.2),  # something else takes the time
        ([(4.0, 4.0), (4.0, 4.0), (4.0, 4.0)], -0.5),
        ([(4.0, 2.8), (4.0, 4.0), (4.0, 4.0)], 3.6),  # once it was faster: the network, or another process
    ],
)
def test_no_fast_and_no_uneven_target_is_accused(times: list[tuple[float, float]], cost: float) -> None:
    with pytest.raises(NoWitness):
        verify_sam2.second_is_faster(paces(*times), cost)
