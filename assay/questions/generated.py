"""Generated questions: valid requests, drawn from an operation's schema by a seed, the same for every deployment."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from typing import Any, Final

from assay.contract import load
from assay.contract.operations import Operation
from assay.generate import Context, Picture, valid
from assay.plugin.explore import explore, seed_of
from assay.plugin.opening import DEFAULT_MODELS
from assay.questions.asking import with_model, without_model
from assay.questions.question import Question
from assay.scene import SCENES

SHOWN: Final[Mapping[str, tuple[str, ...]]] = {
    "object-detection": ("menagerie", "trio", "stack"),
    "keypoint-detection": ("crowd", "duo"),
    "segmentation": ("counters", "tokens"),
    "owlv2": ("counters", "square"),
    "florence-2": ("cards", "blank"),
}
"""Scenes that requests of a task are made from: few of those of which every new one costs seconds."""
USUAL: Final = ("menagerie", "tower", "portrait")
MOST: Final = 64
"""Questions of one operation: so many are drawn, and of them those that say most are put first."""
_PLAIN: Final = frozenset({"image", "body", "prompts", "prompt", "training_data"})
_MODEL: Final = "some-model/1"
_MODELS: Final = {**DEFAULT_MODELS, "owlv2": "owlv2-large-patch14-ensemble"}


def generated(operation: Operation, seed: int, count: int) -> Iterator[Question]:
    """Up to so many different questions of an operation. A longer row begins as a shorter one of the same seed does.

    None names a class: whatever a model calls its own, another may not know.
    """
    for number, text in enumerate(_drawn(operation, seed)[:count]):
        mode = operation.mode_of(operation.to_request(json.loads(text))).name
        yield Question(
            f"{operation.id}/{mode}/generated-{seed}-{number}",
            f"Generated from the schema with the seed {seed}.",
            partial(_values, operation, text),
        )


def _values(operation: Operation, text: str) -> Mapping[str, Any]:
    return without_model(operation, json.loads(text))


@lru_cache(maxsize=32)
def _drawn(operation: Operation, seed: int) -> tuple[str, ...]:
    """Instances as JSON text: those first that say more than the plain ones, which are declared anyhow."""
    found: dict[str, None] = {}
    strategy = valid(operation, _context(operation)).map(json.dumps)

    def keep(text: str) -> None:
        found.setdefault(text)

    explore(strategy, keep, seed=seed_of(seed, operation.id), examples=MOST)
    return tuple(sorted(found, key=lambda text: not _says_more(_values(operation, text))))


def _says_more(values: Mapping[str, Any]) -> bool:
    return any(name not in _PLAIN for name in values)


def _context(operation: Operation) -> Context:
    scenes = [SCENES[name] for name in SHOWN.get(operation.task, USUAL)]
    pictures = tuple(Picture(scene.png(), scene.width, scene.height) for scene in scenes)
    named = with_model(operation, {}, _MODELS.get(operation.task, _MODEL))
    path = named.pop("path", {})
    return Context(pictures, path=path, fixed={f"/{name}": value for name, value in named.items()})


def every(seed: int, count: int) -> Iterator[Question]:
    """Those of every operation of the contract."""
    if count:
        for operation in load().operations.values():
            yield from generated(operation, seed, count)
