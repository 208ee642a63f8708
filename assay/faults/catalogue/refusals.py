"""Faults in how requests are refused that cannot be answered."""

from __future__ import annotations

from functools import partial

from assay.contract import load
from assay.faults.model import ALL_OPERATIONS, Fault
from assay.faults.operators import answers, delivery, refusals
from assay.faults.operators.answers import INTERNAL_ERROR, UNHANDLED_ERROR, both, only_if, refused
from assay.faults.operators.fields import change_field

BROKEN = "service.refuses-broken-json"
MISSING = "service.names-what-is-missing"
KIND = "service.refuses-unknown-kind-of-image"
ADDRESS = "service.refuses-address-of-no-picture"

IN_JSON = tuple(name for name, each in load().operations.items() if each.shape == "json-body")
_in_json = partial(Fault, operations=IN_JSON)
_anywhere = partial(Fault, operations=ALL_OPERATIONS, breaks=(ADDRESS,))
_ERROR_PAGE = b"<!DOCTYPE html><html><head><title>Bad Request</title></head><body>Bad Request</body></html>"
_INVALID = b'{"detail":"The request is not valid."}'
_NOTHING = b'{"time":0.001,"image":{"width":1,"height":1},"predictions":[]}'

FAULTS: tuple[Fault, ...] = (
    _in_json(
        name="broken-json-crashes",
        sentence="A body that is no JSON is answered 500.",
        breaks=(BROKEN,),
        response=only_if(both(refused, refusals.broken_json), UNHANDLED_ERROR),
    ),
    _in_json(
        name="broken-json-error-page",
        sentence="A body that is no JSON is refused with a page for browsers.",
        breaks=(BROKEN,),
        response=only_if(
            both(refused, refusals.broken_json), answers.replace_answer(400, _ERROR_PAGE, "text/html; charset=utf-8")
        ),
    ),
    _in_json(
        name="missing-field-not-named",
        sentence="A request that lacks a field is refused as not valid, and told no more.",
        breaks=(MISSING,),
        response=only_if(refusals.says_what_is_missing, answers.replace_answer(422, _INVALID)),
    ),
    _in_json(
        name="missing-field-without-place",
        sentence="A refusal says that a field is required, and that it belongs into the body, and not which.",
        breaks=(MISSING,),
        response=only_if(refusals.says_what_is_missing, change_field("/detail/*/loc", lambda place: ["body"])),
    ),
    _in_json(
        name="unknown-kind-of-image-read-as-base64",
        sentence="A picture of a type that there is not is read as one in base64.",
        breaks=(KIND,),
        request=refusals.read_any_kind_as_base64,
    ),
    _in_json(
        name="unknown-kind-of-image-crashes",
        sentence="A picture of a type that there is not is answered 500.",
        breaks=(KIND,),
        response=only_if(both(refused, refusals.of_unknown_kind), INTERNAL_ERROR),
    ),
    _anywhere(
        name="address-of-no-picture-seen-empty",
        sentence="An address behind which there is no picture is answered 200 with no predictions.",
        response=only_if(both(refused, delivery.by_address), answers.replace_answer(200, _NOTHING)),
    ),
    _anywhere(
        name="address-of-no-picture-crashes",
        sentence="An address behind which there is no picture is answered 500.",
        response=only_if(both(refused, delivery.by_address), INTERNAL_ERROR),
    ),
)
