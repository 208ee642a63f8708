"""Reports can be read by everyone: no violation of WCAG 2.2 AA that axe finds, in light and dark, on paper, on a phone.

What a server says does nothing in the browser, whatever it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from assay.record import Finding, OutcomeKind, Run

from ..report.conftest import RunBuilder
from ..report.test_report_html import HOSTILE, every_kind
from ..report.test_report_measured import SEGMENT, Recorded, recorded
from .conftest import Opened

__all__ = ["every_kind", "recorded"]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture
def measured(recorded: Recorded) -> Run:
    return recorded(SEGMENT, replace(SEGMENT, repetition=2, reasons=("other work used 1.5 cores",)), code=7)


def everything_open(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["every_kind", "measured"])
def test_axe_finds_no_violation(kind: str, scheme: str, request: pytest.FixtureRequest, opened: Opened) -> None:
    page = opened(request.getfixturevalue(kind), color_scheme=scheme, bypass_csp=True)
    everything_open(page)

    found = Axe().run(page, options=RULES)

    told = [(each["id"], each["help"], [node["html"][:160] for node in each["nodes"][:3]]) for each in
            found.response["violations"]]  # fmt: skip
    assert told == []


@pytest.mark.parametrize("kind", ["every_kind", "measured"])
def test_a_phone_shows_all_without_scrolling_sideways(
    kind: str, request: pytest.FixtureRequest, opened: Opened
) -> None:
    page = opened(request.getfixturevalue(kind), viewport={"width": 360, "height": 740})
    everything_open(page)

    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_paper_shows_no_controls_and_all_that_is_open(every_kind: Run, opened: Opened) -> None:
    page = opened(every_kind)
    page.emulate_media(media="print")

    expect(page.locator("form.filter")).to_be_hidden()
    expect(page.get_by_role("button").first).to_be_hidden()
    expect(page.locator(".foremost")).to_be_visible()


def test_nothing_that_a_server_says_runs(builder: Callable[..., RunBuilder], opened: Opened) -> None:
    """Whatever page is opened is watched: a dialog, a request or an error fails the test."""
    made = builder(target={"url": "http://127.0.0.1:9001", "name": HOSTILE, "version": HOSTILE, "engine": HOSTILE})
    answer = {HOSTILE: HOSTILE, "predictions": [{"class": HOSTILE, "x": 1, "y": 1, "width": 9, "height": 9}]}
    first = made.exchange(answer, headers=(("content-type", "application/json"), ("x-told", HOSTILE)))
    second = made.exchange(body=b"<script>document.title = 'taken'</script>\xff\x00" * 20_000, headers=())
    marks = ((1.0, 1.0, 9.0, 9.0, HOSTILE),)
    found = Finding(HOSTILE, f"/{HOSTILE}", HOSTILE, {HOSTILE: HOSTILE}, first, marks)
    for kind in OutcomeKind:
        facts = {"known": {"reason": HOSTILE, "evidence": "javascript:alert(1)"}} if kind == "known" else {}
        made.outcome("a.rule", kind, f"case {kind} {HOSTILE}", findings=(found,), exchanges=(first, second), **facts)

    page = opened(made.finish(), f"#{json.dumps(HOSTILE)}")
    everything_open(page)
    page.get_by_label("Search").fill(HOSTILE.replace("\ud800", ""))

    assert "taken" not in page.title()
    assert page.locator("img, iframe, object, embed, form:not(.filter)").count() == 0
    assert page.locator("script").count() == 1
