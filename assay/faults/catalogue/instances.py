"""Faults of instance segmentation on the hosted model route: the outlines of instances."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from assay.faults.model import INSTANCES, Fault
from assay.faults.operators.fields import change_field, drop_field, scale_field

POLYGONS = "hosted.instances.outlines-are-polygons"
INSIDE = "hosted.instances.outlines-inside-image"
AT_BOXES = "hosted.instances.outlines-at-boxes"
FORM = "hosted.instances.mask-format"

_instances = partial(Fault, operations=(INSTANCES,))


def _first(number: int) -> Callable[[Any], Any]:
    """The first items of a list."""
    return lambda items: items[:number] if isinstance(items, list) else items


FAULTS: tuple[Fault, ...] = (
    _instances(
        name="outline-of-two-points",
        sentence="The outline of an instance is cut off after its second vertex.",
        breaks=(POLYGONS,),
        response=change_field("/predictions/*/points", _first(2)),
    ),
    _instances(
        name="outline-of-one-point",
        sentence="The outline of an instance is its first vertex alone.",
        breaks=(POLYGONS,),
        response=change_field("/predictions/*/points", _first(1)),
    ),
    _instances(
        name="outlines-in-network-pixels",
        sentence="Outlines are twice as large as the picture: they were never scaled back.",
        breaks=(INSIDE, AT_BOXES),
        response=scale_field("/predictions/*/points/*/*", 2),
    ),
    _instances(
        name="outlines-negative",
        sentence="The coordinates of outlines are negative.",
        breaks=(INSIDE,),
        response=scale_field("/predictions/*/points/*/*", -1),
    ),
    _instances(
        name="outlines-in-kilopixels",
        sentence="Outlines are in thousands of pixels instead of in pixels.",
        breaks=(AT_BOXES,),
        response=scale_field("/predictions/*/points/*/*", 0.001),
    ),
    _instances(
        name="outlines-half-size",
        sentence="Outlines are of half the size, as if the picture had been halved.",
        breaks=(AT_BOXES,),
        response=scale_field("/predictions/*/points/*/*", 0.5),
    ),
    _instances(
        name="mask-format-missing",
        sentence="The answer does not say in which form its masks are given.",
        breaks=(FORM,),
        response=drop_field("/predictions/*/mask_format"),
    ),
    _instances(
        name="mask-format-says-rle",
        sentence="Masks are said to be run lengths, and are polygons.",
        breaks=(FORM,),
        response=change_field("/predictions/*/mask_format", lambda value: "rle"),
    ),
)
