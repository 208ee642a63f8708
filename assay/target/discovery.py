"""What the target says of itself: its name and version, and which operations it offers.

Capability comes from `/openapi.json` and never from the status of a call: Roboflow's server reads every unregistered
two-segment path as a model id, so that a missing operation answers like a missing model.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from assay.contract.message import Request, Response
from assay.contract.operations import Operation
from assay.errors import TargetUnreachable
from assay.target.client import Target, wait_until_reached

PRIVACY_PARAMETERS = frozenset({"disable_active_learning", "disable_model_monitoring"})
TASK_NAMES = {"keypoints-detection": "keypoint-detection"}


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Who answers: what `/info` states, and the engine from the response headers. Empty where not stated."""

    url: str
    name: str = ""
    version: str = ""
    engine: str = ""
    server: str = ""

    def as_json(self) -> dict[str, str]:
        """The fingerprint as it stands in the record's header."""
        return {name: getattr(self, name) for name in ("url", "name", "version", "engine", "server")}


@dataclass(frozen=True, slots=True)
class Capability:
    """Whether the target offers an operation, and the fact of discovery that says so."""

    available: bool
    because: str


@dataclass(frozen=True, slots=True)
class Discovery:
    """All that the target told. `models` maps a task to a model that the target has loaded."""

    fingerprint: Fingerprint
    capabilities: dict[str, Capability]
    models: dict[str, str] = field(default_factory=dict)


def discover(target: Target, operations: Iterable[Operation]) -> Discovery:
    """Ask `/info`, `/openapi.json` and `/model/registry`.

    Raises TargetUnreachable when nobody answers, or what answers is no API.
    """
    described = _described(target)
    info = _object(target.attempt(_get("info")).response)
    paths = _paths(described)
    capabilities = {operation.id: _capability(operation, paths) for operation in operations}
    for operation in operations:
        target.privacy_parameters[operation.id] = _privacy_parameters(paths, operation)
    return Discovery(_fingerprint(target, info, described), capabilities, _loaded_models(target))


def _get(name: str, path: str | None = None) -> Request:
    return Request(operation=f"service.{name}", method="GET", path=path or f"/{name}")


def _described(target: Target) -> Response:
    response = wait_until_reached(target, _get("openapi", "/openapi.json")).response
    assert response is not None
    if response.media_type == "text/html" and response.status < 400:
        raise TargetUnreachable(
            f"{target.policy.base_url} answers with a web page and not with the inference API; "
            "check the URL, and that no login page or proxy stands in front"
        )
    return response


def _object(response: Response | None) -> dict[str, Any]:
    """The JSON object in a good response; an empty one otherwise."""
    if response is None or response.status != 200:
        return {}
    try:
        found = response.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _fingerprint(target: Target, info: dict[str, Any], described: Response) -> Fingerprint:
    return Fingerprint(
        url=target.policy.base_url,
        name=str(info.get("name", "")),
        version=str(info.get("version", "")),
        engine=described.header("x-inference-engine") or "",
        server=described.header("server") or "",
    )


def _paths(described: Response) -> dict[str, dict[str, Any]] | None:
    """The described paths with anonymous parameters, or None where the target describes itself in no way."""
    paths = _object(described).get("paths")
    if not isinstance(paths, dict):
        return None
    return {_anonymous(path): methods for path, methods in paths.items() if isinstance(methods, dict)}


def _anonymous(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def _capability(operation: Operation, paths: dict[str, dict[str, Any]] | None) -> Capability:
    label = f"{operation.method} {operation.path}"
    if paths is None:
        return Capability(True, "the target publishes no /openapi.json; taken as offered until it is asked")
    if operation.method.lower() in paths.get(_anonymous(operation.path), {}):
        return Capability(True, f"/openapi.json lists {label}")
    return Capability(False, f"/openapi.json does not list {label}")


def _privacy_parameters(paths: dict[str, dict[str, Any]] | None, operation: Operation) -> frozenset[str]:
    methods = (paths or {}).get(_anonymous(operation.path), {})
    described = methods.get(operation.method.lower(), {})
    parameters = described.get("parameters", []) if isinstance(described, dict) else []
    names = {parameter.get("name") for parameter in parameters if isinstance(parameter, dict)}
    return frozenset(PRIVACY_PARAMETERS & names)


def _loaded_models(target: Target) -> dict[str, str]:
    """Models that the target holds in memory already, by task; the first of each task."""
    models = _object(target.attempt(_get("registry", "/model/registry")).response).get("models")
    loaded: dict[str, str] = {}
    for model in models if isinstance(models, list) else []:
        if isinstance(model, dict) and isinstance(model.get("model_id"), str):
            task = str(model.get("task_type", ""))
            loaded.setdefault(TASK_NAMES.get(task, task), model["model_id"])
    return loaded
