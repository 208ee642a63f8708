"""SAM2, `POST /sam2/segment_image`, and the answers of both its routes: S3, its sample, and what the server adds."""

from __future__ import annotations

from assay.contract.citing import answer_field, checkpoint_cases, operation, parameter
from assay.contract.rule import Case, Cost, over, rule
from assay.judge import verify, verify_sam2, verify_sam2_points
from assay.judge.answers import response_of
from assay.judge.schema import judge_place, judge_unpromised
from assay.judge.verdicts import NoWitness
from assay.judge.verify_sam2_archives import archive_states
from assay.plugin.drivers import Driver, Sam2Driver, enlarging

SEGMENT, EMBED = "sam2.segment", "sam2.embed"
PLACES = (*checkpoint_cases(SEGMENT), Case(EMBED, {"mode": "json", "at": "/"}))
FEW, MANY = 3, 9
"""Prompts of one request: as many as each scene has things, and more than a chunk of eight."""
NEAR_EDGES = 8
"""Requests about points near four edges, in two pictures."""
VERSIONS = ("hiera_tiny", "hiera_small", "hiera_b_plus", "hiera_large")


@rule(
    "sam2.answer.schema",
    requirement="An answer is JSON; of a segmentation it has what the page's sample reads: predictions with polygons.",
    says=answer_field(SEGMENT, "/predictions/*/masks"),
    source="sample",
    severity="must",
    invariants=("G-01", "A-02"),
    prerequisite=True,
    cases=[case for case in PLACES if case["mode"] == "json"],
    cost=Cost(shown=True),
)
def test_answers_have_what_the_sample_reads(asked: Driver, case: Case) -> None:
    exchanges = asked.shown(case["mode"])

    judged = judge_place(asked.operation, case["mode"], case["at"], exchanges)
    asked.note(f"{judged} values in {len(exchanges)} answers")


@rule(
    "sam2.answer.server-fields",
    requirement="Fields and forms that the page does not name are as the open-source server gives them, RLE too.",
    source="server",
    severity="should",
    invariants=("A-03", "A-09"),
    cases=(*over(SEGMENT, mode=["json", "rle"]), *over(EMBED, mode=["json"])),
)
def test_undocumented_fields_have_their_types(asked: Driver, case: Case) -> None:
    exchanges = asked.shown(case["mode"])

    judge_unpromised(asked.operation, case["mode"], exchanges)
    asked.note(f"{len(exchanges)} answers")


@rule(
    "sam2.segment.one-prediction-per-prompt",
    requirement="Each prompt is answered with one prediction, whatever `multimask_output` says.",
    source="server",
    severity="should",
    content=True,
    invariants=("A-01",),
    cases=over(SEGMENT, prompts=[1, 2, 3, MANY]),
    cost=Cost(own=3),
)
def test_each_prompt_is_answered_with_one_prediction(sam2: Sam2Driver, case: Case) -> None:
    prompts = case["prompts"]
    scene, answer = sam2.witness("a mask for one of the prompts", prompts=min(prompts, FEW))
    if prompts > FEW:
        answer = sam2.ask_many(scene, [sam2.prompts(scene)[number % FEW] for number in range(prompts)])

    verify.one_prediction_each(answer, prompts)


@rule(
    "sam2.segment.mask-for-each-prompt",
    requirement="The masks are those of the given prompts: of two prompts each gets one.",
    says=operation(SEGMENT),
    source="document",
    severity="must",
    content=True,
    invariants=("A-17",),
    compares=True,
    cases=over(SEGMENT),
    cost=Cost(own=4),
)
def test_each_prompt_gets_a_mask(sam2: Sam2Driver) -> None:
    prompted = sam2.two_prompts()

    together = sam2.ask(prompted.scene, prompted.prompts)

    verify.mask_for_each(together, prompted.alone)


@rule(
    "sam2.segment.predictions-follow-prompts",
    requirement="The prediction at a place in the answer is that of the prompt at the same place in the request.",
    source="server",
    severity="should",
    content=True,
    invariants=("A-16", "A-17"),
    compares=True,
    cases=over(SEGMENT, prompts=[2, MANY]),
)
def test_predictions_follow_their_prompts(sam2: Sam2Driver, case: Case) -> None:
    prompted = sam2.two_prompts()
    order = prompted.over_and_over(case["prompts"])

    for way in (order, order[::-1]):  # a server that sorts them is right by chance in one of the two
        together = sam2.ask_many(prompted.scene, [prompted.prompts[number] for number in way])

        if len(together.masks) != len(way):
            raise NoWitness("there is not one prediction for each prompt, which is judged by another rule")
        verify.masks_in_order(together, prompted.alone, way)


@rule(
    "sam2.segment.confidence-of-its-prompt",
    requirement="Of several prompts each is answered with the confidence that it has alone.",
    source="server",
    severity="should",
    content=True,
    compares=True,
    cases=over(SEGMENT),
)
def test_each_prompt_has_its_own_confidence(sam2: Sam2Driver) -> None:
    prompted = sam2.two_prompts()
    order = prompted.over_and_over(3)

    for way in (order, order[::-1]):
        together = sam2.ask(prompted.scene, [prompted.prompts[number] for number in way])

        if len(together.masks) != len(way):
            raise NoWitness("there is not one prediction for each prompt, which is judged by another rule")
        verify_sam2.as_sure_as_alone(together, prompted.answers, way)


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
    compares=True,
    cases=(*over(SEGMENT, prompts=[1, 2]), *over(SEGMENT, mask=["of-several-pieces", "with-a-hollow"])),
    cost=Cost(own=6),
)
def test_rle_and_polygons_state_the_same_masks(sam2: Sam2Driver, case: Case) -> None:
    if "mask" in case.values:
        scene, prompts, runs = sam2.in_runs(case["mask"])
        verify.masks_agree(sam2.ask(scene, prompts), runs)
        return

    scene, polygons = sam2.witness("masks that are not empty", prompts=case["prompts"])

    runs = sam2.ask(scene, sam2.prompts(scene)[: case["prompts"]], format="rle")

    verify.masks_agree(polygons, runs)


@rule(
    "sam2.segment.binary-agrees-with-rle",
    requirement="`format=binary` is a NumPy archive of logits that state the same masks as `format=rle`.",
    source="server",
    severity="should",
    content=True,
    invariants=("A-08",),
    compares=True,
    cases=over(SEGMENT, prompts=[1, 2]),
)
def test_the_archive_states_the_masks_of_the_rle(sam2: Sam2Driver, case: Case) -> None:
    scene, _ = sam2.witness("masks that are not empty", prompts=case["prompts"])
    prompts = sam2.prompts(scene)[: case["prompts"]]

    archive = sam2.exchange(scene, prompts, format="binary")

    archive_states(archive, sam2.ask(scene, prompts, format="rle"))


@rule(
    "sam2.segment.positive-point-inside",
    requirement="The mask that answers a single positive point holds that point.",
    says=parameter(SEGMENT, "prompts"),
    source="sample",
    severity="should",
    content=True,
    invariants=("A-04",),
    cases=over(SEGMENT),
)
def test_a_positive_point_lies_in_its_mask(sam2: Sam2Driver) -> None:
    found = sam2.told_apart("single positive points", sam2.prompts)

    verify_sam2.points_inside([(answer, scene.points()) for scene, answer in found])


@rule(
    "sam2.segment.marks-the-same-in-large-pictures",
    requirement="What a point marks it marks in the same picture of several megapixels, too, in px of that picture.",
    source="sound",
    severity="should",
    content=True,
    compares=True,
    cases=over(SEGMENT),
    depth="standard",
    cost=Cost(own=1),
)
def test_a_point_marks_the_same_in_a_large_picture(sam2: Sam2Driver) -> None:
    found = sam2.told_apart("single positive points", sam2.prompts)
    scene, before = max(found, key=lambda each: len(verify_sam2_points.marked(each[1], sam2.things(each[0]))))
    things = sam2.things(scene)

    large, answer = enlarging.points(sam2, scene)

    verify.one_prediction_each(answer, len(things))
    marked = verify_sam2_points.marked_in_both(before, answer, things, large.width // scene.width)
    sam2.note(f"{marked} things are marked in {large.width} x {large.height} px as they are in the smaller picture")


@rule(
    "sam2.segment.points-where-they-are",
    requirement="A point is taken where its x and y say, to a few px: at no edge of a thing for one beyond that.",
    source="sound",
    severity="should",
    content=True,
    compares=True,
    cases=over(SEGMENT),
    depth="standard",
    cost=Cost(own=NEAR_EDGES),
)
def test_points_are_taken_where_they_are(sam2: Sam2Driver) -> None:
    scenes = [scene for scene, _ in sam2.told_apart("points of things", sam2.prompts)]

    judged = verify_sam2_points.taken_where_they_are([sam2.near_edges(scene) for scene in scenes])
    sam2.note(f"{judged} things are marked by points near their edges")


@rule(
    "sam2.segment.negative-point-outside",
    requirement="A negative point keeps out of the mask what a positive point in its place would bring in.",
    source="server",
    severity="should",
    content=True,
    invariants=("A-05",),
    cases=over(SEGMENT),
)
def test_a_negative_point_lies_outside_of_the_mask(sam2: Sam2Driver) -> None:
    scenes = [scene for scene, _ in sam2.told_apart("points of two things", sam2.prompts)]
    second = {scene: sam2.brought_in(scene) for scene in scenes}
    if not any(second.values()):
        raise NoWitness("a second positive point brings nothing into a mask that a negative one could keep out")

    answers = [(sam2.kept_out(scene), points) for scene, points in second.items()]

    verify_sam2.points_outside(answers)


@rule(
    "sam2.segment.box-anchored-at-its-centre",
    requirement="A box prompt is read with x and y as its centre: the mask lies in the box around them.",
    source="server",
    severity="should",
    content=True,
    invariants=("A-06",),
    cases=over(SEGMENT),
)
def test_a_box_is_anchored_at_its_centre(sam2: Sam2Driver) -> None:
    found = sam2.told_apart("boxes", lambda scene: [{"box": box} for box in sam2.boxes(scene)])

    verify_sam2.masks_in_boxes([(answer, sam2.boxes(scene)) for scene, answer in found])


@rule(
    "sam2.segment.other-wrappers-of-prompts",
    requirement="A bare list of prompts, and a bare prompt, mean the same as the documented object with the list.",
    source="server",
    severity="should",
    content=True,
    invariants=("A-15",),
    compares=True,
    cases=over(SEGMENT, wrapper=["list", "list-of-boxes", "none"]),
)
def test_prompts_mean_the_same_in_every_wrapper(sam2: Sam2Driver, case: Case) -> None:
    if case["wrapper"] == "list":
        scene, documented = sam2.witness("two predictions, where a lost list would give one", prompts=2)
        request = sam2.in_wrapper(scene, sam2.prompts(scene)[:2])
    elif case["wrapper"] == "list-of-boxes":
        (scene, documented), *_ = sam2.told_apart("boxes", lambda scene: [{"box": box} for box in sam2.boxes(scene)])
        request = sam2.in_wrapper(scene, [{"box": box} for box in sam2.boxes(scene)])
    else:
        scene, prompt, documented = sam2.heeded()
        request = sam2.in_wrapper(scene, prompt)

    exchange = sam2.send(request)

    verify.answered(exchange, "a request with the prompts in another wrapper", None)
    verify.same_masks(sam2.read(exchange, scene), documented, "though only the wrapper of the prompts is another")


@rule(
    "sam2.segment.every-version-answers",
    requirement="Each of the four versions answers the page's own sample.",
    source="server",
    severity="should",
    invariants=("A-23",),
    cases=over(SEGMENT, version=VERSIONS),
    depth="standard",
    asks=lambda case, own: str(case["version"]),
)
def test_every_version_answers_the_sample(sam2: Sam2Driver, case: Case) -> None:
    exchange = sam2.version(case["version"])

    verify.answered(exchange, f"the sample's request with {case['version']}", None)
    verify.one_prediction_each(sam2.read(exchange, sam2.scenes[0]), 1)
    sam2.note(f"{case['version']} answered in {exchange.seconds:.2f} s, its loading included")


@rule(
    "sam2.segment.withstands-odd-requests",
    requirement="What no document settles is answered or refused, and no reason for a server error.",
    source="sound",
    severity="should",
    invariants=("A-21", "A-22"),
    cases=over(SEGMENT, odd=["format-polygon", "format-unknown", "point-outside", "box-beside-point"]),
)
def test_odd_requests_are_no_server_error(sam2: Sam2Driver, case: Case) -> None:
    exchange = sam2.send(sam2.odd(case["odd"]))

    verify.no_server_error(exchange, f"a request with {case['odd'].replace('-', ' ')}")
    sam2.note(f"status {response_of(exchange).status}")
