"""Whether a search may go by one of its loads, and what it says of itself where it could not go on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from assay.load.objective import Objective
from assay.load.plan import Measurement, Stopped
from assay.load.schedule import Closed, Load
from assay.load.validity import Doubt, Validity

OF_THE_TARGET: Final = frozenset({"errors", "steady"})
"""Doubts that a target raises where it is offered too much: they are an answer."""
BESIDE_THE_ANSWER: Final = frozenset({"late", "achieved", "delay"})
"""Doubts about when this client sent and read: they do not touch the time from sending to the answer."""
OF_TOO_MUCH: Final = BESIDE_THE_ANSWER | {"cpu", "exhausted"}
"""Doubts that a client raises where it cannot send more."""


def disturbances(validity: Validity, measurement: Measurement, objective: Objective | None = None) -> tuple[Doubt, ...]:
    """The doubts for which a search must not go by a load; none where the target raised them, or they do not matter.

    They do not where the objective is missed from sending to the answer already, whenever this client sent and read.
    """
    failed = measurement.why is Stopped.ERRORS and not measurement.lost
    of_target = OF_THE_TARGET | ({"whole"} if failed else set())
    found = tuple(doubt for doubt in validity.doubts if doubt.rule not in of_target)
    if objective is not None and {doubt.rule for doubt in found} <= BESIDE_THE_ANSWER:
        sent = measurement.measured.from_sending
        return () if len(sent) and not objective.seems_met(sent) else found
    return found


def named(load: Load) -> str:
    """A load in a word: `64 clients`, `100/s`."""
    if isinstance(load, Closed):
        return f"{load.clients} client{'s' * (load.clients > 1)}"
    return a_second(load.rate)


def a_second(rate: float) -> str:
    """A rate in words: `93.75/s`, `12,800/s`."""
    return f"{rate:,.0f}/s" if rate >= 1000 else f"{rate:.4g}/s"


def why_short(doubts: Sequence[Doubt], load: Load, least: str, higher: bool) -> str:
    """That a search could not go by an invalid load. `least` was reached; `higher` is a load than all others."""
    because = doubts[0].sentence
    if least and higher and {doubt.rule for doubt in doubts} <= OF_TOO_MUCH:
        return f"at least {least}; the client cannot send more: at {named(load)} {because}"
    reached = f"at least {least}" if least else "nothing was reached"
    return f"{reached}: the search could not go by {named(load)}, which was invalid twice: {because}"
