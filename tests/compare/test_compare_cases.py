"""Outcomes against outcomes, case by case."""

from __future__ import annotations

import pytest

from assay.compare.comparison import compare
from assay.compare.conformance import Conformance, compare_cases
from assay.compare.sides import sides

from .conftest import Benching


@pytest.mark.parametrize(
    ("base", "new", "changed"),
    [
        ("pass", "fail", "newly failing"),
        ("pass", "error", "newly failing"),
        ("note", "fail", "newly failing"),
        ("resolved", "warn", "newly failing"),
        ("known", "fail", "newly failing"),
        ("known", "known", None),
        ("known", "pass", "newly passing"),
        ("known", "resolved", "newly passing"),
        ("known", "skip", None),
        ("pass", "known", "newly a listed deviation"),
        ("fail", "known", "newly a listed deviation"),
        ("fail", "pass", "newly passing"),
        ("fail", "fail", None),
        ("warn", "error", None),
        ("fail", "skip", None),
        ("pass", "skip", "newly untested"),
        ("pass", "inconclusive", "newly untested"),
        ("pass", "disabled", "newly untested"),
        ("pass", "blocked", "newly untested"),
        ("pass", None, "newly untested"),
        ("inconclusive", "fail", "failing, and not judged before"),
        ("skip", "fail", "failing, and not judged before"),
        (None, "fail", "failing, and not judged before"),
        (None, "pass", None),
        ("skip", "pass", None),
        ("pass", "note", None),
        ("inconclusive", "skip", None),
    ],
)  # fmt: skip
def test_what_a_change_is_called(bench: Benching, base: str | None, new: str | None, changed: str | None) -> None:
    def run(name: str, kind: str | None) -> None:
        bench(name, outcomes={"steady": "pass", **({"case": kind} if kind else {})})

    run("a", base)
    run("b", new)
    found = _compared(bench)

    told = {name: [(each.case, each.base, each.new) for each in each_kind] for name, each_kind in found.changes.items()}
    expected = {changed: [("case", base or "absent", new or "absent")]} if changed else {}
    assert {name: each for name, each in told.items() if each} == expected


def _compared(bench: Benching) -> Conformance:
    folder = bench("other", outcomes={"case": "pass"}).parent
    found = compare_cases(*sides([folder / "a", folder / "b"]))
    assert found is not None
    return found


def test_what_is_told_of_a_change(bench: Benching) -> None:
    bench("a", outcomes={"one": "pass", "two": "pass"})
    bench("b", outcomes={"one": "fail", "two": "pass"})

    found = _compared(bench)

    (change,) = found.failing
    assert (change.rule, change.message, change.decides, found.cases) == ("a.rule", "one: fail", True, 2)


@pytest.mark.parametrize(("strict", "decides"), [(False, False), (True, True)])
def test_a_should_decides_where_the_run_was_strict(bench: Benching, strict: bool, decides: bool) -> None:
    bench("a", outcomes={"one": "pass"}, severity="should")
    bench("b", outcomes={"one": "warn"}, severity="should", configuration={"strict": strict})

    assert [change.decides for change in _compared(bench).failing] == [decides]


def test_of_several_runs_the_worst_counts(bench: Benching) -> None:
    """A case that fails now and then is no news where it did so before, and is where it held each time."""
    for number, kind in enumerate(("pass", "fail", "pass")):
        bench(f"flaky/{number}", outcomes={"one": kind})
        bench(f"steady/{number}", outcomes={"one": "pass"})
    folder = bench("now", outcomes={"one": "fail"}).parent

    def failing(base: str, new: str) -> int:
        found = compare_cases(*sides([folder / base, folder / new]))
        return len(found.failing) if found else -1

    assert failing("flaky", "now") == 0
    assert failing("steady", "now") == 1
    assert failing("steady", "flaky") == 1


def test_a_run_that_was_cut_short_is_named(bench: Benching) -> None:
    bench("a", outcomes={"one": "pass"})
    bench("b", outcomes={"two": "pass"}, footer=False)

    assert _compared(bench).interrupted == ("b",)


def test_runs_without_rules_have_nothing_to_tell(bench: Benching) -> None:
    (pair,) = compare([bench("a", outcomes={"one": "pass"}), bench("b")]).pairs

    assert pair.conformance is None
