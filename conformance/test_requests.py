"""Generated requests: every valid one is answered, and no invalid one brings the server down.

Cases are enumerated from the schemas; inside a case Hypothesis chooses the values, by the run's seed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hypothesis.strategies import SearchStrategy

from assay import generate
from assay.contract import PROMISED, Operation, Parameter, Request, load
from assay.contract.rule import Case, Cost, over, rule
from assay.judge import verify
from assay.judge.answers import response_of
from assay.judge.schema import valid_beyond
from assay.plugin.check import Check
from assay.plugin.drivers import VALID_RULE, Driver
from assay.plugin.explore import explore, seed_of
from assay.record.model import Exchange

EVERYTHING = "everything"
ALWAYS = Cost(drawn="valid")
NOT_VARIED = frozenset(
    {"api-key", "image-url", "model-dataset", "model-version", "model-version-id", "model-size", "model-alias"}
)
"""Meanings of values that a run fixes: the key, the model, and addresses of pictures, which nobody serves here."""


def _fixed(parameter: Parameter) -> bool:
    """Whether a run sets the value: what names the model, which a `model_id` does where no request is without it."""
    return parameter.meaning in NOT_VARIED or (parameter.meaning == "model-id" and parameter.required)


def _varied(operation: Operation, documented: bool) -> list[str]:
    """The parameters that the documents name, or those that only the server knows, each to be varied alone."""
    return [
        parameter.name
        for parameter in operation.parameters
        if not _fixed(parameter) and parameter.source and (parameter.source.strength in PROMISED) is documented
    ]


def _cases() -> Iterator[Case]:
    for operation in load().operations.values():
        yield from over(operation.id, varied=[*_varied(operation, documented=True), EVERYTHING])


def _server_cases() -> Iterator[Case]:
    for operation in load().operations.values():
        yield from over(operation.id, varied=_varied(operation, documented=False))


def _requests(asked: Driver, varied: str) -> SearchStrategy[Request]:
    """Valid requests in which only one parameter is set, or any."""
    if varied == EVERYTHING:
        instances = generate.valid(asked.operation, asked.context())
    else:
        place = asked.operation.parameter(varied).place
        given = f"/query/{varied}" if place == "query" else f"/{varied}"
        instances = generate.valid(asked.operation, replace(asked.context(), given=frozenset({given})))
        if place == "query":
            instances = instances.map(lambda instance: _only(instance, varied))
    return instances.map(asked.operation.to_request)


def _only(instance: dict[str, Any], varied: str) -> dict[str, Any]:
    """The request with no other optional parameter than the varied one."""
    return {**instance, "query": {name: value for name, value in instance.get("query", {}).items() if name == varied}}


@rule(
    VALID_RULE,
    requirement="No valid request ends in a server error, and every answer to one keeps its schema.",
    source="sound",
    severity="must",
    prerequisite=True,
    cases=_cases(),
    cost=ALWAYS,
)
def test_valid_requests_are_answered(asked: Driver, check_in_progress: Check, case: Case) -> None:
    _judge_answers(asked, check_in_progress, case)


SELDOM = Cost(own=0, drawn="valid", part=4)
"""Nobody promises these parameters, there are many of them, and most are a yes or a no."""


@rule(
    "service.answers-requests-of-the-server",
    requirement="No request with a parameter that only the open-source server knows ends in a server error.",
    source="server",
    severity="should",
    cases=_server_cases(),
    depth="standard",
    cost=SELDOM,
)
def test_requests_of_the_server_are_answered(asked: Driver, check_in_progress: Check, case: Case) -> None:
    _judge_answers(asked, check_in_progress, case, SELDOM)


def _judge_answers(asked: Driver, check: Check, case: Case, cost: Cost = ALWAYS) -> None:
    """Send what is generated for the case; nothing ends in a 5xx, and every 200 keeps its schema."""
    judged: list[Exchange] = []

    def answered(request: Request) -> None:
        exchange = asked.once(request)
        judged.append(exchange)
        verify.no_server_error(exchange, "a valid request", asked.operation.source)
        mode = asked.operation.mode_of(request)
        if response_of(exchange).status == 200:
            valid_beyond(asked.shown(mode.name) if mode.schema else [], exchange, asked.operation)
            asked.reaches_its_threshold(exchange)

    _explore(asked, check, case, answered, cost)
    asked.note(f"{len(judged)} generated requests")


@rule(
    "service.accepts-valid-requests",
    requirement="Every valid request is answered with 200, and none refused.",
    source="sound",
    severity="should",
    cases=_cases(),
    cost=ALWAYS,
)
def test_valid_requests_are_not_refused(asked: Driver, check_in_progress: Check, case: Case) -> None:
    judged: list[Exchange] = []

    def accepted(request: Request) -> None:
        exchange = asked.once(request)
        judged.append(exchange)
        if response_of(exchange).status < 500:
            verify.answered(exchange, "a request that the document allows", asked.operation.source)

    _explore(asked, check_in_progress, case, accepted)
    asked.note(f"{len(judged)} generated requests")


def _explore(asked: Driver, check: Check, case: Case, judge: Any, cost: Cost = ALWAYS) -> None:
    """The same requests for both rules: the seed belongs to what is varied, not to who asks."""
    seed = seed_of(check.options.seed, "valid", case.id)
    explore(_requests(asked, case["varied"]), judge, seed=seed, examples=cost.examples(check.options.examples))


def _invalid_cases() -> Iterator[Case]:
    for operation in load().operations.values():
        for way in generate.invalid_cases(operation):
            yield Case(operation.id, {"at": way.pointer or "/", "keyword": way.keyword})


@rule(
    "service.withstands-invalid-requests",
    requirement="A request that is wrong in one place is no reason for a server error.",
    source="sound",
    severity="should",
    cases=_invalid_cases(),
    depth="standard",
    cost=Cost(own=3),
)
def test_invalid_requests_are_no_server_error(asked: Driver, case: Case) -> None:
    wrong = generate.InvalidCase("" if case["at"] == "/" else case["at"], case["keyword"])
    ways = generate.invalid(asked.operation, asked.example(), only=wrong)

    for way in ways:
        exchange = asked.send(asked.operation.to_request(way.instance, check=False))
        verify.no_server_error(exchange, f"a request in which {way.sentence.rstrip('.')}")
    asked.note(f"{len(ways)} requests, wrong at {case['at']} by {case['keyword']}")
