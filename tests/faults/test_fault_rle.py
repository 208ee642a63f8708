"""The faults' own coding of run lengths, held against pycocotools."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.faults import rle

coco = pytest.importorskip("pycocotools.mask")


@st.composite
def masks(draw: st.DrawFn) -> np.ndarray[Any, Any]:
    height, width = draw(st.integers(1, 60)), draw(st.integers(1, 60))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    if draw(st.booleans()):  # blobs: long runs
        y, x = np.mgrid[:height, :width]
        cy, cx, radius = (generator.uniform(0, 60) for _ in range(3))
        return np.asarray((y - cy) ** 2 + (x - cx) ** 2 < radius**2)
    return np.asarray(generator.random((height, width)) < generator.random())


@given(masks())
def test_encodes_as_pycocotools_does(mask: np.ndarray[Any, Any]) -> None:
    theirs = coco.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"].decode("ascii")
    assert rle.encode(mask) == theirs


@given(masks())
def test_decodes_what_pycocotools_encodes(mask: np.ndarray[Any, Any]) -> None:
    theirs = coco.encode(np.asfortranarray(mask.astype(np.uint8)))
    assert np.array_equal(rle.decode(mask.shape, theirs["counts"].decode("ascii")), mask)


def test_runs_of_a_mask_that_begins_inside() -> None:
    assert rle.runs(rle.encode(np.array([[True, False], [True, False]]))) == [0, 2, 2]


@pytest.mark.parametrize("counts", ["", "4", "04", "\x00", "é", "P"])
def test_refuses_what_does_not_fill_the_size(counts: str) -> None:
    with pytest.raises(ValueError, match=r"fill|letter|inside"):
        rle.decode((3, 3), counts)
