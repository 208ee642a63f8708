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
from assay.errors import TargetUnreachable, UsageProblem
from assay.target.client import Target, wait_until_reached

PRIVACY_PARAMETERS = frozenset({"disable_active_learning", "disable_model_monitoring"})
WEB_PAGE = "text/html"
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
    """Whether the target offers an operation, and the fact of discovery that says so.

    `described` is False where the target describes itself in no way, so that it may or may not be offered.
    """

    available: bool
    because: str
    described: bool = True


@dataclass(frozen=True, slots=True)
class Discovery:
    """All that the target told. `models` maps a task to a model that the target has loaded.

    `web_pages` says that it told nothing, but answered each question with a web page.
    """

    fingerprint: Fingerprint
    capabilities: dict[str, Capability]
    models: dict[str, str] = field(default_factory=dict)
    web_pages: bool = False


def discover(target: Target, operations: Iterable[Operation]) -> Discovery:
    """Ask `/info`, `/openapi.json` and `/model/registry`.

    Raises TargetUnreachable when nobody answers, or what answers is no API.
    """
    described = _described(target)
    info = target.attempt(_get("info")).response
    registry = target.attempt(_get("registry", "/model/registry")).response
    paths = _paths(described)
    capabilities = {operation.id: _capability(operation, paths) for operation in operations}
    for operation in operations:
        target.privacy_parameters[operation.id] = _privacy_parameters(paths, operation)
    return Discovery(
        _fingerprint(target, _object(info), described),
        capabilities,
        _loaded_models(_object(registry)),
        web_pages=all(each is not None and each.media_type == WEB_PAGE for each in (described, info, registry)),
    )


def no_api(url: str) -> TargetUnreachable:
    """What to raise when web pages are all that comes from there."""
    return TargetUnreachable(
        f"{url} answers with a web page and not with the inference API; "
        "check the URL, and that no login page or proxy stands in front"
    )


def _get(name: str, path: str | None = None) -> Request:
    return Request(operation=f"service.{name}", method="GET", path=path or f"/{name}")


def _described(target: Target) -> Response:
    response = wait_until_reached(target, _get("openapi", "/openapi.json")).response
    assert response is not None
    if 300 <= response.status < 400:
        raise UsageProblem(
            f"{target.policy.base_url} redirects to {response.header('location') or 'nowhere'}; "
            "give the URL that it redirects to as TARGET"
        )
    if response.media_type == WEB_PAGE and response.status < 400:
        raise no_api(target.policy.base_url)
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
    stated = {name: info[name] for name in ("name", "version") if isinstance(info.get(name), (str, int, float))}
    return Fingerprint(
        url=target.policy.base_url,
        name=str(stated.get("name", "")),
        version=str(stated.get("version", "")),
        engine=described.header("x-inference-engine") or "",
        server=described.header("server") or "",
    )


def _paths(described: Response) -> dict[str, dict[str, Any]] | None:
    """The described paths with anonymous parameters, or None where the target describes itself in no way."""
    paths = _object(described).get("paths")
    if not isinstance(paths, dict):
        return None
    anonymous: dict[str, dict[str, Any]] = {}
    for path, methods in paths.items():
        if isinstance(methods, dict):  # two spellings of one path may describe a method each
            anonymous.setdefault(_anonymous(path), {}).update(methods)
    return anonymous


def _anonymous(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def _capability(operation: Operation, paths: dict[str, dict[str, Any]] | None) -> Capability:
    label = f"{operation.method} {operation.path}"
    if paths is None:
        return Capability(True, "the target publishes no /openapi.json, but its model was named", described=False)
    if operation.method.lower() in paths.get(_anonymous(operation.path), {}):
        return Capability(True, f"/openapi.json lists {label}")
    return Capability(False, f"/openapi.json does not list {label}")


def _privacy_parameters(paths: dict[str, dict[str, Any]] | None, operation: Operation) -> frozenset[str]:
    methods = (paths or {}).get(_anonymous(operation.path), {})
    described = methods.get(operation.method.lower())
    parameters = described.get("parameters") if isinstance(described, dict) else None
    listed = [one.get("name") for one in parameters if isinstance(one, dict)] if isinstance(parameters, list) else []
    return frozenset(name for name in PRIVACY_PARAMETERS if name in listed)


def _loaded_models(registry: dict[str, Any]) -> dict[str, str]:
    """Models that the target holds in memory already, by task; the first of each task."""
    models = registry.get("models")
    loaded: dict[str, str] = {}
    for model in models if isinstance(models, list) else []:
        if not isinstance(model, dict):
            continue
        name, task = model.get("model_id"), model.get("task_type")
        if isinstance(name, str) and isinstance(task, str):
            loaded.setdefault(TASK_NAMES.get(task, task), name)
    return loaded
