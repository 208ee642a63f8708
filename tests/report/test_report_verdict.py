"""The verdict: exit codes in their order, and a sentence that says what decided."""

from __future__ import annotations

from typing import Any

import pytest

from assay.record import Outcome, OutcomeKind
from assay.report.verdict import verdict

MUST = {"a": "must", "b": "should", "c": "note"}


def case(kind: str, rule: str = "a", number: int = 0, known: dict[str, Any] | None = None) -> Outcome:
    return Outcome(rule=rule, case=f"op number={number}", operation="op", kind=OutcomeKind(kind), known=known)


@pytest.mark.parametrize(
    ("kinds", "exit_code", "strict_code"),
    [
        ([], 4, 4),
        ([("skip", "a"), ("disabled", "b"), ("inconclusive", "a")], 4, 4),
        ([("error", "a")], 4, 4),
        ([("blocked", "a"), ("skip", "b")], 4, 4),
        ([("pass", "a")], 0, 0),
        ([("note", "c")], 0, 0),
        ([("known", "a")], 0, 0),
        ([("pass", "a"), ("inconclusive", "a"), ("skip", "a")], 0, 0),
        ([("fail", "a")], 1, 1),
        ([("fail", "unlisted")], 1, 1),
        ([("pass", "a"), ("blocked", "a")], 1, 1),
        ([("pass", "a"), ("error", "a")], 1, 1),
        ([("warn", "b")], 0, 1),
        ([("pass", "a"), ("error", "b")], 0, 1),
        ([("pass", "a"), ("blocked", "c")], 0, 0),
        ([("resolved", "a")], 5, 5),
        ([("resolved", "a"), ("fail", "a")], 1, 1),
    ],
)
def test_exit_codes(kinds: list[tuple[str, str]], exit_code: int, strict_code: int) -> None:
    outcomes = [case(kind, rule) for kind, rule in kinds]
    assert verdict(outcomes, MUST).exit_code == exit_code
    assert verdict(outcomes, MUST, strict=True).exit_code == strict_code


def test_a_failure_says_how_much_broke() -> None:
    outcomes = [case("fail", "a", 1), case("fail", "a", 2), case("fail", "d"), case("warn", "b"), case("pass", "e")]
    outcomes += [case("inconclusive", "e", 1), case("inconclusive", "e", 2), case("skip", "f")]
    said = verdict(outcomes, MUST).sentence
    assert said == "FAILED: 2 of 4 rules broken (3 cases), 1 warning, 2 inconclusive"


def test_what_could_not_be_judged_is_not_called_broken() -> None:
    outcomes = [case("pass"), case("error"), case("blocked"), case("blocked", number=1)]
    assert verdict(outcomes, MUST).sentence == (
        "FAILED: no rule seen broken, 2 cases blocked, 1 case ended in an error"
    )


def test_known_deviations_are_counted_by_entry() -> None:
    first, second = {"reason": "one"}, {"reason": "two"}
    outcomes = [case("known", number=1, known=first), case("known", number=2, known=first)]
    assert verdict(outcomes, MUST).sentence == "passed, with 1 known deviation (2 cases) (1 rule, 2 cases)"
    outcomes = [case("known", known=first), case("known", "d", known=second), case("pass")]
    assert verdict(outcomes, MUST).sentence == "passed, with 2 known deviations (2 rules, 3 cases)"


@pytest.mark.parametrize(
    ("kinds", "sentence"),
    [
        (["pass", "pass"], "passed (1 rule, 2 cases)"),
        ([], "NOTHING WAS CHECKED: no case ran"),
        (["skip", "inconclusive", "skip"], "NOTHING WAS CHECKED: 1 inconclusive, 2 skip"),
        (
            ["pass"] * 1582 + ["inconclusive"] * 1000,
            "passed, with 1,000 inconclusive (1 rule, 1,582 of 2,582 cases)",
        ),
        (["skip"] * 1582, "NOTHING WAS CHECKED: 1,582 skip"),
        (["resolved", "pass"], "OUT OF DATE: 1 listed deviation no longer occurs; otherwise passed"),
    ],
)
def test_other_sentences(kinds: list[str], sentence: str) -> None:
    assert verdict([case(kind) for kind in kinds], MUST).sentence == sentence


def test_a_target_that_is_gone_decides_before_everything_else() -> None:
    reached = verdict([case("pass"), case("error")], MUST, gone=True)
    assert reached.exit_code == 3
    assert reached.sentence == "TARGET LOST: it stopped answering during the run; until then 1 error, 1 pass"


def test_lines_of_a_record_are_judged_like_outcomes() -> None:
    outcomes = [case("fail"), case("pass")]
    assert verdict([outcome.as_json() for outcome in outcomes], MUST) == verdict(outcomes, MUST)
    assert verdict(outcomes, MUST).counts == {"fail": 1, "pass": 1}
