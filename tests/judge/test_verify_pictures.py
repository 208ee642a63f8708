"""Verifications of drawings, masks and refusals."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from pycocotools import mask as coco

from assay.contract import load
from assay.judge import pictures, verify
from assay.judge.answers import Detection
from assay.judge.verdicts import RuleBroken, broken_if
from assay.picture import decode
from assay.record.model import Finding
from assay.scene import SCENES

from .making import Pixels, detected, exchange, findings, point, pointers, row, segmented

BLANK = SCENES["blank"].pixels()
BLANK_SIZE = (600, 440)


def encoded(pixels: Pixels, extension: str = ".jpg") -> bytes:
    return cv2.imencode(extension, pixels[:, :, ::-1])[1].tobytes()


def drawn(*boxes: tuple[int, int, int, int]) -> Pixels:
    canvas = BLANK.copy()
    for x0, y0, x1, y1 in boxes:
        cv2.rectangle(canvas, (x0, y0), (x1, y1), (0, 230, 0), 2)
    return canvas


def judged(answer: Detection, pixels: Pixels) -> None:
    """As the rule judges: both pictures after the drawing's compression."""
    content = encoded(pixels)
    after = decode(content)
    assert after is not None
    verify.outlines_drawn(answer, pictures.as_drawn_upon(BLANK, content), after)


A, B = (60, 50, 160, 150), (300, 200, 420, 330)


def test_a_jpeg_of_the_pictures_size() -> None:
    pixels = verify.jpeg_of_size(encoded(BLANK), *BLANK_SIZE, exchange(b""))

    assert pixels.shape == (440, 600, 3)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no JPEG"),
        (b"text", "no JPEG"),
        (encoded(BLANK, ".png"), "no JPEG"),
        (b"\xff\xd8", "cut off"),
        (encoded(BLANK)[:-2], "cut off"),
        (encoded(drawn(A))[:2000], "cut off"),
        (b"\xff\xd8" + bytes(50) + b"\xff\xd9", "cannot be decoded"),
        (encoded(BLANK[:, ::-1].transpose(1, 0, 2).copy()), "not of the size"),
        (encoded(BLANK[:-1]), "not of the size"),
    ],
)
def test_what_is_no_jpeg_of_the_pictures_size(content: bytes, told: str) -> None:
    (finding,) = findings(verify.jpeg_of_size, content, *BLANK_SIZE, exchange(b""), "/visualization")

    assert told in finding.message
    assert (finding.pointer, finding.exchange) == ("/visualization", "x000007")
    assert finding.expected in ("a JPEG", "a picture of 600 x 440 px")


@pytest.mark.parametrize("media", ["image/jpeg", "IMAGE/JPEG", "image/jpeg; charset=binary", " image/jpeg "])
def test_the_media_type(media: str) -> None:
    verify.media_type(exchange(b"", media=media), "image/jpeg")


@pytest.mark.parametrize("media", [None, "", "image/jpg", "image/png", "application/json", "image/jpegs"])
def test_another_media_type(media: str | None) -> None:
    (finding,) = findings(verify.media_type, exchange(b"", media=media), "image/jpeg")

    assert (finding.pointer, finding.expected) == (None, "image/jpeg")


def test_a_drawing_that_shows_what_the_json_says() -> None:
    judged(detected(row(*A), row(*B, "cat")), drawn(A, B))
    judged(detected(), BLANK)
    judged(detected(row(*A)), drawn(A, B))  # a box too many denies no prediction: that is judged by itself


def test_a_box_that_is_not_drawn_and_one_that_is_drawn_beside() -> None:
    beside = (312, 200, 432, 330)

    assert pointers(judged, detected(row(*A), row(*B)), drawn(A)) == ["/predictions/1"]
    assert pointers(judged, detected(row(*A), row(*B)), drawn(A, beside)) == ["/predictions/1"]
    assert pointers(judged, detected(row(*A), row(*B)), BLANK) == ["/predictions/0", "/predictions/1"]
    assert findings(judged, detected(row(*B)), BLANK)[0].marks


def test_a_drawing_of_something_else() -> None:
    assert pointers(judged, detected(row(*A)), drawn(A) // 2) == ["/predictions"]
    assert pointers(judged, detected(), np.full_like(BLANK, 20)) == ["/predictions"]


def test_a_skeleton_that_reaches_out_of_its_box_belongs_to_it() -> None:
    canvas = drawn((60, 50, 100, 90))
    joints = [(x, 300) for x in range(60, 560, 40)]
    for joint in joints:
        cv2.circle(canvas, joint, 14, (0, 230, 0), cv2.FILLED)
    keypoints = [point(number, str(number), x, y) for number, (x, y) in enumerate(joints)]

    judged(detected(row(60, 50, 100, 90, keypoints=keypoints)), canvas)


SQUARE = [[10, 10], [39, 10], [39, 39], [10, 39]]


def in_runs(*polygon: list[int], hole: bool = False, width: int = 80, height: int = 60) -> dict[str, Any]:
    """COCO's run lengths of a polygon; of an empty mask where there is none."""
    mask = np.zeros((height, width), np.uint8)
    if polygon:
        cv2.fillPoly(mask, [np.array(polygon, np.int32)], 1)
    if hole:
        mask[20:25, 20:25] = 0
    made = coco.encode(np.asfortranarray(mask))
    return {"size": made["size"], "counts": made["counts"].decode()}


def masked(*masks: Any) -> Any:
    return segmented(*masks, width=80, height=60)


@pytest.mark.parametrize("prompts", [0, 1, 3])
def test_as_many_predictions_as_prompts(prompts: int) -> None:
    answer = masked(*[[SQUARE]] * prompts)

    verify.one_prediction_each(answer, prompts)
    for other in (prompts - 1, prompts + 1):
        (finding,) = findings(verify.one_prediction_each, answer, other)
        assert (finding.pointer, finding.expected, finding.actual) == ("/predictions", other, prompts)


def test_each_prompt_gets_a_mask_in_whatever_order_and_however_often() -> None:
    beside = [[x + 30, y] for x, y in SQUARE]
    alone = [masked([SQUARE]).masks[0], masked([beside]).masks[0]]

    verify.mask_for_each(masked([SQUARE], [beside]), alone)
    verify.mask_for_each(masked([beside], [SQUARE], [SQUARE]), alone)
    for lost in (masked([SQUARE]), masked([SQUARE], [SQUARE]), masked([SQUARE, beside]), masked()):
        (finding, *_) = findings(verify.mask_for_each, lost, alone)
        assert finding.pointer == "/predictions"


def test_vertices_are_pixels_of_the_picture() -> None:
    verify.outlines_inside(masked([[[0, 0], [79, 0], [79, 59], [0, 59]]], [[]], [], in_runs(*SQUARE)), 80, 60)
    verify.outlines_inside(masked([[[0, 0], [80, 0], [80, 60], [0, 60]]]), 80, 60)  # along the far edges
    verify.outlines_inside(masked(), 80, 60)


@pytest.mark.parametrize("vertex", [[81, 5], [5, 61], [-1, 5], [5, -1], [80.5, 5], [10**12, 0]])
def test_a_vertex_outside_the_picture(vertex: list[float]) -> None:
    answer = masked([SQUARE], [[], SQUARE, [[1, 1], vertex, [5, 5]]])

    (finding,) = findings(verify.outlines_inside, answer, 80, 60)

    assert (finding.pointer, finding.actual) == ("/predictions/1/masks/2", vertex)


def test_runs_and_polygons_of_one_mask() -> None:
    verify.masks_agree(masked([SQUARE]), masked(in_runs(*SQUARE)))
    verify.masks_agree(
        masked([SQUARE]), masked(in_runs(*SQUARE, hole=True))
    )  # polygons cannot say that there is a hole
    verify.masks_agree(masked([[]], [SQUARE]), masked(in_runs(), in_runs(*SQUARE)))
    verify.masks_agree(masked([[[7, 7]]]), masked(in_runs([7, 7])))  # of one pixel


def test_runs_and_polygons_of_different_masks() -> None:
    moved = [[x + 2, y] for x, y in SQUARE]

    (other,) = findings(verify.masks_agree, masked([SQUARE], [SQUARE]), masked(in_runs(*SQUARE), in_runs(*moved)))
    (turned,) = findings(verify.masks_agree, masked([SQUARE]), masked(in_runs(width=60, height=80)))
    (empty,) = findings(verify.masks_agree, masked([SQUARE]), masked(in_runs()))

    assert (other.pointer, turned.pointer, empty.pointer) == (
        "/predictions/1/masks", "/predictions/0/masks/size", "/predictions/0/masks",
    )  # fmt: skip
    assert (turned.expected, turned.actual) == ([60, 80], [80, 60])


@pytest.mark.parametrize("runs", [[], [in_runs(*SQUARE)] * 2])
def test_another_number_of_runs_than_of_polygons(runs: list[Any]) -> None:
    assert pointers(verify.masks_agree, masked([SQUARE]), masked(*runs)) == ["/predictions"]


def test_the_same_masks() -> None:
    """Batching may move an outline by a pixel, and a mask of another picture agrees far less."""
    nearly = [[11, 11], [39, 11], [39, 39], [11, 39]]
    far = [[x + 8, y] for x, y in SQUARE]

    verify.same_masks(masked([SQUARE], [[]]), masked([nearly], []), "again")
    assert pointers(verify.same_masks, masked([SQUARE], [far]), masked([SQUARE], [SQUARE]), "") == [
        "/predictions/1/masks"
    ]
    assert pointers(verify.same_masks, masked([SQUARE], []), masked([], [SQUARE]), "") == [
        "/predictions/0/masks",
        "/predictions/1/masks",
    ]
    assert pointers(verify.same_masks, masked([SQUARE]), masked(), "") == ["/predictions"]
    assert pointers(verify.same_masks, masked([SQUARE]), segmented([SQUARE], width=60, height=80), "") == [
        "/predictions/0/masks"
    ]


REASONS = [
    {"message": "no image"},
    {"Message": "x"},
    {"detail": "x"},
    {"detail": [{"msg": "x"}]},
    {"error": "x", "a": 1},
]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 415, 422, 429, 499])
@pytest.mark.parametrize("reason", REASONS)
def test_a_refusal_with_a_reason(status: int, reason: Any) -> None:
    verify.refused(exchange(reason, status=status), "a text")


@pytest.mark.parametrize(
    ("status", "told"), [(200, "answered"), (204, "answered"), (302, "answered"), (500, "server error")]
)
def test_what_is_no_refusal(status: int, told: str) -> None:
    (finding,) = findings(verify.refused, exchange({"message": "fine"}, status=status), "a text")

    assert told in finding.message
    assert (finding.actual, finding.exchange) == (status, "x000007")


@pytest.mark.parametrize(
    "body", [b"", b"Bad Request", b"<p>no</p>", {}, {"message": ""}, {"detail": []}, [], ["no"], None, 5]
)
def test_a_refusal_without_a_reason(body: Any) -> None:
    (finding,) = findings(verify.refused, exchange(body, status=400), "a text")

    assert "no reason" in finding.message


@pytest.mark.parametrize("status", [200, 302, 400, 404, 429, 499])
def test_no_server_error(status: int) -> None:
    verify.no_server_error(exchange(b"", status=status), "a request")


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599])
def test_a_server_error(status: int) -> None:
    (finding,) = findings(verify.no_server_error, exchange(b"", status=status), "a request")

    assert (finding.actual, finding.exchange) == (status, "x000007")


@pytest.mark.parametrize("status", [201, 204, 302, 400, 404, 429, 500, 503])
def test_what_is_not_answered_with_200(status: int) -> None:
    says = load().operation("sam2.segment").source

    verify.answered(exchange(b"", status=200), "a plain request", says)
    (finding,) = findings(verify.answered, exchange(b"", status=status), "a plain request", says)
    assert (finding.expected, finding.actual, finding.says, finding.exchange) == (200, status, says, "x000007")


def test_nothing_found_is_nothing_broken() -> None:
    broken_if([])
    with pytest.raises(RuleBroken, match="first; second"):
        broken_if([Finding("first"), Finding("second")])
