"""Operations that the user requires: one that the target does not offer is a failure, and no skip."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from assay.contract import load
from assay.contract.rule import Authority, Rule, Severity, over
from assay.record import Outcome, OutcomeKind
from assay.target import Capability

REQUIRED = Rule(
    id="service.offers-what-is-required",
    requirement="The target offers every operation that the user requires.",
    source=Authority.SOUND,
    severity=Severity.MUST,
    cases=over(load().operations),
)
"""Judged by what discovery found, before any rule that asks; and only of operations that `--require` names."""


def required_outcomes(patterns: tuple[str, ...], capabilities: Mapping[str, Capability]) -> Iterator[Outcome]:
    """One outcome for each required operation: pass where it can be asked, fail where it cannot."""
    for case in REQUIRED.cases:
        if not any(fnmatchcase(case.operation, pattern) for pattern in patterns):
            continue
        found = capabilities[case.operation]
        kind = OutcomeKind.PASS if found.available else OutcomeKind.FAIL
        missing = f"{case.operation} is required and cannot be asked: {found.because}"
        yield Outcome(
            REQUIRED.id,
            case.id,
            case.operation,
            kind,
            message="" if found.available else missing,
            witness=found.because if found.available else None,
        )
