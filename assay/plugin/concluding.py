"""What the end of a rule's function means: the kind of outcome, and whether a listed deviation explains it."""

from __future__ import annotations

from collections.abc import Iterable

from assay import expect
from assay.contract.rule import Case, Rule, Severity
from assay.errors import AssayError
from assay.judge.verdicts import NotOffered, NoWitness, PrerequisiteBroken, RuleBroken
from assay.record import Finding, Outcome, OutcomeKind

SUITE_BROKE = "the suite broke:"
"""How the message begins where Assay itself is at fault."""
Judged = tuple[OutcomeKind, str, tuple[Finding, ...]]
_BROKEN = {Severity.MUST: OutcomeKind.FAIL, Severity.SHOULD: OutcomeKind.WARN, Severity.NOTE: OutcomeKind.NOTE}


def concluded(
    rule: Rule, case: Case, error: BaseException | None, *, known: expect.KnownDeviations, before: Iterable[Outcome]
) -> Outcome:
    """The outcome of a case whose function ended in `error`, or in none. `before` holds what was judged until now."""
    found = _judged(rule, case, error, before)
    kind, message, deviation = _explained(rule, case, error, found, known=known, before=before)
    listed = deviation.as_json() if deviation else None
    return Outcome(rule.id, case.id, case.operation, kind, message, findings=found[2], known=listed)


def _judged(rule: Rule, case: Case, error: BaseException | None, before: Iterable[Outcome]) -> Judged:
    """The kind of outcome, its message and its findings. `before` holds what has been judged until now."""
    match error:
        case None:
            return (OutcomeKind.NOTE if rule.severity is Severity.NOTE else OutcomeKind.PASS), "", ()
        case PrerequisiteBroken() if _has_failed(error.prerequisite, case.operation, before):
            return OutcomeKind.BLOCKED, f"{error.prerequisite} failed", error.findings
        case RuleBroken():
            return _BROKEN[rule.severity], str(error), error.findings
        case NoWitness():
            return OutcomeKind.INCONCLUSIVE, str(error), ()
        case NotOffered():
            return OutcomeKind.SKIP, str(error), ()
        case AssayError():
            return OutcomeKind.ERROR, str(error), ()
        case _:
            return OutcomeKind.ERROR, f"{SUITE_BROKE} {type(error).__name__}: {error}", ()


def _explained(
    rule: Rule,
    case: Case,
    error: BaseException | None,
    found: Judged,
    *,
    known: expect.KnownDeviations,
    before: Iterable[Outcome],
) -> tuple[OutcomeKind, str, expect.Deviation | None]:
    """Kind and message once the list of known deviations has been looked at, and the entry that applies, if any."""
    kind, message, findings = found
    listed = known.find(rule.id, case.id)
    if kind.is_broken:
        deviation = None
        if isinstance(error, PrerequisiteBroken):
            deviation = _known_to_break(error.prerequisite, case.operation, known, before)
        elif listed and listed.explains(findings):
            deviation = listed
        return (OutcomeKind.KNOWN, deviation.reason, deviation) if deviation else (kind, message, None)
    if kind is OutcomeKind.PASS and listed and not listed.setting:
        return OutcomeKind.RESOLVED, "listed as a known deviation, but it no longer occurs: remove the entry", listed
    return kind, message, None


def _has_failed(rule: str, operation: str, before: Iterable[Outcome]) -> bool:
    return any(outcome.rule == rule and outcome.operation == operation and outcome.kind.is_bad for outcome in before)


def _known_to_break(
    rule: str, operation: str, known: expect.KnownDeviations, before: Iterable[Outcome]
) -> expect.Deviation | None:
    """The listed deviation of a prerequisite that was seen in this operation: what depends on it is known too."""
    return next(
        (
            known.find(outcome.rule, outcome.case)
            for outcome in before
            if (outcome.rule, outcome.operation, outcome.kind) == (rule, operation, OutcomeKind.KNOWN)
        ),
        None,
    )
