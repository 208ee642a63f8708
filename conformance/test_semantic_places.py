"""Where the classes of a class mask lie, by the page "Roboflow 2.0" (S1): held against painted scenes."""

from __future__ import annotations

from assay.contract.citing import answer_field
from assay.contract.rule import over, rule
from assay.judge import classmaps, verify_classmaps, verify_edges
from assay.judge.moves import Marked
from assay.judge.verdicts import NoWitness
from assay.plugin.drivers import SemanticDriver
from assay.plugin.drivers.semantic import Seen

HOSTED = "hosted.semantic-segmentation"
BOTH = (HOSTED, "infer.semantic-segmentation")
MASK = "/predictions/segmentation_mask"


@rule(
    "semantic.mask.lies-on-the-picture",
    requirement="A pixel's class stands at the place of the pixel: masks are not mirrored, turned or shifted.",
    says=answer_field(HOSTED, MASK),
    source="document",
    severity="must",
    content=True,
    cases=over(BOTH),
)
def test_the_mask_lies_on_the_picture(semantic: SemanticDriver) -> None:
    every = [Marked(seen.answer, seen.scene) for seen in semantic.all_seen(painted=True)]

    found = verify_classmaps.lie_in_place(every)
    semantic.note(f"{len(found)} scenes, IoU of {min(found):.2f} or more with the things that are marked")


@rule(
    "semantic.mask.reaches-the-edge",
    requirement="What lies at the edge of the picture is marked as far as that edge.",
    source="sound",
    severity="should",
    content=True,
    cases=over(BOTH),
)
def test_the_mask_reaches_the_edge(semantic: SemanticDriver) -> None:
    every = [Marked(seen.answer, seen.scene) for seen in semantic.all_seen(painted=True)]

    for side in verify_edges.reach_the_edges(every):
        semantic.note(side)


@rule(
    "semantic.mask.classes-are-not-blended",
    requirement="At the edge of a thing the mask jumps from class to class, without the numbers in between.",
    says=answer_field(HOSTED, MASK),
    source="document",
    severity="should",
    content=True,
    cases=over(BOTH),
)
def test_classes_are_not_blended(semantic: SemanticDriver) -> None:
    every = list(semantic.all_seen(painted=True))
    solid = sorted({value for seen in every for value in _filling(seen)})

    for seen in every:
        shares = verify_classmaps.not_blended(seen.answer, seen.scene, solid)
        if shares:
            semantic.note(f"scene {seen.scene.name}, {len(shares)} edges, {max(shares):.1%} of the worst")
    if not semantic.notes:
        raise NoWitness("no scene shows a thing of class 2 or more, and another of a class below it")


def _filling(seen: Seen) -> set[int]:
    """The classes that fill things, and do not only stand at edges."""
    ids = seen.answer.fitted(seen.scene.width, seen.scene.height)
    masks = [seen.scene.mask(thing) for thing in seen.scene.things]
    return {classmaps.majority(ids, mask) for mask in masks if mask.any()} - {0}
