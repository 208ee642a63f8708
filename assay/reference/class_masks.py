"""Semantic segmentation: the class of every pixel, by colour."""

from __future__ import annotations

import base64
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from starlette.responses import JSONResponse, Response

from assay.reference.decoding import Pixels, decode_picture
from assay.reference.detection import SURE, Region, regions
from assay.reference.drawing import COLOURS, QUALITY
from assay.reference.parameters import HostedQuery

Plane = NDArray[np.uint8]

BACKGROUND = "background"


@dataclass(frozen=True, slots=True)
class ClassMasks:
    """What is seen of a picture, both height x width.

    `ids` holds class ids, 0 for the background; `confidence` how sure each pixel's class is, 0 to 255 for 0 to 1.
    """

    ids: Plane
    confidence: Plane

    def present(self) -> list[int]:
        """The ids that occur, ascending."""
        return [int(value) for value in np.flatnonzero(np.bincount(self.ids.ravel()))]


def class_names(classes: Mapping[str, str]) -> dict[str, str]:
    """The class map of a model: names by the text of their ids, the background first."""
    return {str(index): name for index, name in enumerate((BACKGROUND, *classes))}


def segment_classes(
    pixels: Pixels, classes: Mapping[str, str], threshold: float, labels: frozenset[str] | None = None
) -> ClassMasks:
    """The class of each pixel. `classes` maps classes to colours, in the order of their ids from 1 on.

    A region less sure than `threshold` (0 to 1), or of none of these labels (None: all), counts as background. The
    background is as sure as no region contradicts it.
    """
    ids = np.zeros(pixels.shape[:2], np.uint8)
    confidence = np.full(pixels.shape[:2], 255, np.uint8)
    for class_id, (label, colour) in enumerate(classes.items(), 1):
        for region in regions(pixels, colour):
            sure = SURE * region.purity / 255
            shown = sure >= threshold and (labels is None or label in labels)
            _paint(ids, region, class_id if shown else 0)
            _paint(confidence, region, round(255 * (sure if shown else 1 - sure)))
    return ClassMasks(ids, confidence)


def _paint(plane: Plane, region: Region, value: int) -> None:
    x0, y0, x1, y1 = region.box
    plane[y0:y1, x0:x1][region.mask] = value


def as_predictions(masks: ClassMasks, names: Mapping[str, str]) -> dict[str, Any]:
    """The predictions of an answer: the masks as PNG in base64, and what their values stand for."""
    return {
        "segmentation_mask": _png(masks.ids),
        "class_map": dict(names),
        "confidence_mask": _png(masks.confidence),
        "present_class_ids": masks.present(),
    }


def _png(plane: Plane) -> str:
    done, data = cv2.imencode(".png", plane)
    if not done:
        raise ValueError("the mask could not be encoded")
    return base64.b64encode(data.tobytes()).decode("ascii")


def draw_classes(
    pixels: Pixels, masks: ClassMasks, names: Sequence[str], stroke: int = 1, labels: bool = False
) -> bytes:
    """The picture as JPEG, in its own size, tinted and outlined where it shows a class. `names` by class id.

    Outlines are `stroke` px wide. With `labels` the name of the class stands in the middle of each region.
    """
    canvas = np.ascontiguousarray(pixels).copy()
    for class_id in (value for value in masks.present() if value):
        mask = (masks.ids == class_id).astype(np.uint8)
        colour = np.array(COLOURS[class_id % len(COLOURS)], np.uint16)
        canvas[mask == 1] = ((canvas[mask == 1].astype(np.uint16) + colour) // 2).astype(np.uint8)
        outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        cv2.drawContours(canvas, outlines, -1, [int(level) for level in colour], min(stroke, 255))
        for outline in outlines if labels else ():
            x, y, width, height = cv2.boundingRect(outline)
            place = (x + width // 8, y + height // 2)
            cv2.putText(canvas, names[class_id], place, cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 0, 0), 1, cv2.LINE_AA)
    done, data = cv2.imencode(".jpg", canvas[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise ValueError("the drawing could not be encoded")
    return data.tobytes()


def answer(classes: Mapping[str, str], query: HostedQuery, data: bytes, started: float) -> Response:
    """The answer about an encoded picture. `started` is when the request came, by the clock of `perf_counter`."""
    if query.format == "image":
        pixels = decode_picture(data, query.auto_orient)
        masks = segment_classes(pixels, classes, query.confidence, query.classes)
        return Response(_drawing(pixels, masks, classes, query), media_type="image/jpeg")
    return JSONResponse(told(classes, query, data, started))


def told(classes: Mapping[str, str], query: HostedQuery, data: bytes, started: float) -> dict[str, Any]:
    """What is said of an encoded picture, as JSON. Raises Refusal."""
    pixels = decode_picture(data, query.auto_orient)
    masks = segment_classes(pixels, classes, query.confidence, query.classes)
    height, width = pixels.shape[:2]
    body: dict[str, Any] = {
        "image": {"width": width, "height": height},
        "predictions": as_predictions(masks, class_names(classes)),
    }
    if query.format == "image_and_json":
        body["visualization"] = base64.b64encode(_drawing(pixels, masks, classes, query)).decode("ascii")
    return {"inference_id": query.name or str(uuid.uuid4()), "time": time.perf_counter() - started, **body}


def _drawing(pixels: Pixels, masks: ClassMasks, classes: Mapping[str, str], query: HostedQuery) -> bytes:
    return draw_classes(pixels, masks, list(class_names(classes).values()), query.stroke, query.labels)
