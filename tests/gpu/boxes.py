"""Boxes as the reference deployment keeps them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from assay.reference.detection import Box, Mask

NO_MASK: Final[Mask] = np.ones((1, 1), np.bool_)
"""Of a thing of which only the box is answered."""


def whole_box(corners: Sequence[float], height: int, width: int) -> Box:
    """(x0, y0, x1, y1) in whole px, half-open, at least one px wide and high, inside the picture."""
    left, top, right, bottom = (value if math.isfinite(value) else 0.0 for value in corners)
    x0, y0 = min(max(math.floor(left), 0), width - 1), min(max(math.floor(top), 0), height - 1)
    x1, y1 = min(max(math.ceil(right), x0 + 1), width), min(max(math.ceil(bottom), y0 + 1), height)
    return x0, y0, x1, y1
