"""The table of what is harmless and what matters: no false alarm and no miss, and the page tells what is measured."""

from __future__ import annotations

from functools import cache

import cv2
import pytest

from .asking import PROFILES
from .cases import Row, rows
from .table import PAGE, WRITTEN_WITH, page


@cache
def measured() -> list[Row]:
    return rows()


@pytest.mark.parametrize("profile", PROFILES)
def test_noise_that_a_profile_allows_is_no_false_alarm(profile: str) -> None:
    alarms = [
        (row.case.what, row.case.thing, row.case.operation, row.found[profile].differences[0].message)
        for row in measured()
        if profile in row.case.allowed and not row.found[profile].alike
    ]

    assert alarms == []


@pytest.mark.parametrize("profile", PROFILES)
def test_changes_that_matter_are_never_missed(profile: str) -> None:
    missed = [
        (row.case.what, row.case.thing, row.case.operation)
        for row in measured()
        if profile not in row.case.allowed and row.found[profile].alike
    ]

    assert missed == []


def test_there_is_noise_and_there_are_changes_of_every_kind() -> None:
    harmless = {row.case.operation for row in measured() if row.case.allowed}
    matters = {row.case.operation for row in measured() if not row.case.allowed}

    assert matters <= harmless
    assert {kind for row in measured() for found in row.found.values() for kind in found.kinds} >= {
        "box", "class", "confidence", "lost", "added", "keypoint", "keypoint-lost", "mask", "class-map", "class-patch",
        "confidence-mask", "text", "caption", "place", "label", "drawing", "colour", "channels", "value",
    }  # fmt: skip


@pytest.mark.thorough
def test_the_page_is_up_to_date() -> None:
    """Written by `python -m tests.likeness`. Another OpenCV writes other letters, and with them other figures."""
    written = PAGE.read_text("utf-8")

    if WRITTEN_WITH.format(cv2.__version__) in written:
        assert written == page()
