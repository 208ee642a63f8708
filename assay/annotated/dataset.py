"""A data set in COCO's form: its pictures that lie in a folder, a sample of them, and what is said to be on them.

The form: https://cocodataset.org/#format-data. Coordinates are px of the picture as it is seen, origin at the top left.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from assay.contract.sentences import count
from assay.errors import UsageProblem
from assay.judge.values import is_number
from assay.photograph import upright_size

_TOLD: Final = 3
_PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "images": ("id", "file_name", "width", "height"),
    "categories": ("id", "name"),
    "annotations": ("image_id", "category_id", "bbox"),
}
"""The lists of a data set, and the members without which an entry of each says nothing."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Pictures with what is on them. `files` are by the id of the picture, in the order of their names.

    `document` is COCO's, of these pictures alone, with ids of annotations that are all different. `absent` are the
    pictures that the data set names and the folder does not hold, `misfits` those that are of another size there.
    """

    files: Mapping[int, Path]
    document: Mapping[str, list[dict[str, Any]]] = field(repr=False)
    absent: int = 0
    misfits: tuple[str, ...] = ()

    @property
    def categories(self) -> dict[int, str]:
        """The name of each category by its id."""
        return {each["id"]: each["name"] for each in self.document["categories"]}

    @property
    def sizes(self) -> dict[int, tuple[int, int]]:
        """Width and height of each picture, px, by its id."""
        return {each["id"]: (each["width"], each["height"]) for each in self.document["images"]}

    def remarks(self) -> Iterator[str]:
        """What of the data set cannot be asked about, in words."""
        if self.absent:
            several = count(self.absent, "picture is", "pictures are")
            yield f"{several} named by the data set, and not in the folder"
        if self.misfits:
            several = count(len(self.misfits), "picture is", "pictures are")
            yield f"{several} of another size than annotated, and not asked about: {', '.join(self.misfits[:_TOLD])}"

    @property
    def told(self) -> str:
        """What tells it from others: so many pictures, and a digest of what is said of them."""
        said = json.dumps(self.document, sort_keys=True).encode()
        return f"{len(self.files)}, {hashlib.sha256(said).hexdigest()[:8]}"


def dataset(annotations: Path, folder: Path, sample: int, seed: int) -> Dataset:
    """The pictures of a data set that lie in `folder`, as many as `sample` says, which the seed draws.

    A file is looked for under its name in the data set, and without the folders in it. Raises UsageProblem.
    """
    document = _document(annotations)
    images = sorted(document["images"], key=lambda each: str(each["file_name"]))
    there = [(each, file) for each in images if (file := _file(folder, each["file_name"])) is not None]
    if not there:
        named = ", ".join(str(each["file_name"]) for each in images[:_TOLD])
        raise UsageProblem(f"--coco {annotations}: none of its pictures ({named}, ...) lies in {folder}")
    kept = sorted(np.random.default_rng(seed).permutation(len(there))[:sample].tolist())
    drawn = [there[index] for index in kept]
    chosen = [(each, file) for each, file in drawn if upright_size(file) in (None, (each["width"], each["height"]))]
    misfits = tuple(sorted({str(each["file_name"]) for each, _ in drawn} - {each["file_name"] for each, _ in chosen}))
    if not chosen:
        raise UsageProblem(f"--coco {annotations}: {misfits[0]} and all others are of another size than annotated")
    files = {each["id"]: file for each, file in chosen}
    said = [each for each in document["annotations"] if each["image_id"] in files]
    return Dataset(
        files,
        {
            "images": [{name: each[name] for name in _PARTS["images"]} for each, _ in chosen],
            "categories": document["categories"],
            "annotations": list(_numbered(said)),
        },
        len(images) - len(there),
        misfits,
    )


def _file(folder: Path, name: str) -> Path | None:
    """The file of this name; None where there is none in the folder, and for a name that leads out of it."""
    for each in (folder / name, folder / Path(name).name):
        if each.is_file() and each.resolve().is_relative_to(folder.resolve()):
            return each
    return None


def _numbered(annotations: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """With what COCO's scores need and other tools leave out: numbers from 1 on, the area, and that it is no crowd."""
    for number, each in enumerate(annotations, 1):
        _, _, width, height = each["bbox"]
        yield {"iscrowd": 0, "area": width * height, **each, "id": number}


def _document(path: Path) -> dict[str, list[dict[str, Any]]]:
    """The three lists of the file, their entries looked through."""
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise UsageProblem(f"--coco {path}: it cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError):
        raise UsageProblem(f"--coco {path}: it is no JSON") from None
    if not isinstance(content, dict):
        raise UsageProblem(f"--coco {path}: it is no data set in COCO's form, which is an object")
    document = {name: _list(path, content, name) for name in _PARTS}
    _refuse_strange(path, document)
    return document


def _list(path: Path, content: dict[str, Any], name: str) -> list[dict[str, Any]]:
    entries = content.get(name)
    if not isinstance(entries, list) or not entries:
        raise UsageProblem(f"--coco {path}: it is no data set in COCO's form: there is no list `{name}` with anything")
    for index, each in enumerate(entries):
        lacking = [part for part in _PARTS[name] if not isinstance(each, dict) or each.get(part) is None]
        if lacking:
            raise UsageProblem(f"--coco {path}: /{name}/{index} has no `{lacking[0]}`")
    return entries


def _refuse_strange(path: Path, document: dict[str, list[dict[str, Any]]]) -> None:
    """Raise UsageProblem for what cannot be scored: two of one id, a size or a box that is none, unknown categories."""
    for name in ("images", "categories"):
        ids = [each["id"] for each in document[name]]
        if len(set(map(str, ids))) < len(ids) or not all(isinstance(each, int) for each in ids):
            raise UsageProblem(f"--coco {path}: the ids in `{name}` are not all different whole numbers")
    for index, each in enumerate(document["images"]):
        if not all(isinstance(each[side], int) and each[side] > 0 for side in ("width", "height")):
            raise UsageProblem(f"--coco {path}: /images/{index} has no width and height in px")
        if not isinstance(each["file_name"], str):
            raise UsageProblem(f"--coco {path}: /images/{index}/file_name is no text")
    known = {each["id"] for each in document["categories"]}
    for index, each in enumerate(document["annotations"]):
        box = each["bbox"]
        if not isinstance(box, list) or len(box) != 4 or not all(map(is_number, box)):
            raise UsageProblem(f"--coco {path}: /annotations/{index}/bbox is not x, y, width and height")
        if each["category_id"] not in known:
            raise UsageProblem(f"--coco {path}: /annotations/{index} is of the category {each['category_id']}, unknown")
