"""`POST /sam2/segment_image`."""

from __future__ import annotations

import time
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from assay.contract.message import parse_json
from assay.reference.decoding import decode_base64, decode_picture, fetch_picture
from assay.reference.errors import invalid, unauthorized
from assay.reference.keys import given_key, is_authorised
from assay.reference.prompts import SegmentQuery, read_body
from assay.reference.segmentation import as_archive, as_json, segment


async def segment_image(request: Request) -> Response:
    """Answer a segmentation request. Raises Refusal."""
    started = time.perf_counter()
    raw = await request.body()
    body, broken = _parsed(raw)
    if not is_authorised(given_key(request, body), request.app.state.key):
        raise unauthorized()
    if broken:
        raise invalid("json_invalid", ["body"], "JSON decode error")
    query = read_body(body)
    if query.image_type == "url":
        data = await fetch_picture(query.image_value)
    else:
        data = decode_base64(query.image_value.encode("utf-8", "replace"))
    return await run_in_threadpool(_answer, query, data, started)


def _parsed(raw: bytes) -> tuple[Any, bool]:
    """The body's JSON, and whether it is none."""
    try:
        return parse_json(raw), False
    except (ValueError, RecursionError):
        return None, True


def _answer(query: SegmentQuery, data: bytes, started: float) -> Response:
    segments = segment(decode_picture(data), query.prompts)
    if query.format == "binary":
        return Response(as_archive(segments), media_type="application/octet-stream")
    predictions = [as_json(one, query.format) for one in segments]
    return JSONResponse({"time": time.perf_counter() - started, "predictions": predictions})
