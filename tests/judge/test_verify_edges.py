"""Class maps that reach the edges of their picture, those that do not, and those of which nobody can tell."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from assay.judge.verdicts import NoWitness
from assay.judge.verify_edges import reach_the_edges
from assay.scene import SCENES

from .class_masks import Wrong, marked
from .making import findings


def bare(top: int = 0, right: int = 0, bottom: int = 0, left: int = 0) -> Wrong:
    """Background so many px from each edge."""

    def change(mask: Any) -> Any:
        height, width = mask.shape
        within = np.zeros_like(mask)
        within[top : height - bottom, left : width - right] = mask[top : height - bottom, left : width - right]
        return within

    return change


def small(side: int) -> Wrong:
    """As a network sees it whose own picture is so many px wide and high."""

    def change(mask: Any) -> Any:
        return cv2.resize(mask, (side, side), interpolation=cv2.INTER_NEAREST)

    return change


def test_masks_of_all_that_is_painted_reach_the_edges() -> None:
    told = reach_the_edges(marked())
    assert {line.split()[-2] for line in told} == {"top", "right", "bottom", "left"}


@pytest.mark.parametrize(
    "sound",
    [
        small(64),
        small(20),
        bare(4, 4, 4, 4),
        lambda mask: cv2.erode(mask, np.ones((15, 15), np.uint8)),
        lambda mask: cv2.erode(mask, np.ones((19, 19), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0),
        lambda mask: cv2.dilate(mask, np.ones((15, 15), np.uint8)),
        lambda mask: np.roll(mask, 3, 1),
    ],
)
def test_a_mask_that_is_coarse_or_a_little_off_is_sound(sound: Wrong) -> None:
    assert reach_the_edges(marked(sound))


@pytest.mark.parametrize("side", ["top", "right", "bottom", "left"])
@pytest.mark.parametrize("width", [11, 15, 30])
def test_a_mask_that_is_bare_at_an_edge(side: str, width: int) -> None:
    found = findings(reach_the_edges, marked(bare(**{side: width})))
    assert {finding.message for finding in found} >= {
        f"in scene menagerie nothing that lies at the {side} edge of the picture is marked as far as that edge: "
        f"here it is bare for {width} px more than at its other end"
    }


def test_a_mask_that_is_bare_all_round() -> None:
    found = findings(reach_the_edges, marked(bare(12, 12, 12, 12), ["menagerie"]))
    things = [thing.box for thing in SCENES["menagerie"].things]
    assert len(found) == 10
    assert {finding.marks[0][:4] for finding in found} <= set(things)


def test_one_thing_alone_may_be_hard_to_see() -> None:
    def cut(mask: Any) -> Any:
        changed = mask.copy()
        changed[:12, :100] = 0
        return changed

    assert reach_the_edges(marked(cut))


def test_what_is_not_seen_is_not_judged() -> None:
    with pytest.raises(NoWitness, match="no scene shows 2 things or more"):
        reach_the_edges(marked(np.zeros_like))
