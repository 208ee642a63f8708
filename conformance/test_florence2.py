"""Florence 2, `POST /infer/lmm`: what the page "Florence 2" (S2) and its sample promise, and what the server adds.

The page names six task prompts and shows the answer to one of them. That an answer stands under its task prompt holds
for all six; in what form a task other than captions is answered, only the server tells.
"""

from __future__ import annotations

from itertools import pairwise

from assay.contract.citing import answer_field, checkpoint_cases, parameter
from assay.contract.florence import OPERATION, tasks
from assay.contract.rule import Case, Cost, over, rule
from assay.judge import verify, verify_florence
from assay.judge.schema import judge_below, judge_place, judge_unpromised
from assay.plugin.drivers import Florence2Driver
from assay.plugin.drivers.florence2 import other_alias

DOCUMENTED = [task.name for task in tasks().values() if task.promised]
UNDOCUMENTED = [task.name for task in tasks().values() if not task.promised]
CAPTIONS = ("CAPTION", "DETAILED_CAPTION", "MORE_DETAILED_CAPTION")


def _giving(*forms: str) -> list[str]:
    """The tasks that are answered in one of these forms."""
    return [task.name for task in tasks().values() if task.gives in forms]


@rule(
    "florence2.answer.schema",
    requirement="An answer has what the page's sample reads: response, an object with one key.",
    says=answer_field(OPERATION, "/response"),
    source="sample",
    severity="must",
    invariants=("G-01", "F-01"),
    prerequisite=True,
    cases=checkpoint_cases(OPERATION),
    cost=Cost(shown=True),
)
def test_answers_have_what_the_sample_reads(florence2: Florence2Driver, case: Case) -> None:
    exchanges = florence2.shown(case["mode"])

    judged = judge_place(florence2.operation, case["mode"], case["at"], exchanges)
    florence2.note(f"{judged} values in {len(exchanges)} answers")


@rule(
    "florence2.answer.server-fields",
    requirement="Fields and forms that the page does not name are as the open-source server gives them.",
    source="server",
    severity="should",
    cases=over(OPERATION, mode=["json"]),
)
def test_undocumented_fields_have_their_types(florence2: Florence2Driver, case: Case) -> None:
    exchanges = florence2.shown(case["mode"])

    judge_unpromised(florence2.operation, case["mode"], exchanges)
    florence2.note(f"{len(exchanges)} answers")


@rule(
    "florence2.answer.image-size",
    requirement="`image` states the width and height of the picture that was sent.",
    source="server",
    severity="should",
    invariants=("F-15", "G-03"),
    cases=over(OPERATION),
)
def test_the_size_of_the_picture_is_stated(florence2: Florence2Driver) -> None:
    for scene in (florence2.scenes[0], florence2.scenes[2]):
        answer = florence2.ask(tasks()["CAPTION"], scene)
        verify.image_size(answer, scene.width, scene.height)
        florence2.note(f"scene {scene.name}, {scene.width} x {scene.height} px")


@rule(
    "florence2.response.keyed-by-task",
    requirement="The answer to a documented task prompt stands under that prompt, and nothing else beside it.",
    says=answer_field(OPERATION, "/response"),
    source="sample",
    severity="must",
    invariants=("F-01",),
    cases=over(OPERATION, task=DOCUMENTED),
)
def test_answers_stand_under_their_task(florence2: Florence2Driver, case: Case) -> None:
    task = tasks()[case["task"]]
    exchange = florence2.exchange(task)

    florence2.note(f"scene {florence2.scene_for(task).name}")
    verify_florence.keyed_by_task(exchange, task)


@rule(
    "florence2.response.form-of-the-server",
    requirement="Under its task prompt an answer has the form that the open-source server gives it.",
    source="server",
    severity="should",
    invariants=("F-01",),
    cases=over(OPERATION, task=[*DOCUMENTED, *UNDOCUMENTED]),
)
def test_answers_have_the_form_of_their_task(florence2: Florence2Driver, case: Case) -> None:
    task = tasks()[case["task"]]
    exchange = florence2.exchange(task)

    florence2.note(f"scene {florence2.scene_for(task).name}")
    verify_florence.keyed_by_task(exchange, task)
    judge_below(florence2.operation, "json", f"/response/{task.token}", exchange)


@rule(
    "florence2.captions.plain-text",
    requirement="A caption is a text that says something, without tokens of the model in it.",
    says=answer_field(OPERATION, "/response"),
    source="sample",
    severity="must",
    content=True,
    invariants=("F-02",),
    cases=over(OPERATION, task=[name for name in CAPTIONS if name in DOCUMENTED]),
)
def test_captions_are_plain_text(florence2: Florence2Driver, case: Case) -> None:
    florence2.only_pretrained()
    _, answer = florence2.witness(tasks()[case["task"]], "a text")

    verify_florence.plain_text(answer)


@rule(
    "florence2.captions.more-detail-is-longer",
    requirement="A caption is no shorter than one of less detail, and not the same in every picture.",
    source="server",
    severity="should",
    content=True,
    invariants=("F-03",),
    compares=True,
    cases=over(OPERATION),
)
def test_more_detail_is_longer(florence2: Florence2Driver) -> None:
    florence2.only_pretrained()
    said = [florence2.witness(tasks()[name], "a text")[1] for name in CAPTIONS]

    verify_florence.more_detail_is_longer(said)
    for less, more in pairwise(said):
        if more.text == less.text:
            others = [[florence2.ask(one.task, scene) for one in (less, more)] for scene in florence2.scenes[1:]]
            verify_florence.no_mere_repetition([(less, more), *others])


@rule(
    "florence2.captions.repeat",
    requirement="The same request is answered with the same text again: the model takes the likeliest words.",
    source="server",
    severity="should",
    content=True,
    invariants=("F-11", "G-09"),
    cases=over(OPERATION, task=["CAPTION"]),
)
def test_captions_repeat(florence2: Florence2Driver, case: Case) -> None:
    task = tasks()[case["task"]]
    _, before = florence2.witness(task, "a text of several words", lambda answer: len(answer.text.split()) > 1)

    answer = florence2.ask_again(task)

    verify_florence.same_text(answer, before)


@rule(
    "florence2.boxes.corners-and-labels",
    requirement="Boxes are told by two corners inside the picture, in px, and each has its label.",
    source="server",
    severity="should",
    content=True,
    invariants=("F-04", "F-07"),
    cases=over(OPERATION, task=_giving("boxes", "open-vocabulary")),
)
def test_boxes_are_corners_with_labels(florence2: Florence2Driver, case: Case) -> None:
    scene, answer = florence2.witness(tasks()[case["task"]], "a box", lambda answer: bool(answer.shapes))

    verify_florence.labelled(answer)
    verify_florence.boxes_by_corners(answer, scene.width, scene.height)


@rule(
    "florence2.boxes.proposals-without-labels",
    requirement="Region proposals are boxes with empty labels.",
    source="server",
    severity="should",
    content=True,
    invariants=("F-10",),
    cases=over(OPERATION),
)
def test_proposals_have_no_labels(florence2: Florence2Driver) -> None:
    _, answer = florence2.witness(tasks()["REGION_PROPOSAL"], "a box", lambda answer: bool(answer.shapes))

    verify_florence.unlabelled(answer)


@rule(
    "florence2.polygons.points-and-labels",
    requirement="Outlines are flat lists of x and y of points inside the picture, in px, and each has its label.",
    source="server",
    severity="should",
    content=True,
    invariants=("F-08",),
    cases=over(OPERATION, task=_giving("polygons")),
)
def test_polygons_are_points_with_labels(florence2: Florence2Driver, case: Case) -> None:
    scene, answer = florence2.witness(tasks()[case["task"]], "an outline", lambda answer: answer.outlines > 0)

    verify_florence.labelled(answer)
    verify_florence.outlines_of_points(answer, scene.width, scene.height)


@rule(
    "florence2.text.quads-and-labels",
    requirement="Text is told with four corners inside the picture around each piece, and each piece is its label.",
    source="server",
    severity="should",
    content=True,
    invariants=("F-06",),
    cases=over(OPERATION, task=_giving("quads")),
)
def test_quads_are_corners_with_labels(florence2: Florence2Driver, case: Case) -> None:
    scene, answer = florence2.witness(tasks()[case["task"]], "a piece of text", lambda answer: bool(answer.shapes))

    verify_florence.labelled(answer)
    verify_florence.quads_of_corners(answer, scene.width, scene.height)


@rule(
    "florence2.models.answer-alike",
    requirement="Both aliases, florence-2-base and florence-2-large, are answered in the same form.",
    says=parameter(OPERATION, "model_id"),
    source="document",
    severity="must",
    invariants=("F-17",),
    cases=over(OPERATION, task=["CAPTION", "OD"]),
    depth="standard",
    asks=lambda case, own: other_alias(own),
)
def test_both_models_answer_in_the_same_form(florence2: Florence2Driver, case: Case) -> None:
    florence2.only_pretrained()
    task, other = tasks()[case["task"]], other_alias(florence2.model)
    answer = florence2.ask(task)

    exchange = florence2.elsewhere(task, other)

    florence2.note(f"{florence2.model} and {other}")
    verify.answered(exchange, f"a plain request to {other}", florence2.operation.source)
    verify_florence.keyed_by_task(exchange, task)
    verify_florence.same_form(florence2.read(exchange, task), answer)
