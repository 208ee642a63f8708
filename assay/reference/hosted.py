"""The hosted model route: object detection, keypoints, instance segmentation and classification."""

from __future__ import annotations

import base64
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from assay.reference import class_masks
from assay.reference.classification import Score, classify, label
from assay.reference.decoding import Pixels, decode_base64, decode_picture, fetch_picture
from assay.reference.detection import Detection, Region, detect, outline, select
from assay.reference.drawing import caption, draw
from assay.reference.errors import bad_picture, forbidden, unknown_model
from assay.reference.keypoints import Keypoint, keypoints
from assay.reference.keys import given_key, is_authorised
from assay.reference.memory import memory_of
from assay.reference.parameters import HostedQuery, read_query
from assay.reference.rle import encode

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
        Model("regions/1", "semantic-segmentation", {"dog": "red", "cat": "blue"}),
        Model("outlines/1", "instance-segmentation", {"dog": "red", "cat": "blue"}),
        Model("kinds/1", "classification", {"dog": "red", "cat": "blue", "nothing": "none"}),
        Model("labels/1", "multi-label-classification", {"dog": "red", "cat": "blue", "toy": "green"}),
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
    memory_of(request).use(request, model.id, model.task)
    query = read_query(request.query_params)
    data = await _picture(request)
    if model.task == "semantic-segmentation":
        return await run_in_threadpool(class_masks.answer, model.classes, query, data, started)
    return await run_in_threadpool(answer, model, query, data, started)


async def _picture(request: Request) -> bytes:
    """The encoded picture: behind `image`, in a form's part `file`, or as base64 in the body."""
    url = request.query_params.get("image")
    if url is not None:  # an empty one too: it was meant to be an address
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


def answer(model: Model, query: HostedQuery, data: bytes, started: float) -> Response:
    """Run a model on an encoded picture; `started` is the time at which the request came. Raises Refusal."""
    pixels = decode_picture(data, query.auto_orient)
    if model.task == "classification":
        return _classified(model, pixels, query, started)
    if model.task == "multi-label-classification":
        return _labelled(model, pixels, query, started)
    if query.format == "image":
        return Response(draw(pixels, _found(model, pixels, query), query.stroke, query.labels), media_type="image/jpeg")
    return JSONResponse(told(model, query, data, started))


def told(model: Model, query: HostedQuery, data: bytes, started: float) -> dict[str, Any]:
    """What a model that finds things says of an encoded picture, as JSON. Raises Refusal."""
    pixels = decode_picture(data, query.auto_orient)
    found = _found(model, pixels, query)
    body = _body(pixels, found, model.task, query.masks)
    if query.format == "image_and_json":
        drawing = draw(pixels, found, query.stroke, query.labels)
        body["visualization"] = base64.b64encode(drawing).decode("ascii")
    return {"inference_id": query.name or str(uuid.uuid4()), "time": time.perf_counter() - started, **body}


def _found(model: Model, pixels: Pixels, query: HostedQuery) -> Found:
    candidates = detect(pixels, model.classes)
    kept = select(candidates, query.confidence, query.overlap, query.classes, query.across_classes)
    with_joints = model.task == "keypoint-detection"
    return [(one, _joints(one, query) if with_joints else ()) for one in kept[: query.max_detections]]


def _joints(detection: Detection, query: HostedQuery) -> list[Keypoint]:
    return [joint for joint in keypoints(detection) if joint.confidence >= query.keypoint_confidence]


def _classified(model: Model, pixels: Pixels, query: HostedQuery, started: float) -> Response:
    scores = classify(pixels, model.classes, query.confidence)
    if query.classes is not None:
        scores = [score for score in scores if score.label in query.classes]
    said = {
        "predictions": [
            {"class": score.label, "class_id": score.class_id, "confidence": score.confidence} for score in scores
        ],
        "top": scores[0].label if scores else "",
        "confidence": scores[0].confidence if scores else 0.0,
    }
    return _of_the_whole(pixels, query, started, said, scores)


def _labelled(model: Model, pixels: Pixels, query: HostedQuery, started: float) -> Response:
    scores = label(pixels, model.classes)
    predicted = [score for score in scores if score.confidence >= query.confidence]
    said = {
        "predictions": {one.label: {"confidence": one.confidence, "class_id": one.class_id} for one in scores},
        "predicted_classes": [one.label for one in predicted],
    }
    return _of_the_whole(pixels, query, started, said, predicted)


def _of_the_whole(
    pixels: Pixels, query: HostedQuery, started: float, said: dict[str, Any], shown: Sequence[Score]
) -> Response:
    """The answer of a model that looks at the whole picture: what it says, and what a drawing shows of it."""
    drawing = b"" if query.format == "json" else caption(pixels, shown)
    if query.format == "image":
        return Response(drawing, media_type="image/jpeg")
    height, width = pixels.shape[:2]
    about = {"inference_id": str(uuid.uuid4()), "time": time.perf_counter() - started}
    body = {**about, "image": {"width": width, "height": height}, **said}
    if query.format == "image_and_json":
        body["visualization"] = base64.b64encode(drawing).decode("ascii")
    return JSONResponse(body)


def _mask(region: Region, width: int, height: int, form: str) -> dict[str, Any]:
    """A region's mask in the form that was asked for: its outline, or run lengths over the whole picture."""
    if form == "polygon":
        return {"points": [{"x": x, "y": y} for x, y in outline(region)], "mask_format": form}
    whole = np.zeros((height, width), np.bool_)
    x0, y0, x1, y1 = region.box
    whole[y0:y1, x0:x1] = region.mask
    return {"rle": encode(whole), "mask_format": form}


def _body(pixels: Pixels, found: Found, task: str, masks: str) -> dict[str, Any]:
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
        if task == "instance-segmentation":
            prediction |= _mask(detection.region, width, height, masks)
        if task == "keypoint-detection":
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
