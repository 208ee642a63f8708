"""Faults that only some clients meet: those that a page prints write their requests in many ways."""

from __future__ import annotations

from functools import partial

from assay.faults.model import HOSTED, Fault, ResponseOperator
from assay.faults.operators import answers, clients
from assay.faults.operators.answers import both, only_if, succeeded

PLAIN = "service.answers-plain-requests"
SAMPLES = "hosted.samples.are-answered"
REPAIRED = "hosted.samples.repaired-are-answered"

_hosted = partial(Fault, operations=HOSTED)


def _refused(status: int, message: str) -> ResponseOperator:
    return answers.replace_answer(status, f'{{"message":"{message}"}}'.encode())


FAULTS: tuple[Fault, ...] = (
    _hosted(
        name="base64-read-as-a-form",
        sentence="Base64 that is called a form is read as one, so that each plus in it is lost.",
        breaks=(SAMPLES, REPAIRED),
        request=clients.as_form_text,
    ),
    _hosted(
        name="base64-called-a-form-refused",
        sentence="Base64 that is called a form is refused with 415.",
        breaks=(PLAIN, SAMPLES, REPAIRED),
        response=only_if(both(succeeded, clients.called_a_form), _refused(415, "Send JSON.")),
    ),
    _hosted(
        name="base64-of-no-type-refused",
        sentence="Base64 of which no header says what it is gets 400.",
        breaks=(SAMPLES,),
        response=only_if(both(succeeded, clients.without_type), _refused(400, "Content-Type header not provided.")),
    ),
    _hosted(
        name="file-name-refused",
        sentence="A request that names its file in the query is refused with 422.",
        breaks=(SAMPLES,),
        response=only_if(both(succeeded, clients.named), _refused(422, "name is not known.")),
    ),
    _hosted(
        name="length-demanded",
        sentence="A POST without a body is refused with 411 unless it states that its length is 0.",
        breaks=(REPAIRED, SAMPLES),
        response=only_if(both(succeeded, clients.without_length), _refused(411, "Length required.")),
    ),
    _hosted(
        name="curl-turned-away",
        sentence="A gateway turns away with 403 whoever calls itself curl.",
        breaks=(REPAIRED,),
        response=only_if(both(succeeded, clients.by_curl), _refused(403, "No robots.")),
    ),
)
