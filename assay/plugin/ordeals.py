"""Hostile requests to one target: after each a good one is asked, and where that goes wrong nothing more is sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from assay.contract.message import Request
from assay.contract.rule import Case
from assay.generate.hostile import Ground, Hostile, hostile
from assay.judge.answers import response_of
from assay.judge.verdicts import NoWitness
from assay.judge.verify_hostile import Suffered, hanging
from assay.plugin.drivers import Driver, expect_success
from assay.record.model import Exchange, Finding
from assay.target.busy import is_busy
from assay.target.octets import LEFT

BY_ACCIDENT = ("reset", "broken answer")
"""How a request ends on a connection that the server had closed: it is sent once more before anybody is accused."""
THEME = "hostile"
"""What cases call it that varies."""


@dataclass(frozen=True, slots=True)
class Good:
    """The good request of an operation, with its answer before anything hostile was sent.

    It is `steady` where the same request was answered alike twice.
    """

    request: Request
    answer: Exchange
    steady: bool


@dataclass(slots=True)
class Ordeal:
    """One theme at one operation: what was sent and what came back, and what the target suffered from it.

    `left_out` requests could not be sent as they are.
    """

    suffered: list[Suffered] = field(default_factory=list)
    harm: list[Finding] = field(default_factory=list)
    left_out: int = 0


class Ordeals:
    """All of a run. `trouble` says what the target did not stand; from then on nothing hostile is sent to it."""

    def __init__(self) -> None:
        self.trouble = ""
        self._made: dict[tuple[str, str], Ordeal] = {}
        self._good: dict[str, Good] = {}

    def reason_to_stop(self, case: Case) -> str | None:
        """Why this case is not to be asked: the target is in trouble. What was asked before can still be judged."""
        if not self.trouble or (case.operation, case.values.get(THEME, "")) in self._made:
            return None
        return f"no more hostile input is sent: {self.trouble}"

    def of(self, asked: Driver, theme: str) -> Ordeal:
        """What came of a theme; it is sent once, and judged by more than one rule.

        Raises NoWitness where the target limits the rate of requests, and where nothing could be sent.
        """
        good, key = self.good(asked), (asked.operation.id, theme)
        if key not in self._made:
            self._made[key] = self._undergone(asked, theme)
        ordeal = self._made[key]
        for one in ordeal.suffered:
            asked.target.refer(one.exchange)
        if not ordeal.suffered:
            raise NoWitness(asked.target.no_octets or "there was nothing to send")
        told = f"{len(ordeal.suffered)} hostile requests, and a good one after each"
        asked.note(told if good.steady else f"{told}, of which only the status tells: its answer varies by itself")
        if ordeal.left_out:
            asked.note(f"{ordeal.left_out} not sent: {asked.target.no_octets}")
        return ordeal

    def good(self, asked: Driver) -> Good:
        """The good request of an operation; it is asked twice before anything hostile is."""
        name = asked.operation.id
        if name not in self._good:
            request = asked.plain_request()
            first, second = (expect_success(asked.send(request)) for _ in range(2))
            bodies = [response_of(each).json() for each in (first, second)]
            self._good[name] = Good(request, first, not asked.comparison(request).differences(*bodies))
        return self._good[name]

    def harm(self, asked: Driver, words: str) -> list[Finding]:
        """What is wrong with the answer to the good request after something hostile; then nothing more is sent."""
        found = _harm(asked, self.good(asked), words)
        if found and not self.trouble:
            self.trouble = found[0].message
        return found

    def _undergone(self, asked: Driver, theme: str) -> Ordeal:
        ordeal = Ordeal()
        for one in hostile(theme, ground_of(asked)):
            if one.framing is not None and asked.target.no_octets:
                ordeal.left_out += 1
                continue
            exchange = sent(asked, one)
            ordeal.suffered.append(Suffered(one.words, exchange, due=exchange.error != LEFT))
            found = self.harm(asked, one.words)
            ordeal.harm += [*hanging(ordeal.suffered[-1]), *found]
            if found:
                break
        return ordeal


def ground_of(asked: Driver) -> Ground:
    """What hostile requests to an operation are made from."""
    return Ground(asked.operation, asked.plain_request(), asked.example(), asked.model)


def sent(asked: Driver, one: Hostile) -> Exchange:
    """Send a hostile request. Raises NoWitness where the target limits the rate of requests."""
    exchange = _once_more(lambda: _sent(asked, one))
    if is_busy(exchange):
        raise NoWitness("the target limits the rate of requests, hostile ones among them")
    return exchange


def _sent(asked: Driver, one: Hostile) -> Exchange:
    target = asked.target
    if one.framing is None:
        return target.attempt(one.request)
    ready, base = target.on_the_wire(one.request), urlsplit(target.policy.base_url).path
    own = tuple(pair for pair in ready.headers if pair not in target.policy.headers)  # `write` adds the user's
    return target.write(one.framing(ready.replace(path=ready.path.removeprefix(base), headers=own)))


def _once_more(send: Callable[[], Exchange]) -> Exchange:
    exchange = send()
    return send() if exchange.error and exchange.error[0] in BY_ACCIDENT else exchange


def _harm(asked: Driver, good: Good, words: str) -> list[Finding]:
    exchange = _once_more(lambda: asked.target.attempt(good.request))
    if exchange.response is None:
        message = f"after {words} a good request got no answer ({': '.join(exchange.error or ())})"
        return [Finding(message, expected=200, actual="no answer", exchange=exchange.id)]
    if is_busy(exchange):
        raise NoWitness("the target limits the rate of requests")
    if exchange.response.status != 200:
        message = f"after {words} a good request was not answered"
        return [Finding(message, expected=200, actual=exchange.response.status, exchange=exchange.id)]
    return _differences(asked, good, exchange, words) if good.steady else []


def _differences(asked: Driver, good: Good, exchange: Exchange, words: str) -> list[Finding]:
    try:
        after = response_of(exchange).json()
    except ValueError as error:
        return [Finding(f"after {words} a good request is answered with no JSON ({error})", exchange=exchange.id)]
    found = asked.comparison(good.request).differences(response_of(good.answer).json(), after)
    return [
        Finding(
            f"after {words} a good request is answered otherwise: {each.message}",
            each.pointer,
            expected=each.expected,
            actual=each.actual,
            exchange=exchange.id,
        )
        for each in found[:1]
    ]
