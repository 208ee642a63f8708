"""Parameters of models of boxes that only the open-source server knows.

Each is asked on both routes to these models: the hosted model route, and the one that names the task.
"""

from __future__ import annotations

from assay.contract import delivery
from assay.contract.rule import Case, over, rule
from assay.judge import verify
from assay.judge.answers import Detection
from assay.judge.boxes import CLEAR_GAP, alone, gaps, overlap_of
from assay.judge.verify_keypoints import keypoints_reach, same_keypoints
from assay.judge.verify_selection import surest_kept
from assay.plugin.drivers import HostedDriver, InferDriver

DETECTION = "infer.object-detection"
KEYPOINTS = ("hosted.keypoint-detection", "infer.keypoint-detection")
ROUTES = (*KEYPOINTS, DETECTION, "hosted.object-detection", "hosted.instance-segmentation")


@rule(
    "service.keeps-the-surest-predictions",
    requirement="With `max_detections` an answer holds so many predictions at most, and those are the surest.",
    source="server",
    severity="should",
    content=True,
    invariants=("B-17",),
    compares=True,
    cases=over(ROUTES, most=["few", "many"]),
    depth="standard",
)
def test_the_surest_predictions_are_kept(hosted: HostedDriver, case: Case) -> None:
    seen = hosted.witness("predictions of which the surest stand out", lambda answer: bool(_standing_out(answer)))
    most = _standing_out(seen.answer)[0 if case["most"] == "few" else -1]

    answer = hosted.again(seen.scene, max_detections=most, **seen.query)

    hosted.note(f"max_detections={most}")
    surest_kept(answer, seen.answer, most, seen.threshold)


def _standing_out(answer: Detection) -> list[int]:
    """How many of the surest predictions are clearly surer than all others: each such number, ascending."""
    found = gaps([one.confidence for one in answer.predictions], CLEAR_GAP)
    return [len(answer.above(high)) for _, high in found]


@rule(
    "infer.overlap.over-all-classes",
    requirement="With `class_agnostic_nms` no two boxes overlap by more than `iou_threshold`, whatever their classes.",
    source="server",
    severity="should",
    content=True,
    invariants=("B-16",),
    compares=True,
    cases=over(DETECTION, asked=["zero", "half-of-what-is-there"]),
    depth="standard",
)
def test_boxes_of_any_class_overlap_no_more_than_asked(infer: InferDriver, case: Case) -> None:
    infer.overlapping(0)  # a model that suppresses nothing within a class does not across classes either
    seen, _ = infer.beside_other_classes(0)
    share = overlap_of(seen.answer.predictions, across=True)
    percent = 0 if case["asked"] == "zero" else round(50 * share)
    infer.note(f"two boxes of two classes overlap by an IoU of {share:.2f}; iou_threshold={percent / 100:g}")

    answer = infer.again(seen.scene, **{**seen.query, "overlap": percent}, across_classes=True)

    verify.overlap_at_most(answer, percent / 100, seen.scene.width, seen.scene.height, across=True)
    why = "with class_agnostic_nms"
    verify.nothing_added(answer, seen.answer.predictions, why, seen.threshold)
    lone = [one for one in seen.answer.predictions if alone(one, seen.answer.predictions)]
    verify.nothing_lost(answer, lone, f"{why}, though it overlaps nothing", seen.threshold)


@rule(
    "service.withholds-unsure-keypoints",
    requirement="With `keypoint_confidence`, a share of one, no keypoint is less sure than that, and no other is lost.",
    source="server",
    severity="should",
    content=True,
    invariants=("K-04",),
    compares=True,
    cases=over(KEYPOINTS),
    depth="standard",
)
def test_unsure_keypoints_are_withheld(hosted: HostedDriver) -> None:
    seen = hosted.witness("keypoints with room between their confidences", lambda answer: bool(_apart(answer)))
    low, high = _apart(seen.answer)[0]
    share = round((low + high) / 2, 3)
    hosted.note(f"keypoint_confidence={share:g} between {low:.3f} and {high:.3f}")

    answer = hosted.again(seen.scene, keypoint_confidence=share, **seen.query)

    keypoints_reach(answer, share)
    verify.same_predictions(answer, seen.answer.predictions, "by a threshold for keypoints", seen.threshold)
    same_keypoints(answer, seen.answer, f"with keypoint_confidence={share:g}", share)


def _apart(answer: Detection) -> list[tuple[float, float]]:
    """Neighbouring confidences of keypoints with room between them, the widest room first."""
    sure = [point.confidence for prediction in answer.predictions for point in prediction.keypoints]
    return sorted(gaps(sure, CLEAR_GAP), key=lambda pair: pair[0] - pair[1])


NAMED = ("best", "default")
"""Thresholds that the open-source server knows by name; not every model has them."""


@rule(
    "service.withstands-named-thresholds",
    requirement="A name in the place of the threshold is understood or refused, and no reason for a server error.",
    source="sound",
    severity="should",
    invariants=("K-06",),
    cases=over(ROUTES, name=NAMED),
    depth="standard",
)
def test_a_named_threshold_is_no_server_error(hosted: HostedDriver, case: Case) -> None:
    request = delivery.with_member(hosted.operation, hosted.plain_request(), "confidence", case["name"])

    exchange = hosted.once(request)

    hosted.note(f"confidence={case['name']}")
    verify.no_server_error(exchange, f"a request with confidence={case['name']}")
