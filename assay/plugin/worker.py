"""One of several processes that judge for one run. It asks and judges; the leading process has the rest."""

from __future__ import annotations

import signal
from collections.abc import Generator, Iterable
from contextlib import ExitStack

import pytest

from assay import garbage
from assay.contract.rule import Case, Rule
from assay.errors import UsageProblem
from assay.interrupts import blocked, taken
from assay.photograph import photographs
from assay.plugin.check import Check
from assay.plugin.choosing import why_left_out
from assay.plugin.handing import LEDGER, PICTURES, Handed, Returned
from assay.plugin.judging import RULE, Judging
from assay.plugin.opening import policy_for
from assay.plugin.options import CheckOptions
from assay.plugin.tally import Tally
from assay.record import Outcome, RecordWriter
from assay.record.bounds import share_of_run
from assay.record.parts import PARTS
from assay.target import Policy, Target
from assay.target.assets import Assets
from assay.target.budget import Budget

OUTPUT = "assay"
REPORTED = "assay_outcome"
"""The attribute of a report that holds the outcome as a line of the record: pytest-xdist carries it along."""
STOP = "stop"
"""A file beside the parts: when it is there, no further case is to be judged."""
OVER = "the run is over"
OUTCOME = pytest.StashKey[str]()


def for_the_leader(rule: Rule, options: CheckOptions) -> bool:
    """Whether a rule waits until no worker asks any more: alone, or late, to judge what all of them have heard.

    Of the embedded deployment each worker has one: what a task is to have for itself, it has there.
    """
    return rule.is_serial and not (rule.alone == "task" and options.on_reference)


class SharedCheck(Check):
    """The part of a run that one worker does: reaching, discovery, smoke and the verdict are not its own."""

    def __init__(self, handed: Handed) -> None:
        super().__init__(handed.options, lambda _: None)
        self.handed = handed
        self.tally = Tally(handed.outcomes, handed.settled)
        self.knows = handed.knows

    def begin(self) -> None:
        """Go on where the leading process has come to. A record that cannot be opened is told when it is needed."""
        handed = self.handed
        try:
            self.photographs = photographs(self.options.pictures) if self.options.pictures else ()
            self._prepare(handed.policy or policy_for(self.options, self._resources))
        except UsageProblem as error:
            self.problem = error
            return
        self.target.privacy_parameters.update(handed.privacy_parameters)
        self.target.privacy_fields.update(handed.privacy_fields)
        self.target.no_url = handed.no_url
        if handed.assets is not None:
            self.target.assets = Assets(handed.assets, handed.shared / PICTURES)
        self.deployment = self._new_deployment()
        self._withhold_addresses()
        self.target.record_to(self.writer)
        self.begun = True

    def _new_writer(self, policy: Policy) -> RecordWriter:
        handed = self.handed
        return RecordWriter(
            handed.folder,
            policy.base_url,
            self.redactor,
            policy.curl_words,
            part=handed.number,
            withholding=self._withholding(),
            room=share_of_run(self.options.processes),
        )

    def _new_target(self, policy: Policy) -> Target:
        budget = Budget(policy.max_requests, ledger=self.handed.shared / LEDGER)
        return Target(policy, self.handed.first_exchange, budget, self.handed.deadline)

    def add_rules(self, rules: Iterable[Rule]) -> None:
        """The leading process has collected the same rules, and records them."""


class Worker(Judging):
    """Judges what it is given, and tells each outcome along with pytest's own report of the test."""

    def __init__(self, check: SharedCheck) -> None:
        super().__init__(check)
        self._hearing = ExitStack()

    def wanted(self, rule: Rule) -> bool:
        """What needs the target for itself, or all that was heard, is left to the leading process."""
        return not for_the_leader(rule, self.check.options)

    def _cases(self, rule: Rule) -> list[Case]:
        """No test for what is not judged here: the leading process notes why."""
        left_out = not self.wanted(rule) or why_left_out(rule, self.check.options)
        return [] if left_out else super()._cases(rule)

    def leave_out(self, rule: Rule, case: Case, reason: str) -> None:
        """The leading process notes it."""

    def keep(self, item: pytest.Item, outcome: Outcome) -> None:
        """Keep the outcome, as it was recorded, for the report of this test."""
        item.stash[OUTCOME] = self.check.last_line

    def _begin(self) -> None:
        """Hear Ctrl-C, which has waited, until the end: it ends a case that waits for an answer."""
        super()._begin()
        self.check.interrupts = self._hearing.enter_context(taken(signal.SIGINT))
        self._hearing.enter_context(blocked(signal.SIGINT, whether=False))

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> None:
        """Collect nothing where the run is over before it began here."""
        if self._is_over():
            raise session.Interrupted(OVER)

    def _is_over(self) -> bool:
        return self.check.begun and (self.check.writer.folder / PARTS / STOP).exists()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Send the outcome with the first report after it."""
        report = yield
        line = item.stash.get(OUTCOME, "")
        if line:
            item.stash[OUTCOME] = ""
            vars(report)[REPORTED] = line
        return report

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Judge nothing where nothing can be recorded, or where the run is over."""
        if RULE in item.stash:
            if not self.check.begun:
                pytest.skip(str(self.check.problem))
            if self._is_over():
                item.session.shouldstop = OVER
                pytest.skip(OVER)
        super().pytest_runtest_setup(item)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Say what came up beside the outcomes. The verdict is not given here."""
        self._hearing.close()
        check = self.check
        returned = Returned(
            gone=check.begun and check.target.gone,
            spent=str(check.spent or ""),
            problem=str(check.problem or ""),
            broke=(check.broke.what, check.broke.trace) if check.broke else None,
            heard=check.overheard.all() if check.begun else {},
            ordinary=check.begun and check.overheard.ordinary,
        )
        session.config.workeroutput[OUTPUT] = returned.packed()  # type: ignore[attr-defined]
        check.abandon()

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """End without a last look for garbage; where this is somebody's own pytest, after its own."""
        garbage.freeze()
