"""Boxes of two answers: matched one to one by class and IoU, and held to each other edge by edge.

Coordinates are px, origin at the top left; boxes are (x0, y0, x1, y1). Confidences are 0 to 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assay.contract.sentences import cut
from assay.judge.boxes import ROUNDING, Corners, Prediction, iou
from assay.likeness import matching
from assay.likeness.context import Context, Limits
from assay.likeness.profiles import Profile
from assay.likeness.report import Borderline, Mark, Side, used

SAME_THING = 0.1
"""IoU from which on two boxes of a class are one thing that moved; below it one was lost and another added."""
RENAMED = 0.5
"""IoU from which on two boxes of two classes are one thing that changed its class."""
EDGES = ("left", "upper", "right", "lower")
LEAST_EDGE = 1.0
"""px that an edge of the smallest box may be off where anything is allowed: what rounding to pixels does."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Which predictions are one thing, as indices into both answers; those of `renamed` have two classes."""

    same: tuple[tuple[int, int], ...]
    renamed: tuple[tuple[int, int], ...]
    only_first: tuple[int, ...]
    only_second: tuple[int, ...]


def edge_allowed(side: float, profile: Profile) -> float:
    """By how many px an edge may be off that bounds a side of this length in px."""
    wide = max(profile["boxes.edge"], min(profile["boxes.edge-share"] * side, profile["boxes.edge-most"]))
    return min(wide, max(profile["boxes.edge-small"] * side, LEAST_EDGE))


def centre_allowed(profile: Profile) -> float:
    """By how many px the centre of a box may be off: as far as an edge, or where each edge may be as they all may."""
    return max(profile["boxes.edge-most"], math.sqrt(2) * profile["boxes.edge"])


def iou_floor(box: Corners, profile: Profile) -> float:
    """The IoU that a box keeps when it is moved, along both axes, by as much as its edges may be off."""
    width, height = box[2] - box[0], box[3] - box[1]
    if not (width > 0 and height > 0):
        return 0.0
    left = max(width - edge_allowed(width, profile), 0) * max(height - edge_allowed(height, profile), 0)
    return float(left / (2 * width * height - left))


def compare(context: Context, first: Sequence[Prediction], second: Sequence[Prediction], around: str = "") -> Pairs:
    """Hold the predictions of two answers to each other, and give the pairs, for what hangs on boxes.

    `around` is the pointer to the answer, where one reply holds several. What only one side has is a difference, unless
    it is no surer than the threshold allows to come and go, or was cut off as one too many: then it is borderline.
    """
    pairs = pair(first, second, context.profile)
    context.ledger.count("boxes", len(first) + len(pairs.renamed) + len(pairs.only_second))
    for i, j in pairs.same:
        _place(context, first[i], second[j], around)
        _sure(context, first[i], second[j], around)
    for i, j in pairs.renamed:
        one, other = first[i], second[j]
        message = f"{one} is {cut(other.label, 60)!r} in the second answer"
        places = (f"{around}{one.pointer}/class", f"{around}{other.pointer}/class")
        context.differ("class", places, message, marks=marks(one, other))
    _alone(context, "first", [first[i] for i in pairs.only_first], second, around)
    _alone(context, "second", [second[j] for j in pairs.only_second], first, around)
    return pairs


def pair(first: Sequence[Prediction], second: Sequence[Prediction], profile: Profile) -> Pairs:
    """As many pairs that agree as there can be; among those the most IoU in all, then the nearest confidences.

    The order of the answers decides nothing: equal predictions are one as good as the other.
    """
    mine, theirs = _ordered(first), _ordered(second)
    one, other = [first[i] for i in mine], [second[j] for j in theirs]
    found = matching.match(_gains(one, other, profile))
    same = sorted((mine[i], theirs[j]) for i, j in found.pairs)
    left, right = [mine[i] for i in found.only_first], [theirs[j] for j in found.only_second]
    overlap = matching.ious(_array([first[i] for i in left]), _array([second[j] for j in right]))
    again = matching.match(np.where(overlap >= RENAMED, overlap, 0))
    return Pairs(
        tuple(same),
        tuple(sorted((left[i], right[j]) for i, j in again.pairs)),
        tuple(sorted(left[i] for i in again.only_first)),
        tuple(sorted(right[j] for j in again.only_second)),
    )


def _gains(first: Sequence[Prediction], second: Sequence[Prediction], profile: Profile) -> matching.Gains:
    """What a pair is worth: agreeing outweighs all IoU, IoU outweighs confidence but for a thousandth."""
    one, other = _array(first), _array(second)
    overlap, apart = matching.ious(one, other), np.abs(one[:, None, :] - other[None, :, :])
    sides = np.clip(one[:, 2:] - one[:, :2], 0, None)
    allowed = np.array([[edge_allowed(side, profile) for side in pair] for pair in sides.tolist()]).reshape(-1, 2)
    with np.errstate(invalid="ignore"):
        near = (apart <= np.tile(allowed, 2)[:, None, :] + ROUNDING).all(axis=2)
        unsure = np.abs(_sureness(first)[:, None] - _sureness(second)[None, :])
        agrees = near & (unsure <= profile["boxes.confidence"] + ROUNDING)
    labels = np.array([a.label == b.label for a in first for b in second], bool).reshape(len(first), len(second))
    possible = labels & (near | (overlap >= SAME_THING))
    worth = (
        overlap + 1e-3 * (1 - np.nan_to_num(unsure, nan=1.0)) + 1e-6 + np.where(agrees, len(first) + len(second) + 1, 0)
    )
    return np.where(possible, worth, 0.0)


def _ordered(predictions: Sequence[Prediction]) -> list[int]:
    return matching.order([(one.label, one.confidence, *one.corners) for one in predictions])


def _array(predictions: Sequence[Prediction]) -> matching.Boxes:
    return np.array([one.corners for one in predictions], np.float64).reshape(-1, 4)


def _sureness(predictions: Sequence[Prediction]) -> matching.Gains:
    return np.array([one.confidence for one in predictions], np.float64)


def _place(context: Context, one: Prediction, other: Prediction, around: str) -> None:
    """Each edge by what its side allows; the edge that used most of it is told. Then the centre, in any direction."""
    places = f"{around}{one.pointer}", f"{around}{other.pointer}"
    sides = (one.corners[2] - one.corners[0], one.corners[3] - one.corners[1])
    allowed = [edge_allowed(side, context.profile) for side in sides]
    apart = [abs(a - b) for a, b in zip(one.corners, other.corners, strict=True)]
    worst = max(range(4), key=lambda edge: (used(apart[edge], allowed[edge % 2]), apart[edge]))
    overlap, off, most = iou(one.corners, other.corners), apart[worst], allowed[worst % 2]
    context.ledger.note("boxes.edge", off, most, "px", places[0])
    context.ledger.note("boxes.iou", overlap, iou_floor(one.corners, context.profile), "IoU", places[0], floor=True)
    if not off <= most + ROUNDING:
        message = f"{one}: its {EDGES[worst]} edge lies {off:.1f} px off, and {most:.1f} px are allowed"
        message += f" (IoU {overlap:.3f}, side {sides[worst % 2]:.0f} px)"
        context.differ(
            "box", places, message, measured=off, allowed=most, unit="px", tolerance="boxes.edge",
            marks=marks(one, other),
        )  # fmt: skip
        return
    moved, far = math.hypot(other.x - one.x, other.y - one.y), centre_allowed(context.profile)
    context.ledger.note("boxes.edge-most", moved, far, "px", places[0])
    if not moved <= far + ROUNDING:
        message = f"{one}: its centre lies {moved:.1f} px off, and {far:.1f} px are allowed (IoU {overlap:.3f})"
        context.differ(
            "box", places, message, measured=moved, allowed=far, unit="px", tolerance="boxes.edge-most",
            marks=marks(one, other),
        )  # fmt: skip


def _sure(context: Context, one: Prediction, other: Prediction, around: str) -> None:
    places = f"{around}{one.pointer}/confidence", f"{around}{other.pointer}/confidence"
    sure(context, "boxes.confidence", str(one), (one.confidence, other.confidence), places, drawn=marks(one, other))


def sure(
    context: Context,
    tolerance: str,
    told: str,
    confidences: tuple[float, float],
    places: tuple[str, str],
    *,
    drawn: tuple[Mark, ...] = (),
) -> None:
    """Hold two confidences to each other by a tolerance of this name; `told` is what they are of."""
    apart, allowed = abs(confidences[0] - confidences[1]), context.profile[tolerance]
    context.ledger.note(tolerance, apart, allowed, "", places[0])
    if not apart <= allowed + ROUNDING:
        message = f"{told}: its confidence is {confidences[1]:.3f} in the second answer, "
        message += f"{apart:.3f} off, and {allowed:g} is allowed"
        context.differ("confidence", places, message, measured=apart, allowed=allowed, tolerance=tolerance, marks=drawn)


def _alone(
    context: Context, side: Side, alone: Sequence[Prediction], others: Sequence[Prediction], around: str
) -> None:
    threshold = _threshold(others, context.limits)
    for one in alone:
        mark = (Mark(side, "box", one.corners, _label(one)),)
        pointer, list_of_all = f"{around}{one.pointer}", f"{around}/predictions"
        if threshold is not None and one.confidence <= threshold + context.profile["boxes.confidence"] + ROUNDING:
            message = f"{one} is in the {side} answer alone, where {threshold:g} is needed: it may come and go"
            context.ledger.borderline.append(Borderline(side, pointer, message, one.confidence, threshold, mark))
        elif side == "first":
            context.differ("lost", (pointer, list_of_all), f"{one} is missing in the second answer", marks=mark)
        else:
            context.differ("added", (list_of_all, pointer), f"{one} is in the second answer alone", marks=mark)


def _threshold(others: Sequence[Prediction], limits: Limits) -> float | None:
    """How sure a prediction has to be to stand in the other answer: surer than the last one where that is full."""
    if limits.most is not None and len(others) >= limits.most and others:
        return max(limits.threshold or 0.0, min(one.confidence for one in others))
    return limits.threshold


def _label(one: Prediction) -> str:
    return f"{cut(one.label, 60)} {one.confidence:.2f}"


def marks(one: Prediction, other: Prediction) -> tuple[Mark, ...]:
    """Both boxes, to be drawn."""
    return Mark("first", "box", one.corners, _label(one)), Mark("second", "box", other.corners, _label(other))
