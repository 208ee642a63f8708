"""Predictions drawn on the picture."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from assay.reference.classification import Score
from assay.reference.decoding import Pixels
from assay.reference.detection import Detection
from assay.reference.keypoints import Keypoint

COLOURS = ((0, 230, 0), (255, 200, 0), (255, 0, 255))  # RGB, by class id; none is the colour of a thing
QUALITY = 92


def draw(
    pixels: Pixels,
    drawn: Sequence[tuple[Detection, Sequence[Keypoint]]],
    stroke: int = 1,
    labels: bool = False,
) -> bytes:
    """The picture as JPEG, in its own size, with a box around each detection and a dot on each joint.

    The box is `stroke` px wide. With `labels` its class and confidence stand above it or, for want of room,
    inside.
    """
    canvas = np.ascontiguousarray(pixels)
    canvas = canvas.copy() if drawn else canvas
    for detection, joints in drawn:
        colour = COLOURS[detection.class_id % len(COLOURS)]
        x0, y0, x1, y1 = detection.box
        cv2.rectangle(canvas, (x0, y0), (x1 - 1, y1 - 1), colour, stroke)
        for joint in joints:
            cv2.circle(canvas, (int(joint.x), int(joint.y)), 1 + stroke, colour, cv2.FILLED)
        if labels:
            _write(canvas, f"{detection.label} {detection.confidence:.2f}", (x0, y0), colour)
    return _jpeg(canvas)


def caption(pixels: Pixels, scores: Sequence[Score]) -> bytes:
    """The picture as JPEG with its surest class in a corner."""
    canvas = np.ascontiguousarray(pixels).copy()
    for score in scores[:1]:
        colour = COLOURS[score.class_id % len(COLOURS)]
        _write(canvas, f"{score.label} {score.confidence:.2f}", (0, 0), colour)
    return _jpeg(canvas)


def _jpeg(canvas: Pixels) -> bytes:
    done, data = cv2.imencode(".jpg", canvas[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise ValueError("the drawing could not be encoded")
    return data.tobytes()


def _write(canvas: Pixels, text: str, corner: tuple[int, int], colour: tuple[int, int, int]) -> None:
    font, scale = cv2.FONT_HERSHEY_SIMPLEX, 0.45
    (width, height), baseline = cv2.getTextSize(text, font, scale, 1)
    x = max(0, min(corner[0], canvas.shape[1] - width))
    bottom = corner[1] if corner[1] >= height + baseline else corner[1] + height + baseline
    cv2.rectangle(canvas, (x, bottom - height - baseline), (x + width, bottom), colour, cv2.FILLED)
    cv2.putText(canvas, text, (x, bottom - baseline), font, scale, (0, 0, 0), 1, cv2.LINE_AA)
