"""`POST /infer/semantic_segmentation`: the hosted route's models for classes of pixels, by a JSON call."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from assay.contract.message import parse_json
from assay.reference.batches import answered, read_images
from assay.reference.class_masks import told
from assay.reference.errors import invalid, unauthorized, unknown_model
from assay.reference.hosted import MODELS
from assay.reference.keys import given_key, is_authorised
from assay.reference.memory import memory_of
from assay.reference.parameters import HostedQuery

TASK = "semantic-segmentation"
TEXTS = ("api_key", "id", "source", "source_info")
SWITCHES = (
    "disable_preproc_auto_orient",
    "disable_preproc_contrast",
    "disable_preproc_grayscale",
    "disable_preproc_static_crop",
    "disable_model_monitoring",
)


async def semantic_segmentation(request: Request) -> Response:
    """Answer a call. Raises Refusal."""
    started = time.perf_counter()
    try:
        body = parse_json(await request.body())
    except ValueError:
        body = None
    if not is_authorised(given_key(request, body), request.app.state.key):
        raise unauthorized()
    if not isinstance(body, dict):
        raise invalid("json_invalid", ["body"], "Input should be a JSON object")
    query = _query(body)
    images = read_images(body)
    model = MODELS.get(_text(body, "model_id", ["body"]))
    if model is None or model.task != TASK:
        raise unknown_model(body["model_id"])
    memory_of(request).use(request, model.id, TASK)
    return await answered(images, lambda data: told(model.classes, query, data, started))


def _query(body: Mapping[str, Any]) -> HostedQuery:
    """What shapes the answer; unknown fields are ignored. Raises Refusal 422."""
    for name in TEXTS:
        if name in body:
            _text(body, name, ["body"])
    for name in SWITCHES:
        if not isinstance(body.get(name, False), bool):
            raise invalid("bool_type", ["body", name], "Input should be a valid boolean")
    confidence = body.get("confidence", 0.4)
    if isinstance(confidence, bool) or not isinstance(confidence, int | float) or math.isnan(confidence):
        raise invalid("float_type", ["body", "confidence"], "Input should be a valid number")
    if not 0 <= confidence <= 1:
        raise invalid("range", ["body", "confidence"], "Input should be from 0 to 1")
    oriented = not body.get("disable_preproc_auto_orient", False)
    return HostedQuery(confidence=confidence, auto_orient=oriented, name=body.get("id"))


def _text(fields: Mapping[str, Any], name: str, where: list[str | int]) -> str:
    if name not in fields:
        raise invalid("missing", [*where, name], "Field required")
    value = fields[name]
    if not isinstance(value, str):
        raise invalid("string_type", [*where, name], "Input should be a string")
    return value
