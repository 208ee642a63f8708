"""The tasks of Florence 2, as the schema of its prompt lists them."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from assay.contract.catalogue import load
from assay.contract.source import PROMISED, Strength

OPERATION = "florence2.infer"
Takes: TypeAlias = Literal["nothing", "phrase", "region"]
Gives: TypeAlias = Literal["text", "boxes", "open-vocabulary", "polygons", "quads"]


@dataclass(frozen=True, slots=True)
class Task:
    """One thing that Florence 2 does. `name` is the token without its brackets: CAPTION.

    `takes` is what the prompt holds beside the token: nothing, a phrase, or a region as four tokens <loc_0> to
    <loc_999> (left, top, right, bottom in thousandths of the picture). `gives` is the form of the answer.
    """

    name: str
    takes: Takes
    gives: Gives
    strength: Strength

    @property
    def token(self) -> str:
        """The token as it stands in the prompt, and as the key in the answer: <CAPTION>."""
        return f"<{self.name}>"

    @property
    def promised(self) -> bool:
        """Whether a document names the task, and not only the open-source server."""
        return self.strength in PROMISED


@functools.cache
def tasks() -> Mapping[str, Task]:
    """Every task by its name, in the order of the schema."""
    asked = load().operations[OPERATION]
    listed = asked.parameter("prompt").schema["x-tasks"]
    answers = asked.library.properties(asked.library.node(f"{asked.modes['json'].schema}#/properties/response"))
    found = {}
    for token, entry in listed.items():
        name = token.strip("<>")
        part = answers[token].schema.get("$ref", "florence-text.json")
        gives = part.rpartition("/")[2].removeprefix("florence-").removesuffix(".json")
        found[name] = Task(name, entry["takes"], gives, entry["strength"])
    return found
