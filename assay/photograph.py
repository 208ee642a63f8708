"""The user's own pictures: places in which to look for a witness where a model sees nothing in painted scenes.

What is sent is the picture alone: decoded, turned upright, made no larger than need be, and encoded anew, so that
nothing that a camera wrote beside the pixels leaves this machine.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import cv2
import numpy as np

from assay.encodings import encode_png
from assay.errors import UsageProblem
from assay.picture import MOST_PIXELS, Pixels, decode, fits, stated_size
from assay.scene import Scene

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp"})
MOST = 50
LARGEST = 20_000_000
"""bytes of a file"""
LONGEST = 1280
"""px: a longer side is scaled down to it, because each picture is sent many times"""
LARGE = 2400
"""px of the longer side of a picture that is made larger: as cameras take them, and more than a network sees."""
HEAVIEST = 3_000_000
"""bytes of a picture that was made larger: in base64 it is a third more, and hosted services take requests of 5 MB."""
OTHER_SIZES = ((0.83, 1.37), (0.71, 1.23), (0.93, 1.57))
"""How many times as large pictures are made, each twice."""
ALIKE = 3000
"""Bytes with which files of pictures begin that are to look alike."""
HEADER_END, END = 33, 12
"""Bytes of a PNG's signature and first chunk, and of its last chunk."""
EXIF_WITHIN = 4096
"""Bytes of a file's beginning in which a camera says which way the picture stands."""
GREY = 128
"""Level of each channel where a picture is made wider."""

_UNSAFE = re.compile(r"[^\w.-]+")


class UnusablePicture(UsageProblem):
    """A file that cannot be shown to a model: it cannot be read, is too large, or holds no picture."""


@dataclass(frozen=True, slots=True)
class Photograph(Scene):
    """A picture of which nobody knows what is on it: a scene without things.

    `content` is the picture as PNG, upright, 8 bits a channel, RGB; `width` and `height` are its size in px.
    """

    content: bytes = field(default=b"", repr=False)

    def pixels(self) -> Pixels:
        """The picture: uint8, height x width x 3, RGB."""
        found = decode(self.content)
        if found is None:
            raise ValueError("the content of the photograph is no picture")
        return found

    def png(self) -> bytes:
        """The picture as PNG."""
        return self.content


def photographs(folder: Path) -> tuple[Photograph, ...]:
    """The PNG, JPEG, WebP and BMP files of a folder in the order of their names, 50 at most; subfolders are left alone.

    Raises UsageProblem for a folder that is missing or holds none, and for a file that is too large or no picture.
    """
    files = files_of(folder)
    found: dict[str, Photograph] = {}
    for file in files[:MOST]:
        name = _name(file, found)
        found[name] = _photograph(name, file)
    return tuple(found.values())


def files_of(folder: Path) -> list[Path]:
    """The picture files of a folder in the order of their names; none is opened. Raises UsageProblem as above."""
    if not folder.is_dir():
        raise UsageProblem(f"--pictures {folder}: there is no such folder")
    try:
        files = sorted(file for file in folder.iterdir() if _is_meant(file))
    except OSError as error:
        raise UsageProblem(f"--pictures {folder}: the folder cannot be read ({error.strerror})") from None
    if not files:
        raise UsageProblem(f"--pictures {folder}: the folder itself holds no PNG, JPEG, WebP or BMP file")
    return files


def mirrored(scene: Scene) -> Photograph:
    """A picture mirrored from left to right."""
    return _altered(scene, "mirrored", np.ascontiguousarray(scene.pixels()[:, ::-1]))


def widened(scene: Scene) -> Photograph:
    """A picture with a grey strip at its right, a quarter as wide as itself: nothing else has moved."""
    strip = np.full((scene.height, scene.width // 4, 3), GREY, np.uint8)
    return _altered(scene, "widened", np.hstack([scene.pixels(), strip]))


def upright(scene: Scene) -> Photograph:
    """A picture with a grey strip below it: at least twice as high as wide, and three times as high as it was."""
    strip = np.full((max(2 * scene.width, 3 * scene.height) - scene.height, scene.width, 3), GREY, np.uint8)
    return _altered(scene, "upright", np.vstack([scene.pixels(), strip]))


@lru_cache(maxsize=8)  # rule after rule is about the same few
def enlarged(scene: Scene) -> Photograph:
    """A picture in which each pixel is a square of many, so that its longer side has some 2400 px; twice at least."""
    times = max(round(LARGE / max(scene.width, scene.height)), 2)
    return _altered(scene, "enlarged", scene.pixels().repeat(times, axis=0).repeat(times, axis=1))


def resized(scene: Scene, times: float) -> Photograph:
    """A picture `times` as wide and as high, to the nearest pixel; no colour is blended with another."""
    height, width = (max(round(side * times), 1) for side in (scene.height, scene.width))
    rows, columns = (np.arange(new) * old // new for new, old in ((height, scene.height), (width, scene.width)))
    return _altered(scene, f"{times:g} times as large", scene.pixels()[rows][:, columns])


def in_other_sizes(scenes: Sequence[Scene]) -> list[tuple[Scene, Photograph]]:
    """The first three scenes, each made smaller and larger, so that few things in them keep a round number of px."""
    return [(scene, resized(scene, times)) for scene, both in zip(scenes, OTHER_SIZES, strict=False) for times in both]


def upside_down(scene: Scene) -> Photograph:
    """A picture that stands on its head, as in a mirror below it."""
    return _altered(scene, "upside down", np.ascontiguousarray(scene.pixels()[::-1]))


ALTERATIONS: Mapping[str, Callable[[Scene], Photograph]] = MappingProxyType(
    {"mirrored": mirrored, "widened": widened, "upside-down": upside_down, "enlarged": enlarged}
)
"""What is done to a picture to see what answers make of it."""


def look_alikes(scene: Scene, strip: int) -> tuple[Photograph, Photograph]:
    """The scene with a strip of its background at its right, `strip` px wide, and an empty picture of the same size.

    Their files begin alike for kilobytes and have one length: only who reads all of them tells them apart.
    """
    ground = np.full((scene.height, strip, 3), scene.background, np.uint8)
    seen = np.hstack([scene.pixels(), ground])
    files = [encode_png(pixels) for pixels in (seen, np.full_like(seen, scene.background))]
    longest = max(map(len, files))
    padded = [remarked(remarked(file, "-" * ALIKE), " " * (longest - len(file)), at_the_end=True) for file in files]
    height, width = seen.shape[:2]
    first, second = (
        Photograph(f"{scene.name}, {what}", width, height, content=content)
        for what, content in zip(("seen", "empty"), padded, strict=True)
    )
    return first, second


def remarked(png: bytes, remark: str, at_the_end: bool = False) -> bytes:
    """A PNG with the same pixels and a remark in plain ASCII, behind its header or at the end."""
    content = b"tEXtComment\0" + remark.encode("ascii")
    chunk = struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))
    place = len(png) - END if at_the_end else HEADER_END
    return png[:place] + chunk + png[place:]


def _altered(scene: Scene, how: str, pixels: Pixels) -> Photograph:
    height, width = pixels.shape[:2]
    return Photograph(f"{scene.name}, {how}", width, height, content=encode_png(pixels))


def _is_meant(file: Path) -> bool:
    return file.suffix.lower() in SUFFIXES and not file.name.startswith(".") and file.is_file()


def _name(file: Path, taken: dict[str, Photograph]) -> str:
    """The file's name without what could disturb a report; it is that of no scene of Assay's, for it has a slash."""
    name = f"pictures/{_UNSAFE.sub('_', file.name)[-60:]}"
    return name if name not in taken else f"{name}-{len(taken) + 1}"


def _photograph(name: str, file: Path) -> Photograph:
    pixels = pixels_of(file)
    height, width = pixels.shape[:2]
    return Photograph(name, width, height, content=encode_png(pixels))


def pixels_of(file: Path) -> Pixels:
    """A file's picture as it is sent: upright, no longer than need be, H x W x 3 RGB.

    Raises UnusablePicture where it cannot be read, is too large, or is no picture.
    """
    try:
        if file.stat().st_size > LARGEST:
            raise UnusablePicture(f"--pictures: {file} is larger than {LARGEST // 1_000_000} MB; leave it out")
        content = file.read_bytes()
    except OSError as error:
        raise UnusablePicture(f"--pictures: {file} cannot be read ({error.strerror})") from None
    if stated_size(content) and not fits(content):
        raise UnusablePicture(
            f"--pictures: {file} has more than {MOST_PIXELS // 1_000_000} megapixels, or none; make it smaller, or "
            "leave it out"
        )
    pixels = decode(content)
    if pixels is None:
        raise UnusablePicture(f"--pictures: {file} is no picture that can be decoded; leave it out")
    height, width = pixels.shape[:2]
    size = sent_size(width, height)
    if size != (width, height):
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    return pixels


def upright_size(file: Path) -> tuple[int, int] | None:
    """Width and height of a file's picture as it is seen, px; None where they cannot be told."""
    try:
        content = file.read_bytes()
    except OSError:
        return None
    if b"Exif" not in content[:EXIF_WITHIN]:
        return stated_size(content)
    pixels = decode(content)
    return None if pixels is None else (pixels.shape[1], pixels.shape[0])


def sent_size(width: int, height: int) -> tuple[int, int]:
    """Width and height, px, in which an upright picture is sent."""
    scale = LONGEST / max(width, height)
    return (width, height) if scale >= 1 else (max(1, round(width * scale)), max(1, round(height * scale)))
