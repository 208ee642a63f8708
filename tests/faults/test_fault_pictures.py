"""Operators on drawings and on masks."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

from assay.contract.message import Request, Response
from assay.faults import pictures, rle
from assay.faults.model import ResponseOperator
from assay.faults.operators import drawings, masks
from assay.faults.operators.fields import edit_json

Exchanges = dict[str, tuple[Request, Response]]
Picture = np.ndarray[Any, Any]


def body_after(operator: ResponseOperator, exchange: tuple[Request, Response]) -> bytes:
    return operator(*exchange).body


def drawing_after(operator: ResponseOperator, exchange: tuple[Request, Response]) -> bytes:
    document = json.loads(body_after(operator, exchange))
    return base64.b64decode(document["visualization"])


def masks_after(operator: ResponseOperator, exchange: tuple[Request, Response]) -> list[Any]:
    return [each["masks"] for each in json.loads(body_after(operator, exchange))["predictions"]]


def test_a_png_keeps_the_name_and_the_pixels_of_the_jpeg(exchanges: Exchanges) -> None:
    request, response = exchanges["image"]
    after = drawings.redraw_body(drawings.unchanged, ".png")(request, response)
    assert after.body.startswith(b"\x89PNG")
    assert after.media_type == "image/jpeg"
    assert np.array_equal(decoded(after.body), decoded(response.body))


def decoded(data: bytes) -> Picture:
    pixels = pictures.decode(data)
    assert pixels is not None
    return pixels


def test_half_size_halves_both_sides(exchanges: Exchanges) -> None:
    assert decoded(body_after(drawings.redraw_body(drawings.half_size), exchanges["image"])).shape == (
        120,
        160,
        3,
    )


def test_a_plain_drawing_is_the_picture_that_was_sent(exchanges: Exchanges, picture: Picture) -> None:
    for data in (
        body_after(drawings.redraw(drawings.plain), exchanges["image"]),
        drawing_after(drawings.redraw(drawings.plain), exchanges["image_and_json"]),
    ):
        assert np.abs(decoded(data).astype(int) - picture).mean() < 1


def test_a_missing_box_is_missing_alone(exchanges: Exchanges, picture: Picture) -> None:
    before = decoded(base64.b64decode(exchanges["image_and_json"][1].json()["visualization"]))
    after = decoded(drawing_after(drawings.redraw_field(drawings.without_last_box), exchanges["image_and_json"]))
    assert cv2.absdiff(after[:100, :150], before[:100, :150]).mean() < 1
    assert cv2.absdiff(after[140:200, 180:260], picture[140:200, 180:260]).mean() < 2
    assert cv2.absdiff(before[140:200, 180:260], picture[140:200, 180:260]).mean() > 5


def test_a_mirrored_and_a_grey_drawing(exchanges: Exchanges) -> None:
    before = decoded(exchanges["image"][1].body)
    mirrored = decoded(body_after(drawings.redraw_body(drawings.mirrored), exchanges["image"]))
    assert np.abs(mirrored[:, ::-1].astype(int) - before).mean() < 2
    assert np.ptp(decoded(body_after(drawings.redraw_body(drawings.grey), exchanges["image"]))) == 0


@pytest.mark.parametrize("name", ["json", "bad image", "keypoints", "rle"])
def test_answers_without_a_drawing_pass(exchanges: Exchanges, name: str) -> None:
    request, response = exchanges[name]
    assert drawings.redraw(drawings.grey)(request, response) is response


def test_a_picture_that_cannot_be_read_leaves_the_drawing_alone(exchanges: Exchanges) -> None:
    request, response = exchanges["image"]
    by_address = request.replace(query=(*request.query, ("image", "https://example.org/x.jpg")))
    assert drawings.redraw(drawings.plain)(by_address, response) is response


def test_the_picture_of_a_request(
    hosted: Callable[..., Request], segment: Callable[..., Request], picture: Picture
) -> None:
    data = base64.b64encode(pictures.encode(picture, ".png")).decode()
    for request in (hosted(data.encode()), hosted(f"data:image/png;base64,{data}".encode()), segment()):
        found = pictures.sent(request)
        assert found is not None
        assert np.array_equal(found, picture)
    for request in (
        hosted(b"!!!"),
        hosted(b""),
        hosted(image="https://x"),
        segment(image=3),
        segment(image=...),
    ):
        assert pictures.sent(request) is None


def test_points_are_moved(exchanges: Exchanges) -> None:
    first = [[40, 30], [60, 25], [79, 30], [79, 59], [40, 59]]
    assert masks_after(masks.move_points(lambda x, y: [y, x]), exchanges["polygons"])[0] == [[[y, x] for x, y in first]]
    assert masks_after(masks.change_points(lambda x, y, size: [x + size[0], y]), exchanges["polygons"])[0] == [
        [[x + 320, y] for x, y in first]
    ]
    as_sent = masks.polygons_of(exchanges["polygons"][1].json())
    ordered = sorted(as_sent, key=lambda polygons: min(x for polygon in polygons for x, _ in polygon))
    assert masks_after(edit_json(masks.from_left_to_right), exchanges["polygons"]) == ordered != as_sent
    assert masks_after(masks.change_points(masks.in_square_of(1024)), exchanges["polygons"])[0][0][0] == [
        128,
        128,
    ]
    assert masks_after(masks.change_points(masks.as_fractions), exchanges["polygons"])[0][0][0] == [
        0.125,
        0.125,
    ]
    middle = masks_after(edit_json(masks.from_their_middle), exchanges["polygons"])[1][0]
    assert middle == [[-20, -14], [-20, 15], [19, 15], [19, -14]]


def test_rectangles_surround_all_polygons_of_a_mask(exchanges: Exchanges) -> None:
    after = masks_after(edit_json(masks.as_rectangles), exchanges["polygons"])
    assert after[1] == [[[10, 150], [10, 210], [239, 210], [239, 150]]]


def test_predictions_are_repeated_and_merged(exchanges: Exchanges) -> None:
    one, two = (each["masks"] for each in exchanges["polygons"][1].json()["predictions"])
    assert masks_after(edit_json(masks.repeated(3)), exchanges["polygons"]) == [one] * 3 + [two] * 3
    assert masks_after(edit_json(masks.merged), exchanges["polygons"]) == [one + two]
    request, response = exchanges["rle"]
    assert edit_json(masks.merged)(request, response) is response


def test_run_lengths_are_recoded(exchanges: Exchanges) -> None:
    before = exchanges["rle"][1].json()["predictions"][0]["masks"]
    mask = rle.decode((240, 320), before["counts"])
    assert mask.sum() == 2 * 30 * 40
    assert mask[30, 40]
    assert not mask[29, 40]

    def after(change: Callable[[rle.Mask], rle.Mask]) -> rle.Mask:
        recoded = masks_after(masks.change_mask(change), exchanges["rle"])[0]
        assert recoded["size"] == [240, 320]
        return rle.decode((240, 320), recoded["counts"])

    assert np.array_equal(after(masks.inverted), ~mask)
    assert np.array_equal(after(masks.shifted(15))[:, 15:], mask[:, :-15])
    assert np.array_equal(after(masks.along_rows).T.reshape(-1), mask.reshape(-1))
    swapped = masks_after(masks.change_rle(masks.swap_size), exchanges["rle"])[0]
    assert swapped == before | {"size": [320, 240]}
    numbers = masks_after(masks.change_rle(masks.uncompress), exchanges["rle"])[0]["counts"]
    assert sum(numbers) == 240 * 320
    assert sum(numbers[1::2]) == mask.sum()


@pytest.mark.parametrize("name", ["polygons", "json", "no image"])
def test_answers_without_run_lengths_pass(exchanges: Exchanges, name: str) -> None:
    request, response = exchanges[name]
    assert masks.change_mask(masks.inverted)(request, response) is response
