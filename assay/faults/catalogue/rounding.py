"""Faults of numbers that are told more coarsely than what they are told in."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from assay.faults.model import BOXES, INFER, KEYPOINT_DETECTION, OWLV2, Fault, ResponseOperator
from assay.faults.operators.answers import in_turn
from assay.faults.operators.fields import change_field

TO_THE_PIXEL = "hosted.boxes.told-to-the-pixel"
INFER_TO_THE_PIXEL = "infer.boxes.told-to-the-pixel"
FOUND_TO_THE_PIXEL = "owlv2.boxes.told-to-the-pixel"
PREDICTED = "/predictions/*"

_boxes = partial(Fault, operations=BOXES)


def _to(step: int) -> Callable[[Any], Any]:
    return lambda value: step * round(value / step)


def _each(step: int, *pointers: str) -> ResponseOperator:
    return in_turn(*(change_field(pointer, _to(step)) for pointer in pointers))


FAULTS: tuple[Fault, ...] = (
    _boxes(
        name="places-rounded-to-tens",
        sentence="The centre of a box is rounded to tens of px.",
        breaks=(TO_THE_PIXEL,),
        response=_each(10, f"{PREDICTED}/x", f"{PREDICTED}/y"),
    ),
    _boxes(
        name="sizes-in-steps-of-eight",
        sentence="Width and height of a box are given in steps of 8 px.",
        breaks=(TO_THE_PIXEL,),
        response=_each(8, f"{PREDICTED}/width", f"{PREDICTED}/height"),
    ),
    Fault(
        name="finds-rounded-to-tens",
        sentence="The centre of what is found by an example is rounded to tens of px.",
        operations=(OWLV2,),
        breaks=(FOUND_TO_THE_PIXEL,),
        response=_each(10, f"{PREDICTED}/x", f"{PREDICTED}/y"),
    ),
    Fault(
        name="finds-in-steps-of-four",
        sentence="The size of what is found by an example is given in steps of 4 px.",
        operations=(OWLV2,),
        breaks=(FOUND_TO_THE_PIXEL,),
        response=_each(4, f"{PREDICTED}/width", f"{PREDICTED}/height"),
    ),
    Fault(
        name="infer-places-rounded-to-tens",
        sentence="Where the route names the task, the centre of a box is rounded to tens of px.",
        operations=INFER,
        breaks=(INFER_TO_THE_PIXEL,),
        response=_each(10, f"{PREDICTED}/x", f"{PREDICTED}/y"),
    ),
    Fault(
        name="infer-sizes-rounded-to-fives",
        sentence="Where the route names the task, width and height of a box are rounded to five px.",
        operations=INFER,
        breaks=(INFER_TO_THE_PIXEL,),
        response=_each(5, f"{PREDICTED}/width", f"{PREDICTED}/height"),
    ),
    Fault(
        name="keypoints-rounded-to-fives",
        sentence="Keypoints are rounded to five px.",
        operations=(KEYPOINT_DETECTION,),
        breaks=(TO_THE_PIXEL,),
        response=_each(5, f"{PREDICTED}/keypoints/*/x", f"{PREDICTED}/keypoints/*/y"),
    ),
)
