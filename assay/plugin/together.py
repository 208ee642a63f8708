"""All operations of a run asked at the same time, once; what each was answered is judged by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice

from assay.errors import AssayError, WireError
from assay.judge.verdicts import NoWitness, RuleBroken
from assay.plugin.drivers.base import Alone, Driver
from assay.plugin.drivers.burst import burst, by_turns, most_under_way
from assay.record.model import Exchange

PICTURES = 2
"""Pictures that an operation is asked about."""
TRIES = 3
"""How often all of them are asked, where too few were under way together."""
LEAST = 0.001
"""Seconds: less than any request takes."""
Came = Exchange | NoWitness | AssayError


@dataclass(frozen=True, slots=True)
class Beside:
    """A request that was sent among those of other operations, what it is answered alone, and what came of it."""

    driver: Driver
    alone: Alone
    came: Came

    def exchange(self) -> Exchange:
        """The exchange. Raises what came instead: NoWitness, or a WireError."""
        if isinstance(self.came, Exchange):
            return self.driver.target.refer(self.came)
        raise self.came


@dataclass(frozen=True, slots=True)
class Together:
    """How several operations are asked at once.

    About so many `requests`, so many of them `in_flight` at a time, each sent by `send`. No operation is kept busy for
    longer than `seconds`, as far as one request to it tells. Where no more than `least` were under way together, for
    this machine or the network was too slow, they are asked again, `TRIES` times in all.
    """

    requests: int
    in_flight: int
    send: Callable[[Driver, Alone], Exchange]
    seconds: float = 15.0
    least: int = 0

    def ask(self, drivers: Sequence[Driver]) -> Asked:
        """Ask these operations, each for pictures whose answers can be told apart alone."""
        several: list[list[tuple[Driver, Alone]]] = []
        unlike: dict[str, str] = {}
        for driver in drivers:
            try:
                alone = driver.apart()[:PICTURES]
                number = min(-(-self.requests // len(drivers)), int(self.seconds / self._pace(driver, alone)))
            except (NoWitness, RuleBroken, WireError) as reason:
                unlike[driver.operation.id] = str(reason)
            else:
                several.append([(driver, each) for each in islice(cycle(alone), max(number, 1))])
        in_turn = by_turns(several)
        for _ in range(TRIES):
            came = burst([_tried(partial(self.send, driver, alone)) for driver, alone in in_turn], self.in_flight)
            every = [Beside(*asked, each) for asked, each in zip(in_turn, came, strict=True)]
            asked_at_once = Asked(every, unlike, min(self.in_flight, len(every)))
            if asked_at_once.most_under_way > self.least:
                break
        return asked_at_once

    def _pace(self, driver: Driver, alone: Sequence[Alone]) -> float:
        """Seconds that a request takes which nothing else disturbs; the answers before may have come from a cache."""
        return max(driver.send(alone[0].request).seconds, LEAST)


class Asked:
    """What came of all of it, `in_flight` at a time. `unlike` says, by operation, why one could not be asked."""

    def __init__(self, every: Sequence[Beside], unlike: dict[str, str], in_flight: int) -> None:
        self._every = every
        self._in_flight = in_flight
        self._unlike = unlike
        self.most_under_way = most_under_way([each.came for each in every if isinstance(each.came, Exchange)])
        self.operations = len({each.driver.operation.id for each in every})

    def of(self, driver: Driver) -> list[Beside]:
        """What came of the requests of one operation. Raises NoWitness where it was not asked."""
        if driver.operation.id in self._unlike:
            raise NoWitness(self._unlike[driver.operation.id])
        mine = [each for each in self._every if each.driver is driver]
        driver.note(f"{len(mine)} of {len(self._every)} requests to {self.operations} operations")
        driver.note(f"{self._in_flight} at a time")
        return mine


def _tried(call: Callable[[], Exchange]) -> Callable[[], Came]:
    def tried() -> Came:
        try:
            return call()
        except (NoWitness, AssayError) as error:
            return error

    return tried
