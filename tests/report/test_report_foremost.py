"""What a reader is to look at first is the root of what is broken, and not what broke because of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assay.record import Finding
from assay.report.foremost import foremost

from .conftest import RunBuilder

Builder = Callable[..., RunBuilder]


@pytest.mark.parametrize("root", ["hosted.answer.schema", "service.answers-plain-requests"])
def test_what_others_rest_on_comes_first(root: str, builder: Builder) -> None:
    made = builder()
    for number in range(3):
        made.outcome("hosted.boxes.inside-image", "fail", f"case {number}")
    made.outcome(root, "fail")

    first = foremost(made.finish())

    assert first is not None
    assert first.rule == root


def test_a_failure_comes_before_what_broke_and_many_cases_before_few(builder: Builder) -> None:
    made = builder()
    made.outcome("a.rule", "error", message="the connection broke")
    made.outcome("b.rule", "fail", message="one thing")
    for number in range(3):
        made.outcome("c.rule", "fail", f"case {number}", message="another thing")

    first = foremost(made.finish())

    assert first is not None
    assert (first.rule, first.message) == ("c.rule", "another thing")


def test_all_is_there_that_is_needed_to_see_it_again(builder: Builder) -> None:
    made = builder()
    exchange = made.exchange({"predictions": [{"class": "cat"}]})
    finding = Finding("a cat, not asked for", "/predictions/0/class", ["dog"], "cat", exchange)
    made.outcome("a.rule", "fail", findings=(finding,), exchanges=(exchange,))

    first = foremost(made.finish())

    assert first is not None
    assert (first.pointer, first.expected, first.actual) == ("/predictions/0/class", '["dog"]', '"cat"')
    assert (first.requirement, first.section, first.sentence) == (
        "Requirement of a.rule.", "Query parameters", "Only these classes are returned.",
    )  # fmt: skip
    assert first.document is not None
    assert first.document.title == "Keypoint Detection"
    assert "curl -sS -X POST" in str(first.curl)
    assert first.again == "assay check http://127.0.0.1:9001 --only a.rule"


@pytest.mark.parametrize("kind", ["pass", "warn", "known", "inconclusive", "resolved"])
def test_where_nothing_is_broken_there_is_nothing_to_look_at(kind: str, builder: Builder) -> None:
    made = builder()
    made.rule("a.rule", "should")
    made.outcome("a.rule", kind)

    assert foremost(made.finish()) is None
