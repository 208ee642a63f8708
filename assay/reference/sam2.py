"""`POST /sam2/embed_image` and `POST /sam2/segment_image`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from assay.contract.message import parse_json
from assay.reference.decoding import decode_base64, decode_picture, fetch_picture
from assay.reference.embeddings import Embedding, Embeddings
from assay.reference.errors import invalid, unauthorized
from assay.reference.keys import given_key, is_authorised
from assay.reference.memory import memory_of
from assay.reference.prompts import VERSIONS, EmbedQuery, SegmentQuery, read_embed_body, read_segment_body
from assay.reference.segmentation import as_archive, as_json, segment


def empty_caches() -> Mapping[str, Embeddings]:
    """A cache for each version: an embedding that one has made is of no use to another."""
    return {version: Embeddings() for version in VERSIONS}


async def embed_image(request: Request) -> Response:
    """Answer an embedding request. Raises Refusal."""
    started = time.perf_counter()
    embedding = await _embedding(request, read_embed_body(await _authorised_body(request)))
    return JSONResponse({"time": time.perf_counter() - started, "image_id": embedding.image_id})


async def segment_image(request: Request) -> Response:
    """Answer a segmentation request. Raises Refusal."""
    started = time.perf_counter()
    query = read_segment_body(await _authorised_body(request))
    embedding = await _embedding(request, query.picture)
    return await run_in_threadpool(_answer, query, embedding, started)


async def _authorised_body(request: Request) -> Any:
    """The body's JSON. Raises Refusal where the key is wrong, and where it is none."""
    body, broken = _parsed(await request.body())
    if not is_authorised(given_key(request, body), request.app.state.key):
        raise unauthorized()
    if broken:
        raise invalid("json_invalid", ["body"], "JSON decode error")
    return body


async def _embedding(request: Request, query: EmbedQuery) -> Embedding:
    memory_of(request).use(request, f"sam2/{query.version}", "unsupervised-segmentation")
    cache: Embeddings = request.app.state.embeddings[query.version]
    if query.image_type == "url" and cache.known(query.image_id) is None:
        data = await fetch_picture(query.image_value)
        return await run_in_threadpool(cache.of, query.image_id, lambda: decode_picture(data))
    text = query.image_value.encode("utf-8", "replace")
    return await run_in_threadpool(cache.of, query.image_id, lambda: decode_picture(decode_base64(text)))


def _parsed(raw: bytes) -> tuple[Any, bool]:
    """The body's JSON, and whether it is none."""
    try:
        return parse_json(raw), False
    except (ValueError, RecursionError):
        return None, True


def _answer(query: SegmentQuery, embedding: Embedding, started: float) -> Response:
    segments = segment(embedding.pixels, query.prompts)
    if query.format == "binary":
        return Response(as_archive(segments), media_type="application/octet-stream")
    predictions = [as_json(one, query.format) for one in segments]
    return JSONResponse({"time": time.perf_counter() - started, "predictions": predictions})
