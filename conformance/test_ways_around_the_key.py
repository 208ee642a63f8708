"""Other ways to ask for what a key opens: none of them opens it without one."""

from __future__ import annotations

import hashlib

from assay.contract import delivery, load
from assay.contract.message import Request
from assay.contract.rule import Case, Cost, over, rule
from assay.judge import verify_service
from assay.judge.answers import response_of
from assay.judge.verdicts import NoWitness
from assay.plugin.drivers import Driver, Sam2Driver
from assay.plugin.drivers.florence2 import Florence2Driver
from assay.plugin.drivers.keyed import free_for_a_key, needs_key, require_shut
from assay.plugin.drivers.wrong import NO_KEY, WRONG_KEY
from assay.target.discovery import KEY_REFUSED
from assay.target.policy import Credentials, KeyPlace

OPERATIONS = load().operations
BOXES = ("hosted.object-detection", "hosted.keypoint-detection")
BY_TASK = ("infer.object-detection", "infer.keypoint-detection")
FLORENCE, SEGMENT = "florence2.infer", "sam2.segment"
WRONG = Credentials(WRONG_KEY)
BLANK_QUERY = "blank-query"
HEADERS = {"blank-bearer": "Bearer", "other-scheme": "Basic YXNzYXk6YXNzYXk="}
"""What stands in Authorization and is no key: no word behind `Bearer`, a user's name and password."""


@rule(
    "service.asks-for-the-key-on-every-way",
    requirement="What a key opens when asked in one way is opened in no other way without one, or by a wrong one.",
    source="sound",
    severity="must",
    invariants=("G-20",),
    late=1,
    cases=(
        *over(BOXES, way=["GET", "form", "drawing"]),
        *over(BY_TASK, way=["list-of-pictures"]),
        *over(FLORENCE, way=["model-in-path"]),
        *over(SEGMENT, way=["name-of-a-picture"]),
    ),
    depth="standard",
    cost=Cost(own=5),
)
def test_every_way_asks_for_the_key(asked: Driver, case: Case) -> None:
    needs_key(asked)
    request = _otherwise(asked, case["way"])
    with_key = asked.once(request)
    if response_of(with_key).status != 200:
        raise NoWitness(f"with the key this way is answered with status {response_of(with_key).status}")

    told = f"by {case['way'].replace('-', ' ')}"
    asked.note(f"with the key a request {told} is answered")
    wrong = {"without a key": NO_KEY}
    if response_of(asked.once(asked.plain_request(), WRONG)).status in KEY_REFUSED:
        wrong["with a wrong key"] = WRONG
    for what, credentials in wrong.items():
        exchange = asked.send(request, credentials)

        require_shut(asked, credentials, exchange)
        verify_service.opened_by_nothing(exchange, f"a request {what}, {told},")


def _otherwise(asked: Driver, way: str) -> Request:
    """What the plain request asks for, asked in another way."""
    request = asked.plain_request()
    if way == "form":
        return delivery.as_form(asked.operation, request)
    if way == "drawing":
        return delivery.with_member(asked.operation, request, "format", "image")
    if way == "list-of-pictures":
        return delivery.as_batch(asked.operation, [request, request])
    if isinstance(asked, Florence2Driver):
        return request.replace(path=f"{request.path}/{asked.model}")
    if isinstance(asked, Sam2Driver):
        answered = response_of(asked.once(request))  # its time makes the name one that no other run has left there
        name = f"assay-{hashlib.sha256(repr(answered.headers).encode() + answered.body).hexdigest()[:24]}"
        return delivery.with_member(asked.operation, request, "image_id", name)
    picture = delivery.picture_of(asked.operation, request)
    return delivery.by_url(asked.operation, request, asked.offers().publish(picture)).replace(method="GET")


@rule(
    "service.takes-nothing-for-a-key",
    requirement="A blank key, a bare `Bearer` and another scheme open no more than no key at all.",
    source="sound",
    severity="must",
    invariants=("G-20",),
    late=1,
    cases=over(OPERATIONS, given=[BLANK_QUERY, *HEADERS]),
)
def test_nothing_is_taken_for_a_key(asked: Driver, case: Case) -> None:
    needs_key(asked)
    request = asked.plain_request()
    if case["given"] == BLANK_QUERY:
        request = request.with_query(api_key="")
    else:
        free_for_a_key(asked, KeyPlace.HEADER)
        request = request.replace(headers=(*request.headers, ("Authorization", HEADERS[case["given"]])))

    exchange = asked.once(request, NO_KEY)

    asked.note("without a key the same request is refused")
    require_shut(asked, NO_KEY, exchange)
    verify_service.opened_by_nothing(exchange, f"a request with {case['given'].replace('-', ' ')} for a key")
