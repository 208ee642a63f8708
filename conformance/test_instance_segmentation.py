"""Instance segmentation on the hosted model route: what its page promises of outlines."""

from __future__ import annotations

from assay.contract.citing import answer_field
from assay.contract.rule import over, rule
from assay.judge import verify
from assay.judge.answers import Detection
from assay.plugin.drivers import InstancesDriver

INSTANCES = "hosted.instance-segmentation"


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


def _outlined(instances: InstancesDriver) -> None:
    def outlined(answer: Detection) -> bool:
        return any(instances.outlines(answer))

    instances.witness("an instance with an outline", outlined)
