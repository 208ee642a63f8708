"""Runs in the environment `measures`: takes `given.npz`, and prints what supervision and scikit-image make of it.

Masks are H x W of 0 and 1, with nothing marked along the edges; boxes are x0, y0, x1, y1; skeletons K x 2; all px.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import supervision
from skimage.metrics import hausdorff_distance
from skimage.morphology import erosion
from skimage.segmentation import find_boundaries
from supervision.detection.utils.iou_and_nms import _keypoint_oks_batch

SQUARE = np.ones((3, 3), np.uint8)


def band(mask: Any, width: int) -> Any:
    """What so many erosions by a square of 3 px take away."""
    inner = mask
    for _ in range(width):
        inner = erosion(inner, SQUARE)
    return mask & ~inner


def iou(one: Any, other: Any) -> float:
    return float(supervision.mask_iou_batch(one[None], other[None])[0, 0])


def of_masks(one: Any, other: Any, width: int) -> dict[str, float]:
    borders = [find_boundaries(mask, connectivity=1, mode="inner") for mask in (one, other)]
    return {
        "iou": iou(one, other),
        "hausdorff": float(hausdorff_distance(*borders)),
        "boundary": iou(band(one, width), band(other, width)),
    }


given = np.load("given.npz")
pairs = range(int(given["pairs"]))
print(
    json.dumps(
        {
            "masks": [
                of_masks(given[f"one{n}"].astype(bool), given[f"other{n}"].astype(bool), int(given["width"]))
                for n in pairs
            ],
            "boxes": supervision.box_iou_batch(given["boxes"], given["others"]).astype(float).tolist(),
            "oks": _keypoint_oks_batch(given["skeletons"], given["moved"], given["areas"]).tolist(),
        }
    )
)
