"""Operators on the outlines of instances: lists of points, `{"x", "y"}` in px, under `points`."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from assay.contract.message import Request
from assay.faults.operators.boxes import box_of, numbers_of
from assay.faults.operators.fields import predictions

CORNERS = 3
"""Of the smallest polygon, which is its own hull."""


def of_their_box(request: Request, document: Any) -> Any:
    """An edit: the outline of an instance is the four corners of its box."""
    for prediction in predictions(document):
        box = box_of(prediction)
        if box is not None and isinstance(prediction.get("points"), list):
            x0, y0, x1, y1 = (
                box.x - box.width / 2,
                box.y - box.height / 2,
                box.x + box.width / 2,
                box.y + box.height / 2,
            )
            prediction["points"] = [{"x": x, "y": y} for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))]
    return document


def of_the_first_alone(request: Request, document: Any) -> Any:
    """An edit: every instance but the first of an answer has an empty outline."""
    for prediction in predictions(document)[1:]:
        if isinstance(prediction.get("points"), list):
            prediction["points"] = []
    return document


def of_hulls(request: Request, document: Any) -> Any:
    """An edit: the outline of an instance is the smallest convex polygon around it."""
    for prediction in predictions(document):
        points = prediction.get("points") if isinstance(prediction, dict) else None
        places = [numbers_of(point, ("x", "y")) for point in points] if isinstance(points, list) else []
        if len(places) > CORNERS and all(places):
            hull = cv2.convexHull(np.asarray(places, np.float32).reshape(-1, 1, 2))
            prediction["points"] = [{"x": float(x), "y": float(y)} for x, y in hull[:, 0]]
    return document
