"""Faults of SAM2 that show when related requests are compared: a switch, a mirrored picture, points near edges."""

from __future__ import annotations

from functools import partial

from assay.faults.model import SEGMENT, Fault
from assay.faults.operators import answers, masks, parameters, prompts
from assay.faults.operators.answers import INTERNAL_ERROR, both, only_if, succeeded
from assay.faults.operators.fields import edit_json

ONE_MASK = "sam2.segment.one-mask-for-either-multimask"
MIRRORED = "sam2.segment.mirrored-as-the-picture"
PLACED = "sam2.segment.points-where-they-are"
OLDER = "sam2.segment.older-fields-beside-prompts"

LEFT_PART = 180
"""px"""

_segment = partial(Fault, operations=(SEGMENT,))

FAULTS: tuple[Fault, ...] = (
    _segment(
        name="three-masks-where-several-are-asked",
        sentence="With multimask_output true each prompt is answered with three predictions.",
        breaks=(ONE_MASK,),
        response=only_if(answers.asked_in_body("multimask_output", True), edit_json(masks.three_of_each)),
    ),
    _segment(
        name="one-mask-for-all-where-one-is-asked",
        sentence="With multimask_output false only the first of several prompts is answered.",
        breaks=(ONE_MASK,),
        response=only_if(answers.asked_in_body("multimask_output", False), edit_json(masks.only_the_first)),
    ),
    _segment(
        name="masks-shifted-to-the-right",
        sentence="Masks lie 40 px too far to the right.",
        breaks=(MIRRORED,),
        response=masks.move_points(lambda x, y: [x + 40, y]),
    ),
    _segment(
        name="masks-of-the-left-part-only",
        sentence="What lies more than 180 px from the left edge is cut off from every mask.",
        breaks=(MIRRORED,),
        response=masks.move_points(lambda x, y: [min(x, LEFT_PART), y]),
    ),
    _segment(
        name="points-ten-to-the-right",
        sentence="Points are taken 10 px further to the right than they are.",
        breaks=(PLACED,),
        request=prompts.change_points(prompts.moved_by(10, 0)),
    ),
    _segment(
        name="points-ten-higher",
        sentence="Points are taken 10 px higher than they are.",
        breaks=(PLACED,),
        request=prompts.change_points(prompts.moved_by(0, -10)),
    ),
    _segment(
        name="older-points-beat-prompts",
        sentence="Where a request has point_coords, they are segmented in the place of its prompts.",
        breaks=(OLDER,),
        request=parameters.edit_body(prompts.older_points_for_prompts),
    ),
    _segment(
        name="older-points-crash",
        sentence="A request with point_coords is answered 500.",
        breaks=(OLDER,),
        response=only_if(both(succeeded, answers.has_in_body("point_coords")), INTERNAL_ERROR),
    ),
)
