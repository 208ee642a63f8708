"""Where boxes lie: the document's reading is let through, any other is found, and odd models are not accused."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from assay.judge.boxes import Corners
from assay.judge.readings import Altered, Painted, Sight
from assay.judge.verdicts import NoWitness
from assay.judge.verify_places import placed_by_their_centre, wide_as_things_are
from assay.scene import SCENES

from .making import detected, findings
from .misplacing import (
    ALL,
    NAMES,
    WHERE,
    Change,
    by_share,
    drawn_out,
    enlarged,
    exchanged,
    from_corner,
    from_far_corner,
    in_broad,
    in_padding,
    in_the_mirror,
    in_upright,
    mirrored,
    moved,
    painted,
    part,
    sides_exchanged,
    squeezed,
    squeezed_out_of_the_middle,
    stretched,
    upside_down,
    widened,
)

WRONG: dict[str, tuple[str, Change]] = {
    "from the corner": ("with (x, y) as the top left corner of a box", from_corner),
    "from the far corner": ("with (x, y) as the bottom right corner of a box", from_far_corner),
    "mirrored": ("as those of the picture mirrored from left to right", in_the_mirror),
    "upside down": ("as those of the picture upside down", upside_down),
    "exchanged": ("with x for y, and width for height", exchanged),
    "stretched": ("in pixels of a square of 1280 px that it was stretched to", stretched),
    "in padding": ("as those of the square that the picture was padded to", in_padding),
    "shifted": ("moved by -30 px across and -25 px down", moved(30, 25)),
    "shifted by a share": ("moved by -8.3% of the width and -8.3% of the height", by_share),
}


@pytest.mark.parametrize(
    "sights",
    [painted(), mirrored(), widened(), enlarged()],
    ids=["painted", "mirrored", "widened", "enlarged"],
)
def test_boxes_as_the_document_has_them(sights: list[Painted] | list[Altered]) -> None:
    assert placed_by_their_centre(sights, WHERE) == sum(len(SCENES[name].things) for name in NAMES)


@pytest.mark.parametrize("wrong", WRONG)
def test_boxes_that_are_read_otherwise_are_found_by_what_was_painted(wrong: str) -> None:
    told, change = WRONG[wrong]

    first, *others = findings(placed_by_their_centre, painted(change), WHERE)

    assert told in first.message
    assert others
    assert first.pointer
    assert first.pointer.startswith("/predictions/")
    assert len(first.marks) == 2


RATIO = "by the ratio of the picture's sides along its"
WRONG_BY_SHAPE: dict[str, tuple[str, Change]] = {
    "squeezed": (f"multiplied {RATIO} shorter side", squeezed),
    "squeezed out of the middle": ("padded to, brought to the sides of the picture", squeezed_out_of_the_middle),
    "in padding": ("as those of the square that the picture was padded to", in_padding),
    "drawn out": ("stretched to a square, less a padding that it never had", drawn_out),
    "sides exchanged": (f"divided {RATIO} shorter side and multiplied {RATIO} longer side", sides_exchanged),
    "from the corner": ("with (x, y) as the top left corner of a box", from_corner),
    "shifted": ("moved by -40 px across and 0 px down", moved(40, 0)),
}


@pytest.mark.parametrize("wrong", WRONG_BY_SHAPE)
@pytest.mark.parametrize(("only", "shape"), [(in_upright, "upright"), (in_broad, "broad")])
def test_boxes_that_are_wrong_in_pictures_of_one_shape_are_found(
    wrong: str, only: Callable[[Change], Change], shape: str
) -> None:
    told, change = WRONG_BY_SHAPE[wrong]

    first, *others = findings(placed_by_their_centre, painted(only(change), ALL), WHERE)

    assert told in first.message
    assert f"boxes lie {WHERE} in {shape} pictures only if" in first.message
    assert others


def test_one_picture_of_a_shape_condemns_nobody() -> None:
    assert placed_by_their_centre(painted(in_upright(squeezed)), WHERE) > 10


CUTS = (0, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1)
PARTS = [(left, top, right, bottom) for left, right in combinations(CUTS, 2) for top, bottom in combinations(CUTS, 2)]
MORE = [(-1.0, -1.5, 1.2, 1.0), (0.0, -1.0, 1.0, 1.0), (-0.5, 0.2, 1.4, 0.6)]


@pytest.mark.parametrize("made", [painted, mirrored, widened, enlarged])
def test_models_that_know_a_part_of_things_or_more_than_them_are_not_accused(made: Callable[..., list[Sight]]) -> None:
    for each in PARTS + MORE:
        with suppress(NoWitness):
            placed_by_their_centre(made(part(*each), ALL), WHERE)


def test_nor_are_they_where_nobody_knows_what_is_in_a_picture() -> None:
    for each in PARTS:
        with suppress(NoWitness):
            placed_by_their_centre(mirrored(part(*each), known=False), WHERE)


def test_a_model_of_the_right_of_two_things_side_by_side_is_not_accused() -> None:
    beside = moved(80, 0)

    with pytest.raises(NoWitness):
        placed_by_their_centre(mirrored(beside, known=False), WHERE)


def test_boxes_that_stay_where_they_were_in_a_mirror_are_of_a_place_in_the_picture() -> None:
    def clock(box: Corners, width: int, height: int) -> Corners:
        y = box[1] * 0.7
        return width * 0.26, y, width * 0.34, y + 40

    with pytest.raises(NoWitness):
        placed_by_their_centre(mirrored(clock), WHERE)


@pytest.mark.parametrize("wrong", ["from the corner", "from the far corner", "exchanged"])
def test_they_are_found_in_a_mirror_too(wrong: str) -> None:
    told, change = WRONG[wrong]

    assert told in findings(placed_by_their_centre, mirrored(change), WHERE)[0].message


def test_a_shift_shows_in_a_mirror() -> None:
    found = findings(placed_by_their_centre, mirrored(moved(60, 0)), WHERE)

    assert "moved by -60 px across" in found[0].message


def test_what_is_counted_from_the_right_shows_in_a_wider_picture() -> None:
    found = findings(placed_by_their_centre, widened(in_the_mirror), WHERE)

    assert "mirrored from left to right" in found[0].message


@pytest.mark.parametrize("box", [(115, 10, 5, 50), (300, 200, 20, 20), (260, 20, 160, 60)])
def test_a_model_that_knows_a_place_at_the_right_end_is_not_accused(box: Corners) -> None:
    def sign(_: Corners, width: int, __: int) -> Corners:
        return width - box[0], box[1], width - box[2], box[3]

    with suppress(NoWitness):
        placed_by_their_centre(widened(sign), WHERE)


@pytest.mark.parametrize("across", [0, 1 / 2, 1])
def test_a_model_that_knows_the_tips_of_things_is_not_accused(across: float) -> None:
    def tip(box: Corners, *_: int) -> Corners:
        x0, y0, x1, y1 = box
        middle, wide, high = x0 + across * (x1 - x0), (x1 - x0) / 4, (y1 - y0) / 4
        return middle - wide, y0 - high, middle + wide, y0 + high

    with suppress(NoWitness):
        placed_by_their_centre(painted(tip), WHERE)


@pytest.mark.parametrize("side", [800, 1100, 1333])
def test_boxes_of_a_picture_that_was_scaled_down_show_in_a_larger_one(side: int) -> None:
    def scaled_down(box: Corners, width: int, height: int) -> Corners:
        x0, y0, x1, y1 = (value * min(1, side / max(width, height)) for value in box)
        return x0, y0, x1, y1

    found = findings(placed_by_their_centre, enlarged(scaled_down), WHERE)

    assert f"in pixels of the picture scaled down to {side} px" in found[0].message


@pytest.mark.parametrize(("across", "down"), [(0.6, 0.6), (0.7, 1.4), (1.5, 1.5)])
def test_boxes_that_are_scaled_and_moved_in_no_way_that_has_a_name(across: float, down: float) -> None:
    def scaled(box: Corners, width: int, height: int) -> Corners:
        (x0, x1), (y0, y1) = ((width * 0.4 + across * (x - width * 0.5) for x in box[::2]), box[1::2])
        y0, y1 = (height * 0.55 + down * (y - height * 0.5) for y in (y0, y1))
        return x0, y0, x1, y1

    found = findings(placed_by_their_centre, painted(scaled), WHERE)

    assert f"scaled by {1 / across:.2f} across and by {1 / down:.2f} down" in found[0].message


def loose(box: Corners, width: int, height: int) -> Corners:
    """Of a fixed share of the picture, larger than the things, and cut off at its edges."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    half = width * 150 / 1280, height * 110 / 1280
    return max(x - half[0], 0), max(y - half[1], 0), min(x + half[0], width), min(y + half[1], height)


def test_loose_boxes_of_a_fixed_size_are_let_through() -> None:
    assert placed_by_their_centre(painted(loose), WHERE) > 10


@pytest.mark.parametrize("wrong", ["from the corner", "mirrored", "stretched", "shifted by a share"])
def test_loose_boxes_that_are_read_otherwise_are_found(wrong: str) -> None:
    told, change = WRONG[wrong]

    def read_otherwise(box: Corners, width: int, height: int) -> Corners:
        return change(loose(box, width, height), width, height)

    assert told in findings(placed_by_their_centre, painted(read_otherwise, ALL), WHERE)[0].message


def test_a_model_that_sees_something_else_is_not_accused() -> None:
    rng = np.random.default_rng(3)

    def anywhere(box: Corners, width: int, height: int) -> Corners:
        x, y = rng.uniform(0, width - 90), rng.uniform(0, height - 90)
        return x, y, x + rng.uniform(20, 90), y + rng.uniform(20, 90)

    def everything(box: Corners, width: int, height: int) -> Corners:
        return 0, 0, width, height

    elsewhere: list[Sequence[Sight]] = [
        *(painted(anywhere) for _ in range(30)),
        *(painted(anywhere, NAMES[:2]) for _ in range(30)),
        *(painted(anywhere, ("portrait", "duo", "wide")) for _ in range(10)),
        *(enlarged(anywhere) for _ in range(10)),
        *(mirrored(anywhere) for _ in range(5)),
        painted(everything),
    ]
    for sights in elsewhere:
        with pytest.raises(NoWitness, match="something else"):
            placed_by_their_centre(sights, WHERE)


def test_one_picture_alone_condemns_nobody() -> None:
    with pytest.raises(NoWitness):
        placed_by_their_centre(painted(from_corner, ["menagerie"]), WHERE)


def test_without_boxes_there_is_no_witness() -> None:
    with pytest.raises(NoWitness, match="0 of 0"):
        placed_by_their_centre([], WHERE)


def with_width_for_height(box: Corners, *_: int) -> Corners:
    (x0, y0, x1, y1), (x, y) = box, ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    return x - (y1 - y0) / 2, y - (x1 - x0) / 2, x + (y1 - y0) / 2, y + (x1 - x0) / 2


def test_boxes_are_as_wide_as_things_are() -> None:
    assert wide_as_things_are(painted(names=ALL)) >= 10


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (with_width_for_height, "of things only"),
        (in_upright(with_width_for_height), "of things in upright pictures only"),
        (in_broad(with_width_for_height), "of things in broad pictures only"),
    ],
)
def test_width_for_height_is_found(change: Change, where: str) -> None:
    first, *_ = findings(lambda: wide_as_things_are(painted(change, names=ALL)))

    assert where in first.message


@pytest.mark.parametrize(
    "change", [part(0, 0, 0.5, 0.5), part(0.2, 0, 0.8, 1), part(-0.5, -0.5, 1.5, 1.5), in_the_mirror]
)
def test_boxes_of_other_things_tell_no_sides(change: Change) -> None:
    with suppress(NoWitness):
        wide_as_things_are(painted(change, names=ALL))


@pytest.mark.parametrize("across", range(40, 200, 20))
@pytest.mark.parametrize("down", range(40, 200, 20))
def test_boxes_of_one_size_accuse_nobody(across: int, down: int) -> None:
    """As of a model that knows only where something is: all its boxes are of the size that it was made with."""

    def of_one_size(box: Corners, *_: int) -> Corners:
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        return x - across / 2, y - down / 2, x + across / 2, y + down / 2

    with suppress(NoWitness):
        wide_as_things_are(painted(of_one_size, names=ALL))


@pytest.mark.parametrize("across", [0.08, 0.1, 0.125, 0.16, 0.2])
@pytest.mark.parametrize("down", [0.08, 0.1, 0.125, 0.16, 0.2])
def test_boxes_of_one_share_of_the_picture_accuse_nobody(across: float, down: float) -> None:
    """As of a model of that kind that sees every picture stretched to a square."""

    def of_one_share(box: Corners, width: int, height: int) -> Corners:
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        return x - across * width / 2, y - down * height / 2, x + across * width / 2, y + down * height / 2

    with suppress(NoWitness):
        wide_as_things_are(painted(of_one_share, names=ALL))


@pytest.mark.parametrize("model", ["animals", "people"])
@pytest.mark.parametrize("asked", ["default", "everything"])
def test_the_models_of_the_rig_are_not_accused_for_their_sides(model: str, asked: str) -> None:
    readings = json.loads((Path(__file__).parents[1] / "scene" / "rig.json").read_text("utf-8"))
    sights = []
    for name, scene in SCENES.items():
        rows = readings[name].get(f"{model}, {asked}", [])
        told = [
            {"x": x, "y": y, "width": width, "height": height, "confidence": sure, "class": label}
            for label, sure, x, y, width, height in rows
        ]
        if scene.things:
            things = tuple(thing.box for thing in scene.things)
            sights.append(Painted(detected(*told), (scene.width, scene.height), things))

    with suppress(NoWitness):
        wide_as_things_are(sights)
