"""Finding what looks like an example: things of one colour before a plain background, compared by hue and shade.

A picture is taken apart into things first, whatever the examples are. An example stands for the thing that its box
fits; one that fits none stands for nothing. A thing's confidence is how alike it is to the example most like it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from assay.reference.decoding import Pixels
from assay.reference.detection import MIN_AREA, MIN_CORE, RIM, Detection, Region, iou
from assay.reference.examples import ExampleBox

Colour = NDArray[np.float64]
Mask = NDArray[np.bool_]

APART = 30  # levels of a channel by which a thing differs from the background, and within which it shows one colour
MAX_COLOURS = 16
MAX_THINGS = 300
FITS = 0.3  # IoU over which an example's box means a thing
OVERLAP = 0.3  # IoU over which only the more confident of two boxes is answered, whatever their classes
ALIKE = 0.99999  # confidence of a thing in itself
SHADE_WEIGHT = 0.06  # so that other shades of one hue stay near 0.99,
HUE_WEIGHT = 0.5  # and other hues are far below


@dataclass(frozen=True, slots=True)
class Thing:
    """A region of one colour (RGB, 0 to 255)."""

    region: Region
    colour: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Examples:
    """What one class is to look like, and what not."""

    positive: tuple[Thing, ...]
    negative: tuple[Thing, ...]


def things(pixels: Pixels) -> list[Thing]:
    """The things in a picture, in the order of how much of it their colours cover."""
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    left = ~_near(pixels, np.median(border, axis=0))
    found: list[Thing] = []
    for _ in range(MAX_COLOURS):
        colour = _commonest(pixels[left])
        if colour is None:
            break
        shown = left & _near(pixels, colour)
        left &= ~shown
        found += [Thing(region, _colour_of(pixels, region)) for region in _solid(shown)]
    return found[:MAX_THINGS]


def _near(pixels: Pixels, colour: Colour) -> Mask:
    """The pixels that show a colour."""
    return np.asarray(cv2.inRange(pixels, np.maximum(colour - APART, 0), np.minimum(colour + APART, 255)) > 0, np.bool_)


def learn(pictures: Iterable[tuple[Sequence[Thing], Sequence[ExampleBox]]]) -> dict[str, Examples]:
    """What the examples stand for, by class; of each picture its things and its example boxes are given."""
    learnt: dict[str, tuple[list[Thing], list[Thing]]] = {}
    for candidates, boxes in pictures:
        for box in boxes:
            positive, negative = learnt.setdefault(box.label, ([], []))
            meant = _meant(box, candidates)
            if meant is not None:
                (negative if box.negative else positive).append(meant)
    return {label: Examples(tuple(positive), tuple(negative)) for label, (positive, negative) in learnt.items()}


def find(
    candidates: Sequence[Thing], learnt: Mapping[str, Examples], confidence: float, classes: Sequence[str]
) -> list[Detection]:
    """The things that are more alike than `confidence` (0 to 1), most confident first, each under one class.

    A class's number is its place in `classes`.
    """
    found = [
        Detection(label, classes.index(label), alike, thing.region)
        for thing in candidates
        for label, examples in learnt.items()
        if (alike := _most_alike(thing, examples.positive)) > confidence
        and alike > _most_alike(thing, examples.negative)
    ]
    found.sort(key=lambda one: (-one.confidence, one.class_id, one.box[1], one.box[0]))
    kept: list[Detection] = []
    for one in found:
        if all(iou(one.box, other.box) <= OVERLAP for other in kept):
            kept.append(one)
    return kept


def likeness(first: Thing, second: Thing) -> float:
    """How alike two things are, 0 to 1: near 0.99 for shades of one hue, about 0.5 for red and blue."""
    one, other = np.asarray(first.colour), np.asarray(second.colour)
    shade = (one.max() - other.max()) / 255
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    cosine = min(float(one @ other) / lengths, 1.0) if lengths else float(not one.any() and not other.any())
    return round(float(ALIKE - SHADE_WEIGHT * shade**2 - HUE_WEIGHT * (1 - cosine)), 6)


def _most_alike(thing: Thing, examples: Sequence[Thing]) -> float:
    return max((likeness(thing, example) for example in examples), default=-1.0)


def _meant(box: ExampleBox, candidates: Sequence[Thing]) -> Thing | None:
    best = max(candidates, key=lambda thing: iou(thing.region.box, box.corners), default=None)
    return best if best is not None and iou(best.region.box, box.corners) > FITS else None


def _commonest(pixels: NDArray[np.uint8]) -> Colour | None:
    """The commonest colour, to 16 levels a channel, as the median of the pixels that show it."""
    if len(pixels) < MIN_AREA:
        return None
    coarse = (pixels >> 4).astype(np.int32)
    bins = coarse[:, 0] << 8 | coarse[:, 1] << 4 | coarse[:, 2]
    commonest = int(np.argmax(np.bincount(bins, minlength=4096)))
    return np.asarray(np.median(pixels[bins == commonest], axis=0), np.float64)


def _colour_of(pixels: Pixels, region: Region) -> tuple[float, float, float]:
    x0, y0, x1, y1 = region.box
    red, green, blue = np.median(pixels[y0:y1, x0:x1][region.mask], axis=0).tolist()
    return red, green, blue


def _solid(mask: Mask) -> Iterator[Region]:
    """The connected parts of a mask that are thick enough to be things."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    for index in np.flatnonzero(stats[:, cv2.CC_STAT_AREA] >= MIN_AREA):
        if index == 0:  # what the mask leaves out
            continue
        x, y, w, h, area = (int(value) for value in stats[index])
        part = labels[y : y + h, x : x + w] == index
        core = cv2.erode(part.astype(np.uint8), RIM, borderType=cv2.BORDER_CONSTANT, borderValue=0)
        if int(core.sum()) >= MIN_CORE * area:
            yield Region((x, y, x + w, y + h), part, 0)
