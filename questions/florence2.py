"""Florence 2: each of its tasks, about a picture in which there is something for it to find, and about an empty one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assay.contract.florence import Task, tasks
from assay.contract.wire import base64_text
from assay.plugin.drivers.florence2 import CAPTION, NOTHING, Florence2Driver
from assay.questions.question import Make, Question
from assay.scene import SCENES, Scene

TOKENS = 64


def about(scene: Scene, prompt: str, **fields: Any) -> Make:
    """A prompt about a scene, answered with at most so many tokens."""

    def make() -> dict[str, Any]:
        picture = {"type": "base64", "value": base64_text(scene.png())}
        return {"image": picture, "prompt": prompt, "max_new_tokens": TOKENS, **fields}

    return make


def of_task(task: Task) -> Iterator[Question]:
    """Its prompts about the scene for it."""
    scene, name = Florence2Driver.scene_for(task), task.name.lower().replace("_", "-")
    for number, prompt in enumerate(Florence2Driver.prompts(task, scene)):
        more = f"-{number + 1}" if number else ""
        yield Question(f"florence2.infer/json/{name}{more}", f"{task.token} about {scene.name}.", about(scene, prompt))


QUESTIONS = [
    *(question for task in tasks().values() for question in of_task(task)),
    Question("florence2.infer/json/caption-of-nothing", "An empty picture.",
             about(SCENES[NOTHING], tasks()[CAPTION].token)),
    Question("florence2.infer/json/od-of-nothing", "Nothing to be found.",
             about(SCENES[NOTHING], tasks()["OD"].token)),
]  # fmt: skip
