"""Questions about the user's own pictures: a sample, read one by one, and known by what is in the files."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from assay.contract.judging import decode_base64
from assay.encodings import encode_jpeg, oriented
from assay.errors import UsageProblem
from assay.photograph import pixels_of
from assay.picture import Pixels, decode
from assay.questions import own
from assay.questions.own import OwnPictures
from assay.scene import SCENES

DETECTION = "hosted.object-detection"
PIXELS = SCENES["portrait"].pixels()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Nine pictures, each of another grey."""
    place = tmp_path / "mine"
    place.mkdir()
    for number in range(9):
        cv2.imwrite(str(place / f"Holiday No {number}.png"), np.full((20, 30, 3), 20 * number, np.uint8))
    return place


def test_the_seed_decides_the_sample(folder: Path) -> None:
    first, again, other = (OwnPictures.of(folder, 4, seed).files for seed in (0, 0, 1))

    assert len(first) == 4
    assert first == again
    assert first != other
    assert len(OwnPictures.of(folder, 100).files) == 9


def test_an_id_tells_name_and_content_and_not_the_place(folder: Path, tmp_path: Path) -> None:
    before = [question.id for question in OwnPictures.of(folder).questions()]
    elsewhere = shutil.copytree(folder, tmp_path / "elsewhere")
    after = [question.id for question in OwnPictures.of(elsewhere).questions()]
    (elsewhere / "Holiday No 0.png").write_bytes((elsewhere / "Holiday No 1.png").read_bytes())
    changed = [question.id for question in OwnPictures.of(elsewhere).questions()]

    assert before == after
    assert all(identifier.split("/")[2].startswith("own-holiday-no-") for identifier in before)
    assert len({*before} - {*changed}) == len(own.ASKED_OF), "only the one that is another picture now"


def test_each_is_put_to_the_operations_that_are_asked(folder: Path) -> None:
    found = list(OwnPictures.of(folder, 2).questions([DETECTION]))

    assert [question.operation for question in found] == [DETECTION] * 2
    for question in found:
        question.asking.request("mine/3")


def test_a_picture_is_read_when_it_is_asked_about(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def counted(file: Path) -> Pixels:
        opened.append(file.name)
        return pixels_of(file)

    monkeypatch.setattr(own, "pixels_of", counted)
    questions = list(OwnPictures.of(folder).questions())
    assert opened == []

    asking = questions[0].asking

    assert len(opened) == 1
    assert asking.values["body"]


def test_what_a_camera_wrote_beside_the_pixels_is_not_sent(tmp_path: Path) -> None:
    (tmp_path / "turned.jpg").write_bytes(oriented(encode_jpeg(PIXELS, 100), 6))

    question = next(OwnPictures.of(tmp_path).questions([DETECTION]))

    sent = decode_base64(question.asking.values["body"])
    pixels = decode(sent)
    assert b"Exif" not in sent
    assert pixels is not None
    assert pixels.shape == (480, 640, 3), "it stands upright"


def test_what_is_no_picture_is_told_by_its_name(folder: Path) -> None:
    (folder / "broken.png").write_bytes(b"no picture")
    questions = list(OwnPictures.of(folder).questions([DETECTION]))

    with pytest.raises(UsageProblem, match=r"broken\.png is no picture"):
        [question.asking for question in questions]
