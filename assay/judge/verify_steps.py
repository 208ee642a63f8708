"""Whether places and sizes are told as finely as the pixels in which they are told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from assay.judge.answers import Detection
from assay.judge.boxes import Corners, Prediction
from assay.judge.values import is_number
from assay.judge.verdicts import NoWitness, broken_if
from assay.record.model import Finding

STEPS: Final = range(64, 3, -1)
"""px. The steps of numbers that are rounded; finer ones may come of chance, coarser ones of what the model sees."""
ROUNDED: Final = 0.01
"""px by which a number may miss its step: answers may be written with two digits behind the point."""
FEWEST, PICTURES, UNLIKE = 10, 4, 5
"""Numbers of a kind that tell, the pictures that have some of them, and how many are unlike. Two that are alike in
one picture count once: they may be of things of one size."""
CHANCE: Final = 1_000_000
"""Whole numbers that have nothing to do with each other are all multiples of a step once in so many times at most."""
EDGE: Final = 2.0
"""px from an edge of the picture within which a box is cut off by it, rounding included."""
MOST_OF_A_SIDE: Final = 0.9
"""Share of a side of the picture from which on a box spans it, with a margin perhaps."""
PLACE, SIZE = ("x", "y"), ("width", "height")
POINTS: Final = ("keypoints", "points")


@dataclass(frozen=True, slots=True)
class Told:
    """A number of px, and the prediction that has it."""

    value: float
    answer: Detection
    prediction: Prediction


def told_to_the_pixel(sights: Sequence[tuple[Detection, tuple[int, int]]]) -> list[str]:
    """In pictures of several sizes no places, and no sizes, are multiples of one step of 4 px or more alone.

    Each answer comes with the width and height of its picture, px: what touches an edge there or spans the picture is
    the picture's number and not the model's, and tells nothing along that axis. Judged are x and y, and width and
    height, each pair together and each of them alone. A model that sees as coarsely is none the worse: its steps are
    wider in a larger picture. Returns the members of which that can be told. Raises NoWitness where there are none.
    """
    members: dict[str, list[Told]] = {}
    for answer, size in sights:
        for prediction, item in zip(answer.predictions, answer.body["predictions"], strict=True):
            for name, value in _numbers(item, prediction.corners, size):
                members.setdefault(name, []).append(Told(value, answer, prediction))
    shown = {name: told for name, told in members.items() if len({id(each.answer) for each in told}) >= PICTURES}
    steps = {name: step for name, told in shown.items() if (step := _step(told))}
    broken_if([_coarse(name, shown[name], step) for name, step in steps.items() if not _in_a_pair(name, steps)])
    fine = [name for name, told in shown.items() if _is_enough(*_counts(told, 1))]
    if not fine:
        raise NoWitness(
            f"fewer than {FEWEST} numbers of each kind, or all of them alike, in pictures of {PICTURES} sizes"
        )
    return fine


def _numbers(item: Mapping[str, Any], box: Corners, size: tuple[int, int]) -> Iterator[tuple[str, float]]:
    """The places and sizes of a prediction; what cannot be read is judged by other rules."""
    clear = [_is_clear(ends, side) for ends, side in zip((box[0::2], box[1::2]), size, strict=True)]
    for names in (PLACE, SIZE):
        yield from _read(item, names, clear)
    for points in POINTS:
        listed = item.get(points)
        for point in listed if isinstance(listed, list) else ():
            if isinstance(point, dict):
                at = [(point.get(name), side) for name, side in zip(PLACE, size, strict=True)]
                free = [is_number(end) and _is_clear((float(end or 0),), side) for end, side in at]
                yield from ((f"{name} of {points}", value) for name, value in _read(point, PLACE, free))


def _is_clear(ends: Sequence[float], side: int) -> bool:
    """Whether these px lie away from both ends of a side of the picture, and are not nearly as far apart."""
    first, last = min(ends), max(ends)
    return first > EDGE and last < side - EDGE and last - first < MOST_OF_A_SIDE * side


def _read(item: Mapping[str, Any], names: Sequence[str], clear: Sequence[bool]) -> Iterator[tuple[str, float]]:
    """Each of the numbers that are clear of the edges, under its own name, and under that of the pair."""
    for name, is_clear in zip(names, clear, strict=True):
        if is_clear and is_number(item.get(name)):
            yield from ((told, float(item[name])) for told in (" and ".join(names), name))


def _in_a_pair(name: str, steps: Mapping[str, int]) -> bool:
    """Whether a number is told of already, together with its other one."""
    first, *rest = name.split(" of ")
    pairs = (" of ".join([" and ".join(names), *rest]) for names in (PLACE, SIZE) if first in names)
    return any(pair in steps for pair in pairs)


def _step(told: Sequence[Told]) -> int:
    """The widest step of which all are multiples, more unlike ones than chance would have it; 0 where there is none."""
    for step in STEPS:
        if all(abs(each.value - step * round(each.value / step)) <= ROUNDED for each in told):
            several, unlike = _counts(told, step)
            if step**several >= CHANCE and unlike >= UNLIKE:
                return step
    return 0


def _is_enough(several: int, unlike: int) -> bool:
    return several >= FEWEST and unlike >= UNLIKE


def _counts(told: Sequence[Told], step: int) -> tuple[int, int]:
    """How many multiples there are that are unlike others of their picture, and how many are unlike all others."""
    multiples = {(round(each.value / step), id(each.answer)) for each in told}
    return len(multiples), len({multiple for multiple, _ in multiples})


def _coarse(name: str, told: Sequence[Told], step: int) -> Finding:
    first = told[0]
    pictures = len({id(each.answer) for each in told})
    return first.answer.finding(
        f"all {len(told)} values of {name} in {pictures} pictures of other sizes are multiples of {step} px, as "
        f"{first.value:g} is: they are rounded",
        first.prediction.pointer,
        expected="a place or size to the pixel",
        actual=[each.value for each in told[:6]],
        marks=(first.prediction.mark,),
    )
