"""The application: routes, and the shapes of what goes wrong on them."""

from __future__ import annotations

import json
import time
import uuid
from functools import cache

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import assay
from assay.reference.decoding import MAX_BYTES, too_large
from assay.reference.errors import Refusal
from assay.reference.florence import MODELS as FLORENCE_MODELS
from assay.reference.florence import TASK as FLORENCE_TASK
from assay.reference.florence import infer_lmm
from assay.reference.hosted import MODELS, infer
from assay.reference.infer import TASKS, keypoints_detection, object_detection
from assay.reference.memory import LOADED, Loaded, Memory, memory_of
from assay.reference.owlv2 import infer as infer_by_examples
from assay.reference.sam2 import embed_image, empty_caches, segment_image
from assay.reference.semantic import semantic_segmentation
from assay.suite import suite_folder

NAME = "Assay reference deployment"
KEY = "reference"
_ALL_BUT_CORE = {model.id: model.task for model in MODELS.values()} | dict.fromkeys(FLORENCE_MODELS, FLORENCE_TASK)
"""SAM2 and OwlV2, which Roboflow calls core models, are not among what a client would ask the registry for."""


def create_app(key: str | None = KEY, warm: bool = True) -> Starlette:
    """The reference deployment as an ASGI application.

    `key` is the only API key that it accepts; None accepts all requests, with a key or without. A `warm` one holds the
    models of the hosted route and Florence 2 from the start; what it does not hold it loads when it is first asked.
    It serves `shapes/1` (object detection of dogs and cats), `figures/1` (keypoints of persons), `outlines/1`
    (instances), `kinds/1` (classes of whole pictures) and `regions/1` (classes of pixels) on `/{dataset}/{version}`,
    the first two and the last on `/infer/...` too; SAM2's segmentation and embedding on `/sam2/...`, OwlV2's detection
    by examples on `/owlv2/infer`, Florence 2 on `/infer/lmm`.
    """
    app = Starlette(
        routes=[
            Route("/info", _info),
            Route("/healthz", _healthy),
            Route("/readiness", _ready),
            Route("/openapi.json", _openapi),
            Route("/model/registry", _registry),
            Route("/model/remove", _remove, methods=["POST"]),
            Route("/model/clear", _clear, methods=["POST"]),
            Route("/sam2/embed_image", embed_image, methods=["POST"]),
            Route("/sam2/embed_image", _not_allowed, methods=["GET", "PUT", "PATCH", "DELETE"]),
            Route("/sam2/segment_image", segment_image, methods=["POST"]),
            Route("/sam2/segment_image", _not_allowed, methods=["GET", "PUT", "PATCH", "DELETE"]),
            Route("/infer/semantic_segmentation", semantic_segmentation, methods=["POST"]),
            Route("/infer/semantic_segmentation", _not_allowed, methods=["GET", "PUT", "PATCH", "DELETE"]),
            Route("/owlv2/infer", infer_by_examples, methods=["POST"]),
            Route("/owlv2/infer", _not_allowed, methods=["GET", "PUT", "PATCH", "DELETE"]),
            Route("/infer/lmm", infer_lmm, methods=["POST"]),
            Route("/infer/lmm/{model_id:path}", infer_lmm, methods=["POST"]),
            Route("/infer/lmm", _not_allowed, methods=["GET", "PUT", "PATCH", "DELETE"]),
            Route("/infer/object_detection", object_detection, methods=["POST"]),
            Route("/infer/keypoints_detection", keypoints_detection, methods=["POST"]),
            *(Route(f"/infer/{task}", _not_allowed, methods=["GET", "PUT", "PATCH", "DELETE"]) for task in TASKS),
            Route("/{dataset}/{version}", infer, methods=["GET", "POST"]),
        ],
        middleware=[Middleware(_Limit), Middleware(_Told)],
        exception_handlers={
            Refusal: _refused,
            HTTPException: _http_error,
            ClientDisconnect: _gone,
            Exception: _broken,
        },
    )
    app.state.key = key
    app.state.embeddings = empty_caches()
    app.state.memory = Memory(_ALL_BUT_CORE if warm else {})
    app.state.uuid = uuid.uuid4().hex[:6]
    return app


async def _info(request: Request) -> Response:
    return JSONResponse({"name": NAME, "version": assay.__version__, "uuid": request.app.state.uuid})


async def _healthy(request: Request) -> Response:
    return JSONResponse({"status": "healthy"})


async def _ready(request: Request) -> Response:
    return JSONResponse({"status": "ready"})


async def _openapi(request: Request) -> Response:
    return Response(_document(), media_type="application/json")


@cache
def _document() -> bytes:
    document = json.loads((suite_folder("schemas") / "openapi.json").read_text("utf-8"))
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


async def _registry(request: Request) -> Response:
    return JSONResponse({"models": memory_of(request).listed()})


async def _remove(request: Request) -> Response:
    try:
        body = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict) or not isinstance(body.get("model_id"), str):
        return JSONResponse({"message": "model_id is missing."}, 422)
    memory_of(request).remove(body["model_id"])
    return await _registry(request)


async def _clear(request: Request) -> Response:
    memory_of(request).clear()
    return await _registry(request)


async def _not_allowed(request: Request) -> Response:
    raise HTTPException(405, headers={"Allow": "POST"})


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return JSONResponse(dict(error.body), error.status)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"message": error.detail}, error.status_code, dict(error.headers or {}))


async def _gone(request: Request, error: Exception) -> Response:
    return Response(status_code=400)  # nobody reads it


async def _broken(request: Request, error: Exception) -> Response:
    return JSONResponse({"message": "Internal error."}, 500)


class _Limit:
    """Refuses bodies over the documented size while they arrive."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > MAX_BYTES:
                raise too_large()
            return message

        await self.app(scope, counted, send)


def _of_a_load(loaded: Loaded | None) -> dict[str, str]:
    """The headers that tell whether a model was loaded for an answer, and how long that took."""
    if loaded is None:
        return {"x-model-cold-start": "false"}
    seconds = round(loaded.seconds, 6)
    details = json.dumps([{"m": loaded.name, "t": seconds}])
    return {"x-model-cold-start": "true", "x-model-load-time": str(seconds), "x-model-load-details": details}


class _Told:
    """Tells with each answer to a POST whether a model was loaded for it, and how many seconds it took."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start" and scope.get("method") == "POST" and message["status"] == 200:
                seconds = f"{time.perf_counter() - started:.6f}"
                more = {"x-processing-time": seconds, **_of_a_load(scope.get(LOADED))}
                added = [(name.encode(), value.encode()) for name, value in more.items()]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        await self.app(scope, receive, told)
