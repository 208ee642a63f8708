"""Readings that no list holds: every box scaled and moved alike, as the boxes themselves tell.

Tried where the reading of the document does not fit, and none that has a name. So many are tried that a few boxes fit
by chance; what is found has to fit nearly all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import Final

import numpy as np
import numpy.typing as npt

from assay.judge.boxes import Corners, Prediction
from assay.judge.readings import CLOSE, SIZES, Altered, Painted, Place, Reading, Sight, surest

Numbers = npt.NDArray[np.float64]

NEARLY_ALL: Final = 0.8
"""Share of the predictions that has to fit."""
FEWEST: Final = 6
"""Predictions that have to fit."""
APART: Final = 0.1
"""Share of how far things lie apart, by which two boxes have to be apart to tell how they were scaled."""
SCALES: Final = (0.2, 5.0)
"""How many times as large the boxes may have to be."""
MUCH: Final = 1.15
"""How many times as large a scale has to be at least, or as small, to be one."""


def scaled_down(sights: Sequence[Sight]) -> Iterator[Reading]:
    """In px of the picture whose longer side was brought down to so many px; of a smaller one they are its own.

    Of pictures that were made larger.
    """
    larger = [sight for sight in sights if isinstance(sight, Altered) and sight.times > 1]
    longest = {round(max(sight.size) / times) for sight in larger for times in sight.shrinkings() if times > MUCH}
    for side in sorted(longest):
        yield Reading(f"in pixels of the picture scaled down to {side} px", _capped(side))


def _capped(side: float) -> Place:
    def box(one: Prediction, width: float, height: float) -> Corners:
        times = max(max(width, height) / side, 1)
        x0, y0, x1, y1 = one.corners
        return x0 * times, y0 * times, x1 * times, y1 * times

    return box


def scaled(sights: Sequence[Sight]) -> Iterator[Reading]:
    """All boxes scaled and moved alike, in shares of the picture or in px: the best reading of each of the two.

    Of painted pictures.
    """
    painted = [sight for sight in sights if isinstance(sight, Painted)]
    if not painted:
        return
    fullest = max(painted, key=lambda sight: len(sight.answer.predictions))
    for shares in (True, False):
        tried = _candidates(_of(fullest, shares))
        if len(tried):
            counts = np.sum([_count(_of(sight, shares), tried) for sight in painted], axis=0)
            best = tried[int(np.argmax(counts))]
            yield Reading(_told(best, shares), _by(best, shares))


def _of(sight: Painted, shares: bool) -> tuple[Numbers, Numbers]:
    """Boxes and things of a picture, n x 4 and m x 4: centre and sides, in shares of the picture or in px."""
    width, height = sight.size if shares else (1, 1)
    scale = np.array([width, height, width, height], float)
    boxes = np.array([(one.x, one.y, one.width, one.height) for one in surest(sight.answer)], float).reshape(-1, 4)
    corners = np.array(sight.things, float).reshape(-1, 4)
    middles, sides = (corners[:, 2:] + corners[:, :2]) / 2, corners[:, 2:] - corners[:, :2]
    return boxes / scale, np.hstack([middles, sides]) / scale


def _candidates(seen: tuple[Numbers, Numbers]) -> Numbers:
    """What is tried, k x 4: by what x and y are multiplied and what is added, for two boxes to lie on two things."""
    boxes, things = seen
    if len(boxes) < 2 or len(things) < 2:
        return np.empty((0, 4))
    reach = APART * (things[:, :2].max(axis=0) - things[:, :2].min(axis=0)).max()
    one, other = (boxes[list(each), :2] for each in zip(*permutations(range(len(boxes)), 2), strict=True))
    thing, next_one = (things[list(each), :2] for each in zip(*permutations(range(len(things)), 2), strict=True))
    apart = (other - one)[:, None, :]
    with np.errstate(divide="ignore", invalid="ignore"):  # of boxes that are not apart, which are left out below
        scales = (next_one - thing)[None, :, :] / apart
        moves = thing[None, :, :] - scales * one[:, None, :]
    sound = (np.abs(apart) > reach).all(axis=2) & ((scales > SCALES[0]) & (scales < SCALES[1])).all(axis=2)
    return np.asarray(np.concatenate([scales, moves], axis=2)[sound], np.float64)


def _count(seen: tuple[Numbers, Numbers], tried: Numbers) -> npt.NDArray[np.int64]:
    """How many boxes of a picture lie on things, each on one of its own, by each of k readings."""
    boxes, things = seen
    if not len(boxes) or not len(things):
        return np.zeros(len(tried), np.int64)
    there = tried[:, None, :2] * boxes[None, :, :2] + tried[:, None, 2:]
    sides = tried[:, None, :2] * boxes[None, :, 2:]
    near = np.abs(there[:, :, None, :] - things[None, None, :, :2]) <= CLOSE * things[None, None, :, 2:]
    ratio = sides[:, :, None, :] / things[None, None, :, 2:]
    fits = (near & (ratio >= 1 / SIZES) & (ratio <= SIZES)).all(axis=3)
    boxes_on, things_under = np.any(fits, axis=2), np.any(fits, axis=1)
    return np.asarray(np.minimum(boxes_on.sum(axis=1), things_under.sum(axis=1)), np.int64)


def _by(reading: Numbers, shares: bool) -> Place:
    across, down, right, below = map(float, reading)

    def box(one: Prediction, width: float, height: float) -> Corners:
        x0, y0, x1, y1 = one.corners
        x, y = (right * width, below * height) if shares else (right, below)
        return x0 * across + x, y0 * down + y, x1 * across + x, y1 * down + y

    return box


def _told(reading: Numbers, shares: bool) -> str:
    across, down, right, below = map(float, reading)
    moved = (
        f"{right:+.1%} of the width and {below:+.1%} of the height" if shares else f"{right:+.0f} and {below:+.0f} px"
    )
    return f"scaled by {across:.2f} across and by {down:.2f} down, and moved by {moved}"
