"""Operators on which predictions and keypoints an answer holds, and on how classes are numbered."""

from __future__ import annotations

from typing import Any

from assay.contract.message import Request
from assay.faults.operators.answers import number
from assay.faults.operators.boxes import box_of, confidence_of
from assay.faults.operators.fields import is_number, predictions


def asked_number(request: Request, name: str) -> float | None:
    """A number that the request gives under this name, in its query or at the top of its JSON body."""
    if request.parameter(name) is not None:
        return number(request, name)
    try:
        body = request.json()
    except ValueError:
        return None
    value = body.get(name) if isinstance(body, dict) else None
    return value if is_number(value) else None


def leftmost_kept(request: Request, document: Any) -> Any:
    """An edit: of the predictions those farthest to the left stay, as many as `max_detections` asks for."""
    most = asked_number(request, "max_detections")
    if most is not None:
        found = predictions(document)
        found[:] = sorted(found, key=_left)[: max(int(most), 0)]
    return document


def without_unsure_keypoints(request: Request, document: Any) -> Any:
    """An edit: keypoints less sure than the `confidence` asked for in percent, 40 by default, are lost."""
    asked = number(request, "confidence")
    least = (40 if asked is None else asked) / 100
    for one in predictions(document):
        points = _keypoints(one)
        points[:] = [point for point in points if confidence_of(point) >= least]
    return document


def keypoints_of_the_last(request: Request, document: Any) -> Any:
    """An edit: where a threshold is asked for, each prediction has the keypoints of the one at the other end."""
    found = [one for one in predictions(document) if isinstance(one, dict) and "keypoints" in one]
    if request.parameter("confidence") is not None:
        for one, points in zip(found, [one["keypoints"] for one in reversed(found)], strict=True):
            one["keypoints"] = points
    return document


def without_what_is_unsure_in_part(request: Request, document: Any) -> Any:
    """An edit: a prediction is lost whole for one keypoint less sure than `keypoint_confidence`."""
    least = asked_number(request, "keypoint_confidence")
    if least is not None:
        found = predictions(document)
        found[:] = [one for one in found if all(confidence_of(point) >= least for point in _keypoints(one))]
    return document


def _keypoints(prediction: Any) -> list[Any]:
    """The prediction's own list of keypoints; empty where it has none."""
    found = prediction.get("keypoints") if isinstance(prediction, dict) else None
    return found if isinstance(found, list) else []


def _left(prediction: Any) -> float:
    box = box_of(prediction)
    return box.x if box is not None else 0.0
