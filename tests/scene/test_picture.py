"""A picture says how large it is before anybody makes room for it."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from assay.contract.message import Request, Response
from assay.errors import UsageProblem
from assay.judge import classmaps, masks, verify
from assay.judge.equal import Comparison
from assay.judge.verdicts import PrerequisiteBroken, RuleBroken
from assay.photograph import photographs
from assay.picture import MOST_PIXELS, decode, decode_as, fits, stated_size
from assay.record.model import Exchange
from assay.report.overlay import shapes
from assay.report.picture import Album
from assay.scene import SCENES

WIDE, HIGH = 8000, 6000


def _png(width: int, height: int) -> bytes:
    """A whole, black PNG of one bit a pixel: some kilobytes, whatever its size."""
    packer, row = zlib.compressobj(1), bytes(1 + (width + 7) // 8)
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


@pytest.fixture(scope="module")
def bomb() -> bytes:
    content = _png(WIDE, HIGH)
    assert WIDE * HIGH > MOST_PIXELS
    assert len(content) < 100_000
    return content


@pytest.fixture(autouse=True)
def _frugal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever decodes what is too large is caught at it."""
    decoder = cv2.imdecode

    def imdecode(*arguments: object) -> object:
        found = decoder(*arguments)  # type: ignore[call-overload]
        assert found is None or found.shape[0] * found.shape[1] <= MOST_PIXELS, "too large a picture was decoded"
        return found

    monkeypatch.setattr(cv2, "imdecode", imdecode)


def _exchange(body: bytes, media: str = "application/json") -> Exchange:
    return Exchange(
        "x1", Request("a.b", "POST", "/"), Response(200, (("content-type", media),), body), None, started=0, seconds=0
    )


def _class_map(text: str) -> Exchange:
    return _exchange(f'{{"predictions": {{"segmentation_mask": "{text}", "class_map": {{}}}}}}'.encode())


def test_it_is_no_picture_to_anybody(bomb: bytes, tmp_path: Path) -> None:
    assert not fits(bomb)
    assert decode(bomb) is None
    assert [decode_as(bomb, how) for how in ("colour", "grey", "stored")] == [None] * 3
    assert Album(10**6).add(bomb) is None
    text = base64.b64encode(bomb).decode()
    assert list(shapes({"predictions": {"segmentation_mask": text, "class_map": {}}})) == []
    with pytest.raises(ValueError, match="a mask of 8000 x 6000 px is larger than any picture"):
        classmaps.decode(bomb)
    with pytest.raises(PrerequisiteBroken, match="larger than any picture"):
        classmaps.class_map(_class_map(text), "a.rule")
    assert Comparison().differences({"visualization": text}, {"visualization": text[:-8] + "AAAA" + text[-4:]})
    (tmp_path / "large.png").write_bytes(bomb)
    with pytest.raises(UsageProblem, match=r"large\.png has more than 40 megapixels"):
        photographs(tmp_path)


def test_a_drawing_that_is_too_large_is_a_finding() -> None:
    content = bytearray(cv2.imencode(".jpg", np.zeros((60, 80, 3), np.uint8))[1].tobytes())
    frame = content.index(b"\xff\xc0")
    content[frame + 5 : frame + 9] = struct.pack(">HH", HIGH, WIDE)

    with pytest.raises(RuleBroken, match="cannot be decoded"):
        verify.jpeg_of_size(bytes(content), 80, 60, _exchange(bytes(content), "image/jpeg"))


def test_masks_keep_the_same_bound() -> None:
    with pytest.raises(ValueError, match="larger than any picture"):
        masks.from_rle({"size": [HIGH, WIDE], "counts": "0"})


SUFFIXES = (".png", ".jpg", ".webp", ".bmp")
QUALITIES: dict[str, list[list[int]]] = {
    ".webp": [[], [cv2.IMWRITE_WEBP_QUALITY, 101]],  # lossy, and without loss
    ".jpg": [[], [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]],
}


def _encoded() -> Iterator[tuple[str, bytes]]:
    pixels = SCENES["trio"].pixels()
    with_alpha = np.dstack([pixels, np.full(pixels.shape[:2], 128, np.uint8)])
    for suffix in SUFFIXES:
        for quality in QUALITIES.get(suffix, [[]]):
            yield f"{suffix} {quality}", cv2.imencode(suffix, pixels, quality)[1].tobytes()
    yield "webp with alpha", cv2.imencode(".webp", with_alpha)[1].tobytes()


@pytest.mark.parametrize("content", [pytest.param(content, id=name) for name, content in _encoded()])
def test_the_size_is_read_as_it_is_decoded(content: bytes) -> None:
    found = decode(content)

    assert found is not None
    assert stated_size(content) == (found.shape[1], found.shape[0])
    for length in range(len(content[:60])):
        stated_size(content[:length])  # nothing breaks, wherever it is cut


HEADS: tuple[Callable[[], bytes], ...] = (
    lambda: b"BM" + bytes(12) + struct.pack("<IHH", 12, 60_000, 60_000),
    lambda: b"BM" + bytes(12) + struct.pack("<Iii", 40, 60_000, -60_000),
    lambda: b"RIFF\0\0\0\0WEBPVP8X" + bytes(8) + b"\xff\xff\xff" * 2,
    lambda: b"\xff\xd8\xff\xff\x01\xff\xe0\x00\x04ab\xff\xc2\x00\x11\x08\xff\xff\xff\xff",
)


@pytest.mark.parametrize("head", HEADS)
def test_heads_that_state_too_much(head: Callable[[], bytes]) -> None:
    size = stated_size(head())

    assert size is not None
    assert size[0] * size[1] > MOST_PIXELS
    assert not fits(head())


@pytest.mark.parametrize(
    "content", [b"", b"text", b"GIF89a\1\0\1\0", b"P6 9 9 255 ", b"II*\0", b"\xff\xd8\xff\0", b"RIFF"]
)
def test_what_states_no_size_is_not_decoded(content: bytes) -> None:
    assert stated_size(content) is None
    assert decode(content) is None
