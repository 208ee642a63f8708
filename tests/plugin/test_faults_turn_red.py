"""The suite can see: every fault before the reference deployment turns the run red, by a rule that the fault names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.faults import FAULTS, Fault
from assay.faults.proxy import create_proxy
from assay.plugin.catalogue import catalogue
from assay.reference import embedded
from assay.selftest import operations_to_ask, rules_to_judge
from assay.serving import running

from .conftest import Checking

ATTEMPTS = 5
"""A rule about time comes to nothing while another process computes: it is judged again."""


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    """The reference deployment, one for all faults."""
    with embedded.deployment() as url:
        yield url


EVERY_DAY = {fault.breaks[0].partition(".")[0]: fault for fault in reversed(list(FAULTS.values()))}
"""One fault for each kind of rules, as `hosted`: the others are left to the gate, or to the hand."""
FOR_A_RULE = {fault.breaks[0]: fault for fault in reversed(list(FAULTS.values()))}
"""One fault for each rule: further ones are for the hand."""


def mark(fault: Fault) -> list[pytest.MarkDecorator]:
    """When a fault is tried."""
    if fault in EVERY_DAY.values():
        return []
    return [pytest.mark.thorough if fault in FOR_A_RULE.values() else pytest.mark.matrix]


EACH_FAULT = [pytest.param(fault, id=name, marks=mark(fault)) for name, fault in FAULTS.items()]


@pytest.mark.parametrize("fault", EACH_FAULT)
def test_a_fault_turns_the_run_red(
    fault: Fault, upstream: str, checking: Checking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROBOFLOW_API_KEY", embedded.KEY)
    rules, operations = rules_to_judge(fault), operations_to_ask(fault)
    for attempt in range(ATTEMPTS if catalogue()[fault.breaks[0]].alone else 1):
        with running(create_proxy(upstream, fault)) as url:
            out = tmp_path / str(attempt)
            asked = {"only": rules, "operations": operations, "examples": 4, "allow_hostile": True}
            found = checking(url, models=embedded.MODELS, out=out, **asked)
        red = {outcome["rule"] for outcome in found.run.outcomes if outcome["outcome"] in ("fail", "warn")}
        if red & set(fault.breaks):
            break

    assert red & set(fault.breaks)
    assert found.exit_code == (1 if any(outcome["outcome"] == "fail" for outcome in found.run.outcomes) else 0)
