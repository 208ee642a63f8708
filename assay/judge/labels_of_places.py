"""Labels beside places, as Florence 2 tells them, and where the model itself finds what each label names.

Coordinates are px, origin at the top left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from assay.judge.boxes import iou
from assay.judge.florence import FITTING, Shape, Told, is_part, labelled_shapes
from assay.judge.verdicts import NoWitness, RuleBroken
from assay.record.model import Finding

MOST = 5
"""Labels of an answer of which is asked where they belong."""


@dataclass(frozen=True, slots=True)
class Label:
    """A label of an answer, and the place beside it."""

    answer: Told
    text: str
    place: Shape


@dataclass(frozen=True, slots=True)
class Sought:
    """A label, and the answer to it as a phrase that is looked for in the same picture."""

    label: Label
    found: Told

    def is_at(self, other: Label) -> bool:
        """Whether it is found at the place of a label: its own, or another's, and then not at its own as well."""
        found = [shape.corners for shape in self.found.shapes]
        at = any(iou(corners, other.place.corners) >= FITTING for corners in found)
        own = any(iou(corners, self.label.place.corners) > 0 for corners in found)
        return at and own is (other is self.label)


def labels_apart(answer: Told) -> list[Label]:
    """The labels that stand once in an answer, in plain words, beside places that lie clear of each other.

    None whose words are all in another: what "square" means may be a "red square", too.
    """
    every = [Label(answer, text.strip(), shape) for text, shape in labelled_shapes(answer)]
    return [
        one
        for one in every
        if one.text and "<" not in one.text and all(_clear(one, other) for other in every if other is not one)
    ][:MOST]


def _clear(one: Label, other: Label) -> bool:
    return not is_part(one.text, other.text) and iou(one.place.corners, other.place.corners) == 0


def labels_in_place(groups: Sequence[Sequence[Sought]]) -> int:
    """No two labels of a picture have changed places: each is found where the other stands, and not where it stands.

    A model may name things wrongly, and look for them wrongly: judged is only what is exchanged exactly, where no
    more labels are found in their places. Each group is of one answer. Returns how many labels are found in place.
    Raises NoWitness where fewer than two are.
    """
    exchanged = [pair for group in groups for pair in _exchanged(group)]
    straight = sum(sought.is_at(sought.label) for group in groups for sought in group)
    if exchanged and 2 * len(exchanged) >= straight:
        raise RuleBroken([_finding(*pair) for pair in exchanged])
    if straight < 2:
        raise NoWitness("the model finds no two things by the names that it gives them itself")
    return straight


def _exchanged(group: Sequence[Sought]) -> Iterator[tuple[Sought, Sought]]:
    for one, other in combinations(group, 2):
        if one.is_at(other.label) and other.is_at(one.label):
            yield one, other


def _finding(one: Sought, other: Sought) -> Finding:
    first, second = one.label, other.label
    return first.answer.finding(
        f"{first.text} and {second.text} have changed places: asked for either, the model finds it where the other is",
        first.place.pointer,
        expected=second.text,
        actual=first.text,
        marks=((*first.place.corners, first.text), (*second.place.corners, second.text)),
    )
