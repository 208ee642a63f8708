"""Faults of semantic segmentation: masks, class maps, thresholds and drawings."""

from __future__ import annotations

from functools import partial

import numpy as np

from assay.faults.model import SEMANTIC, SEMANTIC_JSON, Fault
from assay.faults.operators import answers, classmaps, drawings, parameters
from assay.faults.operators.classmaps import IDS, SURE, change_names, change_plane, with_threshold
from assay.faults.operators.fields import change_field, drop_field, edit_json, rename_field

SCHEMA = "semantic.answer.schema"
FIELDS = "semantic.answer.server-fields"
IMAGE_SIZE = "semantic.image.size"
GREY = "semantic.mask.greyscale-png"
SIZE = "semantic.mask.size"
NAMED = "semantic.mask.values-are-named"
ZERO = "semantic.class-map.zero-is-background"
ONE_MAP = "semantic.class-map.is-the-models"
SCRIPT = "semantic.script.one-row-per-class"
PLACE = "semantic.mask.lies-on-the-picture"
EDGE = "semantic.mask.reaches-the-edge"
BLENDED = "semantic.mask.classes-are-not-blended"
PRESENT = "semantic.mask.present-ids"
SURE_SIZE = "semantic.confidence.mask-size"
REACHES = "semantic.confidence.pixels-reach-threshold"
HIGHER = "semantic.confidence.higher-takes-classes-away"
AGREE = "semantic.routes.agree"
JPEG = "semantic.format.image-is-jpeg"
BESIDE = "semantic.format.image-and-json-adds-drawing"
SHOWS = "semantic.format.drawing-shows-classes"

_both = partial(Fault, operations=(SEMANTIC, SEMANTIC_JSON))
_hosted = partial(Fault, operations=(SEMANTIC,))
_json = partial(Fault, operations=(SEMANTIC_JSON,))
_in_image = partial(answers.only_if, answers.both(answers.asked("format", "image"), answers.succeeded))
_in_image_and_json = partial(answers.only_if, answers.asked("format", "image_and_json"))

_SHAPE = (
    _both(
        name="class-masks-in-a-list",
        sentence="Predictions are a list with one object instead of the object.",
        breaks=(SCHEMA,),
        response=edit_json(classmaps.in_a_list),
    ),
    _both(
        name="class-masks-at-the-top",
        sentence="Mask and class map stand beside the image instead of in predictions.",
        breaks=(SCHEMA,),
        response=edit_json(classmaps.at_the_top),
    ),
    _both(
        name="class-mask-missing",
        sentence="The mask is sent under the name mask.",
        breaks=(SCHEMA,),
        response=rename_field("/predictions/segmentation_mask", "mask"),
    ),
    _both(
        name="class-map-missing",
        sentence="There is no class map.",
        breaks=(SCHEMA,),
        response=drop_field("/predictions/class_map"),
    ),
    _both(
        name="class-map-inverted",
        sentence="The class map leads from names to ids.",
        breaks=(SCHEMA,),
        response=change_names(classmaps.inverted),
    ),
    _both(
        name="class-mask-with-prefix",
        sentence="The base64 of the mask has a data prefix.",
        breaks=(SCHEMA, SCRIPT),
        response=change_field("/predictions/segmentation_mask", lambda text: f"data:image/png;base64,{text}"),
    ),
    _both(
        name="present-ids-as-text",
        sentence="The class ids that are present are listed as text.",
        breaks=(FIELDS,),
        response=change_field("/predictions/present_class_ids/*", str),
    ),
    _both(
        name="confidence-mask-unpacked",
        sentence="The confidences are sent as a list of numbers.",
        breaks=(FIELDS,),
        response=change_field("/predictions/confidence_mask", lambda text: [0.9, 0.8]),
    ),
    _both(
        name="class-image-size-swapped",
        sentence="The width of the segmented picture is stated as its height, and the height as its width.",
        breaks=(IMAGE_SIZE,),
        response=answers.in_turn(
            rename_field("/image/width", "swapped"),
            rename_field("/image/height", "width"),
            rename_field("/image/swapped", "height"),
        ),
    ),
    _both(
        name="class-image-size-of-network",
        sentence="The size of the network's input, 512 x 512, is stated as that of the segmented picture.",
        breaks=(IMAGE_SIZE,),
        response=change_field("/image/*", lambda side: 512),
    ),
)

_MASKS = (
    _both(
        name="class-mask-is-jpeg",
        sentence="The mask is a JPEG, which mixes class ids with their neighbours.",
        breaks=(GREY,),
        response=change_plane(IDS, classmaps.same, ".jpg"),
    ),
    _both(
        name="class-mask-in-colour",
        sentence="The mask is a PNG in which each class has a colour instead of its id.",
        breaks=(GREY, NAMED),
        response=change_plane(IDS, classmaps.in_colour),
    ),
    _both(
        name="class-mask-of-16-bits",
        sentence="The mask is a PNG of 16 bits, of which readers of shades of grey keep the upper 8.",
        breaks=(GREY,),
        response=change_plane(IDS, classmaps.of_16_bits),
    ),
    _both(
        name="class-mask-of-network-size",
        sentence="The mask has the size of the network's input, 256 x 256.",
        breaks=(SIZE,),
        response=change_plane(IDS, classmaps.of_size(256, 256)),
    ),
    _both(
        name="class-mask-half-size",
        sentence="The mask has half the width and half the height of the picture.",
        breaks=(SIZE,),
        response=change_plane(IDS, classmaps.half_size),
    ),
    _both(
        name="class-mask-transposed",
        sentence="The rows of the mask are the columns of the picture.",
        breaks=(SIZE, PLACE),
        response=change_plane(IDS, classmaps.transposed),
    ),
    _both(
        name="class-mask-mirrored",
        sentence="The mask is mirrored from left to right.",
        breaks=(PLACE,),
        response=change_plane(IDS, classmaps.mirrored),
    ),
    _both(
        name="class-mask-upside-down",
        sentence="The mask stands on its head.",
        breaks=(PLACE,),
        response=change_plane(IDS, classmaps.upside_down),
    ),
    _both(
        name="class-mask-shifted",
        sentence="The mask lies an eighth of the picture's width too far to the right.",
        breaks=(PLACE,),
        response=change_plane(IDS, classmaps.shifted),
    ),
    _both(
        name="class-mask-shifted-a-little",
        sentence="The mask lies 20 px too far to the right.",
        breaks=(PLACE,),
        response=change_plane(IDS, classmaps.shifted_a_little),
    ),
    _both(
        name="class-mask-left-in-padding",
        sentence="The mask is that of the square that the picture was padded to, squeezed to the picture's size.",
        breaks=(PLACE,),
        response=change_plane(IDS, classmaps.left_in_padding),
    ),
    _both(
        name="class-mask-bare-at-edges",
        sentence="The mask is background as far as 12 px from the edges of the picture.",
        breaks=(EDGE,),
        response=change_plane(IDS, classmaps.bare_at_edges),
    ),
    _both(
        name="class-mask-bare-on-the-right",
        sentence="The last 15 px of each row of the mask are background.",
        breaks=(EDGE,),
        response=change_plane(IDS, classmaps.bare_on_the_right),
    ),
    _both(
        name="class-mask-interpolated",
        sentence="The mask is enlarged from the network's size as if class ids were shades.",
        breaks=(BLENDED,),
        response=change_plane(IDS, classmaps.blended),
    ),
    _both(
        name="class-mask-with-a-seam",
        sentence="Along the edges of class 2 the mask shows class 1, one pixel wide.",
        breaks=(BLENDED,),
        response=change_plane(IDS, classmaps.with_a_seam),
    ),
    _both(
        name="class-mask-smoothed",
        sentence="The mask is blurred as if class ids were shades.",
        breaks=(BLENDED,),
        response=change_plane(IDS, classmaps.smoothed),
    ),
    _both(
        name="class-ids-off-by-one",
        sentence="The values of the mask are greater by one than the ids in the class map.",
        breaks=(NAMED,),
        response=change_plane(IDS, classmaps.one_more),
    ),
)

_NAMES = (
    _both(
        name="class-map-misses-a-class",
        sentence="The class map lacks its last class.",
        breaks=(NAMED,),
        response=change_names(classmaps.without_last),
    ),
    _both(
        name="class-map-counts-from-one",
        sentence="The ids in the class map begin with 1, though 0 is the background.",
        breaks=(ZERO,),
        response=change_names(classmaps.counted_from_one),
    ),
    _both(
        name="class-background-last",
        sentence="The background is the last class, in mask and class map.",
        breaks=(ZERO,),
        response=answers.in_turn(change_names(classmaps.background_last), change_plane(IDS, classmaps.turned_round)),
    ),
    _both(
        name="class-map-only-of-what-is-seen",
        sentence="The class map names only the classes that occur in the picture.",
        breaks=(ONE_MAP,),
        response=edit_json(classmaps.only_seen),
    ),
    _both(
        name="class-map-varies",
        sentence="The names in the class map are others for each size of picture.",
        breaks=(ONE_MAP,),
        response=edit_json(classmaps.named_by_width),
    ),
    _both(
        name="class-map-as-list",
        sentence="The class map is a list of names.",
        breaks=(SCRIPT, SCHEMA),
        response=change_names(lambda names: list(names.values())),
    ),
    _both(
        name="class-mask-no-picture",
        sentence="What should be the mask is base64 of a text.",
        breaks=(SCRIPT,),
        response=change_field("/predictions/segmentation_mask", lambda text: "bm8gcGljdHVyZQ=="),
    ),
    _both(
        name="present-ids-without-background",
        sentence="The class ids that are present leave the background out.",
        breaks=(PRESENT,),
        response=change_field("/predictions/present_class_ids", lambda ids: [value for value in ids or [] if value]),
    ),
    _both(
        name="present-ids-of-the-model",
        sentence="The class ids that are present are all that the model knows.",
        breaks=(PRESENT,),
        response=change_field("/predictions/present_class_ids", lambda ids: [0, 1, 2, 3]),
    ),
)

_THRESHOLDS = (
    _both(
        name="confidence-mask-of-network-size",
        sentence="The confidence mask has the size of the network's input, 256 x 256.",
        breaks=(SURE_SIZE,),
        response=change_plane(SURE, classmaps.of_size(256, 256)),
    ),
    _both(
        name="confidence-mask-transposed",
        sentence="The rows of the confidence mask are the columns of the picture.",
        breaks=(SURE_SIZE,),
        response=change_plane(SURE, classmaps.transposed),
    ),
    _both(
        name="confidence-mask-full",
        sentence="Every pixel is said to be as sure as can be.",
        breaks=(HIGHER,),
        response=change_plane(SURE, lambda plane: np.full_like(plane, 255)),
    ),
    _both(
        name="class-threshold-ignored",
        sentence="The threshold is ignored; that of 40 percent applies to every pixel.",
        breaks=(REACHES,),
        request=parameters.in_turn(parameters.drop_parameter("confidence"), parameters.drop_body_field("confidence")),
    ),
    _both(
        name="class-threshold-halved",
        sentence="The threshold that is applied to pixels is half of the one asked for.",
        breaks=(REACHES,),
        request=classmaps.scaled_threshold(0.5),
    ),
    _both(
        name="higher-threshold-swaps-classes",
        sentence="With a threshold the first two classes have changed places.",
        breaks=(HIGHER,),
        response=with_threshold(change_plane(IDS, classmaps.swapped)),
    ),
    _both(
        name="higher-threshold-clears-the-mask",
        sentence="With a threshold every pixel is background.",
        breaks=(HIGHER,),
        response=with_threshold(change_plane(IDS, classmaps.empty)),
    ),
)

_ROUTES = (
    _json(
        name="json-route-mirrors-classes",
        sentence="The mask of the JSON route is mirrored from left to right.",
        breaks=(AGREE, PLACE),
        response=change_plane(IDS, classmaps.mirrored),
    ),
    _json(
        name="json-route-swaps-classes",
        sentence="On the JSON route the first two classes have changed places.",
        breaks=(AGREE,),
        response=change_plane(IDS, classmaps.swapped),
    ),
)

_DRAWINGS = (
    _hosted(
        name="class-drawing-called-png",
        sentence="The drawing of classes is declared as image/png.",
        breaks=(JPEG,),
        response=answers.only_if(answers.is_picture, answers.call_media("image/png")),
    ),
    _hosted(
        name="class-drawing-empty",
        sentence="The answer to format=image about classes is a JPEG of no bytes.",
        breaks=(JPEG,),
        response=_in_image(answers.replace_answer(200, b"", "image/jpeg")),
    ),
    _hosted(
        name="class-drawing-half-size",
        sentence="The drawing of classes has half the width and half the height of the picture.",
        breaks=(JPEG,),
        response=drawings.redraw_body(drawings.half_size),
    ),
    _hosted(
        name="class-visualization-missing",
        sentence="The answer to format=image_and_json about classes has no drawing.",
        breaks=(SCHEMA, BESIDE),
        response=drop_field("/visualization"),
    ),
    _hosted(
        name="image-and-json-swaps-classes",
        sentence="With format=image_and_json the first two classes have changed places.",
        breaks=(BESIDE,),
        response=_in_image_and_json(change_plane(IDS, classmaps.swapped)),
    ),
    _hosted(
        name="class-visualization-half-size",
        sentence="The drawing of classes beside the JSON has half the width and half the height of the picture.",
        breaks=(BESIDE,),
        response=drawings.redraw_field(drawings.half_size),
    ),
    _hosted(
        name="class-visualization-is-png",
        sentence="The drawing of classes beside the JSON is a PNG.",
        breaks=("hosted.format.visualization-is-jpeg",),
        response=drawings.redraw_field(drawings.unchanged, ".png"),
    ),
    _hosted(
        name="class-drawing-plain",
        sentence="The drawing is the picture as it was sent, without a sign of any class.",
        breaks=(SHOWS,),
        response=drawings.redraw(drawings.plain),
    ),
    _hosted(
        name="class-drawing-grey",
        sentence="The drawing of classes is a grey area of the picture's size.",
        breaks=(SHOWS,),
        response=drawings.redraw(drawings.grey),
    ),
    _hosted(
        name="class-drawing-mirrored",
        sentence="The drawing of classes is mirrored from left to right.",
        breaks=(SHOWS,),
        response=drawings.redraw(drawings.mirrored),
    ),
)

FAULTS: tuple[Fault, ...] = (*_SHAPE, *_MASKS, *_NAMES, *_THRESHOLDS, *_ROUTES, *_DRAWINGS)
