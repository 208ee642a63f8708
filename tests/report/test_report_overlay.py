"""What an answer says is drawn where it says so, and what it says wrongly does no harm."""

from __future__ import annotations

import base64
from typing import Any

import cv2
import numpy as np
import pytest
from pycocotools import mask as coco

from assay.report.overlay import MOST_SHAPES, MOST_VERTICES, shapes


def bounds(outline: tuple[tuple[float, float], ...]) -> tuple[float, float, float, float]:
    xs, ys = zip(*outline, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def blob() -> Any:
    mask = np.zeros((60, 80), np.uint8)
    mask[10:30, 20:50] = 1
    return mask


def test_a_box_stands_round_its_centre_and_its_keypoints_are_dots() -> None:
    prediction = {"x": 50, "y": 40, "width": 20, "height": 10, "class": "dog", "confidence": 0.912}

    box, dot = shapes({"predictions": [prediction | {"keypoints": [{"x": 44, "y": 38}]}]})

    assert bounds(box.outline) == (40, 35, 60, 45)
    assert box.label == "dog 0.91"
    assert dot.outline == ((44, 38),)


def test_masks_are_outlined_from_polygons_and_from_runs() -> None:
    runs = coco.encode(np.asfortranarray(blob()))
    stated = {"size": [60, 80], "counts": runs["counts"].decode()}
    polygon = [[20, 10], [49, 10], [49, 29], [20, 29]]

    (from_polygon,) = shapes({"predictions": [{"masks": [polygon], "confidence": 0.9}]})
    (from_runs,) = shapes({"predictions": [{"masks": stated, "confidence": 0.9}]})

    assert bounds(from_polygon.outline) == bounds(from_runs.outline) == (20, 10, 49, 29)


def test_a_class_map_is_outlined_class_by_class() -> None:
    png = base64.b64encode(cv2.imencode(".png", blob() * 2)[1].tobytes()).decode()

    (shape,) = shapes({"predictions": {"segmentation_mask": png, "class_map": {"0": "background", "2": "road"}}})

    assert bounds(shape.outline) == (20, 10, 49, 29)
    assert shape.label == "road"


def test_regions_by_corners_are_drawn_with_their_labels() -> None:
    value = {
        "bboxes": [[1, 2, 30, 40]],
        "quad_boxes": [[5, 5, 9, 5, 9, 8, 5, 8]],
        "polygons": [[[1, 1, 4, 1, 4, 4]]],
        "labels": ["a dog"],
    }

    box, quad, polygon = shapes({"response": {"<OD>": value}})

    assert bounds(box.outline) == (1, 2, 30, 40)
    assert bounds(quad.outline) == (5, 5, 9, 8)
    assert len(polygon.outline) == 3
    assert {box.label, quad.label, polygon.label} == {"a dog"}


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        "text",
        {"predictions": [None, 3, {"x": "left", "y": 1, "width": 2, "height": 3}]},
        {"predictions": [{"x": 1e400, "y": 0, "width": 1, "height": 1}]},
        {"predictions": [{"masks": {"size": [9, 9], "counts": "zz"}}, {"masks": [[[1]], 7, [[]]]}]},
        {"predictions": {"segmentation_mask": "not base64", "class_map": []}},
        {"predictions": {"segmentation_mask": base64.b64encode(b"no picture").decode()}},
        {"response": {"<OD>": {"bboxes": [[1, 2, 3]], "quad_boxes": 5, "polygons": [[["a", "b"]]]}}},
        {"response": {"<CAPTION>": "a dog"}},
    ],
)
def test_what_cannot_be_drawn_is_left_out(answer: Any) -> None:
    assert shapes(answer) == []


def test_drawings_stay_within_bounds() -> None:
    ring = [[float(x), float(y)] for x, y in np.random.default_rng(1).integers(0, 500, (5000, 2))]
    many = {"predictions": [{"masks": [ring]}] * (MOST_SHAPES + 20)}

    found = shapes(many)

    assert len(found) == MOST_SHAPES
    assert all(len(shape.outline) <= MOST_VERTICES for shape in found)
