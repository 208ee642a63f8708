"""Things to compare: discs, bars, holes; answers that hold them; pictures with boxes drawn upon them."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from assay.contract.message import Request
from assay.contract.wire import base64_text

Bits = npt.NDArray[np.uint8]
Pixels = npt.NDArray[np.uint8]
Ids = npt.NDArray[np.uint8]
WIDTH, HEIGHT = 1280, 960


def disc(radius: float, x: float = 640, y: float = 480, size: tuple[int, int] = (WIDTH, HEIGHT)) -> Bits:
    """A disc in a picture of (width, height), H x W of 0 and 1."""
    rows, columns = np.mgrid[: size[1], : size[0]]
    return np.asarray((columns - x) ** 2 + (rows - y) ** 2 <= radius**2, np.uint8)


def bar(length: int, width: int, x: int = 100, y: int = 100, size: tuple[int, int] = (WIDTH, HEIGHT)) -> Bits:
    """A bar of so many px, from (x, y) to the right."""
    mask = np.zeros((size[1], size[0]), np.uint8)
    mask[y : y + width, x : x + length] = 1
    return mask


def polygons(mask: Bits) -> list[list[list[float]]]:
    """The outer borders of a mask, as SAM2 states them."""
    found, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return [contour.reshape(-1, 2).tolist() for contour in found]


def rle(mask: Bits) -> dict[str, Any]:
    """A mask as COCO's compressed run lengths, by pycocotools."""
    from pycocotools import mask as coco

    packed = coco.encode(np.asfortranarray(mask))
    return {"size": list(packed["size"]), "counts": packed["counts"].decode()}


def png(values: npt.NDArray[np.uint8]) -> str:
    """A picture in one channel as PNG, in base64."""
    return base64.b64encode(cv2.imencode(".png", values)[1].tobytes()).decode()


def jpeg(pixels: Pixels, quality: int = 95, sampling: int = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420) -> bytes:
    """RGB as a JPEG."""
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    return bytes(cv2.imencode(".jpg", np.ascontiguousarray(pixels[:, :, ::-1]), options)[1].tobytes())


def pixels_of(content: bytes) -> Pixels:
    """RGB of a JPEG."""
    found = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    assert found is not None
    return np.ascontiguousarray(found[:, :, ::-1]).astype(np.uint8)


def photograph(width: int = 640, height: int = 480, seed: int = 0) -> Pixels:
    """A picture without sharp edges, and with grain, as it comes out of a JPEG."""
    draw = np.random.default_rng(seed)
    coarse = draw.integers(0, 256, (height // 40, width // 40, 3), np.uint8)
    smooth = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.float64)
    return pixels_of(jpeg(np.clip(smooth + draw.normal(0, 6, smooth.shape), 0, 255).astype(np.uint8), 97))


PALETTE: Mapping[str, tuple[int, int, int]] = {"dog": (255, 0, 255), "cat": (70, 144, 232), "car": (255, 159, 28)}
"""Red, green, blue of each class."""


def drawn(
    picture: Pixels,
    predictions: Iterable[Mapping[str, Any]],
    *,
    stroke: int = 2,
    palette: Mapping[str, tuple[int, int, int]] = PALETTE,
    labels: Sequence[str] = ("dog", "cat", "car"),
) -> Pixels:
    """The picture with boxes and labels as servers draw them."""
    canvas = picture.copy()
    for one in predictions:
        x0, y0 = round(one["x"] - one["width"] / 2), round(one["y"] - one["height"] / 2)
        x1, y1 = round(one["x"] + one["width"] / 2), round(one["y"] + one["height"] / 2)
        colour = palette[one["class"]]
        cv2.rectangle(canvas, (x0, y0), (x1, y1), colour, stroke)
        if one["class"] in labels:
            told = f"{one['class']} {one['confidence']:.2f}"
            (width, height), _ = cv2.getTextSize(told, cv2.FONT_HERSHEY_SIMPLEX, 0.4, 1)
            cv2.rectangle(canvas, (x0, y0 - height - 8), (x0 + width + 8, y0), colour, -1)
            cv2.putText(canvas, told, (x0 + 4, y0 - 4), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (255, 255, 255), 1)
    return canvas


def asked_about(picture: Pixels, operation: str = "hosted.object-detection", **query: str) -> Request:
    """A request that holds the picture."""
    body = base64_text(jpeg(picture, 97)).encode()
    return Request(operation, "POST", "/project/1", tuple(query.items()), (), body)
