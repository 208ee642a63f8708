"""Requests that cannot be answered: each is refused with a reason that helps, and none brings the server down."""

from __future__ import annotations

from assay import generate
from assay.contract import delivery, load, wire
from assay.contract.message import Request
from assay.contract.pointers import split
from assay.contract.rule import Case, Cost, over, rule
from assay.judge import verify, verify_refusals
from assay.judge.answers import response_of
from assay.judge.verdicts import NoWitness
from assay.plugin.drivers import Driver
from assay.record.model import Exchange
from assay.target.busy import BREAKS_DOWN
from assay.target.discovery import KEY_REFUSED
from assay.target.policy import Credentials, KeyPlace

OPERATIONS = load().operations
IN_JSON = [name for name, each in OPERATIONS.items() if each.shape == "json-body"]
PICTURED = [name for name, each in OPERATIONS.items() if delivery.takes_pictures(each)]
BODIES = ("cut-short", "text", "not-a-number")
ADDRESSES = {
    "of-no-host": "https://assay-asks-for-no-such-host.invalid/picture.png",
    "of-no-file": "file:///assay-asks-for-no-such-file.png",
    "no-address": "this is no address",
}
"""The first ends in .invalid, which no name server ever resolves."""


@rule(
    "service.refuses-broken-json",
    requirement="A body that is no JSON is refused with a 4xx and a reason.",
    source="sound",
    severity="should",
    invariants=("G-15",),
    cases=over(IN_JSON, body=BODIES),
    cost=Cost(own=1),
)
def test_broken_json_is_refused(asked: Driver, case: Case) -> None:
    exchange = _sent_with_key_in_header(asked, _broken(asked.plain_request(), case["body"]))

    asked.note("the same body, whole, is answered")
    verify.refused(exchange, f"a body of JSON that is {case['body'].replace('-', ' ')}")


def _broken(request: Request, way: str) -> Request:
    whole = request.body
    bodies = {
        "cut-short": whole[: len(whole) // 2],
        "text": b"this is text and no JSON",
        "not-a-number": whole.rstrip().removesuffix(b"}") + b',"id":NaN}',
    }
    return request.replace(body=bodies[way])


def _sent_with_key_in_header(asked: Driver, request: Request) -> Exchange:
    """Send what may hide a key that stands in its body. Raises NoWitness where it is refused for its key all the same.

    What is wrong with the body was not looked at then.
    """
    key = asked.target.policy.key
    exchange = asked.send(request, Credentials(key, KeyPlace.HEADER) if key else None)
    if response_of(exchange).status in KEY_REFUSED:
        raise NoWitness("the target looks for the key in the body, and at the body no further without one")
    return exchange


def _required() -> list[Case]:
    """Each field that a body cannot do without, but for single coordinates.

    An object without a list of prompts is none: SAM2 may answer it as it answers a request without any prompt.
    """
    return [
        Case(name, {"at": way.pointer})
        for name in IN_JSON
        for way in generate.invalid_cases(OPERATIONS[name], undocumented=True, keyword="required")
        if len(split(way.pointer)[-1]) > 1 and "/box/" not in way.pointer and way.pointer != "/prompts/prompts"
    ]


@rule(
    "service.names-what-is-missing",
    requirement="A request that lacks a required field is refused, and told which field that is.",
    source="server",
    severity="should",
    invariants=("G-14", "A-20", "F-16", "O-13"),
    cases=_required(),
    depth="standard",
    cost=Cost(own=1),
)
def test_a_missing_field_is_named(asked: Driver, case: Case) -> None:
    wrong = generate.InvalidCase(case["at"], "required")
    way, *_ = generate.invalid(asked.operation, asked.example(), only=wrong, undocumented=True)

    exchange = asked.send(asked.operation.to_request(way.instance, check=False))

    what = f"a request without {way.pointer}"
    if response_of(exchange).status >= BREAKS_DOWN:
        raise NoWitness(f"{what} ends in a server error, which service.withstands-invalid-requests judges")
    asked.note("with the field, such a request is answered")
    verify.refused(exchange, what)
    verify_refusals.names(exchange, split(way.pointer)[-1], what)


@rule(
    "service.refuses-unknown-kind-of-image",
    requirement="A picture of a type that nobody knows is refused with a 4xx and a reason.",
    source="server",
    severity="should",
    invariants=("G-19",),
    cases=over(IN_JSON),
    cost=Cost(own=1),
)
def test_an_unknown_kind_of_image_is_refused(asked: Driver) -> None:
    plain = asked.plain_request()
    text = wire.base64_text(delivery.picture_of(asked.operation, plain))

    exchange = asked.send(delivery.with_image(asked.operation, plain, "assay-no-such-type", text))

    asked.note("as base64 the same picture is answered")
    verify.refused(exchange, "a picture of a type that nobody knows")


@rule(
    "service.refuses-address-of-no-picture",
    requirement="An address behind which there is no picture is refused with a 4xx and a reason.",
    source="server",
    severity="should",
    invariants=("G-17",),
    cases=over(PICTURED, address=list(ADDRESSES)),
    depth="standard",
    cost=Cost(own=1),
)
def test_an_address_of_no_picture_is_refused(asked: Driver, case: Case) -> None:
    exchange = asked.send(delivery.by_url(asked.operation, asked.plain_request(), ADDRESSES[case["address"]]))

    asked.note(f"{ADDRESSES[case['address']]} stands for the picture")
    verify.refused(exchange, f"a picture at {ADDRESSES[case['address']]}")
