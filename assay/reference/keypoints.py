"""The joints of a figure, read from the pixels of its region."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assay.reference.detection import Detection, Mask

# name: height in the figure, and place between its left and right edge at that height, both as fractions; and how sure
# it is where the figure fills all around it, as a share of the figure's own confidence
SKELETON = (
    ("nose", 0.18, 0.5, 1.0),
    ("left_shoulder", 0.4, 0.12, 0.9),
    ("right_shoulder", 0.4, 0.88, 0.9),
    ("left_hip", 0.66, 0.3, 0.8),
    ("right_hip", 0.66, 0.7, 0.8),
)
NEAR = 0.08  # half a joint's neighbourhood, as a fraction of the figure's height


@dataclass(frozen=True, slots=True)
class Keypoint:
    """A joint: x, y in px from the picture's top left; left and right are the viewer's; confidence 0 to 1."""

    class_id: int
    name: str
    x: float
    y: float
    confidence: float


def keypoints(detection: Detection) -> list[Keypoint]:
    """The joints of a figure, by class id.

    A joint's confidence is the figure's, times the part of the joint's neighbourhood that the figure fills, and the
    less the farther it is from the head.
    """
    x0, y0, _, _ = detection.box
    mask = detection.region.mask
    found = []
    for class_id, (name, down, across, sure) in enumerate(SKELETON):
        row = min(int(mask.shape[0] * down), mask.shape[0] - 1)
        columns = np.flatnonzero(mask[row])
        left, right = (int(columns[0]), int(columns[-1])) if columns.size else (0, mask.shape[1] - 1)
        column = round(left + (right - left) * across)
        confidence = round(detection.confidence * sure * _filled(mask, column, row), 4)
        found.append(Keypoint(class_id, name, x0 + column + 0.5, y0 + row + 0.5, confidence))
    return found


def _filled(mask: Mask, column: int, row: int) -> float:
    near = max(2, round(mask.shape[0] * NEAR))
    window = mask[max(row - near, 0) : row + near + 1, max(column - near, 0) : column + near + 1]
    return float(window.mean())
