"""Where two pictures differ, as a picture."""

from __future__ import annotations

import cv2
import numpy as np

from assay.contract.judging import decode_base64
from assay.contract.message import Response
from assay.encodings import encode_png
from assay.picture import Pixels, decode

LOUD = 4
"""By so many times differences are shown stronger than they are."""


def difference_of(first: Response, second: Response) -> bytes | None:
    """A PNG, white where the drawings of two answers are the same, and the darker the less they are.

    None where one of them is or holds no drawing, and where they have two sizes: then nothing in them can be compared.
    """
    one, other = _drawing(first), _drawing(second)
    if one is None or other is None or one.shape != other.shape:
        return None
    apart = cv2.absdiff(one, other).max(axis=2).astype(np.int32) * LOUD
    return encode_png(np.repeat((255 - np.minimum(apart, 255)).astype(np.uint8)[:, :, None], 3, axis=2))


def _drawing(answer: Response) -> Pixels | None:
    """The picture that an answer is, or that its `visualization` holds, as text or as an image object."""
    if answer.media_type.startswith("image/"):
        return decode(answer.body)
    try:
        held = answer.json()["visualization"]
        return decode(decode_base64(held["value"] if isinstance(held, dict) else held))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
