"""Points near the edges of things: those that are taken beyond one are found, and no unsure model is accused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from assay.judge import masks
from assay.judge.answers import Segmentation
from assay.judge.masks import Mask
from assay.judge.verdicts import NoWitness
from assay.judge.verify_sam2_points import OPPOSITE, NearEdges, marked_in_both, taken_where_they_are
from assay.scene import SCENES

from .making import exchange, findings

SCENE = SCENES["counters"]
THINGS = [SCENE.mask(thing) for thing in SCENE.things]
JUDGED = 2 * len(THINGS)
NOTHING = np.zeros_like(THINGS[0])


def left_half(thing: Mask) -> Mask:
    half = thing.copy()
    x0, _, x1, _ = masks.bounds(thing)
    half[:, int((x0 + x1) / 2) :] = False
    return half


def answer(found: Sequence[Mask]) -> Segmentation:
    return Segmentation(exchange({}), {}, tuple(found))


def seen(otherwise: Mapping[str, Sequence[Mask]], inside: Sequence[Mask] = THINGS) -> list[NearEdges]:
    """In two pictures the things' own masks for every point, but at the edges that are named."""
    points = {edge: [masks.near_edge(thing, edge, 5) for thing in THINGS] for edge in OPPOSITE}
    answers = {edge: answer(otherwise.get(edge, THINGS)) for edge in OPPOSITE}
    return [NearEdges(THINGS, answer(inside), points, answers)] * 2


def test_points_of_which_all_are_taken_where_they_are() -> None:
    assert taken_where_they_are(seen({})) == JUDGED


@pytest.mark.parametrize("edge", OPPOSITE)
@pytest.mark.parametrize("mask", [NOTHING, np.ones_like(NOTHING)], ids=["nothing", "everything"])
def test_points_that_are_taken_beyond_one_edge(edge: str, mask: Mask) -> None:
    (found,) = findings(taken_where_they_are, seen({edge: [mask] * len(THINGS)}))

    assert f"points just inside the {edge} edge of {JUDGED} things" in found.message
    assert found.pointer == "/predictions/0/masks"


@pytest.mark.parametrize(
    "otherwise",
    [
        {"left": [NOTHING, *THINGS[1:]]},
        {edge: [NOTHING] * len(THINGS) for edge in ("left", "right")},
        {"left": [NOTHING] * len(THINGS), "right": [NOTHING, *THINGS[1:]]},
        {"left": [left_half(thing) for thing in THINGS]},
    ],
    ids=["one thing", "both edges", "unsure at the other edge", "parts of things"],
)
def test_a_model_that_is_unsure_at_edges_is_let_through(otherwise: Mapping[str, Sequence[Mask]]) -> None:
    assert taken_where_they_are(seen(otherwise)) == JUDGED


def test_nothing_is_said_where_points_do_not_tell_things_apart() -> None:
    with pytest.raises(NoWitness, match="0 things"):
        taken_where_they_are(seen({}, inside=[NOTHING] * len(THINGS)))
    with pytest.raises(NoWitness, match="3 things"):
        taken_where_they_are(seen({})[:1])
    with pytest.raises(NoWitness, match="never"):
        taken_where_they_are(seen({edge: [NOTHING] * len(THINGS) for edge in OPPOSITE}))


@pytest.mark.parametrize(
    ("edge", "place"), [("left", (13, 20)), ("right", (26, 20)), ("upper", (20, 13)), ("lower", (20, 26))]
)
def test_a_pixel_near_an_edge(edge: str, place: tuple[int, int]) -> None:
    mask = np.zeros((50, 60), np.bool_)
    mask[10:30, 10:30] = True

    assert masks.near_edge(mask, edge, 3) == place


def test_a_thing_that_is_not_as_deep_has_the_pixel_in_its_middle() -> None:
    mask = np.zeros((50, 60), np.bool_)
    mask[10:30, 10:13] = True

    assert masks.near_edge(mask, "left", 5) == masks.near_edge(mask, "right", 5) == (11, 20)


def larger(found: Sequence[Mask]) -> Segmentation:
    """Masks in a picture three times as wide and high."""
    return answer([mask.repeat(3, axis=0).repeat(3, axis=1) for mask in found])


def test_things_that_are_marked_in_a_large_picture_too() -> None:
    assert marked_in_both(answer(THINGS), larger(THINGS), THINGS, 3) == len(THINGS)
    assert marked_in_both(answer(THINGS), larger([*THINGS[:2], NOTHING]), THINGS, 3) == 2


def test_things_of_which_few_are_marked_in_a_large_picture() -> None:
    (found,) = findings(marked_in_both, answer(THINGS), larger([THINGS[0], THINGS[2], THINGS[1]]), THINGS, 3)

    assert found.message == "of 3 things that points mark in the smaller picture 1 are marked by them here"
    assert found.pointer == "/predictions/1/masks"


def test_nothing_is_said_of_things_that_were_not_marked_before() -> None:
    with pytest.raises(NoWitness, match="2 things"):
        marked_in_both(answer([*THINGS[:2], NOTHING]), larger([NOTHING] * 3), THINGS, 3)
