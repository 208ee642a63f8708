"""Class maps: read as the page's script reads them, and compared with pictures without accusing what is sound."""

from __future__ import annotations

import base64
from typing import Any

import cv2
import numpy as np
import pytest

from assay.judge import verify_classmaps
from assay.judge.answers import Answer
from assay.judge.classmaps import between, class_map, decode, majority, png, rows
from assay.judge.moves import MOVES
from assay.judge.verdicts import NoWitness, PrerequisiteBroken, RuleBroken
from assay.scene import SCENES, Scene

from .class_masks import NAMES, PLACED, RULE, Wrong, answer, body, marked, packed, truth
from .making import exchange, findings

SMALL = np.array([[0, 0, 1], [2, 2, 0]], np.uint8)


def test_an_answer_is_read() -> None:
    sure = np.full((2, 3), 200, np.uint8)
    found = answer(SMALL, confidence_mask=packed(sure), present_class_ids=[0, 1, 2])
    assert np.array_equal(found.ids, SMALL)
    assert found.found == (1, 2)
    assert found.classes == "dog on 16.7%, cat on 33.3%"
    assert found.confidence is not None
    assert (found.confidence == 200).all()
    assert answer(np.zeros((2, 2), np.uint8)).classes == "background alone"
    assert answer(SMALL, {}).name(2) == "2"
    assert answer(SMALL).fitted(6, 4).shape == (4, 6)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        [],
        {"predictions": []},
        {"predictions": [body(SMALL)["predictions"]]},
        {"predictions": {"class_map": NAMES}},
        body("not base64!"),
        body(""),
        body(base64.b64encode(b"no picture").decode()),
        body(SMALL, ["background", "dog"]),
        body(SMALL, None),
        body(SMALL, confidence_mask="?"),
        body(SMALL, confidence_mask=[1, 2]),
    ],
)
def test_what_cannot_be_read_is_laid_to_the_schema(wrong: Any) -> None:
    with pytest.raises(PrerequisiteBroken) as broken:
        class_map(exchange(wrong), RULE)
    assert broken.value.prerequisite == RULE


def test_a_size_that_no_picture_has_is_not_decoded() -> None:
    file = bytearray(cv2.imencode(".png", SMALL)[1].tobytes())
    file[16:24] = b"\x00\x01\x00\x00" * 2
    with pytest.raises(ValueError, match="larger than any picture"):
        decode(bytes(file))


@pytest.mark.parametrize(
    ("pixels", "depth", "colour"),
    [
        (SMALL, 8, 0),
        (SMALL.astype(np.uint16), 16, 0),
        (np.dstack([SMALL] * 3), 8, 2),
        (np.dstack([SMALL] * 4), 8, 6),
    ],
)
def test_the_head_of_a_png(pixels: np.ndarray[Any, Any], depth: int, colour: int) -> None:
    found = png(cv2.imencode(".png", pixels)[1].tobytes())
    assert found is not None
    assert (found.width, found.height, found.depth, found.colour) == (3, 2, depth, colour)
    if (depth, colour) == (8, 0):
        verify_classmaps.greyscale_png(answer(pixels))
        return
    with pytest.raises(RuleBroken, match="no greyscale PNG"):
        verify_classmaps.greyscale_png(answer(pixels))


def test_another_kind_of_file_is_no_png() -> None:
    assert png(b"\xff\xd8\xff") is None
    assert png(b"\x89PNG\r\n\x1a\n") is None
    with pytest.raises(RuleBroken, match="no greyscale PNG"):
        verify_classmaps.greyscale_png(answer(packed(np.zeros((9, 9), np.uint8), ".jpg")))


def test_sizes() -> None:
    verify_classmaps.mask_size(answer(SMALL), 3, 2)
    with pytest.raises(RuleBroken, match="not of the size of the picture, 2 x 3 px"):
        verify_classmaps.mask_size(answer(SMALL), 2, 3)


def test_values_that_occur_have_names() -> None:
    verify_classmaps.values_named(answer(SMALL))
    verify_classmaps.values_named(answer(SMALL, {"1": "dog", "2": "cat"}))  # 0 is named by the page itself
    with pytest.raises(RuleBroken) as broken:
        verify_classmaps.values_named(answer(SMALL, {"0": "background", "1": "dog"}))
    assert [finding.expected for finding in broken.value.findings] == ["2"]


@pytest.mark.parametrize(
    "names",
    [
        NAMES,
        {"0": "Background", "1": "background"},
        {"0": "_background_"},
        {"0": "배경", "1": "dog"},
        {"1": "devoid-lot"},
        {},
    ],
)
def test_the_background_is_0(names: dict[str, str]) -> None:
    verify_classmaps.zero_is_background(answer(SMALL, names))


@pytest.mark.parametrize("names", [{"0": "dog", "1": "background"}, {"1": "Background", "2": "dog"}])
def test_the_background_is_not_another(names: dict[str, str]) -> None:
    with pytest.raises(RuleBroken, match="0 is the background"):
        verify_classmaps.zero_is_background(answer(SMALL, names))


def test_the_script_gives_a_row_for_each_class() -> None:
    found = rows(body(SMALL, {"1": "dog"}), 6, 4)
    assert [(row.identifier, row.name, row.box) for row in found] == [(1, "dog", (4, 0, 5, 1)), (2, "2", (0, 2, 3, 3))]
    assert found[1].mask.sum() == 8
    assert rows(body(np.zeros((2, 2), np.uint8)), 5, 5) == []
    del (without := body(SMALL))["predictions"]["class_map"]
    assert [row.name for row in rows(without, 3, 2)] == ["1", "2"]  # the script does without


@pytest.mark.parametrize(
    "wrong",
    [{}, [], {"predictions": []}, body(SMALL, ["dog"]), body(SMALL, {"1": None}), body("bm8gcGljdHVyZQ=="), body("?")],
)
def test_an_answer_on_which_the_script_fails(wrong: Any) -> None:
    held = exchange(wrong)
    with pytest.raises(RuleBroken):
        verify_classmaps.one_row_each(Answer(held, wrong), 3, 2)


def test_masks_that_lie_where_the_things_are() -> None:
    assert min(verify_classmaps.lie_in_place(marked())) > 0.99
    coarse = marked(lambda mask: cv2.resize(mask, (64, 64), interpolation=cv2.INTER_NEAREST))
    assert min(verify_classmaps.lie_in_place(coarse)) > 0.7


@pytest.mark.parametrize("name", PLACED)
def test_a_mask_that_alone_lies_elsewhere_is_not_held_against_the_server(name: str) -> None:
    others = [other for other in PLACED if other != name]
    one = marked(lambda mask: np.roll(mask, 20, 1), [name])

    assert len(verify_classmaps.lie_in_place([*one, *marked(names=others)])) >= len(others)


@pytest.mark.parametrize("left_out", ["cat", "dog"])
def test_a_model_that_knows_only_one_of_the_classes_is_not_accused(left_out: str) -> None:
    assert min(verify_classmaps.lie_in_place(marked(classes={left_out: 0}))) > 0.99


def _left_in_padding(mask: Any) -> Any:
    height, width = mask.shape
    side = max(mask.shape)
    square = np.zeros((side, side), np.uint8)
    square[(side - height) // 2 :][:height, (side - width) // 2 :][:, :width] = mask
    return cv2.resize(square, (width, height), interpolation=cv2.INTER_NEAREST)


def _padded_at_one_end(mask: Any) -> Any:
    square = np.zeros((max(mask.shape),) * 2, np.uint8)
    square[: mask.shape[0], : mask.shape[1]] = mask
    return cv2.resize(square, mask.shape[::-1], interpolation=cv2.INTER_NEAREST)


def _half_as_large(mask: Any) -> Any:
    small = np.zeros_like(mask)
    part = np.ascontiguousarray(mask[::2, ::2])
    small[: part.shape[0], : part.shape[1]] = part
    return small


WRONG: dict[str, Wrong] = {
    "mirrored": np.fliplr,
    "upside down": np.flipud,
    "turned by half": lambda mask: np.rot90(mask, 2),
    "transposed": lambda mask: cv2.resize(
        np.ascontiguousarray(mask.T), mask.shape[::-1], interpolation=cv2.INTER_NEAREST
    ),
    "moved by -20 px across and 0 px down": lambda mask: np.roll(mask, 20, 1),
    "moved by 12 px across and -16 px down": lambda mask: np.roll(mask, (16, -12), (0, 1)),
    "moved by -12.5% of the width and 0.0% of the height": lambda mask: np.roll(mask, mask.shape[1] // 8, 1),
    "cut out of the square that the picture was padded to": _left_in_padding,
    "cut out of a square that was padded at the right or below": _padded_at_one_end,
    "made twice as large": _half_as_large,
}


@pytest.mark.parametrize("told", WRONG)
def test_masks_that_were_put_wrongly(told: str) -> None:
    found = findings(verify_classmaps.lie_in_place, marked(WRONG[told]))

    assert len(found) >= 2
    assert all(f"{told} it would fit" in finding.message for finding in found)


@pytest.mark.parametrize("move", MOVES, ids=lambda move: move.told)
def test_an_undone_mistake_has_the_masks_own_size(move: Any) -> None:
    for shape in ((48, 64), (64, 48), (40, 40)):
        assert move.undo(np.eye(*shape, dtype=np.bool_)).shape == shape


def test_a_model_that_sees_something_else_is_not_accused() -> None:
    def border(mask: Any) -> Any:
        wrong = np.zeros_like(mask)
        wrong[:9] = wrong[-9:] = wrong[:, :9] = wrong[:, -9:] = 1
        return wrong

    def blob(mask: Any) -> Any:
        return cv2.circle(np.zeros_like(mask), (mask.shape[1] // 2, mask.shape[0] // 2), 60, 1, cv2.FILLED)

    def noise(mask: Any) -> Any:
        return (np.random.default_rng(7).random(mask.shape) < 0.5).astype(np.uint8)

    for wrong in (border, blob, noise, np.ones_like, np.zeros_like):
        with pytest.raises(NoWitness):
            verify_classmaps.lie_in_place(marked(wrong))


@pytest.mark.parametrize("name", ["menagerie", "portrait", "pair", "tower", "wide"])
def test_classes_that_were_blended_at_edges(name: str) -> None:
    scene = SCENES[name]
    mask = truth(scene)
    height, width = mask.shape
    assert max(verify_classmaps.not_blended(answer(mask), scene, [1, 2])) == 0
    blended = [cv2.blur(mask, (9, 9)), with_a_seam(mask)]
    for factor in (2, 4, 8):
        small = cv2.resize(mask, (width // factor, height // factor), interpolation=cv2.INTER_NEAREST)
        blended.append(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR))
    for wrong in blended:
        with pytest.raises(RuleBroken, match="as if they were shades"):
            verify_classmaps.not_blended(answer(wrong), scene, [1, 2])


def with_a_seam(mask: Any) -> Any:
    inner = cv2.erode(mask, np.ones((3, 3), np.uint8))
    return np.where((mask == 2) & (inner == 0), 1, mask).astype(np.uint8)


def with_a_core(mask: Any, width: int) -> Any:
    """What is cat is dog, but for what lies so far inside."""
    inner = cv2.erode((mask == 2).astype(np.uint8), np.ones((2 * width + 1,) * 2, np.uint8))
    return np.where((mask == 2) & (inner == 0), 1, mask).astype(np.uint8)


@pytest.mark.parametrize(
    "sound",
    [
        lambda mask: cv2.dilate(mask, np.ones((9, 9), np.uint8)),
        lambda mask: cv2.erode(mask, np.ones((9, 9), np.uint8)),
        lambda mask: np.roll(mask, 5, 1),
        lambda mask: np.where(np.random.default_rng(1).random(mask.shape) < 0.05, 1, mask).astype(np.uint8),
    ],
)
def test_a_model_that_finds_edges_elsewhere_has_blended_nothing(sound: Wrong) -> None:
    for name in ("menagerie", "wide"):
        scene = SCENES[name]
        assert verify_classmaps.not_blended(answer(sound(truth(scene))), scene, [1, 2])


def test_of_a_core_within_a_wide_rim_nothing_is_told() -> None:
    scene = SCENES["menagerie"]
    assert verify_classmaps.not_blended(answer(with_a_core(truth(scene), 8)), scene, [1, 2]) == []


def test_a_class_that_is_meant_for_edges_is_none_that_was_blended() -> None:
    scene = SCENES["wide"]
    mask = truth(scene, dog=0)
    inner = cv2.erode(mask, np.ones((5, 5), np.uint8))
    mask[(mask == 2) & (inner == 0)] = 1
    assert between(mask, scene, [2]) == {}
    assert verify_classmaps.not_blended(answer(mask), scene, [2]) == []


def test_the_majority_of_a_region() -> None:
    ids = np.array([[1, 1, 2, 0]], np.uint8)
    assert majority(ids, np.array([[True, True, True, False]])) == 1
    assert majority(ids, np.array([[True, False, True, True]])) == 0


def test_thresholds() -> None:
    ids = np.array([[1, 1, 0, 2]], np.uint8)
    sure = np.array([[250, 128, 90, 200]], np.uint8)
    low = answer(ids, confidence_mask=packed(sure))
    verify_classmaps.reaches(low, 0.5)
    with pytest.raises(RuleBroken, match="1 of them"):
        verify_classmaps.reaches(low, 0.6)
    higher = answer(np.array([[1, 0, 0, 2]], np.uint8), confidence_mask=packed(sure))
    verify_classmaps.only_taken_away(higher, low, 0.6)
    for wrong in ([[2, 0, 0, 2]], [[0, 0, 0, 2]], [[1, 0, 1, 2]]):
        with pytest.raises(RuleBroken, match="px"):
            verify_classmaps.only_taken_away(answer(np.array(wrong, np.uint8)), low, 0.6)
    with pytest.raises(RuleBroken, match="another size"):
        verify_classmaps.only_taken_away(answer(SMALL), low, 0.6)
    with pytest.raises(RuleBroken, match="another size"):
        verify_classmaps.confidence_beside(answer(SMALL, confidence_mask=packed(sure)))


def test_lists_of_ids() -> None:
    verify_classmaps.present_ids(answer(SMALL, present_class_ids=[0, 1, 2]))
    for wrong in ([1, 2], [2, 1, 0], [0, 1, 2, 3], ["0", "1", "2"], "0"):
        with pytest.raises(RuleBroken):
            verify_classmaps.present_ids(answer(SMALL, present_class_ids=wrong))


def test_beside_the_edges_of_a_class_nothing_is_compared() -> None:
    scene = SCENES["speck"]
    mask = truth(scene)
    thinner = cv2.erode(mask.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(mask.dtype)
    with pytest.raises(RuleBroken):
        verify_classmaps.same_classes(answer(thinner), answer(mask), "as JPEG", 0.99)
    verify_classmaps.same_classes(answer(thinner), answer(mask), "as JPEG", 0.99, edge=2)
    for wrong in (np.zeros_like(mask), mask * 2, mask[:, ::-1].copy()):
        with pytest.raises(RuleBroken, match="as JPEG"):
            verify_classmaps.same_classes(answer(wrong), answer(mask), "as JPEG", 0.5, edge=2)
    line = np.zeros_like(mask)
    line[30, :] = 1
    assert not verify_classmaps.wide_enough(answer(line), 2)
    assert verify_classmaps.wide_enough(answer(mask), 2)


def test_answers_are_compared_by_the_pixels_of_a_class() -> None:
    scene = SCENES["speck"]
    mask = truth(scene)
    edge = mask.copy()
    edge[30, :] = 0  # a few pixels of the rim
    verify_classmaps.same_classes(answer(edge), answer(mask), "asked twice")
    nothing = np.zeros_like(mask)
    verify_classmaps.same_classes(answer(nothing), answer(nothing), "asked twice")
    for wrong in (nothing, mask * 2, mask[:, ::-1].copy(), mask[:100]):
        with pytest.raises(RuleBroken, match="asked twice"):
            verify_classmaps.same_classes(answer(wrong), answer(mask), "asked twice")
    with pytest.raises(RuleBroken, match="class_map differs"):
        verify_classmaps.same_classes(answer(mask, {"1": "cow"}), answer(mask), "asked twice")


def test_one_class_map_for_all() -> None:
    verify_classmaps.same_names([answer(SMALL), answer(SMALL, dict(reversed(NAMES.items())))])
    with pytest.raises(RuleBroken, match="another than for another picture"):
        verify_classmaps.same_names([answer(SMALL), answer(SMALL, {"0": "background"})])


def drawn(scene: Scene, mask: np.ndarray[Any, Any], how: str) -> np.ndarray[Any, Any]:
    canvas = scene.pixels().copy()
    if how == "filled":
        canvas[mask > 0] = canvas[mask > 0] // 2 + np.array([0, 110, 60], np.uint8)
    else:
        outlines, _ = cv2.findContours((mask > 0).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        cv2.drawContours(canvas, outlines, -1, (0, 230, 0), 1)
    return canvas


@pytest.mark.parametrize("how", ["filled", "outlined"])
@pytest.mark.parametrize("name", ["menagerie", "portrait", "tower"])
def test_drawings_of_classes(how: str, name: str) -> None:
    scene = SCENES[name]
    mask, plain = truth(scene), scene.pixels()
    right = drawn(scene, mask, how)
    verify_classmaps.classes_drawn(answer(mask), plain, right)
    for wrong in (plain, np.full_like(plain, 30), np.ascontiguousarray(right[:, ::-1])):
        with pytest.raises(RuleBroken, match="drawing"):
            verify_classmaps.classes_drawn(answer(mask), plain, wrong)


def test_a_drawing_of_nothing_is_the_picture() -> None:
    scene = SCENES["blank"]
    verify_classmaps.classes_drawn(answer(truth(scene)), scene.pixels(), scene.pixels())
