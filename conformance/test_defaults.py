"""Defaults: a parameter that is given the value that it has anyhow changes nothing, whoever promises that default."""

from __future__ import annotations

from assay.contract import PROMISED, Operation, Parameter, delivery, load, wire
from assay.contract.rule import Case, Cost, over, rule
from assay.judge import verify_service
from assay.judge.verdicts import NoWitness
from assay.plugin.drivers import Driver, expect_success

OPERATIONS = load().operations
CHOSEN_BY_THE_RUN = ("model-id", "model-version-id", "model-size", "model-alias")
"""Meanings of values that name the model: the run's own is no default."""


def _with_default(operation: Operation, documented: bool) -> list[Parameter]:
    return [
        each
        for each in operation.parameters
        if each.default is not None
        and each.meaning not in CHOSEN_BY_THE_RUN
        and each.source
        and (each.source.strength in PROMISED) is documented
    ]


def _cases() -> tuple[Case, ...]:
    named = {"documented": True, "server": False}
    return tuple(
        case
        for name, operation in OPERATIONS.items()
        for promised, documented in named.items()
        if _with_default(operation, documented)
        for case in over(name, promised=[promised])
    )


@rule(
    "service.defaults-change-nothing",
    requirement="A request in which every default is given in so many words is answered as one without them.",
    source="server",
    severity="should",
    invariants=("B-08",),
    compares=True,
    cases=_cases(),
    depth="standard",
    cost=Cost(own=1),
)
def test_defaults_that_are_given_change_nothing(asked: Driver, case: Case) -> None:
    request, _ = asked.telling()
    bare = spelled = request
    given = []
    for each in _with_default(asked.operation, case["promised"] == "documented"):
        if delivery.member(asked.operation, request, each.name) in (None, each.default, wire.text(each.default)):
            bare = delivery.without_member(asked.operation, bare, each.name)
            spelled = delivery.with_member(asked.operation, spelled, each.name, each.default)
            given.append(f"{each.name}={each.default}")
    expected, answer = (expect_success(asked.once(one)) for one in (bare, spelled))

    asked.note(", ".join(given) or "nothing is given")
    why = "in which defaults are given in so many words"
    verify_service.same_answer(answer, expected, asked.comparison(bare), why)
    if not given:
        raise NoWitness("the request names all of these parameters, and not by their defaults")
