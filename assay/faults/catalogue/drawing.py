"""Faults of the drawings: `format=image` and `format=image_and_json`."""

from __future__ import annotations

from functools import partial

from assay.faults.model import BOXES, CLASSIFICATION, HOSTED, OBJECT_DETECTION, Fault
from assay.faults.operators import answers, boxes, drawings, parameters, traffic
from assay.faults.operators.fields import change_field, drop_field, edit_json, rename_field

JPEG = "hosted.format.image-is-jpeg"
BESIDE = "hosted.format.image-and-json-adds-drawing"
BESIDE_IS_JPEG = "hosted.format.visualization-is-jpeg"
SHOWS = "hosted.format.drawing-shows-predictions"
KEEPS = "hosted.format.drawing-keeps-threshold"
ALIKE = "hosted.format.both-drawings-alike"
ONLY_THOSE = "hosted.classes.drawing-shows-only-those"
NOTHING_ELSE = "hosted.format.drawing-shows-nothing-else"
STROKE = "hosted.drawing.stroke-is-width"
IN_PIXELS = "hosted.drawing.stroke-in-pixels"
LABELS = "hosted.drawing.labels-are-written"
DEFAULTS = "hosted.drawing.defaults"
OF_THE_PICTURE = "hosted.format.drawing-is-of-the-picture"
BESIDE_HEEDS = "hosted.drawing.heeds-parameters-beside-json"
UNCHANGED = "hosted.drawing.leaves-json-unchanged"

_hosted = partial(Fault, operations=HOSTED)
_boxes = partial(Fault, operations=BOXES)
_drawn = partial(Fault, operations=(*BOXES, CLASSIFICATION))
_in_image = partial(answers.only_if, answers.both(answers.asked("format", "image"), answers.succeeded))
_in_image_and_json = partial(answers.only_if, answers.asked("format", "image_and_json"))

_IMAGE = (
    _hosted(
        name="drawing-is-png",
        sentence="The drawing is a PNG that is declared as image/jpeg.",
        breaks=(JPEG,),
        response=drawings.redraw_body(drawings.unchanged, ".png"),
    ),
    _hosted(
        name="drawing-called-png",
        sentence="The drawing is a JPEG that is declared as image/png.",
        breaks=(JPEG,),
        response=answers.only_if(answers.is_picture, answers.call_media("image/png")),
    ),
    _hosted(
        name="drawing-half-size",
        sentence="The drawing has half the width and half the height of the picture.",
        breaks=(JPEG,),
        response=drawings.redraw_body(drawings.half_size),
    ),
    _hosted(
        name="drawing-empty",
        sentence="The answer to format=image is a JPEG of no bytes.",
        breaks=(JPEG,),
        response=_in_image(answers.replace_answer(200, b"", "image/jpeg")),
    ),
    _hosted(
        name="drawing-as-json",
        sentence="The value image of the format parameter is ignored; JSON is sent.",
        breaks=(JPEG,),
        request=parameters.drop_parameter("format", "image"),
    ),
)

_IMAGE_AND_JSON = (
    _hosted(
        name="visualization-missing",
        sentence="The answer to format=image_and_json has no drawing.",
        breaks=("hosted.answer.schema", BESIDE),
        response=drop_field("/visualization"),
    ),
    _hosted(
        name="visualization-renamed",
        sentence="The drawing beside the JSON is sent under the name image_data.",
        breaks=("hosted.answer.schema", BESIDE),
        response=rename_field("/visualization", "image_data"),
    ),
    _hosted(
        name="visualization-is-png",
        sentence="The drawing beside the JSON is a PNG.",
        breaks=(BESIDE_IS_JPEG,),
        response=drawings.redraw_field(drawings.unchanged, ".png"),
    ),
    _hosted(
        name="visualization-is-bmp",
        sentence="The drawing beside the JSON is a bitmap that was not compressed.",
        breaks=(BESIDE_IS_JPEG,),
        response=drawings.redraw_field(drawings.unchanged, ".bmp"),
    ),
    _hosted(
        name="visualization-half-size",
        sentence="The drawing beside the JSON has half the width and half the height of the picture.",
        breaks=(BESIDE,),
        response=drawings.redraw_field(drawings.half_size),
    ),
    _hosted(
        name="visualization-cut-short",
        sentence="The base64 of the drawing beside the JSON breaks off after 100 characters.",
        breaks=(BESIDE,),
        response=change_field("/visualization", lambda text: text[:100] if isinstance(text, str) else text),
    ),
    _hosted(
        name="image-and-json-boxes-shifted",
        sentence="Boxes lie 40 px further to the right with format=image_and_json than with format=json.",
        breaks=(BESIDE, SHOWS),
        response=_in_image_and_json(boxes.move_boxes(boxes.shifted(right=40))),
    ),
    _hosted(
        name="image-and-json-without-predictions",
        sentence="With format=image_and_json the list of predictions is empty.",
        breaks=(BESIDE,),
        response=_in_image_and_json(boxes.keep_predictions(boxes.none_of_them)),
    ),
)

_SHOWN = (
    _boxes(
        name="drawing-plain",
        sentence="The drawing is the picture as it was sent, without a single box.",
        breaks=(SHOWS,),
        response=drawings.redraw(drawings.plain),
    ),
    _hosted(
        name="drawing-grey",
        sentence="The drawing is a grey area of the picture's size.",
        breaks=(SHOWS,),
        response=drawings.redraw(drawings.grey),
    ),
    _hosted(
        name="drawing-mirrored",
        sentence="The drawing is mirrored from left to right.",
        breaks=(SHOWS,),
        response=drawings.redraw(drawings.mirrored),
    ),
    _hosted(
        name="drawing-misses-a-box",
        sentence="The last prediction is missing in the drawing beside the JSON.",
        breaks=(SHOWS,),
        response=drawings.redraw_field(drawings.without_last_box),
    ),
)

_MORE = (
    _boxes(
        name="drawing-below-threshold",
        sentence="With format=image everything down to one percent is drawn, whatever threshold is asked for.",
        breaks=(KEEPS,),
        request=parameters.where_asked("format", "image", parameters.set_value("confidence", "1")),
    ),
    _boxes(
        name="visualization-below-threshold",
        sentence="Beside the JSON everything down to one percent is drawn, whatever threshold is asked for.",
        breaks=(KEEPS,),
        traffic=traffic.drawn_as_asked(parameters.set_value("confidence", "1")),
    ),
    _boxes(
        name="drawing-with-the-default-overlap",
        sentence="With format=image the overlap that is asked for is lost.",
        breaks=(ALIKE,),
        request=parameters.where_asked("format", "image", parameters.drop_parameter("overlap")),
    ),
    _boxes(
        name="drawing-of-any-number",
        sentence="With format=image as many are drawn as there are, whatever was asked for.",
        breaks=(ALIKE,),
        request=parameters.where_asked("format", "image", parameters.drop_parameter("max_detections")),
    ),
    _boxes(
        name="labels-beat-the-stroke",
        sentence="With format=image and labels=true lines are as thin as they are by default.",
        breaks=(ALIKE,),
        request=parameters.where_asked(
            "format", "image", parameters.where_asked("labels", "true", parameters.drop_parameter("stroke"))
        ),
    ),
    _boxes(
        name="drawing-of-all-classes",
        sentence="With format=image the classes parameter is ignored; predictions of all classes are drawn.",
        breaks=(ONLY_THOSE,),
        request=parameters.where_asked("format", "image", parameters.drop_parameter("classes")),
    ),
    _boxes(
        name="visualization-of-all-classes",
        sentence="Beside the JSON predictions of all classes are drawn, whatever classes are asked for.",
        breaks=(ONLY_THOSE,),
        traffic=traffic.drawn_as_asked(parameters.drop_parameter("classes")),
    ),
    _boxes(
        name="drawing-with-another-box",
        sentence="The drawing shows a box of 80 x 60 px more than there are predictions.",
        breaks=(NOTHING_ELSE,),
        response=drawings.redraw(drawings.with_another_box()),
    ),
    _boxes(
        name="drawing-with-a-dashed-box",
        sentence="The drawing shows a dashed box of 80 x 60 px more than there are predictions.",
        breaks=(NOTHING_ELSE,),
        response=drawings.redraw(drawings.with_another_box(dashed=True)),
    ),
)

_UNDER_IT = (
    _drawn(
        name="drawing-in-false-colours",
        sentence="In every drawing red and blue have changed places.",
        breaks=(OF_THE_PICTURE,),
        response=drawings.redraw(drawings.false_colours),
    ),
    _drawn(
        name="drawing-moved",
        sentence="Every drawing lies 12 px further to the right than the picture.",
        breaks=(OF_THE_PICTURE,),
        response=drawings.redraw(drawings.moved),
    ),
)

_PARAMETERS = (
    _hosted(
        name="stroke-ignored",
        sentence="The stroke parameter is ignored; lines are as wide as by default.",
        breaks=(STROKE,),
        request=parameters.drop_parameter("stroke"),
    ),
    _hosted(
        name="stroke-four-at-most",
        sentence="No stroke is wider than four pixels.",
        breaks=(STROKE,),
        request=parameters.change_number("stroke", lambda pixels: min(pixels, 4)),
    ),
    _hosted(
        name="stroke-halved",
        sentence="Lines are half as wide as is asked for, as if drawn upon the picture at twice its size.",
        breaks=(IN_PIXELS,),
        request=parameters.change_number("stroke", lambda pixels: max(pixels // 2, 1)),
    ),
    Fault(
        name="stroke-doubled",
        sentence="Lines are twice as wide as is asked for, that much to either side of the box.",
        operations=(OBJECT_DETECTION,),  # the joints of a person would fill the box between such lines
        breaks=(IN_PIXELS,),
        request=parameters.change_number("stroke", lambda pixels: 2 * pixels),
    ),
    _hosted(
        name="default-stroke-five",
        sentence="Where no stroke is asked for, lines are five pixels wide instead of one.",
        breaks=(DEFAULTS,),
        request=parameters.set_default("stroke", "5"),
    ),
    _hosted(
        name="default-labels-on",
        sentence="Where nothing is said about labels, they are drawn.",
        breaks=(DEFAULTS,),
        request=parameters.set_default("labels", "true"),
    ),
    _hosted(
        name="labels-ignored",
        sentence="The labels parameter is ignored; nothing is written into the drawing.",
        breaks=(LABELS,),
        request=parameters.drop_parameter("labels"),
    ),
    _hosted(
        name="labels-false-read-as-true",
        sentence="Labels are drawn wherever the parameter is given, whatever it says.",
        breaks=(LABELS, DEFAULTS),
        request=parameters.change_parameter("labels", lambda value: "true"),
    ),
    _boxes(
        name="labels-ignored-beside-json",
        sentence="With format=image_and_json the labels parameter is ignored.",
        breaks=(BESIDE_HEEDS,),
        request=parameters.where_asked("format", "image_and_json", parameters.drop_parameter("labels")),
    ),
    _boxes(
        name="stroke-ignored-beside-json",
        sentence="With format=image_and_json the stroke parameter is ignored.",
        breaks=(BESIDE_HEEDS,),
        request=parameters.where_asked("format", "image_and_json", parameters.drop_parameter("stroke")),
    ),
    _hosted(
        name="stroke-widens-boxes",
        sentence="The boxes in the JSON grow with the stroke that is asked for.",
        breaks=(UNCHANGED,),
        response=edit_json(boxes.widened_by_stroke),
    ),
    _hosted(
        name="labels-in-json",
        sentence="With labels the class in the JSON holds the confidence too, as the drawn label does.",
        breaks=(UNCHANGED,),
        response=answers.only_if(answers.asked("labels", "true"), edit_json(boxes.with_confidence_in_class)),
    ),
)

FAULTS: tuple[Fault, ...] = (*_IMAGE, *_IMAGE_AND_JSON, *_SHOWN, *_MORE, *_UNDER_IT, *_PARAMETERS)
