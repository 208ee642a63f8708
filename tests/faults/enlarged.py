"""Exchanges about a picture of several megapixels, as cameras take them."""

from __future__ import annotations

import base64
from typing import Any

import cv2
import numpy as np

from assay.contract import wire
from assay.contract.message import Request, Response

from .exchanges import HEIGHT, WIDTH, as_json, classes, detections, encoded, hosted_request, segment_classes_request

TIMES = 9
"""How many times as wide and high as the usual picture: 2880 x 2160 px."""


def in_a_large_picture() -> dict[str, tuple[Request, Response]]:
    """Boxes and classes, the same as in the usual picture."""
    sides = ("x", "y", "width", "height")
    rows = [row | {side: row[side] * TIMES for side in sides} for row in detections()]
    named = {"name": "large.png"}
    return {
        "many megapixels": (hosted_request(**named), _answer(rows)),
        "many megapixels, classes": (hosted_request(model="rig-road", **named), _answer(_classes())),
        "many megapixels, classes by task": (segment_classes_request(id="large"), _answer(_classes())),
    }


def _answer(predictions: list[dict[str, Any]] | dict[str, Any]) -> Response:
    size = {"width": WIDTH * TIMES, "height": HEIGHT * TIMES}
    return as_json(200, {"time": 0.03, "image": size, "predictions": predictions})


def _classes() -> dict[str, Any]:
    usual = classes()
    return usual | {name: _enlarged(usual[name]) for name in ("segmentation_mask", "confidence_mask")}


def _enlarged(mask: str) -> str:
    pixels = cv2.imdecode(np.frombuffer(base64.b64decode(mask), np.uint8), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    return wire.base64_text(encoded(pixels.repeat(TIMES, axis=0).repeat(TIMES, axis=1), ".png"))
