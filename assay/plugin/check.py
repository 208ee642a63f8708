"""One conformance run, from reaching the target to the verdict.

begin()   reach, discover, ask each operation once; all before pytest collects, in one process
conclude() how one case ended, run by pytest, turned into its outcome
finish()  footer, reports, exit code
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import platform
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TypeVar

import assay
from assay import contract as promise
from assay import expect
from assay.contract.rule import Case, Rule
from assay.errors import AssayError, BudgetSpent, Exit, Fault, UsageProblem
from assay.judge.overheard import Overheard
from assay.photograph import ALTERATIONS, photographs
from assay.plugin.announcing import announcement, estimate
from assay.plugin.choosing import is_operation_asked_for, is_to_look, operations_judged, why_left_out
from assay.plugin.concluding import explained, judged
from assay.plugin.deployment import Deployment
from assay.plugin.drivers import PLAIN_RULE
from assay.plugin.fetching import offer_pictures
from assay.plugin.loading import holds
from assay.plugin.opening import capability_for, folder_for, models_for
from assay.plugin.options import CheckOptions
from assay.plugin.progress import Progress
from assay.plugin.quiet import hypothesis_elsewhere, silent_client, termination_as_interrupt
from assay.plugin.requiring import REQUIRED, required_outcomes
from assay.plugin.smoke import Smoke, ask_each_operation, refuse_refusal
from assay.record import CannotRecord, Outcome, RecordWriter, Redactor, Run, Withholding
from assay.record.bounds import share_of_run
from assay.report.files import write_reports
from assay.report.verdict import verdict
from assay.target import Capability, Policy, Target, discover
from assay.target.discovery import Discovery, Fingerprint, no_api
from assay.target.registry import Held

Resource = TypeVar("Resource")
Echo = Callable[[str], None]


class Check:
    """A run in progress. `outcomes` grows case by case, in the order in which the cases ran.

    `expected_requests` is what was announced before the first of them. `settled` holds rule and case of what needs no
    judging any more; `lost` says that another process that judges for this run has found the target gone; `broke` is
    what went wrong in Assay itself. `run` is the record as it was read for the reports, None until there are any.
    """

    deployment: Deployment
    expected_requests: int
    target: Target
    writer: RecordWriter
    overheard: Overheard
    fingerprint: Fingerprint
    withholding: Withholding

    def __init__(self, options: CheckOptions, echo: Echo) -> None:
        self.options = options
        self.echo = echo
        self.outcomes: list[Outcome] = []
        self.settled: frozenset[tuple[str, str]] = frozenset()
        self.lost = False
        self.capabilities: dict[str, Capability] = {}
        self.services: dict[str, Capability] = {}
        self.known = expect.KnownDeviations()
        self.smoke = Smoke()
        self.exit_code: int | None = None
        self.run: Run | None = None
        self.spent: BudgetSpent | None = None
        self.problem: UsageProblem | None = None
        self.broke: Fault | None = None
        self.last_line = ""
        self.begun = False
        self.progress = Progress()
        self.redactor = Redactor()
        self._held: Held | None = None
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
        self._resources.enter_context(termination_as_interrupt())
        listed = self._listed_deviations()
        self.photographs = photographs(self.options.pictures) if self.options.pictures else ()
        self._prepare(self._policy())
        self._discover(listed)
        self._write_header()
        self._recorded = True
        self.target.record_to(self.writer)
        self._announce()
        self._require()
        self.progress.doing = "asking each operation once"
        held = self._held if is_to_look(self.options) else None
        self.smoke = ask_each_operation(self.deployment, self._asked(), held)
        self.smoke.refuse_if_misconfigured(self.options, self.redactor)
        answering = [operation for operation in self._asked() if operation not in self.smoke.silent]
        offer_pictures(self.deployment, self.options, answering, self._resources)
        self._withhold_addresses()

    def _withholding(self) -> Withholding | None:
        if not self.options.no_pictures:
            return None
        self.withholding = Withholding()
        for photograph in self.photographs:
            for shown in (photograph, *(alter(photograph) for alter in ALTERATIONS.values())):
                self.withholding.picture(shown.png())
        return self.withholding

    def _withhold_addresses(self) -> None:
        """Tell what is served where: a rule may have any of the pictures fetched."""
        if self.options.no_pictures and self.target.assets is not None:
            for photograph in self.photographs:
                self.withholding.address(self.target.assets.publish(photograph.png()))

    def _prepare(self, policy: Policy) -> None:
        """Open the record, and make ready to send and to hear."""
        self.redactor = Redactor(policy.key, policy.secrets)
        self.writer = self._new_writer(policy)
        self._resources.callback(self.writer.close)
        self._resources.enter_context(hypothesis_elsewhere())
        self._resources.enter_context(silent_client())
        self.target = self.progress.target = self._new_target(policy)
        self._resources.callback(self.target.close)
        self.overheard = Overheard(policy.key)
        self.target.heard_by(self.overheard.hear)

    def _new_writer(self, policy: Policy) -> RecordWriter:
        withholding = self._withholding()
        folder, made = folder_for(self.options)
        return RecordWriter(
            folder,
            policy.base_url,
            self.redactor,
            policy.curl_words,
            withholding=withholding,
            made=made,
            room=share_of_run(self.options.workers),
        )

    def _new_target(self, policy: Policy) -> Target:
        return Target(policy)

    def _models(self, found: Discovery) -> dict[str, str]:
        return models_for(self.options, found)

    def _discover(self, listed: expect.KnownDeviations) -> None:
        options, contract = self.options, promise.load()
        found = discover(self.target, [*contract.operations.values(), *contract.services.values()])
        self.fingerprint, self._held = found.fingerprint, found.held
        self.known = listed.for_target(found.fingerprint, datetime.date.today())
        models = self._models(found)
        self.capabilities = {
            operation.id: capability_for(operation, options, found, models)
            for operation in contract.operations.values()
        }
        self.services = {name: found.capabilities[name] for name in contract.services}
        if found.web_pages and not self._available():
            raise no_api(self.target.policy.base_url)
        if found.refusal and not self._available():
            refuse_refusal(found.refusal, options, self.redactor)
        self.deployment = Deployment(
            self.target,
            contract,
            models,
            options.seed,
            options.examples,
            depth=options.how_deep,
            photographs=self.photographs,
        )

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

    def _available(self) -> list[str]:
        return [operation for operation, capability in self.capabilities.items() if capability.available]

    def _asked(self) -> list[str]:
        """The operations that this run asks: of the others not even a plain request is sent."""
        judged = operations_judged(self.options)
        return [operation for operation in self._available() if operation in judged]

    def _write_header(self) -> None:
        self.writer.header(
            assay={"version": assay.__version__, "python": platform.python_version()},
            target=self.fingerprint.as_json(),
            seed=self.options.seed,
            configuration={**self.options.as_json(), "models": dict(self.deployment.models)},
            capabilities={
                name: {"available": capability.available, "because": capability.because}
                for name, capability in self.capabilities.items()
                if is_operation_asked_for(name, self.options)
            },
            documents=[dataclasses.asdict(document) for document in self.deployment.contract.documents.values()],
        )

    def _announce(self) -> None:
        options, capabilities, deployment = self.options, self.capabilities, self.deployment
        self.expected_requests = estimate(options, capabilities, deployment)
        for line in announcement(
            options,
            self.fingerprint,
            capabilities,
            deployment,
            expected=self.expected_requests,
            redactor=self.redactor,
        ):
            self.echo(line)

    def _require(self) -> None:
        """Judge what the user requires by what was found, whatever else is left out."""
        outcomes = list(required_outcomes(self.options.require, self.capabilities))
        self.add_rules([REQUIRED] if outcomes else [])
        for outcome in outcomes:
            if (outcome.rule, outcome.case) not in self.settled:
                self.add(outcome)

    def add_rules(self, rules: Iterable[Rule]) -> None:
        """Keep the catalogue entries of the rules that this run judges."""
        for rule in rules:
            if rule.id not in self._severities:
                self._severities[rule.id] = str(rule.severity)
                self._content |= {rule.id} if rule.content else set()
                self.writer.rule(rule)

    def tell(self, line: str, urgent: bool) -> None:
        """Say what became of a rule; on a terminal, where one line shows the progress, only what is urgent."""
        if urgent or not self.progress.shown:
            self.echo(line)

    def reason_to_leave_out(self, rule: Rule, case: Case) -> str | None:
        """Why the user's own words leave this case out; None where they do not."""
        return why_left_out(rule, self.options) or self._reason_not_to_load(rule, case)

    def _reason_not_to_load(self, rule: Rule, case: Case) -> str | None:
        """No target is made to load another model, unless the user goes deep, or names the rule in full."""
        options = self.options
        if rule.asks is None or options.how_deep.loads or options.on_reference or rule.id in options.only:
            return None
        if not self.capabilities[case.operation].available:
            return None
        task = self.deployment.contract.operation(case.operation).task
        own = self.deployment.models[task]
        model = rule.asks(case, own)
        if model == own or holds(self.smoke.held, task, model):
            return None
        return f"left out at --depth {options.depth}: the target would have to load {model}; --depth deep judges it"

    def reason_to_skip(self, case: Case) -> str | None:
        """Why the target cannot be asked this case, by a fact of discovery; None where it can."""
        capability = self.capabilities.get(case.operation) or self.services.get(case.operation)
        if case.operation in self.services and not self._available():
            return "the target offers none of the operations, so that what it says of itself means nothing here"
        return None if capability is None or capability.available else capability.because

    def reason_to_leave_open(self, case: Case) -> str | None:
        """Why nothing can be told of this case: a limit of the rate of requests; None where it can."""
        if case.operation not in self.smoke.busy:
            return None
        waited = self.options.ready_timeout
        return f"the target limits the rate of requests: {case.operation} was still refused after {waited:g} s"

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
        found = judged(rule, case, error, self.outcomes)
        kind, message, deviation = explained(rule, case, error, found, known=self.known, before=self.outcomes)
        notes = self._notes(case)
        outcome = Outcome(
            rule=rule.id,
            case=case.id,
            operation=case.operation,
            kind=kind,
            message=message,
            findings=found[2],
            witness="; ".join(notes) or None,
            exchanges=tuple(exchanges),
            seconds=seconds,
            known=deviation.as_json() if deviation else None,
        )
        return self.add(outcome)

    def add(self, outcome: Outcome) -> Outcome:
        """Record an outcome. Where that cannot be done, the run has a problem, and comes to an end."""
        self.learn(outcome)
        try:
            self.last_line = self.writer.outcome(outcome)
        except CannotRecord as error:
            self.problem, self.last_line = error, ""
        return outcome

    def learn(self, outcome: Outcome) -> None:
        """Take in an outcome that is recorded already."""
        self.outcomes.append(outcome)
        self.progress.count(outcome.kind)

    def _notes(self, case: Case) -> list[str]:
        if self.reason_to_skip(case):
            return []
        driver = self.deployment.driver(case.operation)
        notes = list(driver.notes)
        driver.notes.clear()
        return notes

    def hold(self, resource: AbstractContextManager[Resource]) -> Resource:
        """Have something until the run is over."""
        return self._resources.enter_context(resource)

    @property
    def over(self) -> str:
        """Why no further case is to be judged; empty where all is well."""
        return str(self.spent or self.problem or self.broke or "")

    @property
    def kept(self) -> Path | None:
        """Where what was measured lies; None where nothing was yet."""
        return self.writer.folder if self._recorded else None

    def break_off(self, error: BaseException) -> Fault:
        """Remember what went wrong in Assay itself; the first of it counts."""
        self.broke = self.broke or Fault.of(error, self.redactor.text, self.kept)
        return self.broke

    def abandon(self) -> None:
        """Stop without a verdict; what was recorded stays."""
        self._resources.close()

    def finish(self, interrupted: bool = False) -> int:
        """Write the footer and the reports; returns the exit code. An interrupted run gets no footer and no verdict."""
        self.progress.doing = "writing the report"
        try:
            self.exit_code = self._finish(interrupted)
            return self.exit_code
        finally:
            self._resources.close()

    def _finish(self, interrupted: bool) -> int:
        try:
            code = self._close_record(interrupted)
        except CannotRecord:
            with contextlib.suppress(UsageProblem):  # the reports may not find room either
                self.run = write_reports(self.writer.folder)
            raise
        self.run = write_reports(self.writer.folder)
        return code

    def _close_record(self, interrupted: bool) -> int:
        """Make one record of it, with a footer where there is a verdict; returns the exit code."""
        self.writer.gather()
        gone = self.target.gone or self.lost
        given = verdict(
            self.outcomes,
            self._severities,
            strict=self.options.strict,
            gone=gone,
            content=self._content,
            spent=str(self.spent or ""),
        )
        code = Exit.INTERRUPTED if interrupted else Exit(given.exit_code)
        if not interrupted:
            self.writer.footer(counts=given.counts, exit_code=int(code), verdict=given.sentence)
        return int(code)
