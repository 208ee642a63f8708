"""Text of any origin: nothing in it acts, and it is short."""

from __future__ import annotations

import shlex

import pytest

from assay.contract.sentences import cut
from assay.report.text import command_lines, one_line, safe_link, shortened, spelled, told, visible, wrapped


def test_what_acts_on_a_screen_becomes_visible() -> None:
    hostile = "\x1b[31mred\x07\x9b\u202egnp.exe\u200b\ud800\u2028\ufffe"
    assert visible(hostile) == "\\x1b[31mred\\x07\\x9b\\u202egnp.exe\\u200b\\ud800\\u2028\\ufffe"
    visible(hostile).encode("utf-8")
    assert visible("plain, \n\t한국어 é 🙂") == "plain, \n\t한국어 é 🙂"


def test_long_text_is_cut_and_says_how_long_it_is() -> None:
    assert shortened("word " * 100, 10) == "word word … (500 characters)"
    assert shortened("QUJD" * 100).endswith("… (base64, 400 characters)")
    assert one_line("a b\n" * 1_000_000, 10) == "a b a b a… (4,000,000 characters)"
    assert len(one_line("<" * 5_000_000)) < 400
    assert cut("abcdef", 4) == "abc…"


def test_any_value_fits_a_line() -> None:
    huge = {"list": list(range(100_000)), "text": "x" * 1_000_000, "deep": [[[[[[1]]]]]], "no": None}
    assert len(spelled(huge)) < 400
    assert "\n" not in spelled({"a": "line\nline"})
    assert spelled(["dog", 1, 0.5, None, float("nan")]) == '["dog", 1, 0.5, null, NaN]'


def test_a_sentence_is_told_plainly_and_a_value_exactly() -> None:
    assert told("a width of a pixel or more") == "a width of a pixel or more"
    assert told("1") == '"1"'
    assert told(1) == "1"


@pytest.mark.parametrize("url", ["https://example.com/a?b=c#d", "http://127.0.0.1:9001/"])
def test_web_addresses_become_links(url: str) -> None:
    assert safe_link(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "JAVASCRIPT://x", "data:text/html,x", "file:///etc/passwd", "//example.com", "", None, 7,
        "https://example.com/\u202e", "https://a b", 'https://a"onclick="', " https://example.com", "https://",
    ],
)  # fmt: skip
def test_nothing_else_does(url: object) -> None:
    assert safe_link(url) is None


def test_lines_keep_to_the_width() -> None:
    text = "several words " * 30 + "x" * 300
    assert all(len(line) <= 60 for line in wrapped(text, 60, "  - ", "    "))
    assert list(wrapped("", 60)) == [""]


def test_a_command_over_several_lines_is_the_same_command() -> None:
    command = (
        "curl -sS -X POST 'http://127.0.0.1:9001/a/1?api_key='\"$ROBOFLOW_API_KEY\"'&classes=dog' "
        "-H 'content-type: application/json' -H 'x-note: it'\"'\"'s here' --data-binary @artifacts/0123.json"
    )
    lines = list(command_lines(command, 60, "    "))
    assert len(lines) > 2
    assert shlex.split("\n".join(lines).replace("\\\n", "")) == shlex.split(command)
