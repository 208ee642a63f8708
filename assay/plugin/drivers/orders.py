"""Asking the same few things in many orders: an answer that depends on what was asked before shows in some of them.

A server is modelled as what it should be: one that keeps nothing in mind that changes an answer. Each walk asks a deck
of requests in an order that Hypothesis draws by the run's seed, and holds each answer to what its request gets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import strategies as st

from assay.judge.verdicts import AnswerOfAnother, NoWitness, RuleBroken
from assay.plugin.drivers.base import Alone, Driver
from assay.plugin.explore import explore
from assay.record.model import Exchange, Finding

AGAIN = 4
"""Rounds in which a request has to be answered otherwise after one request, and rightly after another."""
TRIED = 8
"""Requests before which are tried for the one that spoils the next answer."""
TOLD = 4
"""Requests before that a message names."""
Deck = Sequence[Alone]


class Orders:
    """Walks through decks. `deal` gives the deck of a walk by its number: always as many requests, of the same kinds.

    `walked` counts the requests.
    """

    def __init__(self, driver: Driver, deal: Callable[[int], Deck]) -> None:
        self._driver = driver
        self._deal = deal
        self._walks = 0
        self._doubts: dict[str, NoWitness] = {}
        self.walked = 0

    def explore(self, seed: int, walks: int) -> None:
        """Walk in so many orders. Raises RuleBroken where an answer depends on those before it.

        Raises NoWitness where requests are answered now so and now so, in whatever order.
        """
        cards = range(len(self._deal(0)))
        explore(st.permutations(cards).map(tuple), self._walk, seed=seed, examples=walks, shrinking=0)
        for doubt in self._doubts.values():
            raise doubt
        self._driver.note(f"{self.walked} requests in {self._walks} orders, {len(cards)} of them different")

    def _walk(self, order: Sequence[int]) -> None:
        deck = self._deal(self._walks)
        self._walks += 1
        before: list[Alone] = []
        for card in order:
            one = deck[card]
            exchange = self._driver.send(one.request, one.credentials)
            self.walked += 1
            broken = otherwise(one, exchange)
            if broken is not None:
                self._accuse(one, before, deck, exchange, broken)
            before.append(one)

    def _accuse(self, one: Alone, before: Deck, deck: Deck, exchange: Exchange, broken: RuleBroken) -> None:
        """Raise RuleBroken, or keep a doubt: a sound target may waver, but never answers about another picture."""
        other = next((each for each in deck if each is not one and otherwise(each, exchange) is None), None)
        after = ", ".join(each.what for each in before[-TOLD:]) or "requests of other rules"
        of_another = other is not None and other.picture and one.picture and other.picture != one.picture
        if not of_another and not isinstance(broken, AnswerOfAnother):
            if one.what in self._doubts:
                return
            spoiling = self._spoiling(one, [*dict.fromkeys([*reversed(before), *deck])])
            if spoiling is None:
                doubt = NoWitness(f"one and the same request is answered now so and now so: {one.what}")
                self._doubts[one.what] = doubt
                return
            after = spoiling.what
        answered = f"is answered as {other.what} is" if other and other.picture else "is answered otherwise than alone"
        first = Finding(f"{one.what} {answered}, after {after}", exchange=exchange.id)
        raise RuleBroken([first, *broken.findings])

    def _spoiling(self, one: Alone, before: Deck) -> Alone | None:
        """That of these requests after which one is answered wrongly each time, as it never is after another one."""
        spoilt = {each: self._is_spoilt(one, each) for each in before[:TRIED]}
        spoiling = next((each for each in spoilt if spoilt[each] and each is not one), None)
        right_after = next((each for each in reversed(spoilt) if not spoilt[each]), None)
        if spoiling is None or right_after is None:
            return None
        each_time = all(self._is_spoilt(one, spoiling) and not self._is_spoilt(one, right_after) for _ in range(AGAIN))
        return spoiling if each_time else None

    def _is_spoilt(self, one: Alone, after: Alone) -> bool:
        self._driver.send(after.request, after.credentials)
        return otherwise(one, self._driver.send(one.request, one.credentials)) is not None


def otherwise(one: Alone, exchange: Exchange) -> RuleBroken | None:
    """How an answer is not that of a request; None where it is."""
    try:
        one.same(exchange)
    except RuleBroken as broken:
        return broken
    return None


def told_apart(deck: Deck, exchanges: Sequence[Exchange]) -> int:
    """How many pairs of a deck are answered differently, by the answers that each gets alone. Raises NoWitness."""
    numbered = range(len(deck))
    apart = sum(otherwise(deck[i], exchanges[j]) is not None for i in numbered for j in numbered if i < j)
    if not apart:
        raise NoWitness("no two requests are known that are answered differently")
    return apart
