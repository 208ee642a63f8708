"""`POST /owlv2/infer`: detection by examples."""

from __future__ import annotations

import base64
import time
import uuid
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from assay.reference.decoding import Pixels, decode_base64, decode_picture, fetch_picture
from assay.reference.detection import Detection
from assay.reference.drawing import draw
from assay.reference.errors import invalid, unauthorized, unknown_model
from assay.reference.examples import VERSIONS, ExampleQuery, Picture, read_body
from assay.reference.fields import parsed
from assay.reference.keys import given_key, is_authorised
from assay.reference.likeness import Thing, find, learn, things
from assay.reference.memory import memory_of

KEPT = 32  # pictures whose things are remembered: one is target and reference in many calls


async def infer(request: Request) -> Response:
    """Answer a request for what looks like its examples. Raises Refusal."""
    started = time.perf_counter()
    body, broken = parsed(await request.body())
    if not is_authorised(given_key(request, body), request.app.state.key):
        raise unauthorized()
    if broken:
        raise invalid("json_invalid", ["body"], "JSON decode error")
    query = read_body(body)
    if query.version not in VERSIONS:
        raise unknown_model(f"owlv2/{query.version}")
    memory_of(request).use(request, f"owlv2/{query.version}", "object-detection")
    pictures = [await _content(one) for one in (query.picture, *(example.picture for example in query.examples))]
    return await run_in_threadpool(_answer, query, pictures, started)


async def _content(picture: Picture) -> bytes:
    kind, value = picture
    return await fetch_picture(value) if kind == "url" else decode_base64(value.encode("utf-8", "replace"))


def _answer(query: ExampleQuery, pictures: Sequence[bytes], started: float) -> Response:
    target, *references = (_looked_at(data) for data in pictures)
    boxes = [example.boxes for example in query.examples]
    learnt = learn(zip((seen for _, seen in references), boxes, strict=True))
    pixels, seen = target
    found = find(seen, learnt, query.confidence, query.classes)
    height, width = pixels.shape[:2]
    return JSONResponse(
        {
            "visualization": _drawing(pixels, found, query),
            "inference_id": query.identifier or str(uuid.uuid4()),
            "frame_id": None,
            "time": time.perf_counter() - started,
            "resolved_model": {
                "model_id": f"owlv2/{query.version}",
                "model_package_id": None,
                "backend": None,
                "quantization": None,
            },
            "image": {"width": width, "height": height},
            "predictions": [_prediction(one) for one in found],
        }
    )


@lru_cache(maxsize=KEPT)
def _looked_at(data: bytes) -> tuple[Pixels, tuple[Thing, ...]]:
    """An encoded picture's pixels and the things in it. Raises Refusal 400."""
    pixels = decode_picture(data)
    return pixels, tuple(things(pixels))


def _drawing(pixels: Pixels, found: Sequence[Detection], query: ExampleQuery) -> str | None:
    if query.stroke is None:
        return None
    return base64.b64encode(draw(pixels, [(one, ()) for one in found], query.stroke, query.labels)).decode("ascii")


def _prediction(detection: Detection) -> dict[str, Any]:
    """The members that have no value are null, and there all the same."""
    x0, y0, x1, y1 = detection.box
    return {
        "x": (x0 + x1) / 2,
        "y": (y0 + y1) / 2,
        "width": float(x1 - x0),
        "height": float(y1 - y0),
        "confidence": detection.confidence,
        "class": detection.label,
        "class_confidence": None,
        "class_id": detection.class_id,
        "tracker_id": None,
        "detection_id": str(uuid.uuid4()),
        "parent_id": None,
    }
