"""Several runs in one page: read, linked into and searched run by run, by everyone, offline."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from assay.record import Run

from ..report.conftest import RunBuilder
from ..report.test_report_html import every_kind
from ..report.test_report_measured import SEGMENT, Recorded, recorded
from .conftest import Opened
from .test_access import RULES, everything_open

__all__ = ["every_kind", "recorded"]

Several = list[Run]


@pytest.fixture
def several(builder: Callable[..., RunBuilder], every_kind: Run, recorded: Recorded) -> Several:
    """A check that passed, one that failed, and a benchmark."""
    made = builder()
    made.outcome("classes.rule", "pass")
    made.outcome("masks.rule", "pass", operation=made.segment)
    return [made.finish(), every_kind, recorded(SEGMENT)]


def rule(run: Run) -> str:
    return f"run-{run.folder.name}/rule-hosted.object-detection-classes.rule"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(scheme: str, several: Several, opened: Opened) -> None:
    page = opened(several, color_scheme=scheme, bypass_csp=True)
    everything_open(page)

    found = Axe().run(page, options=RULES)

    told = [(each["id"], each["help"], [node["html"][:160] for node in each["nodes"][:3]]) for each in
            found.response["violations"]]  # fmt: skip
    assert told == []


def test_a_phone_shows_all_without_scrolling_sideways(several: Several, opened: Opened) -> None:
    page = opened(several, viewport={"width": 360, "height": 740})
    everything_open(page)

    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_first_screen_leads_to_each_run(several: Several, opened: Opened) -> None:
    page = opened(several)
    expect(page.locator("#runs > li .sentence").first).to_be_in_viewport()

    for run in several:
        page.locator(f'#runs a[href="#run-{run.folder.name}"]').click()

        expect(page.locator(f'section[id="run-{run.folder.name}"] h2')).to_be_in_viewport()


def test_a_link_opens_the_rule_of_its_own_run(several: Several, opened: Opened) -> None:
    page = opened(several, f"#{rule(several[0])}")

    expect(page.locator(f'[id="{rule(several[0])}"][open]')).to_be_in_viewport()


def test_each_run_is_searched_by_itself_and_what_is_chosen_stands_in_the_address(
    several: Several, opened: Opened
) -> None:
    page = opened(several)
    passed = page.locator(f'section[id="run-{several[0].folder.name}/rules"]')
    failed = page.locator(f'section[id="run-{several[1].folder.name}/rules"]')
    before = failed.locator("output").inner_text()

    passed.get_by_label("Operation").select_option("sam2.segment")

    expect(passed.locator("output")).to_have_text("1 of 2 rules")
    expect(failed.locator("output")).to_have_text(before)
    again = opened(several, page.evaluate("location.hash"))
    expect(again.locator(f'section[id="run-{several[0].folder.name}/rules"] output')).to_have_text("1 of 2 rules")


def test_a_link_to_a_rule_that_is_sifted_out_shows_it(several: Several, opened: Opened) -> None:
    page = opened(several, f"#run-{several[0].folder.name}/filter:words=masks.rule")
    shown = page.locator(f'[id="{rule(several[0])}"]')
    expect(shown).to_be_hidden()

    page.evaluate("address => { location.hash = address; }", rule(several[0]))

    expect(shown).to_be_in_viewport()
    expect(page.locator(f'section[id="run-{several[0].folder.name}/rules"] output')).to_have_text("2 rules")


def test_paper_shows_each_run_without_controls(several: Several, opened: Opened) -> None:
    page = opened(several)
    page.emulate_media(media="print")

    expect(page.locator("form.filter").first).to_be_hidden()
    expect(page.locator(".back").first).to_be_hidden()
    expect(page.locator("section.part .verdict").first).to_be_visible()
