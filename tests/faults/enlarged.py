"""Exchanges about a picture of several megapixels, as cameras take them, and about a file of more than 1 MB."""

from __future__ import annotations

import base64
from typing import Any

import cv2
import numpy as np

from assay.contract import wire
from assay.contract.message import Request, Response
from assay.encodings import heavy_png

from .exchanges import (
    HEIGHT,
    PICTURE,
    WIDTH,
    as_json,
    classes,
    detections,
    encoded,
    examples_request,
    florence_request,
    hosted_answer,
    hosted_request,
    infer_request,
    instances,
    painted,
    people,
    polygons,
    segment_answer,
    segment_classes_request,
    segment_request,
    told_by_florence,
)

TIMES = 9
"""How many times as wide and high as the usual picture: 2880 x 2160 px."""
SIZE = {"width": WIDTH * TIMES, "height": HEIGHT * TIMES}
SIDES = ("x", "y", "width", "height")


def in_a_large_picture() -> dict[str, tuple[Request, Response]]:
    """What is found, the same as in the usual picture."""
    named = {"name": "large.png"}
    drawing = Response(200, (("content-type", "image/jpeg"),), encoded(_larger(painted())))
    file = wire.base64_text(encoded(_larger(painted()), ".png"))
    large = {"image": {"type": "base64", "value": file}}
    upright = {"image": {"type": "base64", "value": wire.base64_text(encoded(_upright(painted()), ".png"))}}
    outlined = [_placed(row) | {"points": [_placed(point) for point in row["points"]]} for row in instances()]
    jointed = [_placed(row) | {"keypoints": [_placed(point) for point in row["keypoints"]]} for row in people()]
    masks = [[(np.array(one) * TIMES).tolist() for one in mask] for mask in polygons()]
    boxes = _answer([_placed(row) for row in detections()])
    return {
        "many megapixels": (hosted_request(**named), boxes),
        "many megapixels, classes": (hosted_request(model="rig-road", **named), _answer(_classes())),
        "many megapixels, classes by task": (segment_classes_request(id="large"), _answer(_classes())),
        "many megapixels, keypoints": (hosted_request(model="rig-people", **named), _answer(jointed)),
        "many megapixels, outlines": (hosted_request(model="outlines", **named), _answer(outlined)),
        "many megapixels, drawn": (hosted_request(format="image", **named), drawing),
        "many megapixels, by task": (infer_request(id="large"), boxes),
        "many megapixels, keypoints by task": (infer_request("rig-people", id="large"), _answer(jointed)),
        "many megapixels, polygons": (segment_request(**large), segment_answer(masks, "polygon")),
        "many megapixels, told": (florence_request("<OD>", **large), _told()),
        "upright, told": (florence_request("<OD>", **upright), _told_upright()),
        "many megapixels, by examples": (examples_request(**large), boxes),
        "many bytes": (hosted_request(_heavy()), hosted_answer(detections())),
    }


def _answer(predictions: list[dict[str, Any]] | dict[str, Any]) -> Response:
    return as_json(200, {"time": 0.03, "image": SIZE, "predictions": predictions})


def _told() -> Response:
    _, usual = told_by_florence()["florence <OD>"]
    told = usual.json()["response"]["<OD>"]
    larger = told | {"bboxes": [[number * TIMES for number in box] for box in told["bboxes"]]}
    return as_json(200, usual.json() | {"image": SIZE, "response": {"<OD>": larger}})


def _told_upright() -> Response:
    _, usual = told_by_florence()["florence <OD>"]
    return as_json(200, usual.json() | {"image": {"width": WIDTH, "height": 2 * WIDTH}})


def _heavy() -> bytes:
    pixels = cv2.imdecode(np.frombuffer(base64.b64decode(PICTURE), np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return base64.b64encode(heavy_png(np.asarray(pixels, np.uint8), 2_000_000))


def _upright(pixels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.vstack([pixels, np.zeros((2 * WIDTH - pixels.shape[0], *pixels.shape[1:]), np.uint8)])


def _placed(holder: dict[str, Any]) -> dict[str, Any]:
    return holder | {side: holder[side] * TIMES for side in SIDES if side in holder}


def _classes() -> dict[str, Any]:
    usual = classes()
    return usual | {name: _enlarged(usual[name]) for name in ("segmentation_mask", "confidence_mask")}


def _enlarged(mask: str) -> str:
    pixels = cv2.imdecode(np.frombuffer(base64.b64decode(mask), np.uint8), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    return wire.base64_text(encoded(_larger(pixels), ".png"))


def _larger(pixels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return pixels.repeat(TIMES, axis=0).repeat(TIMES, axis=1)
