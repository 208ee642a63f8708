"""Which models a target holds in memory, by task, from its `/model/registry`.

A core model stands there under the name of its family, and its task under the server's own name: OwlV2 calls itself
object detection, though the hosted route does not serve it. Its path tells more than its task.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias, TypeGuard

from assay.contract.message import Request, Response
from assay.target.client import Target

Held: TypeAlias = frozenset[tuple[str, str]]
"""Models by task and name; one that has several names stands under each."""

FAMILIES = {"sam2/": "segmentation", "owlv2/": "owlv2"}
"""How the id of a core model begins, and the task that it is asked for. What follows is the model to ask for."""
FLORENCE = "florence-2"
LONGEST_NAME = 200
"""Characters of a model's name."""
TASK_NAMES = {
    "keypoints-detection": "keypoint-detection",
    "single-label-classification": "classification",
}
"""Tasks under the names that the server gives them, and those of the contract."""


def loaded_models(registry: Mapping[str, Any]) -> dict[str, str]:
    """The first model of each task that the target holds. A hosted model is named as `DATASET/VERSION`."""
    loaded: dict[str, str] = {}
    for task, name in _all_served(registry):
        loaded.setdefault(task, name)
    return loaded


def held_models(response: Response | None) -> Held | None:
    """The models that an answer of `/model/registry` lists; None where it is none."""
    try:
        registry = response.json() if response is not None and response.status == 200 else None
    except ValueError:
        return None
    if not isinstance(registry, dict) or not isinstance(registry.get("models"), list):
        return None
    return frozenset(_all_served(registry))


def look(target: Target) -> Held | None:
    """Ask the target what it holds now."""
    return held_models(target.attempt(Request("service.registry", "GET", "/model/registry")).response)


def _all_served(registry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    models = registry.get("models")
    for model in models if isinstance(models, list) else []:
        if isinstance(model, dict):
            yield from _served(model)


def _served(model: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    name, task = model.get("model_id"), model.get("task_type")
    if not _can_be_asked_for(name) or not isinstance(task, str):
        return
    for beginning, family in FAMILIES.items():
        if name.startswith(beginning):
            yield family, name.removeprefix(beginning)
            return
    names = [name, *_aliases(model)]
    if florence := [each for each in names if each.startswith(FLORENCE)]:
        yield from ((FLORENCE, each) for each in florence)
        return
    yield from ((TASK_NAMES.get(task, task), each) for each in names if each.count("/") == 1)


def _aliases(model: Mapping[str, Any]) -> list[str]:
    aliases = model.get("request_aliases")
    return [alias for alias in aliases if _can_be_asked_for(alias)] if isinstance(aliases, list) else []


def _can_be_asked_for(name: Any) -> TypeGuard[str]:
    """Whether it can be the name of a model: it will stand in URLs, and on the user's screen."""
    return isinstance(name, str) and len(name) <= LONGEST_NAME and name.isprintable()
