"""Faults of the hosted model route's parameters: their defaults, their scales, and what `overlap` does."""

from __future__ import annotations

from functools import partial

from assay.faults.model import BOXES, HOSTED, OBJECT_DETECTION, Fault
from assay.faults.operators import answers, boxes, parameters
from assay.faults.operators.fields import edit_json

DEFAULT_CONFIDENCE = "hosted.confidence.default"
DEFAULT_OVERLAP = "hosted.overlap.default"
DEFAULT_FORMAT = "hosted.format.default"
BELOW_ONE = "hosted.parameters.percent-below-one"
LIMITS = "hosted.overlap.limits-boxes-of-a-class"
KEEPS_MORE = "hosted.overlap.higher-keeps-more"
HEEDED = "hosted.overlap.is-heeded"
SPARES = "hosted.overlap.spares-other-classes"
TOGETHER = "hosted.parameters.heeded-together"
BY_ADDRESS = "hosted.parameters.heeded-by-address"
BY_GET = "hosted.parameters.heeded-by-get"
BESIDE_FORM = "hosted.parameters.heeded-beside-a-form"

_hosted = partial(Fault, operations=HOSTED)
_boxes = partial(Fault, operations=BOXES)

_DEFAULTS = (
    _hosted(
        name="default-confidence-high",
        sentence="Where no threshold is asked for, that of 75 percent applies instead of 40.",
        breaks=(DEFAULT_CONFIDENCE,),
        request=parameters.set_default("confidence", "75"),
    ),
    _hosted(
        name="default-confidence-none",
        sentence="Where no threshold is asked for, everything down to five percent is sent.",
        breaks=(DEFAULT_CONFIDENCE, "hosted.confidence.at-least-threshold"),
        request=parameters.set_default("confidence", "5"),
    ),
    _hosted(
        name="default-overlap-none",
        sentence="Where no overlap is asked for, no box is suppressed.",
        breaks=(DEFAULT_OVERLAP,),
        request=parameters.set_default("overlap", "100"),
    ),
    _hosted(
        name="default-overlap-sixty",
        sentence="Where no overlap is asked for, boxes may overlap by 60 percent instead of 30.",
        breaks=(DEFAULT_OVERLAP,),
        request=parameters.set_default("overlap", "60"),
    ),
    _hosted(
        name="default-overlap-thirty-five",
        sentence="Where no overlap is asked for, boxes may overlap by 35 percent instead of 30.",
        breaks=(DEFAULT_OVERLAP,),
        request=parameters.set_default("overlap", "35"),
    ),
    _hosted(
        name="default-overlap-twenty",
        sentence="Where no overlap is asked for, boxes may overlap by 20 percent instead of 30.",
        breaks=(DEFAULT_OVERLAP,),
        request=parameters.set_default("overlap", "20"),
    ),
    _hosted(
        name="default-overlap-zero",
        sentence="Where no overlap is asked for, boxes of one class may not overlap at all.",
        breaks=(DEFAULT_OVERLAP,),
        request=parameters.set_default("overlap", "0"),
    ),
    _hosted(
        name="default-format-with-drawing",
        sentence="Where no format is asked for, a drawing comes beside the JSON.",
        breaks=(DEFAULT_FORMAT,),
        request=parameters.set_default("format", "image_and_json"),
    ),
    _hosted(
        name="default-format-without-best",
        sentence="Where no format is asked for, the most confident prediction is left out of the JSON.",
        breaks=(DEFAULT_FORMAT,),
        response=answers.only_if(answers.negated(answers.given("format")), edit_json(boxes.without_most_confident)),
    ),
)

_SCALES = (
    _hosted(
        name="small-threshold-read-as-fraction",
        sentence="A threshold below 1 is taken for a fraction: 0.5 for a half.",
        breaks=(BELOW_ONE,),
        request=parameters.change_number("confidence", lambda value: 100 * value if 0 < value < 1 else value),
    ),
    _hosted(
        name="small-overlap-read-as-fraction",
        sentence="An overlap of 1 or less is taken for a fraction: 1 for all.",
        breaks=(BELOW_ONE,),
        request=parameters.change_number("overlap", lambda value: 100 * value if 0 < value <= 1 else value),
    ),
    _hosted(
        name="threshold-of-one-read-as-all",
        sentence="A threshold of 1 is taken for a fraction, so that nothing is sure enough.",
        breaks=(BELOW_ONE,),
        request=parameters.change_number("confidence", lambda value: 100 if value == 1 else value),
    ),
)

_FORMS = (
    _boxes(
        name="parameters-lost-beside-a-form",
        sentence="With a picture in a form the threshold that is asked for is lost.",
        breaks=(BESIDE_FORM,),
        request=parameters.beside_media("multipart/form-data", parameters.drop_parameter("confidence")),
    ),
    _boxes(
        name="format-lost-beside-a-form",
        sentence="With a picture in a form the format that is asked for is lost.",
        breaks=(BESIDE_FORM,),
        request=parameters.beside_media("multipart/form-data", parameters.drop_parameter("format")),
    ),
    _boxes(
        name="threshold-lost-beside-classes",
        sentence="With a list of classes the threshold that is asked for is lost.",
        breaks=(TOGETHER,),
        request=parameters.where_given("classes", parameters.drop_parameter("confidence")),
    ),
    _boxes(
        name="overlap-lost-beside-classes",
        sentence="With a list of classes boxes may overlap as they like.",
        breaks=(TOGETHER,),
        request=parameters.where_given("classes", parameters.set_value("overlap", "100")),
    ),
    _boxes(
        name="classes-lost-beside-an-address",
        sentence="With a picture by its address the classes that are asked for are lost.",
        breaks=(BY_ADDRESS,),
        request=parameters.where_given("image", parameters.drop_parameter("classes")),
    ),
    _boxes(
        name="parameters-lost-by-get",
        sentence="A request by GET is answered as if it asked for no threshold.",
        breaks=(BY_GET,),
        request=parameters.by_method("GET", parameters.drop_parameter("confidence")),
    ),
    _boxes(
        name="format-lost-by-get",
        sentence="A request by GET is answered with JSON, whatever format it asks for.",
        breaks=(BY_GET,),
        request=parameters.by_method("GET", parameters.drop_parameter("format")),
    ),
    _boxes(
        name="format-lost-beside-an-address",
        sentence="With a picture by its address the format that is asked for is lost.",
        breaks=(BY_ADDRESS,),
        request=parameters.where_given("image", parameters.drop_parameter("format")),
    ),
    _boxes(
        name="parameters-lost-beside-an-address",
        sentence="With a picture by its address the threshold that is asked for is lost.",
        breaks=(BY_ADDRESS,),
        request=parameters.where_given("image", parameters.drop_parameter("confidence")),
    ),
)

_OVERLAP = (
    _hosted(
        name="overlap-ignored",
        sentence="The overlap that is asked for is ignored: that of 30 percent always applies.",
        breaks=(HEEDED,),
        request=parameters.drop_parameter("overlap"),
    ),
    _hosted(
        name="overlap-not-a-number",
        sentence="An overlap in whole percent is read as text, and the default is taken for it.",
        breaks=(HEEDED,),
        request=parameters.change_parameter("overlap", lambda said: "30" if said.isdigit() else said),
    ),
    _hosted(
        name="no-overlap-taken-for-the-default",
        sentence="An overlap of 0 is taken for none that was asked for.",
        breaks=(LIMITS,),
        request=parameters.drop_parameter("overlap", "0"),
    ),
    _hosted(
        name="overlap-sixty-points-high",
        sentence="The overlap that boxes are allowed lies sixty points over the one asked for, if one is.",
        breaks=(LIMITS,),
        request=parameters.change_number("overlap", lambda percent: min(percent + 60, 100) if percent else 0),
    ),
    _hosted(
        name="suppressed-boxes-come-back",
        sentence="With an overlap from 1 to 50 the first box comes twice, the second time a little to the right.",
        breaks=(LIMITS,),
        response=answers.only_if(
            answers.both(answers.asked_at_least("overlap", 1), answers.asked_below("overlap", 50)),
            edit_json(boxes.with_first_box_doubled),
        ),
    ),
    _hosted(
        name="middling-overlap-leaves-one-box",
        sentence="With an overlap from 20 to 90 all boxes but the first are lost.",
        breaks=(KEEPS_MORE,),
        response=answers.only_if(
            answers.both(answers.asked_at_least("overlap", 20), answers.asked_below("overlap", 90)),
            edit_json(boxes.only_first),
        ),
    ),
    _hosted(
        name="large-overlap-read-as-zero",
        sentence="An overlap from 55 to 90 is taken for none at all.",
        breaks=(KEEPS_MORE,),
        request=parameters.change_number("overlap", lambda percent: 0 if 55 <= percent <= 90 else percent),
    ),
    Fault(
        name="overlap-across-classes",
        sentence="Boxes that overlap by more than was asked for are suppressed whatever their classes.",
        operations=(OBJECT_DETECTION,),
        breaks=(SPARES,),
        response=edit_json(boxes.without_overlapping_others()),
    ),
    Fault(
        name="no-overlap-across-classes",
        sentence="Without room for any overlap a box is lost where one of another class touches it.",
        operations=(OBJECT_DETECTION,),
        breaks=(SPARES,),
        response=answers.only_if(answers.asked_below("overlap", 20), edit_json(boxes.without_overlapping_others(0))),
    ),
)

FAULTS: tuple[Fault, ...] = (*_DEFAULTS, *_FORMS, *_SCALES, *_OVERLAP)
