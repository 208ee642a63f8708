"""A reader finds a rule among many: by words, by what became of it, by the keyboard, and by an address passed on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from assay.contract.rule import Authority
from assay.record import Finding, Run

from ..report.conftest import RunBuilder
from .conftest import Opened

LAST = "rule-sam2.segment-masks.rule"


@pytest.fixture
def run(builder: Callable[..., RunBuilder]) -> Run:
    """Two failures, a warning, a pass and an inconclusive case, of two operations."""
    made = builder()
    first = made.exchange({"predictions": [{"class": "cat"}]})
    made.rule("boxes.rule")
    made.rule("weak.rule", "should")
    made.rule("sound.rule", source=Authority.SOUND, says=None)
    found = Finding("a cat, not asked for", "/predictions/0/class", ["dog"], "cat", first)
    made.outcome("boxes.rule", "fail", findings=(found,), exchanges=(first,))
    made.outcome("classes.rule", "fail", message="another one")
    made.outcome("weak.rule", "warn", message="slow now and then")
    made.outcome("sound.rule", "pass")
    made.outcome("masks.rule", "inconclusive", operation=made.segment, message="no mask with a hole")
    return made.finish()


def shown(page: Page) -> list[str]:
    """The ids of the rules that are to be seen."""
    return page.locator("details.rule:visible h5").all_inner_texts()


def test_failures_are_open_and_all_else_is_closed(run: Run, opened: Opened) -> None:
    page = opened(run)

    assert page.locator("details.rule[open] > summary h5").all_inner_texts() == ["boxes.rule", "classes.rule"]


@pytest.mark.parametrize(
    ("name", "value", "left"),
    [
        ("outcome", "fail", ["boxes.rule", "classes.rule"]),
        ("severity", "should", ["weak.rule"]),
        ("source", "sound", ["sound.rule"]),
        ("document", "none", ["sound.rule"]),
        ("operation", "sam2.segment", ["masks.rule"]),
    ],
)
def test_choosing_leaves_what_fits(name: str, value: str, left: list[str], run: Run, opened: Opened) -> None:
    page = opened(run)

    page.locator(f"select[name={name}]").select_option(value)

    expect(page.locator("form.filter output")).to_have_text(f"{len(left)} of 5 rules")
    assert shown(page) == left


def test_words_are_looked_for_everywhere_in_a_rule(run: Run, opened: Opened) -> None:
    page = opened(run)

    page.get_by_label("Search").fill("CAT asked")

    expect(page.locator("form.filter output")).to_have_text("1 of 5 rules")
    assert shown(page) == ["boxes.rule"]
    assert page.locator("#rules h4:visible").all_inner_texts() == ["hosted.object-detection"]


def test_what_is_chosen_stands_in_the_address(run: Run, opened: Opened) -> None:
    page = opened(run)
    page.locator("select[name=outcome]").select_option("warn")
    page.wait_for_function("location.hash !== ''")

    again = opened(run, page.evaluate("location.hash"))

    assert shown(again) == ["weak.rule"]


def test_escape_shows_everything_again(run: Run, opened: Opened) -> None:
    page = opened(run, "#filter:outcome=warn")
    page.get_by_label("Search").focus()

    page.keyboard.press("Escape")

    expect(page.locator("form.filter output")).to_have_text("5 rules")


def test_the_arrows_go_from_rule_to_rule(run: Run, opened: Opened) -> None:
    page = opened(run, "#filter:severity=must")
    rows = page.locator("details.rule:visible > summary")
    rows.first.focus()

    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")

    expect(rows.first).to_be_focused()


def test_problems_are_gone_through_one_by_one(run: Run, opened: Opened) -> None:
    page = opened(run)
    focused = []

    for _ in range(3):
        page.get_by_role("button", name="Next problem").click()
        focused.append(page.evaluate("document.activeElement.querySelector('h5').textContent"))

    assert focused == ["boxes.rule", "classes.rule", "weak.rule"]
    page.get_by_role("button", name="Previous problem").click()
    assert page.evaluate("document.activeElement.querySelector('h5').textContent") == "classes.rule"


def test_all_are_opened_and_closed_at_once(run: Run, opened: Opened) -> None:
    page = opened(run)

    page.get_by_role("button", name="Open all").click()
    expect(page.locator("details.rule[open]")).to_have_count(5)
    page.get_by_role("button", name="Close all").click()

    expect(page.locator("details.rule[open]")).to_have_count(0)


def test_a_link_to_a_rule_opens_it(run: Run, opened: Opened) -> None:
    page = opened(run, f"#{LAST}")

    expect(page.locator(f'[id="{LAST}"][open]')).to_be_in_viewport()


def test_a_command_is_copied(run: Run, opened: Opened) -> None:
    page = opened(run, permissions=["clipboard-read", "clipboard-write"])
    command = page.locator(".foremost pre.curl").first

    page.locator(".foremost").get_by_role("button", name="Copy").first.click()

    expect(page.locator(".foremost").get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == command.inner_text()


def test_without_its_script_the_report_can_be_read(run: Run, opened: Opened) -> None:
    page = opened(run, java_script_enabled=False)

    expect(page.locator("form.filter")).to_be_hidden()
    assert len(shown(page)) == 5
