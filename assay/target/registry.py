"""Which models a target holds in memory, by task, from its `/model/registry`.

A core model stands there under the name of its family, and its task under the server's own name: OwlV2 calls itself
object detection, though the hosted route does not serve it. Its path tells more than its task.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

FAMILIES = {"sam2/": "segmentation", "owlv2/": "owlv2"}
"""How the id of a core model begins, and the task that it is asked for. What follows is the model to ask for."""
FLORENCE = "florence-2"
LONGEST_NAME = 200
"""Characters of a model's name."""
TASK_NAMES = {
    "keypoints-detection": "keypoint-detection",
    "single-label-classification": "classification",
    "multi-label-classification": "classification",
}
"""Tasks under the names that the server gives them, and those of the contract."""


def loaded_models(registry: Mapping[str, Any]) -> dict[str, str]:
    """The first model of each task that the target holds. A hosted model is named as `DATASET/VERSION`."""
    models = registry.get("models")
    loaded: dict[str, str] = {}
    for model in models if isinstance(models, list) else []:
        if isinstance(model, dict):
            for task, name in _served(model):
                loaded.setdefault(task, name)
    return loaded


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
        yield FLORENCE, florence[0]
        return
    yield from ((TASK_NAMES.get(task, task), each) for each in names if each.count("/") == 1)


def _aliases(model: Mapping[str, Any]) -> list[str]:
    aliases = model.get("request_aliases")
    return [alias for alias in aliases if _can_be_asked_for(alias)] if isinstance(aliases, list) else []


def _can_be_asked_for(name: Any) -> TypeGuard[str]:
    """Whether it can be the name of a model: it will stand in URLs, and on the user's screen."""
    return isinstance(name, str) and len(name) <= LONGEST_NAME and name.isprintable()
