"""The hosted model route, `POST /{dataset}/{version}`: what the page "Keypoint Detection" (S4) promises of it."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence

from assay.contract.citing import answer_field, checkpoint_cases, operation, parameter
from assay.contract.rule import Case, Cost, over, rule
from assay.generate import askable
from assay.judge import answers, verify
from assay.judge.answers import Detection
from assay.judge.boxes import (
    CLEAR_GAP,
    CONFIDENCE,
    ROUNDING,
    Prediction,
    alone,
    chained,
    overlapping,
    single,
    widest_gap,
)
from assay.judge.schema import judge_place, judge_unpromised
from assay.plugin.drivers import Driver, HostedDriver, expect_success

DETECTION = "hosted.object-detection"
KEYPOINTS = "hosted.keypoint-detection"
INSTANCES = "hosted.instance-segmentation"
BOXES = (DETECTION, KEYPOINTS, INSTANCES)
EVERY = (*BOXES, "hosted.classification")
ROW = (10, 25, 40, 55, 70, 85, 100)
"""Thresholds in percent."""

ROUNDED_DOWN, CUT = 0.45, 0.95
"""Parts of a percent that vanish when it is rounded, and when it is cut, to whole ones."""
LEAST_ABOVE = 0.15
"""Percent by which a threshold lies above a confidence at least."""


@rule(
    "hosted.answer.schema",
    requirement="A JSON answer has every field that the document names, each of its type and range.",
    says=operation(DETECTION),
    source="document",
    severity="must",
    invariants=("G-01", "B-03", "K-01"),
    prerequisite=True,
    cases=checkpoint_cases(*EVERY),
    cost=Cost(shown=True),
)
def test_answers_have_the_documented_fields(asked: Driver, case: Case) -> None:
    exchanges = asked.shown(case["mode"])

    judged = judge_place(asked.operation, case["mode"], case["at"], exchanges)
    asked.note(f"{judged} values in {len(exchanges)} answers")


@rule(
    "hosted.answer.server-fields",
    requirement="Fields that the document does not name are of the types that the open-source server gives them.",
    source="server",
    severity="should",
    cases=over(EVERY),
)
def test_undocumented_fields_have_their_types(asked: Driver) -> None:
    exchanges = asked.shown("json")

    judge_unpromised(asked.operation, "json", exchanges)
    asked.note(f"{len(exchanges)} answers")


@rule(
    "hosted.image.size",
    requirement="`image` gives the width and height of the picture that was sent.",
    says=answer_field(DETECTION, "/image"),
    source="document",
    severity="must",
    invariants=("G-03",),
    cases=over(BOXES),
)
def test_image_states_the_size_of_the_picture(hosted: HostedDriver) -> None:
    for scene in hosted.scenes[:4]:
        answer = hosted.seen(scene).answer
        hosted.note(f"scene {scene.name} of {scene.width} x {scene.height} px")
        verify.image_size(answer, scene.width, scene.height)


@rule(
    "hosted.boxes.in-pixels",
    requirement="The sides of a box are lengths in pixels: neither fractions of the picture, nor negative, nor zero.",
    says=answer_field(DETECTION, "/predictions/*/width"),
    source="document",
    severity="must",
    invariants=("B-01",),
    content=True,
    cases=over(BOXES),
)
def test_boxes_are_given_in_pixels(hosted: HostedDriver) -> None:
    hosted.witness("a prediction", lambda answer: bool(answer.predictions))

    for seen in list(hosted.all_seen()):
        verify.boxes_in_pixels(seen.answer)
    verify.boxes_have_sides([seen.answer for seen in hosted.all_seen()])


@rule(
    "hosted.boxes.centre-inside-image",
    requirement="The point that x and y give, the centre of a box in px, lies inside the picture.",
    says=answer_field(DETECTION, "/predictions/*/x"),
    source="document",
    severity="must",
    invariants=("B-02",),
    content=True,
    cases=over(BOXES),
)
def test_centres_lie_inside_the_picture(hosted: HostedDriver) -> None:
    hosted.witness("a prediction", lambda answer: bool(answer.predictions))

    for seen in list(hosted.all_seen()):
        verify.centres_inside(seen.answer, seen.scene.width, seen.scene.height)


@rule(
    "hosted.boxes.inside-image",
    requirement="A box lies inside the picture as a whole: what would reach beyond the edge is cut off.",
    source="server",
    severity="should",
    invariants=("B-02",),
    content=True,
    cases=over(BOXES),
)
def test_boxes_lie_inside_the_picture(hosted: HostedDriver) -> None:
    hosted.witness("two predictions or more", lambda answer: len(answer.predictions) >= 2)

    for seen in list(hosted.all_seen()):
        verify.boxes_inside(seen.answer, seen.scene.width, seen.scene.height)


def _spread(answer: Detection) -> bool:
    """Whether thresholds can be told apart: two confidences with room between them."""
    return widest_gap(answer.predictions, CLEAR_GAP) is not None


@rule(
    "hosted.confidence.at-least-threshold",
    requirement="No prediction is less confident than the threshold, which counts in percent and is 40 when absent.",
    says=parameter(DETECTION, "confidence"),
    source="document",
    severity="must",
    content=True,
    invariants=("B-04", "B-08"),
    cases=over(BOXES, threshold=["absent", "between", "just-above"]),
)
def test_predictions_reach_the_threshold(hosted: HostedDriver, case: Case) -> None:
    if case["threshold"] == "absent":
        _nothing_below_the_default(hosted)
        return

    seen = hosted.witness("two confidences with room between them", _spread)
    low, high = widest_gap(seen.answer.predictions, CLEAR_GAP) or (0.0, 0.0)
    percent = round(100 * (low + high) / 2, 1) if case["threshold"] == "between" else _just_above(seen.answer, low)
    answer = hosted.ask(seen.scene, confidence=percent)
    hosted.note(f"threshold {percent:g} %, where confidences of {low:.3f} and {high:.3f} lie apart")

    verify.at_least(answer, percent / 100 - ROUNDING)


def _just_above(answer: Detection, low: float) -> float:
    """A threshold in percent a little above a confidence, and in the same percent: one that is rounded lets it through.

    Cut to whole percents, if it is not rounded down. Above `low` (0 to 1) where no confidence allows for either: whole
    percents may be what more exact ones are told as.
    """
    percents = sorted(100 * prediction.confidence for prediction in answer.predictions)
    for part in (ROUNDED_DOWN, CUT):
        for percent in percents:
            whole, rest = divmod(percent, 1)
            if 100 * ROUNDING < rest <= part - LEAST_ABOVE and whole < 100:
                return whole + part
    return round(100 * low + 0.5, 1)


def _nothing_below_the_default(hosted: HostedDriver) -> None:
    """Without the parameter nothing below the documented default comes back, though the model sees something there."""
    default = hosted.seen(hosted.scenes[0]).threshold
    hosted.witness(
        "a prediction that the default threshold withholds",
        lambda answer: any(prediction.confidence < default - CONFIDENCE for prediction in answer.predictions),
    )
    for scene in hosted.scenes:
        verify.at_least(hosted.seen(scene).answer, default - ROUNDING)


@rule(
    "hosted.confidence.higher-is-subset",
    requirement="A higher threshold takes predictions away and changes none; a lower one adds some and loses none.",
    says=parameter(DETECTION, "confidence"),
    source="document",
    severity="must",
    content=True,
    invariants=("B-05", "B-06"),
    compares=True,
    cases=over(BOXES, threshold=["higher", "lower", "40", "above-all"]),
)
def test_higher_thresholds_give_subsets(hosted: HostedDriver, case: Case) -> None:
    seen = hosted.witness("two confidences with room between them, one of a box that stands alone", _spread_apart)
    low, high = widest_gap(seen.answer.predictions, CLEAR_GAP) or (0.0, 0.0)
    floor = 100 * seen.threshold
    top = max(prediction.confidence for prediction in seen.answer.predictions)
    percents = {"higher": round(50 * (low + high), 1), "lower": floor / 2, "40": 40, "above-all": 100 * top + 0.5}
    percent = min(percents[case["threshold"]], 100)

    answer = hosted.ask(seen.scene, confidence=percent)

    higher, lower = (answer, seen.answer) if percent >= floor else (seen.answer, answer)
    verify.no_more(higher, lower, max(percent, floor) / 100)
    candidates = hosted.candidates(seen.scene, min(percent, floor))
    kept = single(seen.answer.above(percent / 100), candidates)
    told = f"asked with confidence={percent:g} and with confidence={floor:g}"
    verify.nothing_lost(answer, kept, f"though its confidence reaches both thresholds ({told})", percent / 100)
    found = Detection(answer.exchange, answer.body, single(answer.above(floor / 100), candidates))
    verify.nothing_added(found, seen.answer.predictions, f"by another threshold ({told})", floor / 100)


def _spread_apart(answer: Detection) -> bool:
    return _spread(answer) and any(alone(prediction, answer.predictions) for prediction in answer.predictions)


@rule(
    "hosted.confidence.higher-gives-no-more",
    requirement="From one threshold to the next, over the whole scale, an answer never holds more predictions.",
    says=parameter(DETECTION, "confidence"),
    source="document",
    severity="must",
    content=True,
    invariants=("B-06",),
    compares=True,
    cases=over(BOXES),
    cost=Cost(own=len(ROW)),
)
def test_higher_thresholds_give_no_more(hosted: HostedDriver) -> None:
    seen = hosted.witness("predictions that thresholds of the row tell apart, and that overlap little", _told_apart)

    asked = {percent: hosted.again(seen.scene, confidence=percent) for percent in ROW}

    hosted.note(", ".join(f"{len(answer.predictions)} from {percent} % on" for percent, answer in asked.items()))
    verify.fewer_with_each(asked)


def _told_apart(answer: Detection) -> bool:
    """Whether three thresholds of the row would each hold something back that the one before lets through."""
    steps = {bisect(ROW, 100 * prediction.confidence) for prediction in answer.predictions}
    return len(steps) >= 3 and not chained(answer.predictions)


@rule(
    "hosted.classes.only-those-asked",
    requirement="With `classes`, the answer holds the predictions of the listed classes, all of them and no others.",
    says=parameter(DETECTION, "classes"),
    source="document",
    severity="must",
    content=True,
    invariants=("B-15",),
    compares=True,
    cases=over((DETECTION, INSTANCES), asked=["one", "other", "all"])
    + over(KEYPOINTS, asked=["its-own"])  # which is the only one of many such models
    + over(BOXES, asked=["none-of-the-model"]),
)
def test_classes_restrict_the_predictions(hosted: HostedDriver, case: Case) -> None:
    if case["asked"] == "none-of-the-model":
        seen = hosted.witness("a prediction", lambda answer: bool(answer.predictions))
        wanted = ["assay-no-such-class"]
    elif case["asked"] == "its-own":
        seen = hosted.witness("a prediction of a class that can be listed", lambda answer: bool(_listable(answer)))
        wanted = _listable(seen.answer)[:1]
        if len(seen.answer.labels) == 1:
            hosted.note("all that is seen is of this class: whether others are left out is not to be seen")
    else:
        seen = hosted.witness("predictions of two classes", lambda answer: len(_listable(answer)) >= 2)
        first, second = _listable(seen.answer)[:2]
        wanted = {"one": [first], "other": [second], "all": [first, second]}[case["asked"]]

    exchange = hosted.send(hosted.request(seen.scene, classes=",".join(wanted), **seen.query))

    if case["asked"] == "none-of-the-model" and 400 <= answers.response_of(exchange).status < 500:
        hosted.note("a class that the model does not know is refused, which restricts the answer too")
        return
    answer = answers.detection(expect_success(exchange), hosted.schema_rule)
    verify.only_classes(answer, wanted)
    why, expected = f"with classes={','.join(wanted)}", seen.answer.of(wanted)
    unlisted = [prediction for prediction in seen.answer.predictions if prediction.label not in wanted]
    certain = [prediction for prediction in expected if alone(prediction, seen.answer.predictions)]
    verify.nothing_lost(answer, certain, why, seen.threshold)
    verify.nothing_added(_apart_from(answer, unlisted), expected, why, seen.threshold)


def _apart_from(answer: Detection, others: Sequence[Prediction]) -> Detection:
    """The answer without what overlaps the others: they may have suppressed it, until they were filtered out."""
    kept = tuple(prediction for prediction in answer.predictions if not overlapping(prediction, others))
    return Detection(answer.exchange, answer.body, kept)


def _listable(answer: Detection) -> list[str]:
    """The classes whose names can stand in a URL, in a list that is separated by commas."""
    return [label for label in askable(answer.labels) if "," not in label]
