"""Answers made by hand, read as the rules read them, and what a verification finds in them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from assay.contract.message import Request, Response
from assay.judge.answers import Detection, Segmentation, detection, segmentation
from assay.judge.boxes import Keypoint, Prediction
from assay.judge.verdicts import RuleBroken
from assay.picture import decode
from assay.record.model import Exchange, Finding

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]
JSON = "application/json"
WIDTH, HEIGHT = 640, 480


def read(content: bytes) -> Pixels:
    """The pixels of a file, which must be a picture."""
    pixels = decode(content)
    assert pixels is not None
    return pixels


def prediction(
    x0: float, y0: float, x1: float, y1: float, label: str = "dog", *, confidence: float = 0.9, **more: Any
) -> Prediction:
    """A prediction with this box, (x0, y0, x1, y1) in px."""
    more = {"keypoints": (), "pointer": "/predictions/0", **more}
    return Prediction((x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0, confidence, label, **more)


def keypoint(identifier: int, name: str | None, x: float = 0, y: float = 0, pointer: str = "") -> Keypoint:
    return Keypoint(x, y, 0.9, identifier, name, pointer)


def row(
    x0: float, y0: float, x1: float, y1: float, label: str = "dog", *, confidence: float = 0.9, **more: Any
) -> dict[str, Any]:
    """The same box as it stands in an answer of the hosted model route."""
    place = {"x": (x0 + x1) / 2, "y": (y0 + y1) / 2, "width": x1 - x0, "height": y1 - y0}
    return {**place, "confidence": confidence, "class": label, **more}


def point(identifier: int, name: str | None, x: float = 0, y: float = 0) -> dict[str, Any]:
    """A keypoint as it stands in an answer; without a name where that is None."""
    named = {} if name is None else {"class_name": name}
    return {"x": x, "y": y, "confidence": 0.9, "class_id": identifier, **named}


def exchange(
    body: Any,
    *,
    status: int = 200,
    media: str | None = JSON,
    operation: str = "hosted.object-detection",
    query: tuple[tuple[str, str], ...] = (),
    sent: bytes = b"",
    name: str = "x000007",
) -> Exchange:
    """An exchange that brought this body: bytes as they are, anything else as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = () if media is None else (("content-type", media),)
    path = "/sam2/segment_image" if operation == "sam2.segment" else "/shapes/1"
    request = Request(operation, "POST", path, query, (("Content-Type", JSON),), sent)
    return Exchange(name, request, Response(status, headers, content), None, 0.0, 0.1)


def hosted(rows: Sequence[Any], **more: Any) -> dict[str, Any]:
    """The body of an answer with these predictions."""
    return {"predictions": list(rows), "image": {"width": WIDTH, "height": HEIGHT}, **more}


def detected(*rows: Any, **more: Any) -> Detection:
    """An answer with these predictions, as the rules read it."""
    return detection(exchange(hosted(rows, **more)), "hosted.answer.schema")


def segmented(*masks: Any, width: int = WIDTH, height: int = HEIGHT) -> Segmentation:
    """An answer of SAM2 with these masks, polygons or RLE, as the rules read it."""
    body = {"predictions": [{"masks": mask, "confidence": 0.9} for mask in masks]}
    return segmentation(exchange(body, operation="sam2.segment"), "sam2.answer.schema", width, height)


def findings(verify: Callable[..., Any], *arguments: Any) -> list[Finding]:
    """What a verification finds; it must find something."""
    with pytest.raises(RuleBroken) as caught:
        verify(*arguments)
    return list(caught.value.findings)


def pointers(verify: Callable[..., Any], *arguments: Any) -> list[str | None]:
    """Where a verification finds something. Each finding says what it is about, and in which exchange."""
    found = findings(verify, *arguments)
    assert all(finding.message and finding.exchange for finding in found)
    return [finding.pointer for finding in found]
