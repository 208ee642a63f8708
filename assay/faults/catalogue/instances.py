"""Faults of instance segmentation on the hosted model route: outlines, and what it shares with other boxes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from assay.faults.model import INSTANCES, Fault
from assay.faults.operators import answers, boxes, drawings, masks, outlines, parameters
from assay.faults.operators.fields import change_field, drop_field, edit_json, scale_field
from assay.faults.operators.keypoints import mirrored_in_the_box

THERE = "hosted.instances.have-outlines"
POLYGONS = "hosted.instances.outlines-are-polygons"
INSIDE = "hosted.instances.outlines-inside-image"
AT_BOXES = "hosted.instances.outlines-at-boxes"
THINGS = "hosted.instances.outlines-follow-things"
FORM = "hosted.instances.mask-format"
RUNS = "hosted.instances.rle-agrees-with-polygon"
DECODED = "hosted.instances.decoded-alike"
ODD_DECODING = "hosted.instances.withstand-odd-decoding"
JPEG = "hosted.format.image-is-jpeg"
BESIDE = "hosted.format.image-and-json-adds-drawing"

_instances = partial(Fault, operations=(INSTANCES,))


def _first(number: int) -> Callable[[Any], Any]:
    """The first items of a list."""
    return lambda items: items[:number] if isinstance(items, list) else items


def _none(_points: Any) -> list[Any]:
    return []


_OUTLINES = (
    _instances(
        name="outlines-emptied",
        sentence="No instance has an outline.",
        breaks=(THERE,),
        response=change_field("/predictions/*/points", _none),
    ),
    _instances(
        name="outlines-of-the-surest-alone",
        sentence="Only the first instance of an answer has an outline.",
        breaks=(THERE,),
        response=edit_json(outlines.of_the_first_alone),
    ),
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
        name="outlines-of-the-boxes",
        sentence="The outline of an instance is the four corners of its box.",
        breaks=(THINGS,),
        response=edit_json(outlines.of_their_box),
    ),
    _instances(
        name="outlines-mirrored-in-their-box",
        sentence="Outlines are mirrored from left to right in the box of their instance.",
        breaks=(THINGS,),
        response=edit_json(mirrored_in_the_box(across=True, of="points")),
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

_DRAWINGS = (
    _instances(
        name="instances-drawing-empty",
        sentence="For instances the answer to format=image is a JPEG of no bytes.",
        breaks=(JPEG,),
        response=answers.only_if(answers.is_picture, answers.replace_answer(200, b"", "image/jpeg")),
    ),
    _instances(
        name="instances-visualization-tiny",
        sentence="The drawing of instances beside the JSON is a black picture of 8 x 8 px.",
        breaks=(BESIDE,),
        response=drawings.redraw_field(drawings.tiny),
    ),
)

_OVERLAP = (
    _instances(
        name="instances-overlap-sixty-points-high",
        sentence="The overlap that instances are allowed lies sixty points over the one asked for, if one is.",
        breaks=("hosted.overlap.limits-boxes-of-a-class",),
        request=parameters.change_number("overlap", lambda percent: min(percent + 60, 100) if percent else 0),
    ),
    _instances(
        name="instances-default-overlap-none",
        sentence="Where no overlap is asked for, no instance is suppressed.",
        breaks=("hosted.overlap.default",),
        request=parameters.set_default("overlap", "100"),
    ),
)

_IGNORED = tuple(
    _instances(
        name=f"instances-{name}-ignored",
        sentence=f"For instances the parameter {name} is ignored.",
        breaks=(rule,),
        request=parameters.drop_parameter(name),
    )
    for name, rule in (
        ("stroke", "hosted.drawing.stroke-is-width"),
        ("labels", "hosted.drawing.labels-are-written"),
    )
)

_DECODING = (
    _instances(
        name="runs-of-width-by-height",
        sentence="Run lengths state the size of the picture with its width first.",
        breaks=(RUNS,),
        response=change_field("/predictions/*/rle/size", lambda size: size[::-1] if isinstance(size, list) else size),
    ),
    _instances(
        name="runs-of-instances-along-rows",
        sentence="The run lengths of instances go along the rows instead of down the columns.",
        breaks=(RUNS,),
        response=edit_json(masks.runs_along_rows),
    ),
    _instances(
        name="outlines-of-hulls",
        sentence="The outline of an instance is the smallest convex polygon around it.",
        breaks=(RUNS,),
        response=edit_json(outlines.of_hulls),
    ),
    _instances(
        name="runs-of-another-instance",
        sentence="Each instance has the run lengths of the next one.",
        breaks=(RUNS,),
        response=edit_json(masks.runs_of_the_next),
    ),
    _instances(
        name="fast-masks-half-size",
        sentence="Where masks are to be worked out otherwise than accurately, outlines have half their size.",
        breaks=(DECODED,),
        response=answers.only_if(
            answers.asked("mask_decode_mode", "fast", "tradeoff"), scale_field("/predictions/*/points/*/*", 0.5)
        ),
    ),
    _instances(
        name="fast-masks-lose-the-surest",
        sentence="Where masks are to be worked out otherwise than accurately, the surest instance is lost.",
        breaks=(DECODED,),
        response=answers.only_if(
            answers.asked("mask_decode_mode", "fast", "tradeoff"), edit_json(boxes.without_most_confident)
        ),
    ),
    _instances(
        name="unknown-decoding-crashes",
        sentence="A way to work masks out that there is not ends in an internal error.",
        breaks=(ODD_DECODING,),
        response=answers.only_if(answers.asked("mask_decode_mode", "slow"), answers.INTERNAL_ERROR),
    ),
    _instances(
        name="tradeoff-beyond-one-error-page",
        sentence="A place beyond accurate ends in an error without JSON.",
        breaks=(ODD_DECODING,),
        response=answers.only_if(answers.asked_at_least("tradeoff_factor", 1.01), answers.UNHANDLED_ERROR),
    ),
)

FAULTS: tuple[Fault, ...] = (*_DECODING, *_OUTLINES, *_DRAWINGS, *_OVERLAP, *_IGNORED)
