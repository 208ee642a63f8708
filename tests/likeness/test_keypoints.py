"""Keypoints: by name, by how far they moved, by COCO's similarity, and by what is visible."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from pycocotools.cocoeval import COCOeval, Params

from assay.judge.answers import predictions_of
from assay.likeness import keypoints

from .asking import PROFILES, compared, detected

NAMES = tuple(keypoints.COCO_SIGMAS)


def point(name: str, x: float, y: float, confidence: float = 0.9, identifier: int = 0) -> dict[str, Any]:
    return {"x": x, "y": y, "confidence": confidence, "class_name": name, "class_id": identifier}


def person(points: list[dict[str, Any]], side: float = 200.0) -> dict[str, Any]:
    box = {"x": 320.0, "y": 240.0, "width": side, "height": side, "confidence": 0.9, "class": "person", "class_id": 0}
    return {**box, "keypoints": points}


def skeleton(side: float = 200.0, names: tuple[str, ...] = NAMES) -> list[dict[str, Any]]:
    """Points on a circle in the box."""
    return [
        point(name, 320 + side / 3 * math.cos(number), 240 + side / 3 * math.sin(number), identifier=number)
        for number, name in enumerate(names)
    ]


def told(first: list[dict[str, Any]], second: list[dict[str, Any]], profile: str = "cpu", side: float = 200.0) -> Any:
    return compared(
        detected(person(first, side)), detected(person(second, side)), "hosted.keypoint-detection", profile=profile
    )


def test_similarity_is_that_of_pycocotools() -> None:
    draw = np.random.default_rng(3)
    sides = [draw.uniform(0, 200, (17, 2)) for _ in range(2)]
    sides[1] = sides[0] + draw.normal(0, 6, (17, 2))
    area = 200.0 * 150.0
    evaluation = COCOeval.__new__(COCOeval)
    evaluation.params = Params(iouType="keypoints")
    truth = {"keypoints": np.c_[sides[0], np.full(17, 2)].ravel().tolist(), "area": area, "bbox": [0, 0, 200, 150]}
    evaluation._gts = {(1, 1): [truth]}
    evaluation._dts = {(1, 1): [{"keypoints": np.c_[sides[1], np.ones(17)].ravel().tolist(), "score": 0.9}]}

    skeletons = [
        predictions_of(
            {"predictions": [person([point(name, *place) for name, place in zip(NAMES, side, strict=True)])]}
        )
        for side in sides
    ]
    pairs = [
        (one, other, sigma)
        for one, other, sigma in zip(
            skeletons[0][0].keypoints, skeletons[1][0].keypoints, keypoints.COCO_SIGMAS.values(), strict=True
        )
    ]

    assert keypoints.oks(pairs, area) == pytest.approx(evaluation.computeOks(1, 1)[0, 0], abs=1e-6)


def test_no_points_are_like_no_points() -> None:
    assert keypoints.oks([], 100) == 1.0
    assert told([], [], "exact").alike


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("side", [24.0, 400.0])
@pytest.mark.parametrize("names", [NAMES, ("tip", "base", "left", "right")])
def test_one_point_that_moved_is_found_on_small_and_large_things(
    names: tuple[str, ...], side: float, profile: str
) -> None:
    points = skeleton(side, names)
    moved = [{**points[0], "x": points[0]["x"] + 12}, *points[1:]]

    found = told(points, moved, profile, side)

    assert "keypoint" in found.kinds
    assert found.differences[0].measured == pytest.approx(12)
    assert found.differences[0].first == "/predictions/0/keypoints/0"


def test_points_go_by_name_and_not_by_number_or_order() -> None:
    points = skeleton()
    renumbered = [{**each, "class_id": 30 - each["class_id"]} for each in reversed(points)]

    assert told(points, renumbered, "exact").alike


def test_points_that_changed_their_names_are_found() -> None:
    points = skeleton()
    exchanged = [{**points[0], "class_name": "left_eye"}, {**points[1], "class_name": "nose"}, *points[2:]]

    assert [each.kind for each in told(points, exchanged).differences].count("keypoint") == 2


def test_the_name_may_stand_under_another_member_and_that_is_told_once() -> None:
    points = skeleton()
    older = [{"class" if name == "class_name" else name: value for name, value in each.items()} for each in points]

    found = told(points, older)

    assert [each.message for each in found.differences] == [
        "/predictions/*/keypoints/*/class_name stands in the first answer alone",
        "/predictions/*/keypoints/*/class stands in the second answer alone",
    ]


def test_where_nothing_is_visible_the_place_means_nothing() -> None:
    hidden = [point("nose", 0, 0, 0.02), point("left_eye", 300, 200)]

    assert told(hidden, [point("nose", 250, 90, 0.03), point("left_eye", 300, 200)]).alike


def test_what_is_visible_on_one_side_alone_is_told_apart() -> None:
    seen, hidden = [point("nose", 300, 200, 0.8)], [point("nose", 300, 200, 0.05)]

    assert told(seen, hidden).kinds == ("confidence", "visibility")


def test_a_point_that_one_side_lacks_is_lost_unless_nobody_was_sure_of_it() -> None:
    points = skeleton()

    assert told(points, points[1:]).kinds == ("keypoint-lost",)
    assert told(points[1:], points).kinds == ("keypoint-added",)
    unsure = told([*points[1:], {**points[0], "confidence": 0.01}], points[1:])
    assert (unsure.kinds, len(unsure.borderline)) == ((), 1)


def test_many_small_moves_lower_the_similarity() -> None:
    points = skeleton(100)
    moved = [{**each, "x": each["x"] + 1.9, "y": each["y"]} for each in points]

    found = told(points, moved, "cpu", 100)

    (used,) = [each for each in found.allowances if each.tolerance == "keypoints.oks"]
    assert found.alike
    assert 0.5 < used.used <= 1
