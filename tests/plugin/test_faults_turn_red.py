"""The suite can see: every fault before the reference deployment turns the run red, by a rule that the fault names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from assay.faults import FAULTS, Fault
from assay.faults.proxy import create_proxy
from assay.plugin.catalogue import catalogue
from assay.reference import embedded
from assay.serving import running

from .conftest import Checking

ATTEMPTS = 5
"""A rule about time comes to nothing while another process computes: it is judged again."""
FIRST = ("service.answers-plain-requests", "*.answer.schema")


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    """The reference deployment, one for all faults."""
    with embedded.deployment() as url:
        yield url


def concerned(fault: Fault) -> tuple[str, ...]:
    """The operations to ask: those that the fault is of, and others only for a rule that has no case of these."""
    judged = {rule: {case.operation for case in catalogue()[rule].cases} for rule in fault.breaks}
    others = [operations for operations in judged.values() if operations.isdisjoint(fault.operations)]
    return tuple({*fault.operations}.union(*others))


def each_fault() -> Iterator[ParameterSet]:
    """Every fault; of those that one rule is to find first, all but one are left to the gate."""
    found: set[str] = set()
    for name, fault in FAULTS.items():
        marks = [pytest.mark.thorough] if fault.breaks[0] in found else []
        found.add(fault.breaks[0])
        yield pytest.param(fault, id=name, marks=marks)


@pytest.mark.parametrize("fault", list(each_fault()))
def test_a_fault_turns_the_run_red(
    fault: Fault, upstream: str, checking: Checking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROBOFLOW_API_KEY", embedded.KEY)
    rules, operations = (*FIRST, *fault.breaks), concerned(fault)
    for attempt in range(ATTEMPTS if catalogue()[fault.breaks[0]].alone else 1):
        with running(create_proxy(upstream, fault)) as url:
            out = tmp_path / str(attempt)
            found = checking(url, models=embedded.MODELS, only=rules, operations=operations, examples=4, out=out)
        red = {outcome["rule"] for outcome in found.run.outcomes if outcome["outcome"] in ("fail", "warn")}
        if red & set(fault.breaks):
            break

    assert red & set(fault.breaks)
    assert found.exit_code == (1 if any(outcome["outcome"] == "fail" for outcome in found.run.outcomes) else 0)
