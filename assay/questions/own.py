"""Questions about the user's own pictures: a sample of a folder, read one by one however many there are."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from assay.contract.wire import base64_text
from assay.encodings import encode_jpeg
from assay.photograph import UnusablePicture, files_of, pixels_of
from assay.questions.question import Question

SAMPLE: Final = 64
"""Pictures that are asked about where nothing is said."""
ASKED_OF: Final = (
    "hosted.object-detection", "hosted.keypoint-detection", "hosted.instance-segmentation", "hosted.classification",
    "hosted.semantic-segmentation",
)  # fmt: skip
"""The operations whose models are the user's own, and so are made for such pictures."""
BY_BOXES: Final = frozenset(ASKED_OF[:3])
LOWER: Final = 30
JUDGED: Final = {"confidence": 40}
"""Percent: boxes are asked for at a lower threshold than they are judged by."""
SCORED: Final = 1
"""Percent: the threshold at which they are asked for where they are scored, for a score is over all thresholds."""
QUALITY: Final = 92
"""Of the JPEG as which a picture is sent and kept: a sixth of what it weighs without a loss."""
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class OwnPictures:
    """A sample of a folder's pictures that the seed decides; of a folder that has no more, all of them.

    Raises UsageProblem where there are none.
    """

    files: tuple[Path, ...]
    threshold: int = LOWER

    @classmethod
    def of(cls, folder: Path, sample: int = SAMPLE, seed: int = 0) -> OwnPictures:
        """So many files of this folder, in the order of their names."""
        files = files_of(folder)
        kept = sorted(np.random.default_rng(seed).permutation(len(files))[:sample].tolist())
        return cls(tuple(files[index] for index in kept))

    def __len__(self) -> int:
        return len(self.files)

    def named(self) -> Iterator[tuple[str, Path]]:
        """Each file with the name that questions about it have. Raises UnusablePicture for one that cannot be read."""
        for file in self.files:
            yield f"own-{_UNSAFE.sub('-', file.stem).strip('-')[:40].lower()}-{_digest(file)}", file

    @property
    def told(self) -> str:
        """How many they are, and what tells them by their names from others."""
        names = "\0".join(file.name for file in self.files)
        return f"{len(self)}, {hashlib.sha256(names.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"

    def questions(self, operations: Collection[str] = ASKED_OF) -> Iterator[Question]:
        """One question about each picture for each of these operations, made as they are put.

        Its id tells the file's name and content, wherever the folder lies. Raises UnusablePicture for a
        file that cannot be read; so does asking about one that is no picture.
        """
        for name, file in self.named():
            for operation in ASKED_OF:
                if operation in operations:
                    yield _question(operation, name, file, self.threshold)


def is_own(identifier: str) -> bool:
    """Whether a question is about a picture of the user's."""
    return identifier.split("/")[2].startswith("own-")


def _question(operation: str, name: str, file: Path, threshold: int) -> Question:
    by_boxes = operation in BY_BOXES
    query = {"confidence": threshold} if by_boxes else {"confidence": 1} if operation == "hosted.classification" else {}
    return Question(
        f"{operation}/json/{name}", "A picture of your own.", partial(_values, file, query),
        asserted=JUDGED if by_boxes else {},
    )  # fmt: skip


def _values(file: Path, query: Mapping[str, Any]) -> dict[str, Any]:
    """Upright, of a bounded size, and without what a camera wrote beside the pixels."""
    return {**({"query": dict(query)} if query else {}), "body": _shown(file)}


@lru_cache(maxsize=1)  # one after the other is asked about by every operation
def _shown(file: Path) -> str:
    return base64_text(encode_jpeg(pixels_of(file), QUALITY))


def _digest(file: Path) -> str:
    """What tells the file from any other: 8 hex digits of its content's hash."""
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()[:8]
    except OSError as error:
        raise UnusablePicture(f"--pictures: {file} cannot be read ({error.strerror})") from None
