"""Drawings: compression alone draws nothing, a line is found in any usual colour and quality, and only where it is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from assay.judge import pictures
from assay.judge.boxes import Corners
from assay.judge.verify_drawings import CONTOURS_KEPT
from assay.picture import decode
from assay.plugin.drivers.hosted import HOSTED_SCENES
from assay.scene import SCENES, Scene
from assay.suite import suite_folder

from .making import Pixels, detected, read

BLUE = (72, 146, 234)
"""What the real server draws with when it knows no colour of the class: in brightness it is almost the background."""
GREEN = (0, 230, 0)
S444, S420 = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420
S422 = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422


def jpeg(pixels: Pixels, quality: int, sampling: int = S420, progressive: bool = False) -> bytes:
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    options += [cv2.IMWRITE_JPEG_PROGRESSIVE, int(progressive)]
    return cv2.imencode(".jpg", pixels[:, :, ::-1], options)[1].tobytes()


def boxed(pixels: Pixels, boxes: list[Corners], colour: tuple[int, int, int] = BLUE, stroke: int = 2) -> Pixels:
    canvas = pixels.copy()
    for box in boxes:
        x0, y0, x1, y1 = map(round, box)
        cv2.rectangle(canvas, (x0, y0), (x1, y1), colour, stroke)
    return canvas


def shown(before: Pixels, drawing: bytes, *boxes: Corners) -> list[float]:
    """How much of each box a rule sees in a drawing."""
    after = decode(drawing)
    assert after is not None
    plain = pictures.as_drawn_upon(before, drawing)
    return [pictures.outline_drawn(plain, after, box) for box in boxes]


def boxes_of(scene: Scene) -> list[Corners]:
    return [thing.box for thing in scene.things]


@pytest.mark.parametrize("name", HOSTED_SCENES)
@pytest.mark.parametrize("quality", [50, 61, 75, 88, 95])
def test_compression_alone_draws_nothing(name: str, quality: int) -> None:
    """Though it moves the edges of what is painted, where most boxes stand, by up to 100 levels."""
    before = SCENES[name].pixels()
    drawing = jpeg(before, quality, S444 if quality == 88 else S420, progressive=quality == 61)
    after = decode(drawing)
    assert after is not None

    assert max(shown(before, drawing, *boxes_of(SCENES[name]))) == 0
    assert pictures.changed_elsewhere(before, after, []) < 0.015  # even of a picture that is not compressed alike


@pytest.mark.parametrize("sampling", [S444, S422, S420])
@pytest.mark.parametrize("quality", [70, 90])
@pytest.mark.parametrize("colour", [BLUE, GREEN, (255, 255, 255), (0, 0, 0), (255, 0, 255)])
def test_a_line_of_two_pixels_is_found_in_any_usual_colour(
    colour: tuple[int, int, int], quality: int, sampling: int
) -> None:
    scene = SCENES["menagerie"]
    drawing = jpeg(boxed(scene.pixels(), boxes_of(scene), colour), quality, sampling)

    assert min(shown(scene.pixels(), drawing, *boxes_of(scene))) > 0.9


@pytest.mark.parametrize("quality", [75, 90])
def test_a_line_of_one_pixel_is_found_in_the_faintest_colour(quality: int) -> None:
    scene = SCENES["trio"]
    drawing = jpeg(boxed(scene.pixels(), boxes_of(scene), BLUE, stroke=1), quality)

    assert min(shown(scene.pixels(), drawing, *boxes_of(scene))) > 0.6


ROOM = (200.0, 150.0, 350.0, 260.0)
"""A box in the empty middle of a picture."""


@pytest.mark.parametrize("sides", [(12, 0), (-12, 0), (0, 12), (0, -12), (12, 12), (40, 30)])
def test_a_box_drawn_beside_is_no_outline(sides: tuple[int, int]) -> None:
    across, down = sides
    blank = SCENES["blank"].pixels()
    beside = (ROOM[0] + across, ROOM[1] + down, ROOM[2] + across, ROOM[3] + down)

    stated, drawn = shown(blank, jpeg(boxed(blank, [beside]), 90), ROOM, beside)

    assert stated < 0.1
    assert drawn == 1


@pytest.mark.parametrize(
    "drawn",
    [
        (212.0, 162.0, 338.0, 248.0),  # 12 px smaller all round
        (188.0, 138.0, 362.0, 272.0),  # 12 px larger
        (200.0, 150.0, 300.0, 260.0),  # one side is elsewhere
        (200.0, 150.0, 350.0, 205.0),  # half as high
    ],
)
def test_a_box_of_another_size_is_no_outline(drawn: Corners) -> None:
    blank = SCENES["blank"].pixels()

    assert shown(blank, jpeg(boxed(blank, [drawn]), 90), ROOM)[0] < 0.1


@pytest.mark.parametrize("off", [-2, -1, 1, 2])
def test_a_line_within_rounding_is_found(off: int) -> None:
    blank = SCENES["blank"].pixels()
    drawn = (ROOM[0] + off, ROOM[1] - off, ROOM[2] + off, ROOM[3] - off)

    assert shown(blank, jpeg(boxed(blank, [drawn], stroke=1), 90), ROOM)[0] > 0.9
    assert shown(blank, jpeg(boxed(blank, [ROOM], stroke=5), 90), drawn)[0] > 0.9


@pytest.mark.parametrize(("off", "seen"), [(3, True), (-3, True), (4, False), (-4, False)])
def test_how_far_a_line_may_lie_from_the_stated_edge(off: int, seen: bool) -> None:
    blank = SCENES["blank"].pixels()
    drawn = boxed(blank, [(ROOM[0] + off, ROOM[1] + off, ROOM[2] + off, ROOM[3] + off)], stroke=1)

    assert (pictures.outline_drawn(blank, drawn, ROOM) > 0.9) is seen
    assert (pictures.outline_drawn(blank, drawn, ROOM) > 0.1) is seen


@pytest.mark.parametrize("side", range(4))
def test_a_side_that_is_missing_is_missed_at_the_very_border_too(side: int) -> None:
    """A box that fills the picture but for the last row and column: each of its sides can be seen."""
    blank = SCENES["blank"].pixels()
    box = (0.0, 0.0, 599.0, 439.0)
    drawn = boxed(blank, [box], stroke=1)
    assert pictures.outline_drawn(blank, drawn, box) == 1

    rows, columns = ((slice(None), 0), (slice(None), 599), (0, slice(None)), (439, slice(None)))[side]
    drawn[rows, columns] = blank[rows, columns]

    assert pictures.outline_drawn(blank, drawn, box) < 0.1


def test_the_least_change_that_counts() -> None:
    blank = SCENES["blank"].pixels()
    for levels, drawn in ((pictures.FAINT_CHANGE, 1), (pictures.FAINT_CHANGE - 1, 0)):
        assert pictures.outline_drawn(blank, boxed(blank, [ROOM], (128, 128, 128 - levels)), ROOM) == drawn
    for levels, share in ((pictures.VISIBLE_CHANGE, 1), (pictures.VISIBLE_CHANGE - 1, 0)):
        assert pictures.changed_elsewhere(blank, blank - np.uint8(levels), []) == share


def test_the_margin_round_a_box() -> None:
    blank = SCENES["blank"].pixels()
    inside, outside = blank.copy(), blank.copy()
    top, left = round(ROOM[1]) - pictures.MARGIN, round(ROOM[0]) - pictures.MARGIN
    bottom, right = round(ROOM[3]) + pictures.MARGIN + 1, round(ROOM[2]) + pictures.MARGIN + 1
    inside[top:bottom, left:right] = 0
    outside[:top], outside[bottom:], outside[:, :left], outside[:, right:] = 0, 0, 0, 0

    assert pictures.changed_elsewhere(blank, inside, [ROOM]) == 0
    assert pictures.changed_elsewhere(blank, outside, [ROOM]) == 1


WHOLE = (0.0, 0.0, 600.0, 440.0)


@pytest.mark.parametrize(
    "box",
    [
        WHOLE,
        (-2.0, -2.0, 602.0, 442.0),
        (-1.0, 100.0, 80.0, 200.0),  # cut on the left
        (500.0, 350.0, 600.0, 440.0),  # in the corner
        (0.4, 0.4, 90.6, 60.2),
    ],
)
@pytest.mark.parametrize("stroke", [1, 2])
def test_a_side_on_the_border_need_not_be_seen(box: Corners, stroke: int) -> None:
    blank = SCENES["blank"].pixels()

    assert shown(blank, jpeg(boxed(blank, [box], stroke=stroke), 90), box)[0] > 0.9


def test_a_line_of_the_colour_of_what_it_frames_is_found_by_its_other_sides() -> None:
    """A red thing in the corner of the picture, framed in the same red."""
    before, thing = SCENES["menagerie"].pixels(), SCENES["menagerie"].things[0]
    framed = boxed(before, [thing.box], thing.colour, stroke=4)

    assert shown(before, jpeg(framed, 90), thing.box)[0] > 0.9
    assert shown(before, jpeg(before, 90), thing.box)[0] < 0.1


def test_where_no_side_can_be_seen_none_is_missing() -> None:
    blank = SCENES["blank"].pixels()

    assert pictures.outline_drawn(blank, blank, (-2, -2, 602, 442)) == 1
    assert pictures.outline_drawn(blank, blank, (-90, 10, -30, 60)) == 1
    assert pictures.outline_drawn(blank, blank, (-1e308, -1e308, 1e308, 1e308)) == 1
    assert pictures.outline_drawn(blank, blank, ROOM) == 0


@pytest.mark.parametrize("box", [(20.0, 20.0, 20.0, 20.0), (20.0, 20.0, 60.0, 20.0), (60.0, 50.0, 20.0, 20.0)])
def test_boxes_without_area_or_the_wrong_way_round(box: Corners) -> None:
    blank = SCENES["blank"].pixels()

    assert pictures.outline_drawn(blank, blank, box) == 0
    assert pictures.outline_drawn(blank, boxed(blank, [box]), box) == 1


def test_a_line_of_the_pictures_own_colour_cannot_be_seen() -> None:
    """What a rule says then is that nothing shows the box, which is so."""
    blank = SCENES["blank"].pixels()

    assert shown(blank, jpeg(boxed(blank, [ROOM], (138, 128, 118)), 95), ROOM) == [0]


def test_labels_and_keypoints_that_stand_out_of_a_box_are_no_change_elsewhere() -> None:
    blank = SCENES["blank"].pixels()
    drawn = boxed(blank, [ROOM])
    cv2.rectangle(drawn, (200, 130), (320, 150), BLUE, cv2.FILLED)  # a label above
    cv2.circle(drawn, (365, 200), 4, GREEN, cv2.FILLED)  # a keypoint 15 px beside
    after = decode(jpeg(drawn, 90))
    assert after is not None

    assert pictures.changed_elsewhere(blank, after, [ROOM]) == 0
    assert pictures.changed_elsewhere(blank, after, []) > 0.01


@pytest.mark.parametrize("quality", [30, 50, 75, 95])
def test_another_picture_lacks_the_contours(quality: int) -> None:
    """Mirrored, grey, or another scene: what no quality explains."""
    scene = SCENES["menagerie"]
    boxes = boxes_of(scene)[:1]
    for other in (scene.pixels()[:, ::-1], np.full_like(scene.pixels(), 128), SCENES["crowd"].pixels()):
        after = decode(jpeg(np.ascontiguousarray(other), quality))
        assert after is not None
        assert pictures.contours_kept(scene.pixels(), after, boxes) < CONTOURS_KEPT


@pytest.mark.parametrize("quality", [30, 50, 75, 95])
def test_legends_and_footers_leave_most_of_the_contours(quality: int) -> None:
    scene = SCENES["menagerie"]
    canvas = scene.pixels()
    cv2.rectangle(canvas, (500, 10), (630, 90), (255, 255, 255), cv2.FILLED)
    cv2.rectangle(canvas, (0, 456), (640, 480), (20, 20, 20), cv2.FILLED)
    after = decode(jpeg(canvas, quality))
    assert after is not None

    assert pictures.contours_kept(scene.pixels(), after, boxes_of(scene)[:1]) > 0.6
    assert pictures.changed_elsewhere(scene.pixels(), after, []) < 0.2


def test_a_picture_without_contours_keeps_them() -> None:
    blank = SCENES["blank"].pixels()

    assert pictures.contours_kept(blank, np.full_like(blank, 20), []) == 1
    assert pictures.contours_kept(SCENES["speck"].pixels(), blank[:240, :320], boxes_of(SCENES["speck"])) == 1


OUTLINE = [(200.0, 150.0), (350.0, 150.0), (275.0, 260.0)]


@pytest.mark.parametrize("quality", [75, 90])
def test_the_line_and_the_area_of_a_polygon(quality: int) -> None:
    blank = SCENES["blank"].pixels()
    points = [np.array(OUTLINE, np.int32)]
    line, area = blank.copy(), blank.copy()
    cv2.polylines(line, points, True, BLUE, 2)
    cv2.fillPoly(area, points, GREEN)

    after = [decode(jpeg(canvas, quality)) for canvas in (line, area, blank)]
    measured = [
        (pictures.line_drawn(blank, each, OUTLINE), pictures.area_drawn(blank, each, OUTLINE))
        for each in after
        if each is not None
    ]

    assert measured[0][0] > 0.9
    assert measured[0][1] < 0.3
    assert min(measured[1]) > 0.9
    assert measured[2] == (0, 0)
    assert pictures.line_drawn(blank, line, OUTLINE[:2]) == pictures.area_drawn(blank, area, []) == 0


@pytest.mark.parametrize(
    ("box", "left"),
    [((-100, -100, -60, -60), 1.0), ((700, 0, 800, 100), 1.0), (WHOLE, 0.0), ((-1e9, -1e9, 1e9, 1e9), 0.0)],
)
def test_boxes_beyond_the_picture_hide_nothing_of_it(box: Corners, left: float) -> None:
    blank = SCENES["blank"].pixels()

    assert pictures.changed_elsewhere(blank, np.zeros_like(blank), [box]) == left


def test_what_is_a_picture() -> None:
    pixels = SCENES["speck"].pixels()

    assert np.array_equal(read(SCENES["speck"].png()), pixels)
    assert [pictures.is_jpeg(content) for content in (jpeg(pixels, 90), SCENES["speck"].png(), b"", b"\xff")] == [
        True, False, False, False,
    ]  # fmt: skip
    for content in (b"", b"text", SCENES["speck"].png()[:40], b"\xff\xd8\xff\xe0", b"\xff\xd8" + bytes(500)):
        assert decode(content) is None


def test_a_picture_of_impossible_size_is_none() -> None:
    content = bytearray(jpeg(SCENES["speck"].pixels(), 90))
    frame = content.index(b"\xff\xc0")
    content[frame + 5 : frame + 9] = b"\xff\xdc\xff\xdc"  # 65500 x 65500

    assert decode(bytes(content)) is None


def test_a_jpeg_that_breaks_off_is_told_from_a_whole_one() -> None:
    whole = jpeg(SCENES["tokens"].pixels(), 90)

    assert pictures.is_whole(whole)
    assert pictures.is_whole(whole + bytes(100))
    assert not any(pictures.is_whole(whole[:length]) for length in range(2, len(whole) - 1, 37))
    assert not pictures.is_whole(whole[:-1])


@pytest.mark.parametrize(
    "drawing", [b"", b"text", b"\xff\xd8", b"\xff\xd8\xff\xdb", b"\xff\xd8\xff\xdb\x00\x02", b"\xff\xd8" * 9]
)
def test_what_is_no_jpeg_leaves_the_picture_as_it_is(drawing: bytes) -> None:
    blank = SCENES["blank"].pixels()

    assert pictures.as_drawn_upon(blank, drawing) is blank
    assert pictures.as_drawn_upon(blank, SCENES["blank"].png()) is blank


@pytest.mark.parametrize("quality", [1, 20, 49, 50, 51, 77, 92, 100])
def test_the_picture_is_compressed_just_as_the_drawing_was(quality: int) -> None:
    before = SCENES["pair"].pixels()
    for sampling in (S444, S422, S420):
        drawing = jpeg(before, quality, sampling)
        assert np.array_equal(pictures.as_drawn_upon(before, drawing), read(drawing))


EXCHANGES = suite_folder("fixtures") / "exchanges"
DRAWINGS = sorted(EXCHANGES.glob("*/hosted-[ok]*/format-image*.json"))


@pytest.mark.skipif(not DRAWINGS, reason="no exchanges have been recorded into fixtures/exchanges")
@pytest.mark.parametrize("file", DRAWINGS, ids=lambda file: "/".join(file.with_suffix("").parts[-3:]))
def test_drawings_of_the_real_server_show_their_boxes(file: Path) -> None:
    body = json.loads(file.read_text("utf-8"))["response"]["body"]
    named = re.search(r"\$\{([\w./-]+)\|", body.get("text") or body["json"]["visualization"])
    assert named
    plain = json.loads((file.parent / "format-json.json").read_text("utf-8"))["response"]["body"]["json"]
    before = decode((EXCHANGES / "pictures/two.jpg").read_bytes())
    drawing = (EXCHANGES / named[1]).read_bytes()
    after = decode(drawing)
    assert before is not None
    assert after is not None
    boxes = [one.corners for one in detected(*plain["predictions"]).predictions]

    assert boxes
    assert min(shown(before, drawing, *boxes)) > 0.9
    assert pictures.changed_elsewhere(before, after, boxes) == 0
    assert max(shown(before, jpeg(before, 90), *boxes)) == 0


def test_pictures_are_alike_but_for_what_nobody_sees() -> None:
    plain = SCENES["pair"].pixels()
    other = plain.copy()
    other[10:14, 10:14] = 255

    assert pictures.alike(jpeg(plain, 95), jpeg(plain, 90))
    assert not pictures.alike(jpeg(plain, 95), jpeg(other, 95))
    assert not pictures.alike(jpeg(plain, 95), jpeg(plain[:-8], 95))
    assert not pictures.alike(jpeg(plain, 95), b"no picture")
    assert pictures.alike(b"one text", b"another")
