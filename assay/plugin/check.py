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
import signal
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import assay
from assay import contract as promise
from assay import expect, extensions
from assay.contract.rule import Case, Rule
from assay.errors import AssayError, BudgetSpent, Exit, Fault, UsageProblem
from assay.interrupts import Interrupts, taken
from assay.judge.overheard import Overheard
from assay.photograph import ALTERATIONS, photographs
from assay.plugin.announcing import announcement, estimate
from assay.plugin.choosing import is_operation_asked_for, is_to_look, operations_judged, why_left_out
from assay.plugin.concluding import concluded
from assay.plugin.deployment import Deployment
from assay.plugin.fetching import see_what_is_fetched, serve_pictures
from assay.plugin.knowing import Knowledge
from assay.plugin.leaving import close_what_can_be_closed, what_is_left
from assay.plugin.opening import (
    capability_for,
    deployments_for,
    folder_for,
    listed_deviations,
    models_for,
    policy_for,
    refuse_unasked,
)
from assay.plugin.options import CheckOptions
from assay.plugin.progress import Progress
from assay.plugin.quiet import hypothesis_elsewhere, silent_client
from assay.plugin.requiring import REQUIRED, required_outcomes
from assay.plugin.smoke import ask_each_operation
from assay.plugin.tally import Tally
from assay.probes import BARS, PAIRS, SLANTS
from assay.record import CannotRecord, Outcome, RecordWriter, Redactor, Run, Withholding
from assay.record.bounds import LONGEST_WITNESS, share_of_run, short
from assay.scene import SCENES
from assay.target import Policy, Target, discover
from assay.target.discovery import Discovery

Resource = TypeVar("Resource")
Echo = Callable[[str], None]
Enough = Callable[[Outcome], bool]


ENOUGH = "enough was seen"
"""Why a run ends that was told when to."""


def never(outcome: Outcome) -> bool:
    """No outcome is enough: the run goes on to its end."""
    return False


class Check:
    """A run in progress. `knows` is what was found out about the target, `tally` holds what was concluded.

    Of the `embedded` deployments, by their URLs, the first is the target, and each further process has one; `meanwhile`
    is done while they start, before anything is asked.
    `expected_requests` is what was announced before the first case; `lost` says that another process that judges for
    this run has found the target gone; `spent`, `problem`, `broke` and `interrupts` are what ends it early: a bound of
    the user's, a record that cannot be written, what went wrong in Assay itself, and Ctrl-C. `run` is the record as it
    was read for the reports, None until there are any.
    """

    deployment: Deployment
    expected_requests: int
    target: Target
    writer: RecordWriter
    overheard: Overheard
    knows: Knowledge
    withholding: Withholding

    def __init__(self, options: CheckOptions, echo: Echo, enough: Enough = never, reports: bool = True) -> None:
        self.options = options
        self.echo = echo
        self.enough = enough
        self.reports = reports
        self.tally = Tally()
        self.lost = False
        self.exit_code: int | None = None
        self.run: Run | None = None
        self.spent: BudgetSpent | None = None
        self.problem: UsageProblem | None = None
        self.broke: Fault | None = None
        self.last_line = ""
        self.begun = False
        self.progress = Progress()
        self.interrupts = Interrupts()
        self.redactor = Redactor()
        self.meanwhile: Callable[[], None] = lambda: None
        self.embedded: tuple[str, ...] = ()
        self._recorded = False
        self._resources = ExitStack()

    @property
    def outcomes(self) -> list[Outcome]:
        """What became of the cases, in the order in which they ran."""
        return self.tally.outcomes

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
        except BaseException as error:
            self.interrupts.hold()
            if self._recorded:
                self.finish(interrupted=True)
            else:
                self._discard()
            if isinstance(error, KeyboardInterrupt) or self.interrupts.seen:  # an import may make another error of it
                raise KeyboardInterrupt(self._left()) from error
            raise

    def leave(self) -> str:
        """End now, without reports; returns the sentence to end with. What is recorded is there, line by line."""
        if not self.kept and hasattr(self, "writer"):
            self.writer.discard()
        close_what_can_be_closed(self._resources)
        return f"interrupted; {self._left()}"

    def _left(self) -> str:
        over = self.exit_code not in (None, Exit.INTERRUPTED)
        return what_is_left(self.kept, judged=bool(self.outcomes), over=over)

    def _discard(self) -> None:
        if hasattr(self, "writer"):
            self.writer.discard()
        self._resources.close()

    def _open(self) -> None:
        self.interrupts = self._resources.enter_context(taken(signal.SIGINT, signal.SIGTERM))
        started = deployments_for(self.options, self._resources, 1)
        self.meanwhile()
        started += deployments_for(self.options, self._resources, self.options.processes - 1)
        listed = listed_deviations(self.options)
        self.photographs = photographs(self.options.pictures) if self.options.pictures else ()
        self._prepare(policy_for(self.options, self._resources, started))
        serve_pictures(self.target, self.options, self._resources)
        self._discover(listed)
        with self.interrupts.held():
            self._write_header()
            self._recorded = True
        self.target.record_to(self.writer)
        self._announce()
        self._require()
        self.progress.doing = "asking each operation once"
        held = self.knows.held if is_to_look(self.options) else None
        asked = self._asked()
        self.knows.smoke = smoke = ask_each_operation(self.deployment, asked, held)
        smoke.refuse_if_misconfigured(self.options, self.redactor)
        smoke.refuse_another_api(self._found, self.deployment)
        answering = [operation for operation in asked if operation not in smoke.silent]
        see_what_is_fetched(self.deployment, answering)
        self.embedded = tuple(each.url for each in started)
        self._withhold_addresses()

    def _withholding(self) -> Withholding | None:
        if not (self.options.no_pictures and self.photographs):
            return None
        self.withholding = Withholding(
            file for scene in (*SCENES.values(), *SLANTS, *BARS, PAIRS) for file in (scene.png(), scene.jpeg())
        )
        for photograph in self.photographs:
            for shown in (photograph, *(alter(photograph) for alter in ALTERATIONS.values())):
                self.withholding.picture(shown.png())
        return self.withholding

    def _withhold_addresses(self) -> None:
        """Tell what is served where: a rule may have any of the pictures fetched."""
        if self.options.no_pictures and self.photographs and self.target.assets is not None:
            for photograph in self.photographs:
                self.withholding.address(self.target.assets.publish(photograph.png()))

    def _prepare(self, policy: Policy) -> None:
        """Open the record, and make ready to send and to hear."""
        self.redactor = Redactor(policy.key, policy.secrets)
        with self.interrupts.held():
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
            room=share_of_run(self.options.processes),
        )

    def _new_target(self, policy: Policy) -> Target:
        return Target(policy)

    def _models(self, found: Discovery) -> dict[str, str]:
        return models_for(self.options, found)

    def _discover(self, listed: expect.KnownDeviations) -> None:
        options, contract = self.options, promise.load()
        self._found = found = discover(self.target, [*contract.operations.values(), *contract.services.values()])
        models = self._models(found)
        self.knows = Knowledge(
            found.fingerprint,
            capabilities={
                operation.id: capability_for(operation, options, found, models)
                for operation in contract.operations.values()
            },
            services={name: found.capabilities[name] for name in contract.services},
            models=models,
            known=listed.for_target(found.fingerprint, datetime.date.today()),
            held=found.held,
        )
        refuse_unasked(found, self.knows.capabilities, options, self.redactor)
        self.deployment = self._new_deployment()

    def _new_deployment(self) -> Deployment:
        options = self.options
        return Deployment(
            self.target,
            promise.load(),
            self.knows.models,
            options.seed,
            options.examples,
            depth=options.how_deep,
            photographs=self.photographs,
        )

    def _asked(self) -> list[str]:
        """The operations that this run asks: of the others not even a plain request is sent."""
        judged = operations_judged(self.options)
        return [operation for operation in self.knows.available if operation in judged]

    def _write_header(self) -> None:
        self.writer.header(
            assay={"version": assay.__version__, "python": platform.python_version(), **extensions.told()},
            target=self.knows.fingerprint.as_json(),
            seed=self.options.seed,
            configuration={
                **self.options.as_json(),
                "models": dict(self.deployment.models),
                "workers": self.options.processes,
            },
            capabilities={
                name: {"available": capability.available, "because": capability.because}
                for name, capability in self.knows.capabilities.items()
                if is_operation_asked_for(name, self.options)
            },
            documents=[dataclasses.asdict(document) for document in self.deployment.contract.documents.values()],
        )

    def _announce(self) -> None:
        options, capabilities, deployment = self.options, self.knows.capabilities, self.deployment
        self.expected_requests = estimate(options, capabilities, deployment)
        for line in announcement(
            options,
            self.knows.fingerprint,
            capabilities,
            deployment,
            expected=self.expected_requests,
            redactor=self.redactor,
        ):
            self.echo(line)

    def _require(self) -> None:
        """Judge what the user requires by what was found, whatever else is left out."""
        outcomes = list(required_outcomes(self.options.require, self.knows.capabilities))
        self.add_rules([REQUIRED] if outcomes else [])
        for outcome in outcomes:
            if not self.tally.is_settled(outcome.rule, outcome.case):
                self.add(outcome)

    def add_rules(self, rules: Iterable[Rule]) -> None:
        """Keep the catalogue entries of the rules that this run judges."""
        for rule in self.tally.new(rules):
            self.writer.rule(rule)

    def tell(self, line: str, urgent: bool) -> None:
        """Say what became of a rule; on a terminal, where one line shows the progress, only what is urgent."""
        if urgent or not self.progress.shown:
            self.echo(line)

    def reason_to_leave_out(self, rule: Rule, case: Case) -> str | None:
        """Why the user's own words leave this case out; None where they do not."""
        return why_left_out(rule, self.options) or self.knows.reason_not_to_load(rule, case, self.options)

    def reason_to_block(self, rule: Rule, case: Case) -> str | None:
        """Why this case cannot be judged: the operation does not answer at all, or the target is gone."""
        self.target.probe()
        if self.target.gone:
            return "the target stopped answering during the run"
        if rule.hostile and (reason := self.deployment.ordeals.reason_to_stop(case)):
            return reason
        return self.knows.reason_to_block(rule, case, self.redactor)

    def conclude(
        self, rule: Rule, case: Case, error: BaseException | None, seconds: float, exchanges: list[str]
    ) -> Outcome:
        """Turn the end of a rule's function into the outcome of its case, and record it."""
        outcome = concluded(rule, case, error, known=self.knows.known, before=self.outcomes)
        witness = "; ".join(self._notes(case)) or None
        return self.add(replace(outcome, witness=witness, exchanges=tuple(exchanges), seconds=seconds))

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
        if self.enough(outcome):
            self.spent = self.spent or BudgetSpent(ENOUGH)

    def _notes(self, case: Case) -> list[str]:
        """What was noted in the case, by whichever driver, each without secrets and in short."""
        notes = [] if self.knows.reason_to_skip(case) else list(self.deployment.notes)
        self.deployment.notes.clear()
        return [short(note, self.redactor.text, LONGEST_WITNESS) for note in notes]

    def hold(self, resource: AbstractContextManager[Resource]) -> Resource:
        """Have something until the run is over."""
        return self._resources.enter_context(resource)

    @property
    def over(self) -> str:
        """Why no further case is to be judged; empty where all is well."""
        interrupted = "it was interrupted" if self.interrupts.seen else ""
        return str(self.spent or self.problem or self.broke or interrupted)

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
        """Write the footer and the reports; returns the exit code. An interrupted run gets no footer and no verdict.

        What arrives while it is ended ends nothing more: a run has its footer or is gone on with, and has its reports.
        """
        self.interrupts.hold()
        self.progress.doing = "writing the report"
        try:
            return self._finish(interrupted)
        finally:
            self._resources.close()

    def _finish(self, interrupted: bool) -> int:
        try:
            self.exit_code = code = self._close_record(interrupted)
        except CannotRecord:
            with contextlib.suppress(UsageProblem):  # the reports may not find room either
                self._report()
            raise
        self._report()
        return code

    def _report(self) -> None:
        if self.reports:
            from assay.report.files import write_reports  # only here: a process that judges for another writes none

            self.run = write_reports(self.writer.folder)

    def _close_record(self, interrupted: bool) -> int:
        """Make one record of it, with a footer where there is a verdict; returns the exit code."""
        self.writer.gather()
        gone = self.target.gone or self.lost
        given = self.tally.verdict(strict=self.options.strict, gone=gone, spent=str(self.spent or ""))
        if interrupted or self.interrupts.seen:
            return Exit.INTERRUPTED
        self.writer.footer(counts=given.counts, exit_code=int(given.exit_code), verdict=given.sentence)
        return int(given.exit_code)
