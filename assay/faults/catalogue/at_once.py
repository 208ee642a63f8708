"""Faults that show only while several requests are under way: answers, pictures, refusals and keys of one another."""

from __future__ import annotations

from functools import partial

from assay.contract.message import Request
from assay.faults.model import ALL_OPERATIONS, SEGMENT, Fault
from assay.faults.operators import answers
from assay.faults.operators.answers import INTERNAL_ERROR, only_if
from assay.faults.operators.boxes import keep_predictions
from assay.faults.operators.credentials import without_key, wrong_key
from assay.faults.operators.crowds import (
    Beyond,
    LastDrawing,
    LastPicture,
    Leak,
    Neighbours,
    PassedOn,
    Previous,
    Swap,
    anything,
    other_paths,
    where,
)

APART = "service.keeps-answers-apart"
DRAWINGS = "service.keeps-drawings-apart"
REFUSALS = "service.keeps-refusals-apart"
OPERATIONS = "service.keeps-operations-apart"
BURSTS = "service.withstands-bursts"
KEYS = "service.keeps-keys-apart"
CROWD = 16
"""More than any rule sends that is not about bursts."""

_anywhere = partial(Fault, operations=ALL_OPERATIONS)
_segment = partial(Fault, operations=(SEGMENT,))
_without_the_key = answers.either(without_key, wrong_key)


def _wants_a_drawing(request: Request) -> bool:
    asked = request.parameter("format") in ("image", "image_and_json")
    return asked or b'"visualize_predictions":true' in request.body.replace(b" ", b"")


def _wants_an_archive(request: Request) -> bool:
    return b'"format":"binary"' in request.body.replace(b" ", b"")


_ANSWERS = (
    _anywhere(
        name="answers-swapped-under-load",
        sentence="Two answers that are under way at the same time change places.",
        breaks=(APART,),
        traffic=Swap,
    ),
    _anywhere(
        name="previous-answer-under-load",
        sentence="While another request is under way, a request is answered with the answer before.",
        breaks=(APART,),
        traffic=Previous,
    ),
    _anywhere(
        name="predictions-leak-under-load",
        sentence="While another request is under way, predictions of the answer before get into the next.",
        breaks=(APART,),
        traffic=Leak,
    ),
    _anywhere(
        name="one-in-twenty-mixed-up-under-load",
        sentence="While others are under way, one request in twenty is answered with the answer before.",
        breaks=(APART,),
        traffic=partial(Previous, 20),
    ),
    _anywhere(
        name="last-picture-under-load",
        sentence="Requests that wait for a lock are all answered for the picture that came last.",
        breaks=(APART,),
        traffic=LastPicture,
    ),
)

_FORMS = (
    _anywhere(
        name="drawings-swapped-under-load",
        sentence="Two drawings that are under way at the same time change places; plain JSON does not.",
        breaks=(DRAWINGS,),
        traffic=where(_wants_a_drawing, Swap),
    ),
    _anywhere(
        name="drawing-of-another-under-load",
        sentence="While another request is under way, the drawing beside the JSON is that of the answer before.",
        breaks=(DRAWINGS,),
        traffic=LastDrawing,
    ),
    _segment(
        name="archives-swapped-under-load",
        sentence="Two archives of logits that are under way at the same time change places.",
        breaks=(DRAWINGS,),
        traffic=where(_wants_an_archive, Swap),
    ),
)

_OPERATIONS = (
    _anywhere(
        name="answers-of-other-routes-under-load",
        sentence="Answers to requests of different routes that are under way at the same time change places.",
        breaks=(OPERATIONS,),
        traffic=partial(Swap, anything, other_paths),
    ),
    _anywhere(
        name="picture-of-another-route-under-load",
        sentence="While requests to other routes are under way, a request is answered for the picture of one of them.",
        breaks=(OPERATIONS,),
        traffic=partial(LastPicture, anything, other_paths),
    ),
)

_REFUSALS = (
    _anywhere(
        name="neighbour-refused-under-load",
        sentence="The refusal of a wrong request goes to a right one as well that is under way at the same time.",
        breaks=(REFUSALS,),
        traffic=partial(PassedOn, answers.refused),
    ),
    _anywhere(
        name="wrong-request-answered-under-load",
        sentence="While others are under way, a wrong request is answered with what a right one got before.",
        breaks=(REFUSALS,),
        traffic=partial(Neighbours, answers.refused),
    ),
    _anywhere(
        name="refusals-crash-under-load",
        sentence="While another request is under way, what should be refused is answered 500.",
        breaks=(REFUSALS,),
        traffic=partial(Beyond, 1, only_if(answers.refused, INTERNAL_ERROR)),
    ),
)

_BURSTS = (
    _anywhere(
        name="crowd-crashes-under-load",
        sentence="While more than 16 requests are under way, they are answered 500.",
        breaks=(BURSTS,),
        traffic=partial(Beyond, CROWD, only_if(answers.succeeded, INTERNAL_ERROR)),
    ),
    _anywhere(
        name="crowd-sees-nothing-under-load",
        sentence="While more than 16 requests are under way, they are answered 200 with no predictions.",
        breaks=(BURSTS,),
        traffic=partial(Beyond, CROWD, keep_predictions(lambda request, prediction: False)),
    ),
)

_KEYS = (
    _anywhere(
        name="wrong-key-opens-under-load",
        sentence="While others are under way, a request without the right key gets the answer of one that had it.",
        breaks=(KEYS,),
        traffic=partial(Neighbours, _without_the_key),
    ),
    _anywhere(
        name="right-key-refused-under-load",
        sentence="A request with the key is refused while one without it is under way.",
        breaks=(KEYS,),
        traffic=partial(PassedOn, _without_the_key),
    ),
)

FAULTS: tuple[Fault, ...] = (*_ANSWERS, *_FORMS, *_OPERATIONS, *_REFUSALS, *_BURSTS, *_KEYS)
