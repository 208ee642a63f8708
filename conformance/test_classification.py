"""Classification on the hosted model route: what its page promises of a picture's classes."""

from __future__ import annotations

from assay.contract.citing import answer_field, parameter, response_mode
from assay.contract.rule import Case, over, rule
from assay.judge import answers, verify
from assay.judge.answers import Classification
from assay.judge.boxes import CLEAR_GAP, CONFIDENCE, gaps
from assay.plugin.drivers import ClassificationDriver
from assay.plugin.drivers.classification import LOW_CONFIDENCE

CLASSES = "hosted.classification"
PARAMETERS = {"stroke": 6, "labels": True}
"""Values of the parameters of drawings that are not the defaults."""


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
    for answer in classified.topped():
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


@rule(
    "hosted.classification.reaches-threshold",
    requirement="Classes that reach `confidence`, in percent and 40 when absent, are returned, and none of the others.",
    source="server",
    severity="should",
    content=True,
    invariants=("B-04", "B-08", "C-02"),
    compares=True,
    cases=over(CLASSES, threshold=["absent", "between"]),
)
def test_classes_reach_the_threshold(classified: ClassificationDriver, case: Case) -> None:
    if case["threshold"] == "absent":
        percent = classified.operation.parameter("confidence").default
        seen = classified.witness("a class that the default threshold withholds", lambda found: _below(found, percent))
        answer = classified.ask(seen.scene)
    else:
        seen = classified.witness(
            "two classes with room between their confidences", lambda found: bool(_between(found))
        )
        percent = _between(seen.answer)[0]
        answer = classified.ask(seen.scene, confidence=percent)
    classified.note(f"threshold {percent:g} %")

    verify.classes_at_least(answer, percent / 100)
    verify.those_over(answer, seen.answer, percent / 100)


def _below(answer: Classification, percent: float) -> bool:
    return any(confidence < percent / 100 - CONFIDENCE for _, confidence in answer.scores)


def _between(answer: Classification) -> list[float]:
    """Thresholds in percent that are clear of every confidence, with some above and some below."""
    return [round(50 * (low + high), 1) for low, high in gaps([each for _, each in answer.scores], CLEAR_GAP)]


@rule(
    "hosted.classification.nothing-over-threshold",
    requirement="Where no class reaches the threshold none is returned: `top` is empty, and `confidence` 0.",
    source="server",
    severity="should",
    content=True,
    invariants=("C-02",),
    compares=True,
    cases=over(CLASSES),
)
def test_nothing_over_the_threshold(classified: ClassificationDriver) -> None:
    seen = classified.witness("a surest class with room above it", lambda answer: 0 < answer.confidence < 1 - CLEAR_GAP)
    percent = round(100 * (seen.answer.confidence + CLEAR_GAP / 2), 1)

    answer = classified.ask(seen.scene, confidence=percent)

    classified.note(f"threshold {percent:g} %")
    verify.no_class(answer)


@rule(
    "hosted.classification.image-is-jpeg",
    requirement="With `format=image` the answer is a JPEG, declared as image/jpeg, of the picture's own size.",
    says=response_mode(CLASSES, "image"),
    source="document",
    severity="must",
    invariants=("R-01",),
    cases=over(CLASSES),
)
def test_format_image_is_a_jpeg_of_the_pictures_size(classified: ClassificationDriver) -> None:
    seen = classified.witness("a class", lambda answer: bool(answer.scores))

    exchange = classified.exchange(seen.scene, format="image", confidence=LOW_CONFIDENCE)

    verify.media_type(exchange, "image/jpeg")
    verify.jpeg_of_size(answers.response_of(exchange).body, seen.scene.width, seen.scene.height, exchange)


@rule(
    "hosted.classification.image-and-json-adds-drawing",
    requirement="With `format=image_and_json` the answer is that of `json`, with a drawing of the picture's size.",
    says=response_mode(CLASSES, "image_and_json"),
    source="document",
    severity="must",
    invariants=("R-02", "R-03"),
    compares=True,
    cases=over(CLASSES),
)
def test_image_and_json_adds_a_drawing(classified: ClassificationDriver) -> None:
    seen = classified.witness("a class", lambda answer: bool(answer.scores))

    answer = classified.ask(seen.scene, format="image_and_json", confidence=LOW_CONFIDENCE)

    drawing = answers.visualization(answer, classified.schema_rule)
    verify.same_classes(answer, seen.answer, "compared with format=json", LOW_CONFIDENCE / 100)
    verify.image_size(answer, seen.scene.width, seen.scene.height)
    verify.picture_of_size(drawing, seen.scene.width, seen.scene.height, answer.exchange, "/visualization")


@rule(
    "hosted.classification.drawing-leaves-json-unchanged",
    requirement="`stroke` and `labels` change drawings only: the JSON says the same, beside a drawing and without.",
    says=parameter(CLASSES, "stroke"),
    source="document",
    severity="must",
    content=True,
    invariants=("R-06", "R-03"),
    compares=True,
    cases=over(CLASSES, mode=["json", "image_and_json"], given=list(PARAMETERS)),
)
def test_parameters_of_drawings_leave_the_json_unchanged(classified: ClassificationDriver, case: Case) -> None:
    seen = classified.witness("a class", lambda answer: bool(answer.scores))
    given = {case["given"]: PARAMETERS[case["given"]]}

    answer = classified.ask(seen.scene, format=case["mode"], confidence=LOW_CONFIDENCE, **given)

    why = f"with {case['given']}={given[case['given']]} and format={case['mode']}"
    verify.same_classes(answer, seen.answer, why, LOW_CONFIDENCE / 100)
    verify.drawing_only_where_asked(answer, case["mode"] == "image_and_json")
