"""Pictures in a report: made larger, what is drawn over them shown or hidden, and two laid over each other."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from assay.contract.message import Request
from assay.record import Finding, Run

from ..report.conftest import RunBuilder
from .conftest import Opened

DOG = {"x": 100, "y": 100, "width": 80, "height": 60, "class": "dog", "confidence": 0.9}
NOSE = {"x": 100, "y": 90, "confidence": 0.9, "class_id": 0, "class": "nose"}


@pytest.fixture
def run(builder: Callable[..., RunBuilder], hosted_request: Request, jpeg: bytes) -> Run:
    """A finding with a picture that was sent, its boxes and keypoints, and the drawing that came back."""
    made = builder()
    answer = {"predictions": [{**DOG, "keypoints": [NOSE]}], "visualization": base64.b64encode(jpeg).decode()}
    first = made.exchange(answer, request=hosted_request)
    mark = (10.0, 20.0, 90.0, 200.0, "where it fits")
    found = Finding("a dog elsewhere", "/predictions/0", exchange=first, marks=(mark,))
    made.outcome("boxes.rule", "fail", findings=(found,), exchanges=(first,))
    return made.finish()


@pytest.fixture
def page(run: Run, opened: Opened) -> Page:
    return opened(run)


def sent(page: Page) -> Locator:
    return page.locator('figure[data-caption="Sent"]').first


@pytest.mark.parametrize(
    ("layer", "shapes"), [("boxes", "polygon.said"), ("keypoints", "circle"), ("finding", "rect.mark")]
)
def test_what_is_drawn_over_a_picture_is_hidden_and_shown(layer: str, shapes: str, page: Page) -> None:
    shape = sent(page).locator(shapes).first
    expect(shape).to_be_visible()

    sent(page).get_by_label(layer).uncheck()
    expect(shape).to_be_hidden()
    sent(page).get_by_label(layer).check()

    expect(shape).to_be_visible()


def test_a_picture_is_made_larger_about_its_middle_and_whole_again(page: Page) -> None:
    svg = sent(page).locator("svg")
    before = svg.get_attribute("viewBox")

    sent(page).get_by_role("button", name="larger").click()
    larger = [float(each) for each in str(svg.get_attribute("viewBox")).split()]
    sent(page).get_by_role("button", name="Show all").click()

    whole = [float(each) for each in str(before).split()]
    assert larger[2] == pytest.approx(whole[2] / 1.5)
    assert larger[0] + larger[2] / 2 == pytest.approx(whole[0] + whole[2] / 2)
    assert [float(each) for each in str(svg.get_attribute("viewBox")).split()] == pytest.approx(whole)


def test_a_picture_is_moved_by_the_keyboard_within_its_borders(page: Page) -> None:
    svg = sent(page).locator("svg")
    svg.focus()
    page.keyboard.press("+")

    for _ in range(20):
        page.keyboard.press("ArrowLeft")

    left, _, _, _ = (float(each) for each in str(svg.get_attribute("viewBox")).split())
    page.keyboard.press("0")
    assert left == float(str(svg.get_attribute("viewBox")).split()[0])


def test_two_pictures_are_laid_over_each_other_and_a_slider_moves_the_border(page: Page) -> None:
    toggle = page.get_by_role("button", name="Lay “Came back” over “Sent”")
    toggle.click()
    over = page.locator(".over")
    upper = over.locator("svg").nth(1)
    assert upper.evaluate("each => each.style.clipPath") == "inset(0px 0px 0px 50%)"

    over.get_by_role("slider").fill("80")

    assert upper.evaluate("each => each.style.clipPath") == "inset(0px 0px 0px 80%)"
    toggle.click()
    expect(over).to_have_count(0)


def test_the_difference_of_two_pictures_is_shown(page: Page) -> None:
    page.get_by_role("button", name="Lay “Came back” over “Sent”").click()

    page.locator(".over").get_by_label("difference").check()

    upper = page.locator(".over svg").nth(1)
    assert upper.evaluate("each => getComputedStyle(each).mixBlendMode") == "difference"
    assert upper.evaluate("each => each.style.clipPath") == ""
