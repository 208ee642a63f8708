"""Masks: measured as other libraries measure them, on a crop as on the whole picture, and judged by size."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
import pytest
from faster_coco_eval.core import mask as faster
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as coco
from scipy.spatial.distance import directed_hausdorff

from assay.contract.message import Response
from assay.judge import masks as judge
from assay.likeness import measures, patches

from .asking import DOG, PROFILES, answer, compared
from .shapes import HEIGHT, WIDTH, Bits, bar, disc, polygons, rle

SIZE = (120, 90)
PAIRS: dict[str, tuple[Bits, Bits]] = {
    "moved": (disc(20, 50, 40, SIZE), disc(20, 53, 42, SIZE)),
    "grown": (disc(20, 50, 40, SIZE), disc(24, 50, 40, SIZE)),
    "at the edge": (disc(30, 0, 0, SIZE), disc(28, 1, 0, SIZE)),
    "with a hole": (disc(20, 50, 40, SIZE), disc(20, 50, 40, SIZE) - disc(6, 50, 40, SIZE)),
    "in two parts": (disc(9, 20, 20, SIZE) | disc(9, 90, 60, SIZE), disc(9, 20, 20, SIZE) | disc(7, 90, 60, SIZE)),
    "apart": (disc(5, 20, 20, SIZE), disc(5, 90, 70, SIZE)),
    "touching": (bar(10, 10, 10, 10, SIZE), bar(10, 10, 20, 10, SIZE)),
    "of a pixel": (bar(1, 1, 10, 10, SIZE), bar(1, 1, 11, 10, SIZE)),
    "thin": (bar(80, 1, 10, 10, SIZE), bar(80, 2, 10, 10, SIZE)),
    "whole": (np.ones((90, 120), np.uint8), disc(60, 60, 45, SIZE)),
}


def measured(one: Bits, other: Bits) -> measures.Overlap:
    return measures.overlap(patches.of_array(one), patches.of_array(other))


NOTHING, SAME = (0.0, math.inf, 0.0), (1.0, 0.0, 1.0)
"""IoU, distance and areas where one mask is empty, and where both are."""


def in_all(found: measures.Overlap) -> tuple[float, float, float]:
    return found.iou, found.hd95, found.area


@pytest.mark.parametrize("name", PAIRS)
def test_iou_is_that_of_pycocotools(name: str) -> None:
    one, other = PAIRS[name]
    packed = [coco.encode(np.asfortranarray(mask)) for mask in (one, other)]

    assert measured(one, other).iou == pytest.approx(coco.iou(packed[:1], packed[1:], [0])[0, 0], abs=1e-6)


@pytest.mark.parametrize("name", PAIRS)
def test_boundary_iou_is_that_of_faster_coco_eval(name: str) -> None:
    one, other = PAIRS[name]
    bands = [faster.rleToBoundary(coco.encode(np.asfortranarray(mask)), 0.02, "opencv") for mask in (one, other)]

    assert measured(one, other).boundary(SIZE) == pytest.approx(coco.iou(bands[:1], bands[1:], [0])[0, 0], abs=1e-6)


@pytest.mark.parametrize("name", PAIRS)
def test_the_distance_of_borders_is_that_of_scipy(name: str) -> None:
    """SciPy knows the greatest distance alone; the percentile is taken of the same distances, by NumPy."""
    padded = [np.pad(mask, 1) for mask in PAIRS[name]]
    points = [np.argwhere(measures.border(mask)) for mask in padded]
    apart = np.linalg.norm(points[0][:, None] - points[1][None], axis=2)
    greatest = max(directed_hausdorff(points[0], points[1])[0], directed_hausdorff(points[1], points[0])[0])
    most = max(np.percentile(apart.min(axis=1), 95), np.percentile(apart.min(axis=0), 95))

    assert measures.border_distance(padded[0], padded[1], 100) == pytest.approx(greatest, abs=1e-6)
    assert measures.border_distance(padded[0], padded[1]) == pytest.approx(most, abs=1e-6)


@given(st.integers(0, 2**16 - 1), st.integers(0, 2**16 - 1))
@settings(max_examples=60)
def test_small_masks_of_every_form_agree_with_the_libraries(first: int, second: int) -> None:
    one, other = (
        np.array([number >> bit & 1 for bit in range(16)], np.uint8).reshape(4, 4) for number in (first, second)
    )
    found = measured(one, other)
    packed = [coco.encode(np.asfortranarray(mask)) for mask in (one, other)]

    if first or second:
        assert found.iou == pytest.approx(coco.iou(packed[:1], packed[1:], [0])[0, 0], abs=1e-6)
    else:
        assert in_all(found) == SAME
    assert measured(other, one) == found


@pytest.mark.parametrize("name", PAIRS)
def test_every_form_of_a_mask_is_read_as_the_judge_reads_it(name: str) -> None:
    mask = PAIRS[name][0]
    outlines = polygons(mask)

    for patch, whole in (
        (patches.of_rle(rle(mask)), judge.from_rle(rle(mask))),
        (patches.of_polygons(outlines, SIZE), judge.from_polygons(outlines, *SIZE)),
        (patches.of_array(mask), mask > 0),
    ):
        x0, y0, x1, y1 = patch.box
        laid = np.zeros(whole.shape, bool)
        laid[y0:y1, x0:x1] = patch.bits > 0
        assert np.array_equal(laid, whole)


def test_vertices_outside_of_the_picture_are_cut_off() -> None:
    square: list[list[float]] = [[-20.7, -5.2], [200.9, -5], [200, 60.5], [-20, 60]]

    patch = patches.of_polygons([square], SIZE)

    assert patch.box == (0, 0, 120, 61)
    assert patches.of_polygons([[[-9, -9], [-5, -9], [-5, -5]]], SIZE).area == 0


@pytest.mark.parametrize("vertices", [[[1, 2, 3]], [[math.nan, 2], [3, 4]], [["a", "b"]]])
def test_vertices_that_are_none_are_refused(vertices: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        patches.of_polygons([vertices], SIZE)


def test_empty_masks_are_alike_and_unlike_any_other() -> None:
    empty = np.zeros((90, 120), np.uint8)

    assert in_all(measured(empty, empty)) == SAME
    assert in_all(measured(empty, PAIRS["moved"][0])) == NOTHING
    assert (measured(empty, empty).boundary(SIZE), measured(empty, PAIRS["moved"][0]).boundary(SIZE)) == (1.0, 0.0)


@pytest.mark.parametrize(("width", "expected"), [(1, 1.0), (4, 4.0), (20, 20.0)])
def test_thickness_is_the_width_of_a_long_bar(width: int, expected: float) -> None:
    mask = np.pad(bar(1000, width), 1)

    assert measures.thickness(mask, int(mask.sum())) == pytest.approx(expected, rel=0.03)


# As answers


def prompted(first: Any, second: Any, mode: str = "json", profile: str = "cpu") -> tuple[str, ...]:
    sides = [answer({"predictions": [{"masks": masks, "confidence": 0.9}]}) for masks in (first, second)]
    return compared(sides[0], sides[1], "sam2.segment", mode, profile).kinds


def archive(*masks: Bits) -> Response:
    content = io.BytesIO()
    np.savez_compressed(content, masks=np.stack(masks).astype(np.float32) * 8 - 4)
    return Response(200, (("content-type", "application/octet-stream"),), content.getvalue())


SMALL, LARGE = 12, 200


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("radius", [SMALL, LARGE])
def test_a_mask_is_lost_moved_or_holed_in_every_form(radius: int, profile: str) -> None:
    mask, moved = disc(radius), disc(radius, 652, 492)
    holed = mask - disc(radius * math.sqrt(0.1))
    nothing = np.zeros_like(mask)

    for other in (moved, nothing):
        assert prompted(polygons(mask), polygons(other), "json", profile) == ("mask",)
    for other in (moved, holed, nothing):
        assert prompted(rle(mask), rle(other), "rle", profile) == ("mask",)
        found = compared(archive(mask), archive(other), "sam2.segment", "binary", profile)
        assert found.kinds == ("mask",)
        assert {mark.side for mark in found.differences[0].marks} >= {"first"}


@pytest.mark.parametrize("profile", PROFILES)
def test_a_patch_is_found_however_little_of_a_large_mask_it_is(profile: str) -> None:
    large, spot = disc(400), bar(30, 30, 20, 20)

    assert prompted(rle(large), rle(large | spot), "rle", profile) == ("mask",)
    assert prompted(rle(large), rle(large * (1 - bar(30, 30, 600, 460))), "rle", profile) == ("mask",)


def test_how_thick_a_patch_is() -> None:
    assert [measures.thickest(bar(40, width, 5, 5, SIZE)) for width in (1, 3, 5, 21)] == [1, 3, 5, 21]
    assert measures.thickest(np.ones((9, 9), np.uint8)) == 9
    assert measures.thickest(np.zeros((9, 9), np.uint8)) == 0


@pytest.mark.parametrize("profile", [name for name in PROFILES if name != "exact"])
@pytest.mark.parametrize("radius", [2, 5, SMALL, 50, LARGE])
def test_a_border_may_lie_one_pixel_off(radius: int, profile: str) -> None:
    assert prompted(rle(disc(radius)), rle(disc(radius, 641)), "rle", profile) == ()
    assert prompted(polygons(disc(radius)), polygons(disc(radius, 640, 481)), "json", profile) == ()


@pytest.mark.parametrize("profile", [name for name in PROFILES if name != "exact"])
def test_thin_masks_and_single_pixels_may_move_as_far(profile: str) -> None:
    assert prompted(rle(bar(300, 2)), rle(bar(300, 2, 100, 101)), "rle", profile) == ()
    assert prompted(rle(bar(1, 1)), rle(bar(1, 1, 101)), "rle", profile) == ()
    assert prompted(rle(bar(300, 2)), rle(bar(300, 2, 100, 112)), "rle", profile) == ("mask",)


def test_an_outline_may_begin_anywhere_and_name_a_vertex_twice() -> None:
    outline = polygons(disc(40))[0]

    assert prompted([outline], [outline[7:] + outline[:8] + outline[7:8]], profile="exact") == ()


def test_masks_answer_prompts_in_their_order() -> None:
    sides = [
        [{"masks": polygons(disc(30, x)), "confidence": 0.9} for x in places] for places in ((100, 500), (500, 100))
    ]
    found = compared(
        answer({"predictions": sides[0]}), answer({"predictions": sides[1]}), "sam2.segment"
    )  # fmt: skip

    assert [(each.kind, each.first) for each in found.differences] == [("mask", f"/predictions/{n}") for n in (0, 1)]


def test_a_missing_mask_is_counted() -> None:
    one = {"masks": polygons(disc(30)), "confidence": 0.9}

    assert compared(
        answer({"predictions": [one, one]}), answer({"predictions": [one]}), "sam2.segment"
    ).kinds == ("count",)  # fmt: skip


def test_archives_are_compared_array_by_array() -> None:
    mask = disc(30)
    other = Response(200, (("content-type", "application/octet-stream"),), b"PK no archive")

    assert compared(archive(mask), archive(mask, mask), "sam2.segment", "binary").kinds == ("shape",)
    assert compared(archive(mask), other, "sam2.segment", "binary").kinds == ("unreadable",)


def instance(mask: Bits, **more: Any) -> dict[str, Any]:
    rows, columns = np.nonzero(mask)
    x0, x1, y0, y1 = (float(edge) for edge in (columns.min(), columns.max(), rows.min(), rows.max()))
    box = {"x": (x0 + x1) / 2, "y": (y0 + y1) / 2, "width": x1 - x0, "height": y1 - y0}
    points = [{"x": x, "y": y} for x, y in polygons(mask)[0]]
    return {**DOG, **box, "points": points, **more}


def test_instances_are_paired_by_their_boxes_and_held_to_each_other_by_their_masks() -> None:
    size = {"width": WIDTH, "height": HEIGHT}
    left, right = instance(disc(60, 200)), instance(disc(60, 800), **{"class": "cat"})
    dented = {**right, "points": instance(disc(60, 800) & (1 - disc(60, 860)))["points"]}

    def told(*predictions: dict[str, Any]) -> Response:
        return answer({"predictions": list(predictions), "image": size})

    assert compared(told(left, right), told(right, left), "hosted.instance-segmentation", profile="exact").alike
    found = compared(told(left, right), told(dented, left), "hosted.instance-segmentation")
    assert [(each.kind, each.first, each.second) for each in found.differences] == [
        ("mask", "/predictions/1", "/predictions/0")
    ]
    assert found.compared == {"boxes": 2, "masks": 2}


def test_instances_in_run_lengths_are_compared_too() -> None:
    size = {"width": WIDTH, "height": HEIGHT}
    mask, holed = disc(60), disc(60) - disc(20)
    sides = [
        answer({"predictions": [{**instance(mask), "rle": rle(each), "points": []}], "image": size})
        for each in (mask, holed)
    ]

    assert compared(sides[0], sides[0], "hosted.instance-segmentation").alike
    assert compared(sides[0], sides[1], "hosted.instance-segmentation").kinds == ("mask",)
