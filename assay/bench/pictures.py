"""Pictures for load: painted things on a grainy ground, so that they weigh and decode about as photographs do.

Words decide every pixel: the same words give the same picture, and other words another one.
"""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass, field
from functools import cache
from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from assay.encodings import encode_jpeg
from assay.scene import SCENES, Scene, painted

SIZES: Final = {
    "320": (320, 240),
    "640": (640, 480),
    "720p": (1280, 720),
    "1080p": (1920, 1080),
    "4k": (3840, 2160),
}
"""Width and height in px, by the names that workloads use."""
Form = Literal["jpeg", "png"]
QUALITY: Final = 90
GRAIN: Final = 4
"""Standard deviation of the noise, of 255: a picture of 640 x 480 px weighs some 60 KB as JPEG."""
ROOM: Final = 0.9
"""Of the picture's sides: what is left is where the things may be moved to."""
SPARE: Final = 64
"""px by which the grain may be moved."""
LAYOUTS: Final = 8
"""Places of the things, of each size; pictures of one layout differ in grain and light."""
_MODEL: Final = "menagerie"


@dataclass(frozen=True, slots=True)
class Picture:
    """One encoded picture, and what is on it."""

    scene: Scene
    data: bytes = field(repr=False)

    @property
    def name(self) -> str:
        """A name that belongs to these bytes alone."""
        return f"assay-{hashlib.sha256(self.data).hexdigest()[:24]}"

    @property
    def point(self) -> tuple[int, int]:
        """A pixel (x, y) inside the first thing, from the top left."""
        return self.scene.point(self.scene.things[0])


def picture(words: str, size: str = "640", form: Form = "jpeg") -> Picture:
    """The picture of these words. Raises KeyError for an unknown size."""
    width, height = SIZES[size]
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(words.encode()).digest()[:8], "big"))
    scene, pixels = _layout(width, height, int(rng.integers(LAYOUTS)))
    grain = _grain(width + SPARE, height + SPARE)
    x, y = (int(each) for each in rng.integers(SPARE, size=2))
    lit = pixels + grain[y : y + height, x : x + width] + np.int16(rng.integers(-8, 9))
    shown = spotted(np.clip(lit, 0, 255).astype(np.uint8), rng)
    return Picture(scene, encoded(shown, form))


def spotted(pixels: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """With a few grey spots, by which no two pictures are the same; the array itself is changed."""
    height, width = pixels.shape[:2]
    for _ in range(4):
        column, row = int(rng.integers(max(width - 4, 1))), int(rng.integers(max(height - 4, 1)))
        pixels[row : row + 4, column : column + 4] = rng.integers(96, 160)
    return pixels


def encoded(pixels: NDArray[np.uint8], form: Form) -> bytes:
    """H x W x 3 RGB as a file."""
    return encode_jpeg(pixels, QUALITY) if form == "jpeg" else _png(pixels)


@cache
def _layout(width: int, height: int, number: int) -> tuple[Scene, NDArray[np.int16]]:
    """The things at places of their own, and their pixels."""
    model = SCENES[_MODEL]
    rng = np.random.default_rng(number)
    left, top = (float(rng.uniform(0, (1 - ROOM) * side)) for side in (width, height))
    wide, high = ROOM * width / model.width, ROOM * height / model.height
    things = tuple(
        dataclasses.replace(
            thing,
            box=(int(left + x0 * wide), int(top + y0 * high), int(left + x1 * wide), int(top + y1 * high)),
        )
        for thing in model.things
        for x0, y0, x1, y1 in [thing.box]
    )
    scene = Scene(f"load {number}", width, height, things, model.background)
    return scene, painted(scene).astype(np.int16)


@cache
def _grain(width: int, height: int) -> NDArray[np.int16]:
    rng = np.random.default_rng(width * height)
    return rng.normal(0, GRAIN, (height, width, 1)).round().astype(np.int16)


def _png(pixels: NDArray[np.uint8]) -> bytes:
    """As cameras and screens write it: grain makes the smallest file a matter of seconds, and hardly smaller."""
    done, data = cv2.imencode(".png", pixels[:, :, ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not done:
        raise ValueError("the picture could not be encoded as PNG")
    return data.tobytes()
