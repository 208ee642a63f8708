"""SAM2, `POST /sam2/segment_image`: how answers to related requests are related, by the open-source server."""

from __future__ import annotations

from assay.contract.citing import parameter
from assay.contract.rule import Case, Cost, over, rule
from assay.judge import verify, verify_sam2
from assay.judge.answers import response_of
from assay.judge.verdicts import NoWitness
from assay.judge.verify_sam2_boxes import boxes_whole
from assay.plugin.drivers import Sam2Driver

SEGMENT = "sam2.segment"


@rule(
    "sam2.segment.one-mask-for-either-multimask",
    requirement="With `multimask_output` true or false each prompt is answered with one prediction, the best.",
    source="server",
    severity="should",
    content=True,
    invariants=("A-01", "A-18"),
    cases=over(SEGMENT, multimask=[True, False], prompts=[1, 2]),
    cost=Cost(own=1),
)
def test_either_way_there_is_one_mask(sam2: Sam2Driver, case: Case) -> None:
    scene, _ = sam2.witness("a mask for one of the prompts", prompts=case["prompts"])

    answer = sam2.ask(scene, sam2.prompts(scene)[: case["prompts"]], multimask_output=case["multimask"])

    verify.one_prediction_each(answer, case["prompts"])


@rule(
    "sam2.segment.mirrored-as-the-picture",
    requirement="Points in a mirrored picture, mirrored themselves, are answered with the mirrored masks.",
    source="sound",
    severity="should",
    content=True,
    invariants=("A-19",),
    compares=True,
    cases=over(SEGMENT),
    depth="standard",
    cost=Cost(own=2),
)
def test_masks_are_mirrored_with_the_picture(sam2: Sam2Driver) -> None:
    before = sam2.witness("masks", prompts=2)
    answer = sam2.mirrored(before[0])

    verify_sam2.mirrored(answer, sam2.of_every_thing(before[0]))


@rule(
    "sam2.segment.older-fields-beside-prompts",
    requirement="Beside `prompts`, the fields in which older pages give points to SAM change nothing.",
    source="server",
    severity="should",
    content=True,
    invariants=("A-25",),
    compares=True,
    cases=over(SEGMENT),
    cost=Cost(own=3),
)
def test_older_fields_change_nothing(sam2: Sam2Driver) -> None:
    scene, alone = sam2.witness("a mask")
    (prompt, *_), (_, other, *_) = sam2.prompts(scene), scene.points()
    fields = {"point_coords": [list(other)], "point_labels": [1]}

    exchange = sam2.once(sam2.request(scene, [prompt], **fields))

    status = response_of(exchange).status
    if 400 <= status < 500:
        raise NoWitness(f"the target refuses the older fields (status {status})")
    verify.answered(exchange, "a request with point_coords beside prompts", None)
    why = f"though only point_coords were added, with a point on another thing at {other}"
    verify.same_masks(sam2.read(exchange, scene), alone, why)
    sam2.two_prompts()  # where a point on another thing is answered alike, nothing would be seen of its effect


@rule(
    "sam2.segment.heeds-boxes",
    requirement="Boxes around different things are not all answered with one mask, where points on them are not.",
    source="server",
    severity="should",
    content=True,
    compares=True,
    cases=over(SEGMENT),
    cost=Cost(own=2),
)
def test_boxes_are_heeded(sam2: Sam2Driver) -> None:
    found = sam2.told_apart("points", sam2.prompts)

    verify_sam2.boxes_heeded([(sam2.of_boxes(scene), answer, sam2.boxes(scene)) for scene, answer in found])


@rule(
    "sam2.segment.takes-boxes-whole",
    requirement="A box is read as large as it is, and where it is: the mask is not cut off inside it.",
    source="server",
    severity="should",
    content=True,
    invariants=("A-06",),
    compares=True,
    cases=over(SEGMENT),
    depth="standard",
    cost=Cost(own=2),
)
def test_boxes_are_taken_whole(sam2: Sam2Driver) -> None:
    found = sam2.told_apart("points", sam2.prompts)

    judged = boxes_whole(
        [
            (sam2.of_boxes(scene), answer, [scene.mask(thing) for thing in scene.things], sam2.boxes(scene))
            for scene, answer in found
        ]
    )
    sam2.note(f"{judged} boxes around things")


@rule(
    "sam2.segment.heeds-every-point",
    requirement="Of the positive points of a prompt none is ignored: their order does not choose the mask.",
    says=parameter(SEGMENT, "prompts"),
    source="sample",
    severity="should",
    content=True,
    compares=True,
    cases=over(SEGMENT, points=[2, 3]),
    cost=Cost(own=6),
)
def test_every_point_is_heeded(sam2: Sam2Driver, case: Case) -> None:
    found = sam2.told_apart("points", sam2.prompts)

    if case["points"] == 2:
        answers = [(answer, *sam2.in_both_orders(scene)) for scene, answer in found]
    else:
        several = [scene for scene, _ in found if len(scene.things) >= case["points"]]
        answers = [(sam2.ask(scene, sam2.pairs(scene, True)), *sam2.in_both_orders(scene, 3)) for scene in several]
    verify_sam2.points_heeded(answers)
