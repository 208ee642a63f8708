"""Semantic segmentation of one thing shown twice: turned upside down, and as a file of another kind.

What is true of any segmenter that looks at the picture holds here about as well as its model is good: so it only warns.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from assay.contract.rule import Cost, over, rule
from assay.judge import verify_classmaps
from assay.judge.masks import agreement
from assay.photograph import upside_down
from assay.plugin.drivers import SemanticDriver
from assay.plugin.drivers.base import SHOWN
from assay.plugin.drivers.semantic import Seen

BOTH = ("hosted.semantic-segmentation", "infer.semantic-segmentation")
TURNED, OTHER_FILE = 0.8, 0.95
"""Shares of the pixels of a class that are of the same class in both answers."""
EDGE = 2
"""px beside the edge of a class where a JPEG tells little: it keeps colours at half the size."""
ONE_SIDED = 0.5
"""IoU of a mask with itself upside down, under which it shows which way up it is."""


@rule(
    "semantic.mask.turns-with-the-picture",
    requirement="A picture that stands on its head gets the mask of the upright one, on its head as well.",
    source="sound",
    severity="should",
    content=True,
    invariants=("S-08",),
    compares=True,
    cases=over(BOTH),
    depth="standard",
    cost=Cost(own=SHOWN),
)
def test_a_mask_turns_with_its_picture(semantic: SemanticDriver) -> None:
    semantic.witness("a class on one side of the picture", _one_sided)

    for seen in [seen for seen in semantic.all_seen() if _one_sided(seen)][:SHOWN]:
        answer = semantic.ask(upside_down(seen.scene))

        expected = replace(seen.answer, ids=np.ascontiguousarray(seen.answer.ids[::-1]))
        semantic.note(f"scene {seen.scene.name}, {seen.answer.classes}")
        verify_classmaps.same_classes(answer, expected, "though the picture was only turned upside down", TURNED)


def _one_sided(seen: Seen) -> bool:
    marked = seen.answer.ids > 0
    return bool(marked.any()) and agreement(marked, marked[::-1]) < ONE_SIDED


@rule(
    "semantic.picture.jpeg-as-png",
    requirement="A picture as JPEG of high quality gets the mask that the same picture as PNG gets.",
    source="sound",
    severity="should",
    content=True,
    invariants=("S-11",),
    compares=True,
    cases=over(BOTH),
    depth="standard",
    cost=Cost(own=SHOWN),
)
def test_a_jpeg_is_segmented_as_a_png(semantic: SemanticDriver) -> None:
    semantic.witness("a class wide enough to be compared away from its edges", _a_class, painted=True)

    for seen in [seen for seen in semantic.all_seen(painted=True) if _a_class(seen)][:SHOWN]:
        answer = semantic.of_jpeg(seen.scene)

        semantic.note(f"scene {seen.scene.name}, {seen.answer.classes}")
        verify_classmaps.same_classes(answer, seen.answer, "though it is the same picture as JPEG", OTHER_FILE, EDGE)


def _a_class(seen: Seen) -> bool:
    return verify_classmaps.wide_enough(seen.answer, EDGE)
