"""Two pictures that one request is answered differently about: told by its address, it is seen which one was read."""

from __future__ import annotations

from dataclasses import dataclass

from assay.contract import delivery, wire
from assay.contract.message import Request
from assay.judge.answers import answer
from assay.judge.verdicts import NoWitness
from assay.plugin.drivers.base import Driver, expect_success
from assay.record.model import Exchange


@dataclass(frozen=True, slots=True)
class About:
    """A picture, a request with it in base64, and its answer."""

    picture: bytes
    request: Request
    answer: Exchange


def two_told_apart(asked: Driver) -> tuple[About, About]:
    """The same request about two pictures, whose answers differ. Raises NoWitness where none are known."""
    operation = asked.operation
    request, exchange = asked.telling()
    one = About(delivery.picture_of(operation, request), request, exchange)
    for each in asked.apart():
        picture = delivery.picture_of(operation, each.request)
        if picture != one.picture:
            same = delivery.by_base64(operation, request, wire.base64_text(picture))
            other = About(picture, same, expect_success(asked.once(same)))
            bodies = [answer(about.answer, asked.schema_rule).body for about in (one, other)]
            if asked.comparison(request).differences(*bodies):
                asked.note("the answers to two pictures differ")
                return one, other
    raise NoWitness("no two pictures are known that are answered differently")
