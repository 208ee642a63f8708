"""The user's own pictures: what becomes of files of all kinds."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from assay.encodings import encode_jpeg, oriented
from assay.errors import UsageProblem
from assay.photograph import LONGEST, MOST, look_alikes, photographs, upright
from assay.picture import decode
from assay.scene import SCENES, Scene

PIXELS = SCENES["portrait"].pixels()


def written(file: Path, pixels: np.ndarray = PIXELS) -> Path:
    done, content = cv2.imencode(file.suffix.lower(), pixels[:, :, ::-1])
    assert done
    file.write_bytes(content.tobytes())
    return file


def test_pictures_are_taken_by_name_and_sent_as_png(tmp_path: Path) -> None:
    for name in ("b.PNG", "a.bmp", "d.webp", "c.jpeg", "e.jpg"):
        written(tmp_path / name)
    written(tmp_path / ".hidden.png")
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "below").mkdir()
    written(tmp_path / "below" / "f.png")

    found = photographs(tmp_path)

    assert [one.name for one in found] == [
        f"pictures/{name}" for name in ("a.bmp", "b.PNG", "c.jpeg", "d.webp", "e.jpg")
    ]
    for one in found:
        assert (one.width, one.height, one.things) == (480, 640, ())
        assert one.png().startswith(b"\x89PNG")
        assert one.jpeg().startswith(b"\xff\xd8")
    assert np.array_equal(found[0].pixels(), PIXELS)
    assert np.array_equal(found[1].pixels(), PIXELS)


def test_a_picture_is_sent_upright(tmp_path: Path) -> None:
    (tmp_path / "turned.jpg").write_bytes(oriented(encode_jpeg(PIXELS, 100), 6))

    (found,) = photographs(tmp_path)

    assert (found.width, found.height) == (640, 480)
    upright = np.rot90(PIXELS, -1).astype(int)
    assert np.abs(found.pixels() - upright).mean() < 2
    assert b"Exif" not in found.png()


def test_a_large_picture_is_scaled_down_and_an_odd_one_is_made_plain(tmp_path: Path) -> None:
    written(tmp_path / "large.png", np.zeros((1000, 4000, 3), np.uint8))
    written(tmp_path / "translucent.png", np.full((20, 30, 4), 90, np.uint8))

    large, translucent = photographs(tmp_path)

    assert (large.width, large.height) == (LONGEST, LONGEST // 4)
    assert large.pixels().shape == (LONGEST // 4, LONGEST, 3)
    assert translucent.pixels().shape == (20, 30, 3)


def test_names_are_plain_and_differ(tmp_path: Path) -> None:
    for name in ("<b>.png", "(b).png", "x" * 90 + ".png"):
        written(tmp_path / name)

    names = [one.name for one in photographs(tmp_path)]

    assert len(set(names)) == 3
    assert all(name.replace("/", "").replace(".", "").replace("-", "").replace("_", "").isalnum() for name in names)
    assert max(map(len, names)) < 80


def test_fifty_are_enough(tmp_path: Path) -> None:
    for number in range(MOST + 2):
        written(tmp_path / f"{number:03}.png", PIXELS[:8, :8])

    assert [one.name for one in photographs(tmp_path)][-1] == f"pictures/{MOST - 1:03}.png"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("broken.jpg", b"\xff\xd8\xff\xe0 no more", "broken.jpg is no picture that can be decoded"),
        ("empty.png", b"", "empty.png is no picture that can be decoded"),
        ("heavy.bmp", b"BM" + bytes(20_000_000), "heavy.bmp is larger than 20 MB"),
        ("notes.txt", b"text", "holds no PNG, JPEG, WebP or BMP file"),
    ],
)
def test_what_cannot_be_shown_is_refused(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(UsageProblem, match=said) as refused:
        photographs(tmp_path)

    assert "\n" not in str(refused.value)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match=r"--pictures .*nowhere: there is no such folder"):
        photographs(tmp_path / "nowhere")


def test_two_pictures_that_look_alike() -> None:
    full, empty = (each.png() for each in look_alikes(SCENES["trio"], 13))

    assert len(full) == len(empty)
    assert full[:3000] == empty[:3000]
    pixels, ground = decode(full), decode(empty)
    assert pixels is not None
    assert ground is not None
    assert pixels.shape == ground.shape == (600, 813, 3)
    assert (pixels[:, :800] == SCENES["trio"].pixels()).all()
    assert (ground == SCENES["trio"].background).all()


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_upright_pictures_have_grown_enough_for_shares_of_them_to_differ(scene: Scene) -> None:
    found = upright(scene)

    assert found.width == scene.width
    assert found.height >= max(2 * scene.width, 3 * scene.height)
    assert np.array_equal(found.pixels()[: scene.height], scene.pixels())
