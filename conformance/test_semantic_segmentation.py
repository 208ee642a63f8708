"""Semantic segmentation, by the hosted route and by a JSON call: what the page "Roboflow 2.0" (S1) promises."""

from __future__ import annotations

from assay.contract.citing import answer_field, checkpoint_cases, passage, response_mode
from assay.contract.rule import Case, Cost, over, rule
from assay.judge import answers, classmaps, pictures, verify, verify_classmaps
from assay.judge.classmaps import ClassMap
from assay.judge.schema import judge_place, judge_unpromised
from assay.judge.verdicts import NoWitness
from assay.picture import decode
from assay.plugin.check import Check
from assay.plugin.drivers import SemanticDriver, expect_success
from assay.plugin.drivers.semantic import Seen

HOSTED = "hosted.semantic-segmentation"
JSON = "infer.semantic-segmentation"
BOTH = (HOSTED, JSON)
MASK = "/predictions/segmentation_mask"
STEPS = (50, 70, 90, 99)
"""Percent. Thresholds of which some take away what a model is not sure of."""
SPREAD = 0.06
"""Between the least and the surest pixel of a class, so that a threshold fits between them."""


def _a_class(seen: Seen) -> bool:
    return bool(seen.answer.found)


@rule(
    "semantic.answer.schema",
    requirement="An answer holds predictions, one object with a mask in base64 and the names of its classes.",
    says=answer_field(HOSTED, "/predictions"),
    source="document",
    severity="must",
    invariants=("G-01", "S-09"),
    prerequisite=True,
    cases=checkpoint_cases(*BOTH),
    cost=Cost(shown=True),
)
def test_answers_have_the_documented_fields(semantic: SemanticDriver, case: Case) -> None:
    exchanges = semantic.shown(case["mode"])

    judged = judge_place(semantic.operation, case["mode"], case["at"], exchanges)
    semantic.note(f"{judged} values in {len(exchanges)} answers")


@rule(
    "semantic.answer.server-fields",
    requirement="Fields that no document names are of the types that the open-source server gives them.",
    source="server",
    severity="should",
    cases=over(BOTH),
)
def test_undocumented_fields_have_their_types(semantic: SemanticDriver) -> None:
    exchanges = semantic.shown("json")

    judge_unpromised(semantic.operation, "json", exchanges)
    semantic.note(f"{len(exchanges)} answers")


@rule(
    "semantic.image.size",
    requirement="`image` gives the width and height of the picture that was sent.",
    says=answer_field(HOSTED, "/image"),
    source="document",
    severity="must",
    invariants=("G-03",),
    cases=over(BOTH),
)
def test_the_size_of_the_picture_is_stated(semantic: SemanticDriver) -> None:
    for seen in semantic.all_seen():
        semantic.note(f"scene {seen.scene.name} of {seen.scene.width} x {seen.scene.height} px")
        verify.image_size(seen.answer, seen.scene.width, seen.scene.height)


@rule(
    "semantic.mask.greyscale-png",
    requirement="The mask is a PNG of one channel, in which a pixel's value can be its class id.",
    says=answer_field(HOSTED, MASK),
    source="document",
    severity="must",
    invariants=("S-01",),
    cases=over(BOTH),
)
def test_the_mask_is_a_greyscale_png(semantic: SemanticDriver) -> None:
    for seen in semantic.all_seen():
        semantic.note(f"scene {seen.scene.name}, {len(seen.answer.file)} bytes")
        verify_classmaps.greyscale_png(seen.answer)


@rule(
    "semantic.mask.size",
    requirement="The mask has as many pixels across and down as the picture that was sent.",
    says=passage("parts/class-masks.json#/properties/segmentation_mask/allOf/0"),
    source="document",
    severity="must",
    invariants=("S-01",),
    cases=over(BOTH),
)
def test_the_mask_has_the_size_of_the_picture(semantic: SemanticDriver) -> None:
    for seen in semantic.all_seen():
        semantic.note(f"scene {seen.scene.name} of {seen.scene.width} x {seen.scene.height} px")
        verify_classmaps.mask_size(seen.answer, seen.scene.width, seen.scene.height)


@rule(
    "semantic.mask.values-are-named",
    requirement="Every value that occurs in the mask, but 0, is named by the class map.",
    says=answer_field(HOSTED, "/predictions/class_map"),
    source="document",
    severity="must",
    content=True,
    invariants=("S-02",),
    cases=over(BOTH),
)
def test_every_class_of_the_mask_has_a_name(semantic: SemanticDriver) -> None:
    semantic.witness("a class beside the background", _a_class)

    for seen in semantic.all_seen():
        verify_classmaps.values_named(seen.answer)


@rule(
    "semantic.class-map.zero-is-background",
    requirement="The background is 0, and the class map calls no other value so instead.",
    says=answer_field(HOSTED, MASK),
    source="document",
    severity="must",
    invariants=("S-03",),
    cases=over(BOTH),
)
def test_zero_is_the_background(semantic: SemanticDriver) -> None:
    for seen in semantic.all_seen():
        verify_classmaps.zero_is_background(seen.answer)
        if classmaps.is_background(seen.answer.names.get("0")):
            semantic.note("class_map calls 0 the background")
    if not semantic.notes:
        raise NoWitness("class_map calls nothing the background in a word that Assay knows")


@rule(
    "semantic.class-map.is-the-models",
    requirement="A model has one class map, whatever the picture.",
    source="server",
    severity="should",
    invariants=("S-07",),
    cases=over(BOTH),
)
def test_the_class_map_is_the_same_for_every_picture(semantic: SemanticDriver) -> None:
    seen = [seen.answer for seen in semantic.all_seen()]
    semantic.note(f"{len(seen)} pictures, {len(seen[0].names)} classes")

    verify_classmaps.same_names(seen)


@rule(
    "semantic.script.one-row-per-class",
    requirement="The page's script runs on the answer and gives a mask, a box and a name for each class.",
    says=answer_field(HOSTED, "/predictions"),
    source="sample",
    severity="must",
    content=True,
    invariants=("S-10",),
    cases=over(BOTH),
)
def test_the_pages_script_takes_the_answer_apart(semantic: SemanticDriver) -> None:
    for scene in semantic.scenes:
        answer = answers.answer(semantic.plain(scene), semantic.schema_rule)
        for row in verify_classmaps.one_row_each(answer, scene.width, scene.height):
            semantic.note(f"scene {scene.name}: {row.name}, {int(row.mask.sum())} px in {row.box}")
    if not semantic.notes:
        raise NoWitness(f"the model {semantic.model} sees nothing in {semantic.places}")


@rule(
    "semantic.mask.present-ids",
    requirement="`present_class_ids`, where it is there, lists the values that occur in the mask.",
    source="server",
    severity="should",
    invariants=("S-04",),
    cases=over(BOTH),
)
def test_present_class_ids_lists_the_values_of_the_mask(semantic: SemanticDriver) -> None:
    listed = [seen for seen in semantic.all_seen() if seen.answer.present is not None]
    if not listed:
        raise NoWitness("no answer has present_class_ids, which no document asks for")

    for seen in listed:
        semantic.note(f"scene {seen.scene.name}, {seen.answer.present}")
        verify_classmaps.present_ids(seen.answer)


@rule(
    "semantic.confidence.mask-size",
    requirement="`confidence_mask`, where it is there, has as many pixels as the mask.",
    source="server",
    severity="should",
    invariants=("S-05",),
    cases=over(BOTH),
)
def test_the_confidence_mask_has_the_size_of_the_mask(semantic: SemanticDriver) -> None:
    for seen in semantic.all_seen():
        if seen.answer.confidence is not None:
            semantic.note(f"scene {seen.scene.name}")
            verify_classmaps.confidence_beside(seen.answer)
    if not semantic.notes:
        raise NoWitness("no answer has a confidence_mask, which no document asks for")


def _spread(seen: Seen) -> tuple[float, float] | None:
    """The least and the highest confidence of pixels of a class, where a threshold fits between them."""
    answer = seen.answer
    if answer.confidence is None or answer.confidence.shape != answer.ids.shape or not answer.found:
        return None
    sure = answer.confidence[answer.ids > 0]
    low, high = float(sure.min()) / 255, float(sure.max()) / 255
    return (low, high) if high - low > SPREAD else None


def _between(semantic: SemanticDriver) -> tuple[Seen, float]:
    """A scene, and a threshold in percent that some of its pixels of a class reach and others do not."""
    seen = semantic.witness("pixels of a class of unequal confidence", lambda seen: _spread(seen) is not None)
    low, high = _spread(seen) or (0.0, 0.0)
    percent = round(50 * (low + high), 1)
    semantic.note(f"threshold {percent:g} % between {low:.3f} and {high:.3f}")
    return seen, percent


@rule(
    "semantic.confidence.pixels-reach-threshold",
    requirement="With a threshold, a pixel of a class is at least that sure; what is less sure is background.",
    source="server",
    severity="should",
    content=True,
    invariants=("S-05",),
    cases=over(BOTH),
)
def test_pixels_of_a_class_reach_the_threshold(semantic: SemanticDriver) -> None:
    seen, percent = _between(semantic)

    answer = semantic.ask(seen.scene, percent)

    if answer.confidence is None:
        raise NoWitness("with a threshold the answer has no confidence_mask")
    verify_classmaps.reaches(answer, percent / 100)


@rule(
    "semantic.confidence.higher-takes-classes-away",
    requirement="A higher threshold makes pixels background, and changes the class of none.",
    source="server",
    severity="should",
    content=True,
    invariants=("S-06",),
    compares=True,
    cases=over(BOTH, threshold=["between-two", "step-by-step"]),
    cost=Cost(own=len(STEPS)),
)
def test_a_higher_threshold_only_takes_classes_away(semantic: SemanticDriver, case: Case) -> None:
    if case["threshold"] == "between-two":
        seen, percent = _between(semantic)
        row: tuple[float, ...] = (percent,)
    else:
        seen, row = semantic.witness("pixels of a class, and how sure they are", _is_told_how_sure), STEPS

    answers_by_step = {percent: semantic.ask(seen.scene, percent) for percent in row}

    for percent, answer in answers_by_step.items():
        verify_classmaps.only_taken_away(answer, seen.answer, percent / 100)
    unmoved = all(_marked(answer) == _marked(seen.answer) for answer in answers_by_step.values())
    if case["threshold"] == "step-by-step" and unmoved:
        raise NoWitness(f"no threshold up to {max(row):g} % makes a pixel background")


def _marked(answer: ClassMap) -> int:
    return int((answer.ids > 0).sum())


def _is_told_how_sure(seen: Seen) -> bool:
    answer = seen.answer
    return bool(answer.found) and answer.confidence is not None and answer.confidence.shape == answer.ids.shape


@rule(
    "semantic.routes.agree",
    requirement="The JSON route and the hosted route state the same classes of one picture.",
    source="server",
    severity="should",
    content=True,
    compares=True,
    cases=over(JSON),
)
def test_both_routes_state_the_same_classes(semantic: SemanticDriver, check_in_progress: Check) -> None:
    if not check_in_progress.knows.capabilities[HOSTED].available or HOSTED in check_in_progress.knows.smoke.silent:
        raise NoWitness("the target does not answer on the hosted model route")
    hosted = check_in_progress.deployment.driver(HOSTED)
    assert isinstance(hosted, SemanticDriver)
    semantic.witness("a class beside the background", _a_class)

    for seen in semantic.all_seen():
        verify_classmaps.same_classes(
            seen.answer, hosted.seen(seen.scene).answer, "compared with the hosted model route"
        )


@rule(
    "semantic.format.image-is-jpeg",
    requirement="With `format=image` the answer is a JPEG, declared as image/jpeg, of the picture's own size.",
    says=response_mode(HOSTED, "image"),
    source="document",
    severity="must",
    invariants=("R-01", "R-07"),
    cases=over(HOSTED),
)
def test_format_image_is_a_jpeg_of_the_pictures_size(semantic: SemanticDriver) -> None:
    seen = semantic.witness("a class beside the background", _a_class)

    exchange = expect_success(semantic.send(semantic.request(seen.scene, format="image")))

    verify.media_type(exchange, "image/jpeg")
    verify.jpeg_of_size(answers.response_of(exchange).body, seen.scene.width, seen.scene.height, exchange)


@rule(
    "semantic.format.image-and-json-adds-drawing",
    requirement="With `format=image_and_json` the answer is that of `json`, with a drawing of the picture's size.",
    says=response_mode(HOSTED, "image_and_json"),
    source="document",
    severity="must",
    invariants=("R-02", "R-03"),
    compares=True,
    cases=over(HOSTED),
)
def test_image_and_json_adds_a_drawing(semantic: SemanticDriver) -> None:
    seen = semantic.witness("a class beside the background", _a_class)

    answer = semantic.ask(seen.scene, format="image_and_json")

    verify_classmaps.same_classes(answer, seen.answer, "compared with format=json")
    verify.image_size(answer, seen.scene.width, seen.scene.height)
    drawing = answers.visualization(answer, semantic.schema_rule)
    verify.picture_of_size(drawing, seen.scene.width, seen.scene.height, answer.exchange, "/visualization")


@rule(
    "semantic.format.drawing-shows-classes",
    requirement="The drawing shows where the mask of the same picture marks a class.",
    says=response_mode(HOSTED, "image"),
    source="document",
    severity="should",
    content=True,
    invariants=("R-04",),
    compares=True,
    cases=over(HOSTED, mode=["image", "image_and_json"]),
)
def test_drawings_show_the_classes(semantic: SemanticDriver, case: Case) -> None:
    seen = semantic.witness("a class beside the background", _a_class, painted=True)

    exchange = expect_success(semantic.send(semantic.request(seen.scene, format=case["mode"], stroke=2)))

    content, stated = answers.response_of(exchange).body, seen.answer
    if case["mode"] == "image_and_json":
        stated = classmaps.class_map(exchange, semantic.schema_rule)
        content = answers.visualization(stated, semantic.schema_rule)
    drawing = decode(content)
    if drawing is None or drawing.shape != seen.scene.pixels().shape:
        raise NoWitness("the drawing is no picture of the size that was sent, which is judged by another rule")
    verify_classmaps.classes_drawn(stated, pictures.as_drawn_upon(seen.scene.pixels(), content), drawing)
