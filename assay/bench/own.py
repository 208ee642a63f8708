"""The user's own pictures as load: a sample of a folder that the seed decides, of which memory holds what is sent."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from assay.bench.pictures import SIZES, Form, Picture, encoded, spotted
from assay.errors import UsageProblem
from assay.photograph import LARGEST, SUFFIXES
from assay.picture import Pixels, decode, stated_size
from assay.scene import Scene, Thing

SAMPLE: Final = 64
"""Pictures that are sent again and again, of however many there are."""
GREY: Final = (128, 128, 128)


class OwnPictures:
    """A folder's PNG, JPEG, WebP and BMP files; subfolders are left alone. Raises UsageProblem where there are none."""

    def __init__(self, folder: Path) -> None:
        self._said = f"--images {folder}"
        if not folder.is_dir():
            raise UsageProblem(f"{self._said}: there is no such folder")
        try:
            self._files = sorted(
                file for file in folder.iterdir()
                if file.suffix.lower() in SUFFIXES and not file.name.startswith(".") and file.is_file()
            )  # fmt: skip
        except OSError as error:
            raise UsageProblem(f"{self._said}: the folder cannot be read ({error.strerror})") from None
        if not self._files:
            raise UsageProblem(f"{self._said}: the folder itself holds no PNG, JPEG, WebP or BMP file")

    def __len__(self) -> int:
        """How many files there are."""
        return len(self._files)

    def pictures(
        self, count: int, seed: int, salt: str = "", size: str | None = None, form: Form | None = None
    ) -> Iterator[Picture]:
        """Up to so many pictures, in an order that the seed decides, each once and as it is.

        With a `salt` there are as many as are asked for: each gets a few spots that no other has. They are fitted into
        a size of `pictures.SIZES`, and encoded anew, where that is asked for. Raises UsageProblem for what is none.
        """
        order = np.random.default_rng(seed).permutation(len(self._files))
        for number in range(count if salt else min(count, len(self._files))):
            file = self._files[int(order[number % len(order)])]
            content = self._read(file)
            if salt or size or form:
                content = self._made(file, content, f"{seed} {salt} {number}" if salt else "", size, form or "jpeg")
            yield self._picture(file, content)

    def _read(self, file: Path) -> bytes:
        try:
            if file.stat().st_size > LARGEST:
                raise UsageProblem(f"{self._said}: {file.name} is larger than {LARGEST // 10**6} MB; leave it out")
            return file.read_bytes()
        except OSError as error:
            raise UsageProblem(f"{self._said}: {file.name} cannot be read ({error.strerror})") from None

    def _made(self, file: Path, content: bytes, words: str, size: str | None, form: Form) -> bytes:
        pixels = decode(content)
        if pixels is None:
            raise UsageProblem(f"{self._said}: {file.name} is no picture that can be decoded; leave it out")
        pixels = _fitted(pixels, *SIZES[size]) if size else pixels
        if words:
            drawn = int.from_bytes(hashlib.sha256(words.encode()).digest()[:8], "big")
            pixels = spotted(np.array(pixels), np.random.default_rng(drawn))
        return encoded(pixels, form)

    def _picture(self, file: Path, content: bytes) -> Picture:
        size = stated_size(content)
        if size is None or min(size) < 1:
            raise UsageProblem(f"{self._said}: {file.name} is no picture whose size can be read; leave it out")
        low, high = min(size) // 4, 3 * min(size) // 4 + 1  # within the picture, however it is turned
        middle = Thing("own", (low, low, high, high), GREY)
        return Picture(Scene(file.name, *size, (middle,)), content)


def _fitted(pixels: Pixels, width: int, height: int) -> Pixels:
    """Made so small that it fits into a size, upright or lying; never larger."""
    rows, columns = pixels.shape[:2]
    long, short = max(width, height), min(width, height)
    scale = min(long / max(rows, columns), short / min(rows, columns))
    if scale >= 1:
        return pixels
    size = max(1, round(columns * scale)), max(1, round(rows * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
