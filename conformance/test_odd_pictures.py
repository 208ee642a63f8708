"""Pictures of which little is to be seen: of one shade, one pixel, or many millions. None brings a server down."""

from __future__ import annotations

import base64
from functools import cache

import cv2
import numpy as np

from assay.contract import delivery, load
from assay.contract.rule import Case, Cost, over, rule
from assay.encodings import encode_jpeg, encode_png
from assay.judge import verify, verify_service
from assay.judge.answers import response_of
from assay.judge.schema import valid_beyond
from assay.picture import decode
from assay.plugin.drivers import Driver

PICTURED = [name for name, each in load().operations.items() if delivery.takes_pictures(each)]
SHADES = {"black": 0, "white": 255}
CAMERA = "of-a-camera"
"""A JPEG of twelve megapixels, as telephones take; the other sizes are PNG, of one shade."""
SIZES = {
    "one-pixel": (1, 1),
    "one-row": (2400, 1),
    "one-column": (1, 2400),
    "very-wide": (2400, 40),
    CAMERA: (4000, 3000),
}
"""Width and height in px. A network's input is shorter than a row here: scaled to it, a row has no height left."""
GREY = 128
CLOUD = 4
"""px that the clouds of the camera's picture measure: it weighs over 1 MB then, as a photograph of that size does."""


@rule(
    "service.answers-pictures-of-nothing",
    requirement="A picture in which nothing is to be seen is answered as any other is, and is no error.",
    source="sound",
    severity="must",
    invariants=("B-21",),
    cases=over(PICTURED, shade=list(SHADES)),
    depth="standard",
    cost=Cost(own=1),
)
def test_a_picture_of_nothing_is_answered(asked: Driver, case: Case) -> None:
    plain = decode(delivery.picture_of(asked.operation, asked.plain_request()))
    assert plain is not None
    height, width, _ = plain.shape

    exchange = asked.once(asked.with_picture(_of_one_shade(width, height, SHADES[case["shade"]])))

    asked.note(f"{width} x {height} px of {case['shade']}")
    verify.answered(exchange, f"a picture that is all {case['shade']}", asked.operation.source)
    valid_beyond(asked.shown(asked.operation.mode_of(exchange.request).name), exchange, asked.operation)


@rule(
    "service.withstands-odd-sizes",
    requirement="A picture of one pixel, row or column, or as large as cameras take, is no reason for a server error.",
    source="sound",
    severity="should",
    invariants=("B-22",),
    cases=over(PICTURED, size=list(SIZES)),
    depth="standard",
    cost=Cost(own=1),
)
def test_odd_sizes_are_no_server_error(asked: Driver, case: Case) -> None:
    width, height = SIZES[case["size"]]

    picture = _clouded(width, height) if case["size"] == CAMERA else _of_one_shade(width, height, GREY)
    exchange = asked.once(asked.with_picture(picture))

    asked.note(f"{width} x {height} px, answered with status {response_of(exchange).status}")
    verify.no_server_error(exchange, f"a picture of {width} x {height} px")


@rule(
    "service.takes-pictures-of-a-camera",
    requirement="A photograph of a few MB is not refused as too large (413): hosted services take requests of 5 MB.",
    source="sound",
    severity="should",
    cases=over(PICTURED),
    depth="standard",
    cost=Cost(own=1),
)
def test_a_picture_of_a_camera_is_not_too_large(asked: Driver) -> None:
    width, height = SIZES[CAMERA]
    exchange = asked.once(asked.with_picture(_clouded(width, height)))

    asked.note(f"{width} x {height} px, a request of {len(exchange.request.body) / 1e6:.1f} MB")
    verify_service.not_too_large(exchange)


def _of_one_shade(width: int, height: int, level: int) -> str:
    """A picture of one shade of grey, 0 to 255, as PNG in base64."""
    return base64.b64encode(encode_png(np.full((height, width, 3), level, np.uint8))).decode("ascii")


@cache
def _clouded(width: int, height: int) -> str:
    """A picture of grey clouds, in which no thing is to be seen, as JPEG in base64."""
    coarse = np.random.default_rng(0).integers(108, 148, (height // CLOUD, width // CLOUD)).astype(np.uint8)
    clouds = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return base64.b64encode(encode_jpeg(np.stack([clouds] * 3, axis=-1), 90)).decode("ascii")
