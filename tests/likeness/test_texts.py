"""Texts: edit distances as they are defined, and what counts in captions and in what was read."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.likeness import texts

from .asking import PROFILES, answer, compared

letters = st.text("abc ", max_size=12)


def spelled_out(first: str, second: str) -> int:
    """Levenshtein's distance, by its own recursion."""

    @functools.cache
    def least(i: int, j: int) -> int:
        if not i or not j:
            return i + j
        return min(
            least(i - 1, j) + 1, least(i, j - 1) + 1, least(i - 1, j - 1) + (first[i - 1] != second[j - 1])
        )  # fmt: skip

    return least(len(first), len(second))


@given(letters, letters)
def test_edits_are_counted_as_levenshtein_defines_them(first: str, second: str) -> None:
    assert texts.edits(first, second) == spelled_out(first, second)
    assert texts.edits(second, first) == texts.edits(first, second)


@pytest.mark.parametrize(
    ("first", "second", "distance", "errors", "words"),
    [
        ("", "", 0.0, 0.0, 1.0),
        ("", "a b", 1.0, 1.0, 0.0),
        ("kitten", "sitting", 3 / 7, 3 / 6, 0.0),
        ("a red car", "a blue car", 4 / 10, 4 / 9, 2 / 3),
        ("Stop, now", "stop now!", 3 / 9, 3 / 9, 1.0),
    ],
)
def test_shares_are_of_what_they_are_said_to_be(
    first: str, second: str, distance: float, errors: float, words: float
) -> None:
    found = texts.distance(first, second), texts.character_errors(first, second), texts.shared_words(first, second)

    assert found == pytest.approx((distance, errors, words))


def florence(task: str, first: object, second: object, profile: str) -> tuple[str, ...]:
    sides = [answer({"response": {task: each}}) for each in (first, second)]
    return compared(sides[0], sides[1], "florence2.infer", profile=profile).kinds


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("text", ["stop", "the quick brown fox jumps over the lazy dog " * 20])
def test_one_word_that_is_read_otherwise_is_found_however_long_the_text(profile: str, text: str) -> None:
    assert florence("<OCR>", text, text.replace("o", "0", 1), profile) == ("text",)


SIGNS = [
    ("$100", "€100"),
    ("-5 °C", "5 °C"),
    ("5 °C", "5 C"),
    ("a < b", "a > b"),
    ("कि", "की"),
    ("ไม่", "ไม้"),
    ("C++", "C"),
]


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("around", ["", "the quick brown fox jumps over the lazy dog " * 5])
@pytest.mark.parametrize(("first", "second"), SIGNS)
def test_signs_symbols_and_marks_are_read_as_words_are(profile: str, around: str, first: str, second: str) -> None:
    assert florence("<OCR>", around + first, around + second, profile) == ("text",)


def test_a_word_is_found_beyond_what_is_compared_letter_by_letter() -> None:
    before = "the quick brown fox jumps over the lazy dog " * 200

    assert len(before) > texts.LONGEST
    assert florence("<OCR>", f"{before} a word", f"{before} a wart", "int8") == ("text",)
    assert texts.edits(before, "0" * len(before)) == len(before)


@pytest.mark.parametrize("profile", [name for name in PROFILES if name != "exact"])
def test_a_stop_and_spaces_make_no_other_text(profile: str) -> None:
    assert florence("<OCR>", "NO ENTRY", "NO  ENTRY.", profile) == ()
    assert florence("<OCR>", "NO\nENTRY", "NO ENTRY", "exact") == ()


def test_captions_may_be_put_otherwise_in_half_precision() -> None:
    first, second = "a red car next to a tall green tree", "a red car near a tall green tree"

    assert florence("<CAPTION>", first, second, "cpu") == ("caption",)
    assert florence("<CAPTION>", first, second, "tensorrt-fp16") == ()
    assert florence("<CAPTION>", first, "two dogs asleep on a sofa", "int8") == ("caption",)


BOXES: dict[str, Any] = {"bboxes": [[10, 10, 60, 60], [200, 100, 300, 240]], "labels": ["dog", "cat"]}


@pytest.mark.parametrize("profile", PROFILES)
def test_phrases_are_paired_by_label_and_place(profile: str) -> None:
    turned = {"bboxes": BOXES["bboxes"][::-1], "labels": BOXES["labels"][::-1]}
    exchanged = {"bboxes": BOXES["bboxes"][::-1], "labels": BOXES["labels"]}
    moved = {"bboxes": [[22, 22, 72, 72], [200, 100, 300, 240]], "labels": ["dog", "cat"]}
    fewer = {"bboxes": BOXES["bboxes"][:1], "labels": ["dog"]}

    assert florence("<OD>", BOXES, turned, profile) == ()
    assert florence("<OD>", BOXES, exchanged, profile) == ("label",)
    assert florence("<OD>", BOXES, moved, profile) == ("place",)
    assert florence("<OD>", BOXES, fewer, profile) == ("lost",)
    assert florence("<OD>", {"bboxes": [], "labels": []}, {"bboxes": [], "labels": []}, profile) == ()


@pytest.mark.parametrize("profile", PROFILES)
def test_a_large_place_that_moves_12_px_aside_is_found(profile: str) -> None:
    place, beside = [100, 100, 900, 900], [112, 100, 912, 900]

    assert florence("<OD>", {"bboxes": [place], "labels": ["a"]}, {"bboxes": [beside], "labels": ["a"]}, profile) == (
        "place",
    )


def test_what_is_told_of_a_place_is_what_it_broke() -> None:
    """So large that it keeps the IoU: an edge is too far off, and no IoU that would be enough is told for it."""
    sides = [
        answer({"response": {"<OD>": {"bboxes": [[left, 100, left + 900, 900]], "labels": ["a"]}}})
        for left in (100, 111)
    ]

    (difference,) = compared(sides[0], sides[1], "florence2.infer", profile="int8").differences

    assert (difference.tolerance, difference.measured, difference.allowed) == ("phrases.edge-most", 11, 10)


POLYGON = [[10, 10, 110, 10, 110, 90, 10, 90]]
OTHERS: dict[str, dict[str, Any]] = {
    "<REFERRING_EXPRESSION_SEGMENTATION>": {"polygons": [POLYGON], "labels": [""]},
    "<OCR_WITH_REGION>": {"quad_boxes": [[10, 10, 110, 10, 110, 40, 10, 40]], "labels": ["EXIT"]},
    "<OPEN_VOCABULARY_DETECTION>": {
        "bboxes": [[1, 2, 30, 40]], "bboxes_labels": ["car"], "polygons": [POLYGON], "polygons_labels": ["van"],
    },
}  # fmt: skip


@pytest.mark.parametrize("task", OTHERS)
def test_outlines_and_quads_are_compared_as_what_they_enclose(task: str) -> None:
    shifted = {
        name: [[number + 12 for number in each] for each in value[0]] if name == "polygons" else value
        for name, value in OTHERS[task].items()
    }
    moved = {
        name: [value] if name == "polygons" else [[n + 12 for n in value[0]]] if name == "quad_boxes" else value
        for name, value in shifted.items()
    }

    assert florence(task, OTHERS[task], OTHERS[task], "exact") == ()
    assert florence(task, OTHERS[task], moved, "int8") == ("mask",)


def test_a_word_read_otherwise_in_a_region_is_found() -> None:
    exit_sign = OTHERS["<OCR_WITH_REGION>"]

    assert florence("<OCR_WITH_REGION>", exit_sign, {**exit_sign, "labels": ["EXIST"]}, "int8") == ("text",)
