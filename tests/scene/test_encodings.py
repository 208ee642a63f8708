"""The same pixels in several encodings: what is decoded of each is what went in."""

from __future__ import annotations

import numpy as np
import pytest

from assay import encodings
from assay.cmyk import cmyk_jpeg
from assay.encodings import oriented
from assay.picture import decode
from assay.scene import SCENES

SCENE = SCENES["duo"]


@pytest.mark.parametrize("name", encodings.ENCODINGS)
def test_a_form_holds_the_same_pixels(name: str) -> None:
    content = encodings.ENCODINGS[name](SCENE.pixels())
    found = decode(content)

    assert content != SCENE.png()
    assert found is not None
    assert np.array_equal(found, SCENE.pixels())


def test_a_palette_holds_so_many_colours_only() -> None:
    many = np.arange(20 * 20 * 3, dtype=np.uint32).astype(np.uint8).reshape(20, 20, 3)
    many[..., 1] = np.arange(20)[:, None]

    with pytest.raises(encodings.NoSuchEncoding, match="more than a palette holds"):
        encodings.png_by_palette(many)


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_and_the_png_of_its_pixels(progressive: bool) -> None:
    jpeg, png = encodings.jpeg_as_png(SCENE.pixels(), progressive)

    assert jpeg.startswith(b"\xff\xd8")
    assert (b"\xff\xc2" in jpeg) is progressive
    assert np.array_equal(decode(jpeg), decode(png))  # type: ignore[arg-type]


def test_four_inks_hold_the_picture_and_not_its_negative() -> None:
    content = cmyk_jpeg(SCENE.pixels())
    found = decode(content)

    assert b"\xff\xc0\x00\x14" in content, "a frame of four components"
    assert found is not None
    assert np.abs(found.astype(int) - SCENE.pixels()).mean() < 3


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_grey_and_the_same_grey_as_rgb(kind: str) -> None:
    grey, rgb = encodings.grey_as_rgb(SCENE.pixels(), kind)
    found = decode(rgb)

    assert found is not None
    assert np.array_equal(decode(grey), found)  # type: ignore[arg-type]
    assert np.array_equal(found[..., 0], found[..., 2])


@pytest.mark.parametrize("orientation", range(2, 9))
def test_exif_brings_back_what_was_stored_otherwise(orientation: int) -> None:
    jpeg, upright = encodings.stored_turned(SCENE.pixels(), orientation)
    found, turned, stored = decode(upright), decode(oriented(jpeg, orientation)), decode(jpeg)

    assert found is not None
    assert turned is not None
    assert stored is not None
    assert np.array_equal(found, turned)
    assert found.shape == SCENE.pixels().shape
    assert found.shape != stored.shape or not np.array_equal(found, stored)
    assert np.abs(found.astype(int) - SCENE.pixels()).mean() < 3
