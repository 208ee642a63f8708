"""Named verifications of what holds across operations: delivery, credentials, refusals. Each raises RuleBroken."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any

from assay.contract.message import Response
from assay.contract.operations import Operation
from assay.contract.source import Source
from assay.judge import verify
from assay.judge.answers import Answer, response_of
from assay.judge.equal import Comparison
from assay.judge.verdicts import NoWitness, RuleBroken, broken_if
from assay.record.model import Exchange, Finding
from assay.target.discovery import KEY_REFUSED

UNKNOWN = (*KEY_REFUSED, 404)
TOO_LARGE = 413
MOST_TOLD = 5
COLD_START = "x-model-cold-start"
COLD_START_COUNT = "x-model-cold-start-count"
LOAD_TIME = "x-model-load-time"
LOAD_DETAILS = "x-model-load-details"
ROUNDING = 0.001
"""Seconds by which a sum of times may be off: each is rounded."""


def same_answer(
    exchange: Exchange, expected: Exchange, comparison: Comparison, why: str, says: Source | None = None
) -> None:
    """The answer says what the expected one says. `why` is how the two requests differ."""
    verify.answered(exchange, f"a request {why}", says)
    try:
        actual = response_of(exchange).json()
    except ValueError as error:
        raise RuleBroken([Finding(f"the answer is no JSON ({error}), {why}", exchange=exchange.id)]) from None
    found = comparison.differences(response_of(expected).json(), actual)
    broken_if(
        [
            Finding(
                f"{difference.message}, {why}",
                pointer=difference.pointer,
                expected=difference.expected,
                actual=difference.actual,
                exchange=exchange.id,
                says=says,
            )
            for difference in found[:MOST_TOLD]
        ]
    )


def not_as_another(actual: Answer, right: Answer, wrong: Answer, comparison: Comparison, what: str) -> None:
    """The answer is not the wrong one, which is `what`. Raises NoWitness where it is not the right one either."""
    if not comparison.differences(wrong.body, actual.body):
        raise RuleBroken([Finding(f"the answer is {what}", exchange=actual.exchange.id)])
    if comparison.differences(right.body, actual.body):
        raise NoWitness("the answer is a third one; how inks become colours no document says")


def fetched(times: int, exchange: Exchange) -> None:
    """The picture was fetched from its address."""
    if not times:
        message = "the request was answered, but its picture was never fetched from the address"
        raise RuleBroken([Finding(message, expected="1 or more", actual=0, exchange=exchange.id)])


def size_stated(exchange: Exchange, width: int, height: int, why: str) -> None:
    """`image` states this size in px."""
    expected = {"width": width, "height": height}
    stated = _object(response_of(exchange)).get("image")
    found = {name: stated.get(name) for name in expected} if isinstance(stated, dict) else stated
    if found != expected:
        message = f"the picture is {width} x {height} px {why}, the answer says otherwise"
        raise RuleBroken([Finding(message, "/image", expected=expected, actual=found, exchange=exchange.id)])


def refused_for_its_key(exchange: Exchange, what: str, says: Source | None = None) -> None:
    """The request was refused with 401 or 403, and the body gives a reason as JSON."""
    status = response_of(exchange).status
    if status not in KEY_REFUSED:
        message = f"{what} was answered with status {status}"
        expected = "401 or 403"
        raise RuleBroken([Finding(message, expected=expected, actual=status, exchange=exchange.id, says=says)])
    verify.refused(exchange, what)


def shut_as_elsewhere(exchange: Exchange, shut: Operation) -> None:
    """The request without a key was refused, as it is by the operation that is shut, which asks the same model."""
    status = response_of(exchange).status
    if status not in KEY_REFUSED:
        other = f"{shut.method} {shut.path}"
        message = f"a request without a key was answered with status {status}, though {other} refuses one"
        raise RuleBroken([Finding(message, expected="401 or 403", actual=status, exchange=exchange.id)])


def opened_by_nothing(exchange: Exchange, what: str) -> None:
    """The request was not answered, in whatever way that was refused."""
    status = response_of(exchange).status
    if 200 <= status < 300:
        message = f"{what} was answered with status {status}, where the plain request is refused"
        raise RuleBroken([Finding(message, expected="401 or 403", actual=status, exchange=exchange.id)])


def status_is(exchange: Exchange, expected: int, what: str) -> None:
    """The answer has this status."""
    actual = response_of(exchange).status
    if actual != expected:
        message = f"{what} was refused with status {actual} and not {expected}"
        raise RuleBroken([Finding(message, expected=expected, actual=actual, exchange=exchange.id)])


def has_member(exchange: Exchange, name: str, what: str) -> None:
    """The JSON body holds a text of that name."""
    body = _object(response_of(exchange))
    if not isinstance(body.get(name), str):
        message = f"the refusal of {what} holds no {name}"
        raise RuleBroken([Finding(message, f"/{name}", expected=name, actual=sorted(body), exchange=exchange.id)])


def unknown_model_refused(exchange: Exchange, statuses: tuple[int, ...], unknown: str) -> None:
    """What is not there, a model or version, is refused with one of these statuses, or any 4xx if none is named."""
    what = f"a request to a {unknown} that is not there"
    actual = response_of(exchange).status
    if statuses and actual not in statuses:
        expected = ", ".join(map(str, statuses))
        message = f"{what} was answered with status {actual}"
        raise RuleBroken([Finding(message, expected=expected, actual=actual, exchange=exchange.id)])
    verify.refused(exchange, what)


def not_too_large(exchange: Exchange) -> None:
    """The request was not refused because of its size: by the server, or by a proxy before it."""
    status = response_of(exchange).status
    if status == TOO_LARGE:
        sent = f"{len(exchange.request.body) / 1e6:.1f} MB"
        message = (
            f"a request of {sent} with a photograph was refused as too large; where a proxy stands before the server, "
            "it may be the proxy's limit, such as nginx's client_max_body_size of 1 MB"
        )
        raise RuleBroken(
            [Finding(message, expected=f"any status but {TOO_LARGE}", actual=status, exchange=exchange.id)]
        )


def open_to_all(exchange: Exchange) -> None:
    """The route was answered with 200 though no key was sent."""
    status = response_of(exchange).status
    if status != 200:
        message = "the route was not answered without a key"
        raise RuleBroken([Finding(message, expected=200, actual=status, exchange=exchange.id)])


def cold_start_told(first: Exchange, repeats: list[Exchange]) -> None:
    """X-Model-Cold-Start is `true` or `false`, and `false` in one of the answers that follow at once."""
    findings = []
    for exchange in (first, *repeats):
        told = response_of(exchange).header(COLD_START)
        if told not in ("true", "false"):
            message = "X-Model-Cold-Start is neither true nor false"
            findings.append(Finding(message, expected="true or false", actual=told, exchange=exchange.id))
    broken_if(findings)
    if all(response_of(exchange).header(COLD_START) == "true" for exchange in repeats):
        message = f"the model is called cold in {len(repeats)} requests that follow one another at once"
        raise RuleBroken([Finding(message, expected="false", actual="true", exchange=repeats[-1].id)])


def counts_a_load(exchange: Exchange, others: Iterable[Exchange]) -> bool:
    """Whether a good answer tells in other headers that a model was loaded for it: how many, or how long that took.

    A count is trusted where some of the `others` is 0: elsewhere it may be of all that were loaded so far.
    """
    if exchange.response is None or exchange.response.status != 200:
        return False
    if exchange.response.header(LOAD_TIME) is not None:
        return True
    counts = [each.response.header(COLD_START_COUNT) for each in others if each.response is not None]
    return "0" in counts and exchange.response.header(COLD_START_COUNT) not in (None, "0")


def tells_a_load(exchange: Exchange) -> bool:
    """Whether an answer says that its model was loaded for it, and how long that took."""
    response = exchange.response
    return response is not None and response.header(COLD_START) == "true" and response.header(LOAD_TIME) is not None


def each_load_told(exchanges: Iterable[Exchange]) -> None:
    """Every answer that says X-Model-Cold-Start: true tells how long the load took."""
    broken_if(
        [
            Finding(
                "the answer says X-Model-Cold-Start: true, and not how long the load took, as others do",
                expected="X-Model-Load-Time",
                exchange=exchange.id,
            )
            for exchange in exchanges
            if exchange.response is not None
            and exchange.response.status == 200
            and exchange.response.header(COLD_START) == "true"
            and not tells_a_load(exchange)
        ]
    )


def first_use_told(first: Exchange) -> None:
    """X-Model-Cold-Start is `true`."""
    told = response_of(first).header(COLD_START)
    if told != "true":
        message = f"a model was loaded for a request, and X-Model-Cold-Start of its answer is {told}"
        raise RuleBroken([Finding(message, expected="true", actual=told, exchange=first.id)])


def nothing_found(findings: list[Finding]) -> None:
    """Nothing of the kind was found in any answer of the run."""
    broken_if(findings)


def _object(response: Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def one_answer_each(exchange: Exchange, pictures: int) -> None:
    """A request with a list of pictures is answered with a list of as many answers, or refused."""
    response = response_of(exchange)
    if 400 <= response.status < 500:
        return
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, list) or len(body) != pictures:
        actual = f"{len(body)} answers" if isinstance(body, list) else f"no list (status {response.status})"
        message = "a list of pictures was not answered with an answer for each"
        raise RuleBroken([Finding(message, expected=f"{pictures} answers", actual=actual, exchange=exchange.id)])


def load_time_told(exchange: Exchange) -> None:
    """X-Model-Load-Time is a number of seconds, and the sum of X-Model-Load-Details where that is there."""
    told, details = (response_of(exchange).header(name) for name in (LOAD_TIME, LOAD_DETAILS))
    seconds = _seconds(told)
    if seconds is None:
        message = "X-Model-Load-Time is no number of seconds, though a model was loaded"
        raise RuleBroken([Finding(message, expected="0 or more", actual=told, exchange=exchange.id)])
    parts = None if details is None else _loads(details)
    if parts is None:
        message = "X-Model-Load-Details is no JSON list of models, `m`, and seconds, `t`"
        raise RuleBroken([Finding(message, actual=details, exchange=exchange.id)])
    if abs(sum(parts) - seconds) > ROUNDING * (len(parts) + 1):
        message = "X-Model-Load-Time is not the sum of the times in X-Model-Load-Details"
        raise RuleBroken([Finding(message, expected=round(sum(parts), 6), actual=seconds, exchange=exchange.id)])


def no_load_told(exchange: Exchange) -> None:
    """Neither X-Model-Load-Time nor X-Model-Load-Details is there."""
    told = {name: response_of(exchange).header(name) for name in (LOAD_TIME, LOAD_DETAILS)}
    present = {name: value for name, value in told.items() if value is not None}
    if present:
        message = f"an answer for which no model was loaded has {' and '.join(present)}"
        raise RuleBroken([Finding(message, expected=None, actual=present, exchange=exchange.id)])


def _seconds(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _loads(text: str) -> list[float] | None:
    try:
        found = json.loads(text)
        times = [_seconds(str(each["t"])) for each in found if isinstance(each["m"], str)]
    except (ValueError, TypeError, KeyError):
        return None
    whole = [each for each in times if each is not None]
    return whole if isinstance(found, list) and len(whole) == len(found) > 0 else None
