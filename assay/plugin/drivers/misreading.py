"""Example boxes written as a server would need them that reads the documented numbers otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from assay.judge.answers import Detection
from assay.plugin.drivers.owlv2 import FIRST, Box, Owlv2Driver
from assay.scene import Scene


def misread(owlv2: Owlv2Driver, scenes: Sequence[Scene]) -> dict[str, list[Detection]]:
    """What the first examples of these scenes find, written for a server that reads their boxes otherwise.

    By what such a server takes the numbers for, one answer for each scene.
    """
    right = [owlv2.box(scene.things[0], FIRST) for scene in scenes]
    asked = {
        how: [owlv2.ask_if_taken(scene, [write(box, scene)]) for scene, box in zip(scenes, right, strict=True)]
        for how, write in WAYS.items()
    }
    return {how: [each for each in found if each] for how, found in asked.items() if all(found)}


def _from_corner(box: Box, scene: Scene) -> Box:
    x0, y0, _, _ = scene.things[0].box
    return {**box, "x": x0, "y": y0}


def _with_axes_swapped(box: Box, scene: Scene) -> Box:
    return {**box, "x": box["y"], "y": box["x"], "w": box["h"], "h": box["w"]}


def _with_sides_exchanged(box: Box, scene: Scene) -> Box:
    return {**box, "w": box["h"], "h": box["w"]}


def _twice_as_large(box: Box, scene: Scene) -> Box:
    return {**box, "w": 2 * box["w"], "h": 2 * box["h"]}


WAYS: Mapping[str, Callable[[Box, Scene], Box]] = {
    "(x, y) as the corner of a box": _from_corner,
    "x for y, and w for h": _with_axes_swapped,
    "w for h": _with_sides_exchanged,
    "w and h for twice the width and the height": _twice_as_large,
}
