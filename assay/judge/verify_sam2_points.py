"""The named verifications that SAM2 takes points where they are, near edges and in large pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from assay.judge import masks, verify
from assay.judge.answers import Segmentation
from assay.judge.verdicts import NoWitness, broken_if
from assay.judge.verify_sam2 import REACH, Point
from assay.record.model import Finding

OPPOSITE: Final = {"left": "right", "right": "left", "upper": "lower", "lower": "upper"}
FEWEST: Final = 3
"""Things that a point marks in a picture, before it is asked whether it does in a larger one."""
FEWEST_AT_EDGES: Final = 5
"""Things, all of which have to be missed at one edge, and none at the other."""


@dataclass(frozen=True, slots=True)
class NearEdges:
    """What is to be seen of the things of a scene, the answer to a point well inside each, and those near its edges.

    By the name of the edge: a point (px) on each thing, some px inside that edge, and the answer to them.
    """

    things: Sequence[masks.Mask]
    inside: Segmentation
    points: Mapping[str, Sequence[Point]]
    answers: Mapping[str, Segmentation]

    def judged(self) -> list[int]:
        """The things whose point is answered with their own mask."""
        alike = zip(self.things, self.inside.masks, strict=True)
        return [
            index
            for index, (one, other) in enumerate(alike)
            if masks.agreement(one, other) >= verify.SAME_PICTURES_MASK
        ]

    def marked(self, edge: str, index: int) -> bool:
        """Whether the point at this edge is answered with about the mask of its thing."""
        return masks.agreement(self.answers[edge].masks[index], self.things[index]) >= verify.SAME_PICTURES_MASK

    def missed(self, edge: str, index: int) -> bool:
        """Whether the point at this edge is answered with nothing, or with what lies elsewhere by half or more."""
        mask = self.answers[edge].masks[index]
        return 2 * int((mask & self.things[index]).sum()) <= int(mask.sum())


def taken_where_they_are(sights: Sequence[NearEdges]) -> int:
    """At no edge all points are answered with something else than their things, and at the opposite edge with those.

    A model that is unsure at edges is so at all of them. Returns how many things are judged. Raises NoWitness where
    there are fewer than five.
    """
    judged = [(sight, index) for sight in sights for index in sight.judged()]
    if len(judged) < FEWEST_AT_EDGES:
        told = f"the points on {len(judged)} things are answered with the mask of that thing"
        raise NoWitness(f"{told}: {FEWEST_AT_EDGES} would tell")
    marked = {edge: sum(sight.marked(edge, index) for sight, index in judged) for edge in OPPOSITE}
    if not any(marked.values()):
        raise NoWitness("points near the edges of things are never answered with the mask of their thing")
    missed = [
        edge
        for edge, opposite in OPPOSITE.items()
        if marked[opposite] == len(judged) and all(sight.missed(edge, index) for sight, index in judged)
    ]
    broken_if([_missed(edge, *judged[0], len(judged)) for edge in missed])
    return len(judged)


def marked(answer: Segmentation, things: Sequence[masks.Mask]) -> list[int]:
    """The numbers of the things whose mask the answer has at their place."""
    pairs = zip(answer.masks, things, strict=True)
    return [number for number, each in enumerate(pairs) if masks.agreement(*each) >= verify.SAME_PICTURES_MASK]


def marked_in_both(before: Segmentation, after: Segmentation, things: Sequence[masks.Mask], times: int) -> int:
    """Of things that points mark in a picture, half are marked in the same picture `times` as wide and high.

    `things` are what is to be seen of each in the smaller one. Returns how many are. Raises NoWitness where fewer than
    three are marked in the smaller one: a model may see some of them otherwise in another size, and hardly most.
    """
    enough, seen = verify.SAME_PICTURES_MASK, marked(before, things)
    if len(seen) < FEWEST:
        raise NoWitness(f"the points on {len(seen)} things are answered with the mask of that thing, not on {FEWEST}")
    larger = {number: things[number].repeat(times, axis=0).repeat(times, axis=1) for number in seen}
    agreements = {number: masks.agreement(after.masks[number], mask) for number, mask in larger.items()}
    same = sum(agreement >= enough for agreement in agreements.values())
    if 2 * same < len(seen):
        first = min(seen, key=lambda number: agreements[number])
        message = f"of {len(seen)} things that points mark in the smaller picture {same} are marked by them here"
        told = {"expected": f"an IoU of {enough} or more with the thing", "actual": round(agreements[first], 3)}
        broken_if([after.finding(message, f"/predictions/{first}/masks", marks=(_box(larger[first]),), **told)])
    return same


def _box(mask: masks.Mask) -> tuple[float, float, float, float, str]:
    x0, y0, x1, y1 = masks.bounds(mask)
    return (x0, y0, x1, y1, "thing")


def _missed(edge: str, sight: NearEdges, index: int, judged: int) -> Finding:
    (x, y), mask = sight.points[edge][index], sight.answers[edge].masks[index]
    return sight.answers[edge].finding(
        f"points just inside the {edge} edge of {judged} things are answered with nothing, or with something "
        "else, as if they lay beyond it",
        f"/predictions/{index}/masks",
        expected="about the mask of the thing, as for a point at its opposite edge",
        actual=f"a mask of {int(mask.sum())} px, {int((mask & sight.things[index]).sum())} of them on the thing",
        marks=((x - REACH, y - REACH, x + REACH, y + REACH, "point"),),
    )
