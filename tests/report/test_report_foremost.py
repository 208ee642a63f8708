"""What a reader is to look at first is the root of what is broken, and not what broke because of it."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from assay.cli import main
from assay.plugin.options import CheckOptions, options_from
from assay.record import Finding
from assay.report.foremost import foremost
from assay.target.assets import parse_bind
from assay.target.policy import KeyPlace

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
    assert first.again == "assay check http://127.0.0.1:9001 --only a.rule --seed 7"


def again(builder: Builder, options: CheckOptions) -> str:
    """What a report of a check with these options says to type."""
    made = builder(seed=options.seed, configuration=options.as_json())
    made.outcome("a.rule", "fail")
    first = foremost(made.finish())
    assert first is not None
    return first.again.removeprefix("assay check ")


def test_the_deployment_within_is_asked_again_by_its_name(builder: Builder) -> None:
    assert again(builder, CheckOptions("reference")) == "reference --only a.rule"


def test_what_is_to_be_typed_asks_the_same_as_before(builder: Builder, tmp_path: Path) -> None:
    """A run with these options, and one that is asked again as its report says, differ in what is chosen alone."""
    (tmp_path / "known.toml").write_text("")
    before = CheckOptions(
        "https://gateway.example/inference", models={"object-detection": "my project/3"}, depth="deep", seed=3,
        allow_hostile=True, strict=True, use_known=False, key_place=KeyPlace.HEADER, headers=(("X-Team", "secret"),),
        proxy="http://proxy.example:3128", ca_bundle=tmp_path / "ca.pem", known_files=(tmp_path / "known.toml",),
        asset_bind=parse_bind("127.0.0.1:8123"), asset_base_url="http://tunnel.example:8123",
    )  # fmt: skip
    words = shlex.split(again(builder, before))
    for name in ("ca.pem", "known.toml"):
        (tmp_path / name).touch()

    with contextlib.chdir(tmp_path):
        parsed = main.commands["check"].make_context("check", words, help_option_names=["-h", "--help"]).params
        now = options_from(parsed.pop("target"), parsed)

    assert now.as_json() == {**before.as_json(), "only": ["a.rule"]}
    assert now.headers == (("X-Team", "VALUE"),)


@pytest.mark.parametrize("kind", ["pass", "warn", "known", "inconclusive", "resolved"])
def test_where_nothing_is_broken_there_is_nothing_to_look_at(kind: str, builder: Builder) -> None:
    made = builder()
    made.rule("a.rule", "should")
    made.outcome("a.rule", kind)

    assert foremost(made.finish()) is None
