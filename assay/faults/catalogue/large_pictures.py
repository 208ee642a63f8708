"""Faults that show in pictures of several megapixels only, which a server makes smaller before it looks at them."""

from __future__ import annotations

from functools import partial

from assay.faults.model import BOXES, CLASSIFICATION, SEMANTIC, SEMANTIC_JSON, Fault
from assay.faults.operators import answers, boxes, classmaps
from assay.faults.operators.classmaps import change_plane

PLACED = "hosted.boxes.placed-in-large-pictures"
SIZE = "hosted.large-pictures.size"
MASK = "semantic.mask.size-of-large-pictures"
IDS, SURE = "segmentation_mask", "confidence_mask"

_boxes = partial(Fault, operations=BOXES)
_hosted = partial(Fault, operations=(*BOXES, CLASSIFICATION, SEMANTIC))
_semantic = partial(Fault, operations=(SEMANTIC, SEMANTIC_JSON))

FAULTS: tuple[Fault, ...] = (
    _boxes(
        name="boxes-of-the-picture-scaled-down",
        sentence="A picture of more than 1100 px is scaled down to that, and its boxes are in the pixels of that one.",
        breaks=(PLACED,),
        response=boxes.move_boxes(boxes.scaled_down_to(1100)),
    ),
    _boxes(
        name="boxes-of-the-picture-halved",
        sentence="A picture of more than 2000 px is taken at half its size, and its boxes are in px of that one.",
        breaks=(PLACED,),
        response=boxes.move_boxes(boxes.halved_beyond(2000)),
    ),
    _hosted(
        name="image-size-scaled-down",
        sentence="Of a picture of more than 1100 px the size is stated that it was scaled down to.",
        breaks=(SIZE,),
        response=boxes.state_size(lambda side, longest: round(side * min(1, 1100 / longest))),
    ),
    _hosted(
        name="image-size-of-no-more-than-full-hd",
        sentence="Width and height of a picture are stated as 1920 and 1080 px at most.",
        breaks=(SIZE,),
        response=boxes.state_size(lambda side, longest: min(side, 1920)),
    ),
    _semantic(
        name="class-mask-scaled-down",
        sentence="The mask of a picture of more than 1100 px is that of the picture scaled down to it.",
        breaks=(MASK,),
        response=answers.in_turn(
            change_plane(IDS, classmaps.scaled_down_to(1100)), change_plane(SURE, classmaps.scaled_down_to(1100))
        ),
    ),
    _semantic(
        name="class-mask-cut-off",
        sentence="A mask has 2048 rows and columns at most; the rest is left out.",
        breaks=(MASK,),
        response=answers.in_turn(
            change_plane(IDS, lambda mask: mask[:2048, :2048]), change_plane(SURE, lambda mask: mask[:2048, :2048])
        ),
    ),
)
