"""The routes that name the task: the hosted models, with the model and the picture in a JSON body."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from assay.contract.message import parse_json
from assay.reference import hosted
from assay.reference.batches import answered, read_images
from assay.reference.errors import invalid, unauthorized, unknown_model, wrong_task
from assay.reference.keys import given_key, is_authorised
from assay.reference.memory import memory_of
from assay.reference.parameters import HostedQuery

TASKS = ("object_detection", "keypoints_detection")
SWITCHES = (
    "fix_batch_size",
    "disable_preproc_contrast",
    "disable_preproc_grayscale",
    "disable_preproc_static_crop",
    "disable_active_learning",
    "disable_model_monitoring",
)
TEXTS = ("api_key", "id", "active_learning_target_dataset", "source", "source_info")
KINDS: Mapping[type, str] = {bool: "a boolean", str: "a string", list: "a list", dict: "an object", int: "an integer"}


async def object_detection(request: Request) -> Response:
    """Answer `POST /infer/object_detection`. Raises Refusal."""
    return await _infer(request, "object-detection")


async def keypoints_detection(request: Request) -> Response:
    """Answer `POST /infer/keypoints_detection`. Raises Refusal."""
    return await _infer(request, "keypoint-detection")


async def _infer(request: Request, task: str) -> Response:
    started = time.perf_counter()
    body = _parsed(await request.body())
    if not is_authorised(given_key(request, body), request.app.state.key):
        raise unauthorized()
    if body is None:
        raise invalid("json_invalid", ["body"], "Input should be a JSON object")
    name = _text(body, "model_id")
    images = read_images(body)
    query = _query(body)
    model = hosted.MODELS.get(name)
    if model is None:
        raise unknown_model(name)
    if model.task != task:
        raise wrong_task(name, task)
    memory_of(request).use(request, name, task)
    return await answered(images, lambda data: hosted.told(model, query, data, started))


def _parsed(raw: bytes) -> dict[str, Any] | None:
    """The body's JSON object, None where it is none."""
    try:
        body = parse_json(raw)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _query(body: Mapping[str, Any]) -> HostedQuery:
    """What the body asks for. Raises Refusal 422 for a value that is not allowed."""
    for name in SWITCHES:
        _switch(body, name)
    for name in TEXTS:
        if name in body:
            _text(body, name)
    _count(body, "max_candidates", 3000)
    query = HostedQuery(
        classes=_classes(body),
        confidence=_share(body, "confidence", 0.4),
        overlap=_share(body, "iou_threshold", 0.3),
        across_classes=_switch(body, "class_agnostic_nms"),
        stroke=min(_count(body, "visualization_stroke_width", 1), 1000),
        labels=_switch(body, "visualization_labels"),
        keypoint_confidence=_share(body, "keypoint_confidence", 0),
        max_detections=_count(body, "max_detections", 300),
        auto_orient=not _switch(body, "disable_preproc_auto_orient"),
        name=body.get("id"),
    )
    return replace(query, format="image_and_json") if _switch(body, "visualize_predictions") else query


def _classes(body: Mapping[str, Any]) -> frozenset[str] | None:
    if "class_filter" not in body:
        return None
    listed = _typed(body, "class_filter", list)
    if not listed or not all(isinstance(name, str) for name in listed):
        raise invalid("list_type", ["body", "class_filter"], "Input should be a list of names")
    return frozenset(listed)


def _share(body: Mapping[str, Any], name: str, default: float) -> float:
    """A number from 0 to 1."""
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise invalid("float_type", ["body", name], "Input should be a valid number")
    if not 0 <= value <= 1:
        raise invalid("range", ["body", name], "Input should be from 0 to 1")
    return float(value)


def _count(body: Mapping[str, Any], name: str, default: int) -> int:
    """A whole number from 1 on."""
    value = body.get(name, default)
    if isinstance(value, bool) or not (isinstance(value, int) or (isinstance(value, float) and value.is_integer())):
        raise invalid("int_type", ["body", name], "Input should be a valid integer")
    if value < 1:
        raise invalid("greater_than_equal", ["body", name], "Input should be at least 1")
    return int(value)


def _switch(body: Mapping[str, Any], name: str) -> bool:
    return bool(_typed(body, name, bool)) if name in body else False


def _text(body: Mapping[str, Any], name: str, *around: str) -> str:
    return str(_typed(body, name, str, *around))


def _typed(body: Mapping[str, Any], name: str, kind: type, *around: str) -> Any:
    where = ["body", *around, name]
    if name not in body:
        raise invalid("missing", where, "Field required")
    if not isinstance(body[name], kind):
        raise invalid("type", where, f"Input should be {KINDS[kind]}")
    return body[name]
