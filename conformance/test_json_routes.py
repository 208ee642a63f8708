"""The routes that name the task, `POST /infer/object_detection` and its likes: known from the open-source server."""

from __future__ import annotations

from itertools import islice
from typing import Any

from assay.contract.citing import checkpoint_cases
from assay.contract.rule import Case, Cost, over, rule
from assay.generate import askable
from assay.judge import answers, pictures, verify, verify_steps
from assay.judge.answers import Detection
from assay.judge.boxes import CLEAR_GAP, ROUNDING, widest_gap
from assay.judge.schema import judge_place, judge_unpromised
from assay.judge.verdicts import NoWitness
from assay.plugin.check import Check
from assay.plugin.drivers import HostedDriver, InferDriver
from assay.plugin.drivers.base import RESIZED, SHOWN
from assay.plugin.drivers.hosted import NO_LIMIT
from assay.plugin.drivers.seen import DEFAULT_CONFIDENCE, Overlapping, Seen
from assay.scene import Scene

DETECTION = "infer.object-detection"
INFER = (DETECTION, "infer.keypoint-detection")
PARAMETERS = {"stroke": 6, "labels": True}
"""Values of the parameters of drawings that are not the defaults, by the words of the hosted route."""


@rule(
    "infer.answer.schema",
    requirement="An answer has the fields that the hosted model route's document names, each of its type and range.",
    source="server",
    severity="should",
    invariants=("G-01", "B-03", "K-01"),
    prerequisite=True,
    cases=checkpoint_cases(*INFER),
    cost=Cost(shown=True),
)
def test_answers_have_the_fields_of_the_hosted_route(infer: InferDriver, case: Case) -> None:
    exchanges = infer.shown(case["mode"])

    judged = judge_place(infer.operation, case["mode"], case["at"], exchanges)
    infer.note(f"{judged} values in {len(exchanges)} answers")


@rule(
    "infer.answer.server-fields",
    requirement="Fields that no document names are of the types that the open-source server gives them.",
    source="server",
    severity="should",
    cases=over(INFER),
)
def test_undocumented_fields_have_their_types(infer: InferDriver) -> None:
    exchanges = infer.shown("json")

    judge_unpromised(infer.operation, "json", exchanges)
    infer.note(f"{len(exchanges)} answers")


@rule(
    "infer.route.agrees-with-hosted",
    requirement="With equal settings the route answers as the hosted model route does, thresholds as shares of one.",
    source="server",
    severity="should",
    content=True,
    invariants=("B-23",),
    compares=True,
    cases=over(INFER, setting=["none", "confidence", "overlap"]),
    cost=Cost(own=2 * SHOWN),
)
def test_both_routes_answer_alike(infer: InferDriver, check_in_progress: Check, case: Case) -> None:
    hosted = _hosted_route(check_in_progress, case.operation)
    for scene, query in _settings(hosted, infer, case["setting"]):
        expected = hosted.again(scene, **query)

        answer = infer.again(scene, **query)

        given = ", ".join(f"{name}={value}" for name, value in query.items()) or "no settings"
        infer.note(f"scene {scene.name}, {len(expected.predictions)} predictions by either route with {given}")
        why = f"as against the hosted model route with {given}"
        verify.same_predictions(answer, expected.predictions, why, Seen(scene, query, expected).threshold)
        verify.same_keypoints(answer, expected, why)


def _hosted_route(check: Check, operation: str) -> HostedDriver:
    """Who asks the same model on the hosted route. Raises NoWitness where the target does not have that."""
    name = operation.replace("infer.", "hosted.")
    if not check.knows.capabilities[name].available or name in check.knows.smoke.silent:
        raise NoWitness("the target answers no request of the hosted model route, with which to compare")
    driver = check.deployment.driver(name)
    assert isinstance(driver, HostedDriver)
    return driver


def _settings(hosted: HostedDriver, infer: InferDriver, setting: str) -> list[tuple[Scene, dict[str, Any]]]:
    """Scenes and queries, in the words of the hosted route, on which the setting acts."""
    if setting == "overlap":
        found = _overlapping(hosted, infer)
        return [(found.scene, {**found.query, "overlap": percent}) for percent in (0, NO_LIMIT)]
    if setting == "confidence":
        seen = hosted.witness("a prediction that the default threshold withholds", _unsure)
        return [(seen.scene, dict(seen.query))]
    for route in (hosted, infer):  # what one of them shows the other has to show
        shown = (seen for seen in route.all_seen() if _several(seen.answer))
        several = [(seen.scene, dict(seen.query)) for seen in islice(shown, SHOWN)]
        if several:
            return several
    raise NoWitness("no scene is answered with two predictions or more by either route")


def _overlapping(hosted: HostedDriver, infer: InferDriver) -> Overlapping:
    """Boxes that one of the routes suppresses: the same model has to suppress them on the other. Raises NoWitness."""
    try:
        return hosted.overlapping(0)
    except NoWitness:
        return infer.overlapping(0)


def _unsure(answer: Detection) -> bool:
    return any(prediction.confidence < (DEFAULT_CONFIDENCE - 2) / 100 for prediction in answer.predictions)


def _several(answer: Detection) -> bool:
    return len(answer.predictions) >= 2


@rule(
    "infer.boxes.told-to-the-pixel",
    requirement="Places and sizes are told to the pixel, and not rounded to fives or tens of them.",
    source="sound",
    severity="should",
    content=True,
    cases=over(INFER),
    depth="standard",
    cost=Cost(own=SHOWN + RESIZED),
)
def test_places_are_told_to_the_pixel(infer: InferDriver) -> None:
    members = verify_steps.told_to_the_pixel(infer.resized())
    infer.note(f"not rounded to steps of several px: {', '.join(members)}")


@rule(
    "infer.confidence.at-least-threshold",
    requirement="No prediction is less confident than `confidence`, a share of one.",
    source="server",
    severity="should",
    content=True,
    invariants=("B-04",),
    cases=over(INFER),
)
def test_predictions_reach_the_threshold(infer: InferDriver) -> None:
    seen = infer.witness("two confidences with room between them", lambda answer: _between(answer) is not None)
    percent = _between(seen.answer) or 0.0
    infer.note(f"confidence={percent / 100:g}")

    answer = infer.ask(seen.scene, confidence=percent)

    verify.at_least(answer, percent / 100 - ROUNDING)


def _between(answer: Detection) -> float | None:
    """A threshold in percent that is clear of every confidence, with some above it and some below."""
    gap = widest_gap(answer.predictions, CLEAR_GAP)
    return round(50 * sum(gap), 1) if gap else None


@rule(
    "infer.classes.only-those-asked",
    requirement="With `class_filter` the answer holds the predictions of the listed classes, all and no others.",
    source="server",
    severity="should",
    content=True,
    invariants=("B-14",),
    compares=True,
    cases=over(DETECTION, asked=["one", "other", "all", "none-of-the-model"]),
)
def test_classes_restrict_the_predictions(infer: InferDriver, case: Case) -> None:
    seen = infer.witness("predictions of two classes", lambda answer: len(askable(answer.labels)) >= 2)
    first, second = askable(seen.answer.labels)[:2]
    unknown = ["assay-no-such-class"]
    asked = {"one": [first], "other": [second], "all": [first, second], "none-of-the-model": unknown}
    wanted = asked[case["asked"]]

    answer = infer.ask(seen.scene, classes=wanted, **seen.query)

    verify.only_classes(answer, wanted)
    verify.same_predictions(answer, seen.answer.of(wanted), f"with class_filter={wanted}", seen.threshold)


@rule(
    "infer.overlap.default",
    requirement="A request without `iou_threshold` is answered as one with the default that the server's schema names.",
    source="server",
    severity="should",
    content=True,
    invariants=("B-08",),
    compares=True,
    cases=over(INFER, boxes=["that-overlap-more", "that-overlap-less"]),
)
def test_the_default_of_iou_threshold(infer: InferDriver, case: Case) -> None:
    default = round(100 * infer.operation.parameter("iou_threshold").default)
    more = case["boxes"] == "that-overlap-more"
    found = infer.overlapping_more(default) if more else infer.overlapping_less(default)

    absent = infer.again(found.scene, **found.query)

    explicit = infer.again(found.scene, overlap=default, **found.query)
    why = f"without iou_threshold as against iou_threshold={default / 100:g}"
    verify.same_predictions(absent, explicit.predictions, why, found.threshold)


@rule(
    "infer.drawing.beside-json",
    requirement="With `visualize_predictions` a JPEG of the picture's size comes beside the JSON, and without it none.",
    source="server",
    severity="should",
    content=True,
    invariants=("R-02", "R-03"),
    compares=True,
    cases=over(INFER),
)
def test_a_drawing_comes_beside_the_json(infer: InferDriver) -> None:
    seen = infer.witness("a prediction", lambda answer: bool(answer.predictions))

    answer = infer.ask(seen.scene, drawn=True, **seen.query)

    verify.drawing_only_where_asked(seen.answer, asked=False)
    verify.drawing_only_where_asked(answer, asked=True)
    drawing = answers.visualization(answer, infer.schema_rule)
    verify.jpeg_of_size(drawing, seen.scene.width, seen.scene.height, answer.exchange, "/visualization")
    verify.same_predictions(answer, seen.answer.predictions, "compared with no drawing", seen.threshold)


@rule(
    "infer.drawing.heeds-parameters",
    requirement="`visualization_stroke_width` and `visualization_labels` change the drawing beside the JSON.",
    source="server",
    severity="should",
    content=True,
    invariants=("R-05",),
    compares=True,
    cases=over(INFER, given=["stroke", "labels"]),
    cost=Cost(own=4),
    depth="standard",
)
def test_the_drawing_heeds_parameters(infer: InferDriver, check_in_progress: Check, case: Case) -> None:
    hosted = _hosted_route(check_in_progress, case.operation)
    seen = infer.witness("a prediction", lambda answer: bool(answer.predictions))
    given = {case["given"]: PARAMETERS[case["given"]]}

    asked = [infer.ask(seen.scene, drawn=True, **more, **seen.query) for more in ({}, given)]

    beside = [infer.drawn(answers.visualization(answer, infer.schema_rule), seen.scene) for answer in asked]
    alone = [hosted.pixels(hosted.drawing(seen.scene, **more, **seen.query), seen.scene) for more in ({}, given)]
    changed, as_here = pictures.changed(*alone), pictures.changed(*beside)
    if not changed:
        raise NoWitness(f"{case['given']} changes nothing in the drawing of the hosted model route either")
    infer.note(f"{case['given']} changes {as_here} pixels, and {changed} in the drawing of the hosted model route")
    verify.as_much_beside(changed, as_here, asked[1].exchange, f"{case['given']}={given[case['given']]}")
