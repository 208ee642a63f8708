"""Other ways to ask for what a key opens: none of them opens it without one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from assay.contract import delivery, load
from assay.contract.message import Request
from assay.contract.rule import Case, Cost, over, rule
from assay.judge import verify_service
from assay.judge.answers import response_of
from assay.judge.verdicts import NoWitness
from assay.plugin.drivers import Driver, Sam2Driver
from assay.plugin.drivers.florence2 import Florence2Driver
from assay.plugin.drivers.keyed import free_for_a_key, is_open, needs_key, require_opened, require_said
from assay.plugin.drivers.wrong import NO_KEY, wrong_key
from assay.target.discovery import KEY_REFUSED
from assay.target.policy import KeyPlace

OPERATIONS = load().operations
BOXES = ("hosted.object-detection", "hosted.keypoint-detection")
BY_TASK = ("infer.object-detection", "infer.keypoint-detection")
FLORENCE, SEGMENT = "florence2.infer", "sam2.segment"
WAYS = {
    "GET": "by GET",
    "form": "with its picture in a form",
    "drawing": "for a drawing",
    "list-of-pictures": "with a list of pictures",
    "model-in-path": "with the model in its path",
    "name-of-a-picture": "by the name of a picture",
}
QUERY, BODY, JSON = "blank-query", "blank-body", "json-body"
TOLD = {
    QUERY: "an empty `api_key` in its query",
    BODY: "an empty `api_key` in its body",
    "blank-bearer": "a bare `Bearer`",
    "other-scheme": "a name and a password",
}
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

    asked.note(f"with the key a request {WAYS[case['way']]} is answered")
    wrong = {"without a key": NO_KEY}
    if response_of(asked.once(asked.plain_request(), wrong_key(asked))).status in KEY_REFUSED:
        wrong["with a wrong key"] = wrong_key(asked)
    for what, credentials in wrong.items():
        exchange = asked.send(request, credentials)

        require_said(exchange)
        if is_open(exchange):
            require_opened(asked, request, credentials, (with_key, exchange))
        verify_service.opened_by_nothing(exchange, f"a request {what}, {WAYS[case['way']]},")


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


def _nothings() -> Iterator[Case]:
    """Each operation with what may stand in a place where it reads a key, and is none."""
    for name, operation in OPERATIONS.items():
        in_query = [] if name.startswith("infer.") else [QUERY]
        in_body = [BODY] if operation.shape == JSON else []
        yield from over(name, given=[*HEADERS, *in_query, *in_body])


@rule(
    "service.takes-nothing-for-a-key",
    requirement="A blank key, a bare `Bearer` and another scheme open no more than no key at all.",
    source="sound",
    severity="must",
    invariants=("G-20",),
    late=1,
    cases=tuple(_nothings()),
    cost=Cost(own=9),
)
def test_nothing_is_taken_for_a_key(asked: Driver, case: Case) -> None:
    needs_key(asked)
    with_key = asked.send(asked.plain_request())
    if not is_open(with_key):
        raise NoWitness(f"with the key the target answers {response_of(with_key).status} by now")
    request = _with_nothing(asked, case["given"])

    exchange = asked.once(request, NO_KEY)

    asked.note("without a key the same request is refused, and with it answered")
    require_said(exchange)
    if is_open(exchange):
        require_opened(asked, request, NO_KEY, (with_key, exchange))
    verify_service.opened_by_nothing(exchange, f"a request with {TOLD[case['given']]}")


def _with_nothing(asked: Driver, given: str) -> Request:
    """The plain request with nothing in the place of a key."""
    request = asked.plain_request()
    if given == QUERY:
        return request.with_query(api_key="")
    if given == BODY:
        return delivery.with_unknown_member(request, "api_key", "")
    free_for_a_key(asked, KeyPlace.HEADER)
    return request.replace(headers=(*request.headers, ("Authorization", HEADERS[given])))
