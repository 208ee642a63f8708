"""Class maps: by name, away from borders, by patches and by class; and how sure each pixel is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from assay.contract.message import Response

from .asking import PROFILES, answer, compared
from .shapes import Ids, bar, disc, png

NAMES = {"0": "background", "1": "road", "2": "car"}
SIZE = (640, 480)
ROAD, CAR, SMALL_CAR = disc(150, 200, 240, SIZE), disc(60, 500, 240, SIZE), disc(12, 560, 60, SIZE)
IDS: Ids = (ROAD + 2 * CAR + 2 * SMALL_CAR).astype(np.uint8)
SURE: Ids = np.full(IDS.shape, 230, np.uint8)


def told(ids: Ids, names: dict[str, str] | None = None, sure: Ids | None = SURE, **more: Any) -> Response:
    masks: dict[str, Any] = {"segmentation_mask": png(ids), "class_map": names or NAMES, **more}
    if sure is not None:
        masks["confidence_mask"] = png(sure)
    return answer({"predictions": masks, "image": {"width": SIZE[0], "height": SIZE[1]}})


def kinds(first: Response, second: Response, profile: str = "cpu") -> tuple[str, ...]:
    return compared(first, second, "hosted.semantic-segmentation", profile=profile).kinds


def test_classes_go_by_name_and_not_by_number() -> None:
    other = np.array([0, 7, 3], np.uint8)[IDS]

    assert kinds(told(IDS), told(other, {"0": "_background_", "7": "road", "3": "car"}), "exact") == ()


@pytest.mark.parametrize("profile", PROFILES)
def test_a_class_map_that_is_permuted_is_found(profile: str) -> None:
    found = kinds(told(IDS), told(IDS, {"0": "background", "1": "car", "2": "road"}), profile)

    assert set(found) == {"class-map", "class-patch", "class-area"}


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("thing", [SMALL_CAR, CAR])
def test_a_thing_that_is_lost_or_renamed_is_found_however_small(thing: Ids, profile: str) -> None:
    lost, renamed = IDS * (1 - thing), np.where(thing > 0, 1, IDS).astype(np.uint8)

    assert "class-patch" in kinds(told(IDS), told(lost), profile)
    assert "class-patch" in kinds(told(IDS), told(renamed), profile)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_lane_is_found_that_is_lost_or_moved_however_thin(profile: str) -> None:
    lane: Ids = np.where(bar(400, 4, 100, 430, SIZE) > 0, 2, IDS).astype(np.uint8)

    assert "class-patch" in kinds(told(lane), told(IDS), profile)
    assert "class-patch" in kinds(told(IDS), told(lane), profile)
    assert "class-patch" in kinds(told(lane), told(np.roll(lane, 12, 0)), profile)


@pytest.mark.parametrize("profile", [name for name in PROFILES if name != "exact"])
def test_a_lane_may_be_off_by_a_pixel_and_specks_may_come_and_go(profile: str) -> None:
    lane: Ids = np.where(bar(400, 4, 100, 430, SIZE) > 0, 2, IDS).astype(np.uint8)
    edge: Ids = np.where(bar(640, 40, 0, 440, SIZE) > 0, 1, IDS).astype(np.uint8)
    short = edge.copy()
    short[-1] = short[:, 0] = 0

    assert kinds(told(lane), told(np.roll(lane, 1, 0)), profile) == ()
    assert kinds(told(IDS), told(np.where(bar(15, 3, 100, 430, SIZE) > 0, 2, IDS).astype(np.uint8)), profile) == ()
    assert kinds(told(edge), told(short), profile) == (), "the edge of the picture is a border"


@pytest.mark.parametrize("profile", PROFILES)
def test_a_hole_of_a_tenth_is_found(profile: str) -> None:
    small_hole, hole = disc(12 * 0.1**0.5, 560, 60, SIZE), disc(60 * 0.1**0.5, 500, 240, SIZE)

    assert "class-patch" in kinds(told(IDS), told(IDS * (1 - hole)), profile)
    assert "class-patch" in kinds(told(IDS), told(IDS * (1 - small_hole)), profile)


@pytest.mark.parametrize("profile", [name for name in PROFILES if name != "exact"])
def test_borders_may_lie_a_pixel_off(profile: str) -> None:
    other = np.roll(IDS, (1, -1), (0, 1))

    assert kinds(told(IDS), told(other), profile) == ()
    assert kinds(told(IDS), told(other), "exact") != ()


def test_names_that_one_side_lacks_are_told() -> None:
    found = compared(told(IDS), told(IDS, {**NAMES, "9": "dog"}), "hosted.semantic-segmentation")

    assert [each.message for each in found.differences] == ["the class map of the second answer alone has dog"]


def test_masks_of_two_sizes_are_told_and_compared() -> None:
    half = np.ascontiguousarray(IDS[::2, ::2])

    found = kinds(told(IDS), told(half, sure=np.ascontiguousarray(SURE[::2, ::2])))

    assert found == ("shape",)


@pytest.mark.parametrize(
    ("sure", "expected"),
    [
        (SURE + 5, ()),
        (SURE - 40, ("confidence-mask",)),
        (np.where(disc(20, 100, 100, SIZE) > 0, 10, SURE).astype(np.uint8), ()),
        (None, ("member",)),
    ],
)
def test_confidences_are_compared_pixel_by_pixel(sure: Ids | None, expected: tuple[str, ...]) -> None:
    assert kinds(told(IDS), told(IDS, sure=sure)) == expected


def test_background_alone_is_like_background_alone() -> None:
    nothing = np.zeros_like(IDS)

    assert kinds(told(nothing), told(nothing), "exact") == ()
    assert "class-map" in kinds(told(nothing), told(IDS))


def test_what_follows_from_the_mask_is_not_compared_again() -> None:
    assert kinds(told(IDS, present_class_ids=[1, 2]), told(IDS, present_class_ids=[2, 1, 0]), "exact") == ()


@pytest.mark.parametrize("mask", ["", "AAAA", 3, None])
def test_a_mask_that_is_none_is_a_difference(mask: Any) -> None:
    broken = answer({"predictions": {"segmentation_mask": mask, "class_map": NAMES}, "image": {}})

    assert kinds(told(IDS), broken) == ("unreadable",)
