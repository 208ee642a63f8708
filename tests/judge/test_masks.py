"""Masks: run lengths against COCO's own coder, polygons against pixels tested one by one."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pycocotools import mask as coco

from assay.judge.masks import agreement, filled, from_polygons, from_rle, has_a_hollow

from .making import Mask

shapes = st.tuples(st.integers(1, 24), st.integers(1, 24))
masks = arrays.arrays(np.bool_, shapes)
pairs = shapes.flatmap(lambda shape: st.tuples(arrays.arrays(np.bool_, shape), arrays.arrays(np.bool_, shape)))


def encoded(mask: Mask) -> dict[str, Any]:
    """What COCO's coder makes of a mask, in the form of an answer."""
    made = coco.encode(np.asfortranarray(mask, np.uint8))
    return {"size": list(made["size"]), "counts": made["counts"].decode("ascii")}


@given(masks)
def test_run_lengths_are_read_as_coco_writes_them(mask: Mask) -> None:
    decoded = from_rle(encoded(mask))

    assert decoded.dtype == np.bool_
    assert np.array_equal(decoded, mask)


def test_run_lengths_of_a_large_mask() -> None:
    rows, columns = np.mgrid[0:720, 0:1280]
    mask = ((rows - 300) ** 2 + (columns - 700) ** 2 < 90000) & (columns % 7 > 1)

    assert np.array_equal(from_rle(encoded(mask)), mask)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 9), (9, 1), (3, 5)])
@pytest.mark.parametrize("value", [False, True])
def test_masks_of_one_colour(height: int, width: int, value: bool) -> None:
    mask = np.full((height, width), value)

    assert np.array_equal(from_rle(encoded(mask)), mask)


def test_a_single_pixel_in_each_corner() -> None:
    for row in (0, -1):
        for column in (0, -1):
            mask = np.zeros((5, 7), np.bool_)
            mask[row, column] = True
            assert np.array_equal(from_rle(encoded(mask)), mask)


WHOLE = encoded(np.eye(8, dtype=np.bool_))


@pytest.mark.parametrize(
    "broken",
    [
        {**WHOLE, "size": [8, 9]},
        {**WHOLE, "size": [4, 8]},
        {**WHOLE, "counts": ""},
        {**WHOLE, "counts": WHOLE["counts"][:-1]},
        {**WHOLE, "counts": WHOLE["counts"] + "1"},
        {**WHOLE, "counts": "o"},  # more was promised
        {**WHOLE, "counts": "é0"},
        {**WHOLE, "counts": " 0"},
        {**WHOLE, "counts": "0\n"},
        {**WHOLE, "counts": "A"},  # a negative run
        {**WHOLE, "counts": "V2J"},  # 70 and -6 px, which are 64 together
        {**WHOLE, "counts": "pP2"},  # the first letter beyond the alphabet
        {"size": [10**9, 10**9], "counts": "0"},
        {**WHOLE, "counts": "o" * 100_000 + "1"},  # a run of half a million bits
    ],
)
def test_run_lengths_that_do_not_fill_the_size_are_refused_at_once(broken: dict[str, Any]) -> None:
    begun = time.perf_counter()

    with pytest.raises(ValueError, match=r"run|counts|mask"):
        from_rle(broken)

    assert time.perf_counter() - begun < 1


@pytest.mark.parametrize("broken", [{"size": [8, 8]}, {"counts": "0"}, {"size": [8], "counts": "0"}])
def test_run_lengths_without_size_or_counts_are_no_mask(broken: dict[str, Any]) -> None:
    with pytest.raises((KeyError, ValueError)):
        from_rle(broken)


polygons = st.lists(st.tuples(st.integers(0, 23), st.integers(0, 19)), min_size=3, max_size=7)


@settings(max_examples=60)
@given(polygons)
def test_a_polygon_covers_what_lies_inside_and_its_edges_and_no_more(polygon: list[tuple[int, int]]) -> None:
    mask = from_polygons([polygon], 24, 20)

    for y in range(20):
        for x in range(24):
            near = _distance_to_edges(x, y, polygon)
            if near == 0:
                assert mask[y, x], (x, y)
            elif near > 1:  # nearer pixels depend on how a slanted line is drawn
                assert mask[y, x] == _inside(x, y, polygon), (x, y)


def _inside(x: float, y: float, polygon: list[tuple[int, int]]) -> bool:
    """By counting the edges that a ray to the right crosses."""
    crossings = 0
    for (x0, y0), (x1, y1) in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
            crossings += 1
    return crossings % 2 == 1


def _distance_to_edges(x: float, y: float, polygon: list[tuple[int, int]]) -> float:
    return min(
        _distance_to_segment(np.array([x, y], float), np.array(start, float), np.array(end, float))
        for start, end in zip(polygon, polygon[1:] + polygon[:1], strict=True)
    )


def _distance_to_segment(point: Any, start: Any, end: Any) -> float:
    along = end - start
    length = along @ along
    share = 0.0 if length == 0 else float(np.clip((point - start) @ along / length, 0, 1))
    return round(float(np.linalg.norm(point - start - share * along)), 9)


@pytest.mark.parametrize(
    ("polygons", "area"),
    [
        ([], 0),
        ([[]], 0),  # how an empty mask is answered
        ([[[3, 4]]], 1),
        ([[[3, 4], [7, 4]]], 5),
        ([[[3, 4], [7, 4], [7, 6], [3, 6]]], 15),  # edges are included
        ([[[0, 0], [19, 0], [19, 9], [0, 9]]], 200),
        ([[[-5, -5], [50, -5], [50, 50], [-5, 50]]], 200),
        ([[[3, 4], [7, 4], [7, 6], [3, 6]], [], [[10, 0], [10, 9]]], 25),
        ([[[0, 0], [4, 0], [4, 4], [0, 4]], [[2, 2], [6, 2], [6, 6], [2, 6]]], 41),  # overlap counts once
        ([[[0.9, 0.9], [4.9, 0.9], [4.9, 4.9], [0.9, 4.9]]], 25),  # fractions are cut, as the page's sample cuts them
        ([[[1e300, 0], [0, 1e300], [-1e300, -1e300]]], 200),
        ([[[-(2**31), -(2**31)], [2**31 - 1, -(2**31)], [2**31 - 1, 2**31 - 1], [-(2**31), 2**31 - 1]]], 200),
    ],
)
def test_polygons_of_known_area(polygons: Any, area: int) -> None:
    begun = time.perf_counter()

    mask = from_polygons(polygons, 20, 10)

    assert mask.shape == (10, 20)
    assert int(mask.sum()) == area
    assert time.perf_counter() - begun < 1


@pytest.mark.parametrize(
    "polygons",
    [[[[1, 2], [3]]], [["ab"]], ["text"], [[[1, None], [2, 3]]], [[[1, 2, 3], [4, 5, 6]]], [[1, 2]], [[[[1, 2]]]], [5]],
)
def test_what_are_no_vertices_are_no_polygon(polygons: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        from_polygons(polygons, 20, 10)


@given(pairs)
def test_agreement_is_the_iou_of_coco(pair: tuple[Mask, Mask]) -> None:
    first, second = pair
    if not (first | second).any():
        assert agreement(first, second) == 1.0
        return

    as_coco = [coco.encode(np.asfortranarray(mask, np.uint8)) for mask in pair]
    expected = coco.iou([as_coco[0]], [as_coco[1]], [0])[0][0]

    assert agreement(first, second) == pytest.approx(expected)


def test_masks_of_different_sizes_do_not_agree() -> None:
    assert agreement(np.zeros((4, 6), np.bool_), np.zeros((6, 4), np.bool_)) == 0.0
    assert agreement(np.ones((4, 6), np.bool_), np.zeros((4, 6), np.bool_)) == 0.0


@given(masks)
def test_filling_closes_what_the_border_cannot_reach(mask: Mask) -> None:
    assert np.array_equal(filled(mask), ~_reached_from_outside(mask))
    assert np.array_equal(filled(from_rle(encoded(mask))), filled(mask))  # whatever the order in memory


def _reached_from_outside(mask: Mask) -> Mask:
    """The background that a walk from beyond the border reaches, step by step along rows and columns."""
    free = ~np.pad(mask, 1)
    reached = np.zeros_like(free)
    reached[0, 0] = True
    while True:
        grown = reached.copy()
        grown[1:] |= reached[:-1]
        grown[:-1] |= reached[1:]
        grown[:, 1:] |= reached[:, :-1]
        grown[:, :-1] |= reached[:, 1:]
        grown &= free
        if np.array_equal(grown, reached):
            return reached[1:-1, 1:-1]
        reached = grown


def test_a_hollow_is_that_of_a_large_piece() -> None:
    mask = np.zeros((80, 120), np.bool_)
    mask[10:50, 10:50] = True
    assert not has_a_hollow(mask)
    mask[60:62, 90:92] = mask[62:64, 92:94] = True
    assert not has_a_hollow(mask), "a speck tells nothing of the mask"
    mask[10:35, 10:35] = False
    assert has_a_hollow(mask)
    assert not has_a_hollow(np.zeros((9, 9), np.bool_))
