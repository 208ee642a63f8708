"""The user's own pictures: a sample by the seed, as they are, or fitted and marked where that is needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.bench import own
from assay.bench.own import OwnPictures
from assay.bench.pictures import picture
from assay.errors import UsageProblem
from assay.picture import stated_size


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number, (size, form) in enumerate([("320", "jpeg"), ("640", "png"), ("720p", "jpeg")]):
        made = picture(f"{number}", size, "png" if form == "png" else "jpeg")
        (tmp_path / f"{number}.{form}").write_bytes(made.data)
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "below").mkdir()
    return tmp_path


def test_each_is_sent_once_as_it_is_in_an_order_of_the_seed(folder: Path) -> None:
    pictures = OwnPictures(folder)

    found = [each.data for each in pictures.pictures(10, seed=1)]

    assert len(pictures) == 3
    assert sorted(found) == sorted(file.read_bytes() for file in folder.iterdir() if file.suffix in (".jpeg", ".png"))
    assert found == [each.data for each in pictures.pictures(10, seed=1)]
    assert any(found != [each.data for each in pictures.pictures(10, seed=seed)] for seed in range(2, 8))


def test_where_they_have_to_be_new_each_is_marked(folder: Path) -> None:
    found = list(OwnPictures(folder).pictures(7, seed=1, salt="now"))

    assert len({each.data for each in found}) == 7
    assert not {each.data for each in found} & {file.read_bytes() for file in folder.iterdir() if file.is_file()}
    other = OwnPictures(folder).pictures(1, seed=1, salt="later")
    assert next(other).data != found[0].data


def test_they_are_fitted_into_a_size_and_never_made_larger(folder: Path) -> None:
    found = list(OwnPictures(folder).pictures(3, seed=1, size="640", form="png"))

    assert sorted(stated_size(each.data) or () for each in found) == [(320, 240), (640, 360), (640, 480)]
    assert all(each.data.startswith(b"\x89PNG") for each in found)


def test_prompts_lie_within_them(folder: Path) -> None:
    for each in OwnPictures(folder).pictures(3, seed=1):
        x, y = each.point
        assert 0 < x < min(each.scene.width, each.scene.height)
        assert 0 < y < min(each.scene.width, each.scene.height)
        assert min(each.scene.things[0].size) > 10


def test_memory_holds_no_more_than_is_sent(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def reading(_: OwnPictures, file: Path) -> bytes:
        read.append(file.name)
        return file.read_bytes()

    monkeypatch.setattr(OwnPictures, "_read", reading)
    next(OwnPictures(folder).pictures(3, seed=1))

    assert len(read) == 1


def test_what_is_no_picture_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "broken.jpg").write_bytes(b"no picture")
    with pytest.raises(UsageProblem, match=r"broken\.jpg is no picture"):
        list(OwnPictures(folder).pictures(10, seed=1))
    monkeypatch.setattr(own, "LARGEST", 100)
    with pytest.raises(UsageProblem, match="larger than"):
        list(OwnPictures(folder).pictures(10, seed=1))


@pytest.mark.parametrize("name", ["nowhere", "below"])
def test_a_folder_without_pictures_is_refused(name: str, folder: Path) -> None:
    with pytest.raises(UsageProblem, match="--images"):
        OwnPictures(folder / name)
