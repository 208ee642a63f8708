"""Faults of SAM2's segmentation."""

from __future__ import annotations

from functools import partial

from assay.faults.model import SEGMENT, Fault
from assay.faults.operators import answers, archives, masks, parameters, prompts
from assay.faults.operators.answers import both, negated, only_if
from assay.faults.operators.fields import (
    as_object,
    change_field,
    drop_field,
    edit_json,
    rename_field,
    scale_field,
)

SCHEMA = "sam2.answer.schema"
FIELDS = "sam2.answer.server-fields"
PER_PROMPT = "sam2.segment.one-prediction-per-prompt"
EACH = "sam2.segment.mask-for-each-prompt"
FOLLOW = "sam2.segment.predictions-follow-prompts"
INSIDE = "sam2.segment.polygons-inside-image"
AGREES = "sam2.segment.rle-agrees-with-polygon"
BINARY = "sam2.segment.binary-agrees-with-rle"
POINT_INSIDE = "sam2.segment.positive-point-inside"
POINT_OUTSIDE = "sam2.segment.negative-point-outside"
BOX = "sam2.segment.box-anchored-at-its-centre"
WHOLE = "sam2.segment.takes-boxes-whole"
BOXES_HEEDED = "sam2.segment.heeds-boxes"
EVERY_POINT = "sam2.segment.heeds-every-point"
WRAPPERS = "sam2.segment.other-wrappers-of-prompts"
EVERY_VERSION = "sam2.segment.every-version-answers"
ODD = "sam2.segment.withstands-odd-requests"

_segment = partial(Fault, operations=(SEGMENT,))

_SHAPE = (
    _segment(
        name="masks-as-floats",
        sentence="Polygon points lie half a pixel beside the whole pixels that they should be.",
        breaks=(FIELDS,),
        response=masks.move_points(lambda x, y: [x + 0.5, y + 0.5]),
    ),
    _segment(
        name="points-as-objects",
        sentence="A polygon point is an object with x and y instead of a pair of numbers.",
        breaks=(SCHEMA,),
        response=masks.move_points(lambda x, y: {"x": x, "y": y}),
    ),
    _segment(
        name="masks-missing",
        sentence="Predictions have no masks.",
        breaks=(SCHEMA,),
        response=drop_field("/predictions/*/masks"),
    ),
    _segment(
        name="mask-confidence-in-percent",
        sentence="The confidence of a mask is sent in percent instead of as a fraction of one.",
        breaks=(FIELDS,),
        response=scale_field("/predictions/*/confidence", 100),
    ),
    _segment(
        name="mask-predictions-called-masks",
        sentence="The predictions are sent under the name masks.",
        breaks=(SCHEMA,),
        response=rename_field("/predictions", "masks"),
    ),
    _segment(
        name="mask-predictions-as-object",
        sentence="Predictions are sent as an object with numbered members instead of as a list.",
        breaks=(SCHEMA,),
        response=change_field("/predictions", as_object),
    ),
    _segment(
        name="rle-counts-as-numbers",
        sentence="Run lengths are sent as a list of numbers instead of compressed.",
        breaks=(FIELDS, AGREES),
        response=masks.change_rle(masks.uncompress),
    ),
)

_COUNT = (
    _segment(
        name="last-prompt-lost",
        sentence="The last of several prompts is lost.",
        breaks=(EACH, PER_PROMPT),
        request=parameters.edit_body(parameters.without_last_prompt),
    ),
    _segment(
        name="predictions-doubled",
        sentence="Each prompt is answered with the same prediction twice.",
        breaks=(PER_PROMPT,),
        response=edit_json(masks.repeated(2)),
    ),
    _segment(
        name="three-masks-per-prompt",
        sentence="Each prompt is answered with three predictions, as multimask_output suggests.",
        breaks=(PER_PROMPT,),
        response=edit_json(masks.repeated(3)),
    ),
    _segment(
        name="prompts-merged",
        sentence="Several prompts are answered with one prediction that holds the polygons of all.",
        breaks=(EACH, PER_PROMPT),
        response=edit_json(masks.merged),
    ),
    _segment(
        name="predictions-in-other-order",
        sentence="The predictions come in the opposite order of the prompts.",
        breaks=(FOLLOW,),
        response=edit_json(masks.in_other_order),
    ),
    _segment(
        name="predictions-from-left-to-right",
        sentence="The predictions come from left to right, in whatever order the prompts were.",
        breaks=(FOLLOW,),
        response=edit_json(masks.from_left_to_right),
    ),
    _segment(
        name="first-prompt-for-all",
        sentence="Every prompt is answered with the mask of the first.",
        breaks=(EACH, FOLLOW),
        response=edit_json(masks.first_for_all),
    ),
)

_POLYGONS = (
    _segment(
        name="polygons-shifted",
        sentence="Polygons lie a picture's width too far to the right.",
        breaks=(INSIDE, AGREES),
        response=masks.change_points(lambda x, y, size: [x + size[0], y]),
    ),
    _segment(
        name="polygons-axes-swapped",
        sentence="The x and y of a polygon point have changed places.",
        breaks=(INSIDE, AGREES),
        response=masks.move_points(lambda x, y: [y, x]),
    ),
    _segment(
        name="polygons-in-network-pixels",
        sentence="Polygons are in the pixels of the network's 1024 x 1024 input and were never scaled back.",
        breaks=(INSIDE, AGREES),
        response=masks.change_points(masks.in_square_of(1024)),
    ),
    _segment(
        name="polygons-from-their-middle",
        sentence="Polygons are counted from the middle of their own points instead of the picture's corner.",
        breaks=(INSIDE, AGREES),
        response=edit_json(masks.from_their_middle),
    ),
    _segment(
        name="polygons-as-fractions",
        sentence="Polygons are in fractions of the picture's width and height instead of in pixels.",
        breaks=(AGREES, FIELDS),
        response=masks.change_points(masks.as_fractions),
    ),
    _segment(
        name="polygons-of-hulls",
        sentence="A polygon is the smallest convex one around its piece of the mask.",
        breaks=(AGREES,),
        response=edit_json(masks.as_hulls),
    ),
    _segment(
        name="polygon-of-the-largest-piece",
        sentence="Of a mask in several pieces the polygon of one piece alone is sent.",
        breaks=(AGREES,),
        response=edit_json(masks.only_the_largest),
    ),
    _segment(
        name="polygons-as-rectangles",
        sentence="A mask is sent as the rectangle around it instead of as its outline.",
        breaks=(AGREES,),
        response=edit_json(masks.as_rectangles),
    ),
)

_RUN_LENGTHS = (
    _segment(
        name="rle-size-swapped",
        sentence="The size of a run-length mask is sent as width and height instead of height and width.",
        breaks=(AGREES,),
        response=masks.change_rle(masks.swap_size),
    ),
    _segment(
        name="rle-shifted",
        sentence="Run-length masks lie 15 px too far to the right.",
        breaks=(AGREES,),
        response=masks.change_mask(masks.shifted(15)),
    ),
    _segment(
        name="rle-inverted",
        sentence="Run-length masks cover what lies outside instead of what lies inside.",
        breaks=(AGREES,),
        response=masks.change_mask(masks.inverted),
    ),
    _segment(
        name="rle-along-rows",
        sentence="The runs of a run-length mask go along the rows instead of down the columns.",
        breaks=(AGREES,),
        response=masks.change_mask(masks.along_rows),
    ),
    _segment(
        name="rle-ignored",
        sentence="The value rle of the format member is ignored; polygons are sent.",
        breaks=(FIELDS,),
        request=parameters.drop_body_field("format", "rle"),
    ),
)

_POINTS = (
    _segment(
        name="point-axes-swapped",
        sentence="The x and y of a point in a prompt are taken for one another.",
        breaks=(POINT_INSIDE,),
        request=prompts.change_points(prompts.axes_swapped),
    ),
    _segment(
        name="points-in-network-pixels",
        sentence="Points are scaled to the network's 1024 x 1024 input, and read as if they were not.",
        breaks=(POINT_INSIDE,),
        request=prompts.in_square_of(1024),
    ),
    _segment(
        name="first-point-alone-heeded",
        sentence="All points of a prompt but the first are ignored.",
        breaks=(EVERY_POINT,),
        request=prompts.change_prompts(prompts.only_point(0)),
    ),
    _segment(
        name="last-point-alone-heeded",
        sentence="Each point of a prompt takes the place of the one before, so that the last alone is heeded.",
        breaks=(EVERY_POINT,),
        request=prompts.change_prompts(prompts.only_point(-1)),
    ),
    _segment(
        name="negative-points-read-as-positive",
        sentence="Negative points are read as positive ones.",
        breaks=(POINT_OUTSIDE,),
        request=prompts.change_points(prompts.all_positive),
    ),
    _segment(
        name="first-label-for-all-points",
        sentence="All points of a prompt are taken for positive where the first one is.",
        breaks=(POINT_OUTSIDE,),
        request=prompts.change_points(prompts.labelled_as_first),
    ),
)

_BOXES = (
    _segment(
        name="box-ignored",
        sentence="A box is ignored: what is prompted by a box alone is answered with the most prominent thing.",
        breaks=(BOXES_HEEDED,),
        request=prompts.boxes_around_everything,
    ),
    _segment(
        name="first-box-for-all",
        sentence="The first box of a request is taken for that of each prompt.",
        breaks=(BOXES_HEEDED,),
        request=prompts.first_box_for_all,
    ),
    _segment(
        name="box-read-from-its-corner",
        sentence="The x and y of a box are read as its top left corner.",
        breaks=(BOX,),
        request=prompts.change_boxes(prompts.from_corner),
    ),
    _segment(
        name="boxes-of-half-the-size",
        sentence="The width and height of a box are taken for half of what they are.",
        breaks=(WHOLE,),
        request=prompts.change_boxes(prompts.about_the_centre(1 / 2)),
    ),
    _segment(
        name="boxes-scaled-to-the-corner",
        sentence="Boxes are read in pixels of a picture of four fifths of the size.",
        breaks=(WHOLE,),
        request=prompts.change_boxes(prompts.about_the_corner(4 / 5)),
    ),
    _segment(
        name="box-axes-swapped",
        sentence="The x and y of a box, and its sides, are taken for one another.",
        breaks=(BOX,),
        request=prompts.change_boxes(prompts.transposed),
    ),
)

_ARCHIVES = (
    _segment(
        name="binary-inverted",
        sentence="Logits of the archive are positive outside of the mask.",
        breaks=(BINARY,),
        response=archives.change_masks(lambda logits: -logits),
    ),
    _segment(
        name="binary-thresholded",
        sentence="The archive holds masks of true and false instead of logits.",
        breaks=(BINARY,),
        response=archives.change_masks(lambda logits: logits >= 0),
    ),
    _segment(
        name="binary-transposed",
        sentence="The masks of the archive are width by height instead of height by width.",
        breaks=(BINARY,),
        response=archives.change_masks(lambda logits: logits.transpose(0, 2, 1)),
    ),
    _segment(
        name="binary-called-logits",
        sentence="The archive has no array called masks; it calls it logits.",
        breaks=(BINARY,),
        response=archives.change_archive(archives.under_other_name),
    ),
    _segment(
        name="binary-one-mask-short",
        sentence="The last mask is missing in the archive.",
        breaks=(BINARY,),
        response=archives.change_masks(lambda logits: logits[:-1]),
    ),
    _segment(
        name="binary-ignored",
        sentence="The value binary of the format member is ignored; polygons are sent.",
        breaks=(BINARY,),
        request=parameters.drop_body_field("format", "binary"),
    ),
)

_WRAPPERS = (
    _segment(
        name="bare-list-of-prompts-lost",
        sentence="Prompts that come as a bare list are lost.",
        breaks=(WRAPPERS,),
        request=prompts.without_prompts(list),
    ),
    _segment(
        name="bare-prompt-lost",
        sentence="A prompt that comes without any list is lost.",
        breaks=(WRAPPERS,),
        request=prompts.without_prompts(dict),
    ),
)

_VERSIONS = (
    _segment(
        name="large-version-crashes",
        sentence="A request for hiera_large is answered 500.",
        breaks=(EVERY_VERSION,),
        response=only_if(answers.has_in_body("sam2_version_id", "hiera_large"), answers.INTERNAL_ERROR),
    ),
    _segment(
        name="middle-versions-refused",
        sentence="The versions hiera_small and hiera_b_plus are refused with 422.",
        breaks=(EVERY_VERSION,),
        response=only_if(
            answers.has_in_body("sam2_version_id", "hiera_small", "hiera_b_plus"),
            answers.replace_answer(422, b'{"detail":"sam2_version_id is not one of hiera_tiny, hiera_large"}'),
        ),
    ),
)

_ODD = (
    _segment(
        name="unknown-format-crashes",
        sentence="A format that the server does not know is answered 500.",
        breaks=(ODD,),
        response=only_if(
            both(answers.has_in_body("format"), negated(answers.has_in_body("format", "json", "rle", "binary"))),
            answers.INTERNAL_ERROR,
        ),
    ),
    _segment(
        name="box-beside-point-crashes",
        sentence="A box in one prompt and points in another one are answered 500.",
        breaks=(ODD,),
        response=only_if(prompts.unlike_prompts(), answers.UNHANDLED_ERROR),
    ),
    _segment(
        name="point-outside-crashes",
        sentence="A point outside of the picture is answered 500.",
        breaks=(ODD,),
        response=only_if(prompts.point_outside(), answers.INTERNAL_ERROR),
    ),
)

FAULTS: tuple[Fault, ...] = (
    *(*_SHAPE, *_COUNT, *_POLYGONS, *_RUN_LENGTHS, *_ARCHIVES),
    *(*_POINTS, *_BOXES, *_WRAPPERS, *_VERSIONS, *_ODD),
)
