"""The drawing beside the JSON on the routes that name the task, held against that JSON and the picture."""

from __future__ import annotations

from itertools import islice

from assay.contract.rule import Case, Cost, over, rule
from assay.judge import pictures, verify
from assay.judge.verdicts import NoWitness
from assay.plugin.drivers import InferDriver, drawings
from assay.plugin.drivers.drawings import PLAIN_TO_SEE, TRIED

DETECTION = "infer.object-detection"
INFER = (DETECTION, "infer.keypoint-detection")
DRAWN = {"drawn": True}


@rule(
    "infer.drawing.shows-predictions",
    requirement="The drawing beside the JSON is of the picture that was sent, with an outline at each prediction.",
    source="server",
    severity="should",
    content=True,
    invariants=("R-04",),
    compares=True,
    cases=over(INFER),
)
def test_drawings_show_the_predictions(infer: InferDriver) -> None:
    seen = infer.witness("a prediction", lambda answer: bool(answer.predictions), painted=True)

    exchange = infer.exchange(seen.scene, stroke=PLAIN_TO_SEE, **DRAWN, **seen.query)

    content, stated = drawings.drawing_and_json(infer, exchange, seen)
    drawing = infer.drawn(content, seen.scene)
    verify.outlines_drawn(stated, pictures.as_drawn_upon(seen.scene.pixels(), content), drawing)
    verify.of_the_picture(seen.scene.pixels(), drawing, exchange)


@rule(
    "infer.drawing.shows-only-what-is-asked",
    requirement="What `confidence` or `class_filter` withholds is not drawn beside the JSON either.",
    source="server",
    severity="should",
    content=True,
    invariants=("R-04",),
    compares=True,
    cases=over(INFER, given=["confidence"]) + over(DETECTION, given=["class_filter"]),
    cost=Cost(own=2 * TRIED),
    depth="standard",
)
def test_drawings_show_only_what_is_asked_for(infer: InferDriver, case: Case) -> None:
    by_threshold = case["given"] == "confidence"
    scenes = infer.withholding_by_threshold() if by_threshold else infer.withholding_by_class()
    found, stated, added = drawings.withholding(infer, scenes, DRAWN)

    verify.nothing_withheld_drawn(stated, added, found.withheld)


@rule(
    "infer.drawing.shows-nothing-else",
    requirement="The drawing beside the JSON shows no box but those of the predictions in that JSON.",
    source="server",
    severity="should",
    content=True,
    invariants=("R-04",),
    compares=True,
    cases=over(INFER),
    cost=Cost(own=TRIED),
    depth="standard",
)
def test_drawings_show_no_other_boxes(infer: InferDriver) -> None:
    judged = 0
    for seen in islice((seen for seen in infer.seen_painted() if seen.answer.predictions), TRIED):
        exchange = infer.exchange(seen.scene, stroke=PLAIN_TO_SEE, **DRAWN, **seen.query)
        stated, added = drawings.additions_of(infer, exchange, seen)
        if drawings.seen_in(added, stated):
            infer.note(f"scene {seen.scene.name}, {len(stated.predictions)} predictions")
            verify.nothing_else_drawn(stated, added)
            judged += 1
    if not judged:
        raise NoWitness("no box is drawn in a colour that the picture lacks, so that another one could not be seen")
