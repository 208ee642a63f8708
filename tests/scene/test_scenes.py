"""Scenes: what is painted is what the ground truth says, for both of their readers."""

from __future__ import annotations

import struct
import zlib
from itertools import combinations
from typing import Any

import cv2
import numpy as np
import pytest

from assay.encodings import encode_png
from assay.probes import BARS, PAIRS, SLANTS
from assay.scene import SCENES, Scene, Thing


def opened(data: bytes) -> Any:
    """The RGB pixels of an encoded picture."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    return pixels[:, :, ::-1]


everywhere = pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES.keys())
PAINTED = (*SCENES.values(), *SLANTS, *BARS, PAIRS)
painted = pytest.mark.parametrize("scene", PAINTED, ids=[scene.name for scene in PAINTED])
DETECTION = [scene for scene in SCENES.values() if scene.name not in ("counters", "tokens", "blank", "sign")]
detection = pytest.mark.parametrize("scene", DETECTION, ids=lambda scene: scene.name)


def iou(first: tuple[int, int, int, int], second: tuple[int, int, int, int]) -> float:
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    shared = max(width, 0) * max(height, 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (first, second)]
    return shared / (sum(areas) - shared)


@painted
def test_the_pixels_show_the_things(scene: Scene) -> None:
    pixels = scene.pixels()
    assert pixels.shape == (scene.height, scene.width, 3)
    assert pixels.dtype == np.uint8
    owners = scene.owners()
    for index, thing in enumerate(scene.things):
        assert (pixels[owners == index] == thing.colour).all()
        rows, columns = np.nonzero(thing.mask(scene.width, scene.height))
        assert thing.box == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    assert (pixels[owners == -1] == scene.background).all()


@painted
def test_what_is_covered_of_a_thing_leaves_its_box_as_it_is(scene: Scene) -> None:
    for thing in scene.things:
        rows, columns = np.nonzero(scene.mask(thing))
        assert thing.box == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


@everywhere
def test_png_gives_the_same_pixels_back_and_stays_small(scene: Scene) -> None:
    data = scene.png()
    assert np.array_equal(opened(data), scene.pixels())
    assert data == scene.png()
    assert len(data) < 4096


def test_png_holds_any_pixels() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (37, 53, 3), np.uint8)
    data = encode_png(noise)
    assert np.array_equal(opened(data), noise)
    position = 8
    while position < len(data):  # every chunk's checksum holds: some readers insist
        (length,) = struct.unpack(">I", data[position : position + 4])
        body = data[position + 4 : position + 8 + length]
        (checksum,) = struct.unpack(">I", data[position + 8 + length : position + 12 + length])
        assert zlib.crc32(body) == checksum
        position += 12 + length


@everywhere
def test_jpeg_is_close_to_the_pixels(scene: Scene) -> None:
    read = opened(scene.jpeg())
    assert read.shape == (scene.height, scene.width, 3)
    assert np.abs(read.astype(int) - scene.pixels()).mean() < 2
    assert len(scene.jpeg(30)) <= len(scene.jpeg(95)) < 20_000


@everywhere
def test_points_lie_on_their_things(scene: Scene) -> None:
    owners = scene.owners()
    assert [owners[y, x] for x, y in scene.points()] == list(range(len(scene.things)))


def test_point_avoids_what_covers_the_centre() -> None:
    below = Thing("dog", (10, 10, 60, 60), (200, 0, 0))
    above = Thing("dog", (20, 20, 70, 70), (255, 0, 0))
    scene = Scene("covered", 100, 90, (below, above))
    x, y = scene.point(below)
    assert scene.mask(below)[y, x]
    assert not scene.mask(above)[y, x]


@everywhere
def test_names_sizes_and_boxes_are_sound(scene: Scene) -> None:
    assert SCENES[scene.name] is scene
    assert scene.width % 8 == 0
    assert scene.height % 8 == 0
    assert (scene.width != scene.height) or scene.name == "square"
    for thing in scene.things:
        x0, y0, x1, y1 = thing.box
        assert 0 <= x0 < x1 <= scene.width
        assert 0 <= y0 < y1 <= scene.height


def test_no_two_scenes_are_of_one_size_except_a_pair_to_compare() -> None:
    sizes = [(scene.width, scene.height) for scene in SCENES.values()]
    assert len(set(sizes)) >= len(sizes) - 1


@detection
def test_shades_are_told_apart_and_keep_clear_of_thresholds(scene: Scene) -> None:
    strengths = [max(thing.colour) / 255 * 0.97 for thing in scene.things]
    assert all(abs(a - b) > 0.02 for a, b in combinations(strengths, 2))
    assert all(abs(strength - level) > 0.02 for strength in strengths for level in (0.3, 0.4, 0.5))


def test_the_wanted_witnesses_are_there() -> None:
    busy = SCENES["menagerie"]
    assert len(busy.of_kind("dog")) >= 3
    assert len(busy.of_kind("cat")) >= 3
    boxes = [thing.box for thing in busy.things]
    w, h = busy.width, busy.height
    corners = {(x, y) for box in boxes for x in (box[0], box[2]) for y in (box[1], box[3])}
    assert {(0, 0), (w, 0), (0, h), (w, h)} <= corners
    assert len(SCENES["trio"].of_kind("dog")) == 3
    first, second = (thing.box for thing in SCENES["pair"].of_kind("dog"))
    assert 0.3 < iou(first, second) < 0.5
    dog, _ = (thing.box for thing in SCENES["overlay"].of_kind("dog"))
    (cat,) = (thing.box for thing in SCENES["overlay"].of_kind("cat"))
    assert iou(dog, cat) > 0.3
    pairs = SCENES["stack"].of_kind("dog")
    shares = [iou(one.box, other.box) for one, other in zip(pairs[::2], pairs[1::2], strict=True)]
    assert shares == pytest.approx([0.091, 0.091, 0.278, 0.327], abs=0.001)  # of which the default limit takes the last
    assert len(SCENES["crowd"].of_kind("person")) >= 2
    assert len(SCENES["duo"].of_kind("person")) >= 2
    assert SCENES["portrait"].height > SCENES["portrait"].width
    assert not SCENES["blank"].things


@pytest.mark.parametrize("name", ["menagerie", "portrait", "trio", "square"])
def test_no_mirror_or_swapped_axis_leaves_a_scene_as_it_is(name: str) -> None:
    pixels = SCENES[name].pixels()
    for other in (pixels[::-1], pixels[:, ::-1], pixels[::-1, ::-1], pixels.swapaxes(0, 1)):
        assert not np.array_equal(pixels, other)


@pytest.mark.parametrize("name", ["counters", "tokens"])
def test_pieces_to_segment_are_apart_and_without_holes(name: str) -> None:
    scene = SCENES[name]
    for thing in scene.things:
        mask = scene.mask(thing).astype(np.uint8)
        contours, hierarchy = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
        assert len(contours) == 1
        assert hierarchy[0][0][2] == -1
    painted = (scene.owners() >= 0).astype(np.uint8)
    assert cv2.connectedComponents(painted)[0] - 1 == len(scene.things)


def test_words_are_painted_as_their_letters() -> None:
    scene = SCENES["sign"]
    assert scene.texts == ("ASSAY", "GATE", "42")
    (first, *_) = scene.things
    assert first.size == (29 * 9, 7 * 9)
    cells = scene.mask(first)[44:103:9, 64:321:9]  # the middle of each cell
    assert next("".join("#" if ink else " " for ink in row) for row in cells).startswith(" ###   #### ")
    assert SCENES["cards"].texts == ()
