"""What was drawn into a picture is told from what compression does to it, in any usual style; and where it belongs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from assay.judge import additions, pictures, verify
from assay.judge.answers import Detection
from assay.judge.boxes import Corners
from assay.plugin.drivers.hosted import HOSTED_SCENES
from assay.scene import SCENES, Scene
from assay.suite import suite_folder

from .making import Pixels, detected, findings, prediction, read, row

S444, S420 = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420
COLOURS = {
    "blue": (72, 146, 234),
    "green": (0, 230, 0),
    "magenta": (255, 0, 255),
    "white": (255, 255, 255),
    "black": (0, 0, 0),
}
SCENE = SCENES["trio"]
"""Three dogs on grey, 800 x 600 px, clear of each other and of the edges."""
FIRST, SECOND, THIRD = (thing.box for thing in SCENE.things)
EMPTY: Corners = (420, 380, 520, 450)
"""A place of the scene that shows nothing."""


def jpeg(pixels: Pixels, quality: int = 90, sampling: int = S420) -> bytes:
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    return cv2.imencode(".jpg", np.ascontiguousarray(pixels[:, :, ::-1]), options)[1].tobytes()


def additions_of(scene: Scene, content: bytes) -> pictures.Mask:
    return additions.added(scene.pixels(), content, read(content))


def drawn(*boxes: Corners, colour: str = "green", stroke: int = 4, canvas: Pixels | None = None) -> Pixels:
    canvas = SCENE.pixels() if canvas is None else canvas
    for x0, y0, x1, y1 in boxes:
        cv2.rectangle(canvas, (round(x0), round(y0)), (round(x1), round(y1)), COLOURS[colour], stroke)
    return canvas


def stated(*boxes: Corners) -> Detection:
    return detected(*(row(*box) for box in boxes))


@pytest.mark.parametrize("name", HOSTED_SCENES)
@pytest.mark.parametrize("first", [None, 50, 90])
@pytest.mark.parametrize("quality", [30, 50, 70, 90])
def test_compression_draws_nothing_however_often(name: str, first: int | None, quality: int) -> None:
    """Once, or a second time after another quality, which no emulation knows of: the edges of what is painted move."""
    scene = SCENES[name]
    before = scene.pixels() if first is None else read(jpeg(scene.pixels(), first))

    found = additions_of(scene, jpeg(before, quality))

    assert found.sum() < 40
    assert additions.frames(found) == []
    assert not any(additions.shows(found, thing.box) for thing in scene.things if thing.kind != "token")


@pytest.mark.parametrize("quality", [50, 70, 90])
def test_a_picture_that_was_scaled_and_sharpened_holds_no_boxes(quality: int) -> None:
    small = cv2.resize(SCENE.pixels(), (640, 480), interpolation=cv2.INTER_AREA)
    large = cv2.resize(small, (800, 600), interpolation=cv2.INTER_CUBIC)
    sharp = np.asarray(cv2.addWeighted(large, 1.5, cv2.GaussianBlur(large, (0, 0), 2), -0.5, 0), np.uint8)

    found = additions_of(SCENE, jpeg(sharp, quality))

    assert additions.frames(found) == []
    assert not any(additions.shows(found, thing.box) for thing in SCENE.things)


@pytest.mark.parametrize("sampling", [S444, S420])
@pytest.mark.parametrize("quality", [60, 92])
@pytest.mark.parametrize("colour", COLOURS)
def test_boxes_are_found_in_any_usual_colour(colour: str, quality: int, sampling: int) -> None:
    found = additions_of(SCENE, jpeg(drawn(FIRST, EMPTY, colour=colour), quality, sampling))

    assert additions.shows(found, FIRST)
    assert additions.shows(found, EMPTY)
    assert not additions.shows(found, SECOND)
    assert len(additions.frames(found)) == 2


@pytest.mark.parametrize("stroke", [1, 2, 4, 6])
def test_a_frame_is_where_the_box_was_drawn(stroke: int) -> None:
    (frame,) = additions.frames(additions_of(SCENE, jpeg(drawn(EMPTY, colour="magenta", stroke=stroke))))

    assert frame == pytest.approx(EMPTY, abs=5)


def dashed() -> Pixels:
    canvas, plain = drawn(EMPTY), SCENE.pixels()
    across, down = np.arange(800) % 14 >= 9, np.arange(600) % 14 >= 9
    canvas[376:386, across], canvas[445:456, across] = plain[376:386, across], plain[445:456, across]
    canvas[down, 416:426], canvas[down, 515:526] = plain[down, 416:426], plain[down, 515:526]
    return canvas


def rounded() -> Pixels:
    canvas, colour = SCENE.pixels(), COLOURS["magenta"]
    for y in (380, 450):
        cv2.line(canvas, (432, y), (508, y), colour, 4)
    for x in (420, 520):
        cv2.line(canvas, (x, 392), (x, 438), colour, 4)
    for centre, turned in (((432, 392), 180), ((508, 392), 270), ((508, 438), 0), ((432, 438), 90)):
        cv2.ellipse(canvas, centre, (12, 12), turned, 0, 90, colour, 4)
    return canvas


@pytest.mark.parametrize("canvas", [dashed(), rounded()], ids=["dashed", "rounded"])
def test_a_dashed_and_a_rounded_box_are_frames(canvas: Pixels) -> None:
    assert len(additions.frames(additions_of(SCENE, jpeg(canvas)))) == 1


def furnished() -> Pixels:
    """The scene as a server draws it that adds a legend, a footer, a watermark, and labels wider than their boxes."""
    canvas = drawn(FIRST, SECOND, THIRD)
    for left, top, *_ in (FIRST, SECOND, THIRD):
        cv2.rectangle(canvas, (left, top - 24), (min(left + 300, 790), top), (0, 230, 0), cv2.FILLED)
        cv2.putText(canvas, "a dog, or something like one", (left + 4, top - 7), 0, 0.5, (255, 255, 255), 1)
    cv2.rectangle(canvas, (660, 12), (788, 70), (255, 255, 255), cv2.FILLED)
    cv2.rectangle(canvas, (660, 12), (788, 70), (0, 0, 0), 2)
    cv2.putText(canvas, "dog", (680, 48), 0, 0.8, (0, 0, 0), 2)
    cv2.rectangle(canvas, (0, 570), (800, 600), (20, 20, 20), cv2.FILLED)
    cv2.putText(canvas, "3 objects, 27 ms", (10, 590), 0, 0.6, (255, 255, 255), 1)
    cv2.putText(canvas, "ACME VISION", (250, 330), cv2.FONT_HERSHEY_DUPLEX, 1.4, (255, 255, 0), 3)
    cv2.rectangle(canvas, (6, 6), (793, 593), (0, 255, 255), 3)
    return canvas


def test_labels_legends_footers_and_watermarks_are_no_boxes() -> None:
    found = additions_of(SCENE, jpeg(furnished()))

    verify.nothing_else_drawn(stated(FIRST, SECOND, THIRD), found)
    verify.nothing_withheld_drawn(stated(FIRST, SECOND), found, [prediction(*EMPTY)])


def test_tinted_boxes_and_masks_are_no_other_boxes() -> None:
    canvas = SCENE.pixels()
    cv2.rectangle(canvas, FIRST[:2], FIRST[2:], (0, 230, 0), cv2.FILLED)
    canvas = np.asarray(cv2.addWeighted(canvas, 0.4, SCENE.pixels(), 0.6, 0), np.uint8)

    verify.nothing_else_drawn(stated(FIRST), additions_of(SCENE, jpeg(drawn(FIRST, canvas=canvas))))


def test_what_is_withheld_and_drawn_all_the_same() -> None:
    withheld = [prediction(*SECOND, confidence=0.3), prediction(*THIRD, confidence=0.2)]
    both, one = (additions_of(SCENE, jpeg(drawn(*boxes))) for boxes in ((FIRST, SECOND), (FIRST,)))

    verify.nothing_withheld_drawn(stated(FIRST), one, withheld)
    verify.nothing_withheld_drawn(stated(FIRST, SECOND), both, withheld)
    (finding,) = findings(verify.nothing_withheld_drawn, stated(FIRST), both, withheld)
    assert finding.marks == (withheld[0].mark,)
    assert "0.300" in finding.message


def test_a_box_that_is_nowhere_in_the_answer() -> None:
    found = additions_of(SCENE, jpeg(drawn(FIRST, EMPTY)))

    verify.nothing_else_drawn(stated(FIRST, EMPTY), found)
    (finding,) = findings(verify.nothing_else_drawn, stated(FIRST), found)
    assert finding.actual == pytest.approx(list(EMPTY), abs=4)
    assert finding.marks


@pytest.mark.parametrize(
    ("box", "clear"),
    [
        (EMPTY, True),
        ((FIRST[2] + additions.CLEAR, FIRST[1], FIRST[2] + 100, FIRST[3]), True),
        ((FIRST[2] + additions.CLEAR - 1, FIRST[1], FIRST[2] + 100, FIRST[3]), False),
        (FIRST, False),
        ((additions.CLEAR, 400, 90, 450), True),
        ((additions.CLEAR - 1, 400, 90, 450), False),
        ((700, 400, 800 - additions.CLEAR + 1, 450), False),
        ((400, 500, 450, 600 - additions.CLEAR + 1), False),
    ],
)
def test_what_stands_clear(box: Corners, clear: bool) -> None:
    assert additions.stands_clear(box, [FIRST], 800, 600) is clear


@pytest.mark.parametrize(
    "change",
    [
        lambda canvas: cv2.rectangle(canvas, (420, 380), (520, 450), (255, 0, 255), cv2.FILLED),  # a panel
        lambda canvas: cv2.rectangle(canvas, (420, 380), (440, 395), (255, 0, 255), 2),  # as small as a letter
        lambda canvas: cv2.line(canvas, (420, 380), (520, 450), (255, 0, 255), 4),
        lambda canvas: cv2.putText(canvas, "dog 0.87", (420, 440), 0, 2, (255, 0, 255), 4),
        lambda canvas: cv2.circle(canvas, (470, 420), 6, (255, 0, 255), cv2.FILLED),
    ],
    ids=["panel", "tiny", "line", "letters", "dot"],
)
def test_what_is_no_frame(change: object) -> None:
    canvas = SCENE.pixels()
    change(canvas)  # type: ignore[operator]

    assert additions.frames(additions_of(SCENE, jpeg(canvas))) == []


EXCHANGES = suite_folder("fixtures") / "exchanges"
DRAWINGS = sorted(EXCHANGES.glob("*/hosted-[ok]*/format-image-labels-stroke.json"))


@pytest.mark.skipif(not DRAWINGS, reason="no exchanges have been recorded into fixtures/exchanges")
@pytest.mark.parametrize("file", DRAWINGS, ids=lambda file: "/".join(file.with_suffix("").parts[-3:]))
def test_drawings_of_the_real_server_show_their_boxes_and_nothing_else(file: Path) -> None:
    """Their labels reach far out of the boxes; where boxes are light blue, that beside a blue thing cannot be told."""
    named = re.search(r"\$\{([\w./-]+)\|", json.loads(file.read_text("utf-8"))["response"]["body"]["text"])
    assert named
    plain = json.loads((file.parent / "format-json.json").read_text("utf-8"))["response"]["body"]["json"]
    before, drawing = read((EXCHANGES / "pictures/two.jpg").read_bytes()), (EXCHANGES / named[1]).read_bytes()
    answer = detected(*plain["predictions"])

    found = additions.added(before, drawing, read(drawing))

    assert any(additions.shows(found, one.corners) for one in answer.predictions)
    verify.nothing_else_drawn(answer, found)
