"""Two pictures that are nearly alike: all that one shows lies a little further right in the other.

A cache that takes pictures for one and the same by a small copy, or by how much there is of each colour, takes these
two for one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from assay.encodings import encode_png
from assay.photograph import Photograph
from assay.picture import Pixels
from assay.scene import Scene

SHIFTS = (24, 20, 16, 12, 10, 8)
"""px to the right. The farther, the better is it told."""
STRIPS = (8, 6, 5, 4, 3, 2)
"""Parts of a scene's width: one of them is added at the right."""
LEFT = (8, 16, 24, 32, 48)
"""px of background that are added at the left."""
SMALL = 8
"""Pixels across and down of a small copy, as caches make them."""


@dataclass(frozen=True, slots=True)
class Twins:
    """A picture, and the same in which all that it shows lies `shift` px further right; and both once more, `marked`.

    Each of a pair has as many pixels of each colour, and where it can be, the same parts of both are light and dark. A
    mark is a dark strip at the right, by which one pair is told from the other at a glance.
    """

    plain: tuple[Photograph, Photograph]
    marked: tuple[Photograph, Photograph]
    shift: int


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a scene lies in the picture, in px: what is left of it, how far it moves, the strip at the right."""

    shift: int
    strip: int
    left: int

    def pair(self, pixels: Pixels, ground: Pixels, mark: Pixels) -> tuple[Pixels, Pixels]:
        """The two pictures around these pixels (H x W or H x W x 3), with a strip of this colour."""
        height, rest = pixels.shape[0], pixels.shape[2:]

        def ground_of(width: int, colour: Pixels) -> Pixels:
            return np.full((height, width, *rest), colour, np.uint8)

        room, strip = ground_of(self.shift, ground), ground_of(self.strip, mark)
        left = ground_of(self.left, ground)
        return np.hstack([left, pixels, room, strip]), np.hstack([left, room, pixels, strip])

    def looks_alike(self, grey: Pixels, ground: Pixels) -> bool:
        """Whether the same parts of both of a pair are lighter than the whole, with a mark and without."""
        return all(_alike(*self.pair(grey, ground, mark)) for mark in (ground, ground // 2))


@cache
def twins(scene: Scene) -> Twins:
    """The scene among strips of its background, moved as far as a small copy does not tell, where it can be."""
    pixels, ground = scene.pixels(), np.array(scene.background, np.uint8)
    several, grey, grey_ground = list(_layouts(scene.width)), _grey(pixels), _grey(ground)
    layout = next((each for each in several if each.looks_alike(grey, grey_ground)), several[-1])

    def pair(mark: Pixels) -> tuple[Photograph, Photograph]:
        seen, moved = layout.pair(pixels, ground, mark)
        return _photograph(scene, "seen", seen), _photograph(scene, "moved", moved)

    return Twins(pair(ground), pair(ground // 2), layout.shift)


def _layouts(width: int) -> Iterator[_Layout]:
    for shift, part, left in itertools.product(SHIFTS, STRIPS, LEFT):
        yield _Layout(shift, width // part, left)


def _grey(pixels: Pixels) -> Pixels:
    """The lightness of pixels, or of one colour."""
    grey = cv2.cvtColor(pixels.reshape(-1, 1, 3), cv2.COLOR_RGB2GRAY)
    return np.asarray(grey, np.uint8).reshape(pixels.shape[:-1])


def _alike(first: Pixels, second: Pixels) -> bool:
    small = [cv2.resize(each, (SMALL, SMALL), interpolation=cv2.INTER_AREA) for each in (first, second)]
    light = [copy > copy.mean() for copy in small]
    return bool((light[0] == light[1]).all())


def _photograph(scene: Scene, how: str, pixels: Pixels) -> Photograph:
    height, width = pixels.shape[:2]
    return Photograph(f"{scene.name}, {how}", width, height, content=encode_png(pixels))
