"""Operators on requests, and conditions of them, by what the picture is: its size, its shades, its kind of file."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from assay.contract import wire
from assay.contract.message import Request, Response
from assay.faults import pictures
from assay.faults.model import Condition, RequestOperator
from assay.faults.operators.delivery import with_picture
from assay.faults.pictures import Pixels

JPEG = b"\xff\xd8"


def asked_by_get(request: Request, response: Response) -> bool:
    """Holds where the method is GET."""
    return request.method == "GET"


def of_one_shade(request: Request, response: Response) -> bool:
    """Holds where all pixels of the picture are alike."""
    found = pictures.sent(request)
    return found is not None and int(np.ptp(found)) == 0


def narrower_than(side: int) -> Condition:
    """Holds where the picture is less than so many px wide or high."""

    def holds(request: Request, response: Response) -> bool:
        found = pictures.sent(request)
        return found is not None and min(found.shape[:2]) < side

    return holds


def larger_than(megapixels: float) -> Condition:
    """Holds where the picture has more pixels than so many millions."""

    def holds(request: Request, response: Response) -> bool:
        found = pictures.sent(request)
        return found is not None and found.shape[0] * found.shape[1] > megapixels * 1e6

    return holds


def in_a_body_beyond(size: int) -> Condition:
    """Holds where the body of the request has more bytes than that, whatever is in it."""
    return lambda request, response: len(request.body) > size


def longer_than(times: float) -> Condition:
    """Holds where one side of the picture is so many times as long as the other, or more."""

    def holds(request: Request, response: Response) -> bool:
        found = pictures.sent(request)
        return found is not None and max(found.shape[:2]) >= times * min(found.shape[:2])

    return holds


def in_a_file_beyond(size: int) -> Condition:
    """Holds where the file of the picture has more bytes than that."""
    return lambda request, response: len(pictures.inline(request) or b"") > size


def change_heavy(size: int, change: Callable[[Pixels], Pixels]) -> RequestOperator:
    """Put `change(pixels)`, as PNG, in the place of a picture whose file has more bytes than that."""
    beyond = in_a_file_beyond(size)

    def apply(request: Request) -> Request:
        found = pictures.sent(request) if beyond(request, Response(0, (), b"")) else None
        if found is None:
            return request
        return with_picture(request, wire.base64_text(pictures.encode(change(found), ".png")))

    return apply


def change_jpeg(change: Callable[[Pixels], Pixels]) -> RequestOperator:
    """Put `change(pixels)`, as PNG, in the place of a picture that is sent as a JPEG; other pictures pass."""

    def apply(request: Request) -> Request:
        data = pictures.inline(request) or b""
        found = pictures.decode(data) if data.startswith(JPEG) else None
        if found is None:
            return request
        return with_picture(request, wire.base64_text(pictures.encode(change(found), ".png")))

    return apply


def channels_swapped(pixels: Pixels) -> Pixels:
    """Red for blue."""
    return np.ascontiguousarray(pixels[:, :, ::-1])


def upper_part(share: float) -> Callable[[Pixels], Pixels]:
    """Such a share of the rows; grey in the place of the rest."""

    def change(pixels: Pixels) -> Pixels:
        changed = pixels.copy()
        changed[round(share * len(pixels)) :] = 128
        return changed

    return change


def at_a_sixteenth(pixels: Pixels) -> Pixels:
    """A sixteenth of the size, enlarged again."""
    height, width = pixels.shape[:2]
    small = cv2.resize(pixels, (max(width // 16, 1), max(height // 16, 1)), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
