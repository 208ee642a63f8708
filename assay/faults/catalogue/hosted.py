"""Faults of the hosted model route: its answer's shape, its boxes, its thresholds and its classes."""

from __future__ import annotations

from functools import partial

from assay.faults.model import BOXES, HOSTED, Fault
from assay.faults.operators import answers, boxes, memories, parameters
from assay.faults.operators.fields import (
    as_object,
    as_text,
    change_field,
    drop_field,
    edit_json,
    rename_field,
    scale_field,
)

SCHEMA = "hosted.answer.schema"
FIELDS = "hosted.answer.server-fields"
IMAGE_SIZE = "hosted.image.size"
IN_PIXELS = "hosted.boxes.in-pixels"
INSIDE = "hosted.boxes.inside-image"
WIDE = "hosted.boxes.wide-as-things-are"
CENTRE = "hosted.boxes.centre-inside-image"
PLACED = "hosted.boxes.placed-by-their-centre"
AT_LEAST = "hosted.confidence.at-least-threshold"
SUBSET = "hosted.confidence.higher-is-subset"
NO_MORE = "hosted.confidence.higher-gives-no-more"
CLASSES = "hosted.classes.only-those-asked"
DRAWING = "hosted.format.drawing-shows-predictions"

_hosted = partial(Fault, operations=HOSTED)
_boxes = partial(Fault, operations=BOXES)
_json_answers = partial(answers.only_if, answers.both(answers.succeeded, answers.is_json))

_SHAPE = (
    _hosted(
        name="confidence-as-text",
        sentence="The confidence of a prediction is sent as text instead of as a number.",
        breaks=(SCHEMA,),
        response=change_field("/predictions/*/confidence", as_text),
    ),
    _hosted(
        name="confidence-in-percent",
        sentence="The confidence of a prediction is sent in percent instead of as a fraction of one.",
        breaks=(SCHEMA,),
        response=scale_field("/predictions/*/confidence", 100),
    ),
    _hosted(
        name="confidence-not-a-number",
        sentence="The confidence of the first prediction is NaN, which is no JSON.",
        breaks=(SCHEMA,),
        response=change_field("/predictions/0/confidence", lambda value: float("nan")),
    ),
    _hosted(
        name="class-id-as-text",
        sentence="The class_id of a prediction, which only the server knows, is sent as text.",
        breaks=(FIELDS,),
        response=change_field("/predictions/*/class_id", as_text),
    ),
    _hosted(
        name="time-in-words",
        sentence="The time that the inference took is sent in words.",
        breaks=(FIELDS,),
        response=change_field("/time", lambda value: "a while"),
    ),
    _hosted(
        name="width-missing",
        sentence="Predictions have no width.",
        breaks=(SCHEMA,),
        response=drop_field("/predictions/*/width"),
    ),
    _hosted(
        name="class-called-label",
        sentence="The class of a prediction is sent under the name label.",
        breaks=(SCHEMA,),
        response=rename_field("/predictions/*/class", "label"),
    ),
    _hosted(
        name="class-null",
        sentence="The class of a prediction is null.",
        breaks=(SCHEMA,),
        response=change_field("/predictions/*/class", lambda value: None),
    ),
    _hosted(
        name="predictions-as-object",
        sentence="Predictions are sent as an object with numbered members instead of as a list.",
        breaks=(SCHEMA,),
        response=change_field("/predictions", as_object),
    ),
    _hosted(
        name="predictions-missing",
        sentence="The answer has no member called predictions; it calls them detections.",
        breaks=(SCHEMA,),
        response=rename_field("/predictions", "detections"),
    ),
    _hosted(
        name="answer-cut-short",
        sentence="The last tenth of every JSON answer is missing.",
        breaks=(SCHEMA,),
        response=_json_answers(answers.cut_short(0.9)),
    ),
    _hosted(
        name="answer-called-html",
        sentence="JSON answers are declared as text/html.",
        breaks=(SCHEMA,),
        response=_json_answers(answers.call_media("text/html; charset=utf-8")),
    ),
)

_SIZE = (
    _hosted(
        name="image-size-swapped",
        sentence="The width of the picture is stated as its height, and the height as its width.",
        breaks=(IMAGE_SIZE,),
        response=answers.in_turn(
            rename_field("/image/width", "swapped"),
            rename_field("/image/height", "width"),
            rename_field("/image/swapped", "height"),
        ),
    ),
    _hosted(
        name="image-size-of-network",
        sentence="The size of the network's input, 640 x 640, is stated as that of the picture.",
        breaks=(IMAGE_SIZE,),
        response=answers.in_turn(
            change_field("/image/width", lambda width: 640),
            change_field("/image/height", lambda height: 640),
        ),
    ),
    _hosted(
        name="image-size-as-text",
        sentence="Width and height of the picture are sent as text.",
        breaks=(SCHEMA, IMAGE_SIZE),
        response=change_field("/image/*", as_text),
    ),
    _hosted(
        name="image-size-one-short",
        sentence="Width and height of the picture are stated one pixel too small.",
        breaks=(IMAGE_SIZE,),
        response=change_field("/image/*", lambda side: side - 1 if isinstance(side, int) else side),
    ),
    _hosted(
        name="answers-cached-without-picture",
        sentence="An answer is remembered by path and query and given again for any other picture.",
        breaks=(IMAGE_SIZE, "service.refuses-undecodable-image"),
        traffic=memories.remembering(memories.by_address),
    ),
)

_BOXES = (
    _hosted(
        name="boxes-from-corner",
        sentence="The x and y of a box are those of its top left corner instead of its centre.",
        breaks=(PLACED, INSIDE, DRAWING),
        response=boxes.move_boxes(boxes.corner_for_centre),
    ),
    _hosted(
        name="boxes-from-far-corner",
        sentence="The x and y of a box are those of its bottom right corner instead of its centre.",
        breaks=(PLACED, INSIDE, DRAWING),
        response=boxes.move_boxes(boxes.far_corner_for_centre),
    ),
    _hosted(
        name="boxes-axes-swapped",
        sentence="The x and y of a box have changed places, and so have its width and height.",
        breaks=(CENTRE, PLACED, INSIDE, DRAWING),
        response=boxes.move_boxes(boxes.swapped_axes),
    ),
    _hosted(
        name="boxes-with-width-for-height",
        sentence="Width and height of a box have changed places.",
        breaks=(WIDE, DRAWING),
        response=boxes.move_boxes(boxes.exchanged_sides),
    ),
    _hosted(
        name="boxes-with-width-for-height-in-upright-pictures",
        sentence="In pictures higher than wide, width and height of a box have changed places.",
        breaks=(WIDE,),
        response=boxes.move_boxes(boxes.in_upright(boxes.exchanged_sides)),
    ),
    _hosted(
        name="boxes-mirrored",
        sentence="Boxes are those of the picture mirrored from left to right.",
        breaks=(PLACED, DRAWING),
        response=boxes.move_boxes(boxes.mirrored),
    ),
    _hosted(
        name="boxes-shifted",
        sentence="Boxes lie 40 px too far to the right.",
        breaks=(INSIDE, PLACED, DRAWING),
        response=boxes.move_boxes(boxes.shifted(right=40)),
    ),
    _hosted(
        name="boxes-shifted-by-share",
        sentence="Boxes lie a twelfth of the picture too far to the right and too far down.",
        breaks=(PLACED, INSIDE, DRAWING),
        response=boxes.move_boxes(boxes.shifted_by_share(1 / 12)),
    ),
    _hosted(
        name="boxes-twice-as-large",
        sentence="Width and height of a box are twice what they should be.",
        breaks=(INSIDE, DRAWING),
        response=boxes.move_boxes(boxes.twice_as_large),
    ),
    _hosted(
        name="boxes-in-network-pixels",
        sentence="Boxes are in the pixels of a network input of 1280 x 1280 and were never scaled back.",
        breaks=(CENTRE, INSIDE, DRAWING),
        response=boxes.move_boxes(boxes.stretched_to(1280)),
    ),
    _hosted(
        name="boxes-drawn-to-the-middle",
        sentence="Boxes are scaled to two thirds about the middle of the picture.",
        breaks=(PLACED, DRAWING),
        response=boxes.move_boxes(boxes.drawn_to_the_middle(2 / 3)),
    ),
    _hosted(
        name="boxes-squeezed-in-upright-pictures",
        sentence="In pictures higher than wide x and width are multiplied by width / height, as by the wrong side.",
        breaks=(PLACED,),
        response=boxes.move_boxes(boxes.in_upright(boxes.squeezed)),
    ),
    _hosted(
        name="boxes-squeezed-in-broad-pictures",
        sentence="In pictures wider than high y and height are multiplied by height / width, as by the wrong side.",
        breaks=(PLACED, DRAWING),
        response=boxes.move_boxes(boxes.in_broad(boxes.squeezed)),
    ),
    _hosted(
        name="padding-kept-in-upright-pictures",
        sentence="In pictures higher than wide the padding to a square is never taken off x.",
        breaks=(PLACED,),
        response=boxes.move_boxes(boxes.in_upright(boxes.with_padding)),
    ),
    _hosted(
        name="padding-kept-in-broad-pictures",
        sentence="In pictures wider than high the padding to a square is never taken off y.",
        breaks=(PLACED, DRAWING),
        response=boxes.move_boxes(boxes.in_broad(boxes.with_padding)),
    ),
    _hosted(
        name="boxes-in-kilopixels",
        sentence="Boxes are in thousands of pixels instead of in pixels.",
        breaks=(IN_PIXELS, DRAWING),
        response=answers.in_turn(
            *(scale_field(f"/predictions/*/{side}", 0.001) for side in ("x", "y", "width", "height"))
        ),
    ),
    _hosted(
        name="boxes-as-fractions",
        sentence="Boxes are in fractions of the picture's width and height instead of in pixels.",
        breaks=(IN_PIXELS, DRAWING),
        response=boxes.move_boxes(boxes.as_fractions),
    ),
    _hosted(
        name="boxes-of-no-width",
        sentence="Every second box has a width of zero.",
        breaks=(IN_PIXELS, DRAWING),
        response=edit_json(boxes.flat_in_every_second),
    ),
)

_THRESHOLDS = (
    _hosted(
        name="confidence-ignored",
        sentence="The confidence parameter is ignored; the default applies.",
        breaks=(AT_LEAST,),
        request=parameters.drop_parameter("confidence"),
    ),
    _hosted(
        name="threshold-read-as-fraction",
        sentence="A threshold of 40 is taken for 0.4 percent, so that everything down to one percent passes.",
        breaks=(AT_LEAST,),
        request=parameters.change_number("confidence", lambda percent: max(percent / 100, 1)),
    ),
    _hosted(
        name="threshold-five-points-low",
        sentence="The threshold that is applied lies five points under the one asked for.",
        breaks=(AT_LEAST,),
        request=parameters.change_number("confidence", lambda percent: max(percent - 5, 1)),
    ),
    _hosted(
        name="threshold-in-whole-percents",
        sentence="A threshold is rounded to whole percents.",
        breaks=(AT_LEAST,),
        request=parameters.change_number("confidence", round),
    ),
    _hosted(
        name="default-threshold-low",
        sentence="Where no threshold is asked for, that of 20 percent applies instead of 40.",
        breaks=(AT_LEAST,),
        request=lambda request: request if request.parameter("confidence") else request.with_query(confidence="20"),
    ),
    _hosted(
        name="threshold-inverted",
        sentence="Predictions under the threshold are sent, those over it are not.",
        breaks=(AT_LEAST, SUBSET),
        request=parameters.change_number("confidence", lambda percent: 1),
        response=boxes.keep_predictions(boxes.below_threshold),
    ),
    _hosted(
        name="confidence-reported-halved",
        sentence="The confidence that is sent is half of the one that was held against the threshold.",
        breaks=(AT_LEAST,),
        response=scale_field("/predictions/*/confidence", 0.5),
    ),
    _hosted(
        name="best-prediction-lost",
        sentence="The most confident prediction is lost wherever there is more than one.",
        breaks=(SUBSET,),
        response=edit_json(boxes.without_most_confident),
    ),
    _hosted(
        name="higher-threshold-adds-boxes",
        sentence="Each ten points of threshold add a box that a lower threshold does not show.",
        breaks=(SUBSET,),
        response=edit_json(boxes.with_box_for_every_ten_points),
    ),
    _hosted(
        name="higher-threshold-shrinks-boxes",
        sentence="Boxes get smaller as the threshold rises, by 0.8 percent for each point.",
        breaks=(SUBSET,),
        response=edit_json(boxes.shrunk_by_threshold),
    ),
    _hosted(
        name="middling-thresholds-ignored",
        sentence="A threshold from 50 to 60 percent is taken for one of five.",
        breaks=(NO_MORE,),
        request=parameters.change_number("confidence", lambda percent: 5 if 50 <= percent <= 60 else percent),
    ),
    _hosted(
        name="high-thresholds-counted-from-above",
        sentence="A threshold over 80 percent counts downwards from 100: 85 is taken for 15.",
        breaks=(NO_MORE,),
        request=parameters.change_number("confidence", lambda percent: 100 - percent if percent > 80 else percent),
    ),
)

_CLASSES = (
    _boxes(
        name="classes-ignored",
        sentence="The classes parameter is ignored; predictions of all classes are sent.",
        breaks=(CLASSES,),
        request=parameters.drop_parameter("classes"),
    ),
    _hosted(
        name="classes-only-first",
        sentence="Of several classes asked for only the first is honoured.",
        breaks=(CLASSES,),
        request=parameters.change_parameter("classes", lambda names: names.split(",")[0]),
    ),
    _hosted(
        name="classes-inverted",
        sentence="The classes asked for are left out, all others are sent.",
        breaks=(CLASSES,),
        request=parameters.drop_parameter("classes"),
        response=answers.only_if(answers.given("classes"), boxes.keep_predictions(boxes.of_another_class)),
    ),
    _hosted(
        name="classes-empty-answer",
        sentence="Asking for classes gives an answer without any prediction.",
        breaks=(CLASSES,),
        response=answers.only_if(answers.given("classes"), boxes.keep_predictions(boxes.none_of_them)),
    ),
)

FAULTS: tuple[Fault, ...] = (*_SHAPE, *_SIZE, *_BOXES, *_THRESHOLDS, *_CLASSES)
