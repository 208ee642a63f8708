"""How wide lines are: measured where they can be seen from either side, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from assay.judge import verify
from assay.judge.lines import measured
from assay.judge.pictures import Pixels, as_drawn_upon
from assay.judge.verdicts import NoWitness
from assay.scene import SCENES

from .making import exchange, findings, read

SCENE = SCENES["trio"]
BOXES = [thing.box for thing in SCENE.things]
GREEN, RED = (0, 230, 0), SCENE.things[0].colour
STROKE = 12


def compressed(pixels: Pixels, quality: int = 75) -> bytes:
    done, content = cv2.imencode(".jpg", pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return content.tobytes()


def along(draw: Callable[[Pixels, tuple[int, int, int, int]], None], things: int = 3) -> list[int]:
    """The widths of the lines that are drawn so, once the drawing has been a JPEG with half of its colours."""
    canvas = SCENE.pixels()
    for box in BOXES[:things]:
        draw(canvas, box)
    content = compressed(canvas)
    return measured(as_drawn_upon(SCENE.pixels(), content), read(content), BOXES[:things], STROKE)


def about(stroke: int, colour: tuple[int, int, int] = GREEN) -> Callable[[Pixels, tuple[int, int, int, int]], None]:
    def draw(canvas: Pixels, box: tuple[int, int, int, int]) -> None:
        cv2.rectangle(canvas, box[:2], box[2:], colour, stroke)

    return draw


def within(stroke: int) -> Callable[[Pixels, tuple[int, int, int, int]], None]:
    """As other programs draw: all of the line inside of the box."""

    def draw(canvas: Pixels, box: tuple[int, int, int, int]) -> None:
        x0, y0, x1, y1 = box
        inside = canvas[y0 + stroke : y1 - stroke, x0 + stroke : x1 - stroke].copy()
        canvas[y0:y1, x0:x1] = GREEN
        canvas[y0 + stroke : y1 - stroke, x0 + stroke : x1 - stroke] = inside

    return draw


@pytest.mark.parametrize("stroke", [4, 6, 12, 20])
@pytest.mark.parametrize("draw", [about, within])
def test_lines_are_measured_to_a_pixel_or_two(
    draw: Callable[[int], Callable[[Pixels, tuple[int, int, int, int]], None]], stroke: int
) -> None:
    widths = along(draw(stroke))

    assert len(widths) > 50
    assert np.median(widths) == pytest.approx(stroke, abs=1.5)


def test_lines_of_the_colour_of_what_they_frame_are_not_measured() -> None:
    widths = along(about(STROKE, RED), things=1)

    with pytest.raises(NoWitness, match="lines are hidden"):
        verify.as_wide_as_asked(widths, STROKE, exchange(b""))


def test_areas_are_no_lines() -> None:
    assert along(about(cv2.FILLED)) == []


def test_lines_of_half_the_width_and_of_the_double_are_found() -> None:
    for wrong in (6, 24):
        (finding,) = findings(verify.as_wide_as_asked, [wrong] * 20, STROKE, exchange(b""))
        assert f"lines are {wrong} px wide" in finding.message
    for right in (11, 12, 14):
        assert verify.as_wide_as_asked([right] * 20, STROKE, exchange(b"")) == right
