"""Places in larger pictures that are cut off at a line: found where two pictures show it, and nobody else accused."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from assay.judge.boxes import Corners
from assay.judge.enlarged import Enlarged, Place
from assay.judge.verify_cut import not_cut_off
from assay.scene import SCENES

from .making import detected, findings

TIMES = 4
NAMES = ("menagerie", "portrait")


def seen(change: Callable[[Corners], Corners], *names: str) -> list[Enlarged]:
    """The things of scenes, and where an answer puts them once the scenes are so many times as large."""
    sights = []
    for scene in map(SCENES.__getitem__, names or NAMES):
        things = [Place(thing.kind, thing.box, "/predictions/0") for thing in scene.things]
        larger = [(x0 * TIMES, y0 * TIMES, x1 * TIMES, y1 * TIMES) for x0, y0, x1, y1 in (t.box for t in scene.things)]
        found = [dataclasses.replace(thing, box=change(box)) for thing, box in zip(things, larger, strict=True)]
        size = scene.width * TIMES, scene.height * TIMES
        sights.append(Enlarged(detected(), size, TIMES, tuple(things), tuple(found)))
    return sights


def clipped(side: float) -> Callable[[Corners], Corners]:
    return lambda box: (min(box[0], side), min(box[1], side), min(box[2], side), min(box[3], side))


@pytest.mark.parametrize("side", [640, 800, 1024, 1280])
def test_what_is_clipped_at_a_line_is_found(side: float) -> None:
    first, second = findings(not_cut_off, seen(clipped(side)), "boxes")

    assert f"end at x = {side}" in first.message
    assert first.marks[0][4] == second.marks[0][4] == "cut off"


@pytest.mark.parametrize("side", [2560, 4000])
def test_what_ends_where_the_picture_does_is_let_through(side: float) -> None:
    not_cut_off(seen(clipped(side)), "boxes")


def test_one_picture_alone_accuses_nobody() -> None:
    not_cut_off(seen(clipped(640), "menagerie"), "boxes")


def test_a_part_of_the_picture_that_is_not_looked_at_is_another_mistake() -> None:
    blind = seen(lambda box: box)
    left = [
        dataclasses.replace(sight, found=tuple(one for one in sight.found if one.box[2] <= sight.size[0] / 2))
        for sight in blind
    ]

    not_cut_off(left, "boxes")


def test_models_that_see_anything_are_not_accused() -> None:
    random = np.random.default_rng(0)

    def on_a_grid(box: Corners) -> Corners:
        x, y = (int(each) * 320 for each in random.integers(0, 6, 2))
        return x, y, x + 320, y + 320

    for _ in range(200):
        not_cut_off(seen(on_a_grid), "boxes")
