"""The hosted model route: object detection and keypoints."""

from __future__ import annotations

import base64
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from assay.reference.decoding import Pixels, decode_base64, decode_picture, fetch_picture
from assay.reference.detection import Detection, detect, select
from assay.reference.drawing import draw
from assay.reference.errors import bad_picture, forbidden, unknown_model
from assay.reference.keypoints import Keypoint, keypoints
from assay.reference.keys import given_key, is_authorised
from assay.reference.parameters import HostedQuery, read_query

Found = Sequence[tuple[Detection, Sequence[Keypoint]]]


@dataclass(frozen=True, slots=True)
class Model:
    """A model of the hosted route; `classes` maps each class to its colour, in the order of their ids."""

    id: str
    task: str
    classes: Mapping[str, str]


MODELS: Mapping[str, Model] = {
    model.id: model
    for model in (
        Model("shapes/1", "object-detection", {"dog": "red", "cat": "blue"}),
        Model("figures/1", "keypoint-detection", {"person": "red"}),
    )
}


async def infer(request: Request) -> Response:
    """Answer `POST /{dataset}/{version}` (and GET, for a picture given by URL). Raises Refusal."""
    started = time.perf_counter()
    if not is_authorised(given_key(request), request.app.state.key):
        raise forbidden()
    name = f"{request.path_params['dataset']}/{request.path_params['version']}"
    model = MODELS.get(name)
    if model is None:
        raise unknown_model(name)
    query = read_query(request.query_params)
    data = await _picture(request)
    return await run_in_threadpool(_answer, model, query, data, started)


async def _picture(request: Request) -> bytes:
    """The encoded picture: behind `image`, in a form's part `file`, or as base64 in the body."""
    url = request.query_params.get("image")
    if url:
        return await fetch_picture(url)
    if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        return await _uploaded(request)
    return decode_base64(await request.body())


async def _uploaded(request: Request) -> bytes:
    try:
        async with request.form() as form:
            part = form.get("file")
            if part is None or isinstance(part, str):
                raise bad_picture("Expected image to be sent in part named 'file'.")
            return await part.read()
    except HTTPException:
        raise bad_picture("The form could not be read.") from None


def _answer(model: Model, query: HostedQuery, data: bytes, started: float) -> Response:
    pixels = decode_picture(data, query.auto_orient)
    candidates = detect(pixels, model.classes)
    detections = select(candidates, query.confidence, query.overlap, query.classes)[: query.max_detections]
    with_joints = model.task == "keypoint-detection"
    found = [(one, _joints(one, query) if with_joints else ()) for one in detections]
    if query.format == "image":
        return Response(draw(pixels, found, query.stroke, query.labels), media_type="image/jpeg")
    body = _body(pixels, found, with_joints)
    if query.format == "image_and_json":
        drawing = draw(pixels, found, query.stroke, query.labels)
        body["visualization"] = base64.b64encode(drawing).decode("ascii")
    return JSONResponse({"inference_id": str(uuid.uuid4()), "time": time.perf_counter() - started, **body})


def _joints(detection: Detection, query: HostedQuery) -> list[Keypoint]:
    return [joint for joint in keypoints(detection) if joint.confidence >= query.keypoint_confidence]


def _body(pixels: Pixels, found: Found, with_joints: bool) -> dict[str, Any]:
    height, width = pixels.shape[:2]
    predictions = []
    for detection, joints in found:
        x0, y0, x1, y1 = detection.box
        prediction: dict[str, Any] = {
            "x": (x0 + x1) / 2,
            "y": (y0 + y1) / 2,
            "width": float(x1 - x0),
            "height": float(y1 - y0),
            "confidence": detection.confidence,
            "class": detection.label,
            "class_id": detection.class_id,
            "detection_id": str(uuid.uuid4()),
        }
        if with_joints:
            prediction["keypoints"] = [
                {
                    "x": joint.x,
                    "y": joint.y,
                    "confidence": joint.confidence,
                    "class_id": joint.class_id,
                    "class_name": joint.name,
                }
                for joint in joints
            ]
        predictions.append(prediction)
    return {"image": {"width": width, "height": height}, "predictions": predictions}
