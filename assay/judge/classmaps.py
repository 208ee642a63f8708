"""Class maps: which class each pixel belongs to, as an answer states it, and how that compares with a picture.

Masks are H x W, origin at the top left. The background is 0, as the page "Roboflow 2.0" says.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from assay.contract.judging import decode_base64
from assay.contract.sentences import cut
from assay.judge.answers import Answer, response_of
from assay.judge.masks import Mask
from assay.judge.values import unreadable
from assay.judge.verdicts import PrerequisiteBroken
from assay.picture import MOST_PIXELS, decode_as, stated_size
from assay.record.model import Exchange, Finding
from assay.scene import Scene

Ids = npt.NDArray[np.uint8]

GREY, DEPTH = 0, 8
COLOUR_TYPES = {0: "greyscale", 2: "colour", 3: "a palette", 4: "greyscale with transparency", 6: "colour with alpha"}
BACKGROUND = "background"
"""The document's own word; a name in another language is none that could be judged."""
REMEMBERED = 64
"""Masks that are kept decoded: those of a run's scenes and no more."""
RIM = 2
"""px around what is marked as a thing."""
REACH = 12
"""px around a thing, in which a model may find where it ends."""
NARROW = 3
"""px to either side, beyond which an area is wide."""
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def is_background(name: Any) -> bool:
    """Whether a class is called the background, whatever the case and what surrounds the word."""
    return isinstance(name, str) and name.strip("_-. ").lower() == BACKGROUND


@dataclass(frozen=True, slots=True)
class Png:
    """What a PNG file says of itself: size in px, bits of a channel, kind of colour as PNG numbers it."""

    width: int
    height: int
    depth: int
    colour: int

    def __str__(self) -> str:
        return f"a PNG of {self.depth} bits, {COLOUR_TYPES.get(self.colour, 'no known colour type')}"


@dataclass(frozen=True, slots=True)
class ClassMap(Answer):
    """A semantic answer. `file` is the mask as a file, `ids` its values as the page's script decodes them.

    `names` is the class map as it came. `confidence` (0 to 255) and `present` are None where the answer has none.
    """

    file: bytes
    ids: Ids
    names: Mapping[str, Any]
    confidence: Ids | None
    present: Any

    @property
    def found(self) -> tuple[int, ...]:
        """The classes that occur besides the background, ascending."""
        return tuple(value for value in np.flatnonzero(np.bincount(self.ids.ravel())).tolist() if value)

    @property
    def classes(self) -> str:
        """The classes that occur, with the share of the picture that each covers, in words."""
        shares = [f"{self.name(value)} on {np.mean(self.ids == value):.1%}" for value in self.found]
        return ", ".join(shares) or "background alone"

    def name(self, value: int) -> str:
        """The name of a class as the page's script gives it: the number itself where the map has none."""
        return str(self.names.get(str(value), value))

    def fitted(self, width: int, height: int) -> Ids:
        """The mask in this size, resized as the page's script does it, without values that were not there before."""
        if self.ids.shape == (height, width):
            return self.ids
        return np.asarray(cv2.resize(self.ids, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)


def class_map(exchange: Exchange, schema_rule: str) -> ClassMap:
    """Read an answer. Raises PrerequisiteBroken, naming `schema_rule`, where it cannot be read as the page does."""
    try:
        body = response_of(exchange).json()
        predictions = body["predictions"]
        file = decode_base64(predictions["segmentation_mask"])
        names = predictions["class_map"]
        if not isinstance(names, dict):
            raise TypeError("class_map is no object")
        confidence = predictions.get("confidence_mask")
        sure = None if confidence is None else decode(decode_base64(confidence))
        return ClassMap(exchange, body, file, decode(file), names, sure, predictions.get("present_class_ids"))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        message = f"the answer cannot be read as the page's script reads it ({unreadable(error)})"
        raise PrerequisiteBroken(schema_rule, [Finding(cut(message, 300), exchange=exchange.id)]) from None


@lru_cache(maxsize=REMEMBERED)  # rule after rule reads the same answers
def decode(file: bytes) -> Ids:
    """The values of a mask, as the page's script decodes them: in shades of grey, read-only. Raises ValueError."""
    size = stated_size(file)
    if size and size[0] * size[1] > MOST_PIXELS:
        raise ValueError(f"a mask of {size[0]} x {size[1]} px is larger than any picture")
    found = decode_as(file, "grey")
    if found is None:
        raise ValueError("the mask is no picture")
    ids = np.asarray(found, np.uint8)
    ids.flags.writeable = False
    return ids


def png(file: bytes) -> Png | None:
    """What the head of a PNG file states; None where the bytes are none."""
    if not file.startswith(_SIGNATURE) or len(file) < 26 or file[12:16] != b"IHDR":
        return None
    return Png(*struct.unpack(">IIBB", file[16:26]))


@dataclass(frozen=True, slots=True)
class Row:
    """A class as the page's script hands it on: id, name, box (x0, y0, x1, y1 in px, inclusive) and binary mask."""

    identifier: int
    name: Any
    box: tuple[int, int, int, int]
    mask: Mask


def rows(body: Any, width: int, height: int) -> list[Row]:
    """What the page's script makes of an answer about a picture of this size, step by step as it does.

    Raises whatever the script would raise: KeyError, TypeError, ValueError, AttributeError, cv2.error.
    """
    predictions = body["predictions"]
    names = predictions.get("class_map", {})
    mask = decode(decode_base64(predictions["segmentation_mask"]))
    mask = np.asarray(cv2.resize(mask, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)
    found = []
    for identifier in (value for value in np.unique(mask).tolist() if value != 0):
        binary = mask == identifier
        lines = np.where(np.any(binary, axis=1))[0]
        columns = np.where(np.any(binary, axis=0))[0]
        box = (int(columns[0]), int(lines[0]), int(columns[-1]), int(lines[-1]))
        found.append(Row(identifier, names.get(str(identifier), str(identifier)), box, binary))
    return found


# Against the picture


def majority(ids: Ids, mask: Mask) -> int:
    """The class that more than half of these pixels belong to; 0 where there is none."""
    counts = np.bincount(ids[mask], minlength=256)
    value = int(np.argmax(counts))
    return value if counts[value] > mask.sum() / 2 else 0


def between(ids: Ids, scene: Scene, solid: Sequence[int]) -> dict[int, float]:
    """For each thing of the scene that has classes between 0 and its own: the share of its rim that shows them.

    The rim lies around what is marked as the thing, which may not be where the thing ends. `solid` are classes that
    fill things: a class that only ever stands at edges may be meant so.
    """
    shares = {}
    around = [cv2.dilate(mask.astype(np.uint8), square(REACH)) > 0 for mask in map(scene.mask, scene.things)]
    for index, thing in enumerate(scene.things):
        mask = scene.mask(thing)
        own = majority(ids, mask) if mask.any() else 0
        lower = [value for value in solid if 0 < value < own]
        if not lower:
            continue
        near = around[index].copy()
        for other in around[:index] + around[index + 1 :]:
            near &= ~other
        marked = cv2.morphologyEx((near & (ids == own)).astype(np.uint8), cv2.MORPH_CLOSE, square(RIM))
        rim = (cv2.dilate(marked, square(RIM)) > marked) & near
        below = near & np.isin(ids, lower)
        fringe = _fringe(below)
        rim &= fringe | ~below  # where a wide area of another class begins, nothing is to be told
        if rim.any():
            shares[index] = float(fringe[rim].mean())
    return shares


def _fringe(mask: Mask) -> Mask:
    """What of a mask is narrow: a wide area of another class is what a model sees there, and not a blend."""
    wide = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, square(NARROW))
    return np.asarray(mask & (wide == 0), np.bool_)


def square(reach: int) -> npt.NDArray[np.uint8]:
    """A kernel of a pixel and all up to `reach` px from it, across and down."""
    return np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
