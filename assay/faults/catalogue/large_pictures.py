"""Faults that show in pictures of several megapixels only, which a server makes smaller before it looks at them."""

from __future__ import annotations

from functools import partial

from assay.faults.model import (
    BOXES,
    CLASSIFICATION,
    FLORENCE,
    INFER,
    INSTANCES,
    KEYPOINT_DETECTION,
    OWLV2,
    SEGMENT,
    SEMANTIC,
    SEMANTIC_JSON,
    Fault,
)
from assay.faults.operators import boxes, classmaps, drawings, florence, masks, prompts
from assay.faults.operators.fields import edit_json
from assay.faults.operators.keypoints import as_moves_the_box

PLACED = "hosted.boxes.placed-in-large-pictures"
SIZE = "hosted.large-pictures.size"
MASK = "semantic.mask.size-of-large-pictures"
KEYPOINTS = "hosted.keypoints.placed-in-large-pictures"
OUTLINES = "hosted.instances.outlines-in-large-pictures"
DRAWING = "hosted.format.image-of-large-pictures"
CLASSES = "semantic.mask.lies-on-large-pictures"
SIZE_BY_JSON = "infer.large-pictures.size"
PLACES_BY_JSON = "infer.large-pictures.places"
SAM2_MASKS = "sam2.segment.placed-in-large-pictures"
SAM2_POINTS = "sam2.segment.marks-the-same-in-large-pictures"
TOLD = "florence2.boxes.placed-in-large-pictures"
UPRIGHT = "florence2.boxes.placed-in-upright-pictures"
FOUND = "owlv2.boxes.placed-in-large-pictures"
VERTICES = "points"

_boxes = partial(Fault, operations=BOXES)
_hosted = partial(Fault, operations=(*BOXES, CLASSIFICATION, SEMANTIC))
_semantic = partial(Fault, operations=(SEMANTIC, SEMANTIC_JSON))
_keypoints = partial(Fault, operations=(KEYPOINT_DETECTION,))
_instances = partial(Fault, operations=(INSTANCES,))
_infer = partial(Fault, operations=INFER)
_sam2 = partial(Fault, operations=(SEGMENT,))
_florence2 = partial(Fault, operations=(FLORENCE,))
_owlv2 = partial(Fault, operations=(OWLV2,))

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
    _boxes(
        name="boxes-clipped-to-the-network",
        sentence="Boxes are clipped at 640 px, as if no picture were larger than the one that the network sees.",
        breaks=(PLACED,),
        response=boxes.move_boxes(boxes.clipped_to(640)),
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
        response=classmaps.change_both(classmaps.scaled_down_to(1100)),
    ),
    _semantic(
        name="class-mask-cut-off",
        sentence="A mask has 2048 rows and columns at most; the rest is left out.",
        breaks=(MASK,),
        response=classmaps.change_both(lambda mask: mask[:2048, :2048]),
    ),
    _semantic(
        name="classes-of-the-picture-scaled-down",
        sentence="What is seen in a picture of more than 1100 px is not scaled back, and fills a corner of the mask.",
        breaks=(CLASSES,),
        response=classmaps.change_both(classmaps.in_the_corner(classmaps.scaled_down_to(1100))),
    ),
    _semantic(
        name="classes-of-the-picture-halved",
        sentence="The mask of a picture of more than 2000 px holds that of half its size in its corner.",
        breaks=(CLASSES,),
        response=classmaps.change_both(classmaps.in_the_corner(classmaps.halved_beyond(2000))),
    ),
    _keypoints(
        name="keypoints-of-the-picture-scaled-down",
        sentence="Keypoints in a picture of more than 1100 px are in the pixels of that scaled down to it.",
        breaks=(KEYPOINTS,),
        response=edit_json(as_moves_the_box(boxes.scaled_down_to(1100))),
    ),
    _keypoints(
        name="keypoints-of-the-picture-halved",
        sentence="A picture of more than 2000 px is taken at half its size, and keypoints are in px of that one.",
        breaks=(KEYPOINTS,),
        response=edit_json(as_moves_the_box(boxes.halved_beyond(2000))),
    ),
    _keypoints(
        name="keypoints-clipped-to-the-network",
        sentence="Keypoints are clipped at 640 px, as if no picture were larger than the one that the network sees.",
        breaks=(KEYPOINTS,),
        response=edit_json(as_moves_the_box(boxes.clipped_to(640))),
    ),
    _instances(
        name="outlines-of-the-picture-scaled-down",
        sentence="Outlines in a picture of more than 1100 px are in the pixels of that scaled down to it.",
        breaks=(OUTLINES,),
        response=edit_json(as_moves_the_box(boxes.scaled_down_to(1100), VERTICES)),
    ),
    _instances(
        name="outlines-of-the-picture-halved",
        sentence="A picture of more than 2000 px is taken at half its size, and outlines are in px of that one.",
        breaks=(OUTLINES,),
        response=edit_json(as_moves_the_box(boxes.halved_beyond(2000), VERTICES)),
    ),
    _instances(
        name="outlines-clipped-to-the-network",
        sentence="Outlines are clipped at 1280 px, as if no picture were larger than the one that the network sees.",
        breaks=(OUTLINES,),
        response=edit_json(as_moves_the_box(boxes.clipped_to(1280), VERTICES)),
    ),
    _boxes(
        name="drawing-scaled-down",
        sentence="The drawing of a picture of more than 1100 px is scaled down to that.",
        breaks=(DRAWING,),
        response=drawings.redraw_body(drawings.no_larger_than(1100)),
    ),
    _boxes(
        name="drawing-cut-to-full-hd",
        sentence="Of a drawing what lies beyond 1920 x 1080 px is cut off.",
        breaks=(DRAWING,),
        response=drawings.redraw_body(drawings.cut_to(1920, 1080)),
    ),
    _infer(
        name="size-by-json-scaled-down",
        sentence="Where JSON is sent, the size that a picture of more than 1100 px was scaled down to is stated.",
        breaks=(SIZE_BY_JSON,),
        response=boxes.state_size(lambda side, longest: round(side * min(1, 1100 / longest))),
    ),
    _infer(
        name="size-by-json-of-no-more-than-full-hd",
        sentence="Where JSON is sent, width and height are stated as 1920 and 1080 px at most.",
        breaks=(SIZE_BY_JSON,),
        response=boxes.state_size(lambda side, longest: min(side, 1920)),
    ),
    _infer(
        name="boxes-by-json-scaled-down",
        sentence="Where JSON is sent, boxes in a picture of more than 1100 px are in px of that scaled down to it.",
        breaks=(PLACES_BY_JSON,),
        response=boxes.move_boxes(boxes.scaled_down_to(1100)),
    ),
    _infer(
        name="boxes-by-json-clipped",
        sentence="Where JSON is sent, boxes are clipped at 640 px, as if no picture were larger than that.",
        breaks=(PLACES_BY_JSON,),
        response=boxes.move_boxes(boxes.clipped_to(640)),
    ),
    _infer(
        name="keypoints-by-json-halved",
        sentence="Where JSON is sent, keypoints in a picture of more than 2000 px are in px of half its size.",
        breaks=(PLACES_BY_JSON,),
        response=edit_json(as_moves_the_box(boxes.halved_beyond(2000))),
    ),
    _sam2(
        name="polygons-of-the-picture-scaled-down",
        sentence="Polygons in a picture of more than 1100 px are in the pixels of that scaled down to it.",
        breaks=(SAM2_MASKS,),
        response=masks.change_points(masks.scaled_down_to(1100)),
    ),
    _sam2(
        name="polygons-of-the-picture-halved",
        sentence="A picture of more than 2000 px is taken at half its size, and polygons are in px of that one.",
        breaks=(SAM2_MASKS,),
        response=masks.change_points(masks.halved_beyond(2000)),
    ),
    _sam2(
        name="points-halved-in-large-pictures",
        sentence="In a picture of more than 1024 px points are taken at half their distance from its corner.",
        breaks=(SAM2_POINTS,),
        request=prompts.scaled_beyond(1024, 0.5),
    ),
    _sam2(
        name="points-not-scaled-in-large-pictures",
        sentence="A picture of more than 1024 px is made smaller for the network, and points are not.",
        breaks=(SAM2_POINTS,),
        request=prompts.scaled_beyond(1024, 1.5),
    ),
    _florence2(
        name="places-of-the-picture-scaled-down",
        sentence="Boxes told of a picture of more than 1100 px are in the pixels of that scaled down to it.",
        breaks=(TOLD,),
        response=florence.change_places("bboxes", florence.scaled_down_to(1100)),
    ),
    _florence2(
        name="places-of-the-picture-halved",
        sentence="A picture of more than 2000 px is taken at half its size, and boxes are told in px of that one.",
        breaks=(TOLD,),
        response=florence.change_places("bboxes", florence.halved_beyond(2000)),
    ),
    _florence2(
        name="places-upright-by-the-longer-side",
        sentence="In an upright picture boxes are told as if it were a square.",
        breaks=(UPRIGHT,),
        response=florence.change_places("bboxes", florence.where_upright(florence.by_the_longer_side)),
    ),
    _florence2(
        name="places-upright-by-the-other-side",
        sentence="In an upright picture boxes are scaled across by its height, and down by its width.",
        breaks=(UPRIGHT,),
        response=florence.change_places("bboxes", florence.where_upright(florence.by_the_other_side)),
    ),
    _florence2(
        name="places-moved",
        sentence="Boxes are told 20 px too far to the right, in large pictures as in small ones.",
        breaks=(TOLD,),
        response=florence.change_places("bboxes", florence.moved_by(20, 0)),
    ),
    _owlv2(
        name="finds-in-the-picture-scaled-down",
        sentence="What is found in a picture of more than 1100 px is told in the pixels of that scaled down to it.",
        breaks=(FOUND,),
        response=boxes.move_boxes(boxes.scaled_down_to(1100)),
    ),
    _owlv2(
        name="finds-in-the-picture-halved",
        sentence="A picture of more than 2000 px is taken at half its size, and finds are in px of that one.",
        breaks=(FOUND,),
        response=boxes.move_boxes(boxes.halved_beyond(2000)),
    ),
)
