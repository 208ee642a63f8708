"""Faults of OwlV2's detection by examples."""

from __future__ import annotations

import math
from functools import partial

from assay.faults.model import OWLV2, Fault
from assay.faults.operators import answers, boxes, drawings, examples, parameters
from assay.faults.operators.fields import (
    as_text,
    change_field,
    edit_json,
    rename_field,
    scale_field,
)

SCHEMA = "owlv2.answer.schema"
FIELDS = "owlv2.answer.server-fields"
IMAGE_SIZE = "owlv2.image.size"
IN_PIXELS = "owlv2.boxes.in-pixels"
INSIDE = "owlv2.boxes.inside-image"
PLACED = "owlv2.boxes.placed-by-their-centre"
FIT = "owlv2.boxes.fit-the-example"
OWN = "owlv2.examples.found-in-their-own-picture"
OTHER = "owlv2.examples.found-in-another-picture"
NEGATIVE = "owlv2.examples.negative-ones-find-nothing"
PROMPTED = "owlv2.classes.only-those-prompted"
THAT = "owlv2.classes.that-of-the-example"
NUMBERED = "owlv2.classes.numbered-by-name"
AT_LEAST = "owlv2.confidence.at-least-threshold"
DEFAULT = "owlv2.confidence.default"
ABOVE = "owlv2.confidence.above-threshold"
SUBSET = "owlv2.confidence.higher-is-subset"
DRAWING = "owlv2.visualization.shows-predictions"

_owlv2 = partial(Fault, operations=(OWLV2,))

_SHAPE = (
    _owlv2(
        name="example-sides-called-w-and-h",
        sentence="The sides of a predicted box are called w and h, as those of an example box are.",
        breaks=(SCHEMA,),
        response=answers.in_turn(
            rename_field("/predictions/*/width", "w"),
            rename_field("/predictions/*/height", "h"),
        ),
    ),
    _owlv2(
        name="example-class-called-cls",
        sentence="The class of a prediction is called cls, as that of an example is.",
        breaks=(SCHEMA,),
        response=rename_field("/predictions/*/class", "cls"),
    ),
    _owlv2(
        name="example-predictions-called-detections",
        sentence="The predictions are sent under the name detections.",
        breaks=(SCHEMA,),
        response=rename_field("/predictions", "detections"),
    ),
    _owlv2(
        name="example-confidence-in-percent",
        sentence="The confidence of a prediction is sent in percent instead of as a fraction of one.",
        breaks=(SCHEMA,),
        response=scale_field("/predictions/*/confidence", 100),
    ),
    _owlv2(
        name="example-class-id-as-text",
        sentence="The number of a class is sent as text.",
        breaks=(SCHEMA,),
        response=change_field("/predictions/*/class_id", as_text),
    ),
    _owlv2(
        name="example-time-in-words",
        sentence="The time that the inference took is sent in words.",
        breaks=(FIELDS,),
        response=change_field("/time", lambda value: "a while"),
    ),
    _owlv2(
        name="example-visualization-as-flag",
        sentence="Where no drawing was asked for, visualization is false instead of null.",
        breaks=(FIELDS,),
        response=change_field("/visualization", lambda value: False if value is None else value),
    ),
    _owlv2(
        name="example-image-size-of-square",
        sentence="The size of the square that the picture is padded to is stated as that of the picture.",
        breaks=(IMAGE_SIZE,),
        response=edit_json(examples.size_of_padded_square),
    ),
    _owlv2(
        name="example-image-size-halved",
        sentence="Width and height of the picture are stated by half.",
        breaks=(IMAGE_SIZE,),
        response=change_field("/image/*", lambda side: side // 2 if isinstance(side, int) else side),
    ),
)

_BOXES = (
    _owlv2(
        name="example-boxes-as-fractions",
        sentence="Predicted boxes are in fractions of the picture instead of in pixels.",
        breaks=(IN_PIXELS, OWN),
        response=boxes.move_boxes(boxes.as_fractions),
    ),
    _owlv2(
        name="example-boxes-in-kilopixels",
        sentence="Predicted boxes are in thousands of pixels instead of in pixels.",
        breaks=(IN_PIXELS, OWN),
        response=answers.in_turn(*(scale_field(f"/predictions/*/{side}", 0.001) for side in boxes.SIDES)),
    ),
    _owlv2(
        name="example-boxes-in-network-pixels",
        sentence="Predicted boxes are in the pixels of the network's 1008 x 1008 input and were never scaled back.",
        breaks=(INSIDE,),
        response=boxes.move_boxes(boxes.stretched_to(1008)),
    ),
    _owlv2(
        name="example-boxes-shifted",
        sentence="Predicted boxes lie 300 px too far to the right.",
        breaks=(INSIDE,),
        response=boxes.move_boxes(boxes.shifted(right=300)),
    ),
    _owlv2(
        name="example-boxes-from-far-corner",
        sentence="The x and y of a predicted box are those of its bottom right corner instead of its centre.",
        breaks=(PLACED, OWN),
        response=boxes.move_boxes(boxes.far_corner_for_centre),
    ),
    _owlv2(
        name="example-boxes-shifted-by-share",
        sentence="Predicted boxes lie an eighth of the picture too far to the right and too far down.",
        breaks=(PLACED, FIT),
        response=boxes.move_boxes(boxes.shifted_by_share(1 / 8)),
    ),
    _owlv2(
        name="example-boxes-of-half-size",
        sentence="Width and height of a predicted box are those from its centre to its edges.",
        breaks=(FIT, OWN),
        response=boxes.move_boxes(lambda box, size: box._replace(width=box.width / 2, height=box.height / 2)),
    ),
    _owlv2(
        name="example-boxes-too-large",
        sentence="Predicted boxes are half as wide and half as high again as they should be.",
        breaks=(FIT,),
        response=boxes.move_boxes(lambda box, size: box._replace(width=box.width * 1.5, height=box.height * 1.5)),
    ),
)

_EXAMPLES = (
    _owlv2(
        name="example-boxes-from-corner",
        sentence="The x and y of a predicted box are those of its top left corner instead of its centre.",
        breaks=(OWN,),
        response=boxes.move_boxes(boxes.corner_for_centre),
    ),
    _owlv2(
        name="example-boxes-axes-swapped",
        sentence="The x and y of a predicted box have changed places, and so have its width and height.",
        breaks=(OWN,),
        response=boxes.move_boxes(boxes.swapped_axes),
    ),
    _owlv2(
        name="example-boxes-mirrored",
        sentence="Predicted boxes are those of the picture mirrored from left to right.",
        breaks=(OWN,),
        response=boxes.move_boxes(boxes.mirrored),
    ),
    _owlv2(
        name="example-read-from-corner",
        sentence="The x and y of an example box are taken for its top left corner.",
        breaks=(OWN,),
        request=examples.change_boxes(examples.as_corner),
    ),
    _owlv2(
        name="example-read-with-axes-swapped",
        sentence="The x of an example box is taken for its y, and its w for its h.",
        breaks=(OWN,),
        request=examples.change_boxes(examples.with_axes_swapped),
    ),
    _owlv2(
        name="example-read-with-sides-exchanged",
        sentence="The w of an example box is taken for its height, and its h for its width.",
        breaks=(OWN,),
        request=examples.change_boxes(examples.with_sides_exchanged),
    ),
    _owlv2(
        name="example-boxes-of-half-the-size",
        sentence="The width and height of an example box are taken for half of what they are.",
        breaks=(OWN,),
        request=examples.change_boxes(examples.of_half_the_size),
    ),
    _owlv2(
        name="example-itself-lost",
        sentence="The most confident prediction, the example itself, is lost wherever there is more than one.",
        breaks=(OWN,),
        response=edit_json(boxes.without_most_confident),
    ),
    _owlv2(
        name="example-reference-ignored",
        sentence="The reference pictures are ignored; example boxes are read in the target picture.",
        breaks=(OTHER,),
        request=parameters.edit_body(examples.with_target_for_reference),
    ),
    _owlv2(
        name="example-target-ignored",
        sentence="The reference picture is searched instead of the target picture.",
        breaks=(OTHER,),
        request=parameters.edit_body(examples.with_reference_for_target),
    ),
    _owlv2(
        name="example-negative-ignored",
        sentence="Negative examples are taken for positive ones.",
        breaks=(NEGATIVE,),
        request=examples.change_boxes(examples.as_positive),
    ),
    _owlv2(
        name="example-negative-dropped",
        sentence="Negative examples are left out.",
        breaks=(NEGATIVE,),
        request=parameters.edit_body(examples.without_negatives),
    ),
    _owlv2(
        name="example-negative-exchanged",
        sentence="Where any example is negative, positive and negative ones are exchanged.",
        breaks=(NEGATIVE,),
        request=parameters.edit_body(examples.exchange_negatives),
    ),
)

_CLASSES = (
    _owlv2(
        name="example-class-in-capitals",
        sentence="Class names come back in capital letters.",
        breaks=(PROMPTED,),
        response=change_field("/predictions/*/class", lambda name: name.upper() if isinstance(name, str) else name),
    ),
    _owlv2(
        name="example-class-unnamed",
        sentence="Every prediction is of a class called object, whatever the examples are called.",
        breaks=(PROMPTED,),
        response=change_field("/predictions/*/class", lambda name: "object"),
    ),
    _owlv2(
        name="example-classes-exchanged",
        sentence="What one example shows is reported under the class of the next one.",
        breaks=(THAT,),
        response=edit_json(examples.with_next_class),
    ),
    _owlv2(
        name="example-first-class-for-all",
        sentence="Whatever is found is reported under the class of the first example.",
        breaks=(THAT,),
        response=edit_json(examples.with_first_class),
    ),
    _owlv2(
        name="example-class-id-always-zero",
        sentence="The number of every class is 0.",
        breaks=(NUMBERED,),
        response=change_field("/predictions/*/class_id", lambda number: 0),
    ),
    _owlv2(
        name="example-class-id-as-requested",
        sentence="Classes are numbered in the order of the examples instead of that of the alphabet.",
        breaks=(NUMBERED,),
        response=edit_json(examples.numbered_as_requested),
    ),
)

_THRESHOLDS = (
    _owlv2(
        name="example-confidence-ignored",
        sentence="The confidence parameter is ignored; the default applies.",
        breaks=(AT_LEAST,),
        request=parameters.drop_body_field("confidence"),
    ),
    _owlv2(
        name="example-threshold-low",
        sentence="The threshold that is applied lies 0.02 under the one asked for.",
        breaks=(AT_LEAST,),
        request=examples.change_threshold(lambda asked: max(asked - 0.02, 0)),
    ),
    _owlv2(
        name="example-confidence-reported-lower",
        sentence="The confidence that is sent is 0.95 of the one that was held against the threshold.",
        breaks=(AT_LEAST,),
        response=scale_field("/predictions/*/confidence", 0.95),
    ),
    _owlv2(
        name="example-default-threshold-low",
        sentence="Where no threshold is asked for, that of 0.9 applies instead of 0.99.",
        breaks=(DEFAULT,),
        request=examples.with_default_threshold(0.9),
    ),
    _owlv2(
        name="example-default-threshold-a-little-low",
        sentence="Where no threshold is asked for, that of 0.96 applies instead of 0.99.",
        breaks=(DEFAULT,),
        request=examples.with_default_threshold(0.96),
    ),
    _owlv2(
        name="example-default-threshold-none",
        sentence="Where no threshold is asked for, none applies.",
        breaks=(DEFAULT,),
        request=examples.with_default_threshold(0),
    ),
    _owlv2(
        name="example-threshold-reached",
        sentence="A prediction is sent already where its confidence equals the threshold.",
        breaks=(ABOVE,),
        request=examples.change_threshold(lambda asked: max(asked - 1e-6, 0)),
    ),
    _owlv2(
        name="example-threshold-rounded",
        sentence="Of the threshold only the first two decimals count.",
        breaks=(ABOVE, AT_LEAST),
        request=examples.change_threshold(lambda asked: math.floor(asked * 100 + 1e-9) / 100),
    ),
    _owlv2(
        name="example-lost-at-high-thresholds",
        sentence="Over a threshold of 0.995 the most confident prediction is lost.",
        breaks=(SUBSET,),
        response=edit_json(examples.without_best_at_high_thresholds),
    ),
    _owlv2(
        name="example-added-at-high-thresholds",
        sentence="Over a threshold of 0.995 there is a box that a lower threshold does not show.",
        breaks=(SUBSET,),
        response=edit_json(examples.with_box_at_high_thresholds),
    ),
)

_DRAWINGS = (
    _owlv2(
        name="example-drawing-missing",
        sentence="No drawing comes where one was asked for.",
        breaks=(DRAWING,),
        response=change_field("/visualization", lambda drawing: None),
    ),
    _owlv2(
        name="example-drawing-plain",
        sentence="The drawing is the picture as it was sent, without a single box.",
        breaks=(DRAWING,),
        response=drawings.redraw_field(drawings.plain),
    ),
    _owlv2(
        name="example-drawing-mirrored",
        sentence="The drawing is mirrored from left to right.",
        breaks=(DRAWING,),
        response=drawings.redraw_field(drawings.mirrored),
    ),
    _owlv2(
        name="example-drawing-of-the-reference",
        sentence="What is found in the target picture is drawn upon the reference picture.",
        breaks=(DRAWING,),
        response=drawings.redraw_field(drawings.upon_the_reference),
    ),
    _owlv2(
        name="example-drawing-half-size",
        sentence="The drawing has half the width and half the height of the picture.",
        breaks=(DRAWING,),
        response=drawings.redraw_field(drawings.half_size),
    ),
)

FAULTS: tuple[Fault, ...] = (*_SHAPE, *_BOXES, *_EXAMPLES, *_CLASSES, *_THRESHOLDS, *_DRAWINGS)
