"""Whether a key makes a difference to a target, so that a rule about keys has something to see."""

from __future__ import annotations

from assay.contract.message import Request
from assay.judge.answers import response_of
from assay.judge.verdicts import NoWitness
from assay.plugin.drivers.base import Driver
from assay.plugin.drivers.wrong import NO_KEY
from assay.record.model import Exchange
from assay.target.busy import BREAKS_DOWN, TOO_MANY_REQUESTS
from assay.target.discovery import KEY_REFUSED
from assay.target.policy import Credentials, KeyPlace

JSON = "application/json"
TURNS = 3
"""Times that a plain request is refused and another one answered, before a door is said to stand open."""
Answers = tuple[Exchange, Exchange]


def needs_key(asked: Driver, proof: tuple[int, ...] = KEY_REFUSED) -> None:
    """Raise NoWitness where the target was asked with no key, or does not refuse a request for having none."""
    asked_with_a_key(asked)
    status = response_of(asked.once(asked.plain_request(), NO_KEY)).status
    if status == 200:
        raise NoWitness("the target answers without a key, so that a key makes no difference to see")
    if status not in proof:
        raise NoWitness(f"without a key the target answers {status}, which does not say that it asks for one")


def asked_with_a_key(asked: Driver) -> None:
    """Raise NoWitness where no key was given."""
    if asked.target.policy.key is None:
        raise NoWitness("the target answers, and no key was given to ask it with")


def free_for_a_key(asked: Driver, place: KeyPlace) -> None:
    """Raise NoWitness where the user's own words stand in this place."""
    if place is KeyPlace.HEADER and any(name.lower() == "authorization" for name, _ in asked.target.policy.headers):
        raise NoWitness("the header Authorization holds what the user put there")


def stays_shut(asked: Driver, credentials: Credentials = NO_KEY, times: int = 2) -> bool:
    """Whether a plain request with these is refused: each time, lest one of several processes only had no model yet."""
    answers = (asked.send(asked.plain_request(), credentials) for _ in range(times))
    return all(response_of(exchange).status in KEY_REFUSED for exchange in answers)


def require_opened(asked: Driver, request: Request, credentials: Credentials, answers: Answers) -> None:
    """Raise NoWitness unless a request that was answered with these credentials was let in past a door that is shut.

    `answers` are that to the good key, and that to these. What came back has to be what the key opens, and no page
    of whoever stands in front; and by turns the plain request has to be refused and this one answered, lest one of
    several servers only had the model in memory, and asks for no key since.
    """
    with_key, opened = answers
    if response_of(opened).media_type != response_of(with_key).media_type:
        raise NoWitness("without the key something else comes back than what the key opens")
    if response_of(opened).media_type == JSON and _says_otherwise(asked, request, with_key, opened):
        raise NoWitness("without the key something else is said than what the key opens")
    for _ in range(TURNS):
        if not stays_shut(asked, credentials, times=1) or not is_open(asked.send(request, credentials)):
            raise NoWitness("the target asks for a key now and then: one of several servers may have loaded the model")


def _says_otherwise(asked: Driver, request: Request, one: Exchange, other: Exchange) -> bool:
    try:
        bodies = response_of(one).json(), response_of(other).json()
    except ValueError:
        return True
    pairs = zip(*bodies, strict=False) if all(isinstance(body, list) for body in bodies) else [bodies]
    return any(asked.comparison(request).differences(*pair) for pair in pairs)


def is_open(exchange: Exchange) -> bool:
    """Whether a request was answered."""
    return 200 <= response_of(exchange).status < 300


def require_said(exchange: Exchange) -> None:
    """Raise NoWitness where an answer does not say whether the target asks for a key: it may be too busy to."""
    status = response_of(exchange).status
    if status == TOO_MANY_REQUESTS or status >= BREAKS_DOWN:
        raise NoWitness(f"the target answers {status}, which does not say whether it asks for a key")
