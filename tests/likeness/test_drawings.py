"""Drawings: what is drawn where and in which colour; compression, a digit and a pixel of jitter are nothing."""

from __future__ import annotations

import base64
import dataclasses
import json
from typing import Any

import cv2
import numpy as np
import pytest

from assay.contract.message import Response

from .asking import PROFILES, answer, compared
from .shapes import PALETTE, Pixels, asked_about, drawn, jpeg, photograph, pixels_of

DOG: dict[str, Any] = {"x": 140.0, "y": 120.0, "width": 160.0, "height": 120.0, "class": "dog", "confidence": 0.91}
CAT: dict[str, Any] = {"x": 315.0, "y": 112.0, "width": 30.0, "height": 24.0, "class": "cat", "confidence": 0.84}
CAR: dict[str, Any] = {"x": 400.0, "y": 345.0, "width": 320.0, "height": 190.0, "class": "car", "confidence": 0.71}
ALL = (DOG, CAT, CAR)
STRICT, WIDE = "cpu", "int8"
"""Of those that allow anything: what the first allows all do, and what the second finds all do."""
PICTURE = photograph()
GREY = np.full((480, 640, 3), 128, np.uint8)
STROKES = (1, 2, 5)


def picture(content: bytes) -> Response:
    return Response(200, (("content-type", "image/jpeg"),), content)


def kinds(first: Pixels, second: Pixels | bytes, profile: str, beneath: Pixels = PICTURE) -> tuple[str, ...]:
    other = second if isinstance(second, bytes) else jpeg(second)
    request = asked_about(beneath, format="image")
    return compared(picture(jpeg(first)), picture(other), mode="image", profile=profile, request=request).kinds


def moved(prediction: dict[str, Any], by: float) -> dict[str, Any]:
    return {**prediction, "x": prediction["x"] + by, "y": prediction["y"] + by}


@pytest.mark.parametrize("beneath", [PICTURE, GREY], ids=["photograph", "grey"])
@pytest.mark.parametrize("stroke", STROKES)
def test_what_nobody_would_see_is_nothing(stroke: int, beneath: Pixels) -> None:
    first = drawn(beneath, ALL, stroke=stroke)
    noise = np.random.default_rng(1).integers(-1, 2, first.shape)

    for second in (
        jpeg(first, 90),
        jpeg(pixels_of(jpeg(first)), 95),
        jpeg(np.clip(first + noise, 0, 255).astype(np.uint8)),
        jpeg(drawn(beneath, [moved(each, 1) for each in ALL], stroke=stroke)),
        jpeg(drawn(beneath, [{**each, "confidence": each["confidence"] + 0.01} for each in ALL], stroke=stroke)),
    ):
        assert kinds(first, second, STRICT, beneath) == ()


FINE = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
"""Colour in the full resolution; OpenCV halves it, and other encoders do not."""


@pytest.mark.parametrize("known", [True, False], ids=["the picture is known", "it is not"])
@pytest.mark.parametrize("stroke", STROKES)
def test_an_encoder_that_keeps_more_of_the_colour_makes_no_other_drawing(stroke: int, known: bool) -> None:
    request = asked_about(GREY, format="image") if known else dataclasses.replace(asked_about(GREY), body=b"")

    def told(second: Pixels) -> tuple[str, ...]:
        sides = picture(jpeg(drawn(GREY, ALL, stroke=stroke))), picture(jpeg(second, 90, FINE))
        return compared(*sides, mode="image", profile=STRICT, request=request).kinds

    assert told(drawn(GREY, ALL, stroke=stroke)) == ()
    assert told(pixels_of(jpeg(drawn(GREY, ALL, stroke=stroke)))) == (), "as a proxy encodes it again"
    assert told(drawn(GREY, (DOG, CAR), stroke=stroke)) != ()
    assert told(np.ascontiguousarray(drawn(GREY, ALL, stroke=stroke)[:, :, ::-1])) != ()


@pytest.mark.parametrize("beneath", [PICTURE, GREY], ids=["photograph", "grey"])
@pytest.mark.parametrize("stroke", STROKES)
def test_what_anybody_would_see_is_found(stroke: int, beneath: Pixels) -> None:
    def how(*predictions: dict[str, Any], **more: Any) -> Pixels:
        return drawn(beneath, predictions, stroke=stroke, **more)

    first = how(*ALL)
    for second in (
        how(DOG, CAR),
        how(DOG, CAT),
        how(DOG, moved(CAT, 12), CAR),
        how(DOG, CAT, moved(CAR, 12)),
        how(*ALL, labels=("dog", "car")),
        how(*ALL, palette={**PALETTE, "cat": PALETTE["car"]}),
        how(*ALL, palette={name: colour[::-1] for name, colour in PALETTE.items()}),
        first[:, :, ::-1],
    ):
        found = kinds(first, second, WIDE, beneath)
        assert set(found) & {"drawing", "colour", "channels"}


@pytest.mark.parametrize("profile", PROFILES)
def test_a_palette_that_is_a_little_off_is_found_where_lines_have_a_width(profile: str) -> None:
    other = {**PALETTE, "dog": (232, 24, 232)}

    assert kinds(drawn(PICTURE, ALL, stroke=5), drawn(PICTURE, ALL, stroke=5, palette=other), profile) != ()


@pytest.mark.parametrize("profile", PROFILES)
def test_exchanged_channels_are_called_so(profile: str) -> None:
    first = drawn(PICTURE, ALL)

    assert kinds(first, np.ascontiguousarray(first[:, :, ::-1]), profile) == ("channels",)


def test_a_colour_that_is_wrong_is_no_missing_line() -> None:
    other = {**PALETTE, "cat": PALETTE["car"]}

    assert kinds(drawn(PICTURE, ALL, stroke=5), drawn(PICTURE, ALL, stroke=5, palette=other), "cpu") == ("colour",)


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (jpeg(drawn(PICTURE, ALL)[:470]), ("size",)),
        (b"\xff\xd8 nothing", ("unreadable",)),
        (b"no picture", ("format", "unreadable")),
    ],
)
def test_size_and_format_are_exact(second: bytes, expected: tuple[str, ...]) -> None:
    assert kinds(drawn(PICTURE, ALL), second, "int8") == expected


@pytest.mark.parametrize("stroke", STROKES)
def test_without_the_picture_beneath_a_missing_box_is_found_and_a_digit_is_nothing(stroke: int) -> None:
    request = dataclasses.replace(asked_about(PICTURE), body=b"")
    first = drawn(PICTURE, ALL, stroke=stroke)

    def told(*predictions: dict[str, Any]) -> tuple[str, ...]:
        second = picture(jpeg(drawn(PICTURE, predictions, stroke=stroke)))
        return compared(picture(jpeg(first)), second, mode="image", request=request).kinds

    assert told(*[{**each, "confidence": each["confidence"] + 0.01} for each in ALL]) == ()
    assert "drawing" in told(DOG, CAT)
    assert "drawing" in told(DOG, CAR)


def both(predictions: tuple[dict[str, Any], ...], shown: tuple[dict[str, Any], ...]) -> Response:
    drawing = base64.b64encode(jpeg(drawn(PICTURE, shown, stroke=2))).decode()
    return answer({"predictions": list(predictions), "image": {"width": 640, "height": 480}, "visualization": drawing})


def test_a_drawing_that_does_not_show_its_own_json_is_told() -> None:
    found = compared(both(ALL, ALL), both(ALL, (DOG, CAR)), mode="image_and_json", request=asked_about(PICTURE))

    assert found.kinds == ("drawing", "drawing-json")
    assert "cat 0.840" in found.differences[1].message
    json.dumps(found.as_json(), allow_nan=False)


def test_a_drawing_that_one_side_lacks_is_told() -> None:
    lone = answer({"predictions": list(ALL), "image": {"width": 640, "height": 480}, "visualization": None})

    assert compared(both(ALL, ALL), lone, mode="image_and_json", request=asked_about(PICTURE)).kinds == ("member",)
