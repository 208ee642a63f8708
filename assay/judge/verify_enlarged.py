"""The named verification of what is found in a picture that was made larger, or higher. It raises RuleBroken.

It belongs where it was found before, as many times as far from the corner as the picture was scaled. Nothing is held
to be found again, nor to lie there to the pixel: only what lies there as a whole, scaled down into the corner, or up,
is misplaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assay.judge.boxes import PIXELS
from assay.judge.enlarged import AS_THEY_ARE, Enlarged, Place, Scaling, differ, sized
from assay.judge.verdicts import NoWitness, RuleBroken
from assay.judge.verify_places import FAR_BETTER
from assay.record.model import Finding

MOST, HALF = 3 / 4, 1 / 2
"""Shares of all places: that have to fit once they are scaled, to be misplaced, and as they are, to be in place."""
MOST_TOLD = 3


@dataclass(frozen=True, slots=True)
class _Fit:
    """The places of a picture that lie where they belong, once they are scaled."""

    sight: Enlarged
    scaling: Scaling
    places: list[Place]


def in_place(sights: Sequence[Enlarged], what: str, pictures: int = 1) -> int:
    """Places lie where they belong in the larger picture, and not all nearer to its corner, or farther, by a factor.

    `what` calls them. So many `pictures` have to show a factor, and more places than that: one alone may be anything.
    Returns how many lie in place. Raises NoWitness where fewer than half do, and no factor tells why: the model sees
    something else in the larger picture.
    """
    if pictures > 1 and not any(differ(sights[0].before, sight.before) for sight in sights[1:]):
        raise NoWitness(f"the model tells of the same {what} in every picture")
    _not_moved(sights, what, pictures)
    total = sum(len(sized(sight.found)) for sight in sights)
    fitting = sum(len(sight.fitting()) for sight in sights)
    if total > pictures and FAR_BETTER * fitting <= total:
        misplaced = [fit for fit in map(_misplaced, sights) if fit.places]
        count = sum(len(fit.places) for fit in misplaced)
        if count > pictures and count >= MOST * total and len(misplaced) >= pictures:
            raise RuleBroken([_finding(fit, what) for fit in misplaced[:MOST_TOLD]])
    if fitting < max(HALF * total, 1):
        raise NoWitness(f"{fitting} of {total} {what} lie where they belong in the altered picture: others are seen")
    return fitting


def _not_moved(sights: Sequence[Enlarged], what: str, pictures: int) -> None:
    """Places are not all moved alike, by so many px however large the picture is.

    Before, they were moved by as many, which has grown with the picture: so they lie a multiple of it off now.
    """
    for axis in (0, 1):
        moved = [(sight, by) for sight in sights if (by := sight.moved(axis)) is not None]
        if len(moved) < max(pictures, len(sights)):
            continue
        told = [by for _, by in moved]
        if max(told) - min(told) <= PIXELS:
            raise RuleBroken([_moved(sight, axis, by, what) for sight, by in moved[:MOST_TOLD]])


def _moved(sight: Enlarged, axis: int, by: float, what: str) -> Finding:
    first = sized(sight.found)[0]
    return sight.answer.finding(
        f"{what} lie where they belong in the enlarged picture only if all of them are moved by {by:.0f} px "
        f"{('across', 'down')[axis]}, in the picture before as in this one",
        first.pointer,
        expected="coordinates from the top left corner of the picture",
        actual=[round(number, 1) for number in first.box],
        marks=((*first.box, "stated"),),
    )


def _misplaced(sight: Enlarged) -> _Fit:
    """The scaling by which most places lie where they belong; with no place where there is none."""
    tried = [_Fit(sight, scaling, sight.fitting(scaling)) for scaling in sight.scalings()]
    return max(tried, key=lambda fit: len(fit.places), default=_Fit(sight, AS_THEY_ARE, []))


def _finding(fit: _Fit, what: str) -> Finding:
    sight, first = fit.sight, fit.places[0]
    width, height = sight.size
    box, belongs = ([round(number, 1) for number in each] for each in (first.box, fit.scaling.of(first.box)))
    return sight.answer.finding(
        f"{len(fit.places)} of {len(sized(sight.found))} {what} lie where they belong in the picture of "
        f"{width} x {height} px only if they are taken for px of one of "
        f"{width / fit.scaling.across:.0f} x {height / fit.scaling.down:.0f}",
        first.pointer,
        expected=f"about {belongs}, as in the picture before it was altered",
        actual=box,
        marks=((*first.box, "stated"), (*fit.scaling.of(first.box), "where it fits")),
    )
