"""SAM2, `POST /sam2/segment_image`: what the page "SAM2" (S3) and its sample promise, and what the server adds."""

from __future__ import annotations

from assay.contract.citing import answer_field, checkpoint_cases, operation
from assay.contract.rule import Case, over, rule
from assay.judge import masks, verify
from assay.judge.schema import judge_place, judge_unpromised
from assay.judge.verdicts import NoWitness
from assay.plugin.deployment import Sam2Driver

SEGMENT = "sam2.segment"
PLACES = checkpoint_cases(SEGMENT)


@rule(
    "sam2.answer.schema",
    requirement="An answer has what the page's sample reads: predictions with masks as polygons of whole pixels.",
    says=answer_field(SEGMENT, "/predictions/*/masks"),
    source="sample",
    severity="must",
    invariants=("G-01", "A-02"),
    prerequisite=True,
    cases=[case for case in PLACES if case["mode"] == "json"],
)
def test_answers_have_what_the_sample_reads(sam2: Sam2Driver, case: Case) -> None:
    exchanges = sam2.shown(case["mode"])

    judged = judge_place(sam2.operation, case["mode"], case["at"], exchanges)
    sam2.note(f"{judged} values in {len(exchanges)} answers")


@rule(
    "sam2.answer.server-fields",
    requirement="Fields and forms that the page does not name are as the open-source server gives them, RLE too.",
    source="server",
    severity="should",
    invariants=("A-03", "A-09"),
    cases=over(SEGMENT, mode=["json", "rle"]),
)
def test_undocumented_fields_have_their_types(sam2: Sam2Driver, case: Case) -> None:
    exchanges = sam2.shown(case["mode"])

    judge_unpromised(sam2.operation, case["mode"], exchanges)
    sam2.note(f"{len(exchanges)} answers")


@rule(
    "sam2.segment.one-prediction-per-prompt",
    requirement="Each prompt is answered with one prediction.",
    says=operation(SEGMENT),
    source="document",
    severity="must",
    content=True,
    invariants=("A-01",),
    cases=over(SEGMENT, prompts=[1, 2, 3]),
)
def test_each_prompt_is_answered_with_one_prediction(sam2: Sam2Driver, case: Case) -> None:
    _, answer = sam2.witness("a mask for one of the prompts", prompts=case["prompts"])

    verify.one_prediction_each(answer, case["prompts"])


@rule(
    "sam2.segment.predictions-follow-prompts",
    requirement="The prediction at a place in the answer is that of the prompt at the same place in the request.",
    says=operation(SEGMENT),
    source="document",
    severity="must",
    content=True,
    invariants=("A-16", "A-17"),
    cases=over(SEGMENT),
)
def test_predictions_follow_their_prompts(sam2: Sam2Driver) -> None:
    scene, _ = sam2.witness("masks of two things", prompts=2)
    prompts = sam2.prompts(scene)[:2]
    alone = [sam2.ask(scene, [prompt]) for prompt in prompts]
    if not masks.tell_apart([answer.masks[0] for answer in alone if answer.masks]):
        raise NoWitness("two prompts, asked alone, are not answered with different masks")

    together = sam2.ask(scene, prompts)

    verify.one_prediction_each(together, len(prompts))
    verify.masks_in_order(together, [answer.masks[0] for answer in alone])


@rule(
    "sam2.segment.polygons-inside-image",
    requirement="The vertices of a polygon are pixels of the picture.",
    says=answer_field(SEGMENT, "/predictions/*/masks"),
    source="sample",
    severity="must",
    content=True,
    invariants=("A-02",),
    cases=over(SEGMENT),
)
def test_polygons_lie_inside_the_picture(sam2: Sam2Driver) -> None:
    sam2.witness("a mask that is not empty")

    for scene in sam2.scenes[:2]:
        answer = sam2.ask(scene, sam2.prompts(scene))
        verify.outlines_inside(answer, scene.width, scene.height)


@rule(
    "sam2.segment.rle-agrees-with-polygon",
    requirement="`format=rle` and the default format state the same masks.",
    source="server",
    severity="should",
    content=True,
    invariants=("A-07", "A-09"),
    cases=over(SEGMENT, prompts=[1, 2]),
)
def test_rle_and_polygons_state_the_same_masks(sam2: Sam2Driver, case: Case) -> None:
    scene, polygons = sam2.witness("masks that are not empty", prompts=case["prompts"])

    runs = sam2.ask(scene, sam2.prompts(scene)[: case["prompts"]], format="rle")

    verify.masks_agree(polygons, runs)
