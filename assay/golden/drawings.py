"""Where two pictures differ, as a picture."""

from __future__ import annotations

import cv2
import numpy as np

from assay.encodings import encode_png
from assay.picture import decode

LOUD = 4
"""By so many times differences are shown stronger than they are."""


def difference_of(first: bytes, second: bytes) -> bytes | None:
    """A PNG, white where two pictures are the same and the darker the less they are; None where one is no picture.

    Of pictures of two sizes there is none either: what is where in them cannot be compared.
    """
    one, other = decode(first), decode(second)
    if one is None or other is None or one.shape != other.shape:
        return None
    apart = cv2.absdiff(one, other).max(axis=2).astype(np.int32) * LOUD
    return encode_png(np.repeat((255 - np.minimum(apart, 255)).astype(np.uint8)[:, :, None], 3, axis=2))
