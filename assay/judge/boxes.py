"""Boxes and keypoints as answers state them, and matching them one to one, by class and IoU and never by index.

Coordinates are px, origin top-left. Answers state a box by its centre; `corners` are (x0, y0, x1, y1).
Tolerances of `same` are those of Roboflow's own regression tests over HTTP: 2 px and 0.02 of confidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from assay.contract.sentences import shortened

PIXELS = 2.0
CONFIDENCE = 0.02
SAME_IOU = 0.9
ROUNDING = 1e-6
"""What decimal text and binary floats may add to a difference at its tolerance, or take from a value at its limit."""
CLEAR_GAP = 0.06
"""Between two confidences of a detector, so that a threshold in the middle is clear of both."""

LONGEST_NAME = 60
"""Characters of a class that are told."""

Corners = tuple[float, float, float, float]


def is_borderline(confidence: float, threshold: float) -> bool:
    """Whether what is so sure may come and go at a threshold (both 0 to 1): batches and GPUs round otherwise."""
    return abs(confidence - threshold) <= CONFIDENCE + ROUNDING


@dataclass(frozen=True, slots=True)
class Keypoint:
    """A named point of a prediction; `identifier` is its `class_id`, `name` is None where the answer names it not."""

    x: float
    y: float
    confidence: float
    identifier: int
    name: str | None
    pointer: str


@dataclass(frozen=True, slots=True)
class Prediction:
    """One predicted box, with the place in the answer where it stands."""

    x: float
    y: float
    width: float
    height: float
    confidence: float
    label: str
    keypoints: tuple[Keypoint, ...]
    pointer: str

    @property
    def corners(self) -> Corners:
        """(x0, y0, x1, y1) of the box around the centre (x, y)."""
        half_width, half_height = self.width / 2, self.height / 2
        return (self.x - half_width, self.y - half_height, self.x + half_width, self.y + half_height)

    @property
    def mark(self) -> tuple[float, float, float, float, str]:
        """The box as a report draws it."""
        return (*self.corners, f"{self._called} {self.confidence:.2f}")

    @property
    def _called(self) -> str:
        """The class as it is told: its name may be of any length."""
        return shortened(self.label, LONGEST_NAME)

    def __str__(self) -> str:
        place = ", ".join(f"{value:g}" for value in self.corners)
        return f"{self._called} {self.confidence:.3f} at ({place})"


def iou(first: Corners, second: Corners) -> float:
    """Intersection over union of two boxes, 0 where both are empty."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    shared = max(width, 0.0) * max(height, 0.0)
    union = _area(first) + _area(second) - shared
    return shared / union if union > 0 else 0.0


def widest_gap(predictions: Sequence[Prediction], least: float) -> tuple[float, float] | None:
    """Two neighbouring confidences, the lower first, that lie farthest apart; None where not more than `least`."""
    found = gaps([prediction.confidence for prediction in predictions], least)
    return max(found, key=lambda pair: pair[1] - pair[0], default=None)


def gaps(confidences: Sequence[float], least: float) -> list[tuple[float, float]]:
    """Neighbouring confidences, the lower first, that lie more than `least` apart; the surest pair first."""
    ordered = sorted(confidences, reverse=True)
    return [(low, high) for high, low in pairwise(ordered) if high - low > least]


def overlap_of(predictions: Sequence[Prediction], across: bool = False) -> float:
    """The greatest IoU of two predictions of one class (with `across`, of two classes), 0 where there are no two."""
    return max(overlaps(predictions, across), default=0.0)


def overlaps(predictions: Sequence[Prediction], across: bool = False) -> list[float]:
    """The IoU of every two predictions of one class (with `across`, of two classes)."""
    pairs = combinations(predictions, 2)
    return [iou(a.corners, b.corners) for a, b in pairs if (a.label != b.label) is across]


def apart(first: Corners, second: Corners, distance: float) -> bool:
    """Whether two boxes lie `distance` px or more from each other, along an axis of the picture."""
    across = max(first[0] - second[2], second[0] - first[2])
    down = max(first[1] - second[3], second[1] - first[3])
    return max(across, down) >= distance


def alone(prediction: Prediction, predictions: Sequence[Prediction]) -> bool:
    """Whether nothing overlaps it: the document lets overlapping boxes of a class be combined into one."""
    return all(iou(prediction.corners, other.corners) == 0 for other in predictions if other is not prediction)


def overlapping(prediction: Prediction, predictions: Sequence[Prediction]) -> int:
    """How many of these predictions a box overlaps, its own counterpart among them."""
    return sum(iou(prediction.corners, other.corners) > 0 for other in predictions)


def single(predictions: Sequence[Prediction], candidates: Sequence[Prediction]) -> tuple[Prediction, ...]:
    """Those that come of one candidate alone, whatever is combined or suppressed: they overlap no other."""
    return tuple(prediction for prediction in predictions if overlapping(prediction, candidates) <= 1)


def beside_other_classes(predictions: Sequence[Prediction], limit: float) -> list[Prediction]:
    """Those that a box of another class overlaps by an IoU over the limit (0 to 1), and none of their own at all."""
    return [
        one
        for one in predictions
        if any(iou(one.corners, each.corners) > limit for each in predictions if each.label != one.label)
        and alone(one, [each for each in predictions if each.label == one.label])
    ]


def chained(predictions: Sequence[Prediction]) -> bool:
    """Whether a box overlaps two others: which of them stays depends then on the order of suppressing."""
    return any(
        sum(iou(one.corners, other.corners) > 0 for other in predictions if other is not one) > 1 for one in predictions
    )


def _area(corners: Corners) -> float:
    return max(corners[2] - corners[0], 0.0) * max(corners[3] - corners[1], 0.0)


def same(first: Prediction, second: Prediction) -> bool:
    """Whether two predictions are of one object: class, edges (2 px, or IoU of 0.9) and confidence (0.02) agree."""
    edges = max(abs(a - b) for a, b in zip(first.corners, second.corners, strict=True))
    near = edges <= PIXELS + ROUNDING or iou(first.corners, second.corners) >= SAME_IOU - ROUNDING
    as_sure = abs(first.confidence - second.confidence) <= CONFIDENCE + ROUNDING
    return first.label == second.label and near and as_sure


@dataclass(frozen=True, slots=True)
class Matching:
    """Pairs of predictions that are the same, and what each side has alone."""

    pairs: tuple[tuple[Prediction, Prediction], ...]
    only_first: tuple[Prediction, ...]
    only_second: tuple[Prediction, ...]


def match(first: Sequence[Prediction], second: Sequence[Prediction]) -> Matching:
    """Match one to one, as many pairs as there can be: nothing stays alone that could have had a partner.

    The best overlap goes first; ties go to the nearer confidence, then to the order in the answers. Where that leaves
    a prediction alone, others change their partner for its sake.
    """
    candidates = sorted(
        (-iou(a.corners, b.corners), abs(a.confidence - b.confidence), i, j)
        for i, a in enumerate(first)
        for j, b in enumerate(second)
        if same(a, b)
    )
    choices: dict[int, list[int]] = {}
    left: dict[int, int] = {}
    taken: dict[int, int] = {}
    for _, _, i, j in candidates:
        choices.setdefault(i, []).append(j)
        if i not in left and j not in taken:
            left[i], taken[j] = j, i
    for i in choices:
        if i not in left:
            _make_room(i, choices, left, taken)
    return Matching(
        pairs=tuple((first[i], second[j]) for i, j in sorted(left.items())),
        only_first=tuple(prediction for i, prediction in enumerate(first) if i not in left),
        only_second=tuple(prediction for j, prediction in enumerate(second) if j not in taken),
    )


def _make_room(alone: int, choices: dict[int, list[int]], left: dict[int, int], taken: dict[int, int]) -> None:
    """Give `alone` a partner by a chain of changes that ends at a free one, if there is such a chain."""
    reached_from: dict[int, int] = {}
    waiting = [alone]
    for i in waiting:
        for j in choices[i]:
            if j in reached_from:
                continue
            reached_from[j] = i
            if j in taken:
                waiting.append(taken[j])
                continue
            step: int | None = j
            while step is not None:
                mover = reached_from[step]
                before = left.get(mover)
                left[mover], taken[step] = step, mover
                step = before
            return
