"""Pictures of several megapixels, as cameras take them: what is said of them is said in their own pixels.

A network sees a small picture, and what it finds there has to be brought back to the large one that was sent.
"""

from __future__ import annotations

from assay.contract.citing import answer_field, passage
from assay.contract.rule import Cost, over, rule
from assay.judge import verify, verify_classmaps, verify_places
from assay.judge.answers import answer
from assay.photograph import enlarged
from assay.plugin.drivers import Driver, HostedDriver, SemanticDriver
from assay.plugin.drivers.base import expect_success

DETECTION = "hosted.object-detection"
BOXES = (DETECTION, "hosted.keypoint-detection", "hosted.instance-segmentation")
SEMANTIC = ("hosted.semantic-segmentation", "infer.semantic-segmentation")
WHERE = "where they belong in the enlarged picture"


@rule(
    "hosted.boxes.placed-in-large-pictures",
    requirement="In a picture of several megapixels, too, boxes are in px of the picture that was sent.",
    says=answer_field(DETECTION, "/predictions/*/x"),
    source="document",
    severity="must",
    content=True,
    invariants=("B-02", "B-20"),
    compares=True,
    cases=over(BOXES),
    depth="standard",
    cost=Cost(own=2),
)
def test_boxes_lie_where_they_belong_in_large_pictures(hosted: HostedDriver) -> None:
    sights = hosted.altered("enlarged")

    fitting = verify_places.placed_by_their_centre(sights, WHERE)
    hosted.note(f"{fitting} boxes in {len(sights)} pictures lie {WHERE}")


@rule(
    "hosted.large-pictures.size",
    requirement="`image` gives the width and height of a picture of several megapixels as it was sent.",
    says=answer_field(DETECTION, "/image"),
    source="document",
    severity="must",
    invariants=("G-03",),
    cases=over((*BOXES, "hosted.classification", "hosted.semantic-segmentation")),
    depth="standard",
    cost=Cost(own=1),
)
def test_the_size_of_a_large_picture_is_stated(asked: Driver) -> None:
    large = enlarged(asked.scenes[0])

    exchange = expect_success(asked.once(asked.about(large, large)))

    asked.note(f"a picture of {large.width} x {large.height} px")
    verify.image_size(answer(exchange, asked.schema_rule), large.width, large.height)


@rule(
    "semantic.mask.size-of-large-pictures",
    requirement="The mask of a picture of several megapixels has as many pixels across and down as it.",
    says=passage("parts/class-masks.json#/properties/segmentation_mask/allOf/0"),
    source="document",
    severity="must",
    invariants=("S-01",),
    cases=over(SEMANTIC),
    depth="standard",
    cost=Cost(own=1),
)
def test_the_mask_has_the_size_of_a_large_picture(semantic: SemanticDriver) -> None:
    large = enlarged(semantic.scenes[0])

    found = semantic.seen(large).answer

    semantic.note(f"a picture of {large.width} x {large.height} px")
    verify_classmaps.mask_size(found, large.width, large.height)
