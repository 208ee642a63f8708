"""The named verification of what is found in pictures that were made larger: none of it is cut off at a line.

A server that clips what it finds to the picture that its network sees, and not to the one that was sent, draws all that
lies beyond to one line. It raises RuleBroken. Coordinates are px, origin at the top left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from assay.judge.boxes import PIXELS
from assay.judge.enlarged import Enlarged, Place
from assay.judge.verdicts import RuleBroken
from assay.record.model import Finding

CLEARLY = 0.05
"""Share of a side of the picture by which a place belongs beyond a line; of the line, by which places end apart."""
SEVERAL = 2
"""Pictures that have to show one and the same line, and places that belong beyond it in each."""


@dataclass(frozen=True, slots=True)
class _Cut:
    """A line across a picture, at which places end that belong beyond it. Along the axis 0, x, or 1, y."""

    sight: Enlarged
    axis: int
    line: float
    places: list[Place]
    ends: list[float]  # where those that belong beyond it ought to end


def not_cut_off(sights: Sequence[Enlarged], what: str) -> None:
    """Places that belong beyond a line do not all end at it, the same in px in two pictures. `what` calls them.

    A sound model may see less, or something else, in the larger picture. But that of each kind as many end at one line
    as belong beyond it, though they end apart, and that nothing lies beyond, comes to pass in two pictures by a line.
    """
    for axis in (0, 1):
        cuts = [cut for sight in sights if (cut := _cut(sight, axis)) is not None]
        for one in cuts:
            alike = [other for other in cuts if abs(other.line - one.line) <= PIXELS]
            if len(alike) >= SEVERAL and _apart([end for each in alike for end in each.ends], one.line):
                raise RuleBroken([_finding(cut, what) for cut in alike])


def _cut(sight: Enlarged, axis: int) -> _Cut | None:
    side, far = sight.size[axis], axis + 2
    line = max((one.box[far] for one in sight.found), default=float(side))
    beyond = [(name, box[far]) for name, box in sight.belongs if box[far] > line + CLEARLY * side]
    at_line = [one for one in sight.found if one.box[far] >= line - PIXELS]
    missing = Counter(name for name, _ in beyond) - Counter(one.name for one in at_line)
    if missing or len(beyond) < SEVERAL:
        return None
    return _Cut(sight, axis, line, at_line, [end for _, end in beyond])


def _apart(ends: Sequence[float], line: float) -> bool:
    return max(ends) - min(ends) > CLEARLY * line


def _finding(cut: _Cut, what: str) -> Finding:
    first, told = cut.places[0], "xy"[cut.axis]
    return cut.sight.answer.finding(
        f"{len(cut.places)} {what} end at {told} = {cut.line:g}, of a picture of {cut.sight.size[cut.axis]} px along "
        "that axis: they belong beyond, and are cut off there",
        first.pointer,
        expected="as in the picture before it was enlarged, so many times as far from the corner",
        actual=[round(number, 1) for number in first.box],
        marks=((*first.box, "cut off"),),
    )
