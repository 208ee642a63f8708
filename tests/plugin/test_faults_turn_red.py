"""The suite can see: every fault before the reference deployment turns the run red, by a rule that the fault names."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assay.faults import FAULTS, Fault
from assay.faults.proxy import create_proxy
from assay.reference import embedded
from assay.serving import running

from .conftest import Checking

FIRST = ("service.answers-plain-requests", "*.answer.schema")


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    """The reference deployment, one for all faults."""
    with embedded.deployment() as url:
        yield url


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_turns_the_run_red(
    fault: Fault, upstream: str, checking: Checking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROBOFLOW_API_KEY", embedded.KEY)
    with running(create_proxy(upstream, fault)) as url:
        found = checking(url, models=embedded.MODELS, only=(*FIRST, *fault.breaks), examples=4)

    red = {outcome["rule"] for outcome in found.run.outcomes if outcome["outcome"] in ("fail", "warn")}
    assert red & set(fault.breaks)
    assert found.exit_code == (1 if any(outcome["outcome"] == "fail" for outcome in found.run.outcomes) else 0)
