"""Keypoints on the hosted model route: what the page "Keypoint Detection" (S4) promises of them."""

from __future__ import annotations

from assay.contract.citing import answer_field, parameter
from assay.contract.rule import Case, over, rule
from assay.judge import verify
from assay.judge.answers import Detection
from assay.judge.boxes import CLEAR_GAP, CONFIDENCE, gaps
from assay.judge.verdicts import NoWitness
from assay.judge.verify_keypoints import (
    SEVERAL,
    VISIBLE,
    keypoints_apart,
    same_keypoints,
    same_keypoints_for_each,
    visible,
)
from assay.plugin.drivers import HostedDriver

KEYPOINTS = "hosted.keypoint-detection"


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
    "hosted.keypoints.are-there",
    requirement="A keypoint model answers with keypoints, and not with the boxes of objects alone.",
    says=answer_field(KEYPOINTS, "/predictions/*/keypoints"),
    source="document",
    severity="should",
    content=True,
    cases=over(KEYPOINTS),
)
def test_there_are_keypoints(hosted: HostedDriver) -> None:
    hosted.witness("a prediction", lambda answer: bool(answer.predictions))

    verify.some_keypoint([seen.answer for seen in hosted.all_seen()])


@rule(
    "hosted.keypoints.from-top-left",
    requirement="Keypoints are counted in pixels from the picture's top left corner, as the box of their object is.",
    says=answer_field(KEYPOINTS, "/predictions/*/keypoints/*/x"),
    source="document",
    severity="must",
    content=True,
    invariants=("K-02",),
    cases=over(KEYPOINTS),
)
def test_keypoints_are_counted_as_boxes_are(hosted: HostedDriver) -> None:
    hosted.witness("a box far from the top left corner, with a keypoint", _far_from_the_corner)

    for seen in list(hosted.all_seen()):
        verify.keypoints_at_their_box(seen.answer)
    verify.keypoints_not_displaced([seen.answer for seen in hosted.all_seen()])


def _far_from_the_corner(answer: Detection) -> bool:
    """Whether keypoints that are counted from their own box, or in fractions, would not come to lie at a box."""
    return any(
        max(prediction.corners[:2]) > 2 * max(prediction.width, prediction.height) and visible(prediction)
        for prediction in answer.predictions
    )


@rule(
    "hosted.keypoints.lie-apart",
    requirement="Each keypoint has a place of its own: those of a prediction do not all lie in one.",
    says=answer_field(KEYPOINTS, "/predictions/*/keypoints/*/x"),
    source="document",
    severity="should",
    content=True,
    invariants=("K-02",),
    cases=over(KEYPOINTS),
)
def test_keypoints_lie_apart(hosted: HostedDriver) -> None:
    hosted.witness("a prediction with two keypoints", _with_two)

    judged = keypoints_apart([seen.answer for seen in hosted.all_seen()])
    if judged < SEVERAL:
        raise NoWitness(f"only {judged} predictions have two keypoints or more")
    hosted.note(f"{judged} predictions with two keypoints or more")


def _with_two(answer: Detection) -> bool:
    return any(len(visible(prediction)) > 1 for prediction in answer.predictions)


@rule(
    "hosted.keypoints.as-many-for-each",
    requirement="With `keypoint_confidence=0` every prediction of a class has the same keypoints.",
    source="server",
    severity="should",
    content=True,
    cases=over(KEYPOINTS),
)
def test_each_prediction_has_every_keypoint(hosted: HostedDriver) -> None:
    several = [seen for seen in hosted.all_seen() if len(seen.answer.predictions) >= SEVERAL]

    answers = (hosted.again(seen.scene, keypoint_confidence=0, **seen.query) for seen in several)

    telling = next(filter(_with_unsure_keypoints, answers), None)
    if telling is None:
        raise NoWitness("no scene shows three skeletons of a class, and a keypoint that is hardly sure")
    hosted.note(f"{len(telling.predictions)} predictions, and a keypoint that is hardly sure")
    same_keypoints_for_each(telling)


def _with_unsure_keypoints(answer: Detection) -> bool:
    """Whether a class has three skeletons, and a keypoint is there that models may withhold, whatever is asked for."""
    labels = [prediction.label for prediction in answer.predictions if prediction.keypoints]
    sure = [point.confidence for prediction in answer.predictions for point in prediction.keypoints]
    return any(labels.count(label) >= SEVERAL for label in labels) and min(sure) < VISIBLE


@rule(
    "hosted.keypoints.inside-image",
    requirement="A keypoint lies inside the picture.",
    source="server",
    severity="should",
    content=True,
    invariants=("K-02",),
    cases=over(KEYPOINTS),
)
def test_keypoints_lie_inside_the_picture(hosted: HostedDriver) -> None:
    hosted.witness("a keypoint", lambda answer: any(prediction.keypoints for prediction in answer.predictions))

    for seen in list(hosted.all_seen()):
        verify.keypoints_inside(seen.answer, seen.scene.width, seen.scene.height)


@rule(
    "hosted.keypoints.spared-by-confidence",
    requirement="`confidence` chooses among predictions: the keypoints of one that is returned stay as they were.",
    says=parameter(KEYPOINTS, "confidence"),
    source="document",
    severity="must",
    content=True,
    invariants=("K-05",),
    compares=True,
    cases=over(KEYPOINTS, threshold=["higher", "lower"]),
)
def test_the_threshold_spares_keypoints(hosted: HostedDriver, case: Case) -> None:
    if case["threshold"] == "higher":
        what = "a prediction surer than another, with a keypoint less sure than both"
        seen = hosted.witness(what, lambda answer: bool(_over_an_unsure_keypoint(answer)))
        percent = _over_an_unsure_keypoint(seen.answer)[0]
    else:
        seen = hosted.witness("a prediction with a keypoint", lambda answer: any(map(visible, answer.predictions)))
        percent = round(50 * seen.threshold, 1)

    answer = hosted.again(seen.scene, confidence=percent)

    told = f"with confidence={percent:g} as against {100 * seen.threshold:g}"
    hosted.note(told)
    same_keypoints(answer, seen.answer, told)


def _over_an_unsure_keypoint(answer: Detection) -> list[float]:
    """Thresholds in percent that a prediction reaches, another does not, and a keypoint of the first does not either.

    A server that holds keypoints to the same threshold would leave that one out.
    """
    found = gaps([one.confidence for one in answer.predictions], CLEAR_GAP)
    return [
        round(50 * (low + high), 1)
        for low, high in found
        if any(CONFIDENCE < point.confidence < low for one in answer.above(high) for point in one.keypoints)
    ]
