"""A picture of the user's is told in whatever spelling it travels, and so is what shows it again."""

from __future__ import annotations

import base64
import json
import textwrap
from typing import Any

import cv2
import numpy as np
import pytest

from assay.contract import wire
from assay.contract.message import Request
from assay.encodings import encode_jpeg, encode_png
from assay.record.withholding import WITHHELD, Withholding
from assay.scene import SCENES

NOISE = np.random.default_rng(1).integers(0, 256, (60, 80, 3), np.uint8)
OWN = encode_png(NOISE)
TEXT = base64.b64encode(OWN).decode()
DRAWING = base64.b64encode(encode_jpeg(NOISE)).decode()
COLOURED = base64.b64encode(encode_png(NOISE[:20, :20])).decode()
GREY, BMP = (
    base64.b64encode(cv2.imencode(suffix, pixels)[1].tobytes()).decode()
    for suffix, pixels in ((".png", NOISE[:20, :20, 0]), (".bmp", NOISE))
)
ADDRESS = "http://127.0.0.1:9/aB3-_x.png"


@pytest.fixture
def withholding() -> Withholding:
    known = Withholding(file for scene in SCENES.values() for file in (scene.png(), scene.jpeg()))
    known.picture(OWN)
    known.address(ADDRESS)
    return known


def _request(body: bytes = b"", **query: str) -> Request:
    return Request("hosted.object-detection", "POST", "/shapes/1", tuple(query.items()), (), body)


@pytest.mark.parametrize(
    "body",
    [
        OWN,
        TEXT.encode(),
        TEXT.replace("+", "-").replace("/", "_").encode(),
        TEXT.replace("+", "%2B").replace("/", "%2f").encode(),
        "\r\n".join(textwrap.wrap(TEXT, 76)).encode(),
        f"data:image/png;base64,{TEXT}".encode(),
        f"!{TEXT[: len(TEXT) // 2]}".encode(),
        json.dumps({"image": [{"type": "base64", "value": "\n".join(textwrap.wrap(TEXT, 76))}]}).encode(),
        json.dumps({"image": {"value": TEXT}}).replace("/", "\\/").encode(),
        json.dumps({"image": {"type": "url", "value": ADDRESS}}).encode(),
        wire.multipart(OWN)[1],
        base64.b64encode(SCENES["trio"].png()) + b"," + TEXT.encode(),
        encode_png(NOISE[::-1]),
        DRAWING.encode(),
        encode_jpeg(NOISE),
        wire.multipart(encode_jpeg(NOISE))[1],
        SCENES["trio"].png() + encode_jpeg(NOISE),
        OWN[400:],
        " ".join(textwrap.wrap(TEXT, 40)).encode(),
        "%0A".join(textwrap.wrap(DRAWING, 40)).encode(),
        json.dumps({"image": {"type": "numpy", "value": base64.b64encode(NOISE.tobytes()).decode()}}).encode(),
    ],
)
def test_a_request_that_carries_it_is_told(withholding: Withholding, body: bytes) -> None:
    assert withholding.concerns(_request(body))


def test_its_address_is_told_and_other_pictures_are_not_taken_for_it(withholding: Withholding) -> None:
    assert withholding.concerns(_request(image=ADDRESS))
    for scene in SCENES.values():
        assert not withholding.concerns(_request(base64.b64encode(scene.png())))
        assert not withholding.concerns(_request(base64.b64encode(scene.jpeg())))
        assert not withholding.concerns(_request(wire.multipart(scene.png())[1]))
        assert not withholding.concerns(_request(wire.multipart(scene.jpeg())[1]))
        assert not withholding.concerns(
            _request(json.dumps({"image": {"value": wire.base64_text(scene.png())}}).encode())
        )
    assert not withholding.concerns(_request(json.dumps({"model_id": "shapes/1"}).encode()))
    assert not withholding.concerns(_request())


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        ({"predictions": [{"x": 1.5}]}, {"predictions": [{"x": 1.5}]}),
        ({"visualization": DRAWING, "time": 0.1}, {"visualization": WITHHELD, "time": 0.1}),
        ([{"visualization": f"data:image/jpeg;base64,{DRAWING}"}], [{"visualization": WITHHELD}]),
        (
            {"detail": [{"msg": "invalid", "input": TEXT[:99] + "..."}]},
            {"detail": [{"msg": "invalid", "input": WITHHELD}]},
        ),
        ({"predictions": {"segmentation_mask": GREY}}, {"predictions": {"segmentation_mask": GREY}}),
        ({"predictions": {"segmentation_mask": COLOURED}}, {"predictions": {"segmentation_mask": WITHHELD}}),
        ({"drawn_mask": GREY}, {"drawn_mask": WITHHELD}),
        ({"rle": {"size": [60, 80], "counts": "PPPP" * 40}}, {"rle": {"size": [60, 80], "counts": "PPPP" * 40}}),
        ({"rle": {"counts": TEXT}}, {"rle": {"counts": WITHHELD}}),
        ({"visualization": BMP}, {"visualization": WITHHELD}),
        ({"visualization": OWN.hex()}, {"visualization": WITHHELD}),
        ({"visualization": f"data/{DRAWING}"}, {"visualization": WITHHELD}),
        ({"visualization": list(OWN)}, {"visualization": WITHHELD}),
        ({"predictions": {"segmentation_mask": TEXT}}, {"predictions": {"segmentation_mask": WITHHELD}}),
    ],
)
def test_of_an_answer_all_but_pictures_is_kept(withholding: Withholding, answer: Any, kept: Any) -> None:
    found = withholding.answer(json.dumps(answer).encode(), "application/json")

    assert found is not None
    assert json.loads(found) == kept


@pytest.mark.parametrize(
    ("body", "media"),
    [
        (encode_jpeg(NOISE), "image/jpeg"),
        (encode_jpeg(NOISE), "application/json"),
        (b"GIF in words", "image/gif"),
        (b"\x00\xff\xfe", "application/octet-stream"),
        (f"<p>cannot read {TEXT}</p>".encode(), "text/html"),
        (f'{{"visualization": "{DRAWING}", '.encode(), "application/json"),
    ],
)
def test_what_cannot_be_taken_apart_is_not_kept(withholding: Withholding, body: bytes, media: str) -> None:
    assert withholding.answer(body, media) is None


def test_an_answer_without_pictures_is_kept_as_it_came(withholding: Withholding) -> None:
    for body in (b'{"a":  1}', b"not found", b"", b'{"a": NaN}'):
        assert withholding.answer(body, "application/json") == body
