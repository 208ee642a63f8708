"""Pictures in requests and answers: found wherever a client may put them, upright, small, embedded once."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

from assay.contract.message import Request
from assay.picture import stated_size
from assay.record import Run
from assay.report.picture import Album, answered, sent

from .conftest import RunBuilder

Builder = Callable[..., RunBuilder]


def exchange_of(builder: Builder, request: Request, **facts: Any) -> tuple[Run, dict[str, Any]]:
    made = builder()
    identifier = made.exchange(request=request, **facts)
    run = made.finish()
    return run, run.exchanges[identifier]


def request_with(body: bytes, media: str) -> Request:
    return Request("sam2.segment", "POST", "/x", (), (("Content-Type", media),), body)


def test_a_picture_is_found_in_every_kind_of_request(builder: Builder, jpeg: bytes) -> None:
    text = base64.b64encode(jpeg)
    image = {"type": "base64", "value": text.decode()}
    form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n' + jpeg + b"\r\n--b--\r\n"
    bodies = [
        (text, "application/x-www-form-urlencoded"),
        (b"data:image/jpeg;base64," + text, "text/plain"),
        (base64.encodebytes(jpeg), "text/plain"),
        (jpeg, "image/jpeg"),
        (form, "multipart/form-data; boundary=b"),
        (json.dumps({"api_key": "k", "image": image}).encode(), "application/json"),
        (json.dumps({"image": [{"type": "url", "value": "https://a"}, image]}).encode(), "application/json"),
    ]
    for body, media in bodies:
        run, exchange = exchange_of(builder, request_with(body, media))
        assert sent(run, exchange) == jpeg, media


@pytest.mark.parametrize(
    ("body", "media"),
    [
        (b"", "text/plain"), (b"not base64 at all", "text/plain"), (base64.b64encode(b"no picture"), "text/plain"),
        (b'{"image": {"type": "base64", "value": "!!"}}', "application/json"), (b"[" * 90_000, "application/json"),
        (b'{"image": {"type": "url", "value": "https://a"}}', "application/json"), (b"--b\r\n", "multipart/form-data"),
        (b"--b\r\n\r\nx\r\n--b--", "multipart/form-data; boundary=b"),
        (b"\xff" * 50, "multipart/form-data; boundary=\xe9"),
    ],
)  # fmt: skip
def test_a_request_without_a_picture_has_none(builder: Builder, body: bytes, media: str) -> None:
    run, exchange = exchange_of(builder, request_with(body, media))
    assert sent(run, exchange) is None


def test_a_picture_that_came_back_is_found(builder: Builder, jpeg: bytes) -> None:
    request = request_with(b"x", "text/plain")
    run, exchange = exchange_of(builder, request, body=jpeg, headers=(("content-type", "image/jpeg"),))
    assert answered(run, exchange) == [jpeg]
    run, exchange = exchange_of(builder, request, answer={"visualization": base64.b64encode(jpeg).decode()})
    assert answered(run, exchange) == [jpeg]
    strange: Any
    for strange in ({"visualization": None}, {"visualization": {"a": 1}}, {"visualization": "\ud800"}, [], 1, "text"):
        run, exchange = exchange_of(builder, request, answer=strange)
        assert answered(run, exchange) == []
    run, exchange = exchange_of(builder, request, error=("timeout", "none"))
    assert answered(run, exchange) == []


def test_an_artifact_that_is_gone_is_no_picture(builder: Builder, jpeg: bytes) -> None:
    run, exchange = exchange_of(builder, request_with(jpeg, "image/jpeg"), body=jpeg)
    for artifact in (run.folder / "artifacts").iterdir():
        artifact.unlink()
    assert sent(run, exchange) is None
    assert answered(run, exchange) == []


def test_a_picture_is_embedded_once_and_within_the_room(jpeg: bytes) -> None:
    album = Album(1_000_000)
    first = album.add(jpeg)
    assert first is not None
    assert (first.width, first.height) == (320, 240)
    assert album.add(jpeg) is first
    assert album.pictures == [first]
    assert first.uri.startswith(("data:image/png;base64,", "data:image/jpeg;base64,"))
    assert Album(100).add(jpeg) is None


def test_large_pictures_are_scaled_but_keep_their_coordinates() -> None:
    content = cv2.imencode(".png", np.zeros((1200, 2400, 3), np.uint8))[1].tobytes()
    picture = Album(1_000_000).add(content)
    assert picture is not None
    assert (picture.width, picture.height) == (2400, 1200)
    embedded = base64.b64decode(picture.uri.partition(",")[2])
    assert stated_size(embedded) == (800, 400)


def test_a_picture_is_turned_upright_as_servers_do(jpeg: bytes) -> None:
    tiff = b"MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"
    exif = b"\xff\xe1" + struct.pack(">H", len(tiff) + 8) + b"Exif\x00\x00" + tiff
    picture = Album(1_000_000).add(jpeg[:2] + exif + jpeg[2:])
    assert picture is not None
    assert (picture.width, picture.height) == (240, 320)


def test_what_is_no_picture_or_a_trap_is_not_decoded(jpeg: bytes) -> None:
    bomb = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", 60_000, 60_000) + b"\x08\x02\x00\x00\x00"
    album = Album(1_000_000)
    for content in (bomb, jpeg[:40], b"\xff\xd8\xff", b"", b"<svg onload='alert(1)'/>", b"\xff\xd8\xff\xe0" * 20):
        assert album.add(content) is None
    assert album.pictures == []
