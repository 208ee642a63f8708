"""Whether a key makes a difference to a target, so that a rule about keys has something to see."""

from __future__ import annotations

from assay.judge.answers import response_of
from assay.judge.verdicts import NoWitness
from assay.plugin.drivers.base import Driver
from assay.plugin.drivers.wrong import NO_KEY
from assay.record.model import Exchange
from assay.target.discovery import KEY_REFUSED
from assay.target.policy import Credentials, KeyPlace

BAD_REQUEST, BREAKS_DOWN = 400, 500


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


def require_shut(asked: Driver, credentials: Credentials, opened: Exchange) -> None:
    """Raise NoWitness where what was `opened` by these credentials proves nothing.

    A server may have loaded the model meanwhile, and ask for no key since; or it may be too busy to say.
    """
    status = response_of(opened).status
    if status >= BREAKS_DOWN:
        raise NoWitness(f"the target answers {status}, which does not say whether it asks for a key")
    if status < BAD_REQUEST and not stays_shut(asked, credentials):
        raise NoWitness("the target answers the plain request so, too, though it refused it before")
