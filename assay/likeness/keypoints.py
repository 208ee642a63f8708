"""Keypoints of two answers, by name: how far each moved, the similarity of whole skeletons, and what is visible."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from assay.judge.answers import predictions_of
from assay.judge.boxes import ROUNDING, Keypoint, Prediction
from assay.judge.verify_keypoints import VISIBLE
from assay.likeness import detections, members
from assay.likeness.boxes import LEAST_EDGE, sure
from assay.likeness.context import Context
from assay.likeness.profiles import Profile
from assay.likeness.report import Borderline, Mark, Side

COCO_SIGMAS: Mapping[str, float] = {
    "nose": 0.026, "left_eye": 0.025, "right_eye": 0.025, "left_ear": 0.035, "right_ear": 0.035,
    "left_shoulder": 0.079, "right_shoulder": 0.079, "left_elbow": 0.072, "right_elbow": 0.072,
    "left_wrist": 0.062, "right_wrist": 0.062, "left_hip": 0.107, "right_hip": 0.107,
    "left_knee": 0.087, "right_knee": 0.087, "left_ankle": 0.089, "right_ankle": 0.089,
}  # fmt: skip
"""How far apart people put a keypoint, as a share of the object's size: COCO's."""
KNOWN = (*detections.BOX, "keypoints")
POINT = ("x", "y", "confidence", "class", "class_name", "class_id")
Name = tuple[str, int]
Two = tuple[Keypoint, Keypoint]


def compare(context: Context, first: Any, second: Any, pointers: tuple[str, str]) -> None:
    """Compare boxes, and the keypoints of those that are one thing. Raises what reading raises."""
    pairs = detections.pairs(context, first, second, pointers, KNOWN)
    one, other = predictions_of(first), predictions_of(second)
    for i, j in (*pairs.same, *pairs.renamed):
        _skeletons(context, one[i], other[j], pointers[0])
        context.ledger.count("keypoints", len(one[i].keypoints))
    _written(context, first, second, pointers, (*pairs.same, *pairs.renamed))
    members.compare(context, first, second, pointers, skipped=("predictions", "visualization"))


def oks(pairs: Sequence[tuple[Keypoint, Keypoint, float]], area: float) -> float:
    """Object keypoint similarity as COCO defines it: pairs with the sigma of each, and the object's area in px².

    1 where there are no pairs.
    """
    if not pairs:
        return 1.0
    scores = []
    for one, other, sigma in pairs:
        squared = (one.x - other.x) ** 2 + (one.y - other.y) ** 2
        scores.append(math.exp(-squared / (2 * (2 * sigma) ** 2 * (area + np.spacing(1)))))
    return sum(scores) / len(scores)


def allowed_distance(size: float, profile: Profile) -> float:
    """By how many px a keypoint may be off in a box of this size: the square root of its area, px."""
    share, most = profile["keypoints.distance-share"], profile["keypoints.distance-most"]
    wide = max(profile["keypoints.distance"], min(share * size, most))
    return min(wide, max(profile["boxes.edge-small"] * size, LEAST_EDGE))


def _skeletons(context: Context, one: Prediction, other: Prediction, around: str) -> None:
    mine, theirs = _by_name(one), _by_name(other)
    size = math.sqrt(max(one.width * one.height, 0.0))
    both = [(mine[name], theirs[name]) for name in mine if name in theirs]
    for pair in both:
        _sureness(context, one, pair, around)
    seen = [pair for pair in both if _seen(context, one, pair, around)]
    for pair in seen:
        _distance(context, one, pair, size, around)
    _similarity(context, one, seen, size, around)
    _alone(context, "first", [mine[name] for name in mine if name not in theirs], (one, other), around)
    _alone(context, "second", [theirs[name] for name in theirs if name not in mine], (one, other), around)


def _by_name(prediction: Prediction) -> dict[Name, Keypoint]:
    """The keypoints by their name, and where several have one, by which of them it is: by id, as skeletons number."""
    found: dict[Name, Keypoint] = {}
    for point in sorted(prediction.keypoints, key=lambda each: each.identifier):
        name = _name(point)
        number = 0
        while (name, number) in found:
            number += 1
        found[name, number] = point
    return found


def _name(point: Keypoint) -> str:
    return point.name if point.name is not None else f"#{point.identifier}"


def _sureness(context: Context, one: Prediction, pair: Two, around: str) -> None:
    places = f"{around}{pair[0].pointer}/confidence", f"{around}{pair[1].pointer}/confidence"
    told = f"{_name(pair[0])} of {one}"
    numbers = pair[0].confidence, pair[1].confidence
    sure(context, "keypoints.confidence", told, numbers, places, drawn=_marks(pair))


def _seen(context: Context, one: Prediction, pair: Two, around: str) -> bool:
    """Whether a keypoint is visible on both sides: what is not is a placeholder, and its place means nothing."""
    visible = [point.confidence >= VISIBLE for point in pair]
    near = abs(pair[0].confidence - pair[1].confidence) <= context.profile["keypoints.confidence"] + ROUNDING
    if visible[0] is not visible[1] and not near:
        side = "first" if visible[0] else "second"
        message = f"{_name(pair[0])} of {one} is visible in the {side} answer alone"
        context.differ("visibility", (around + pair[0].pointer, around + pair[1].pointer), message, marks=_marks(pair))
    return all(visible)


def _distance(context: Context, one: Prediction, pair: Two, size: float, around: str) -> None:
    allowed = allowed_distance(size, context.profile)
    apart = math.hypot(pair[0].x - pair[1].x, pair[0].y - pair[1].y)
    places = around + pair[0].pointer, around + pair[1].pointer
    context.ledger.note("keypoints.distance", apart, allowed, "px", places[0])
    if not apart <= allowed + ROUNDING:
        message = f"{_name(pair[0])} of {one} lies {apart:.1f} px off, and {allowed:.1f} px are allowed "
        message += f"({apart / size if size > 0 else math.inf:.1%} of the box)"
        context.differ(
            "keypoint", places, message, measured=apart, allowed=allowed, unit="px",
            tolerance="keypoints.distance", marks=_marks(pair),
        )  # fmt: skip


def _similarity(context: Context, one: Prediction, seen: Sequence[Two], size: float, around: str) -> None:
    """OKS where all names are COCO's: at least what is asked, or what is left if every keypoint moves as it may."""
    names = [_plain(_name(point)) for point, _ in seen]
    if not names or not all(name in COCO_SIGMAS for name in names):
        return
    area = size**2
    found = oks([(*pair, COCO_SIGMAS[name]) for pair, name in zip(seen, names, strict=True)], area)
    far = allowed_distance(size, context.profile)
    kept = [math.exp(-(far**2) / (2 * (2 * COCO_SIGMAS[name]) ** 2 * (area + np.spacing(1)))) for name in names]
    allowed = min(context.profile["keypoints.oks"], sum(kept) / len(kept))
    place = f"{around}{one.pointer}/keypoints"
    context.ledger.note("keypoints.oks", found, allowed, "OKS", place, floor=True)
    if not found >= allowed - ROUNDING:
        message = f"the keypoints of {one} have an OKS of {found:.3f}, and {allowed:.3f} is needed"
        marks = tuple(mark for pair in seen for mark in _marks(pair))
        context.differ(
            "keypoints", (place, place), message, measured=found, allowed=allowed, unit="OKS",
            tolerance="keypoints.oks", marks=marks,
        )  # fmt: skip


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def _alone(
    context: Context, side: Side, points: Sequence[Keypoint], both: tuple[Prediction, Prediction], around: str
) -> None:
    """What one side has alone is a difference, unless it is no surer than the request's threshold for keypoints."""
    asked = context.keypoint_threshold
    for point in points:
        mark = (Mark(side, "point", (point.x, point.y), _name(point)),)
        told = f"{_name(point)} {point.confidence:.2f} of {both[0]}"
        if asked is not None and point.confidence <= asked + context.profile["keypoints.confidence"] + ROUNDING:
            message = f"{told} is in the {side} answer alone, where {asked:g} is needed: it may come and go"
            pointer = around + point.pointer
            context.ledger.borderline.append(Borderline(side, pointer, message, point.confidence, asked, mark))
            continue
        elsewhere = f"{around}{both[side == 'first'].pointer}/keypoints"
        at = around + point.pointer
        places = (at, elsewhere) if side == "first" else (elsewhere, at)
        context.differ(
            "keypoint-lost" if side == "first" else "keypoint-added",
            places,
            f"{told} is in the {side} answer alone",
            marks=mark,
        )


def _written(
    context: Context, first: Any, second: Any, pointers: tuple[str, str], pairs: Sequence[tuple[int, int]]
) -> None:
    """Under which names keypoints are named: `class_name` or `class`; only the first of each are looked at."""
    for i, j in pairs:
        one, other = first["predictions"][i].get("keypoints"), second["predictions"][j].get("keypoints")
        if one and other:
            places = f"{pointers[0]}/predictions/{i}/keypoints/0", f"{pointers[1]}/predictions/{j}/keypoints/0"
            members.presence(
                context, [(one[0], other[0])], [places], f"{pointers[0]}/predictions/*/keypoints/*", POINT[:3]
            )
            return


def _marks(pair: Two) -> tuple[Mark, ...]:
    one, other = pair
    return Mark("first", "point", (one.x, one.y), _name(one)), Mark("second", "point", (other.x, other.y), _name(other))
