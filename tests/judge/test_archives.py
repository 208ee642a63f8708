"""Archives that come over the wire are read without trust."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from assay.judge import archives
from assay.judge.archives import read_archive


def packed(compressed: bool = True, **arrays: NDArray[Any]) -> bytes:
    content = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(content, **arrays)  # type: ignore[arg-type]
    return content.getvalue()


@pytest.mark.parametrize("compressed", [True, False])
def test_what_numpy_writes_is_read(compressed: bool) -> None:
    masks = np.linspace(-4, 4, 24, dtype=np.float32).reshape(2, 3, 4)
    found = read_archive(packed(compressed, masks=masks, low_res_masks=masks[:, :1]))

    assert sorted(found) == ["low_res_masks", "masks"]
    assert np.array_equal(found["masks"], masks)


def with_member(name: str, content: bytes) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr(name, content)
    return archive.getvalue()


def npy(masks: NDArray[Any]) -> bytes:
    content = io.BytesIO()
    np.lib.format.write_array(content, masks)
    return content.getvalue()


WHOLE = packed(masks=np.zeros((1, 40, 40), np.float32))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK",
        b'{"predictions": []}',
        WHOLE[: len(WHOLE) // 2],
        with_member("masks.npy", b"no array"),
        with_member("masks.npy", b""),
        packed(masks=np.array([{"a": "pickle"}], dtype=object)),
        packed(False, masks=np.zeros(9)).replace(b"descr", b"dexcr"),
        with_member("masks.npy", npy(masks=np.zeros(9)).replace(b"(9,)", b"(9999999999999,)")),
    ],
)
def test_what_is_no_archive_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        read_archive(content)


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "LARGEST", 10_000)
    with pytest.raises(ValueError, match="larger than 10000 bytes"):
        read_archive(packed(masks=np.zeros((100, 100), np.float32)))
