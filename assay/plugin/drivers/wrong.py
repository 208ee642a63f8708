"""Requests that are wrong on purpose, each with how it is refused alone."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from assay.contract.message import Request
from assay.judge import verify_apart
from assay.judge.answers import response_of
from assay.judge.verdicts import NoWitness
from assay.plugin.drivers.base import Alone, Driver
from assay.record.model import Exchange
from assay.target.busy import TOO_MANY_REQUESTS
from assay.target.discovery import KEY_REFUSED
from assay.target.policy import Credentials, KeyPlace

NO_PICTURE = base64.b64encode(b"this is text and no picture at all").decode()
NO_KEY = Credentials()
WRONG_KEY = "assay-sends-this-as-a-wrong-key"
"""No key of anybody's, and like none: a service that counts wrong keys counts this one against nobody."""
NOT_FOR_WHAT_IS_WRONG = (*KEY_REFUSED, TOO_MANY_REQUESTS)
"""Refusals of whoever asks, and not of what is asked."""


def wrong_requests(driver: Driver) -> list[Alone]:
    """Requests that are refused alone, in different ways if there are any. Raises NoWitness where none is."""
    asked = {"text for a picture": driver.with_picture(NO_PICTURE), "a spoilt request": driver.spoilt_request()}
    alone = {what: driver.once(request) for what, request in asked.items()}
    refused = {what: exchange for what, exchange in alone.items() if _is_refused(exchange)}
    if not refused:
        raise NoWitness("no wrong request is refused when nothing else is asked")
    driver.note(", ".join(f"{what} is refused with {response_of(each).status}" for what, each in refused.items()))
    return [_refused(what, asked[what], each, [*refused.values()]) for what, each in refused.items()]


def _is_refused(exchange: Exchange) -> bool:
    status = response_of(exchange).status
    return 400 <= status < 500 and status not in NOT_FOR_WHAT_IS_WRONG


def _refused(what: str, request: Request, alone: Exchange, every: Sequence[Exchange]) -> Alone:
    others = [each for each in every if each is not alone]
    return Alone(what, request, lambda exchange: verify_apart.its_own_refusal(exchange, alone, others))


def wrong_key(driver: Driver) -> Credentials:
    """A wrong key, where the operation's own sample has its key: asked in one way, a request is sent once."""
    return Credentials(WRONG_KEY, KeyPlace.BODY if driver.operation.shape == "json-body" else KeyPlace.QUERY)


def without_the_key(driver: Driver) -> list[Alone]:
    """Plain requests with a wrong key and with none, as far as they are refused alone. Raises NoWitness."""
    if driver.target.policy.key is None:
        raise NoWitness("the target answers, and no key was given to ask it with")
    asked = {"a wrong key": wrong_key(driver), "no key": NO_KEY}
    request = driver.plain_request()
    shut = {
        what: credentials
        for what, credentials in asked.items()
        if response_of(driver.once(request, credentials)).status in KEY_REFUSED
    }
    if not shut:
        raise NoWitness("the target answers without the key, so that a key makes no difference to see")
    driver.note(" and ".join(f"a request with {what}" for what in shut) + " is refused alone")
    return [_shut(f"a request with {what}", request, credentials) for what, credentials in shut.items()]


def _shut(what: str, request: Request, credentials: Credentials) -> Alone:
    return Alone(what, request, lambda exchange: verify_apart.key_refused(exchange, what), credentials)
