"""Masks by colour: the connected region of one colour around a point, or the most prominent thing."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from assay.reference.decoding import Pixels, largest_channel
from assay.reference.prompts import BoxPrompt, Prompt
from assay.reference.rle import encode

Mask = NDArray[np.bool_]

TOLERANCE = 30  # levels of a channel within which a neighbour still shows the point's colour
LOGIT = 8.0
LOW_RESOLUTION = 256


@dataclass(frozen=True, slots=True)
class Segment:
    """The answer to one prompt: a mask (height x width) and how sure of it the segmenter is, 0 to 1."""

    mask: Mask
    confidence: float


def segment(pixels: Pixels, prompts: Sequence[Prompt]) -> list[Segment]:
    """One segment for each prompt, in order; without any prompt, one for the most prominent thing."""
    return [_segment(pixels, prompt) for prompt in prompts or (Prompt(),)]


def _segment(pixels: Pixels, prompt: Prompt) -> Segment:
    height, width = pixels.shape[:2]
    frame = _inside(prompt.box, width, height)
    mask = np.zeros((height, width), np.bool_)
    positive = [point for point in prompt.points if point.positive]
    for point in positive:
        mask |= _region(pixels, point.x, point.y)
    if not positive:
        mask = _prominent(pixels, frame)
    for point in prompt.points:
        if not point.positive:
            mask &= ~_region(pixels, point.x, point.y)
    return _judged(_solid(mask & frame))


def _inside(box: BoxPrompt | None, width: int, height: int) -> Mask:
    """The pixels whose centre lies in the box; all of them where there is none."""
    mask = np.ones((height, width), np.bool_)
    if box is not None:
        x, y = np.arange(width) + 0.5, np.arange(height) + 0.5
        mask[:, np.abs(x - box.x) > box.width / 2] = False
        mask[np.abs(y - box.y) > box.height / 2] = False
    return mask


def _region(pixels: Pixels, x: float, y: float) -> Mask:
    """The connected region of the colour at a point (px); empty where the point is outside the picture."""
    height, width = pixels.shape[:2]
    if not (0 <= x < width and 0 <= y < height):
        return np.zeros((height, width), np.bool_)
    flooded = np.zeros((height + 2, width + 2), np.uint8)
    flags = 4 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | (1 << 8)
    near = (TOLERANCE,) * 3
    cv2.floodFill(pixels.copy(), flooded, (int(x), int(y)), (0, 0, 0), near, near, flags)
    return np.asarray(flooded[1:-1, 1:-1] == 1, np.bool_)


def _prominent(pixels: Pixels, frame: Mask) -> Mask:
    """The largest thing in a frame that differs from the picture's border: the region at its very middle."""
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    background = np.median(border, axis=0).astype(np.uint8)
    apart = cv2.absdiff(pixels, np.broadcast_to(background, pixels.shape).copy())
    things = ((largest_channel(apart) > TOLERANCE) & frame).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(things, connectivity=4)
    if count < 2:
        return np.zeros(frame.shape, np.bool_)
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    depth = cv2.distanceTransform((labels == largest).astype(np.uint8), cv2.DIST_L2, 3)
    row, column = np.unravel_index(int(np.argmax(depth)), depth.shape)
    return _region(pixels, float(column), float(row))


def _solid(mask: Mask) -> Mask:
    """The mask without specks that no polygon can hold, so that every format tells of the same mask."""
    specks = [outline for outline in _outlines(mask) if len(outline) < 3]
    if not specks:
        return mask
    kept = mask.astype(np.uint8)
    for speck in specks:  # a pixel or a straight line: its outline is all of it
        first, last = speck[0].tolist(), speck[-1].tolist()
        cv2.line(kept, first, last, 0)
    return np.asarray(kept == 1, np.bool_)


def _outlines(mask: Mask) -> list[NDArray[np.int32]]:
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return [np.asarray(contour, np.int32).reshape(-1, 2) for contour in contours]


def _judged(mask: Mask) -> Segment:
    """Sure of compact masks, less of ragged ones, not at all of empty ones."""
    area = int(mask.sum())
    if not area:
        return Segment(mask, 0.0)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    around = int(rows[-1] - rows[0] + 1) * int(columns[-1] - columns[0] + 1)
    return Segment(mask, round(0.5 + 0.45 * area / around, 4))


def as_polygons(mask: Mask) -> list[list[list[int]]]:
    """The outer outlines of a mask, each a list of [x, y] in whole px; `[[]]` where the mask is empty."""
    return [outline.tolist() for outline in _outlines(mask)] or [[]]


def as_json(one: Segment, form: str) -> dict[str, object]:
    """A prediction as it is answered in the formats "json" and "rle"."""
    masks: object = encode(one.mask) if form == "rle" else as_polygons(one.mask)
    return {"masks": masks, "confidence": one.confidence, "format": "rle" if form == "rle" else "polygon"}


def as_archive(segments: Sequence[Segment]) -> bytes:
    """The format "binary": a NumPy .npz of `masks` (n x height x width) and `low_res_masks` (n x 256 x 256).

    Both are float logits: a pixel belongs to the mask where its logit is not negative.
    """
    logits = np.stack([np.where(one.mask, LOGIT, -LOGIT).astype(np.float32) for one in segments])
    small = (LOW_RESOLUTION, LOW_RESOLUTION)
    low = np.stack([cv2.resize(one, small, interpolation=cv2.INTER_AREA) for one in logits])
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as packed:
        for name, array in (("masks", logits), ("low_res_masks", low)):
            member = io.BytesIO()
            np.lib.format.write_array(member, array)
            # ZipInfo's own date, not the clock's: equal requests get equal bytes.
            packed.writestr(zipfile.ZipInfo(f"{name}.npy"), member.getvalue())
    return archive.getvalue()
