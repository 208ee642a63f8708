"""How often two deployments agree, read from the record of their comparison."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from scipy.stats import binomtest

from assay.record import Finding
from assay.report.agreement import SAME, STEADY, Aside, agreements, moved, wilson, worst
from assay.report.foremost import foremost

Builder = Callable[..., Any]
DETECTION = "hosted.object-detection"


@pytest.mark.parametrize(("successes", "total"), [(0, 1), (1, 1), (0, 7), (3, 9), (20, 21), (500, 1000), (2000, 2000)])
def test_the_interval_is_that_of_scipy(successes: int, total: int) -> None:
    expected = binomtest(successes, total).proportion_ci(0.95, method="wilson")

    assert wilson(successes, total) == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_of_nothing_nothing_is_known() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


def test_what_tells_nothing_of_both_is_no_agreement(builder: Builder) -> None:
    made = builder()
    made.rule(SAME)
    for number, kind in enumerate(("pass", "pass", "note", "fail", "inconclusive", "error", "skip")):
        made.outcome(SAME, kind, f"{DETECTION}/json/number-{number}", findings=(Finding("off"),))
    made.outcome(SAME, "pass", f"{DETECTION}/image/one")

    first, second = agreements(made.finish())

    assert (first.alike, first.within, first.differ) == (2, 1, 1)
    assert (first.refused, first.silent, first.left_out) == (1, 1, 1)
    assert (first.compared, first.share) == (4, 0.75)
    assert first.told == "75.0 % (30.1 to 95.4 %)"
    assert (second.mode, second.compared) == ("image", 1)


def test_the_worst_of_each_form_comes_before_the_second_worst_of_any(builder: Builder) -> None:
    made = builder()
    made.rule(SAME)
    for name in (f"{DETECTION}/json/one", f"{DETECTION}/json/two", "sam2.segment/rle/one"):
        made.outcome(SAME, "fail", name, findings=(Finding("off"),))

    found = [each.question for each in worst(made.finish())]

    assert found == [f"{DETECTION}/json/one", "sam2.segment/rle/one", f"{DETECTION}/json/two"]


def test_the_noise_of_each_side_is_its_own(builder: Builder) -> None:
    side = {"url": "http://127.0.0.1:9001", "name": "", "version": "", "engine": ""}
    made = builder(targets={"A": side, "B": side})
    made.rule(STEADY, "should")
    made.outcome(STEADY, "pass", f"{DETECTION}/json/one (A again)")
    made.outcome(STEADY, "pass", f"{DETECTION}/json/two (A again)")
    made.outcome(STEADY, "warn", f"{DETECTION}/json/one (B again)", message="it moved")

    first, second = moved(made.finish())

    assert (first.side, first.asked, first.moved) == ("A", 2, 0)
    assert (second.side, second.asked, second.moved) == ("B", 1, 1)
    assert second.examples == (f"{DETECTION}/json/one (B again): it moved",)


def test_times_lie_apart_whichever_is_the_longer() -> None:
    faster, slower = Aside("x", (10.0, 2.0), ((), ())), Aside("x", (2.0, 10.0), ((), ()))

    assert faster.apart == slower.apart == 5
    assert (faster.ratio, slower.ratio) == ("0.20 times", "5.00 times")


COMPARED = {"command": "diff", "targets": ["http://old", "http://new"], "again": ["--only=*", "--seed=7"]}
CHECKED = {"command": "golden check", "target": "http://new", "bundle": "golden answers"}


@pytest.mark.parametrize(
    ("configuration", "command"),
    [
        (COMPARED, f"assay diff http://old http://new --seed=7 --only {DETECTION}/json/one"),
        (CHECKED, f"assay golden check http://new --bundle 'golden answers' --only {DETECTION}/json/one"),
    ],
)
def test_the_worst_is_asked_again_by_the_command_that_found_it(
    builder: Builder, configuration: dict[str, Any], command: str
) -> None:
    made = builder(configuration={"strict": False, **configuration})
    made.rule(SAME)
    made.outcome(SAME, "fail", f"{DETECTION}/json/one", findings=(Finding("off"),))

    first = foremost(made.finish())

    assert first is not None
    assert first.again == command
