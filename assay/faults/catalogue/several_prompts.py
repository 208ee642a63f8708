"""Faults of SAM2 with several prompts in one request, and in the small masks of its archives."""

from __future__ import annotations

from functools import partial

import numpy as np

from assay.faults.model import SEGMENT, Fault
from assay.faults.operators import archives, masks, prompts
from assay.faults.operators.fields import edit_json

FOLLOW = "sam2.segment.predictions-follow-prompts"
EVERY_POINT = "sam2.segment.heeds-every-point"
SURE = "sam2.segment.confidence-of-its-prompt"
WRAPPERS = "sam2.segment.other-wrappers-of-prompts"
BINARY = "sam2.segment.binary-agrees-with-rle"

_segment = partial(Fault, operations=(SEGMENT,))

FAULTS = (
    _segment(
        name="third-prompt-as-second",
        sentence="Of three prompts or more the third is answered as the second is.",
        breaks=(FOLLOW,),
        request=prompts.third_as_second,
    ),
    _segment(
        name="prompts-in-chunks-of-four",
        sentence="Beyond the fourth prompt the first four are answered again.",
        breaks=(FOLLOW,),
        request=prompts.chunked(4),
    ),
    _segment(
        name="third-point-dropped",
        sentence="Of the points of a prompt only the first two are heeded.",
        breaks=(EVERY_POINT,),
        request=prompts.change_prompts(prompts.first_points(2)),
    ),
    _segment(
        name="confidences-sorted",
        sentence="The confidences of a request's masks are sorted, and the masks are not.",
        breaks=(SURE,),
        response=edit_json(masks.confidences_sorted),
    ),
    _segment(
        name="confidence-of-first-prompt",
        sentence="Every mask is as sure as that of the first prompt.",
        breaks=(SURE,),
        response=edit_json(masks.as_sure_as_first),
    ),
    _segment(
        name="boxes-of-a-bare-list-read-from-their-corner",
        sentence="In a bare list of prompts x and y of a box are taken for its corner.",
        breaks=(WRAPPERS,),
        request=prompts.in_a_bare_list(prompts.change_boxes(prompts.from_corner)),
    ),
    _segment(
        name="small-masks-transposed",
        sentence="The masks of low resolution have the picture's columns for their rows.",
        breaks=(BINARY,),
        response=archives.change_small_masks(lambda small: np.ascontiguousarray(small.transpose(0, 2, 1))),
    ),
    _segment(
        name="small-masks-of-first-prompt",
        sentence="The masks of low resolution are those of the first prompt.",
        breaks=(BINARY,),
        response=archives.change_small_masks(lambda small: np.repeat(small[:1], len(small), 0)),
    ),
)
