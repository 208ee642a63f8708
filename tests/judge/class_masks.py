"""Answers with class masks of scenes, as a model that knows dogs and cats gives them, or changed on the way."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import cv2
import numpy as np

from assay.judge.classmaps import ClassMap, class_map
from assay.judge.moves import Marked
from assay.scene import SCENES, Scene

from .making import exchange

RULE = "semantic.answer.schema"
NAMES = {"0": "background", "1": "dog", "2": "cat"}
NUMBERS = {"dog": 1, "cat": 2}


def packed(mask: np.ndarray[Any, Any], extension: str = ".png") -> str:
    return base64.b64encode(cv2.imencode(extension, mask)[1].tobytes()).decode()


def body(mask: Any, names: Any = NAMES, **more: Any) -> dict[str, Any]:
    text = mask if isinstance(mask, str) else packed(mask)
    return {"predictions": {"segmentation_mask": text, "class_map": names, **more}}


def answer(mask: Any, names: Any = NAMES, **more: Any) -> ClassMap:
    return class_map(exchange(body(mask, names, **more), operation="hosted.semantic-segmentation"), RULE)


def truth(scene: Scene, **numbers: int) -> np.ndarray[Any, Any]:
    """The mask that a model which knows dogs and cats would answer; other numbers for the classes by name."""
    numbers = {**NUMBERS, **numbers}
    ids = np.zeros((scene.height, scene.width), np.uint8)
    for thing in scene.things:
        ids[scene.mask(thing)] = numbers["cat" if thing.kind == "cat" else "dog"]
    return ids


PLACED = ("menagerie", "portrait", "pair", "tower", "wide", "trio")
Wrong = Callable[[Any], Any]


def marked(
    change: Wrong = lambda mask: mask, names: Sequence[str] = PLACED, classes: Mapping[str, int] = NUMBERS
) -> list[Marked]:
    """What is marked in scenes, each mask put into its picture by `change`."""
    return [Marked(answer(change(truth(SCENES[name], **classes))), SCENES[name]) for name in names]
