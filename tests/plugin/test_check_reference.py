"""A whole check of the reference deployment: green, complete, and with a witness for everything that passed."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from assay.plugin.catalogue import catalogue
from assay.plugin.depth import STANDARD

from .conftest import Checked

JUDGED = {name for name, rule in catalogue().items() if not (STANDARD.leaves_out(rule) or rule.hostile)}
"""What is hostile is judged where the user allows it; `test_check_hostile.py` has that."""


def test_it_passes(whole: Checked) -> None:
    assert whole.exit_code == 0
    for outcome in whole.run.outcomes:
        expected = "pass" if outcome["rule"] in JUDGED else "disabled"
        assert outcome["outcome"] == expected, outcome
    assert whole.run.footer is not None
    assert whole.run.footer["exit_code"] == 0
    assert whole.verdict.startswith("passed")


def test_every_case_of_every_rule_ran_once(whole: Checked) -> None:
    ran = [(outcome["rule"], outcome["case"]) for outcome in whole.run.outcomes]

    assert sorted(ran) == sorted((rule.id, case.id) for rule in catalogue().values() for case in rule.cases)
    assert set(whole.run.rules) == set(catalogue())


@pytest.mark.parametrize("rule", sorted(JUDGED))
def test_what_passed_says_what_it_saw(whole: Checked, rule: str) -> None:
    silent = [outcome["case"] for outcome in whole.run.outcomes if outcome["rule"] == rule and not outcome["witness"]]

    assert not silent


def test_every_outcome_names_exchanges_that_are_there(whole: Checked) -> None:
    for outcome in whole.run.outcomes:
        assert outcome["exchanges"] or outcome["outcome"] == "disabled", outcome["case"]
        assert set(outcome["exchanges"]) <= set(whole.run.exchanges)
    for exchange in whole.run.exchanges.values():
        for message in (exchange["request"], exchange["response"]):
            assert message["body"] is None or whole.run.artifact(message["body"]["artifact"])


def test_the_reports_lie_beside_the_record(whole: Checked) -> None:
    folder = whole.run.folder
    assert sorted(path.name for path in folder.iterdir()) == [
        "artifacts", "badge.json", "ctrf.json", "junit.xml", "report.html", "run.jsonl", "summary.md",
    ]  # fmt: skip
    assert whole.verdict in (folder / "report.html").read_text("utf-8")
    assert whole.verdict in (folder / "summary.md").read_text("utf-8")
    suites = ElementTree.parse(folder / "junit.xml").getroot()
    assert len(list(suites.iter("testcase"))) == len(whole.run.outcomes)
    assert not list(suites.iter("failure"))


def test_what_is_announced_is_not_exceeded(whole: Checked) -> None:
    sent = len(whole.run.exchanges)

    assert sent <= whole.check.expected_requests <= 3 * sent


def test_it_tells_of_each_rule_as_it_goes(whole: Checked) -> None:
    told = "\n".join(whole.said)

    assert all(f"  {rule} " in told for rule in JUDGED)
