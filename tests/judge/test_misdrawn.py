"""What lies under a drawing: the picture that was sent, or another way to show it, which has a name."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from assay.encodings import encode_jpeg
from assay.judge.misdrawn import can_be_told, misdrawn
from assay.judge.pictures import Pixels
from assay.scene import SCENES

from .making import read

PICTURES = [SCENES[name].pixels() for name in ("menagerie", "portrait", "wide", "tower")]


def as_it_is(picture: Pixels) -> Pixels:
    return picture


def with_boxes(picture: Pixels) -> Pixels:
    after = picture.copy()
    for left in range(20, picture.shape[1] - 90, 120):
        cv2.rectangle(after, (left, 30), (left + 80, 200), (255, 0, 255), 6)
        cv2.putText(after, "dog 0.97", (left, 28), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 255), 2)
    return after


def under_a_veil(picture: Pixels) -> Pixels:
    """As where areas are filled so that what is under them shines through."""
    veil = np.full_like(picture, (255, 140, 0))
    return np.asarray(cv2.addWeighted(picture, 0.5, veil, 0.5, 0), np.uint8)


def coarse(picture: Pixels) -> Pixels:
    """As where a network's own picture is drawn upon, and made larger again."""
    size = (picture.shape[1] // 4, picture.shape[0] // 4)
    return np.asarray(cv2.resize(cv2.resize(picture, size), picture.shape[1::-1]), np.uint8)


def in_other_paint(picture: Pixels) -> Pixels:
    """As where every thing is filled with the one colour of its class."""
    things = np.abs(picture.astype(int) - picture[0, 0]).max(axis=2) > 30
    after = picture.copy()
    after[things] = (20, 60, 200)
    return after


def after_footer(picture: Pixels) -> Pixels:
    after = picture.copy()
    after[-60:] = 255
    return after


@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("change", [as_it_is, with_boxes, under_a_veil, coarse, in_other_paint, after_footer])
@pytest.mark.parametrize("quality", [50, 95])
def test_what_a_sound_server_draws(picture: Pixels, change: Callable[[Pixels], Pixels], quality: int) -> None:
    assert can_be_told(picture)
    assert misdrawn(picture, read(encode_jpeg(change(picture), quality))) is None


def rolled(picture: Pixels) -> Pixels:
    return np.roll(picture, (-7, 12), axis=(0, 1))


def grey(picture: Pixels) -> Pixels:
    return np.asarray(cv2.merge([cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)] * 3), np.uint8)


@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("drawn", [as_it_is, with_boxes])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda picture: picture[:, :, ::-1], "red and blue exchanged"),
        (grey, "without its colours"),
        (lambda picture: picture[:, ::-1], "mirrored"),
        (lambda picture: picture[::-1], "upside down"),
        (lambda picture: picture[::-1, ::-1], "turned by half"),
        (rolled, "moved by (12, -7) px"),
    ],
)
def test_another_picture_under_the_drawing(
    picture: Pixels, drawn: Callable[[Pixels], Pixels], change: Callable[[Pixels], Pixels], said: str
) -> None:
    assert said in str(misdrawn(picture, read(encode_jpeg(np.ascontiguousarray(change(drawn(picture))), 90))))


def test_a_picture_without_colours_tells_nothing() -> None:
    even = np.full((200, 300, 3), 128, np.uint8)

    assert not can_be_told(even)
    assert misdrawn(even, even) is None


@pytest.mark.parametrize(("kept", "told"), [(50, "with red and blue exchanged"), (51, None)])
def test_so_few_pixels_tell_just_enough(kept: int, told: str | None) -> None:
    before = np.full((100, 100, 3), 128, np.uint8)
    before[:5] = (255, 0, 0)  # 500 pixels: as few as anything is said of
    after = before[:, :, ::-1].copy()
    after[0, :kept] = before[0, :kept]

    assert misdrawn(before, after) == told
