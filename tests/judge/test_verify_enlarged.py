"""What is found in a larger picture: in place it passes, scaled into a corner it is found, else nothing is said."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from assay.judge.answers import Detection
from assay.judge.boxes import Corners
from assay.judge.enlarged import (
    Enlarged,
    Place,
    among,
    as_shares,
    extent,
    of_boxes,
    of_keypoints,
    of_outlines,
    sized,
    within,
)
from assay.judge.verdicts import NoWitness
from assay.judge.verify_enlarged import in_place
from assay.scene import SCENES, Scene

from .making import detected, findings, point, row

TIMES = 4
NAMES = ("menagerie", "portrait")
Change = Callable[[Corners, Scene], Corners]


def as_it_is(box: Corners, scene: Scene) -> Corners:
    return box


def scaled_to(width: float, height: float) -> Change:
    def change(box: Corners, scene: Scene) -> Corners:
        across, down = width / (scene.width * TIMES), height / (scene.height * TIMES)
        return box[0] * across, box[1] * down, box[2] * across, box[3] * down

    return change


def moved(box: Corners, scene: Scene) -> Corners:
    return box[0] + 500, box[1] + 300, box[2] + 500, box[3] + 300


def answered(scene: Scene, times: int, change: Change) -> Detection:
    boxes = [[side * times for side in thing.box] for thing in scene.things]
    changed = [change((box[0], box[1], box[2], box[3]), scene) for box in boxes]
    return detected(*(row(*box, thing.kind) for box, thing in zip(changed, scene.things, strict=True)))


def seen(change: Change, *names: str) -> list[Enlarged]:
    found = []
    for scene in map(SCENES.__getitem__, names or NAMES):
        answer = answered(scene, TIMES, change)
        size = scene.width * TIMES, scene.height * TIMES
        found.append(Enlarged(answer, size, TIMES, of_boxes(answered(scene, 1, as_it_is)), of_boxes(answer)))
    return found


def test_what_lies_in_place_is_let_through() -> None:
    assert in_place(seen(as_it_is), "boxes", 2) == sum(len(SCENES[name].things) for name in NAMES)


@pytest.mark.parametrize(("width", "height"), [(640, 480), (1100, 825), (640, 640), (1280, 960), (5120, 3840)])
def test_what_is_scaled_about_the_corner_is_found(width: int, height: int) -> None:
    first, *_ = findings(in_place, seen(scaled_to(width, height), "menagerie"), "boxes")

    assert f"only if they are taken for px of one of {width} x {height}" in first.message
    assert len(first.marks) == 2


def test_it_has_to_show_in_as_many_pictures_as_are_asked_for() -> None:
    assert findings(in_place, seen(scaled_to(640, 480)), "boxes", 2)
    with pytest.raises(NoWitness):
        in_place(seen(scaled_to(640, 480), "menagerie"), "boxes", 2)


def test_one_place_alone_accuses_nobody() -> None:
    with pytest.raises(NoWitness):
        in_place(seen(scaled_to(80, 60), "speck"), "boxes")


@pytest.mark.parametrize("names", [("menagerie",), NAMES])
def test_what_lies_elsewhere_is_no_witness(names: tuple[str, ...]) -> None:
    with pytest.raises(NoWitness, match="others are seen"):
        in_place(seen(moved, *names), "boxes")


def test_models_that_see_anything_are_not_accused() -> None:
    random = np.random.default_rng(0)

    def anywhere(box: Corners, scene: Scene) -> Corners:
        x, y = random.uniform(0, 1800, 2)
        return x, y, x + float(random.uniform(40, 700)), y + float(random.uniform(40, 500))

    for _ in range(200):
        with pytest.raises(NoWitness):
            in_place(seen(anywhere, "menagerie"), "boxes")


def moved_alike(sights: list[Enlarged], *by: float) -> list[Enlarged]:
    """As a server answers that moves all boxes by so many px, in the small picture as in the large one."""
    steps = [by[index % len(by)] for index in range(8)]

    def change(places: tuple[Place, ...]) -> tuple[Place, ...]:
        return tuple(
            dataclasses.replace(place, box=(place.box[0] + step, place.box[1], place.box[2] + step, place.box[3]))
            for place, step in zip(places, steps, strict=False)
        )

    return [dataclasses.replace(sight, before=change(sight.before), found=change(sight.found)) for sight in sights]


@pytest.mark.parametrize("by", [20, 12, -15])
def test_what_is_moved_by_as_many_px_in_either_picture_is_found(by: float) -> None:
    first, *_ = findings(in_place, moved_alike(seen(as_it_is, "cards", "portrait"), by), "boxes", 2)

    assert f"only if all of them are moved by {-by} px across" in first.message


def test_a_pixel_of_the_network_more_or_less_is_no_movement() -> None:
    assert in_place(moved_alike(seen(as_it_is, "cards", "portrait"), 4), "boxes", 2)


def test_places_that_are_moved_each_by_another_number_are_not_accused() -> None:
    assert in_place(moved_alike(seen(as_it_is, "cards", "portrait"), 20, 14), "boxes", 2)


def test_nothing_found_is_no_witness() -> None:
    with pytest.raises(NoWitness, match="0 of 0"):
        in_place([], "boxes")


def test_a_place_is_the_box_around_keypoints_or_an_outline() -> None:
    joints = [point(0, "nose", 10, 20), point(1, "hip", 40, 80), point(2, "hand", 200, 50) | {"confidence": 0.1}]
    person = detected(row(0, 0, 50, 100, "person", keypoints=joints))
    lonely = detected(row(0, 0, 50, 100, "person", keypoints=joints[:1]))

    assert [place.box for place in of_keypoints(person)] == [(10, 20, 40, 80)]
    assert sized(of_keypoints(lonely)) == ()
    assert [place.box for place in of_outlines(person, [((5, 5), (45, 5), (45, 90))])] == [(5, 5, 45, 90)]
    assert of_outlines(person, [()]) == ()


def test_stray_pixels_lie_out_of_the_extent_of_a_mask() -> None:
    mask = np.zeros((100, 200), np.bool_)
    mask[20:60, 50:150] = True
    alone = extent(mask)
    mask[99, 199] = mask[0, 0] = True

    assert alone == pytest.approx((50, 20, 150, 60), abs=6)
    assert extent(mask) == pytest.approx(alone, abs=1)
    assert extent(np.zeros((3, 3), np.bool_)) is None


def test_places_of_other_names_do_not_fit() -> None:
    answer, box = detected(row(0, 0, 40, 40)), (0.0, 0.0, 40.0, 40.0)
    sight = Enlarged(answer, (400, 400), 1, (Place("dog", box, ""),), (Place("cat", box, ""),))

    with pytest.raises(NoWitness):
        in_place([sight], "boxes")


def test_places_as_shares_tell_a_model_that_says_the_same_of_any_picture() -> None:
    def at(*box: float) -> tuple[Place, ...]:
        return (Place("thing", (box[0], box[1], box[2], box[3]), "/0"),)

    before = as_shares(at(80, 48, 160, 96), (800, 480))
    assert before == at(100, 100, 200, 200)
    assert among(as_shares(at(80, 160, 160, 320), (800, 1600))[0], (*at(0, 0, 9, 9), *before))
    assert not among(as_shares(at(80, 48, 160, 96), (800, 1600))[0], before)


def test_what_spans_a_picture_is_left_out_where_it_grows() -> None:
    places = tuple(
        Place("thing", box, f"/{number}")
        for number, box in enumerate([(0, 0, 640, 480), (100, 0, 200, 480), (1, 10, 639, 20), (0, 0, 200, 300)])
    )

    assert [one.pointer for one in within(places, (640, 480))] == ["/3"]
    assert len(within(places, (640, 960))) == 2
