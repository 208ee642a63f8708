"""OwlV2, `POST /owlv2/infer`: what the page "OwlV2" (S0) and its script promise, and what the server adds.

Examples are taken from Assay's scenes, whose ground truth says where things are. What a model makes of them is its own
affair: an example that it does not find even in its own picture is no witness of anything.
"""

from __future__ import annotations

from assay.contract.citing import answer_field, checkpoint_cases, operation, parameter
from assay.contract.rule import Case, Cost, over, rule
from assay.judge import answers, pictures, verify, verify_examples, verify_places, verify_steps
from assay.judge.boxes import ROUNDING
from assay.judge.schema import judge_place, judge_unpromised
from assay.judge.verdicts import NoWitness
from assay.plugin.drivers import Owlv2Driver
from assay.plugin.drivers.base import RESIZED
from assay.plugin.drivers.misreading import misread
from assay.plugin.drivers.owlv2 import CONFIDENCE, FIRST, LOW_CONFIDENCE, SECOND, Found
from assay.probes import BARS

INFER = "owlv2.infer"


@rule(
    "owlv2.answer.schema",
    requirement="An answer has what the page's script reads: predictions with a box, a class and a confidence.",
    says=operation(INFER),
    source="sample",
    severity="must",
    invariants=("G-01", "B-03", "O-14"),
    prerequisite=True,
    cases=checkpoint_cases(INFER),
    cost=Cost(shown=True),
)
def test_answers_have_what_the_script_reads(owlv2: Owlv2Driver, case: Case) -> None:
    exchanges = owlv2.shown(case["mode"])

    judged = judge_place(owlv2.operation, case["mode"], case["at"], exchanges)
    owlv2.note(f"{judged} values in {len(exchanges)} answers")


@rule(
    "owlv2.answer.server-fields",
    requirement="Fields that the page does not name are of the types that the open-source server gives them.",
    source="server",
    severity="should",
    cases=over(INFER),
)
def test_undocumented_fields_have_their_types(owlv2: Owlv2Driver) -> None:
    exchanges = owlv2.shown("json")

    judge_unpromised(owlv2.operation, "json", exchanges)
    owlv2.note(f"{len(exchanges)} answers")


@rule(
    "owlv2.image.size",
    requirement="`image` gives the width and height of the target picture, and not of the square that it is padded to.",
    source="server",
    severity="should",
    invariants=("G-03",),
    cases=over(INFER),
)
def test_image_states_the_size_of_the_target_picture(owlv2: Owlv2Driver) -> None:
    for scene in owlv2.scenes[:4]:
        answer = owlv2.found(scene).answer
        if "image" not in answer.body:
            raise NoWitness("the answer states no size of the picture, and no document asks it to")
        owlv2.note(f"scene {scene.name} of {scene.width} x {scene.height} px")
        verify.image_size(answer, scene.width, scene.height)


@rule(
    "owlv2.boxes.in-pixels",
    requirement="The sides of a box are lengths in pixels: neither fractions of the picture, nor negative, nor zero.",
    says=answer_field(INFER, "/predictions/*/width"),
    source="sample",
    severity="must",
    content=True,
    invariants=("B-01",),
    cases=over(INFER),
)
def test_boxes_are_given_in_pixels(owlv2: Owlv2Driver) -> None:
    owlv2.witness("a prediction", Found.anything)

    for found in owlv2.all_found():
        verify.boxes_in_pixels(found.answer)
    verify.boxes_have_sides([found.answer for found in owlv2.all_found()])


@rule(
    "owlv2.boxes.inside-image",
    requirement="A box given by its centre, width and height in px lies inside the target picture.",
    says=answer_field(INFER, "/predictions/*/x"),
    source="sample",
    severity="should",
    content=True,
    invariants=("B-02",),
    cases=over(INFER, threshold=[str(CONFIDENCE), str(LOW_CONFIDENCE)]),
)
def test_boxes_lie_inside_the_picture(owlv2: Owlv2Driver, case: Case) -> None:
    answered = [owlv2.found(scene, confidence=float(case["threshold"])) for scene in owlv2.scenes]
    if sum(len(found.answer.predictions) for found in answered) < 2:
        raise NoWitness("fewer than two predictions were seen")
    owlv2.note(f"{sum(len(found.answer.predictions) for found in answered)} predictions")

    for found in answered:
        verify.boxes_inside(found.answer, found.scene.width, found.scene.height)


@rule(
    "owlv2.boxes.fit-the-example",
    requirement="Where an example is found in its own picture, the box has an IoU of 0.5 or more with the example's.",
    says=answer_field(INFER, "/predictions/*/x"),
    source="sample",
    severity="should",
    content=True,
    invariants=("O-03",),
    cases=over(INFER),
)
def test_boxes_fit_the_example(owlv2: Owlv2Driver) -> None:
    answered = [owlv2.found(scene) for scene in owlv2.scenes[:2]]  # of large things; small ones may get larger boxes
    if not any(found.finds_its_examples() for found in answered):
        raise NoWitness("no example is found in its own picture")

    for found in answered:
        owlv2.note(f"scene {found.scene.name}")
        verify_examples.fits(found.answer, FIRST, found.examples[FIRST].box)


@rule(
    "owlv2.boxes.placed-by-their-centre",
    requirement="With (x, y) as its centre, in px from the top left corner, a box lies on what it is the box of.",
    says=answer_field(INFER, "/predictions/*/x"),
    source="sample",
    severity="must",
    content=True,
    invariants=("O-03", "B-02"),
    compares=True,
    cases=over(INFER),
)
def test_boxes_lie_on_what_they_are_of(owlv2: Owlv2Driver) -> None:
    sights = owlv2.painted()

    fitting = verify_places.placed_by_their_centre(sights, "where things were painted")
    owlv2.note(f"{fitting} boxes in {len(sights)} pictures lie where things were painted")


@rule(
    "owlv2.boxes.told-to-the-pixel",
    requirement="Places and sizes are told to the pixel, and not rounded to fives or tens of them.",
    source="sound",
    severity="should",
    content=True,
    cases=over(INFER),
    depth="standard",
    cost=Cost(own=RESIZED),
)
def test_places_are_told_to_the_pixel(owlv2: Owlv2Driver) -> None:
    members = verify_steps.told_to_the_pixel(owlv2.resized())
    owlv2.note(f"not rounded to steps of several px: {', '.join(members)}")


@rule(
    "owlv2.examples.found-in-their-own-picture",
    requirement="With one picture as reference and target, what the example box shows is found where it is.",
    says=operation(INFER),
    source="sample",
    severity="must",
    content=True,
    invariants=("O-03",),
    cases=over(INFER),
    cost=Cost(own=2),
)
def test_examples_are_found_in_their_own_picture(owlv2: Owlv2Driver) -> None:
    answered = [found for found in map(owlv2.found, owlv2.scenes) if found.answer.predictions]

    for found in answered:
        owlv2.note(f"scene {found.scene.name}: {len(found.answer.predictions)} predictions")
        verify_examples.found_at(found.answer, FIRST, found.examples[FIRST].box, "where its example is")
    for scenes in (owlv2.scenes, BARS):
        silent = [found for found in map(owlv2.found, scenes) if not found.answer.predictions]
        for how, misled in misread(owlv2, [found.scene for found in silent]).items():
            verify_examples.read_as_documented(misled, FIRST, [found.examples[FIRST].box for found in silent], how)
    if not answered:
        raise NoWitness("no example finds anything; OwlV2 finds too little in Assay's scenes")


@rule(
    "owlv2.examples.found-in-another-picture",
    requirement="An example in a reference picture finds the same thing in a target picture where it lies elsewhere.",
    says=operation(INFER),
    source="document",
    severity="should",
    content=True,
    invariants=("O-03",),
    cases=over(INFER),
)
def test_examples_are_found_in_another_picture(owlv2: Owlv2Driver) -> None:
    scenes = [found.scene for found in map(owlv2.found, owlv2.scenes) if found.finds_its_examples()]
    if not scenes:
        raise NoWitness("no example is found even in its own picture")

    for scene in scenes:
        reference = owlv2.mirrored(scene)
        boxes = [owlv2.box(reference.things[0], FIRST)]
        answer = owlv2.ask(scene, boxes, reference, confidence=LOW_CONFIDENCE)
        owlv2.note(f"scene {scene.name}, by an example from its mirror image")
        verify_examples.found_at(answer, FIRST, scene.things[0].box, "where the target picture shows the same thing")


@rule(
    "owlv2.classes.only-those-prompted",
    requirement="Every class in the answer is one that an example has as `cls`, letter for letter.",
    says=answer_field(INFER, "/predictions/*/class"),
    source="sample",
    severity="must",
    content=True,
    invariants=("O-01",),
    cases=over(INFER, examples=["one-class", "two-classes"]),
)
def test_only_classes_of_examples_are_answered(owlv2: Owlv2Driver, case: Case) -> None:
    number = 1 if case["examples"] == "one-class" else 2
    owlv2.witness("a prediction", Found.anything, classes=number)

    for found in owlv2.all_found(classes=number):
        verify.only_classes(found.answer, list(found.examples))


@rule(
    "owlv2.classes.that-of-the-example",
    requirement="What an example shows is reported under the class of that example, and of no other.",
    says=answer_field(INFER, "/predictions/*/class"),
    source="sample",
    severity="must",
    content=True,
    invariants=("O-01", "O-05"),
    cases=over(INFER, examples=["two-classes", "after-one-that-shows-nothing"]),
)
def test_things_are_of_the_class_of_their_example(owlv2: Owlv2Driver, case: Case) -> None:
    if case["examples"] == "two-classes":
        found = owlv2.witness("two examples in their own picture", Found.sees_its_examples, classes=2)
        verify_examples.of_its_example(found.answer, {label: one.box for label, one in found.examples.items()})
        return

    found = owlv2.witness("an example in its own picture", Found.finds_its_examples)
    thing = found.examples[FIRST]
    boxes = [owlv2.spot(found.scene, SECOND), owlv2.box(thing, FIRST)]
    answer = owlv2.ask_if_taken(found.scene, boxes)
    if answer is None:
        raise NoWitness("an example that shows nothing is refused, and mislabels nothing then")

    verify_examples.of_its_example(answer, {FIRST: thing.box})


@rule(
    "owlv2.classes.numbered-by-name",
    requirement="`class_id` is the place of the class among those of the examples in alphabetical order, from 0.",
    source="server",
    severity="should",
    content=True,
    invariants=("O-02",),
    cases=over(INFER),
)
def test_classes_are_numbered_by_name(owlv2: Owlv2Driver) -> None:
    owlv2.witness("both of two examples in their own picture", Found.finds_its_examples, classes=2)

    for found in owlv2.all_found(classes=2):
        if found.finds_its_examples():
            verify_examples.numbered_by_name(found.answer, found.examples)


@rule(
    "owlv2.confidence.at-least-threshold",
    requirement="No prediction is less confident than the threshold, which counts from 0 to 1.",
    says=parameter(INFER, "confidence"),
    source="document",
    severity="must",
    content=True,
    invariants=("B-04",),
    cases=over(INFER, threshold=[str(CONFIDENCE), "between", "just-above"]),
    cost=Cost(own=2, scenes=1),
)
def test_predictions_reach_the_threshold(owlv2: Owlv2Driver, case: Case) -> None:
    low, high, found = owlv2.with_gap()
    if case["threshold"] == str(CONFIDENCE):
        owlv2.just_below()
        threshold, answered = CONFIDENCE, [owlv2.found(scene).answer for scene in owlv2.scenes]
    else:
        threshold = (low + high) / 2 if case["threshold"] == "between" else low + (high - low) / 5
        answered = [owlv2.ask(found.scene, owlv2.boxes(found), confidence=threshold)]
        owlv2.note(f"threshold {threshold:.5f} between {low:.5f} and {high:.5f}")

    for answer in answered:
        verify.at_least(answer, threshold - ROUNDING)


@rule(
    "owlv2.confidence.default",
    requirement="Without `confidence` nothing below 0.99 comes back.",
    source="server",
    severity="should",
    content=True,
    invariants=("B-04",),
    cases=over(INFER),
    cost=Cost(own=1, scenes=1),
)
def test_the_default_threshold_applies(owlv2: Owlv2Driver) -> None:
    default = owlv2.operation.parameter("confidence").default
    found = owlv2.just_below()

    answer = owlv2.ask(found.scene, owlv2.boxes(found), confidence=None)

    verify.at_least(answer, default - ROUNDING)


@rule(
    "owlv2.confidence.above-threshold",
    requirement="A prediction whose confidence equals the threshold is not returned, nor any at a threshold of 1.",
    source="server",
    severity="should",
    content=True,
    invariants=("B-04",),
    cases=over(INFER, threshold=["equal", "1"]),
)
def test_predictions_are_above_the_threshold(owlv2: Owlv2Driver, case: Case) -> None:
    found = owlv2.witness("a prediction", Found.anything)
    least = min(1.0, *(prediction.confidence for prediction in found.answer.predictions))  # rounding may pass 1
    threshold = least if case["threshold"] == "equal" else 1

    answer = owlv2.ask(found.scene, owlv2.boxes(found), confidence=threshold)

    verify_examples.above(answer, threshold)


@rule(
    "owlv2.confidence.higher-is-subset",
    requirement="A higher threshold takes predictions away and adds none; a lower one loses none.",
    says=parameter(INFER, "confidence"),
    source="document",
    severity="must",
    content=True,
    invariants=("B-05", "B-06", "O-04"),
    compares=True,
    cases=over(INFER, threshold=["between", "0.999", "0.9999", "lower"]),
)
def test_higher_thresholds_give_subsets(owlv2: Owlv2Driver, case: Case) -> None:
    if case["threshold"] == "lower":
        found = owlv2.witness("a prediction", Found.anything)
        lower = owlv2.ask(found.scene, owlv2.boxes(found), confidence=found.threshold - 0.05)
        verify_examples.subset(found.answer, lower, found.threshold, owlv2.noise)
        return

    if case["threshold"] == "between":
        low, high, found = owlv2.with_gap()
        threshold = (low + high) / 2
    else:
        threshold = float(case["threshold"])
        found = owlv2.witness(
            f"a prediction below {threshold}, and one above", lambda one: one.spans(threshold, owlv2.noise)
        )
    higher = owlv2.ask(found.scene, owlv2.boxes(found), confidence=threshold)

    verify_examples.subset(higher, found.answer, threshold, owlv2.noise)


@rule(
    "owlv2.visualization.shows-predictions",
    requirement="With `visualize_predictions` the answer has a JPEG of the target picture with each box drawn.",
    source="server",
    severity="should",
    content=True,
    invariants=("R-02", "R-04"),
    cases=over(INFER, examples=["its-own", "of-another-picture"]),
)
def test_the_drawing_shows_the_predictions(owlv2: Owlv2Driver, case: Case) -> None:
    found = owlv2.witness("a prediction", Found.anything)
    scene = found.scene if case["examples"] == "its-own" else owlv2.mirrored(found.scene)

    drawn = {"visualize_predictions": True, "visualization_stroke_width": 2}
    answer = owlv2.ask(scene, owlv2.boxes(found), reference=found.scene, confidence=found.threshold, **drawn)
    if not answer.predictions:
        raise NoWitness("with a drawing asked for nothing is found, of which other rules judge")

    verify_examples.has_drawing(answer)
    content = answers.visualization(answer, owlv2.schema_rule)
    drawing = verify.jpeg_of_size(content, scene.width, scene.height, answer.exchange, "/visualization")
    verify.outlines_drawn(answer, pictures.as_drawn_upon(scene.pixels(), content), drawing)
    verify.of_the_picture(scene.pixels(), drawing, answer.exchange)
