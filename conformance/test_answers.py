"""What an answer says of itself, whatever was asked: names, times, and that nothing else than the request shapes it."""

from __future__ import annotations

from itertools import islice

from assay.contract import delivery, load
from assay.contract.rule import Case, Cost, over, rule
from assay.judge import verify_answers, verify_service
from assay.judge.answers import response_of
from assay.judge.verdicts import NoWitness
from assay.plugin.check import Check
from assay.plugin.drivers import Driver, expect_success

OPERATIONS = load().operations
IN_JSON = [name for name, each in OPERATIONS.items() if each.shape == "json-body"]
DETECTING = (
    "hosted.object-detection",
    "hosted.keypoint-detection",
    "hosted.instance-segmentation",
    "infer.object-detection",
    "infer.keypoint-detection",
    "owlv2.infer",
)
NAMED_BY_CALLER = [name for name in IN_JSON if not name.startswith("sam2.")]
"""The open-source server gives the answers of SAM2 no name."""
TELLING = [name for name in OPERATIONS if name != "sam2.embed"]
"""An embedding says nothing of its picture."""
UNKNOWN = "assay_no_such_setting"


@rule(
    "service.ignores-unknown-settings",
    requirement="A field or a query parameter that nobody knows changes nothing in the answer.",
    source="server",
    severity="should",
    invariants=("G-13",),
    compares=True,
    cases=(*over(OPERATIONS, place=["query"]), *over(IN_JSON, place=["body"])),
    depth="standard",
    cost=Cost(own=1),
)
def test_unknown_settings_change_nothing(asked: Driver, case: Case) -> None:
    bare = asked.bare()
    if case["place"] == "query":
        request = bare.request.with_query(**{UNKNOWN: "17"})
    else:
        request = delivery.with_unknown_member(bare.request, UNKNOWN, 17)

    exchange = asked.once(request)

    status = response_of(exchange).status
    if 400 <= status < 500:
        raise NoWitness(f"the target refuses settings that it does not know (status {status})")
    why = f"with {UNKNOWN} in the {case['place']}, which nobody knows"
    verify_service.same_answer(exchange, bare.answer, asked.comparison(request), why)
    bare.require_witness()


@rule(
    "service.detections-named-once",
    requirement="No two predictions have the same detection_id, in one answer or in two.",
    source="server",
    severity="should",
    content=True,
    invariants=("G-10",),
    cases=over(DETECTING),
    cost=Cost(own=3),
    depth="standard",
)
def test_detections_are_named_once(asked: Driver) -> None:
    first, second, *_ = [each.request for each in asked.apart()]
    exchanges = [expect_success(asked.send(request)) for request in (first, first, second)]
    if response_of(exchanges[1]).body == response_of(exchanges[0]).body:
        del exchanges[1]  # the very same answer, which something on the way has kept

    named = verify_answers.each_detection_named_once(exchanges)
    asked.note(f"{named} predictions with a name in {len(exchanges)} answers")


@rule(
    "service.name-of-the-call-comes-back",
    requirement="What a request calls itself as `id` comes back as `inference_id`.",
    source="server",
    severity="should",
    invariants=("G-11",),
    cases=over(NAMED_BY_CALLER),
    cost=Cost(own=2),
)
def test_the_name_of_the_call_comes_back(asked: Driver, check_in_progress: Check, case: Case) -> None:
    if verify_answers.inference_id(check_in_progress.knows.smoke.exchanges[case.operation]) is None:
        raise NoWitness("the answers have no inference_id")
    for name in ("Assay's first call, of two, by a long name: Äpfel & Birnen / 梨", "assay-second"):
        request = delivery.with_member(asked.operation, asked.plain_request(), "id", name)

        exchange = expect_success(asked.once(request))

        verify_answers.named_by_caller(exchange, name)
        asked.note(f"called {name}")


@rule(
    "service.time-within-the-call",
    requirement="`time` is more than nothing, and no longer than the caller waited for the answer.",
    source="server",
    severity="should",
    invariants=("G-12",),
    cases=over(OPERATIONS),
    cost=Cost(own=1),
)
def test_time_is_a_part_of_the_call(asked: Driver) -> None:
    exchange = expect_success(asked.once(asked.plain_request()))

    told = verify_answers.took_no_longer_than_the_call(exchange)
    asked.note(f"{told:.4f} of {exchange.seconds:.4f} s")


@rule(
    "service.processing-time-within-the-call",
    requirement="X-Processing-Time is no longer than the caller waited, and no shorter than `time`.",
    source="server",
    severity="should",
    invariants=("G-29",),
    cases=over(OPERATIONS),
    cost=Cost(own=1),
)
def test_processing_time_is_a_part_of_the_call(asked: Driver) -> None:
    exchange = expect_success(asked.once(asked.plain_request()))

    told = verify_answers.processed_within_the_call(exchange)
    asked.note(f"{told:.4f} of {exchange.seconds:.4f} s")


@rule(
    "service.answers-the-same-to-the-same",
    requirement="One and the same request is not answered now with content and now with nothing, or with another's.",
    source="sound",
    severity="should",
    late=2,
    cases=over(TELLING),
)
def test_the_same_is_answered_to_the_same(asked: Driver, check_in_progress: Check, case: Case) -> None:
    asked.target.refer(check_in_progress.knows.smoke.exchanges[case.operation])
    repeated = check_in_progress.overheard.of(case.operation).repeated
    again = repeated.witnesses
    if not again:
        raise NoWitness("no request that is answered with something was sent a second time in this run")

    asked.note(f"{len(again)} requests, answered {sum(each.times for each in again)} times in all")
    verify_service.nothing_found(list(islice(repeated.findings(), verify_service.MOST_TOLD)))
