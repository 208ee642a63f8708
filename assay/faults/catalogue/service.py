"""Faults of the service around the models: refusals, crashes, and answers that are another's now and then."""

from __future__ import annotations

from functools import partial

from assay.faults.model import ALL_OPERATIONS, BOXES, HOSTED, INFER, OWLV2, SEGMENT, Fault
from assay.faults.operators import answers
from assay.faults.operators.answers import INTERNAL_ERROR, UNHANDLED_ERROR, only_if, succeeded
from assay.faults.operators.boxes import keep_predictions, none_of_them
from assay.faults.operators.traffic import every, the_one_before

BAD_IMAGE = "service.refuses-undecodable-image"
PLAIN = "service.answers-plain-requests"
ACCEPTS = "service.accepts-valid-requests"
VALID = "service.answers-valid-requests"
INVALID = "service.withstands-invalid-requests"
THE_SAME = "service.answers-the-same-to-the-same"
APART = "service.keeps-answers-apart"
OF_THE_SERVER = "service.answers-requests-of-the-server"

_anywhere = partial(Fault, operations=ALL_OPERATIONS)
_hosted = partial(Fault, operations=HOSTED)
_segment = partial(Fault, operations=(SEGMENT,))
_picture_refused = partial(only_if, answers.picture_refused)

_EMPTY_DETECTION = b'{"time":0.01,"image":{"width":640,"height":480},"predictions":[]}'
_EMPTY_SEGMENTATION = b'{"time":0.01,"predictions":[]}'
_ERROR_PAGE = b"<!DOCTYPE html><html><head><title>Bad Request</title></head><body>Bad Request</body></html>"

_BAD_IMAGES = (
    _hosted(
        name="bad-image-seen-empty",
        sentence="A picture that cannot be decoded is answered 200 with no predictions.",
        breaks=(BAD_IMAGE,),
        response=_picture_refused(answers.replace_answer(200, _EMPTY_DETECTION)),
    ),
    _segment(
        name="bad-image-segmented-empty",
        sentence="A picture that cannot be decoded is answered 200 with no masks.",
        breaks=(BAD_IMAGE,),
        response=_picture_refused(answers.replace_answer(200, _EMPTY_SEGMENTATION)),
    ),
    _anywhere(
        name="bad-image-crashes",
        sentence="A picture that cannot be decoded is answered 500.",
        breaks=(BAD_IMAGE, INVALID),
        response=_picture_refused(INTERNAL_ERROR),
    ),
    _anywhere(
        name="bad-image-error-page",
        sentence="A picture that cannot be decoded is answered 400 with a page for browsers.",
        breaks=(BAD_IMAGE,),
        response=_picture_refused(answers.replace_answer(400, _ERROR_PAGE, "text/html; charset=utf-8")),
    ),
)

_REFUSED = b'{"message":"The request was refused."}'

_PLAIN_REQUESTS = (
    _anywhere(
        name="everything-crashes",
        sentence="Every request that would have succeeded is answered 500.",
        breaks=(PLAIN,),
        response=only_if(succeeded, INTERNAL_ERROR),
    ),
    _segment(
        name="segmentation-not-implemented",
        sentence="Every segmentation that would have succeeded is answered 501.",
        breaks=(PLAIN,),
        response=only_if(succeeded, answers.replace_answer(501, _REFUSED)),
    ),
    _hosted(
        name="labels-refused",
        sentence="A request with labels, true or false, is refused with 422.",
        breaks=(ACCEPTS,),
        response=only_if(answers.both(succeeded, answers.given("labels")), answers.replace_answer(422, _REFUSED)),
    ),
    _hosted(
        name="low-overlap-refused",
        sentence="An overlap below 50 is refused with 400, though the scale begins at 0.",
        breaks=(ACCEPTS,),
        response=only_if(
            answers.both(succeeded, answers.given("overlap"), answers.negated(answers.asked_at_least("overlap", 50))),
            answers.replace_answer(400, _REFUSED),
        ),
    ),
)

_VALID_REQUESTS = (
    _anywhere(
        name="one-in-twenty-fails",
        sentence="One in twenty requests that would have succeeded is answered 500.",
        breaks=(VALID,),
        traffic=every(20, only_if(succeeded, INTERNAL_ERROR)),
    ),
    _hosted(
        name="labels-crash",
        sentence="A request with labels=true is answered 500.",
        breaks=(VALID,),
        response=only_if(answers.both(succeeded, answers.asked("labels", "true", "1", "on", "yes")), INTERNAL_ERROR),
    ),
    _hosted(
        name="wide-strokes-crash",
        sentence="A request with a stroke of 3 px or more is answered 500.",
        breaks=(VALID,),
        response=only_if(answers.both(succeeded, answers.asked_at_least("stroke", 3)), UNHANDLED_ERROR),
    ),
    _segment(
        name="single-mask-crashes",
        sentence="A request with multimask_output false is answered 500.",
        breaks=(OF_THE_SERVER,),
        response=only_if(answers.both(succeeded, answers.asked_in_body("multimask_output", False)), INTERNAL_ERROR),
    ),
    _hosted(
        name="limited-detections-crash",
        sentence="A request that limits the number of detections is answered 500.",
        breaks=(OF_THE_SERVER,),
        response=only_if(answers.both(succeeded, answers.given("max_detections")), UNHANDLED_ERROR),
    ),
)

_INVALID_REQUESTS = (
    _anywhere(
        name="invalid-request-crashes",
        sentence="What should be refused as an invalid request is answered 500.",
        breaks=(INVALID, BAD_IMAGE),
        response=only_if(answers.refused, UNHANDLED_ERROR),
    ),
    _hosted(
        name="wrong-number-crashes",
        sentence="A parameter that should be a number and is none is answered 500.",
        breaks=(INVALID,),
        response=only_if(
            answers.either(*(answers.asked_no_number(name) for name in ("confidence", "overlap", "stroke"))),
            INTERNAL_ERROR,
        ),
    ),
    _segment(
        name="missing-image-crashes",
        sentence="A segmentation request without an image is answered 503.",
        breaks=(INVALID,),
        response=only_if(
            answers.both(answers.refused, answers.lacks_in_body("image")),
            answers.replace_answer(503, b'{"message":"Service unavailable."}'),
        ),
    ),
)

_AGAIN = (
    Fault(
        name="one-in-five-sees-nothing",
        sentence="Of answers in which something is found, one in five is sent with nothing in it.",
        operations=(*BOXES, *INFER, OWLV2, SEGMENT),
        breaks=(THE_SAME, APART),
        traffic=every(5, keep_predictions(none_of_them)),
    ),
    _anywhere(
        name="one-in-five-is-the-one-before",
        sentence="One in five good answers is the answer before it, whatever that was asked.",
        breaks=(THE_SAME, APART),
        traffic=the_one_before(5),
    ),
)

FAULTS: tuple[Fault, ...] = (*_BAD_IMAGES, *_PLAIN_REQUESTS, *_VALID_REQUESTS, *_INVALID_REQUESTS, *_AGAIN)
