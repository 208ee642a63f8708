"""Whether class maps reach the edges of their picture, on scenes of which it is known what lies there.

Masks and maps of classes are H x W, origin at the top left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from assay.judge import classmaps
from assay.judge.masks import Mask
from assay.judge.moves import Marked
from assay.judge.verdicts import NoWitness, broken_if
from assay.record.model import Finding

MASK: Final = "/predictions/segmentation_mask"
SIDES: Final = ("top", "right", "bottom", "left")
"""The edges, in the order in which quarter turns to the left bring them to the top."""
SEVERAL: Final = 2
"""Things at one edge of a picture, all of which end before it: a single one may be hard to see."""
BARE: Final = 0.015
"""Share of the picture by which a thing may end sooner at the edge than at its other end: a pixel of the network."""
FILLED: Final = 0.5
"""Share of a line of a thing, along the edge, and of the half of it that lies further inside, which is of its class.

No more: what stands in a corner may be bare at the other edge too.
"""


@dataclass(frozen=True, slots=True)
class AtEdge:
    """A thing at one edge of its picture: the mask shows its class from so many px before the edge on.

    Less what it falls short by at its other end, where it has nothing to do with the edge.
    """

    marked: Marked
    side: str
    index: int
    bare: int
    allowed: float

    @property
    def finding(self) -> Finding:
        """What is wrong with it."""
        thing, name = self.marked.scene.things[self.index], self.marked.scene.name
        message = (
            f"in scene {name} nothing that lies at the {self.side} edge of the picture is marked as far as that edge: "
            f"here it is bare for {self.bare} px more than at its other end"
        )
        marks = ((*map(float, thing.box), "bare at the edge"),)
        expected, actual = f"<= {self.allowed:.0f} px", f"{self.bare} px"
        return self.marked.answer.finding(message, MASK, expected=expected, actual=actual, marks=marks)


def reach_the_edges(every: Sequence[Marked]) -> list[str]:
    """What lies at an edge of its picture is of its class as far as that edge.

    Returns a line for each edge that was judged. Raises RuleBroken where everything at one of them ends before it, and
    NoWitness where no edge has several things that are marked.
    """
    told, broken = [], []
    for marked in every:
        for turns, side in enumerate(SIDES):
            there = list(_at_edge(marked, turns))
            if len(there) < SEVERAL:
                continue
            told.append(f"scene {marked.scene.name}, {len(there)} things at the {side} edge")
            if all(one.bare > one.allowed for one in there):
                broken += there
    broken_if([one.finding for one in broken])
    if not told:
        raise NoWitness(f"no scene shows {SEVERAL} things or more at one edge of the picture that are marked")
    return told


def _at_edge(marked: Marked, turns: int) -> Iterator[AtEdge]:
    """The things at the edge that so many quarter turns to the left bring to the top."""
    scene = marked.scene
    ids = np.rot90(marked.answer.fitted(scene.width, scene.height), turns)
    for index, thing in enumerate(scene.things):
        mask = np.rot90(scene.mask(thing), turns)
        bare = _bare(ids, mask) if mask[0].any() else None
        if bare is not None:
            yield AtEdge(marked, SIDES[turns], index, bare, max(1.0, BARE * mask.shape[0]))


def _bare(ids: classmaps.Ids, mask: Mask) -> int | None:
    """How many lines more at the top of a thing are not of its class than at its foot.

    None where it is not of one class in the lower half.
    """
    lines = np.flatnonzero(mask.any(axis=1))
    inner = mask.copy()
    inner[lines[: len(lines) // 2]] = False
    found = classmaps.majority(ids, inner)
    if not found or np.mean(ids[inner] == found) < FILLED:
        return None
    filled = [float(np.mean(ids[line][mask[line]] == found)) >= FILLED for line in lines]
    return max(filled.index(True) - filled[::-1].index(True), 0)
