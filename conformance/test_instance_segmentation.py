"""Instance segmentation on the hosted model route: what its page promises of outlines."""

from __future__ import annotations

from itertools import islice
from typing import Any

from assay.contract import delivery
from assay.contract.citing import answer_field
from assay.contract.rule import Case, Cost, over, rule
from assay.judge import answers, verify
from assay.judge.answers import Detection
from assay.judge.verdicts import NoWitness
from assay.judge.verify_instances import outlines_alike, runs_agree_with_outlines, some_outline
from assay.plugin.drivers import InstancesDriver, expect_success
from assay.plugin.drivers.seen import Seen

INSTANCES = "hosted.instance-segmentation"
COMPARED = 3
"""Pictures whose masks are compared in both forms: a rectangle looks alike in many wrong ones."""


@rule(
    "hosted.instances.outlines-are-polygons",
    requirement="The outline of an instance is a polygon of three vertices or more, or empty.",
    says=answer_field(INSTANCES, "/predictions/*/points"),
    source="document",
    severity="must",
    content=True,
    invariants=("I-01",),
    cases=over(INSTANCES),
)
def test_outlines_are_polygons(instances: InstancesDriver) -> None:
    _outlined(instances)

    for seen in list(instances.all_seen()):
        verify.outlines_are_polygons(seen.answer, instances.outlines(seen.answer))


@rule(
    "hosted.instances.have-outlines",
    requirement="Instances have outlines, and not boxes alone.",
    says=answer_field(INSTANCES, "/predictions/*/points"),
    source="document",
    severity="must",
    content=True,
    invariants=("I-01",),
    cases=over(INSTANCES),
)
def test_instances_have_outlines(instances: InstancesDriver) -> None:
    instances.witness("a prediction", lambda answer: bool(answer.predictions))

    shown = [instances.seen(scene).answer for scene in instances.scenes]
    outlined = some_outline([(answer, instances.outlines(answer)) for answer in shown])
    instances.note(f"{outlined} predictions have an outline")


@rule(
    "hosted.instances.outlines-inside-image",
    requirement="The vertices of an outline are places in the picture, in pixels.",
    says=answer_field(INSTANCES, "/predictions/*/points/*/x"),
    source="document",
    severity="must",
    content=True,
    invariants=("I-01",),
    cases=over(INSTANCES),
)
def test_outlines_lie_inside_the_picture(instances: InstancesDriver) -> None:
    _outlined(instances)

    for seen in list(instances.all_seen()):
        outlines = instances.outlines(seen.answer)
        verify.outlines_in_picture(seen.answer, outlines, seen.scene.width, seen.scene.height)


@rule(
    "hosted.instances.outlines-at-boxes",
    requirement="An outline lies where the box of the same prediction lies.",
    source="server",
    severity="should",
    content=True,
    invariants=("I-02",),
    cases=over(INSTANCES),
)
def test_outlines_lie_at_their_boxes(instances: InstancesDriver) -> None:
    _outlined(instances)

    for seen in list(instances.all_seen()):
        verify.outlines_fill_boxes(seen.answer, instances.outlines(seen.answer))


@rule(
    "hosted.instances.mask-format",
    requirement="`mask_format` says in which form the masks of the answer are given.",
    source="server",
    severity="should",
    content=True,
    invariants=("I-03",),
    cases=over(INSTANCES),
)
def test_the_form_of_masks_is_told(instances: InstancesDriver) -> None:
    _outlined(instances)

    for seen in list(instances.all_seen()):
        verify.mask_format_told(seen.answer)


def _outlined(instances: InstancesDriver) -> Seen:
    def outlined(answer: Detection) -> bool:
        return any(instances.outlines(answer))

    return instances.witness("an instance with an outline", outlined)


@rule(
    "hosted.instances.rle-agrees-with-polygon",
    requirement="With `response_mask_format=rle` the masks are the same, as run lengths over the whole picture.",
    source="server",
    severity="should",
    content=True,
    invariants=("I-04", "I-03"),
    compares=True,
    cases=over(INSTANCES),
    depth="standard",
    cost=Cost(own=COMPARED),
)
def test_run_lengths_state_the_same_masks(instances: InstancesDriver) -> None:
    first = _outlined(instances)
    others = (
        seen for seen in instances.all_seen() if seen.scene != first.scene and any(instances.outlines(seen.answer))
    )
    compared = sum(_in_both_forms(instances, seen) for seen in (first, *islice(others, COMPARED - 1)))
    if not compared:
        raise NoWitness("no mask has an outline to compare it with")
    instances.note(f"{compared} masks beside their outlines")


def _in_both_forms(instances: InstancesDriver, seen: Seen) -> int:
    """How many masks of an answer were compared with the outlines that state them, too."""
    request = instances.request(seen.scene, **seen.query)
    asked = delivery.with_member(instances.operation, request, "response_mask_format", "rle")

    answer = answers.detection(expect_success(instances.once(asked)), instances.schema_rule)

    if answer.predictions and not any("rle" in item for item in answer.body["predictions"]):
        raise NoWitness("response_mask_format=rle is answered with outlines, as the older engine does")
    verify.same_predictions(answer, seen.answer.predictions, "with response_mask_format=rle", seen.threshold)
    verify.mask_format_told(answer)
    stated = answers.run_lengths(answer, instances.schema_rule)
    return runs_agree_with_outlines(answer, stated, seen.answer, instances.outlines(seen.answer), seen.size)


DECODED: dict[str, dict[str, Any]] = {
    "fast": {"mask_decode_mode": "fast"},
    "tradeoff": {"mask_decode_mode": "tradeoff", "tradeoff_factor": 0.5},
}


@rule(
    "hosted.instances.decoded-alike",
    requirement="Masks that are worked out fast, or half so, belong to the same boxes, and enclose about the same.",
    source="server",
    severity="should",
    content=True,
    invariants=("I-05",),
    compares=True,
    cases=over(INSTANCES, decoded=list(DECODED)),
    depth="standard",
)
def test_masks_are_decoded_alike(instances: InstancesDriver, case: Case) -> None:
    seen = _outlined(instances)

    answer = instances.again(seen.scene, **DECODED[case["decoded"]], **seen.query)

    why = f"with mask_decode_mode={case['decoded']}"
    verify.same_predictions(answer, seen.answer.predictions, why, seen.threshold)
    outlines_alike(answer, instances.outlines(answer), seen.answer, instances.outlines(seen.answer), why)


ODD: dict[str, dict[str, Any]] = {
    "unknown-mode": {"mask_decode_mode": "slow"},
    "factor-above-one": {"mask_decode_mode": "tradeoff", "tradeoff_factor": 2},
    "factor-below-zero": {"mask_decode_mode": "tradeoff", "tradeoff_factor": -1},
}


@rule(
    "hosted.instances.withstand-odd-decoding",
    requirement="A way to work masks out that there is not is refused or ignored, and no reason for a server error.",
    source="sound",
    severity="should",
    invariants=("I-06",),
    cases=over(INSTANCES, odd=list(ODD)),
    depth="standard",
)
def test_odd_ways_to_decode_are_no_server_error(instances: InstancesDriver, case: Case) -> None:
    request = instances.plain_request()
    for name, value in ODD[case["odd"]].items():
        request = delivery.with_member(instances.operation, request, name, value)

    exchange = instances.once(request)

    told = " and ".join(f"{name}={value}" for name, value in ODD[case["odd"]].items())
    instances.note(f"{told}, answered with status {answers.response_of(exchange).status}")
    verify.no_server_error(exchange, f"a request with {told}")
