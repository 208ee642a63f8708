"""Faults of what only the open-source server knows of models of boxes, and of thresholds at the ends of their scale."""

from __future__ import annotations

from functools import partial
from typing import Any

from assay.faults.model import BOXES, INFER, INSTANCES, KEYPOINT_DETECTION, OBJECT_DETECTION, Fault, RequestOperator
from assay.faults.operators import answers, boxes, parameters, selection
from assay.faults.operators.fields import edit_json, is_number

SUREST = "service.keeps-the-surest-predictions"
ACROSS = "infer.overlap.over-all-classes"
UNSURE_POINTS = "service.withholds-unsure-keypoints"
NAMED = "service.withstands-named-thresholds"
SPARED_POINTS = "hosted.keypoints.spared-by-confidence"
LONE = "hosted.overlap.spares-what-overlaps-nothing"
ENDS = "hosted.confidence.ends-of-the-scale"
KEYPOINTS = (KEYPOINT_DETECTION, "infer.keypoint-detection")

_routes = partial(Fault, operations=(*BOXES, *INFER))
_hosted = partial(Fault, operations=BOXES)
_keypoints = partial(Fault, operations=KEYPOINTS)
_of_keypoints = partial(Fault, operations=(KEYPOINT_DETECTION,), breaks=(SPARED_POINTS,))
_lone = partial(Fault, operations=(OBJECT_DETECTION, INSTANCES), breaks=(LONE,))
_by_task = partial(Fault, operations=("infer.object-detection",), breaks=(ACROSS,))


def _without(name: str) -> RequestOperator:
    """Leave a parameter out, wherever a request has it."""
    return parameters.in_turn(parameters.drop_parameter(name), parameters.drop_body_field(name))


def _without_limit_where_agnostic(body: Any) -> Any:
    if isinstance(body, dict) and "class_agnostic_nms" in body:
        body["iou_threshold"] = 1
    return body


_SELECTION = (
    _routes(
        name="most-detections-ignored",
        sentence="The greatest number of predictions that is asked for is ignored.",
        breaks=(SUREST,),
        request=_without("max_detections"),
    ),
    _routes(
        name="most-detections-from-the-left",
        sentence="Of the predictions those farthest to the left are kept, and not the surest.",
        breaks=(SUREST,),
        request=_without("max_detections"),
        response=edit_json(selection.leftmost_kept),
    ),
    _routes(
        name="most-detections-one-more",
        sentence="An answer holds one prediction more than were asked for at most.",
        breaks=(SUREST,),
        request=parameters.in_turn(
            parameters.change_number("max_detections", lambda most: most + 1),
            parameters.change_body_field("max_detections", lambda most: most + 1 if is_number(most) else most),
        ),
    ),
)

_BY_TASK = (
    _by_task(
        name="class-agnostic-ignored",
        sentence="That boxes of any class count as duplicates is ignored.",
        request=parameters.drop_body_field("class_agnostic_nms"),
    ),
    _by_task(
        name="class-agnostic-leaves-one-box",
        sentence="Where boxes of any class count as duplicates, all but the first are lost.",
        response=answers.only_if(answers.has_in_body("class_agnostic_nms", True), edit_json(boxes.only_first)),
    ),
    _by_task(
        name="class-agnostic-allows-all-overlap",
        sentence="Where boxes of any class count as duplicates, they may overlap as they like.",
        request=parameters.edit_body(
            lambda body: (
                {**body, "iou_threshold": 1} if isinstance(body, dict) and "class_agnostic_nms" in body else body
            )
        ),
    ),
)

_KEYPOINTS = (
    _keypoints(
        name="keypoint-threshold-ignored",
        sentence="The threshold for keypoints is ignored.",
        breaks=(UNSURE_POINTS,),
        request=_without("keypoint_confidence"),
    ),
    _keypoints(
        name="keypoint-threshold-takes-predictions",
        sentence="A prediction is lost as a whole for one keypoint under the threshold for keypoints.",
        breaks=(UNSURE_POINTS,),
        request=_without("keypoint_confidence"),
        response=edit_json(selection.without_what_is_unsure_in_part),
    ),
    _of_keypoints(
        name="threshold-takes-keypoints",
        sentence="Keypoints that are less sure than the threshold for predictions are lost.",
        response=edit_json(selection.without_unsure_keypoints),
    ),
    _of_keypoints(
        name="threshold-mixes-keypoints-up",
        sentence="With a threshold predictions have the keypoints of each other.",
        response=edit_json(selection.keypoints_of_the_last),
    ),
)

_ENDS = (
    _routes(
        name="best-threshold-crashes",
        sentence="To ask for the best threshold by name ends in an internal error.",
        breaks=(NAMED,),
        response=answers.only_if(
            answers.either(answers.asked("confidence", "best"), answers.has_in_body("confidence", "best")),
            answers.INTERNAL_ERROR,
        ),
    ),
    _routes(
        name="default-threshold-error-page",
        sentence="To ask for the default threshold by name ends in an error without JSON.",
        breaks=(NAMED,),
        response=answers.only_if(
            answers.either(answers.asked("confidence", "default"), answers.has_in_body("confidence", "default")),
            answers.UNHANDLED_ERROR,
        ),
    ),
    _hosted(
        name="threshold-of-zero-read-as-none",
        sentence="A threshold of 0 is taken for none, so that the default applies.",
        breaks=(ENDS,),
        request=parameters.drop_parameter("confidence", "0"),
    ),
    _hosted(
        name="threshold-of-hundred-read-as-none",
        sentence="A threshold of 100 is taken for none, so that the default applies.",
        breaks=(ENDS,),
        request=parameters.drop_parameter("confidence", "100"),
    ),
    _hosted(
        name="threshold-of-zero-lets-nothing-through",
        sentence="With a threshold of 0 the answer is empty.",
        breaks=(ENDS,),
        response=answers.only_if(answers.asked("confidence", "0"), boxes.keep_predictions(boxes.none_of_them)),
    ),
    _lone(
        name="no-overlap-leaves-one-box",
        sentence="Without room for any overlap all boxes but the first are lost.",
        response=answers.only_if(answers.asked("overlap", "0"), edit_json(boxes.only_first)),
    ),
    _lone(
        name="overlap-moves-every-box",
        sentence="Where little overlap is allowed every box lies 12 px farther to the right.",
        response=answers.only_if(
            answers.negated(answers.asked_at_least("overlap", 50)), boxes.move_boxes(boxes.shifted(right=12))
        ),
    ),
)

FAULTS: tuple[Fault, ...] = (*_SELECTION, *_BY_TASK, *_KEYPOINTS, *_ENDS)
