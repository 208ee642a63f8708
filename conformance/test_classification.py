"""Classification on the hosted model route: what its page promises of a picture's classes."""

from __future__ import annotations

from assay.contract.citing import answer_field
from assay.contract.rule import over, rule
from assay.judge import verify
from assay.plugin.drivers import ClassificationDriver

CLASSES = "hosted.classification"


@rule(
    "hosted.classification.top-is-surest",
    requirement="`top` and `confidence` are class and confidence of the surest prediction.",
    says=answer_field(CLASSES, "/top"),
    source="document",
    severity="must",
    content=True,
    invariants=("C-01",),
    cases=over(CLASSES),
)
def test_the_surest_class_is_on_top(classified: ClassificationDriver) -> None:
    for answer in classified.several():
        verify.surest_on_top(answer)


@rule(
    "hosted.classification.surest-first",
    requirement="Classes come in the order of their confidence, the surest first.",
    source="server",
    severity="should",
    content=True,
    invariants=("C-01",),
    cases=over(CLASSES),
)
def test_the_surest_class_comes_first(classified: ClassificationDriver) -> None:
    for answer in classified.several():
        verify.surest_first(answer)


@rule(
    "hosted.classification.shares-of-one",
    requirement="The confidences of all classes are together one or less.",
    source="server",
    severity="should",
    content=True,
    invariants=("C-01",),
    cases=over(CLASSES),
)
def test_confidences_share_one(classified: ClassificationDriver) -> None:
    for answer in classified.several():
        verify.no_more_than_one(answer)


@rule(
    "hosted.classification.image-size",
    requirement="`image` gives the width and height of the picture that was sent.",
    says=answer_field(CLASSES, "/image"),
    source="document",
    severity="must",
    invariants=("G-03",),
    cases=over(CLASSES),
)
def test_a_classified_pictures_size_is_stated(classified: ClassificationDriver) -> None:
    for scene in classified.scenes[:2]:
        classified.note(f"scene {scene.name} of {scene.width} x {scene.height} px")
        verify.image_size(classified.ask(scene), scene.width, scene.height)
