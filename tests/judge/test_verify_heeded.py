"""That `overlap` is heeded: told by painted pairs about the default, and by nothing that a sound model may see."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from assay.judge.answers import Detection
from assay.judge.boxes import iou
from assay.judge.verdicts import NoWitness
from assay.judge.verify_overlap import heeded
from assay.probes import PAIRS
from assay.scene import Thing

from .making import detected, findings, row

THINGS = PAIRS.things
EACH = list(zip(THINGS[::2], THINGS[1::2], strict=True))
DEFAULT = 0.3


def seen(things: Sequence[Thing]) -> Detection:
    return detected(*(row(*thing.box, "dog", confidence=thing.colour[0] / 255) for thing in things))


def suppressed(limit: float) -> Detection:
    """The stronger things of all pairs, and the weaker ones that overlap by no more."""
    return seen([one for pair in EACH for one in pair[: 2 if iou(pair[0].box, pair[1].box) <= limit else 1]])


def test_the_pairs_overlap_by_about_the_default() -> None:
    shares = [iou(under.box, upper.box) for under, upper in EACH]

    assert shares == pytest.approx([0.27, 0.33] * 3, abs=0.01)


def test_an_overlap_that_takes_boxes_away_is_heeded() -> None:
    assert heeded(suppressed(1), suppressed(0), EACH, DEFAULT) == len(EACH)


def test_the_default_in_the_place_of_any_overlap_is_found() -> None:
    (finding,) = findings(heeded, suppressed(DEFAULT), suppressed(DEFAULT), EACH, DEFAULT)

    assert "are suppressed where all are asked for" in finding.message
    assert len(finding.marks) == 3


@pytest.mark.parametrize(
    "answer",
    [
        seen(THINGS),
        seen(THINGS[::2]),
        seen([]),
        seen(THINGS[1::2]),
        seen([one for pair in EACH[:5] for one in pair] + [EACH[5][0]]),
        seen([*THINGS[:2], *THINGS[4:6], *THINGS[8:10]]),
    ],
    ids=["all", "strong ones", "none", "weak ones", "all but one", "no pair that overlaps by more"],
)
def test_a_model_that_suppresses_nothing_is_not_accused(answer: Detection) -> None:
    with pytest.raises(NoWitness, match="suppresses no boxes"):
        heeded(answer, answer, EACH, DEFAULT)
