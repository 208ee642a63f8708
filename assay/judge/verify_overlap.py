"""The named verification that `overlap` is heeded, of a server that lets nobody see whether it suppresses anything.

A server that ignores the parameter suppresses by its default whatever is asked for. Its answers are all the same, as
those of a model that suppresses nothing are. It is told by painted pairs that overlap by about the default.
"""

from __future__ import annotations

from collections.abc import Sequence

from assay.judge.answers import Detection
from assay.judge.boxes import iou, match
from assay.judge.readings import MUCH_LIKE
from assay.judge.verdicts import NoWitness, RuleBroken
from assay.scene import Thing

FEWEST = 3
"""Pairs on either side of the default."""

Pair = tuple[Thing, Thing]


def heeded(unlimited: Detection, limited: Detection, pairs: Sequence[Pair], default: float) -> int:
    """Where no overlap is too much, boxes do not part at the default (0 to 1) as if that had been asked for.

    Of pairs that overlap by less both are found, and of those that overlap by more one alone, though the other lies
    upon it for all to see: no eye parts them so, of several shapes. `limited` is the answer to the same with no overlap
    allowed; where that lacks any box the parameter is heeded. Returns how many boxes it lacks. Raises NoWitness where
    the answers are the same, and the pairs do not tell why.
    """
    lacking = match(unlimited.predictions, limited.predictions).only_first
    if lacking:
        return len(lacking)
    seen = [(iou(*(each.box for each in pair)), [_is_found(unlimited, each) for each in pair]) for pair in pairs]
    less = [both for share, both in seen if share < default]
    more = [both for share, both in seen if share > default]
    if min(len(less), len(more)) < FEWEST or not all(map(all, less)) or any(sum(each) != 1 for each in more):
        raise NoWitness(
            "the model suppresses no boxes, as models without that step do, or sees few of the painted pairs"
        )
    percent = 100 * default
    hidden = [thing for pair in pairs if iou(pair[0].box, pair[1].box) > default for thing in pair]
    lost = [thing for thing in hidden if not _is_found(unlimited, thing)]
    message = (
        f"boxes that overlap by more than {percent:g} percent are suppressed where all are asked for, "
        f"and those that overlap by less are answered where none are: the parameter is ignored"
    )
    marks = tuple((*thing.box, "suppressed") for thing in lost)
    expected = f"both things of {len(more)} pairs that overlap by more than {percent:g} percent"
    raise RuleBroken([unlimited.finding(message, "/predictions", expected=expected, actual="one of each", marks=marks)])


def _is_found(answer: Detection, thing: Thing) -> bool:
    return any(iou(one.corners, thing.box) >= MUCH_LIKE for one in answer.predictions)
