"""One conformance run, from reaching the target to the verdict.

begin()   reach, discover, ask each operation once; all before pytest collects, in one process
conclude() how one case ended, run by pytest, turned into its outcome
finish()  footer, reports, exit code
"""

from __future__ import annotations

import dataclasses
import datetime
import platform
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path

import assay
from assay import contract as promise
from assay import expect
from assay.contract.rule import Case, Rule, Severity
from assay.errors import AssayError, Exit, UsageProblem
from assay.judge.verdicts import NoWitness, PrerequisiteBroken, RuleBroken
from assay.plugin.deployment import PLAIN_RULE, Deployment
from assay.plugin.options import CheckOptions
from assay.plugin.quiet import hypothesis_elsewhere, silent_client
from assay.plugin.smoke import Smoke, ask_each_operation
from assay.record import Finding, Outcome, OutcomeKind, RecordWriter, Redactor, read
from assay.report import html, junit, summary
from assay.report.text import one_line
from assay.report.verdict import verdict
from assay.target import Capability, Policy, Target, discover
from assay.target.discovery import Discovery, no_api

Echo = Callable[[str], None]
Judged = tuple[OutcomeKind, str, tuple[Finding, ...]]
DEFAULT_MODELS = {"segmentation": "hiera_tiny"}
"""The version that the SAM2 page's own sample sends."""
BROKEN_KINDS = frozenset({OutcomeKind.FAIL, OutcomeKind.ERROR, OutcomeKind.BLOCKED, OutcomeKind.WARN})


class Check:
    """A run in progress. `outcomes` grows case by case, in the order in which the cases ran."""

    deployment: Deployment
    target: Target
    writer: RecordWriter

    def __init__(self, options: CheckOptions, echo: Echo) -> None:
        self.options = options
        self.echo = echo
        self.outcomes: list[Outcome] = []
        self.capabilities: dict[str, Capability] = {}
        self.known = expect.KnownDeviations()
        self.smoke = Smoke()
        self.exit_code: int | None = None
        self.problem: UsageProblem | None = None
        self.begun = False
        self.redactor = Redactor()
        self._recorded = False
        self._resources = ExitStack()
        self._severities: dict[str, str] = {}
        self._content: set[str] = set()

    def begin(self) -> None:
        """Reach the target, find out what it offers, and open the record.

        Raises AssayError: UsageProblem, or TargetUnreachable. Then no record is left behind.
        """
        try:
            self._open()
            self.begun = True
        except AssayError as error:
            self._discard()
            error.args = (self.redactor.text(str(error)),)  # it may tell what the target said
            raise
        except BaseException:
            if self._recorded:
                self.finish(interrupted=True)
            else:
                self._discard()
            raise

    def _discard(self) -> None:
        if hasattr(self, "writer"):
            self.writer.discard()
        self._resources.close()

    def _open(self) -> None:
        listed = self._listed_deviations()
        policy = self._policy()
        self.redactor = Redactor(policy.key, policy.headers)
        self.writer = RecordWriter(self._folder(), policy.base_url, self.redactor)
        self._resources.callback(self.writer.close)
        self._resources.enter_context(hypothesis_elsewhere())
        self._resources.enter_context(silent_client())
        self.target = Target(policy)
        self._resources.callback(self.target.close)
        self._discover(listed)
        self._write_header()
        self._recorded = True
        self.target.record_to(self.writer)
        self._announce()
        self.smoke = ask_each_operation(self.deployment, self._available())
        self.smoke.refuse_if_misconfigured(self.options, self.redactor)

    def _discover(self, listed: expect.KnownDeviations) -> None:
        options, contract = self.options, promise.load()
        found = discover(self.target, contract.operations.values())
        self.fingerprint = found.fingerprint
        self.known = listed.for_target(found.fingerprint, datetime.date.today())
        models = self._models(found)
        self.capabilities = {
            operation.id: self._capability(found.capabilities[operation.id], operation.task, models)
            for operation in contract.operations.values()
        }
        if found.web_pages and not self._available():
            raise no_api(self.target.policy.base_url)
        self.deployment = Deployment(self.target, contract, models, options.seed, options.examples)

    def _listed_deviations(self) -> expect.KnownDeviations:
        if not self.options.use_known:
            return expect.KnownDeviations()
        own = expect.load(self.options.known_files)
        return expect.KnownDeviations(own.entries + expect.shipped().entries)

    def _policy(self) -> Policy:
        options = self.options
        if not options.on_reference:
            return options.policy(options.target, options.key())
        from assay.reference import embedded  # only here: no other target needs it

        if options.key_variable:  # no use here, but a mistake in it is told
            Policy(url="http://127.0.0.1", key=options.key())
        return options.policy(self._resources.enter_context(embedded.deployment()), embedded.KEY)

    def _models(self, found: Discovery) -> dict[str, str]:
        """The user's word first, then what the target has loaded, then the documents' own sample."""
        if self.options.on_reference:
            from assay.reference import embedded

            return {**embedded.MODELS, **self.options.models}
        loaded = {task: model for task, model in found.models.items() if model.count("/") == 1}
        return {**DEFAULT_MODELS, **loaded, **self.options.models}

    def _capability(self, found: Capability, task: str, models: dict[str, str]) -> Capability:
        if not found.described and task not in self.options.models and not self.options.on_reference:
            because = (
                f"the target publishes no /openapi.json and no model was named; name one with --model {task}=MODEL"
            )
            return Capability(False, because)
        if found.available and task not in models:
            return Capability(False, f"no model is known for {task}; name one with --model {task}=MODEL")
        return found

    def _available(self) -> list[str]:
        return [operation for operation, capability in self.capabilities.items() if capability.available]

    def _folder(self) -> Path:
        if self.options.out:
            return self.options.out
        stamp = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
        folder, number = Path("assay-runs") / stamp, 1
        while folder.exists():
            number += 1
            folder = Path("assay-runs") / f"{stamp}-{number}"
        return folder

    def _write_header(self) -> None:
        self.writer.header(
            assay={"version": assay.__version__, "python": platform.python_version()},
            target=self.fingerprint.as_json(),
            seed=self.options.seed,
            configuration={**self.options.as_json(), "models": dict(self.deployment.models)},
            capabilities={
                name: {"available": capability.available, "because": capability.because}
                for name, capability in self.capabilities.items()
            },
            documents=[dataclasses.asdict(document) for document in self.deployment.contract.documents.values()],
        )

    def _announce(self) -> None:
        stated = " ".join(word for word in (self.fingerprint.name, self.fingerprint.version) if word)
        engine = f", engine {self.fingerprint.engine}" if self.fingerprint.engine else ""
        stated = one_line(self.redactor.text(f"{stated or 'unnamed'}{engine}"), 120)
        self.echo(f"Assay {assay.__version__} checks {self.fingerprint.url} ({stated})")
        if not self.target.policy.loopback:
            self.echo(f"  at most {self.target.policy.max_requests} requests will be sent; --max-requests bounds them")
        for operation, capability in self.capabilities.items():
            task = self.deployment.contract.operations[operation].task
            told = (
                f"model {self.deployment.models[task]}"
                if capability.available
                else f"not checked: {capability.because}"
            )
            self.echo(f"  {operation:28} {told}")

    def add_rules(self, rules: Iterable[Rule]) -> None:
        """Keep the catalogue entries of the rules that this run judges."""
        for rule in rules:
            if rule.id not in self._severities:
                self._severities[rule.id] = str(rule.severity)
                self._content |= {rule.id} if rule.content else set()
                self.writer.rule(rule)

    def reason_to_skip(self, case: Case) -> str | None:
        """Why the target cannot be asked this case, by a fact of discovery; None where it can."""
        capability = self.capabilities.get(case.operation)
        return None if capability is None or capability.available else capability.because

    def reason_to_block(self, rule: Rule, case: Case) -> str | None:
        """Why this case cannot be judged: the operation does not answer at all, or the target is gone."""
        self.target.probe()
        if self.target.gone:
            return "the target stopped answering during the run"
        if rule.id != PLAIN_RULE and case.operation in self.smoke.silent:
            return f"{PLAIN_RULE} failed: {case.operation} answers no plain request"
        return None

    def conclude(
        self, rule: Rule, case: Case, error: BaseException | None, seconds: float, exchanges: list[str]
    ) -> Outcome:
        """Turn the end of a rule's function into the outcome of its case, and record it."""
        kind, message, findings = self._judged(rule, case, error)
        listed, deviation = self.known.find(rule.id, case.id), None
        if kind in (OutcomeKind.FAIL, OutcomeKind.WARN):
            if isinstance(error, PrerequisiteBroken):
                deviation = self._known_to_break(error.prerequisite, case.operation)
            elif listed and listed.explains(findings):
                deviation = listed
            kind, message = (OutcomeKind.KNOWN, deviation.reason) if deviation else (kind, message)
        elif kind is OutcomeKind.PASS and listed:
            kind, deviation = OutcomeKind.RESOLVED, listed
            message = "listed as a known deviation, but it no longer occurs: remove the entry"
        notes = self._notes(case)
        outcome = Outcome(
            rule=rule.id,
            case=case.id,
            operation=case.operation,
            kind=kind,
            message=message,
            findings=findings,
            witness="; ".join(notes) or None,
            exchanges=tuple(exchanges),
            seconds=seconds,
            known=deviation.as_json() if deviation else None,
        )
        return self.add(outcome)

    def add(self, outcome: Outcome) -> Outcome:
        """Record an outcome."""
        self.outcomes.append(outcome)
        self.writer.outcome(outcome)
        return outcome

    def _judged(self, rule: Rule, case: Case, error: BaseException | None) -> Judged:
        broken = {Severity.MUST: OutcomeKind.FAIL, Severity.SHOULD: OutcomeKind.WARN, Severity.NOTE: OutcomeKind.NOTE}
        match error:
            case None:
                return (OutcomeKind.NOTE if rule.severity is Severity.NOTE else OutcomeKind.PASS), "", ()
            case PrerequisiteBroken() if self._has_failed(error.prerequisite, case.operation):
                return OutcomeKind.BLOCKED, f"{error.prerequisite} failed", error.findings
            case RuleBroken():
                return broken[rule.severity], str(error), error.findings
            case NoWitness():
                return OutcomeKind.INCONCLUSIVE, str(error), ()
            case AssayError():
                return OutcomeKind.ERROR, str(error), ()
            case _:
                return OutcomeKind.ERROR, f"the suite broke: {type(error).__name__}: {error}", ()

    def _has_failed(self, rule: str, operation: str) -> bool:
        return any(
            outcome.rule == rule and outcome.operation == operation and outcome.kind in BROKEN_KINDS
            for outcome in self.outcomes
        )

    def _known_to_break(self, rule: str, operation: str) -> expect.Deviation | None:
        """The listed deviation of a prerequisite that was seen in this operation: what depends on it is known too."""
        return next(
            (
                self.known.find(outcome.rule, outcome.case)
                for outcome in self.outcomes
                if (outcome.rule, outcome.operation, outcome.kind) == (rule, operation, OutcomeKind.KNOWN)
            ),
            None,
        )

    def _notes(self, case: Case) -> list[str]:
        if self.reason_to_skip(case):
            return []
        driver = self.deployment.driver(case.operation)
        notes = list(driver.notes)
        driver.notes.clear()
        return notes

    def abandon(self) -> None:
        """Stop without a verdict; what was recorded stays."""
        self._resources.close()

    def finish(self, interrupted: bool = False) -> int:
        """Write the footer and the reports; returns the exit code. An interrupted run gets no footer and no verdict."""
        try:
            self.exit_code = self._finish(interrupted)
            return self.exit_code
        finally:
            self._resources.close()

    def _finish(self, interrupted: bool) -> int:
        gone = self.target.gone
        given = verdict(self.outcomes, self._severities, strict=self.options.strict, gone=gone, content=self._content)
        code = Exit.INTERRUPTED if interrupted else Exit(given.exit_code)
        if not interrupted:
            self.writer.footer(counts=given.counts, exit_code=int(code), verdict=given.sentence)
        write_reports(self.writer.folder)
        return int(code)


def write_reports(folder: Path) -> Path:
    """Render the record in a folder; returns where the HTML lies. Raises UsageProblem where nothing can be written."""
    run = read(folder)
    try:
        html.write(run, folder / "report.html")
        junit.write(run, folder / "junit.xml")
        summary.write(run, folder / "summary.md")
    except OSError as error:
        raise UsageProblem(f"cannot write the report of the run in {folder}: {error.strerror}") from None
    return folder / "report.html"


def stopwatch() -> Callable[[], float]:
    """Seconds since this call."""
    start = time.perf_counter()
    return lambda: time.perf_counter() - start
