"""What is found in a picture, and in the same picture made larger: places that belong to the same parts of both.

Coordinates are px of the picture that was asked about, origin at the top left; boxes are (x0, y0, x1, y1).
"""

from __future__ import annotations

import statistics
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

import numpy as np

from assay.judge.answers import Answer, Detection, Outline, Segmentation
from assay.judge.boxes import Corners, Prediction, iou
from assay.judge.classmaps import ClassMap
from assay.judge.florence import Told
from assay.judge.masks import Mask
from assay.judge.readings import LIKE, MUCH_LIKE, SUREST, surest
from assay.judge.verify_classmaps import MASK
from assay.judge.verify_keypoints import visible

MUCH = 1.25
"""How many times as far from the top left corner a place has to belong at least, or as near, to be misplaced."""
REST = 0.05
"""Share of a mask's pixels on each side of it that may lie anywhere."""

LEAST_MOVED, TIGHT = 16, 5
"""px of a large picture by which places are moved at least, and by which they may differ in that: a network's pixel is
several of them."""
FEWEST_SIDES = 4
"""Sides of places by which a movement is told: of two places, both sides of each."""
EDGE = 2
"""px"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was found, under a name that others may share, and where in the answer it stands."""

    name: Hashable
    box: Corners
    pointer: str


@dataclass(frozen=True, slots=True)
class Scaling:
    """By what coordinates are multiplied, across and down."""

    across: float = 1.0
    down: float = 1.0

    @property
    def is_much(self) -> bool:
        """Whether it puts a place elsewhere."""
        return max(self.across, 1 / self.across, self.down, 1 / self.down) > MUCH

    def of(self, box: Corners) -> Corners:
        """A box, scaled about the top left corner of the picture."""
        x0, y0, x1, y1 = box
        return x0 * self.across, y0 * self.down, x1 * self.across, y1 * self.down


AS_THEY_ARE = Scaling()


@dataclass(frozen=True, slots=True)
class Enlarged:
    """What was found in a picture, and in the same made `times` as large: of that is the answer, of `size` in px."""

    answer: Answer
    size: tuple[int, int]
    times: float
    before: tuple[Place, ...]
    found: tuple[Place, ...]

    @property
    def belongs(self) -> list[tuple[Hashable, Corners]]:
        """Where in the larger picture places belong, by their names."""
        return [(one.name, self._larger(one.box)) for one in self.before]

    def fitting(self, scaling: Scaling = AS_THEY_ARE) -> list[Place]:
        """The places that lie where one of their name belongs, once they are scaled: more exactly then."""
        least = LIKE if scaling is AS_THEY_ARE else MUCH_LIKE
        return [
            one
            for one in sized(self.found)
            if any(one.name == name and iou(scaling.of(one.box), box) >= least for name, box in self.belongs)
        ]

    def moved(self, axis: int) -> float | None:
        """By how many px all places are moved along an axis, 0 across and 1 down, in either picture; None by none.

        Told only from places of which each lies at one of its name: both its sides are off by the same, and so are
        those of all others. Sides at the edges of the picture tell nothing.
        """
        off = [
            end - belongs
            for one, box in self._pairs()
            for end, belongs in ((one.box[side], box[side]) for side in (axis, axis + 2))
            if min(end, belongs) > EDGE and max(end, belongs) < self.size[axis] - EDGE
        ]
        grown = statistics.median(off) if len(off) >= FEWEST_SIDES else 0.0
        if self.times <= 1 or abs(grown) < LEAST_MOVED or any(abs(each - grown) > TIGHT for each in off):
            return None
        return grown / (self.times - 1)

    def _pairs(self) -> Iterator[tuple[Place, Corners]]:
        """Each place with where the nearest one of its name belongs, if that is not clear of it."""
        for one in sized(self.found):
            box = max((box for name, box in self.belongs if name == one.name), key=partial(iou, one.box), default=None)
            if box is not None and iou(one.box, box) > 0:
                yield one, box

    def scalings(self) -> Iterator[Scaling]:
        """By which the far corner of a place would lie where one of its name has it; none that leaves it there."""
        for one in sized(self.found):
            for other in self.before:
                (x, y), (right, below) = one.box[2:], self._larger(other.box)[2:]
                if one.name == other.name and min(x, y, right, below) > 0:
                    scaling = Scaling(right / x, below / y)
                    if scaling.is_much:
                        yield scaling

    def _larger(self, box: Corners) -> Corners:
        return Scaling(self.times, self.times).of(box)


def within(places: Sequence[Place], size: tuple[int, int]) -> tuple[Place, ...]:
    """Places that do not span a picture of this size, px, from edge to edge: such a one grows with it."""

    def spans(box: Corners, axis: int) -> bool:
        return box[axis] <= EDGE and box[axis + 2] >= size[axis] - EDGE

    return tuple(one for one in places if not any(spans(one.box, axis) for axis in (0, 1)))


def as_shares(places: Sequence[Place], size: tuple[int, int]) -> tuple[Place, ...]:
    """Places in thousandths of a picture of this size, px."""
    scaling = Scaling(1000 / size[0], 1000 / size[1])
    return tuple(replace(one, box=scaling.of(one.box)) for one in places)


def among(place: Place, places: Sequence[Place]) -> bool:
    """Whether there is one of the same name at about the same place."""
    return any(place.name == other.name and iou(place.box, other.box) >= LIKE for other in places)


def differ(first: Sequence[Place], second: Sequence[Place]) -> bool:
    """Whether the places of two pictures are not the same ones, as far as there are as many of them."""
    pairs = zip(first, second, strict=False)
    return any(one.name != two.name or iou(one.box, two.box) < LIKE for one, two in pairs)


def apart(places: Sequence[Place]) -> bool:
    """Whether the places of a picture are not all the same one."""
    return any(iou(places[0].box, other.box) < LIKE for other in places[1:])


def _sides(place: Place) -> tuple[float, float]:
    x0, y0, x1, y1 = place.box
    return x1 - x0, y1 - y0


def sized(places: Sequence[Place]) -> tuple[Place, ...]:
    """The places that have a width and a height: what is cut off at a line may have none."""
    return tuple(place for place in places if min(_sides(place)) > 0)


def _few(places: Iterable[Place]) -> tuple[Place, ...]:
    """No more than can be compared each with each."""
    return tuple(islice(places, SUREST))


def of_boxes(answer: Detection) -> tuple[Place, ...]:
    """The predictions, by their class."""
    return _few(Place(one.label, one.corners, one.pointer) for one in surest(answer))


def of_keypoints(answer: Detection) -> tuple[Place, ...]:
    """For each prediction the box around its keypoints that are likely to be visible, by its class."""
    return _few(Place(one.label, _around(points), one.pointer) for one in surest(answer) if (points := _joints(one)))


def of_outlines(answer: Detection, outlines: Sequence[Outline]) -> tuple[Place, ...]:
    """For each prediction the box around its outline, by its class."""
    around = {one.pointer: outline for one, outline in zip(answer.predictions, outlines, strict=True)}
    outlined = [one for one in surest(answer) if around[one.pointer]]
    return _few(Place(one.label, _around(around[one.pointer]), one.pointer) for one in outlined)


def of_classes(answer: ClassMap, width: int, height: int) -> tuple[Place, ...]:
    """For each class the box around most of its pixels, in a mask that is brought to this size as the page does it."""
    ids = answer.fitted(width, height)
    extents = [(answer.name(value), extent(ids == value)) for value in answer.found]
    return _few(Place(name, box, MASK) for name, box in extents if box is not None)


def of_masks(answer: Segmentation) -> tuple[Place, ...]:
    """For each prompt, by its number, the box around most of the pixels of its mask."""
    extents = list(enumerate(map(extent, answer.masks)))
    return _few(Place(index, box, f"/predictions/{index}/masks") for index, box in extents if box is not None)


def of_shapes(answer: Told) -> tuple[Place, ...]:
    """The box around each place that Florence 2 tells, by its label."""
    told = [pair for listed in answer.lists for pair in zip(listed.labels, listed.shapes, strict=False)]
    return _few(Place(label, shape.corners, shape.pointer) for label, shape in told)


def extent(mask: Mask) -> Corners | None:
    """The box around most of what a mask marks, H x W: stray pixels at its sides lie out of it. None for no pixel."""
    if not mask.any():
        return None
    (y0, y1), (x0, x1) = (_most(mask.sum(axis=axis)) for axis in (1, 0))
    return x0, y0, x1, y1


def _most(counts: np.ndarray[tuple[int], np.dtype[np.int64]]) -> tuple[float, float]:
    """The first and the last line between which most of the pixels lie, the last exclusive."""
    share = np.cumsum(counts) / counts.sum()
    return float(np.searchsorted(share, REST)), float(np.searchsorted(share, 1 - REST) + 1)


def _joints(one: Prediction) -> Outline:
    return tuple((point.x, point.y) for point in visible(one))


def _around(points: Outline) -> Corners:
    across, down = zip(*points, strict=True)
    return min(across), min(down), max(across), max(down)
