"""The platform's endpoints, as the server (release 1.8.3) calls them.

The new engine asks `models/v1/external/stat` what a model is, and `.../weights` for its files. The old engine
asks `ort/DATASET/VERSION` for models with a version, and `core_model/NAME/VERSION` for SAM2. OwlV2 it takes
from Hugging Face's cache; where keys are judged at every call it asks `core_model` for that too, and looks at
the status only. Every answer here has the fields that the server reads, and not one more.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from .catalogue import DENIED, KEY, MODELS, OWLV2, SAM2, SAM2_CHECKPOINT, Model

Handler = Callable[[Request], Awaitable[Response]]
COLOUR = "#FF00FF"  # that the old engine draws every class in


def create_app(folder: Path, manifest: Mapping[str, Mapping[str, str]]) -> Starlette:
    """The stub, serving the models and pictures of a build.

    Args:
        folder: The build's folder, with `packages/` and `pictures/`.
        manifest: The MD5 of every file, by package and path within it.
    """
    platform = _Platform(folder, manifest)
    routes = [
        Route("/", platform.workspace),
        Route("/models/v1/external/stat", platform.model),
        Route("/models/v1/external/weights", platform.weights),
        Route("/ort/{dataset}/{version}", platform.ort),
        Route("/core_model/{family}/{version}", platform.core_model),
        Route("/environment/{package}", platform.environment),
        Route("/files/{package}/{path:path}", platform.file),
        Route("/checkpoints/weights.pt", platform.sam2_checkpoint),
        Route("/img/{name}", platform.picture),
        Route("/{path:path}", platform.anything_else, methods=["GET", "POST", "PUT"]),
    ]
    return Starlette(routes=routes)


def refusal(request: Request) -> Response | None:
    """The answer to a request whose key, in the query or a bearer token, is not the good one; else None."""
    bearer = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
    key = request.query_params.get("api_key") or bearer
    if key == KEY:
        return None
    if key in DENIED:
        return _error(DENIED[key], "This API key may not do that.")
    return _error(401, "This API key does not exist." if key else "There is no API key in the request.")


def _error(status: int, message: str) -> Response:
    return JSONResponse({"error": {"message": message, "status": status}}, status_code=status)


class _Platform:
    def __init__(self, folder: Path, manifest: Mapping[str, Mapping[str, str]]) -> None:
        self._packages, self._pictures = folder / "packages", folder / "pictures"
        self._manifest = manifest

    async def workspace(self, request: Request) -> Response:
        return refusal(request) or JSONResponse({"workspace": "rig-workspace"})

    async def model(self, request: Request) -> Response:
        model = MODELS.get(request.query_params.get("modelId", ""))
        if refused := refusal(request) or _unknown(model):
            return refused
        assert model is not None
        return JSONResponse({"modelMetadata": _metadata(model)})

    async def weights(self, request: Request) -> Response:
        model = MODELS.get(request.query_params.get("modelId", ""))
        if refused := refusal(request) or _unknown(model):
            return refused
        assert model is not None
        files = [
            {"fileHandle": path, "downloadUrl": self._url(request, model, path), "md5Hash": md5}
            for path, md5 in self._manifest[model.package].items()
        ]
        package = {
            "type": "external-model-package-v1",
            "packageId": model.package_id,
            "packageManifest": dict(model.manifest),
            "packageFiles": files,
            "trustedSource": True,
        }
        metadata = _metadata(model) | {"modelPackages": [package], "nextPage": None}
        return JSONResponse({"modelMetadata": metadata})

    async def ort(self, request: Request) -> Response:
        model = MODELS.get("{dataset}/{version}".format_map(request.path_params))
        if refused := refusal(request) or _unknown(model if model and model is not SAM2 else None):
            return refused
        assert model is not None
        description: dict[str, Any] = {"type": model.old_task or model.task, "modelType": model.old_type}
        if model.side is None:
            files = {path: self._url(request, model, path) for path in self._manifest[model.package]}
            return JSONResponse({"ort": description | {"weights": files}})
        classes = self._classes(model)
        description |= {
            "classes": classes,
            "colors": dict.fromkeys(classes, COLOUR),
            "environment": str(request.url_for("environment", package=model.package)),
            "model": self._url(request, model, "weights.onnx"),
        }
        keypoints = self._packages / model.package / "keypoints_metadata.json"
        if keypoints.exists():
            description["keypoints_metadata"] = json.loads(keypoints.read_text())
        return JSONResponse({"ort": description})

    async def core_model(self, request: Request) -> Response:
        model = MODELS.get("{family}/{version}".format_map(request.path_params))
        if refused := refusal(request) or _unknown(model if model in (SAM2, *OWLV2) else None):
            return refused
        files = {"weights": str(request.url_for("sam2_checkpoint"))} if model is SAM2 else {}
        return JSONResponse({"weights": files})

    async def environment(self, request: Request) -> Response:
        """How the old engine prepares pictures for a model of one ONNX file."""
        package = request.path_params["package"]
        model = next((model for model in MODELS.values() if model.package == package and model.side), None)
        if refused := _unknown(model):
            return refused
        assert model is not None
        resize = {"enabled": True, "width": model.side, "height": model.side, "format": "Stretch to"}
        steps = {"auto-orient": {"enabled": True}, "resize": resize}
        classes = {str(index): name for index, name in enumerate(self._classes(model))}
        content = {"CLASS_MAP": classes, "PREPROCESSING": json.dumps(steps), "RESOLUTION": model.side}
        return JSONResponse(content | {"MODEL_NAME": "rig"})

    async def file(self, request: Request) -> Response:
        package, path = request.path_params["package"], request.path_params["path"]
        if path not in self._manifest.get(package, {}):
            return _error(404, "There is no such file.")
        return FileResponse(self._packages / package / path, media_type="application/octet-stream")

    async def sam2_checkpoint(self, _: Request) -> Response:
        checkpoint = self._packages / SAM2.package / SAM2_CHECKPOINT
        return FileResponse(checkpoint, media_type="application/octet-stream")

    async def picture(self, request: Request) -> Response:
        name = request.path_params["name"]
        known = {file.name for file in self._pictures.iterdir()}
        if name not in known:
            return _error(404, "There is no such picture.")
        return FileResponse(self._pictures / name)

    async def anything_else(self, request: Request) -> Response:
        path = request.path_params["path"]
        if "usage" in path or "inference-stats" in path:  # reports of use: taken, and thrown away
            return JSONResponse({})
        return refusal(request) or _error(404, "The rig's platform has no such endpoint.")

    def _classes(self, model: Model) -> list[str]:
        return (self._packages / model.package / "class_names.txt").read_text().splitlines()

    @staticmethod
    def _url(request: Request, model: Model, path: str) -> str:
        return str(request.url_for("file", package=model.package, path=path))


def _unknown(model: Model | None) -> Response | None:
    return None if model else _error(404, "There is no such model.")


def _metadata(model: Model) -> dict[str, Any]:
    return {
        "type": "external-model-metadata-v1",
        "modelId": model.model_id,
        "modelArchitecture": model.architecture,
        "modelVariant": model.variant,
        "taskType": model.task,
    }
