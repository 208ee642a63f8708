"""Faults in what an answer says of itself: its name, those of its detections, its times, settings that nobody knows."""

from __future__ import annotations

from functools import partial

from assay.faults.model import ALL_OPERATIONS, BOXES, FLORENCE, INFER, OWLV2, SEMANTIC_JSON, Fault
from assay.faults.operators import answers, credentials, naming
from assay.faults.operators.answers import INTERNAL_ERROR, both, only_if, succeeded
from assay.faults.operators.fields import change_field, is_number

UNKNOWN = "service.ignores-unknown-settings"
ONCE = "service.detections-named-once"
COMES_BACK = "service.name-of-the-call-comes-back"
TIME = "service.time-within-the-call"
PROCESSING = "service.processing-time-within-the-call"

_anywhere = partial(Fault, operations=ALL_OPERATIONS)
_detecting = partial(Fault, operations=(*BOXES, *INFER, OWLV2), breaks=(ONCE,))
_named = partial(Fault, operations=(*INFER, SEMANTIC_JSON, OWLV2, FLORENCE), breaks=(COMES_BACK,))
_NOTHING = b'{"time":0.001,"image":{"width":1,"height":1},"predictions":[]}'

FAULTS: tuple[Fault, ...] = (
    _anywhere(
        name="unknown-parameter-crashes",
        sentence="A request with a query parameter that the server does not know is answered 500.",
        breaks=(UNKNOWN,),
        response=only_if(both(succeeded, naming.strange_in_query), INTERNAL_ERROR),
    ),
    _anywhere(
        name="unknown-field-empties-the-answer",
        sentence="A request with a field that the server does not know is answered with no predictions.",
        breaks=(UNKNOWN,),
        response=only_if(both(succeeded, naming.strange_in_body), answers.replace_answer(200, _NOTHING)),
    ),
    _detecting(
        name="detections-counted-in-each-answer",
        sentence="Detections are numbered from 1 in each answer, and not named once for all.",
        response=naming.counted_detections,
    ),
    _detecting(
        name="detections-share-a-name",
        sentence="All detections of one answer have the same detection_id.",
        response=naming.unnamed_detections,
    ),
    _named(
        name="name-of-the-call-cut-short",
        sentence="Of what a request calls itself only the first 8 characters come back.",
        response=change_field("/inference_id", lambda name: name[:8] if isinstance(name, str) else name),
    ),
    _named(
        name="name-of-the-call-in-thirty-two",
        sentence="Of what a request calls itself only the first 32 characters come back.",
        response=change_field("/inference_id", lambda name: name[:32] if isinstance(name, str) else name),
    ),
    _named(
        name="name-of-the-call-before",
        sentence="Each answer bears the name of the call before it.",
        traffic=naming.NameOfTheCallBefore,
    ),
    _anywhere(
        name="time-in-milliseconds",
        sentence="The time in an answer counts milliseconds.",
        breaks=(TIME,),
        response=change_field("/time", lambda told: told * 1000 if is_number(told) else told),
    ),
    _anywhere(
        name="time-always-zero",
        sentence="The time in an answer is always 0.",
        breaks=(TIME,),
        response=change_field("/time", lambda told: 0),
    ),
    _anywhere(
        name="processing-time-in-milliseconds",
        sentence="X-Processing-Time counts milliseconds, and the call seems to have taken an hour.",
        breaks=(PROCESSING,),
        response=only_if(succeeded, credentials.set_header("x-processing-time", "3600.0")),
    ),
    _anywhere(
        name="processing-time-without-the-model",
        sentence="X-Processing-Time leaves out the time for which the model computes.",
        breaks=(PROCESSING,),
        response=only_if(succeeded, credentials.set_header("x-processing-time", "0")),
    ),
)
