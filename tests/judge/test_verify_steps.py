"""Places and sizes that are told to the pixel, those that are rounded, and those of which nobody can tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from assay.judge import verify_steps
from assay.judge.answers import Detection
from assay.judge.verdicts import NoWitness

from .making import detected, findings, point, row

SCALES = (0.83, 1.37, 0.71, 1.23, 0.93, 1.57)
THINGS = ((40, 80, 100, 140), (200, 40, 280, 120), (300, 220, 400, 260))

SIZE = (2000, 2000)
"""px of pictures of which nothing touches an edge."""
TIPS = ["x and y of keypoints", "x of keypoints", "y of keypoints"]
BOXES = ["x and y", "x", "y", "width and height", "width", "height"]

Change = Callable[[float], float]


def told_to_the_pixel(answers: list[Detection], size: tuple[int, int] = SIZE) -> list[str]:
    return verify_steps.told_to_the_pixel([(answer, size) for answer in answers])


def seen(change: Change, *, scales: tuple[float, ...] = SCALES, members: tuple[str, ...] = ("x", "y")) -> list[Any]:
    """The things in pictures of these sizes, and what is told of their boxes and of a keypoint of each."""
    return [_seen(scale, change, members) for scale in scales]


def _seen(scale: float, change: Change, members: tuple[str, ...]) -> Detection:
    rows = []
    for x0, y0, x1, y1 in THINGS:
        told = {"x": (x0 + x1) / 2, "y": (y0 + y1) / 2, "width": x1 - x0, "height": y1 - y0}
        scaled = {name: scale * value for name, value in told.items()}
        changed = {name: change(value) if name in members else value for name, value in scaled.items()}
        tip = point(0, "tip", *(change(scale * each) if "keypoints" in members else scale * each for each in (x0, y0)))
        rows.append({**changed, "confidence": 0.9, "class": "dog", "keypoints": [tip]})
    return detected(*rows)


def to(step: float) -> Change:
    return lambda value: step * round(value / step)


@pytest.mark.parametrize("step", [0.001, 0.5, 1, 2])
def test_numbers_of_fractions_and_of_whole_pixels_are_fine_enough(step: float) -> None:
    members = ("x", "y", "width", "height", "keypoints")

    assert told_to_the_pixel(seen(to(step), members=members)) == [*BOXES, *TIPS]


@pytest.mark.parametrize("step", [4, 5, 8, 10, 25])
def test_rounded_numbers_are_told_with_their_step(step: int) -> None:
    (found,) = findings(told_to_the_pixel, seen(to(step)))

    assert f"all 36 values of x and y in 6 pictures of other sizes are multiples of {step} px" in found.message
    assert found.pointer == "/predictions/0"


@pytest.mark.parametrize("name", ["x", "y", "width", "height"])
def test_one_of_them_alone_may_be_rounded(name: str) -> None:
    (found,) = findings(told_to_the_pixel, seen(to(10), members=(name,)))

    assert found.message.startswith(f"all 18 values of {name} in 6 pictures")


@pytest.mark.parametrize(("width", "height"), [(40, 80), (64, 64), (128, 64), (33, 66)])
def test_boxes_of_one_size_are_not_rounded(width: int, height: int) -> None:
    answers = [
        detected(*[row(7 * place, 11, 7 * place + width, 11 + height) for place in range(number, number + 2)])
        for number in range(6)
    ]

    assert not any("width" in name for name in told_to_the_pixel(answers))


def test_keypoints_alone_may_be_rounded() -> None:
    (found,) = findings(told_to_the_pixel, seen(to(10), members=("keypoints",)))

    assert found.message.startswith(f"all 36 values of {TIPS[0]} in 6 pictures")


def test_what_is_coarse_in_its_own_picture_is_no_rounding() -> None:
    """A model that sees in squares of 20 px of a picture that it scales to its own size."""

    def coarse(scale: float) -> Detection:
        return _seen(scale, lambda value: scale * to(20)(value / scale), ("x", "y"))

    assert "x and y" in told_to_the_pixel(list(map(coarse, SCALES)))


def test_what_is_always_the_same_is_no_rounding() -> None:
    """Of a model that gives all boxes one size, say."""
    alike = seen(lambda _: 40.0, members=("x", "y", "width", "height"))

    assert told_to_the_pixel(alike) == TIPS


@pytest.mark.parametrize("answers", [[], seen(to(10), scales=SCALES[:3])], ids=["nothing", "few sizes"])
def test_nothing_is_said_of_few(answers: list[Any]) -> None:
    with pytest.raises(NoWitness):
        told_to_the_pixel(answers)


def test_few_whole_numbers_may_all_be_multiples_by_chance() -> None:
    """One square box of each of four sizes, in six pictures: 40, 48, 52 and 60 px."""
    answers = [detected(row(3, 5, 3 + width, 5 + width)) for width in (40, 48, 52, 60, 40, 48)]

    assert told_to_the_pixel(answers)[0] == "x and y"


@pytest.mark.parametrize("points", [5, [1, 2], [{"x": 1}], [{"x": None, "y": 1}], [{"x": "a", "y": True}], {"x": 1}])
def test_points_that_are_none_are_left_to_other_rules(points: Any) -> None:
    answers = seen(lambda value: value)
    for answer in answers:
        for item in answer.body["predictions"]:
            item["points"] = points

    assert told_to_the_pixel(answers)[:6] == BOXES


@pytest.mark.parametrize(("width", "height"), [(1000, 750), (1200, 800)])
def test_boxes_as_wide_as_their_pictures_have_the_numbers_of_those(width: int, height: int) -> None:
    sizes = [(round(width * scale), round(height * scale)) for scale in SCALES]
    sights = [(detected(row(0, y / 5, x, 0.61 * y), row(3, 0, x / 2, y)), (x, y)) for x, y in sizes]

    assert "width" not in verify_steps.told_to_the_pixel(sights)


def test_boxes_with_a_margin_of_their_pictures_have_the_numbers_of_those() -> None:
    """Of a picture of 800 px, and a model that leaves 4 px at each side: all widths are multiples of 16 px."""
    sizes = [(round(800 * scale), 600) for scale in SCALES]
    sights = [(detected(row(4, 7 * n, x - 4, 50), row(4, 9, x - 4, 61 + n)), (x, y)) for n, (x, y) in enumerate(sizes)]

    assert "width" not in verify_steps.told_to_the_pixel(sights)


def test_keypoints_at_an_edge_tell_nothing_along_it() -> None:
    answers = seen(to(10), members=("keypoints",))
    wide = [max(point["x"] for item in answer.body["predictions"] for point in item["keypoints"]) for answer in answers]
    sights = [(answer, (int(right) + 1, 2000)) for answer, right in zip(answers, wide, strict=True)]

    (found,) = findings(verify_steps.told_to_the_pixel, sights)

    assert found.message.startswith("all 30 values of x and y of keypoints")
