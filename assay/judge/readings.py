"""Readings of a box: as the document has it, and as a server may mean it that does not keep to the document.

Where it is known what lies where in a picture, boxes fit in one reading and in no other, and that is the server's own.
Coordinates are px of the picture that was sent, origin at the top left; boxes are (x0, y0, x1, y1).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Protocol

from assay.judge.answers import Detection
from assay.judge.boxes import Corners, Prediction, iou

SUREST = 12
"""Predictions of an answer that are looked at, the most confident ones."""
NEAR, CLOSE = 1 / 5, 1 / 10
"""Share of a thing's side by which a box on it may be off its centre: in the reading of the document, in any other."""
LIKE, MUCH_LIKE = 0.5, 0.8
"""IoU of a box with what it should be: in the reading of the document, in any other."""
PART = 3 / 4
"""Share of a thing's side at most of a box that is that of a part of it."""
SIZES = 3.0
"""How many times as wide or high as a thing a box on it may be, or as narrow or low."""
NETWORKS = (320, 384, 416, 448, 512, 560, 576, 640, 704, 800, 960, 1008, 1024, 1280)
"""Sides in px of the squares that networks see."""

Place = Callable[[Prediction, float, float], Corners]


@dataclass(frozen=True, slots=True)
class Reading:
    """What x, y, width and height are taken for. `box` gives the place of a prediction in a picture of a size in px."""

    told: str
    box: Place


class Sight(Protocol):
    """An answer about a picture of which it is known where its boxes belong."""

    @property
    def answer(self) -> Detection:
        """The answer."""

    def fitting(self, reading: Reading, documented: bool) -> list[Prediction]:
        """The predictions that lie where something is, read so: less exactly by the reading that is `documented`."""

    def lying(self, tips: bool = False) -> list[Prediction]:
        """The predictions that lie as the document has it, or where a sound model of something else may put them.

        They speak against every other reading. With `tips`, too, what is half on a thing: it may be that of its tip,
        though it looks moved.
        """

    def shifts(self) -> Iterator[tuple[float, float]]:
        """By how many px, across and down, boxes may have been moved from where something is."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture in px."""


@dataclass(frozen=True, slots=True)
class Painted:
    """An answer about a picture of this size, and the boxes of the things that were painted into it."""

    answer: Detection
    size: tuple[int, int]
    things: tuple[Corners, ...]

    def fitting(self, reading: Reading, documented: bool) -> list[Prediction]:
        """The predictions whose box is about a thing: its centre near the thing's centre, its size not far off."""
        reach = NEAR if documented else CLOSE
        read = [(one, reading.box(one, *self.size)) for one in surest(self.answer)]
        return [one for one, box in read if any(_about(box, thing, reach) for thing in self.things)]

    def lying(self, tips: bool = False) -> list[Prediction]:
        """The predictions whose box is that of a thing, of a part of it, or of more than it."""
        return [one for one in surest(self.answer) if any(_on(one.corners, thing, tips) for thing in self.things)]

    def shifts(self) -> Iterator[tuple[float, float]]:
        """From each thing's centre to that of each box."""
        for one in surest(self.answer):
            for x0, y0, x1, y1 in self.things:
                yield one.x - (x0 + x1) / 2, one.y - (y0 + y1) / 2


@dataclass(frozen=True, slots=True)
class Altered:
    """Answers about a picture, and about the same `mirrored` from left to right, made `times` as large, or wider.

    What was added to the picture stands at its right, so that everything else stays where it was. `things` are the
    boxes of what was painted into the first picture, empty where nobody knows.
    """

    before: Detection
    answer: Detection
    size_before: tuple[int, int]
    size: tuple[int, int]
    mirrored: bool = False
    times: float = 1
    things: tuple[Corners, ...] = ()

    def fitting(self, reading: Reading, documented: bool) -> list[Prediction]:
        """The predictions that lie where one of the same class belongs, by the answer about the first picture."""
        least = LIKE if documented else MUCH_LIKE
        expected = [(one.label, self._moved(reading.box(one, *self.size_before))) for one in surest(self.before)]
        read = [(one, reading.box(one, *self.size)) for one in surest(self.answer)]
        return [
            one
            for one, box in read
            if any(one.label == label and iou(box, belongs) >= least for label, belongs in expected)
        ]

    def lying(self, tips: bool = False) -> list[Prediction]:
        """The predictions that fit; of a mirrored picture also those of a model that heeds more than what it looks at.

        What knows the left halves of things, or left hands, gives the left ones in the mirror too; what knows a place
        in the picture stays there, be it so far from the right end of a wider one.
        """
        fitting = self.fitting(DOCUMENTED, documented=True)
        others = [one for one in surest(self.answer) if one not in fitting]
        if self.mirrored:
            return fitting + [one for one in others if self._stays(one) or self._of_one_side(one)]
        return fitting + [one for one in others if self._keeps_to_the_end(one) and not self._mirrors_a_thing(one)]

    def _stays(self, one: Prediction) -> bool:
        """Whether there was such a box at the same place of the first picture."""
        return any(one.label == each.label and iou(one.corners, each.corners) >= LIKE for each in surest(self.before))

    def _keeps_to_the_end(self, one: Prediction) -> bool:
        """Whether there was such a box as far from the right end of the first picture, and this one is wider."""
        wider = self.size[0] - self.size_before[0]
        ends = [(each.label, _scaled(each.corners, 1, 1, -wider)) for each in surest(self.before)]
        return self.times == 1 and any(one.label == label and iou(one.corners, end) >= LIKE for label, end in ends)

    def _mirrors_a_thing(self, one: Prediction) -> bool:
        """Whether a box lies where a known thing would be, were the picture mirrored."""
        return any(_about(_mirrored(one, *self.size), thing, CLOSE) for thing in self.things)

    def _of_one_side(self, one: Prediction) -> bool:
        """Whether a box may be of the left or the right of something: it lies on a known thing, or half on it.

        Of an unknown thing it may be any distance from where it was, but at its height and of its size.
        """
        if self.things:
            return any(_on(one.corners, self._moved(thing), tips=True) for thing in self.things)
        return any(_sideways(one, each) for each in surest(self.before))

    def shifts(self) -> Iterator[tuple[float, float]]:
        """In a mirrored picture the other way round: half of what two boxes of a class are apart. Otherwise unseen."""
        if self.mirrored:
            for one in surest(self.answer):
                for other in surest(self.before):
                    if one.label == other.label:
                        yield (one.x + other.x - self.size[0]) / 2, 0.0

    def shrinkings(self) -> Iterator[float]:
        """How many times as large every box may have to be: half as large is the box in a picture of half the size."""
        for one in surest(self.answer):
            for other in surest(self.before):
                if one.label == other.label and one.width > 0:
                    yield self.times * other.width / one.width

    def _moved(self, box: Corners) -> Corners:
        x0, y0, x1, y1 = box
        return (self.size[0] - x1, y0, self.size[0] - x0, y1) if self.mirrored else _scaled(box, self.times, self.times)


def surest(answer: Detection) -> list[Prediction]:
    """The predictions that are looked at, most confident first."""
    return sorted(answer.predictions, key=lambda one: -one.confidence)[:SUREST]


def _about(box: Corners, thing: Corners, reach: float) -> bool:
    """Whether a box lies about a thing: along each axis its centre within `reach` of the thing's side."""
    for low, high in ((0, 2), (1, 3)):
        side, length = thing[high] - thing[low], box[high] - box[low]
        apart = abs(box[low] + box[high] - thing[low] - thing[high]) / 2
        if apart > reach * side or not side / SIZES <= length <= side * SIZES:
            return False
    return True


def _on(box: Corners, thing: Corners, tips: bool) -> bool:
    """Whether a box is that of a thing, or of a part of it or of more than it: along each axis one holds the other.

    Each end may lie outside by NEAR of the thing's side; with `tips`, half of a box that is clearly smaller may, too.
    So much larger than the thing that it may be of anything is none.
    """
    for low, high in ((0, 2), (1, 3)):
        side, length = thing[high] - thing[low], box[high] - box[low]
        apart = abs(box[low] + box[high] - thing[low] - thing[high]) / 2
        reach = NEAR * side + abs(length - side) / 2
        if tips and length <= PART * side:
            reach = max(reach, side / 2 + CLOSE * length)
        if apart > reach or length > side * SIZES:
            return False
    return True


def _sideways(one: Prediction, other: Prediction) -> bool:
    """Whether two boxes of a class differ in little but where they lie from left to right."""
    aligned = dataclasses.replace(other, x=one.x)
    return one.label == other.label and iou(one.corners, aligned.corners) >= LIKE


def _scaled(box: Corners, across: float, down: float, left: float = 0, top: float = 0) -> Corners:
    x0, y0, x1, y1 = box
    return (x0 - left) * across, (y0 - top) * down, (x1 - left) * across, (y1 - top) * down


def _stretched(side: float) -> Place:
    return lambda one, width, height: _scaled(one.corners, width / side, height / side)


def _padded(one: Prediction, width: float, height: float, side: float) -> Corners:
    scale = max(width, height) / side
    return _scaled(one.corners, scale, scale, (side - width / scale) / 2, (side - height / scale) / 2)


def _padded_below(side: float) -> Place:
    return lambda one, width, height: _scaled(one.corners, max(width, height) / side, max(width, height) / side)


def _padded_to(side: float) -> Place:
    return lambda one, width, height: _padded(one, width, height, side)


def _by_the_ratio(shorter: int, longer: int) -> Place:
    """Along the shorter and along the longer side of the picture multiplied by these powers of the ratio of the two."""

    def box(one: Prediction, width: float, height: float) -> Corners:
        ratio = max(width, height) / min(width, height)
        across, down = (shorter, longer) if width < height else (longer, shorter)
        return _scaled(one.corners, ratio**across, ratio**down)

    return box


def _squeezed(one: Prediction, width: float, height: float) -> Corners:
    """Of the square that the picture was padded to, when that was brought to the sides of the picture."""
    side = max(width, height)
    across, down = side / width, side / height
    return _scaled(one.corners, across, down, (side - width) / 2 / across, (side - height) / 2 / down)


def _drawn_out(one: Prediction, width: float, height: float) -> Corners:
    """Of the square that the picture was stretched to, when padding was taken off that it never had."""
    side = max(width, height)
    return _scaled(one.corners, width / side, height / side, (width - side) / 2, (height - side) / 2)


def _along(shorter: int, longer: int) -> str:
    done = {1: "multiplied", -1: "divided"}
    powers = [(power, side) for power, side in ((shorter, "shorter"), (longer, "longer")) if power]
    ratio = "by the ratio of the picture's sides"
    return " and ".join(f"{done[power]} {ratio} along its {side} side" for power, side in powers)


def _mirrored(one: Prediction, width: float, _: float) -> Corners:
    x0, y0, x1, y1 = one.corners
    return width - x1, y0, width - x0, y1


def _upside_down(one: Prediction, _: float, height: float) -> Corners:
    x0, y0, x1, y1 = one.corners
    return x0, height - y1, x1, height - y0


def _turned(one: Prediction, width: float, height: float) -> Corners:
    x0, y0, x1, y1 = one.corners
    return width - x1, height - y1, width - x0, height - y0


def _exchanged(one: Prediction, *_: float) -> Corners:
    x0, y0, x1, y1 = one.corners
    return y0, x0, y1, x1


DOCUMENTED = Reading("with (x, y) as the centre of a box", lambda one, *_: one.corners)
EXCHANGED_SIDES = Reading(
    "with width for height",
    lambda one, *_: (one.x - one.height / 2, one.y - one.width / 2, one.x + one.height / 2, one.y + one.width / 2),
)
OTHERS = (
    Reading(
        "with (x, y) as the top left corner of a box",
        lambda one, *_: (one.x, one.y, one.x + one.width, one.y + one.height),
    ),
    Reading(
        "with (x, y) as the bottom right corner of a box",
        lambda one, *_: (one.x - one.width, one.y - one.height, one.x, one.y),
    ),
    Reading("as those of the picture mirrored from left to right", _mirrored),
    Reading("as those of the picture upside down", _upside_down),
    Reading("as those of the picture turned by half", _turned),
    Reading("with x for y, and width for height", _exchanged),
    Reading(
        "as those of the square that the picture was padded to",
        lambda one, width, height: _padded(one, width, height, max(width, height)),
    ),
    *(Reading(f"in pixels of a square of {side} px that it was stretched to", _stretched(side)) for side in NETWORKS),
    *(Reading(f"in pixels of a square of {side} px that it was padded to", _padded_to(side)) for side in NETWORKS),
    *(Reading(f"in pixels of a square of {side} px, padded at one end", _padded_below(side)) for side in NETWORKS),
)
"""What servers may give instead."""
OF_A_SHAPE = (
    Reading("as those of the square that the picture was padded to, brought to the sides of the picture", _squeezed),
    Reading("as those of the picture stretched to a square, less a padding that it never had", _drawn_out),
    *(Reading(_along(*powers), _by_the_ratio(*powers)) for powers in product((1, 0, -1), repeat=2) if any(powers)),
)
"""What they may give where a picture is no square, which the network sees. Told apart by known things alone."""


def shaped(sights: Sequence[Sight]) -> Iterator[Reading]:
    """Readings that depend on the shape of a picture, of painted pictures.

    In one made wider they look as if boxes had stayed at their share of it, as those of a part of the picture may.
    """
    if any(isinstance(sight, Painted) for sight in sights):
        yield from OF_A_SHAPE


def shifted(sights: Sequence[Sight]) -> Iterator[Reading]:
    """Readings by which every box was moved alike: by so many px, or by so large a part of the picture.

    Taken from the answer with the most predictions.
    """
    fullest = max(sights, key=lambda sight: len(sight.answer.predictions))
    width, height = fullest.size
    for x, y in sorted({(round(x), round(y)) for x, y in fullest.shifts()} - {(0, 0)}):
        yield Reading(f"moved by {-x} px across and {-y} px down", _moved_by(x, y))
        told = f"moved by {-x / width:.1%} of the width and {-y / height:.1%} of the height"
        yield Reading(told, _moved_by_share(x / width, y / height))


def _moved_by(right: float, down: float) -> Place:
    return lambda one, *_: _scaled(one.corners, 1, 1, right, down)


def _moved_by_share(right: float, down: float) -> Place:
    return lambda one, width, height: _scaled(one.corners, 1, 1, right * width, down * height)
