"""Boxes that are taken whole: a mask that a smaller box has cut off is found, and no other answer is accused."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from assay.judge.answers import Segmentation
from assay.judge.masks import Mask
from assay.judge.verdicts import NoWitness
from assay.judge.verify_sam2_boxes import boxes_whole
from assay.plugin.drivers import Sam2Driver
from assay.scene import SCENES

from .making import exchange, findings

SCENE = SCENES["counters"]
THINGS = [SCENE.mask(thing) for thing in SCENE.things]
BOXES = Sam2Driver.boxes(SCENE)
Answered = list[tuple[Segmentation, Segmentation, list[Mask], list[dict[str, float]]]]


def answer(*masks: Mask) -> Segmentation:
    return Segmentation(exchange({}), {}, masks)


def answered(change: Callable[[Mask, int], Mask], points: list[Mask] | None = None) -> Answered:
    """The masks of boxes around the things, once they are changed, and the things' own for points."""
    changed = [change(mask, index) for index, mask in enumerate(THINGS)]
    return [(answer(*changed), answer(*(points or THINGS)), THINGS, BOXES)]


def within(share: float, about_the_corner: bool = False) -> Callable[[Mask, int], Mask]:
    """What is left of a mask in its box, scaled so about its centre or about the corner of the picture."""

    def cut(mask: Mask, index: int) -> Mask:
        x, y, width, height = (BOXES[index][name] for name in ("x", "y", "width", "height"))
        x, y = (x * share, y * share) if about_the_corner else (x, y)
        left = np.zeros_like(mask)
        rows = slice(int(y - height * share / 2), int(y + height * share / 2))
        columns = slice(int(x - width * share / 2), int(x + width * share / 2))
        left[rows, columns] = mask[rows, columns]
        return left

    return cut


def test_whole_masks_are_let_through() -> None:
    assert boxes_whole(answered(lambda mask, index: mask)) == len(THINGS)


@pytest.mark.parametrize("change", [within(0.5), within(0.7), within(0.8, True), within(0.7, True)])
def test_what_a_smaller_box_cuts_off_is_found(change: Callable[[Mask, int], Mask]) -> None:
    first, *_ = findings(boxes_whole, answered(change))

    assert "ends inside the box" in first.message
    assert [mark[4] for mark in first.marks] == ["box", "mask"]


def test_one_box_in_three_may_be_an_exception() -> None:
    cut = within(0.5)
    assert boxes_whole(answered(lambda mask, index: cut(mask, index) if index == 0 else mask)) == len(THINGS)


def _halo(mask: Mask, index: int) -> Mask:
    """A model that marks the rim of a thing, and not its inside."""
    inner = within(0.7)(mask, index)
    return np.asarray(mask & ~inner, np.bool_)


@pytest.mark.parametrize(
    "change",
    [
        _halo,
        lambda mask, index: np.zeros_like(mask),
        lambda mask, index: np.roll(mask, 40, axis=1),
        lambda mask, index: np.ones_like(mask),
    ],
)
def test_masks_of_something_else_are_not_called_cut_off(change: Callable[[Mask, int], Mask]) -> None:
    assert boxes_whole(answered(change)) == len(THINGS)


def test_a_model_whose_points_find_other_things_is_no_witness() -> None:
    elsewhere = [np.roll(mask, 100, axis=1) for mask in THINGS]

    with pytest.raises(NoWitness, match="no point on a thing"):
        boxes_whole(answered(within(0.5), elsewhere))
