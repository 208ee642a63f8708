"""Drawings come in every style, and confidences in every precision: none that is sound is accused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Any

import cv2
import numpy as np
import pytest

from assay.faults import Fault, pictures
from assay.faults.model import ALL_OPERATIONS, BOXES, CLASSIFICATION
from assay.faults.operators import drawings
from assay.faults.operators.fields import change_field, edit_json, is_number, predictions
from assay.faults.proxy import create_proxy
from assay.reference import embedded
from assay.reference import hosted as reference_route
from assay.reference.detection import Detection
from assay.serving import running

from .conftest import Checked, Checking
from .servers import reference

DRAWN = ("hosted.format.*", "hosted.drawing.*")
GREEN, RED, WHITE = (0, 230, 0), (255, 0, 0), (255, 255, 255)
Pixels = np.ndarray[Any, Any]
Style = Callable[[Pixels, Sequence[Detection], int, bool], None]


def in_red(canvas: Pixels, found: Sequence[Detection], stroke: int, labels: bool) -> None:
    """Lines of the colour of half of the things; the thing in the corner cannot be told from two of its lines."""
    for one in found:
        x0, y0, x1, y1 = one.box
        cv2.rectangle(canvas, (x0, y0), (x1 - 1, y1 - 1), RED, stroke)
        if labels:
            _label(canvas, one, RED)


def rounded(canvas: Pixels, found: Sequence[Detection], stroke: int, labels: bool) -> None:
    """Lines with round corners."""
    for one in found:
        x0, y0, x1, y1 = one.box
        for y in (y0, y1 - 1):
            cv2.line(canvas, (x0 + 8, y), (x1 - 9, y), WHITE, stroke)
        for x in (x0, x1 - 1):
            cv2.line(canvas, (x, y0 + 8), (x, y1 - 9), WHITE, stroke)
        if labels:
            _label(canvas, one, WHITE)


def filled_with_furniture(canvas: Pixels, found: Sequence[Detection], stroke: int, labels: bool) -> None:
    """Tinted boxes, labels that nobody asked for, a legend, a footer, and a name over it all."""
    before = canvas.copy()
    for one in found:
        cv2.rectangle(canvas, one.box[:2], one.box[2:], GREEN, cv2.FILLED)
    canvas[:] = cv2.addWeighted(canvas, 0.35, before, 0.65, 0)
    for one in found:
        cv2.rectangle(canvas, one.box[:2], one.box[2:], GREEN, stroke)
        _label(canvas, one, GREEN, "a label that is a good deal wider than its box", 0.6 if labels else 0.4)
    height, width = canvas.shape[:2]
    cv2.rectangle(canvas, (width - 120, 10), (width - 10, 60), WHITE, cv2.FILLED)
    cv2.rectangle(canvas, (width - 120, 10), (width - 10, 60), (0, 0, 0), 2)
    cv2.rectangle(canvas, (0, height - 24), (width, height), (20, 20, 20), cv2.FILLED)
    cv2.putText(canvas, f"{len(found)} found", (8, height - 8), 0, 0.5, WHITE, 1)
    cv2.putText(canvas, "VISION", (width // 2 - 60, height // 2), 0, 1.0, (255, 255, 0), 2)


def _label(canvas: Pixels, one: Detection, colour: tuple[int, int, int], more: str = "", size: float = 0.5) -> None:
    x0, y0, *_ = one.box
    text = f"{one.label} {one.confidence:.2f} {more}"
    (width, height), _ = cv2.getTextSize(text, 0, size, 1)
    bottom = max(y0, height + 8)
    cv2.rectangle(canvas, (x0, bottom - height - 8), (x0 + width, bottom), colour, cv2.FILLED)
    cv2.putText(canvas, text, (x0, bottom - 4), 0, size, (0, 0, 0), 1)


def styled(style: Style, quality: int = 90) -> Callable[..., bytes]:
    """How the reference deployment would draw in another style."""

    def draw(pixels: Pixels, found: Sequence[tuple[Detection, Any]], stroke: int = 1, labels: bool = False) -> bytes:
        canvas = np.ascontiguousarray(pixels).copy()
        style(canvas, [one for one, _ in found], stroke, labels)
        return cv2.imencode(".jpg", canvas[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()

    return draw


@pytest.mark.parametrize("quality", [60, 90])
@pytest.mark.parametrize("style", [in_red, rounded, filled_with_furniture])
def test_drawings_in_another_style_are_sound(
    style: Style, quality: int, checking: Checking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reference_route, "draw", styled(style, quality))
    with running(reference()) as url:
        found = checking(url, models=embedded.MODELS, only=DRAWN)

    assert accused(found) == set()
    assert found.outcomes("hosted.format.drawing-shows-predictions") == {"pass"}
    assert found.outcomes("hosted.drawing.stroke-is-width") == {"pass"}


def masked(canvas: Pixels, found: Sequence[Detection], stroke: int, labels: bool) -> None:
    """Instances as areas, without a line: what no document forbids."""
    for one in found:
        x0, y0, x1, y1 = one.box
        area = canvas[y0:y1, x0:x1]
        area[one.region.mask] = (0.4 * area[one.region.mask] + 0.6 * np.array(GREEN)).astype(np.uint8)
        if labels:
            _label(canvas, one, GREEN)


def test_instances_shown_by_their_areas_are_not_held_to_lines(
    checking: Checking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reference_route, "draw", styled(masked))
    with running(reference()) as url:
        found = checking(url, models=embedded.MODELS, only=DRAWN, operations=("hosted.instance-segmentation",))

    assert accused(found) == set()
    assert found.outcomes("hosted.format.drawing-shows-predictions") == {"pass"}
    assert found.outcomes("hosted.drawing.stroke-is-width") == {"inconclusive"}


def behind(url: str, operations: tuple[str, ...], **operators: Any) -> Iterator[str]:
    with running(create_proxy(url, Fault("other", "Something is otherwise.", operations, (), **operators))) as other:
        yield other


@pytest.fixture
def with_png(url: str) -> Iterator[str]:
    """Of the drawing beside the JSON the document says that it is base64, and not that it is a JPEG."""
    yield from behind(url, ALL_OPERATIONS, response=drawings.redraw_field(drawings.unchanged, ".png"))


@pytest.mark.thorough
def test_a_drawing_beside_the_json_need_not_be_a_jpeg(with_png: str, checking: Checking) -> None:
    found = checking(with_png, models=embedded.MODELS, only=("hosted.*", "semantic.format.*"), operations=("hosted.*",))

    assert accused(found) == {"hosted.format.visualization-is-jpeg"}
    assert found.outcomes("hosted.format.visualization-is-jpeg") == {"warn"}
    assert found.exit_code == 0


@pytest.fixture
def with_one_box_more(url: str) -> Iterator[str]:
    yield from behind(url, BOXES, response=drawings.redraw(_with_thin_box))


def _with_thin_box(request: object, document: object, drawing: pictures.Pixels) -> pictures.Pixels:
    across, down = drawing.shape[1] // 2, drawing.shape[0] // 2
    canvas = drawing.copy()
    cv2.rectangle(canvas, (across - 40, down + 30), (across + 30, down + 80), (255, 0, 255), 1)
    return canvas


def test_a_thin_box_of_fixed_width_is_found_too(with_one_box_more: str, checking: Checking) -> None:
    found = checking(with_one_box_more, models=embedded.MODELS, only=("hosted.format.drawing-shows-nothing-else",))

    assert accused(found) == {"hosted.format.drawing-shows-nothing-else"}


def _a_little_over_one(value: Any) -> Any:
    return 1 + 2**-10 if is_number(value) and value > 0.9 else value


@pytest.fixture
def in_half_precision(url: str) -> Iterator[str]:
    """As servers are whose numbers of 16 bits round up to the one after 1."""
    yield from behind(url, ALL_OPERATIONS, response=change_field("/predictions/*/confidence", _a_little_over_one))


def test_confidences_in_half_precision_are_sound(in_half_precision: str, checking: Checking) -> None:
    found = checking(in_half_precision, models=embedded.MODELS, only=("*.answer.schema", "*.confidence.*"))

    assert accused(found) == set()


@pytest.mark.parametrize("wrong", [1.2, 87])
def test_confidences_far_beyond_one_are_not(wrong: float, url: str, checking: Checking) -> None:
    change = change_field("/predictions/*/confidence", lambda value: wrong if is_number(value) else value)
    for other in behind(url, ALL_OPERATIONS, response=change):
        found = checking(other, models=embedded.MODELS, only=("hosted.answer.schema",))

    assert found.outcomes("hosted.answer.schema") == {"pass", "fail"}
    assert found.exit_code == 1


@pytest.fixture
def with_rounded_classes(url: str) -> Iterator[str]:
    """As servers are that write a list in three digits, the confidence on top in full, and never the same twice."""
    numbers = count()

    def edit(request: object, document: Any) -> Any:
        shift = (next(numbers) % 3 - 1) * 0.004
        for each, sign in zip(predictions(document), (1, -1, 0), strict=False):
            each["confidence"] = round(min(max(each["confidence"] + sign * shift, 0), 1), 3)
        if predictions(document) and "top" in document:
            document["confidence"] = predictions(document)[0]["confidence"] + 0.00049
        return document

    yield from behind(url, (CLASSIFICATION,), response=edit_json(edit))


@pytest.mark.thorough
def test_rounded_classes_are_sound(with_rounded_classes: str, checking: Checking) -> None:
    found = checking(with_rounded_classes, models=embedded.MODELS, only=("hosted.classification.*", "service.*"))

    about_classes = {one["rule"] for one in found.run.outcomes if one["operation"] == CLASSIFICATION}
    assert accused(found) & about_classes == set()


def accused(found: Checked) -> set[str]:
    return {outcome["rule"] for outcome in found.run.outcomes if outcome["outcome"] in ("fail", "warn", "error")}
