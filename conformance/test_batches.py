"""Several pictures in one call of a route that names the task: the open-source server answers a list with a list.

No document shows it. A server that takes no list is not held to it.
"""

from __future__ import annotations

import base64

import numpy as np

from assay.contract import delivery, load
from assay.contract.message import Request
from assay.contract.rule import Case, Cost, over, rule
from assay.encodings import encode_png
from assay.judge import verify, verify_batches
from assay.judge.answers import response_of
from assay.judge.verdicts import NoWitness
from assay.photograph import GREY
from assay.picture import stated_size
from assay.plugin.drivers import Driver, expect_success
from assay.record.model import Exchange

BY_TASK = [name for name, operation in load().operations.items() if delivery.takes_lists(operation)]
MOST = 3
"""Pictures in a batch."""


@rule(
    "service.batch-in-order",
    requirement="A list of pictures is answered with a list: an answer for each picture, in their order.",
    source="server",
    severity="should",
    invariants=("G-32",),
    compares=True,
    cases=over(BY_TASK, pictures=["one", "several"]),
    cost=Cost(own=1),
    depth="standard",
)
def test_a_batch_is_answered_in_order(asked: Driver, case: Case) -> None:
    requests = _several(asked)[: 1 if case["pictures"] == "one" else MOST]

    exchange = _sent(asked, requests)

    sizes = [_size(asked, request) for request in requests]
    asked.note("pictures of " + ", ".join(f"{width} x {height} px" for width, height in sizes))
    verify_batches.listed(exchange, len(requests))
    verify_batches.sizes_in_order(exchange, sizes)


@rule(
    "service.batch-as-alone",
    requirement="Each picture of a list is answered as it is alone.",
    source="server",
    severity="should",
    content=True,
    invariants=("G-33",),
    compares=True,
    cases=over(BY_TASK, pictures=["each-once", "one-twice-and-one-empty"]),
    cost=Cost(own=2 + MOST),
    depth="standard",
)
def test_a_batch_is_answered_as_its_pictures_are_alone(asked: Driver, case: Case) -> None:
    requests = _several(asked)
    if case["pictures"] == "one-twice-and-one-empty":
        first, *others = requests
        requests = [first, *_showing_nothing(asked, first), *others, first]
    alone = [response_of(expect_success(asked.once(request))).json() for request in requests]

    exchange = _sent(asked, requests)

    empty = len(requests) > len(_several(asked)) + 1
    told = ", one of them in which nothing is seen" if empty else ""
    asked.note(f"{len(requests)} pictures{told}, of which {len(_several(asked))} alone are answered unlike one another")
    verify_batches.as_alone(exchange, alone, asked.comparison(requests[0]))


@rule(
    "service.batch-refused-as-a-whole",
    requirement="A list in which one picture cannot be decoded is refused as a whole, with a 4xx and a reason.",
    source="server",
    severity="should",
    invariants=("G-34",),
    cases=over(BY_TASK, bad=["first", "last"]),
    cost=Cost(own=2),
)
def test_one_bad_picture_refuses_the_batch(asked: Driver, case: Case) -> None:
    good, *_ = requests = _several(asked)
    _sent(asked, requests)
    bad = delivery.by_base64(asked.operation, good, base64.b64encode(b"this is text and no picture at all").decode())

    exchange = asked.send(delivery.as_batch(asked.operation, [bad, good] if case["bad"] == "first" else [good, bad]))

    asked.note("a list of pictures that all can be decoded is answered")
    verify.refused(exchange, f"a list of two pictures, the {case['bad']} of which is text,")


def _several(asked: Driver) -> list[Request]:
    """Requests about pictures of different sizes, which are answered differently. Raises NoWitness."""
    by_size = {_size(asked, each.request): each.request for each in asked.apart()}
    if len(by_size) < 2:
        raise NoWitness("fewer than two pictures of different sizes are answered differently")
    return list(by_size.values())[:MOST]


def _showing_nothing(asked: Driver, request: Request) -> list[Request]:
    """The same about a picture of the same size in which nothing is seen, where such a one is answered with nothing.

    Of an empty picture a classifier says what it is nearest to, and may say so otherwise among others.
    """
    width, height = _size(asked, request)
    nothing = encode_png(np.full((height, width, 3), GREY, np.uint8))
    empty = delivery.by_base64(asked.operation, request, base64.b64encode(nothing).decode())
    answer = response_of(expect_success(asked.once(empty))).json()
    return [empty] if isinstance(answer, dict) and answer.get("predictions") == [] else []


def _size(asked: Driver, request: Request) -> tuple[int, int]:
    """Width and height in px of the picture in a request."""
    size = stated_size(delivery.picture_of(asked.operation, request))
    assert size is not None
    return size


def _sent(asked: Driver, requests: list[Request]) -> Exchange:
    """The answer to one request with all the pictures. Raises NoWitness where the target takes no list."""
    exchange = asked.once(delivery.as_batch(asked.operation, requests))
    status = response_of(exchange).status
    if 400 <= status < 500:
        raise NoWitness(f"the target takes no list of pictures (status {status})")
    verify.answered(exchange, f"a request with a list of {len(requests)} of them", None)
    return exchange
