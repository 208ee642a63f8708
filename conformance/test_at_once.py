"""What is asked at the same time: each request gets its own answer, drawing or refusal, whatever else is under way.

Before an answer is called that of another request, its own request is asked alone again, several times: a target may
answer one and the same request now so and now so, and nothing was mixed up then.
"""

from __future__ import annotations

from assay.contract import load
from assay.contract.rule import Cost, over, rule
from assay.judge import verify_apart
from assay.judge.verdicts import NoWitness
from assay.plugin.check import Check
from assay.plugin.drivers import Alone, Driver
from assay.plugin.drivers.base import SHOWN, together
from assay.plugin.drivers.burst import by_turns
from assay.plugin.drivers.forms import forms_of, in_other_forms
from assay.plugin.drivers.wrong import without_the_key, wrong_requests
from assay.plugin.together import TRIES, Together
from assay.record.model import Exchange

OPERATIONS = load().operations
EVERY = tuple(OPERATIONS)
WITH_FORMS = [name for name, each in OPERATIONS.items() if forms_of(each)]
ROUNDS, FEWER_ROUNDS = 3, 2
MIXED = 24
"""Requests to all operations together."""
CROWD = 48
"""Requests at the same time, to all operations together: several times as many as any other rule sends."""


@rule(
    "service.keeps-answers-apart",
    requirement="Different pictures sent at the same time get the answers that they get alone.",
    source="sound",
    severity="must",
    invariants=("G-31",),
    alone="task",
    cases=over(EVERY),
    cost=Cost(scenes=ROUNDS),
)
def test_answers_are_not_mixed_under_concurrency(asked: Driver) -> None:
    several = asked.apart() * ROUNDS
    asked.note(f"{len(several) // ROUNDS} pictures, {ROUNDS} times each, all at once")

    exchanges = asked.at_once(several)

    asked.each_as_alone(several, exchanges)


@rule(
    "service.keeps-drawings-apart",
    requirement="Drawings, archives and run lengths asked for at the same time are those that are given alone.",
    source="sound",
    severity="must",
    invariants=("G-31",),
    alone="task",
    cases=over(WITH_FORMS),
    depth="standard",
    cost=Cost(own=SHOWN * 2 * (1 + FEWER_ROUNDS)),
)
def test_drawings_are_not_mixed_under_concurrency(asked: Driver) -> None:
    several = in_other_forms(asked) * FEWER_ROUNDS
    asked.note(f"{len(several) // FEWER_ROUNDS} requests, {FEWER_ROUNDS} times each, all at once")

    exchanges = asked.at_once(several)

    asked.each_as_alone(several, exchanges)


@rule(
    "service.keeps-refusals-apart",
    requirement="A wrong request beside right ones is refused as it is alone, and they get their own answers.",
    source="sound",
    severity="must",
    invariants=("G-31",),
    alone="task",
    cases=over(EVERY),
    depth="standard",
    cost=Cost(own=8 * SHOWN),
)
def test_refusals_are_not_mixed_under_concurrency(asked: Driver) -> None:
    right, wrong = asked.apart()[:SHOWN] * FEWER_ROUNDS, wrong_requests(asked)
    several = by_turns([right, (wrong * len(right))[: len(right)]])

    exchanges = asked.at_once(several)

    asked.each_as_alone(several, exchanges)


@rule(
    "service.keeps-operations-apart",
    requirement="Requests to several operations at the same time get the answers that each of them gets alone.",
    source="sound",
    severity="must",
    invariants=("G-31",),
    alone="run",
    cases=over(EVERY),
    depth="standard",
    cost=Cost(own=MIXED // len(EVERY) + 1),
)
def test_operations_are_not_mixed_under_concurrency(asked: Driver, check_in_progress: Check) -> None:
    together_as_usual = Together(MIXED, together(asked.target), _send)
    everything = check_in_progress.deployment.asked_together(together_as_usual, _answering(check_in_progress))
    if everything.operations < 2 or everything.most_under_way < 2:
        raise NoWitness("no other operation was asked at the same time")

    for one in everything.of(asked):
        asked.as_alone(one.alone, one.exchange())


@rule(
    "service.withstands-bursts",
    requirement="Of more requests than a target takes at once, each gets its own answer or is refused as one too many.",
    source="sound",
    severity="must",
    invariants=("G-31",),
    alone="run",
    cases=over(EVERY),
    depth="standard",
    cost=Cost(own=TRIES * CROWD // len(EVERY) + 1),
)
def test_a_burst_ends_in_no_wrong_answers(asked: Driver, check_in_progress: Check) -> None:
    if not asked.target.policy.loopback:
        raise NoWitness(f"{CROWD} requests at the same time are sent only to a target on this machine")
    usual = together(asked.target)
    crowd = Together(CROWD, CROWD, _attempt, least=usual)
    everything = check_in_progress.deployment.asked_together(crowd, _answering(check_in_progress))
    if everything.most_under_way <= usual:
        raise NoWitness(f"only {everything.most_under_way} requests were under way at the same time")

    came = [(one.alone, one.exchange()) for one in everything.of(asked)]
    heard = [(alone, exchange) for alone, exchange in came if exchange.response is not None]
    answered = [pair for pair in heard if verify_apart.answered_or_busy(pair[1])]

    asked.note(f"{len(came) - len(answered)} of {len(came)} refused or not heard")
    for alone, exchange in answered:
        asked.as_alone(alone, exchange)
    if not answered:
        raise NoWitness("every request was refused as one too many")


@rule(
    "service.keeps-keys-apart",
    requirement="A request without the right key opens nothing beside requests with it, and does not get them refused.",
    source="sound",
    severity="must",
    invariants=("G-20", "G-21", "G-31"),
    late=1,
    cases=over(EVERY),
    depth="standard",
    cost=Cost(own=5 * SHOWN),
)
def test_keys_are_not_mixed_under_concurrency(asked: Driver) -> None:
    shut = without_the_key(asked)
    several = by_turns([asked.apart()[:SHOWN] * FEWER_ROUNDS, (shut * SHOWN)[: 2 * len(shut)]])

    exchanges = asked.at_once(several)

    asked.each_as_alone(several, exchanges)


def _answering(check: Check) -> list[str]:
    """The operations of the run that answer a plain request."""
    smoke = check.knows.smoke
    return [name for name in smoke.exchanges if name not in smoke.silent]


def _send(driver: Driver, alone: Alone) -> Exchange:
    return driver.send(alone.request)


def _attempt(driver: Driver, alone: Alone) -> Exchange:
    """Sent once: a refusal is what came of it, and so is silence."""
    return driver.target.attempt(alone.request)
