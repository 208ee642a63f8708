"""A data set in COCO's form: read, sampled, and refused in one sentence where it is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from assay.annotated.dataset import dataset
from assay.encodings import encode_jpeg, oriented
from assay.errors import UsageProblem

from .conftest import Written


def test_the_seed_draws_the_sample_and_what_is_said_of_it(written: Written) -> None:
    first, again, other = written.read(5, seed=1), written.read(5, seed=1), written.read(5, seed=2)

    assert len(first.files) == 5
    assert first.told == again.told != other.told
    assert {each["image_id"] for each in first.document["annotations"]} <= set(first.files)
    assert [file.name for file in first.files.values()] == sorted(file.name for file in first.files.values())


def test_a_file_is_found_without_the_folders_of_its_name(written: Written) -> None:
    for file in (written.folder / "train").iterdir():
        file.rename(written.folder / file.name)

    assert len(written.read().files) == 12


def test_what_is_not_in_the_folder_is_counted_and_nothing_beyond_it_is_read(written: Written, tmp_path: Path) -> None:
    (written.folder / "train" / "000.png").rename(tmp_path / "outside.png")
    written.document["images"][1]["file_name"] = "../outside.png"
    written.annotations.write_text(json.dumps(written.document))

    found = written.read()

    assert found.absent == 2
    assert len(found.files) == 10
    assert list(found.remarks()) == ["2 pictures are named by the data set, and not in the folder"]


def test_a_picture_of_another_size_than_annotated_is_not_asked_about(written: Written) -> None:
    turned = oriented(encode_jpeg(np.full((480, 640, 3), 90, np.uint8), 95), 6)
    (written.folder / "train" / "000.png").write_bytes(turned)
    cv2.imwrite(str(written.folder / "train" / "003.png"), np.zeros((240, 320, 3), np.uint8))

    found = written.read()

    assert found.misfits == ("train/000.png", "train/003.png")
    assert "2 pictures are of another size than annotated" in "".join(found.remarks())


def test_what_other_tools_leave_out_is_filled_in(written: Written) -> None:
    for each in written.document["annotations"]:
        for name in ("id", "area", "iscrowd"):
            del each[name]
    written.annotations.write_text(json.dumps(written.document))

    things = written.read().document["annotations"]

    assert [each["id"] for each in things] == list(range(1, len(things) + 1))
    assert all(each["area"] == each["bbox"][2] * each["bbox"][3] and each["iscrowd"] == 0 for each in things)


def changed(document: dict[str, Any], path: str, value: Any) -> None:
    *places, last = path.split("/")
    at: Any = document
    for place in places:
        at = at[int(place) if isinstance(at, list) else place]
    at[int(last) if isinstance(at, list) else last] = value


WRONG = [
    ("images", [], "there is no list `images` with anything"),
    ("annotations", None, "there is no list `annotations` with anything"),
    ("images/3/file_name", None, "/images/3 has no `file_name`"),
    ("images/3/file_name", 7, "/images/3/file_name is no text"),
    ("images/3/width", 0, "/images/3 has no width and height in px"),
    ("images/1/id", 100, "the ids in `images` are not all different whole numbers"),
    ("categories/1/id", "1", "the ids in `categories` are not all different whole numbers"),
    ("annotations/0/bbox", [1, 2, 3], "/annotations/0/bbox is not x, y, width and height"),
    ("annotations/0/bbox", [1, 2, 3, "4"], "/annotations/0/bbox is not x, y, width and height"),
    ("annotations/0/category_id", 77, "/annotations/0 is of the category 77, unknown"),
]


@pytest.mark.parametrize(("place", "value", "why"), WRONG)
def test_what_is_no_data_set_is_refused_in_one_sentence(written: Written, place: str, value: Any, why: str) -> None:
    changed(written.document, place, value)
    written.annotations.write_text(json.dumps(written.document))

    with pytest.raises(UsageProblem) as refused:
        written.read()

    assert str(refused.value).startswith(f"--coco {written.annotations}: ")
    assert why in str(refused.value)


@pytest.mark.parametrize(
    ("content", "why"), [(b"{", "is no JSON"), (b"[]", "is no data set"), (None, "cannot be read")]
)
def test_what_is_no_object_is_refused(tmp_path: Path, content: bytes | None, why: str) -> None:
    path = tmp_path / "a.json"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(UsageProblem, match=why):
        dataset(path, tmp_path, 5, 0)
