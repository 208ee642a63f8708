"""A run as test results, which is what gates read: of each case of a rule, and of each measurement.

At least one of them is red whenever the exit code is not 0: where no case is, as in an interrupted run, the verdict
itself is one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from assay.contract.rule import decides
from assay.errors import Exit
from assay.record import OutcomeKind, Run
from assay.report import measured, view
from assay.report.plain import explanation, promise
from assay.report.text import one_line, visible
from assay.report.verdict import kind_of
from assay.report.view import Event, Group, RuleView

TEXT_LIMIT = 16_000
EXPLAINED = 500
"""Results of a file that are explained at length; CI servers refuse files of tens of megabytes."""
FURTHER = "explained in report.html: so many results are not explained here as well"


class Status(StrEnum):
    """How a gate takes a result. `ERROR` is red too: something kept the case from being judged."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"

    @property
    def is_red(self) -> bool:
        """Whether a gate stops at it."""
        return self in (Status.FAILED, Status.ERROR)


@dataclass(frozen=True, slots=True)
class Result:
    """One result. `suite` is the operation, `group` the rule or the workload, and `kind` what Assay itself calls it.

    `message` is one line; `text` explains at length, with evidence. Neither holds a character that acts.
    """

    suite: str
    group: str
    name: str
    seconds: float
    status: Status
    kind: str
    message: str = ""
    text: str = ""
    severity: str = ""


def results(run: Run) -> list[Result]:
    """All results, by operation; then the measurements, and the verdict where nothing else is red."""
    return list(_results(run))


def facts(run: Run) -> dict[str, str]:
    """What a file of results states of the run: the target, the depth, the seed, and the verdict."""
    target = run.header["target"]
    stated = {f"target.{fact}": target[fact] for fact in ("url", "name", "version", "engine") if target.get(fact)}
    stated |= {"depth": view.depth(run)} if view.depth(run) else {}
    return {
        name: one_line(value, 1000)
        for name, value in {**stated, "seed": run.header["seed"], "verdict": view.sentence(run)}.items()
    }


def _results(run: Run) -> Iterator[Result]:
    views = {rule.id: rule for rule in view.rules(run)}
    explained, red = 0, False
    for outcome in sorted(run.outcomes, key=lambda each: str(each["operation"])):
        found = _case(run, views[outcome["rule"]], outcome, at_length=explained < EXPLAINED)
        explained += bool(found.text)
        red |= found.status.is_red
        yield found
    for found in _measurements(run):
        red |= found.status.is_red
        yield found
    if view.exit_code(run) != 0 and not (red and run.footer):
        yield _verdict(run)


def _case(run: Run, rule: RuleView, outcome: Event, at_length: bool) -> Result:
    kind, message = kind_of(outcome), view.first_message(outcome)
    status, text = Status.PASSED, ""
    if kind.is_broken and decides(rule.severity, view.strict(run)):
        status, message = Status.FAILED, message or "failed"
    elif kind.is_prevented:
        status, message = Status.ERROR, message or str(kind)
    elif kind.is_open or kind is OutcomeKind.KNOWN:
        reason = (outcome["known"] or {}).get("reason") if kind is OutcomeKind.KNOWN else None
        status, message = Status.SKIPPED, f"known deviation: {reason}" if reason else f"{kind}: {message}"
    if kind.is_bad or kind in (OutcomeKind.NOTE, OutcomeKind.RESOLVED):
        text = _told(run, rule, outcome, status) if at_length else FURTHER
    return Result(
        suite=one_line(outcome["operation"]),
        group=one_line(rule.id),
        name=one_line(outcome["case"], 1000),
        seconds=outcome["seconds"],
        status=status,
        kind=str(kind),
        message=one_line(message, 1000),
        text=visible(text)[:TEXT_LIMIT],
        severity=rule.severity,
    )


def _told(run: Run, rule: RuleView, outcome: Event, status: Status) -> str:
    """What is wrong; of a passed result what it has to add: a warning, a note, a deviation that is gone."""
    if kind_of(outcome) is OutcomeKind.RESOLVED:
        reason = one_line((outcome["known"] or {}).get("reason", "no reason recorded"))
        return f"A listed deviation no longer occurs; take it off the list. It was listed because: {reason}"
    told = "\n".join([*promise(rule, ""), *explanation(run, Group((outcome,)), "")])
    if status.is_red:
        return told
    heading = "note" if kind_of(outcome) is OutcomeKind.NOTE else "warning (decides only in strict runs)"
    return f"{heading}\n{told}"


def _measurements(run: Run) -> Iterator[Result]:
    """A result for each measurement: an error where it is invalid and that decides the exit code."""
    for each in measured.of(run):
        decisive = view.exit_code(run) == Exit.INVALID
        status = Status.PASSED if each.valid else Status.ERROR if decisive else Status.SKIPPED
        why = "; ".join(each.reasons)
        yield Result(
            suite="measurements",
            group=one_line(each.workload),
            name=one_line(f"{each.target}, {measured.load(each)}, repetition {each.repetition}", 1000),
            seconds=each.seconds,
            status=status,
            kind="valid" if each.valid else "invalid",
            message=one_line(f"invalid: {why}" if status is Status.SKIPPED else why, 1000),
            text=visible(measured.in_words(each))[:TEXT_LIMIT],
        )


def _verdict(run: Run) -> Result:
    """What a gate would see green, where the run was not."""
    return Result(
        suite="assay",
        group="assay",
        name="verdict",
        seconds=0.0,
        status=Status.ERROR,
        kind="verdict",
        message=one_line(view.sentence(run), 1000),
        text=visible(view.exit_meaning(run)),
    )
