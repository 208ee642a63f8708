"""Places and sizes that are told to the pixel, those that are rounded, and those of which nobody can tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from assay.judge.answers import Detection
from assay.judge.verdicts import NoWitness
from assay.judge.verify_steps import told_to_the_pixel

from .making import detected, findings, point

SCALES = (0.83, 1.37, 0.71, 1.23, 0.93, 1.57)
THINGS = ((40, 80, 100, 140), (200, 40, 280, 100), (300, 220, 400, 280))

Change = Callable[[float], float]


def seen(change: Change, *, scales: tuple[float, ...] = SCALES, members: tuple[str, ...] = ("x", "y")) -> list[Any]:
    """The things in pictures of these sizes, and what is told of their boxes and of a keypoint of each."""
    return [_seen(scale, change, members) for scale in scales]


def _seen(scale: float, change: Change, members: tuple[str, ...]) -> Detection:
    rows = []
    for x0, y0, x1, y1 in THINGS:
        told = {"x": (x0 + x1) / 2, "y": (y0 + y1) / 2, "width": x1 - x0, "height": y1 - y0}
        scaled = {name: scale * value for name, value in told.items()}
        changed = {name: change(value) if name in members else value for name, value in scaled.items()}
        tip = point(0, "tip", change(scale * x0) if "keypoints" in members else scale * x0, scale * y0)
        rows.append({**changed, "confidence": 0.9, "class": "dog", "keypoints": [tip]})
    return detected(*rows)


def to(step: float) -> Change:
    return lambda value: step * round(value / step)


@pytest.mark.parametrize("step", [0.001, 0.5, 1, 2])
def test_numbers_of_fractions_and_of_whole_pixels_are_fine_enough(step: float) -> None:
    members = ("x", "y", "width", "height", "keypoints")

    assert told_to_the_pixel(seen(to(step), members=members)) == 6 * 3 * 6


@pytest.mark.parametrize("step", [4, 5, 8, 10, 25])
def test_rounded_numbers_are_told_with_their_step(step: int) -> None:
    first, second = findings(told_to_the_pixel, seen(to(step)))

    assert f"x is a multiple of {step} px" in first.message
    assert (first.pointer, second.pointer) == ("/predictions/0/x", "/predictions/0/y")


def test_keypoints_alone_may_be_rounded() -> None:
    (found,) = findings(told_to_the_pixel, seen(to(10), members=("keypoints",)))

    assert found.message.startswith("keypoints/*/x is a multiple of 10 px")
    assert found.pointer == "/predictions/0/keypoints"


def test_what_is_coarse_in_its_own_picture_is_no_rounding() -> None:
    """A model that sees in squares of 20 px of a picture that it scales to its own size."""
    seen_coarsely = [_seen(scale, lambda value, scale=scale: scale * to(20)(value / scale), ("x",)) for scale in SCALES]  # type: ignore[misc]

    assert told_to_the_pixel(seen_coarsely) > 0


def test_what_is_always_the_same_is_no_rounding() -> None:
    """Of a model that gives all boxes one size, say."""
    alike = seen(lambda _: 40.0, members=("x", "y", "width", "height"))

    assert told_to_the_pixel(alike) == 6 * 3 * 2  # the keypoints


@pytest.mark.parametrize("answers", [[], seen(to(10), scales=SCALES[:3])], ids=["nothing", "few sizes"])
def test_nothing_is_said_of_few(answers: list[Any]) -> None:
    with pytest.raises(NoWitness):
        told_to_the_pixel(answers)
