"""Where two drawings differ is a picture: white where they are the same."""

from __future__ import annotations

import io
import json

import numpy as np

from assay.contract.message import Response
from assay.contract.wire import base64_text
from assay.encodings import encode_png
from assay.golden.archived import packed
from assay.judge.archives import read_archive
from assay.picture import Pixels, decode
from assay.questions.drawings import difference_of
from assay.scene import SCENES

PLAIN = SCENES["trio"].pixels()


def drawn(pixels: Pixels) -> Response:
    return Response(200, (("Content-Type", "image/png"),), encode_png(pixels))


def held(pixels: Pixels) -> Response:
    body = json.dumps({"visualization": base64_text(encode_png(pixels))}).encode()
    return Response(200, (("Content-Type", "application/json"),), body)


def spotted() -> Pixels:
    pixels = PLAIN.copy()
    pixels[10:20, 30:50] = 255 - pixels[10:20, 30:50]
    return pixels


def test_it_is_dark_where_they_differ() -> None:
    for make in (drawn, held):
        found = decode(difference_of(make(PLAIN), make(spotted())) or b"")
        assert found is not None
        dark = np.argwhere(found[:, :, 0] < 255)
        assert (dark.min(axis=0).tolist(), dark.max(axis=0).tolist()) == ([10, 30], [19, 49])


def test_there_is_none_where_nothing_can_be_compared() -> None:
    nothing = Response(200, (("Content-Type", "application/json"),), b'{"predictions": []}')

    assert difference_of(drawn(PLAIN), nothing) is None
    assert difference_of(held(PLAIN), nothing) is None
    assert difference_of(drawn(PLAIN), drawn(PLAIN[:100])) is None


def archive(compressed: bool, **arrays: object) -> bytes:
    file = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def test_arrays_are_packed_and_the_same_ones_stay_as_they_are() -> None:
    masks = np.zeros((3, 64, 64), np.float32)
    plain, other = archive(False, masks=masks, low=masks[:1]), archive(False, masks=masks + 1, low=masks[:1])

    small = packed(plain)

    assert len(small) < len(plain) / 10
    assert {name: array.tobytes() for name, array in read_archive(small).items()} == {
        "masks": masks.tobytes(),
        "low": masks[:1].tobytes(),
    }
    before = archive(True, low=masks[:1], masks=masks)
    assert packed(plain, before) is before
    assert packed(other, before) is not before
    assert packed(b"no archive") == b"no archive"
