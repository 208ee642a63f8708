"""Pictures of several megapixels, as cameras take them: what is said of them is said in their own pixels.

A network sees a small picture, and what it finds there has to be brought back to the large one that was sent. How large
a picture may be no document says: a target that refuses one is not held to it.
"""

from __future__ import annotations

from typing import Any

from assay.contract.citing import answer_field, passage, response_mode
from assay.contract.rule import Case, Cost, over, rule
from assay.judge import verify, verify_classmaps, verify_enlarged, verify_places
from assay.judge.answers import answer, response_of
from assay.judge.enlarged import Place, of_boxes, of_keypoints, of_outlines
from assay.judge.verify_cut import not_cut_off
from assay.photograph import enlarged
from assay.plugin.drivers import (
    Driver,
    Florence2Driver,
    HostedDriver,
    InferDriver,
    InstancesDriver,
    Owlv2Driver,
    Sam2Driver,
    SemanticDriver,
    enlarging,
)

DETECTION = "hosted.object-detection"
KEYPOINTS = "hosted.keypoint-detection"
INSTANCES = "hosted.instance-segmentation"
BOXES = (DETECTION, KEYPOINTS, INSTANCES)
INFER = ("infer.object-detection", "infer.keypoint-detection")
SEMANTIC = ("hosted.semantic-segmentation", "infer.semantic-segmentation")
WHERE = "where they belong in the enlarged picture"
SEVERAL = 2
"""Pictures in which a mistake has to show where the document is broken by it."""


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
    sights = enlarging.boxes(hosted)

    not_cut_off(enlarging.places(hosted), "boxes")
    fitting = verify_places.placed_by_their_centre(sights, WHERE)
    hosted.note(f"{fitting} boxes in {len(sights)} pictures lie {WHERE}")


@rule(
    "hosted.keypoints.placed-in-large-pictures",
    requirement="In a picture of several megapixels, too, keypoints are in px of the picture that was sent.",
    says=answer_field(KEYPOINTS, "/predictions/*/keypoints/*/x"),
    source="document",
    severity="must",
    content=True,
    invariants=("K-02",),
    compares=True,
    cases=over(KEYPOINTS),
    depth="standard",
    cost=Cost(own=2),
)
def test_keypoints_lie_where_they_belong_in_large_pictures(hosted: HostedDriver) -> None:
    sights = enlarging.places(hosted, of_keypoints)

    not_cut_off(sights, "sets of keypoints")
    fitting = verify_enlarged.in_place(sights, "sets of keypoints", SEVERAL)
    hosted.note(f"the keypoints of {fitting} predictions in {len(sights)} pictures lie {WHERE}")


@rule(
    "hosted.instances.outlines-in-large-pictures",
    requirement="In a picture of several megapixels, too, outlines are in px of the picture that was sent.",
    says=answer_field(INSTANCES, "/predictions/*/points/*/x"),
    source="document",
    severity="must",
    content=True,
    invariants=("I-01",),
    compares=True,
    cases=over(INSTANCES),
    depth="standard",
    cost=Cost(own=2),
)
def test_outlines_lie_where_they_belong_in_large_pictures(instances: InstancesDriver) -> None:
    def outlines_of(answer: Any) -> tuple[Place, ...]:
        return of_outlines(answer, instances.outlines(answer))

    sights = enlarging.places(instances, outlines_of)

    not_cut_off(sights, "outlines")
    fitting = verify_enlarged.in_place(sights, "outlines", SEVERAL)
    instances.note(f"{fitting} outlines in {len(sights)} pictures lie {WHERE}")


@rule(
    "hosted.large-pictures.size",
    requirement="`image` gives the width and height of a picture of several megapixels as it was sent.",
    says=answer_field(DETECTION, "/image"),
    source="document",
    severity="must",
    invariants=("G-03",),
    cases=over((*BOXES, "hosted.classification", SEMANTIC[0])),
    depth="standard",
    cost=Cost(own=1),
)
def test_the_size_of_a_large_picture_is_stated(asked: Driver) -> None:
    _size_is_stated(asked)


def _size_is_stated(asked: Driver) -> None:
    large, exchange = enlarging.of_the_first(asked)

    asked.note(f"a picture of {large.width} x {large.height} px")
    verify.image_size(answer(exchange, asked.schema_rule), large.width, large.height)


@rule(
    "hosted.format.image-of-large-pictures",
    requirement="With `format=image` a picture of several megapixels comes back as a JPEG of its own size.",
    says=response_mode(DETECTION, "image"),
    source="document",
    severity="must",
    invariants=("R-01",),
    cases=over(BOXES),
    depth="standard",
    cost=Cost(own=1),
)
def test_the_drawing_of_a_large_picture_is_of_its_size(hosted: HostedDriver) -> None:
    large, exchange = enlarging.drawing(hosted)

    hosted.note(f"a picture of {large.width} x {large.height} px")
    verify.media_type(exchange, "image/jpeg")
    verify.jpeg_of_size(response_of(exchange).body, large.width, large.height, exchange)


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

    found = enlarging.mask(semantic, large)

    semantic.note(f"a picture of {large.width} x {large.height} px")
    verify_classmaps.mask_size(found, large.width, large.height)


@rule(
    "semantic.mask.lies-on-large-pictures",
    requirement="In a picture of several megapixels, too, a pixel's class stands at the place of the pixel.",
    says=answer_field(SEMANTIC[0], "/predictions/segmentation_mask"),
    source="document",
    severity="must",
    content=True,
    compares=True,
    cases=over(SEMANTIC),
    depth="standard",
    cost=Cost(own=2),
)
def test_the_mask_lies_on_large_pictures(semantic: SemanticDriver) -> None:
    sights = enlarging.classes(semantic)

    fitting = verify_enlarged.in_place(sights, "classes", SEVERAL)
    semantic.note(f"{fitting} classes in {len(sights)} pictures lie {WHERE}")


@rule(
    "infer.large-pictures.size",
    requirement="`image` gives the width and height of a picture of several megapixels as it was sent.",
    source="server",
    severity="should",
    invariants=("G-03",),
    cases=over((*INFER, SEMANTIC[1])),
    depth="standard",
    cost=Cost(own=1),
)
def test_the_size_of_a_large_picture_is_stated_here(asked: Driver) -> None:
    _size_is_stated(asked)


@rule(
    "infer.large-pictures.places",
    requirement="Boxes and keypoints, too, are in px of a picture of several megapixels as it was sent.",
    source="server",
    severity="should",
    content=True,
    invariants=("B-02", "K-02"),
    compares=True,
    cases=(*over(INFER, of=["boxes"]), *over(INFER[1], of=["keypoints"])),
    depth="standard",
    cost=Cost(own=2),
)
def test_places_on_the_json_routes_are_those_of_the_large_picture(infer: InferDriver, case: Case) -> None:
    sights = enlarging.places(infer, of_boxes if case["of"] == "boxes" else of_keypoints)

    not_cut_off(sights, case["of"])
    fitting = verify_enlarged.in_place(sights[:1], case["of"])
    infer.note(f"{fitting} {case['of']} lie {WHERE}")


@rule(
    "sam2.segment.placed-in-large-pictures",
    requirement="Points in a picture of several megapixels are answered with masks in px of the picture that was sent.",
    source="sound",
    severity="should",
    content=True,
    invariants=("A-02",),
    compares=True,
    cases=over("sam2.segment"),
    depth="standard",
    cost=Cost(own=1),
)
def test_masks_lie_where_they_belong_in_a_large_picture(sam2: Sam2Driver) -> None:
    fitting = verify_enlarged.in_place(enlarging.masks(sam2), "masks")
    sam2.note(f"{fitting} masks lie {WHERE}")


@rule(
    "florence2.boxes.placed-in-large-pictures",
    requirement="Boxes in a picture of several megapixels are told in px of the picture that was sent.",
    source="server",
    severity="should",
    content=True,
    invariants=("F-04",),
    compares=True,
    cases=over("florence2.infer"),
    depth="standard",
    cost=Cost(own=1),
)
def test_boxes_that_florence_tells_belong_to_the_large_picture(florence2: Florence2Driver) -> None:
    fitting = verify_enlarged.in_place(enlarging.told(florence2), "boxes")
    florence2.note(f"{fitting} boxes lie {WHERE}")


@rule(
    "owlv2.boxes.placed-in-large-pictures",
    requirement="What resembles an example is found where it is in a picture of several megapixels, too.",
    says=answer_field("owlv2.infer", "/predictions/*/x"),
    source="document",
    severity="should",
    content=True,
    invariants=("O-03", "B-02"),
    compares=True,
    cases=over("owlv2.infer"),
    depth="standard",
    cost=Cost(own=1),
)
def test_what_is_found_by_example_lies_where_it_is_in_a_large_picture(owlv2: Owlv2Driver) -> None:
    fitting = verify_enlarged.in_place(enlarging.finds(owlv2), "boxes")
    owlv2.note(f"{fitting} boxes lie {WHERE}")
