"""What the rig's hand-made models read of each scene.

`rig.json` was taken from the real server; here it is held against the models' arithmetic. A picture is stretched
to 640 x 640 and averaged over a grid of 8 x 8 cells. A cell's score is a weighted sum of its mean colour; its box
has a fixed size around it, clipped to the picture. Whoever repaints a scene reads it again.

Readings are class, confidence, and x, y (centre), width, height in px: "default" with the parameters' defaults,
"everything" with confidence=1 and overlap=100. "sam2" counts the polygons of a mask and tells how much of each
thing it covers.
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from assay.scene import SCENES, Scene

READINGS: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("rig.json").read_text("utf-8"))
SIDE, GRID = 640, 8
CELL = SIDE // GRID
RED, BLUE = (0.93, -0.465, -0.465), (-0.44, -0.44, 0.88)
MODELS = {"animals": ((150, 110), {"dog": RED, "cat": BLUE}), "people": ((100, 160), {"person": RED})}
Reading = tuple[str, float, tuple[float, float, float, float]]


def read(scene: Scene, model: str) -> list[Reading]:
    """Every cell that scores over 1 %: class, score, box (x0, y0, x1, y1) in px of the scene."""
    (width, height), classes = MODELS[model]
    stretched = cv2.resize(scene.pixels(), (SIDE, SIDE)).astype(np.float64) / 255
    means = stretched.reshape(GRID, CELL, GRID, CELL, 3).mean(axis=(1, 3))
    across, down = scene.width / SIDE, scene.height / SIDE
    found = []
    for name, weights in classes.items():
        for (row, column), score in np.ndenumerate(means @ np.array(weights)):
            x, y = (column + 0.5) * CELL, (row + 0.5) * CELL
            left, right = max(x - width / 2, 0) * across, min(x + width / 2, SIDE) * across
            top, bottom = max(y - height / 2, 0) * down, min(y + height / 2, SIDE) * down
            if score > 0.01:
                found.append((name, float(score), (left, top, right, bottom)))
    return sorted(found, key=lambda one: -one[1])


def test_every_scene_was_read() -> None:
    assert list(READINGS) == list(SCENES)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", [name for name in SCENES if "animals, everything" in READINGS[name]])
def test_readings_are_what_the_models_compute(name: str, model: str) -> None:
    scene = SCENES[name]
    taken = READINGS[name][f"{model}, everything"]
    computed = read(scene, model)
    assert len(taken) == len(computed)
    for label, confidence, x, y, width, height in taken:
        box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        assert any(
            one == label and abs(score - confidence) < 0.005 and np.allclose(box, computed_box, atol=1)
            for one, score, computed_box in computed
        )


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", [name for name in SCENES if name not in ("counters", "tokens")])
def test_confidences_are_apart_and_clear_of_thresholds(name: str, model: str) -> None:
    scores = [score for _, score, _ in read(SCENES[name], model)]
    assert all(before - after > 0.02 for before, after in pairwise(scores))
    assert all(abs(score - level) > 0.02 for score in scores for level in (0.3, 0.4, 0.5))


def test_rules_find_their_witnesses_on_the_rig() -> None:
    busy = READINGS["menagerie"]["animals, default"]
    assert len(busy) >= 5
    assert {row[0] for row in busy} == {"dog", "cat"}
    assert len(READINGS["menagerie"]["animals, everything"]) > len(busy)
    assert len(READINGS["trio"]["animals, default"]) == 3
    assert len(READINGS["crowd"]["people, default"]) >= 2
    pair = READINGS["pair"]
    assert [row[0] for row in pair["animals, default"]].count("dog") == 1
    assert [row[0] for row in pair["animals, everything"] if row[1] > 0.4].count("dog") == 2
    assert not READINGS["blank"]["animals, everything"]
    assert _iou(*(row for row in READINGS["overlay"]["animals, default"] if row[3] == 189)) > 0.3
    stack = READINGS["stack"]
    assert 0.15 < _iou(*(row for row in stack["animals, default"] if row[2] == 192 and row[3] < 200)) < 0.16
    assert 0.11 < _iou(*(row for row in stack["people, default"] if row[3] == 352)) < 0.12


def _iou(first: list[Any], second: list[Any]) -> float:
    """Of two readings."""
    (_, _, *one), (_, _, *other) = first, second
    shared = [(one[2 + axis] + other[2 + axis]) / 2 - abs(one[axis] - other[axis]) for axis in (0, 1)]
    both = shared[0] * shared[1]
    return float(both / (one[2] * one[3] + other[2] * other[3] - both))


@pytest.mark.parametrize("name", ["counters", "tokens", "trio", "wide", "tower"])
def test_the_rig_segments_every_piece(name: str) -> None:
    seen = READINGS[name]["sam2"]
    assert seen["polygons"] == len(SCENES[name].things) == len(seen["covered"])
    assert min(seen["covered"]) > 0.85
