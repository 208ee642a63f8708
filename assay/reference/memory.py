"""The models that a deployment holds in memory: what a first request loads stays there."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request

LOADED = "assay.loaded"
"""The member of a request's scope that tells which model was loaded for it."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model, and how many seconds it took to load it."""

    name: str
    seconds: float


class Memory:
    """Models by name, each with its task, in the order in which they were loaded; all that there are fit in."""

    def __init__(self, held: Mapping[str, str]) -> None:
        self._held = dict(held)

    def use(self, request: Request, name: str, task: str) -> None:
        """Load a model for a request, unless it is there."""
        if name not in self._held:
            started = time.perf_counter()
            self._held[name] = task
            request.scope[LOADED] = Loaded(name, time.perf_counter() - started)

    def remove(self, name: str) -> None:
        """Let go of a model; of one that is not there, nothing happens."""
        self._held.pop(name, None)

    def clear(self) -> None:
        """Let go of all of them."""
        self._held.clear()

    def listed(self) -> list[dict[str, str]]:
        """The models as `/model/registry` lists them."""
        return [{"model_id": name, "task_type": task} for name, task in self._held.items()]


def memory_of(request: Request) -> Memory:
    """The memory of the deployment that was asked."""
    memory = request.app.state.memory
    assert isinstance(memory, Memory)
    return memory
