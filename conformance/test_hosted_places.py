"""Where boxes lie, on the hosted model route (S4): held against pictures of which it is known what lies where."""

from __future__ import annotations

from assay.contract.citing import answer_field
from assay.contract.rule import Case, Cost, over, rule
from assay.judge import verify_places, verify_slants, verify_steps
from assay.plugin.drivers import HostedDriver, InstancesDriver
from assay.plugin.drivers.base import RESIZED, SHOWN

DETECTION = "hosted.object-detection"
KEYPOINTS, INSTANCES = "hosted.keypoint-detection", "hosted.instance-segmentation"
BOXES = (DETECTION, KEYPOINTS, INSTANCES)
SLANTED = 2
"""Requests about painted bands that lean, each in two pictures."""
PICTURES = {
    "painted": "where things were painted",
    "mirrored": "where they belong once the picture is mirrored",
    "widened": "where they were once the picture has more on its right",
}


@rule(
    "hosted.boxes.placed-by-their-centre",
    requirement="With (x, y) as its centre, in px from the top left corner, a box lies on what it is the box of.",
    says=answer_field(DETECTION, "/predictions/*/x"),
    source="document",
    severity="must",
    content=True,
    invariants=("B-02", "B-20"),
    compares=True,
    cases=over(BOXES, picture=list(PICTURES)),
    cost=Cost(own=SHOWN),
)
def test_boxes_lie_on_what_they_are_of(hosted: HostedDriver, case: Case) -> None:
    picture = case["picture"]
    sights = hosted.painted() if picture == "painted" else hosted.altered(picture)

    fitting = verify_places.placed_by_their_centre(sights, PICTURES[picture])
    hosted.note(f"{fitting} boxes in {len(sights)} pictures lie {PICTURES[picture]}")


@rule(
    "hosted.boxes.wide-as-things-are",
    requirement="`width` goes across and `height` down: the box of a broad thing is broad, that of a high one high.",
    says=answer_field(DETECTION, "/predictions/*/width"),
    source="document",
    severity="should",
    content=True,
    invariants=("B-02",),
    cases=over(BOXES),
    cost=Cost(own=SHOWN),
)
def test_boxes_are_as_wide_as_what_they_are_of(hosted: HostedDriver) -> None:
    sights = hosted.painted()

    agreeing = verify_places.wide_as_things_are(sights)
    hosted.note(f"{agreeing} boxes in {len(sights)} pictures are as wide and as high as what they are of")


@rule(
    "hosted.boxes.told-to-the-pixel",
    requirement="Places and sizes are told to the pixel, and not rounded to fives or tens of them.",
    source="sound",
    severity="should",
    content=True,
    cases=over(BOXES),
    depth="standard",
    cost=Cost(own=SHOWN + RESIZED),
)
def test_places_are_told_to_the_pixel(hosted: HostedDriver) -> None:
    members = verify_steps.told_to_the_pixel(hosted.resized())
    hosted.note(f"not rounded to steps of several px: {', '.join(members)}")


@rule(
    "hosted.keypoints.lie-on-what-they-are-of",
    requirement="A keypoint lies where it is in the picture, and not where a mirror in its box would put it.",
    says=answer_field(KEYPOINTS, "/predictions/*/keypoints/*/x"),
    source="document",
    severity="must",
    content=True,
    invariants=("K-02",),
    compares=True,
    cases=over(KEYPOINTS),
    depth="standard",
    cost=Cost(own=SLANTED),
)
def test_keypoints_lie_on_what_they_are_of(hosted: HostedDriver) -> None:
    bands = verify_slants.keypoints_on_bands(hosted.leaning())
    hosted.note(f"the keypoints of {bands} painted bands that lean lie on them")


@rule(
    "hosted.instances.outlines-follow-things",
    requirement="An outline is that of the thing, and not that of its box, nor mirrored in it.",
    says=answer_field(INSTANCES, "/predictions/*/points"),
    source="document",
    severity="should",
    content=True,
    invariants=("I-02",),
    compares=True,
    cases=over(INSTANCES),
    depth="standard",
    cost=Cost(own=SLANTED),
)
def test_outlines_follow_what_they_are_of(instances: InstancesDriver) -> None:
    bands = verify_slants.outlines_around_bands(instances.leaning())
    instances.note(f"the outlines of {bands} painted bands that lean enclose them")
