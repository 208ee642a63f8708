"""Excerpts of answers: the place at fault is marked, and what is long is cut."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assay.report.excerpt import Answer

ANSWER = {
    "time": 0.25,
    "image": {"width": 640, "height": 480},
    "predictions": [{"class": "dog", "x": number, "points": [[1, 2]] * 500} for number in range(9)],
    "visualization": "QUJD" * 10_000,
}


def lines(value: Any, pointer: str | None, limit: int = 40) -> tuple[list[str], list[str]]:
    """All lines, and the marked ones."""
    found = Answer(json.dumps(value).encode(), "application/json").lines(pointer, limit)
    return [line.text.strip() for line in found], [line.text.strip() for line in found if line.marked]


def test_the_place_is_marked_among_its_neighbours() -> None:
    shown, marked = lines(ANSWER, "/predictions/4/class")
    assert marked == ['"class": "dog",']
    assert '"image": {"width": 640, "height": 480},' in shown
    assert '"x": 4,' in shown
    assert "… 4 items before" in shown
    assert "… 4 items after" in shown
    assert '"visualization": "QUJDQUJDQUJDQUJDQUJDQUJD… (base64, 40,000 characters)"' in shown


def test_what_is_missing_is_said_where_it_is_missing() -> None:
    shown, marked = lines(ANSWER, "/predictions/0/class_name")
    assert marked == ["(nothing at class_name)"]
    assert '"class": "dog",' in shown


@pytest.mark.parametrize(
    "pointer", ["/predictions/99", "/predictions/x", "/time/deeper", "/a~1b/~0c", "no-slash", "//"]
)
def test_a_pointer_that_leads_nowhere_is_harmless(pointer: str) -> None:
    _, marked = lines(ANSWER, pointer)
    assert any("nothing at" in line for line in marked)


def test_pointers_are_unescaped() -> None:
    assert lines({"a/b": {"~": 1}}, "/a~1b/~0")[1] == ['"~": 1']


def test_a_container_is_marked_whole_and_a_scalar_answer_too() -> None:
    assert lines({"a": [1, 2]}, "/a")[1] == ['"a": [1, 2]']
    assert lines("text", "/a")[1]


@pytest.mark.parametrize("pointer", [None, "", "/predictions/3", "/predictions/3/points/250"])
@pytest.mark.parametrize("limit", [8, 16, 40])
def test_an_excerpt_keeps_its_length(pointer: str | None, limit: int) -> None:
    found = Answer(json.dumps(ANSWER).encode(), "application/json").lines(pointer, limit)
    assert len(found) <= limit + 2
    assert all(len(line.text) <= 120 for line in found)
    if pointer:
        assert any(line.marked for line in found)


@pytest.mark.parametrize(
    "body",
    [
        b"{not json", b"[" * 100_000, b"\xff\xfe\x00broken", b"x" * 5_000_000, b'{"a": "' + b"x" * 3_000_000 + b'"}',
        b"\x1b[2J\x1b]0;title\x07", "한국어 é".encode(), b'{"\\ud800": "\\ud800"}', b"1" * 10_000, b"NaN",
        b'{"a": NaN}', b'{"a":' * 900 + b"1" + b"}" * 900,
    ],
)  # fmt: skip
@pytest.mark.parametrize("pointer", [None, "/a", "/a" * 900])
def test_any_body_is_shown_shortly_and_safely(body: bytes, pointer: str | None) -> None:
    found = Answer(body, "text/plain").lines(pointer, 20)
    assert 0 < len(found) <= 22
    text = "\n".join(line.text for line in found)
    assert len(text) < 5_000
    assert "\x1b" not in text
    text.encode("utf-8")


def test_bytes_are_told_as_bytes() -> None:
    assert Answer(b"PK\x03\x04" + bytes(2000), "application/x-npz").lines()[0].text == (
        "(2,004 bytes of application/x-npz, beginning 50 4b 03 04 00 00 00 00 00 00 00 00 00 00 00 00)"
    )
    assert Answer(b"", "x/y").lines()[0].text == "(an empty body)"
