"""What is told of bands that lean: in place it passes, mirrored or boxed it is found, and nobody else is accused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
import pytest

from assay.judge.answers import Outline
from assay.judge.verdicts import NoWitness
from assay.judge.verify_slants import Leaning, keypoints_on_bands, leanings, outlines_around_bands
from assay.probes import SLANTS
from assay.scene import Scene, Thing

from .making import detected, findings, point, row

Place = tuple[float, float]
Places = Callable[[Scene, Thing], list[Place]]
Change = Callable[[Place, Thing], Place]


def as_it_is(place: Place, thing: Thing) -> Place:
    return place


def across(place: Place, thing: Thing) -> Place:
    return thing.box[0] + thing.box[2] - place[0], place[1]


def down(place: Place, thing: Thing) -> Place:
    return place[0], thing.box[1] + thing.box[3] - place[1]


def along_it(scene: Scene, thing: Thing) -> list[Place]:
    """The middle of a band at several heights."""
    rows = np.linspace(thing.box[1], thing.box[3] - 1, 7)[1:-1].astype(int)
    return [(float(np.flatnonzero(scene.mask(thing)[y]).mean()), float(y)) for y in rows]


def in_every_box(*shares: Place) -> Places:
    """The same places of every box."""

    def places(scene: Scene, thing: Thing) -> list[Place]:
        (x0, y0, _, _), (width, height) = thing.box, thing.size
        return [(x0 + x * width, y0 + y * height) for x, y in shares]

    return places


def jointed(places: Places, change: Change = as_it_is, shift: float = 0) -> list[Leaning]:
    """Boxes about all bands, with keypoints at these places, once they are changed."""
    found: list[Leaning] = []
    for scene in SLANTS:
        rows: list[Any] = []
        for thing in scene.things:
            points = [
                point(number, f"p{number}", *change(place, thing)) for number, place in enumerate(places(scene, thing))
            ]
            x0, y0, x1, y1 = thing.box
            rows.append(row(x0 + shift, y0, x1 + shift, y1, "person", keypoints=points))
        found += leanings(detected(*rows), scene)
    return found


def contour(scene: Scene, thing: Thing) -> list[Place]:
    found, _ = cv2.findContours(scene.mask(thing).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return [(float(x), float(y)) for x, y in found[0][:, 0, :]]


def corners(scene: Scene, thing: Thing) -> list[Place]:
    x0, y0, x1, y1 = thing.box
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]


def outlined(places: Places, change: Change = as_it_is, scenes: Sequence[Scene] = SLANTS) -> list[Leaning]:
    found: list[Leaning] = []
    for scene in scenes:
        outlines: list[Outline] = [tuple(change(p, t) for p in places(scene, t)) for t in scene.things]
        found += leanings(detected(*(row(*thing.box, "person") for thing in scene.things)), scene, outlines)
    return found


def test_keypoints_on_their_bands_are_let_through() -> None:
    assert keypoints_on_bands(jointed(along_it)) == 5


@pytest.mark.parametrize("change", [across, down])
def test_mirrored_keypoints_are_found(change: Change) -> None:
    first, *_ = findings(keypoints_on_bands, jointed(along_it, change))

    assert "only if they are mirrored in their box" in first.message
    assert first.pointer == "/predictions/0/keypoints"


@pytest.mark.parametrize(
    "shares",
    [
        [(0.5, 0.1), (0.2, 0.3), (0.8, 0.3), (0.3, 0.9), (0.7, 0.9)],
        [(0.9, 0.9), (0.8, 0.8), (0.7, 0.7)],
        [(0.9, 0.1), (0.8, 0.2), (0.7, 0.3)],
        [(0.5, 1.1)],
        [(-2.0, -2.0), (-0.5, -1.0)],
    ],
)
def test_a_model_that_has_one_place_for_every_box_is_not_accused(shares: list[Place]) -> None:
    with pytest.raises(NoWitness, match="the model means others"):
        keypoints_on_bands(jointed(in_every_box(*shares)))


def test_boxes_of_something_else_tell_nothing() -> None:
    with pytest.raises(NoWitness, match="0 boxes with keypoints"):
        keypoints_on_bands(jointed(along_it, across, shift=90))


def test_outlines_of_bands_are_let_through() -> None:
    assert outlines_around_bands(outlined(contour)) == 5


@pytest.mark.parametrize(
    ("places", "change", "told"),
    [
        (corners, as_it_is, "is that of its box"),
        (contour, across, "mirrored in their box"),
        (contour, down, "mirrored in their box"),
    ],
)
def test_outlines_of_boxes_and_mirrored_ones_are_found(places: Places, change: Change, told: str) -> None:
    first, *_ = findings(outlines_around_bands, outlined(places, change))

    assert told in first.message
    assert first.pointer == "/predictions/0/points"


def test_one_picture_accuses_nobody() -> None:
    with pytest.raises(NoWitness, match="too few to tell"):
        outlines_around_bands(outlined(corners, scenes=SLANTS[:1]))


def test_coarse_outlines_are_let_through() -> None:
    """A mask that a network tells in 12 x 12 cells of the box."""

    def coarse(scene: Scene, thing: Thing) -> list[Place]:
        x0, y0, x1, y1 = thing.box
        cut = scene.mask(thing)[y0:y1, x0:x1].astype(np.float32)
        small = cv2.resize(cut, (12, 12), interpolation=cv2.INTER_AREA)
        whole = cv2.resize((small > 0.3).astype(np.uint8), (x1 - x0, y1 - y0), interpolation=cv2.INTER_NEAREST)
        found, _ = cv2.findContours(whole, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        return [(float(x + x0), float(y + y0)) for x, y in max(found, key=len)[:, 0, :]]

    assert outlines_around_bands(outlined(coarse)) == 5


def test_masks_that_fill_a_part_of_their_box_are_not_accused() -> None:
    with pytest.raises(NoWitness, match="the model means others"):
        outlines_around_bands(outlined(in_every_box((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8))))
