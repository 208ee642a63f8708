"""Several runs in one page: the worst first, each in full, and none in the way of another."""

from __future__ import annotations

import dataclasses
import itertools
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from markupsafe import Markup

from assay.compare.asked import Asked
from assay.record import Run, read
from assay.report import html, joined
from assay.report.joined import Compared
from assay.report.within import within

from .conftest import RunBuilder
from .test_report_html import Page, every_kind, hostile_run, squeezed
from .test_report_measured import SEGMENT, Recorded, recorded

__all__ = ["every_kind", "recorded"]

Builder = Callable[..., RunBuilder]


@pytest.fixture
def good(builder: Builder) -> Run:
    made = builder(started=1_790_000_000.0)
    made.outcome("classes.rule", "pass")
    return made.finish()


@pytest.fixture
def several(good: Run, every_kind: Run, recorded: Recorded) -> list[Run]:
    """One that passed, one that failed, and a benchmark, in this order."""
    return [good, every_kind, recorded(SEGMENT)]


def test_the_worst_run_stands_first_and_every_verdict_before_all_else(several: list[Run]) -> None:
    words = squeezed(Page(joined.render(several)).words)

    first = words[: words.index("All runs")]
    assert "2 of 3 ended well" in first
    sentences = [str(run.footer and run.footer["verdict"]) for run in several]
    assert all(sentence in first for sentence in sentences)
    assert min(sentences, key=first.index) == sentences[1]


def test_an_interrupted_run_is_no_good_one(builder: Builder, good: Run) -> None:
    made = builder()
    made.outcome("a.rule", "pass")

    words = squeezed(Page(joined.render([good, made.finish(footer=False)])).words)

    assert "1 of 2 ended well" in words
    assert words.index("No exit code") < words.index("Exit code 0")


def test_identifiers_are_unique_and_every_inner_link_leads_somewhere(several: list[Run]) -> None:
    page = Page(joined.render([*several, several[1]]))

    identifiers = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    links = [str(attributes["href"]) for _, attributes in page.elements if "href" in attributes]
    assert len(set(identifiers)) == len(identifiers)
    assert {link[1:] for link in links if link.startswith("#")} <= set(identifiers)


def test_a_link_to_a_rule_of_a_run_goes_by_the_name_of_its_folder(several: list[Run]) -> None:
    page = Page(joined.render(several))

    name = several[1].folder.name
    assert f"run-{name}/rule-hosted.object-detection-classes.rule" in [each.get("id") for each in page.all("details")]


def test_runs_whose_folders_are_called_alike_are_told_apart_in_any_order(good: Run, tmp_path: Path) -> None:
    first, second, third = (shutil.copytree(good.folder, tmp_path / name) for name in ("p/out", "q/out", "out-2"))

    for order in ((first, second, third), (second, third, first)):
        page = Page(joined.render([read(each) for each in order]))
        anchors = {each.get("id") for each in page.all("section")}
        assert {"run-p-out", "run-q-out", "run-out-2"} <= anchors
        assert "Conformance: p/out" in squeezed(page.words)


def test_what_was_not_to_be_judged_counts_in_no_verdict(good: Run, builder: Builder) -> None:
    other = builder(started=1_790_000_100.0)
    other.outcome("classes.rule", "pass")
    asked = Asked((good.folder, other.finish().folder))
    compared = Compared("plain", *asked.answered())

    assert "All 1 ended well" in squeezed(Page(joined.render([good, compared])).words)
    assert "Nothing here was to be judged" in squeezed(Page(joined.render([compared])).words)


def test_an_exit_code_that_is_not_known_is_as_bad_as_any(good: Run) -> None:
    strange = dataclasses.replace(good, footer={**(good.footer or {}), "exit_code": 42})

    words = squeezed(Page(joined.render([good, strange])).words)

    assert words.index("Exit code 42") < words.index("Exit code 0")


def test_runs_without_pictures_take_no_room_for_them(
    every_kind: Run, recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = [len(str(each["href"])) for each in Page(html.render(every_kind)).all("image")]
    monkeypatch.setattr(html, "PICTURE_ROOM", sum(sizes))

    page = Page(joined.render([every_kind, *[recorded(SEGMENT)] * 3]))

    assert len(page.all("image")) == len(sizes)


def test_headings_have_an_order(several: list[Run]) -> None:
    levels = [int(tag[1]) for tag, _ in Page(joined.render(several)).elements if re.fullmatch("h[1-6]", tag)]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_style_and_script_stand_there_once_and_nothing_is_from_elsewhere(several: list[Run]) -> None:
    text = joined.render(several)
    page = Page(text)

    assert (len(page.all("script")), len(page.all("style")), len(page.all("main"))) == (1, 1, 1)
    assert not page.all("link")
    assert not any("src" in attributes for _, attributes in page.elements)
    assert "default-src 'none'" in text


def test_a_picture_that_several_runs_show_is_embedded_once(every_kind: Run) -> None:
    alone, together = Page(html.render(every_kind)), Page(joined.render([every_kind, every_kind]))

    assert [each["id"] for each in together.all("image")] == [each["id"] for each in alone.all("image")]
    assert len(together.all("use")) == 2 * len(alone.all("use"))


def test_the_pictures_of_all_runs_share_the_room_of_one(every_kind: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = [len(str(each["href"])) for each in Page(html.render(every_kind)).all("image")]
    monkeypatch.setattr(html, "PICTURE_ROOM", 2 * min(sizes) - 2)

    page = Page(joined.render([every_kind, every_kind]))

    assert sum(len(str(each["href"])) for each in page.all("image")) <= 2 * min(sizes) - 2


def test_nothing_that_a_server_says_becomes_markup_or_an_anchor(builder: Builder, good: Run) -> None:
    run = hostile_run(builder)
    text = joined.render([run, good])
    page = Page(text)

    assert len(page.all("script")) == 1
    assert not page.all("img")
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    assert "\x1b" not in text
    assert "{{7*7}}" in page.words


def test_what_is_said_is_not_taken_for_markup_when_a_report_is_moved() -> None:
    said = Markup('<h2 id="a">{}</h2><a href="{}">x</a>').format('<h2 id="b">', "https://example.com/#c")

    moved = within(said, "run-x/", "a run")

    assert moved == ('<h3 id="run-x/a">&lt;h2 id=&#34;b&#34;&gt;</h3><a href="https://example.com/#c">x</a>')


def test_landmarks_are_told_apart_by_their_run(several: list[Run]) -> None:
    page = Page(joined.render(several))

    named = [str(each["aria-label"]) for each in page.all("nav")]
    assert len(set(named)) == len(named) == 3


def test_a_comparison_is_a_part_like_others(builder: Builder, good: Run, tmp_path: Path) -> None:
    made = builder(started=1_790_000_100.0)
    made.outcome("classes.rule", "fail", next(iter(good.outcomes))["case"])
    made.outcome("new.rule", "fail")
    worse = made.finish()
    asked = Asked((good.folder, worse.folder), ("newly-failing",))

    words = squeezed(Page(joined.render([read(worse.folder), Compared("since-monday", *asked.answered())])).words)

    assert "Comparison: since-monday" in words
    assert "Exit code 6: a gate fell short" in words
    assert "newly-failing fell short" in words
    assert "absent" in words
