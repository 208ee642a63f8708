"""Pictures that are nearly alike: caches that look at a picture from afar take them for one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from assay.photograph import Photograph
from assay.picture import Pixels
from assay.scene import SCENES
from assay.twins import twins


def from_afar(picture: Photograph) -> bytes:
    """The average hash that image libraries make: of eight by eight parts, which are lighter than the whole."""
    grey = cv2.cvtColor(picture.pixels(), cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (8, 8), interpolation=cv2.INTER_AREA)
    return np.asarray(small > small.mean()).tobytes()


def colours(pixels: Pixels) -> list[list[int]]:
    return [np.bincount(channel.ravel(), minlength=256).tolist() for channel in cv2.split(pixels)]


@pytest.mark.parametrize("name", ["menagerie", "counters", "portrait"])
def test_they_differ_in_where_things_lie_and_in_nothing_that_shows_from_afar(name: str) -> None:
    found = twins(SCENES[name])

    for seen, moved in (found.plain, found.marked):
        first, second = seen.pixels(), moved.pixels()
        assert first.shape == second.shape
        assert from_afar(seen) == from_afar(moved)
        assert colours(first) == colours(second)
        width = SCENES[name].width
        assert (first[:, :width] == second[:, found.shift :][:, :width]).all(), "all of it has moved"
    assert from_afar(found.plain[0]) != from_afar(found.marked[0]), "one pair is not taken for the other"
