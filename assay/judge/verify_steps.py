"""Whether places and sizes are told as finely as the pixels in which they are told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from assay.judge.answers import Detection
from assay.judge.boxes import Prediction
from assay.judge.verdicts import NoWitness, RuleBroken
from assay.record.model import Finding

STEPS: Final = range(64, 3, -1)
"""px. The steps of numbers that are rounded; finer ones may come of chance, coarser ones of what the model sees."""
ROUNDED: Final = 0.01
"""px by which a number may miss its step, as one does that was rounded before the picture was scaled."""
FEWEST: Final = 10
"""Numbers, of which so many pictures of different sizes have some, and so many that are unlike."""
PICTURES, UNLIKE = 4, 4
SIDES: Final = ("x", "y", "width", "height")
POINTS: Final = ("keypoints", "points")


@dataclass(frozen=True, slots=True)
class Told:
    """A number of px, and the prediction that has it."""

    value: float
    answer: Detection
    prediction: Prediction


def told_to_the_pixel(answers: Sequence[Detection]) -> int:
    """In pictures of several sizes no member has multiples of one step of 4 px or more alone.

    A model that sees as coarsely is none the worse: its steps are wider in a larger picture. Returns how many numbers
    were looked at. Raises NoWitness where no member has enough.
    """
    members: dict[str, list[Told]] = {}
    for answer in answers:
        for prediction, item in zip(answer.predictions, answer.body["predictions"], strict=True):
            for name, value in _numbers(item):
                members.setdefault(name, []).append(Told(value, answer, prediction))
    enough = {name: told for name, told in members.items() if _is_enough(told)}
    if not enough:
        raise NoWitness(f"fewer than {FEWEST} predictions, or all of them alike, in pictures of {PICTURES} sizes")
    findings = [_coarse(name, told, step) for name, told in enough.items() if (step := _step(told))]
    if findings:
        raise RuleBroken(findings)
    return sum(map(len, enough.values()))


def _numbers(item: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    yield from ((name, float(item[name])) for name in SIDES if name in item)
    for points in POINTS:
        for point in item.get(points) or ():
            yield from ((f"{points}/*/{name}", float(point[name])) for name in SIDES[:2] if name in point)


def _is_enough(told: Sequence[Told]) -> bool:
    pictures = {id(each.answer) for each in told}
    return len(told) >= FEWEST and len(pictures) >= PICTURES and len({round(each.value) for each in told}) >= UNLIKE


def _step(told: Sequence[Told]) -> int:
    """The widest step of which all are multiples, and unlike ones; 0 where there is none."""
    for step in STEPS:
        if all(abs(each.value - step * round(each.value / step)) <= ROUNDED for each in told):
            return step
    return 0


def _coarse(name: str, told: Sequence[Told], step: int) -> Finding:
    first = told[0]
    pictures = len({id(each.answer) for each in told})
    return first.answer.finding(
        f"{name} is a multiple of {step} px, as {first.value:g} is, in all {len(told)} places of {pictures} pictures "
        "whose sizes have nothing to do with it",
        f"{first.prediction.pointer}/{name.partition('/')[0]}",
        expected="a place or size to the pixel",
        actual=[each.value for each in told[:6]],
        marks=(first.prediction.mark,),
    )
