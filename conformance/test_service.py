"""What any sound service does: answer plain requests, refuse what is no picture, tell what it loads."""

from __future__ import annotations

import base64

from assay.contract import load
from assay.contract.citing import header
from assay.contract.rule import Case, Cost, over, rule
from assay.judge import verify, verify_service
from assay.judge.answers import response_of
from assay.judge.schema import judge_whole
from assay.judge.verdicts import NoWitness, RuleBroken
from assay.plugin.check import Check
from assay.plugin.drivers import PLAIN_RULE, Driver
from assay.plugin.loading import holds
from assay.plugin.options import HOSTED_TASKS
from assay.record.model import Exchange, Finding
from assay.target.policy import Credentials
from assay.target.registry import look

EVERY = tuple(load().operations)
SERVICES = tuple(load().services)
_FIRST = {each.task: name for name, each in reversed(list(load().operations.items()))}
VERSIONED = tuple(name for name, each in load().operations.items() if each.task in HOSTED_TASKS)
FIRST_OF_A_MODEL = tuple(name for name in EVERY if name in _FIRST.values())
"""One operation for each task: a model is loaded once, whichever of its routes is asked first."""
REPEATS = 3
ONE_AND_ANOTHER = 2
"""Answers that tell of a load, so that something can be said of a third."""
LOOKS = 2


@rule(
    PLAIN_RULE,
    requirement="A plain request, as the page's own sample makes it, is answered with status 200.",
    source="sound",
    severity="must",
    prerequisite=True,
    cases=over(EVERY),
    cost=Cost(own=0),
)
def test_plain_requests_are_answered(asked: Driver, check_in_progress: Check, case: Case) -> None:
    smoke = check_in_progress.knows.smoke
    if case.operation in smoke.broke_down:
        first = asked.target.refer(smoke.broke_down[case.operation])
        verify.answered(
            first, "the first plain request, which was answered once it was sent again,", asked.operation.source
        )
    exchange = smoke.exchanges[case.operation]

    asked.target.refer(exchange)
    if exchange.error:
        message = f"a plain request got no answer: {': '.join(exchange.error)}"
        raise RuleBroken([Finding(message, exchange=exchange.id, says=asked.operation.source)])
    verify.answered(exchange, "a plain request", asked.operation.source)
    response = response_of(exchange)
    asked.note(f"{len(response.body)} bytes of {response.media_type}")


NO_PICTURES = {
    "base64-of-text": base64.b64encode(b"this is text and no picture at all").decode(),
    "not-base64": "!!! this is not base64 !!!",
    "cut-jpeg-header": base64.b64encode(b"\xff\xd8\xff\xe0\x00\x10JFIF").decode(),
}


@rule(
    "service.refuses-undecodable-image",
    requirement="What is no picture is refused with a 4xx and a reason in JSON.",
    source="sound",
    severity="should",
    invariants=("G-16",),
    cases=over(EVERY, picture=list(NO_PICTURES)),
)
def test_what_is_no_picture_is_refused(asked: Driver, case: Case) -> None:
    exchange = asked.send(asked.with_picture(NO_PICTURES[case["picture"]]))

    asked.note(f"{case['picture']} was sent; a plain picture is answered")
    verify.refused(exchange, f"a picture that is {case['picture'].replace('-', ' ')}")


@rule(
    "service.routes-need-no-key",
    requirement="The routes about the server itself are answered without a key, as the server describes them.",
    source="server",
    severity="should",
    invariants=("G-24",),
    cases=over(SERVICES),
)
def test_routes_about_the_server_need_no_key(asked: Driver) -> None:
    exchange = asked.once(asked.plain_request(), Credentials())

    asked.note("asked without a key")
    verify_service.open_to_all(exchange)
    judge_whole(asked.operation, exchange)


@rule(
    "service.refuses-unknown-model",
    requirement="A model or version that is not there is refused with a 4xx; on the hosted route, 401, 403 or 404.",
    source="sound",
    severity="should",
    invariants=("G-25",),
    cases=(*over(EVERY), *over(VERSIONED, unknown=["version"])),
)
def test_an_unknown_model_is_refused(asked: Driver, case: Case) -> None:
    unknown = case.values.get("unknown", "model")
    request = asked.request_to_unknown_model() if unknown == "model" else asked.request_to_unknown_version()
    if request is None:
        raise NoWitness(f"a request of this operation names no {unknown}")

    exchange = asked.once(request)

    asked.note(f"a {unknown} that nobody has; the plain request is answered")
    free = asked.operation.shape != "json-body"  # elsewhere a schema may list the models, and refuse others as values
    verify_service.unknown_model_refused(exchange, verify_service.UNKNOWN if free else (), unknown)


@rule(
    "service.tells-cold-starts",
    requirement="X-Model-Cold-Start is true or false, and false at least once when the same is asked again thrice.",
    says=header("x-model-cold-start"),
    source="sample",
    severity="should",
    invariants=("G-27",),
    alone="run",
    cases=over(EVERY),
    depth="standard",
)
def test_cold_starts_are_told(asked: Driver, check_in_progress: Check, case: Case) -> None:
    first = check_in_progress.knows.smoke.exchanges[case.operation]
    if response_of(first).header(verify_service.COLD_START) is None:
        raise NoWitness("the answers have no X-Model-Cold-Start")

    repeats = [asked.send(asked.plain_request()) for _ in range(REPEATS)]

    asked.target.refer(first)
    cold = sum(response_of(exchange).header(verify_service.COLD_START) == "true" for exchange in repeats)
    asked.note(f"on first use {response_of(first).header(verify_service.COLD_START)}")
    asked.note(f"{cold} of {REPEATS} repeats cold" + (", as where several workers each load it" if cold else ""))
    verify_service.cold_start_told(first, repeats)


@rule(
    "service.tells-first-use",
    requirement="X-Model-Cold-Start is true in the answer to the request for which the model had to be loaded.",
    says=header("x-model-cold-start"),
    source="sample",
    severity="should",
    invariants=("G-27",),
    alone="run",
    cases=over(FIRST_OF_A_MODEL),
    cost=Cost(own=LOOKS + 1),
    looks=True,
)
def test_the_first_use_of_a_model_is_told(asked: Driver, check_in_progress: Check) -> None:
    first = _first_use(asked, check_in_progress)

    asked.target.refer(first)
    if response_of(first).header(verify_service.COLD_START) is None:
        raise NoWitness("the answers have no X-Model-Cold-Start")
    verify_service.first_use_told(first)


@rule(
    "service.load-times-add-up",
    requirement="After a load X-Model-Load-Time is the sum of the times that X-Model-Load-Details tells.",
    source="server",
    severity="should",
    invariants=("G-28",),
    alone="run",
    cases=over(FIRST_OF_A_MODEL),
    cost=Cost(own=LOOKS + 1),
    looks=True,
)
def test_load_times_add_up(asked: Driver, check_in_progress: Check) -> None:
    first = _first_use(asked, check_in_progress)

    asked.target.refer(first)
    details = response_of(first).header(verify_service.LOAD_DETAILS)
    if details is None:
        raise NoWitness("the answer for which the model was loaded does not tell how long each part took")
    asked.note(f"{response_of(first).header(verify_service.LOAD_TIME)} s, of {details}")
    verify_service.load_time_told(first)


@rule(
    "service.tells-load-times-once",
    requirement="An answer that says X-Model-Cold-Start: false tells of no load: no time, and no details.",
    source="server",
    severity="should",
    invariants=("G-28",),
    alone="run",
    cases=over(FIRST_OF_A_MODEL),
)
def test_no_load_is_told_of_when_warm(asked: Driver) -> None:
    warm = asked.send(asked.plain_request())

    if response_of(warm).header(verify_service.COLD_START) != "false":
        raise NoWitness("no answer says X-Model-Cold-Start: false")
    asked.note("the answer says X-Model-Cold-Start: false")
    verify_service.no_load_told(warm)


@rule(
    "service.tells-what-a-load-took",
    requirement="Where two cold starts tell in X-Model-Load-Time how long the load took, so does every other.",
    source="server",
    severity="should",
    invariants=("G-28",),
    cases=over(EVERY),
    depth="standard",
    cost=Cost(own=REPEATS),
)
def test_every_cold_start_tells_its_load(asked: Driver, check_in_progress: Check, case: Case) -> None:
    smoke = check_in_progress.knows.smoke.exchanges
    first, others = smoke[case.operation], [each for name, each in smoke.items() if name != case.operation]
    telling = sum(map(verify_service.tells_a_load, [first, *others]))
    if telling < ONE_AND_ANOTHER:
        raise NoWitness("fewer than two answers tell both a cold start and how long its load took")

    own = [first, *(asked.send(asked.plain_request()) for _ in range(REPEATS))]

    asked.target.refer(first)
    asked.note(f"{telling} answers tell of a cold start and its load")
    verify_service.each_load_told(own)


def _first_use(asked: Driver, check: Check) -> Exchange:
    """The plain exchange for which the model of the case was loaded. Raises NoWitness where none is seen to be that."""
    task, smoke = asked.operation.task, check.knows.smoke
    of_the_task = [name for name, each in smoke.tasks.items() if each == task]
    for exchange in (smoke.exchanges[name] for name in of_the_task):
        if verify_service.counts_a_load(exchange, smoke.exchanges.values()):
            asked.note("its headers tell of a load")
            return exchange
    operation = smoke.first_uses.get(task)
    if operation is None or not all(holds(look(asked.target) or frozenset(), task, asked.model) for _ in range(LOOKS)):
        raise NoWitness(
            "/model/registry does not show that a request of this run had the model loaded; "
            "a server that was just started makes this conclusive"
        )
    asked.note(f"/model/registry listed {asked.model} after the first request to {operation}, and not before")
    return smoke.exchanges[operation]


@rule(
    "service.json-is-json",
    requirement="What is to be JSON is sent as application/json, and such JSON parses: no NaN, no Infinity.",
    source="sound",
    severity="must",
    invariants=("G-01", "G-02"),
    late=2,
    cases=over(EVERY),
)
def test_json_is_json(asked: Driver, check_in_progress: Check, case: Case) -> None:
    asked.target.refer(check_in_progress.knows.smoke.exchanges[case.operation])
    heard = check_in_progress.overheard.of(case.operation)
    if not heard.json and not heard.no_json:
        raise NoWitness("nothing was answered in JSON")

    asked.note(f"{heard.json} answers in JSON")
    verify_service.nothing_found(heard.no_json)


@rule(
    "service.json-members-once",
    requirement="An object of an answer has each member once: of two some readers take the first, others the last.",
    source="sound",
    severity="should",
    late=2,
    cases=over(EVERY),
)
def test_objects_have_each_member_once(asked: Driver, check_in_progress: Check, case: Case) -> None:
    asked.target.refer(check_in_progress.knows.smoke.exchanges[case.operation])
    heard = check_in_progress.overheard.of(case.operation)
    if not heard.json:
        raise NoWitness("nothing was answered in JSON")

    asked.note(f"{heard.json} answers in JSON")
    verify_service.nothing_found(heard.doubled)
