"""The hosted model route, `POST /{dataset}/{version}`: what the page "Keypoint Detection" (S4) promises of it."""

from __future__ import annotations

from itertools import pairwise

from assay.contract.citing import answer_field, checkpoint_cases, operation, parameter, response_mode
from assay.contract.rule import Case, over, rule
from assay.judge import answers, pictures, verify
from assay.judge.answers import Detection
from assay.judge.boxes import CONFIDENCE, Prediction, iou
from assay.judge.schema import judge_place, judge_unpromised
from assay.judge.verdicts import NoWitness
from assay.plugin.deployment import HostedDriver, expect_success

DETECTION = "hosted.object-detection"
KEYPOINTS = "hosted.keypoint-detection"
HOSTED = (DETECTION, KEYPOINTS)
ROUNDING = 1e-6
"""Confidences travel as decimal text: a threshold that equals one is not judged below this difference."""


@rule(
    "hosted.answer.schema",
    requirement="A JSON answer has every field that the document names, each of its type and range.",
    says=operation(DETECTION),
    source="document",
    severity="must",
    invariants=("G-01", "B-03", "K-01"),
    prerequisite=True,
    cases=checkpoint_cases(*HOSTED),
)
def test_answers_have_the_documented_fields(hosted: HostedDriver, case: Case) -> None:
    exchanges = hosted.shown(case["mode"])

    judged = judge_place(hosted.operation, case["mode"], case["at"], exchanges)
    hosted.note(f"{judged} values in {len(exchanges)} answers")


@rule(
    "hosted.answer.server-fields",
    requirement="Fields that the document does not name are of the types that the open-source server gives them.",
    source="server",
    severity="should",
    cases=over(HOSTED),
)
def test_undocumented_fields_have_their_types(hosted: HostedDriver) -> None:
    exchanges = hosted.shown("json")

    judge_unpromised(hosted.operation, "json", exchanges)
    hosted.note(f"{len(exchanges)} answers")


@rule(
    "hosted.image.size",
    requirement="`image` gives the width and height of the picture that was sent.",
    says=answer_field(DETECTION, "/image"),
    source="document",
    severity="must",
    invariants=("G-03",),
    cases=over(HOSTED),
)
def test_image_states_the_size_of_the_picture(hosted: HostedDriver) -> None:
    for scene in hosted.scenes[:4]:
        answer = hosted.seen(scene).answer
        hosted.note(f"scene {scene.name} of {scene.width} x {scene.height} px")
        verify.image_size(answer, scene.width, scene.height)


@rule(
    "hosted.boxes.in-pixels",
    requirement="The sides of a box are given in pixels: neither as fractions of the picture, nor negative.",
    says=answer_field(DETECTION, "/predictions/*/width"),
    source="document",
    severity="must",
    invariants=("B-01",),
    content=True,
    cases=over(HOSTED),
)
def test_boxes_are_given_in_pixels(hosted: HostedDriver) -> None:
    hosted.witness("a prediction", lambda answer: bool(answer.predictions))

    for seen in list(hosted.all_seen()):
        verify.boxes_in_pixels(seen.answer)


@rule(
    "hosted.boxes.inside-image",
    requirement="A box given by its centre, width and height in px lies inside the picture.",
    says=answer_field(DETECTION, "/predictions/*/x"),
    source="document",
    severity="must",
    invariants=("B-02",),
    content=True,
    cases=over(HOSTED),
)
def test_boxes_lie_inside_the_picture(hosted: HostedDriver) -> None:
    hosted.witness("two predictions or more", lambda answer: len(answer.predictions) >= 2)

    for seen in list(hosted.all_seen()):
        verify.boxes_inside(seen.answer, seen.scene.width, seen.scene.height)


def _spread(answer: Detection) -> bool:
    """Whether thresholds can be told apart: two confidences with room between them."""
    return _gap(answer) is not None


def _gap(answer: Detection) -> tuple[float, float] | None:
    """The widest gap between two neighbouring confidences, wider than 0.06."""
    ordered = sorted(prediction.confidence for prediction in answer.predictions)
    gaps = [(high - low, low, high) for low, high in pairwise(ordered) if high - low > 0.06]
    return max(gaps)[1:] if gaps else None


@rule(
    "hosted.confidence.at-least-threshold",
    requirement="No prediction is less confident than the threshold, which counts in percent and is 40 when absent.",
    says=parameter(DETECTION, "confidence"),
    source="document",
    severity="must",
    content=True,
    invariants=("B-04", "B-08"),
    cases=over(HOSTED, threshold=["absent", "between", "just-above"]),
)
def test_predictions_reach_the_threshold(hosted: HostedDriver, case: Case) -> None:
    if case["threshold"] == "absent":
        _nothing_below_the_default(hosted)
        return

    seen = hosted.witness("two confidences with room between them", _spread)
    low, high = _gap(seen.answer) or (0.0, 0.0)
    percent = round(100 * (low + high) / 2, 1) if case["threshold"] == "between" else round(100 * low + 0.5, 1)
    answer = hosted.ask(seen.scene, confidence=percent)
    hosted.note(f"threshold {percent:g} % between {low:.3f} and {high:.3f}")

    verify.at_least(answer, percent / 100 - ROUNDING)


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
    invariants=("B-05", "B-06", "B-07"),
    cases=over(HOSTED, threshold=["higher", "lower", "40", "above-all"]),
)
def test_higher_thresholds_give_subsets(hosted: HostedDriver, case: Case) -> None:
    seen = hosted.witness("two confidences with room between them, one of a box that stands alone", _spread_apart)
    low, high = _gap(seen.answer) or (0.0, 0.0)
    floor = 100 * seen.threshold
    top = max(prediction.confidence for prediction in seen.answer.predictions)
    percents = {"higher": round(50 * (low + high), 1), "lower": floor / 2, "40": 40, "above-all": 100 * top + 0.5}
    percent = min(percents[case["threshold"]], 100)

    answer = hosted.ask(seen.scene, confidence=percent)

    higher, lower = (answer, seen.answer) if percent >= floor else (seen.answer, answer)
    verify.no_more(higher, lower, max(percent, floor) / 100)
    kept = [prediction for prediction in seen.answer.above(percent / 100) if _alone(prediction, seen.answer)]
    told = f"asked with confidence={percent:g} and with confidence={floor:g}"
    verify.nothing_lost(answer, kept, f"though its confidence reaches both thresholds ({told})", percent / 100)
    verify.nothing_added(_from(answer, floor), seen.answer.predictions, f"by another threshold ({told})", floor / 100)


def _spread_apart(answer: Detection) -> bool:
    return _spread(answer) and any(_alone(prediction, answer) for prediction in answer.predictions)


def _alone(prediction: Prediction, answer: Detection) -> bool:
    """Whether nothing overlaps it: the document lets overlapping boxes of a class be combined into one."""
    others = [other for other in answer.predictions if other is not prediction]
    return all(iou(prediction.corners, other.corners) == 0 for other in others)


def _from(answer: Detection, percent: float) -> Detection:
    """The answer without what a lower threshold may rightly add, and without what overlaps."""
    kept = tuple(prediction for prediction in answer.above(percent / 100) if _alone(prediction, answer))
    return Detection(answer.exchange, answer.body, kept)


@rule(
    "hosted.classes.only-those-asked",
    requirement="With `classes`, the answer holds the predictions of the listed classes, all of them and no others.",
    says=parameter(DETECTION, "classes"),
    source="document",
    severity="must",
    content=True,
    invariants=("B-15",),
    cases=over(DETECTION, asked=["one", "other", "all"]) + over(HOSTED, asked=["none-of-the-model"]),
)
def test_classes_restrict_the_predictions(hosted: HostedDriver, case: Case) -> None:
    if case["asked"] == "none-of-the-model":
        seen = hosted.witness("a prediction", lambda answer: bool(answer.predictions))
        wanted = ["assay-no-such-class"]
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
    expected = seen.answer.of(wanted)
    verify.same_predictions(answer, expected, f"with classes={','.join(wanted)}", seen.threshold)


def _listable(answer: Detection) -> list[str]:
    """The classes whose names can stand in a list that is separated by commas."""
    return [label for label in answer.labels if "," not in label]


@rule(
    "hosted.keypoints.names-are-stable",
    requirement="A keypoint's id stands for one name, and occurs once in a prediction.",
    says=answer_field(KEYPOINTS, "/predictions/*/keypoints/*/class_id"),
    source="document",
    severity="must",
    content=True,
    invariants=("K-03",),
    cases=over(KEYPOINTS),
)
def test_keypoint_ids_stand_for_one_name(hosted: HostedDriver) -> None:
    hosted.witness("two predictions with two named keypoints each", _two_skeletons)

    verify.keypoint_names_stable([seen.answer for seen in hosted.all_seen()])


def _two_skeletons(answer: Detection) -> bool:
    named = [sum(point.name is not None for point in prediction.keypoints) for prediction in answer.predictions]
    return sum(count >= 2 for count in named) >= 2


@rule(
    "hosted.format.image-is-jpeg",
    requirement="With `format=image` the answer is a JPEG, declared as image/jpeg, of the picture's own size.",
    says=response_mode(DETECTION, "image"),
    source="document",
    severity="must",
    invariants=("R-01",),
    cases=over(HOSTED),
)
def test_format_image_is_a_jpeg_of_the_pictures_size(hosted: HostedDriver) -> None:
    seen = hosted.witness("a prediction", lambda answer: bool(answer.predictions))

    exchange = hosted.exchange(seen.scene, format="image", **seen.query)

    verify.media_type(exchange, "image/jpeg")
    verify.jpeg_of_size(answers.response_of(exchange).body, seen.scene.width, seen.scene.height, exchange)


@rule(
    "hosted.format.image-and-json-adds-drawing",
    requirement="With `format=image_and_json` the answer is that of `json`, with a JPEG of the picture's size.",
    says=response_mode(DETECTION, "image_and_json"),
    source="document",
    severity="must",
    invariants=("R-02", "R-03"),
    cases=over(HOSTED),
)
def test_image_and_json_adds_a_drawing(hosted: HostedDriver) -> None:
    seen = hosted.witness("a prediction", lambda answer: bool(answer.predictions))

    answer = hosted.ask(seen.scene, format="image_and_json", **seen.query)

    drawing = answers.visualization(answer, hosted.schema_rule)
    verify.same_predictions(answer, seen.answer.predictions, "compared with format=json", seen.threshold)
    verify.image_size(answer, seen.scene.width, seen.scene.height)
    verify.jpeg_of_size(drawing, seen.scene.width, seen.scene.height, answer.exchange, "/visualization")


@rule(
    "hosted.format.drawing-shows-predictions",
    requirement="The drawing shows an outline wherever the same answer's JSON says that there is a prediction.",
    says=response_mode(DETECTION, "image"),
    source="document",
    severity="should",
    content=True,
    invariants=("R-04",),
    cases=over(HOSTED, mode=["image", "image_and_json"]),
)
def test_drawings_show_the_predictions(hosted: HostedDriver, case: Case) -> None:
    seen = hosted.witness("a prediction", lambda answer: bool(answer.predictions))

    exchange = hosted.exchange(seen.scene, format=case["mode"], stroke=2, **seen.query)

    if case["mode"] == "image":
        content, stated = answers.response_of(exchange).body, seen.answer
    else:
        stated = answers.detection(exchange, hosted.schema_rule)
        content = answers.visualization(stated, hosted.schema_rule)
    drawing = pictures.decode(content)
    if drawing is None or drawing.shape != seen.scene.pixels().shape:
        raise NoWitness("the drawing is no picture of the size that was sent, which is judged by another rule")
    verify.outlines_drawn(stated, pictures.as_drawn_upon(seen.scene.pixels(), content), drawing)
