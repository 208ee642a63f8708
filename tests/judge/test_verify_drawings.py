"""What parameters do to drawings: wider lines, labels, and nothing where the value is the default."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from assay.judge import pictures, verify
from assay.picture import decode

from .making import Pixels, detected, exchange, findings, pointers, row

BLANK: Pixels = np.full((440, 600, 3), 200, np.uint8)
BOX, OTHER = (60, 50, 160, 150), (300, 200, 420, 330)
REPLY = exchange(b"", media="image/jpeg")


def drawn(*boxes: tuple[int, int, int, int], stroke: int = 1, text: bool = False) -> Pixels:
    """The boxes as a server draws them, after JPEG."""
    canvas = BLANK.copy()
    for x0, y0, x1, y1 in boxes:
        cv2.rectangle(canvas, (x0, y0), (x1, y1), (0, 230, 0), stroke)
        if text:
            cv2.putText(canvas, "dog", (x0, y0 - 4), cv2.FONT_HERSHEY_SIMPLEX, 0.3, (0, 0, 0), 1)
    again = decode(cv2.imencode(".jpg", canvas[:, :, ::-1])[1].tobytes())
    assert again is not None
    return again


def along(stroke: int, reach: int = 12) -> int:
    return pictures.changed_along(BLANK, drawn(BOX, stroke=stroke), [pictures.rectangle(BOX)], reach)


@pytest.mark.parametrize(("thin", "thick"), [(1, 4), (4, 12), (1, 2), (2, 4)])
def test_wider_lines(thin: int, thick: int) -> None:
    verify.outlines_wider(along(thin), along(thick), 0, REPLY, (thin, thick))


@pytest.mark.parametrize(("thin", "thick"), [(1, 1), (4, 1), (12, 12)])
def test_lines_that_are_no_wider(thin: int, thick: int) -> None:
    (finding,) = findings(verify.outlines_wider, along(thin), along(thick), 0, REPLY, (1, 4))

    assert "stroke=4" in finding.message
    assert finding.exchange == "x000007"


@pytest.mark.parametrize("opacity", [0.2, 0.35, 0.6])
@pytest.mark.parametrize(("thin", "thick"), [(1, 4), (4, 12)])
def test_wider_lines_round_filled_boxes(thin: int, thick: int, opacity: float) -> None:
    """The fill has changed most of the pixels already: that the lines differ shows in the drawings themselves."""
    boxes = [(0, 50, 100, 150), OTHER]
    narrow, wide = (filled(opacity, stroke, *boxes) for stroke in (thin, thick))
    lines = [pictures.rectangle(box) for box in boxes]

    little, much = (pictures.changed_along(BLANK, drawing, lines, thick) for drawing in (narrow, wide))
    apart = pictures.changed_along(narrow, wide, lines, thick)

    verify.outlines_wider(little, much, apart, REPLY, (thin, thick))
    assert findings(verify.outlines_wider, little, little, 0, REPLY, (thin, thick))


def filled(opacity: float, stroke: int, *boxes: tuple[int, int, int, int]) -> Pixels:
    """The boxes with their areas tinted, after JPEG."""
    canvas = BLANK.copy()
    for x0, y0, x1, y1 in boxes:
        cv2.rectangle(canvas, (x0, y0), (x1, y1), (0, 230, 0), cv2.FILLED)
    canvas = np.asarray(cv2.addWeighted(canvas, opacity, BLANK, 1 - opacity, 0), np.uint8)
    for x0, y0, x1, y1 in boxes:
        cv2.rectangle(canvas, (x0, y0), (x1, y1), (0, 230, 0), stroke)
    again = decode(cv2.imencode(".jpg", canvas[:, :, ::-1])[1].tobytes())
    assert again is not None
    return again


def test_what_is_drawn_far_from_a_box_does_not_count() -> None:
    assert pictures.changed_along(BLANK, drawn(BOX, stroke=3), [pictures.rectangle(OTHER)], 12) == 0
    assert (
        pictures.changed_along(BLANK, drawn((0, 0, 599, 439), stroke=3), [pictures.rectangle((-40, -40, 700, 500))], 12)
        == 0
    )


def test_labels_at_each_box() -> None:
    answer = detected(row(*BOX), row(*OTHER))

    verify.labels_written(answer.predictions, drawn(BOX, OTHER), drawn(BOX, OTHER, text=True), REPLY)
    (finding,) = findings(verify.labels_written, answer.predictions[:1], drawn(BOX), drawn(BOX), REPLY)
    assert finding.actual == 0
    assert finding.marks
    half = drawn(BOX, text=True)
    assert len(findings(verify.labels_written, answer.predictions, drawn(BOX), half, REPLY)) == 1


def test_drawings_made_in_two_ways() -> None:
    verify.drawn_both_ways(40, 20, 400, REPLY, "")
    verify.drawn_both_ways(100, 0, 400, REPLY, "")
    assert findings(verify.drawn_both_ways, 101, 0, 400, REPLY, "with stroke=6")[0].actual == 101


def test_the_same_drawing() -> None:
    thin, again, thick = drawn(BOX), drawn(BOX), drawn(BOX, stroke=8)
    told_apart = pictures.changed(thin, thick)

    verify.same_drawing(pictures.changed(thin, again), told_apart, REPLY, "")
    different = pictures.changed(thin, drawn(BOX, stroke=3))
    assert findings(verify.same_drawing, different, told_apart, REPLY, "without stroke")[0].actual == different


def test_a_drawing_only_where_asked() -> None:
    with_drawing, without = detected(visualization="QUJD"), detected()

    verify.drawing_only_where_asked(with_drawing, asked=True)
    verify.drawing_only_where_asked(without, asked=False)
    assert pointers(verify.drawing_only_where_asked, with_drawing, False) == ["/visualization"]
    assert findings(verify.drawing_only_where_asked, without, True)
