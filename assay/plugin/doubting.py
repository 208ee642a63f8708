"""Before a rule that compares answers accuses, everything is asked again.

A target may answer one and the same request otherwise each time: it draws words by chance, its GPU rounds otherwise,
two boxes that are equally sure change places. Then two answers that differ say nothing about the two requests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from assay.contract.message import Request, Response
from assay.judge.equal import Comparison
from assay.judge.pictures import alike
from assay.judge.verdicts import NoWitness, PrerequisiteBroken, RuleBroken
from assay.record.model import Exchange

AGAIN = 3
"""Times. What comes and goes by the toss of a coin stays the same in so many only once in dozens of requests."""

Ended = tuple[BaseException | None, list[Exchange]]


def is_doubtful(error: BaseException | None) -> bool:
    """Whether a rule ended in an accusation, and not in one that rests on a single answer."""
    return isinstance(error, RuleBroken) and not isinstance(error, PrerequisiteBroken)


def confirmed(
    accusation: BaseException,
    exchanges: Iterable[Exchange],
    ask_again: Callable[[], Ended],
    comparison: Callable[[Request], Comparison],
) -> BaseException:
    """What is left of an accusation when the rule has been run again, on answers that were asked for again.

    It stays where it is made each time and no request is answered in two ways; otherwise it is a NoWitness.
    `comparison` says how two answers to a request are compared.
    """
    first: dict[Request, Exchange] = {}
    for exchange in exchanges:
        first.setdefault(exchange.request, exchange)
    for _ in range(AGAIN):
        error, asked = ask_again()
        varied = next(_varied(first, asked, comparison), None)
        if varied is not None:
            return NoWitness(f"one and the same request is answered now so and now so: {varied}")
        if error is None:
            return NoWitness("the rule was broken once, and kept when everything was asked again")
        if not is_doubtful(error):
            return error
    return accusation


def _varied(
    first: dict[Request, Exchange], again: Iterable[Exchange], comparison: Callable[[Request], Comparison]
) -> Iterator[str]:
    for exchange in again:
        before = first.setdefault(exchange.request, exchange)
        if before.response is None or exchange.response is None:
            continue
        told = _difference(before.response, exchange.response, comparison(exchange.request))
        if told:
            yield f"{told} ({before.id} and {exchange.id})"


def _difference(before: Response, now: Response, comparison: Comparison) -> str:
    """What a second answer says otherwise; empty where it says the same."""
    if before.status != now.status:
        return f"status {before.status}, then {now.status}"
    if before.body == now.body:
        return ""
    try:
        found = comparison.differences(before.json(), now.json())
    except ValueError:
        return "" if alike(before.body, now.body) else "two bodies that differ"
    return found[0].message if found else ""
