"""A stub of Roboflow's platform: what the package `roboflow` asks it before it asks a model, and nothing else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

WORKSPACE = "peers"
_PROJECT = {"annotation": "", "classes": {}, "colors": {}, "created": 0, "images": 0, "public": False}
_VERSION = {"augmentation": {}, "created": 0, "images": 0, "preprocessing": {}, "splits": {}}
Handler = Callable[[Request], Awaitable[Response]]


def create_app(key: str) -> Starlette:
    """The stub: one workspace, in which every project has a version 1 with one keypoint model."""
    routes = [
        Route("/", _known(key, _workspace_of_key), methods=["POST"]),
        Route("/{workspace}", _known(key, _workspace)),
        Route("/{workspace}/{project}", _known(key, _project)),
        Route("/{workspace}/{project}/1/v2/trainings", _known(key, _trainings)),
        Route("/{workspace}/{project}/1/v2/trainings/get", _known(key, _training)),
    ]
    return Starlette(routes=routes)


def _known(key: str, answer: Handler) -> Handler:
    async def guarded(request: Request) -> Response:
        if request.query_params.get("api_key") != key:
            return JSONResponse({"error": "This API key does not exist."}, 401)
        return await answer(request)

    return guarded


async def _workspace_of_key(request: Request) -> Response:
    return JSONResponse({"workspace": WORKSPACE})


async def _workspace(request: Request) -> Response:
    return JSONResponse({"workspace": {"name": WORKSPACE, "url": WORKSPACE, "projects": []}})


async def _project(request: Request) -> Response:
    name = request.path_params["project"]
    place = f"{WORKSPACE}/{name}"
    about = {"id": place, "name": name, "splits": {}, "type": "keypoint-detection", "unannotated": 0, "updated": 0}
    return JSONResponse({"project": _PROJECT | about, "versions": [_VERSION | {"id": f"{place}/1"}]})


async def _trainings(request: Request) -> Response:
    return JSONResponse({"trainings": [{"id": "first"}]})


async def _training(request: Request) -> Response:
    model = f"{request.path_params['project']}/1"
    return JSONResponse({"trainingId": "first", "models": [{"modelId": model, "modelType": "yolov8n-pose"}]})
