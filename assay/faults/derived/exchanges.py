"""Faults of whole answers, and of which answer comes to which request: the same for every operation."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from assay.contract import Operation
from assay.contract.message import Request, Response
from assay.faults import pictures
from assay.faults.model import Derived, Promise, ResponseOperator
from assay.faults.operators import answers, credentials, crowds, memories, traffic
from assay.faults.operators.answers import INTERNAL_ERROR, both, only_if, succeeded

OFTEN, RARELY = 10, 20
SLOW = 1.0
"""Seconds."""


def faults_of_exchanges(operation: Operation) -> Iterator[Derived]:
    """What can go wrong with any answer of the operation; a route without parameters has but one answer to give."""
    yield from _answers(operation)
    if operation.shape != "empty":
        yield from _traffic(operation)
    if any(mode.media == "image/jpeg" for mode in operation.modes.values()):
        yield _fault(operation, "png-called-jpeg", "A JPEG that was asked for is a PNG.", response=_png_called_jpeg)


def _fault(operation: Operation, name: str, sentence: str, **acts: Any) -> Derived:
    promise: Promise = acts.pop("promise", "sound")
    return Derived(f"{operation.id}/{name}", sentence, (operation.id,), (), operator=name, promise=promise, **acts)


def _answers(operation: Operation) -> Iterator[Derived]:
    fault = partial(_fault, operation)
    yield fault("truncated", "The second half of each answer is lost.", response=_good(answers.cut_short(0.5)))
    yield fault("status-201", "What should be answered 200 is answered 201.", response=_good(_status(201)))
    yield fault("status-204", "What should be answered 200 is answered 204.", response=_good(_no_content))
    yield fault("status-500", "What should be answered 200 is answered 500.", response=_good(INTERNAL_ERROR))
    yield fault("refused-as-200", "What is refused is answered 200, with the same words.", response=_refusal_as_good)
    yield fault("json-called-text", "JSON is sent as text/plain.", response=_json_called_text)
    yield fault("key-in-refusal", "A refusal repeats the key.", response=credentials.tell_key_in_refusal)
    yield fault(
        "now-and-then-500",
        "One in twenty good answers is a 500.",
        traffic=traffic.every(RARELY, only_if(succeeded, INTERNAL_ERROR)),
    )


def _traffic(operation: Operation) -> Iterator[Derived]:
    fault = partial(_fault, operation)
    yield fault("answer-before", "Each request is answered with the answer before.", traffic=memories.Before)
    yield fault(
        "first-of-path",
        "The first answer is given for ever.",
        traffic=memories.first_by(lambda request: request.path),
    )
    yield fault(
        "first-of-parameters",
        "The first answer to the same parameters is given whatever the picture.",
        traffic=memories.first_by(memories.parameters_of),
    )
    yield fault(
        "first-of-picture",
        "The first answer to the same picture is given whatever the parameters.",
        traffic=memories.first_by(memories.picture_of),
    )
    yield fault("swapped-under-load", "Two answers under way at the same time change places.", traffic=crowds.Swap)
    yield fault(
        "slow-now-and-then",
        "One in ten answers comes a second late.",
        traffic=traffic.slow(OFTEN, SLOW),
        promise="nobody",
        because="no document promises how long an answer takes",
    )


def _good(operator: ResponseOperator) -> ResponseOperator:
    return only_if(succeeded, operator)


def _status(status: int) -> ResponseOperator:
    return lambda request, response: response.replace(status=status)


def _no_content(request: Request, response: Response) -> Response:
    return response.replace(status=204, body=b"")


def _refusal_as_good(request: Request, response: Response) -> Response:
    return response.replace(status=200) if response.status >= 400 else response


_json_called_text = only_if(both(succeeded, answers.is_json), answers.call_media("text/plain"))


def _png_called_jpeg(request: Request, response: Response) -> Response:
    pixels = pictures.decode(response.body) if response.media_type == "image/jpeg" else None
    return response if pixels is None else response.replace(body=pictures.encode(pixels, ".png"))
