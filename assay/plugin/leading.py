"""The process that leads a run in which several judge: pytest-xdist starts them and hands out the cases.

It reaches the target, opens the record and collects, as a run in one process does; hears of each outcome; judges
itself, at last, what no worker may judge; makes one record of the parts and gives the verdict.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import signal
import tempfile
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from assay.contract.rule import Case
from assay.errors import BudgetSpent, Fault, UsageProblem
from assay.interrupts import blocked
from assay.plugin.check import Check
from assay.plugin.handing import EXCHANGES_EACH, LEDGER, PICTURES, Handed, Returned
from assay.plugin.judging import RULE, Judging
from assay.plugin.worker import OUTPUT, REPORTED, STOP, for_the_leader
from assay.record import Outcome, OutcomeKind
from assay.record.parts import PARTS
from assay.target import Policy

if TYPE_CHECKING:
    from assay.plugin.scheduling import ByTask

INPUT = "assay"


class Leading(Judging):
    """Judging with the help of workers."""

    def __init__(self, check: Check) -> None:
        super().__init__(check)
        self._numbers = itertools.count(1)
        self._shared: Path | None = None
        self._alone: list[pytest.Item] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionstart(self) -> Generator[None, object, object]:
        """Begin, and have the workers started. Ctrl-C waits meanwhile: from there on pytest takes leave of them.

        They are born deaf to it: a terminal sends it to each of them, and they judge nothing yet.
        """
        self._begin()
        self.check.interrupts.hold()
        with blocked(signal.SIGINT):
            return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> bool:
        """Collect here too, to know what must be judged; pytest-xdist would leave it to the workers."""
        self.check.interrupts.let_go()
        session.perform_collect()
        options = self.check.options
        self._alone = [
            item for item in session.items if RULE in item.stash and for_the_leader(item.stash[RULE], options)
        ]
        return True

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Hand a worker, before it starts, what was found out."""
        number, check = next(self._numbers), self.check
        before = check.target.first_number // EXCHANGES_EACH
        node.workerinput[INPUT] = Handed(
            number=number,
            first_exchange=(before + number) * EXCHANGES_EACH + 1,
            folder=check.writer.folder.absolute(),
            options=check.options,
            policy=self._policy(number),
            knows=check.knows,
            privacy_parameters=check.target.privacy_parameters,
            privacy_fields=check.target.privacy_fields,
            assets=check.target.assets.base_url if check.target.assets else None,
            no_url=check.target.no_url,
            deadline=check.target.deadline,
            outcomes=tuple(check.outcomes),
            settled=check.tally.settled,
            shared=self._share(),
        ).packed()

    def _policy(self, number: int) -> Policy | None:
        """How a worker asks the target; None where it starts one for itself, for another that has died.

        One embedded deployment would keep them all waiting. Only the first worker has that of this process, which asks
        nothing meanwhile.
        """
        check = self.check
        if number == 1 or not check.options.on_reference:
            return check.target.policy
        if number > len(check.embedded):
            return None
        return replace(check.target.policy, url=check.embedded[number - 1])

    def _share(self) -> Path:
        """The folder in which all count their requests and publish their pictures."""
        if self._shared is None:
            self._shared = Path(self.check.hold(tempfile.TemporaryDirectory(prefix="assay-shared-")))
            self.check.target.budget.share(self._shared / LEDGER)
            (self._shared / PICTURES).mkdir()
            if self.check.target.assets:
                self.check.target.assets.share(self._shared / PICTURES)
        return self._shared

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> ByTask:
        """Each task to one worker, however the user would have the tests distributed."""
        from assay.plugin.scheduling import OWN_SECONDS, ByTask

        smoke = self.check.knows.smoke
        cases = {nodeid: case for nodeid, (_, case) in self._unjudged.items()}
        tasks = {nodeid: self._task(case) for nodeid, case in cases.items()}
        seconds = {nodeid: OWN_SECONDS + smoke.seconds(case.operation) for nodeid, case in cases.items()}
        return ByTask(config, log, tasks, seconds)

    def _task(self, case: Case) -> str:
        """Operations of one task ask for each other's answers."""
        described = self.check.deployment.contract.operations.get(case.operation)
        return described.task if described else case.operation

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Hear of an outcome; the worker has recorded it."""
        line = getattr(report, REPORTED, None)
        if not line:
            return
        self.check.learn(Outcome.of(json.loads(line)))
        judged = self._unjudged.pop(report.nodeid, None)
        if judged:
            self.check.progress.doing = judged[0].id
            self._tell(judged[0])

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str) -> None:
        """A worker that dies takes its case with it: that is an error, and no silence."""
        judged = self._unjudged.pop(crashitem, None)
        if judged:
            rule, case = judged
            message = "the process that judged this case died"
            self.check.add(Outcome(rule.id, case.id, case.operation, OutcomeKind.ERROR, message))
            self._tell(rule)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a worker has to say in the end."""
        output = getattr(node, "workeroutput", {}).pop(OUTPUT, None)
        if output is None:  # it died, or has said it before
            return
        returned, check = Returned.unpacked(output), self.check
        check.lost |= returned.gone
        check.overheard.add(returned.heard, returned.ordinary)
        if returned.spent and not check.spent:
            check.spent = BudgetSpent(returned.spent)
        if returned.problem and not check.problem:
            check.problem = UsageProblem(returned.problem)
        if returned.broke and not check.broke:
            check.broke = Fault(returned.broke[0], check.kept, returned.broke[1])
        if check.over:
            self.pytest_keyboard_interrupt()

    def pytest_keyboard_interrupt(self) -> None:
        """Have the workers begin no further case: pytest-xdist lets them finish what they were given."""
        with contextlib.suppress(OSError):
            parts = self.check.writer.folder / PARTS
            parts.mkdir(exist_ok=True)
            (parts / STOP).touch()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """When the workers are done, judge what no worker may judge (see `for_the_leader`)."""
        result = yield
        self._stop_if_over(session)
        for item, following in itertools.zip_longest(self._alone, self._alone[1:]):
            session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            self._stop_if_over(session)
        return result

    def _stop_if_over(self, session: pytest.Session) -> None:
        over = session.shouldstop or self.check.over
        if over:
            raise session.Interrupted(over)
