"""JSON as it is read everywhere: what no reader could hold is no JSON, so that nobody who judges it need care."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assay.contract.message import DEEPEST, parse_json


def _nested(levels: int, opening: str = "[", closing: str = "]", inside: str = "") -> bytes:
    return (opening * levels + inside + closing * levels).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"1" + b"0" * 400,
        b'{"x": [-1' + b"0" * 309 + b"]}",
        b"9" * 5000,
        b"1e999",
        b"NaN",
        b"-Infinity",
        _nested(DEEPEST + 1),
        _nested(DEEPEST + 1, '{"a": ', "}", "1"),
        _nested(800, '[{"[]": ', "}]", "1"),
        _nested(100_000),
        b'["]]]]", ' + _nested(DEEPEST) + b', "[[[["]',
        b"\xff",
        b"",
    ],
    ids=lambda body: repr(body[:12]),
)
def test_what_no_reader_could_hold(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each says in its own words why
        parse_json(body)


@pytest.mark.parametrize(
    "value",
    [
        10**308,
        -(10**308),
        2**64 + 1,
        [[]] * 500,
        {"a": [{"b": []}] * 200},
        ["[" * 500, '\\"' + "{" * 500, "]" * 500],
        {"[" * 200: "}" * 200},
    ],
    ids=lambda value: repr(value)[:12],
)
def test_what_every_reader_holds(value: Any) -> None:
    assert parse_json(json.dumps(value).encode()) == value


def test_the_deepest() -> None:
    assert parse_json(_nested(DEEPEST)) is not None
    assert parse_json(_nested(DEEPEST // 2, '[{"a": ', "}]", '"[[["')) is not None


@pytest.mark.parametrize("number", ["1e400", "-1E+999", "1" * 400, "1" * 310 + ".5", "0.1e310"])
@pytest.mark.parametrize("around", ["{}", "[{}]", '{{"id": "3e12-e99", "a": {} }}', "[1, {},2]"])
def test_a_number_that_no_float_holds_is_refused_wherever_it_stands(number: str, around: str) -> None:
    with pytest.raises(ValueError, match="larger than any number"):
        parse_json(around.format(number).encode())
