"""The part of the plugin that is there only when a target is: it collects cases, runs them, and keeps each outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator

import pytest

from assay.contract.rule import Case, Rule, rule_of
from assay.errors import AssayError, BudgetSpent, UsageProblem
from assay.plugin.asking import Asking
from assay.plugin.check import Check, stopwatch
from assay.plugin.choosing import is_asked_for, is_operation_asked_for
from assay.plugin.drivers import PLAIN_RULE, VALID_RULE
from assay.record import Outcome, OutcomeKind
from assay.report import view

PLUGIN = "assay-check"
RULE = pytest.StashKey[Rule]()
CASE = pytest.StashKey[Case]()
SHOWN_AS_SKIPPED = frozenset({OutcomeKind.SKIP, OutcomeKind.INCONCLUSIVE, OutcomeKind.DISABLED})
SHOWN_AS_BROKEN = frozenset({OutcomeKind.FAIL, OutcomeKind.ERROR, OutcomeKind.BLOCKED, OutcomeKind.WARN})
SHOWN_AS_FAILED = frozenset({OutcomeKind.FAIL, OutcomeKind.ERROR, OutcomeKind.BLOCKED})


class Judging(Asking):
    """Turns the functions that carry a rule into judged cases."""

    def __init__(self, check: Check) -> None:
        super().__init__(check)
        self.__name__ = PLUGIN  # by which pytest registers it
        self._unjudged: dict[str, tuple[Rule, Case]] = {}
        self._left: Counter[str] = Counter()
        self._begun = check.begun
        self._finished = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Reach the target before anything is collected, unless that was done already."""
        if self._begun:
            return
        try:
            self.check.begin()
        except AssayError as error:
            pytest.exit(f"assay: {error}", returncode=int(error.exit_code))
        self._begun = True

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One test for each case of a rule."""
        rule = rule_of(metafunc.function)
        if rule is not None:
            metafunc.parametrize("case", rule.cases, ids=[case.id for case in rule.cases])

    @pytest.hookimpl(trylast=True)  # what -k and its like leave out was never asked
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Choose by rule id, put first the rules that others depend on, and note what is to be judged."""
        for item in items:
            rule = rule_of(getattr(item, "function", None)) if hasattr(item, "function") else None  # type: ignore[arg-type]
            if rule is not None:
                item.stash[RULE] = rule
                item.stash[CASE] = item.callspec.params["case"]  # type: ignore[attr-defined]
        chosen = [item for item in items if self._chosen(item)]
        config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
        items[:] = sorted(chosen, key=_urgency)
        judged = [(item.nodeid, item.stash[RULE], item.stash[CASE]) for item in items if RULE in item.stash]
        self.check.add_rules(rule for _, rule, _ in judged)
        self._unjudged = {nodeid: (rule, case) for nodeid, rule, case in judged}
        self._left = Counter(rule.id for _, rule, _ in judged)
        self.check.progress.total = len(judged)

    def _chosen(self, item: pytest.Item) -> bool:
        if RULE not in item.stash:
            return True
        rule, case, options = item.stash[RULE], item.stash[CASE], self.check.options
        if (rule.id, case.id) in self.check.settled or not self.wanted(rule):
            return False
        if not is_asked_for(rule, options) or not is_operation_asked_for(case.operation, options):
            return False
        if reason := self.check.reason_to_leave_out(rule, case):
            self.leave_out(rule, case, reason)
            return False
        return True

    def wanted(self, rule: Rule) -> bool:
        """Whether this process judges the rule."""
        return True

    def leave_out(self, rule: Rule, case: Case, reason: str) -> None:
        """Note that the user does not want this case judged."""
        self.check.add_rules([rule])
        self.check.add(Outcome(rule.id, case.id, case.operation, OutcomeKind.DISABLED, reason))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Say what is going on, and when the last case of a rule is done."""
        if RULE in item.stash:
            self.check.progress.doing = item.stash[RULE].id
        result = yield
        if RULE in item.stash:
            self._tell(item.stash[RULE])
        if self.check.spent or self.check.problem:
            item.session.shouldstop = str(self.check.spent or self.check.problem)
        return result

    def _tell(self, rule: Rule) -> None:
        self.check.progress.done += 1
        self._left[rule.id] -= 1
        if self._left[rule.id]:
            return
        kinds = Counter(str(outcome.kind) for outcome in self.check.outcomes if outcome.rule == rule.id)
        counts = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
        self.check.tell(f"  {rule.id:46} {counts}", urgent=not SHOWN_AS_BROKEN.isdisjoint(kinds))

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Skip what the target does not offer, and what cannot be judged any more."""
        if RULE not in item.stash:
            return
        rule, case = item.stash[RULE], item.stash[CASE]
        for kind, reason in (
            (OutcomeKind.SKIP, self.check.reason_to_skip(case)),
            (OutcomeKind.INCONCLUSIVE, self.check.reason_to_leave_open(case)),
            (OutcomeKind.BLOCKED, self.check.reason_to_block(rule, case)),
        ):
            if reason:
                self._unjudged.pop(item.nodeid, None)
                self.keep(item, self.check.add(Outcome(rule.id, case.id, case.operation, kind, reason)))
                _leave(kind, reason)

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, object]:
        """Run the rule's function and turn how it ends into an outcome."""
        if RULE not in pyfuncitem.stash:
            return (yield)
        rule, case = pyfuncitem.stash[RULE], pyfuncitem.stash[CASE]
        elapsed, error = stopwatch(), None
        with self.check.target.during(f"{rule.id} / {case.id}") as exchanges:
            try:
                yield
            except Exception as raised:
                error = raised
        if isinstance(error, BudgetSpent):  # the user's own bound was reached: that is no finding about the target
            self.check.spent = error
            return True
        self._unjudged.pop(pyfuncitem.nodeid, None)
        outcome = self.check.conclude(rule, case, error, elapsed(), exchanges)
        self.keep(pyfuncitem, outcome)
        self._show(outcome, rule)
        return True

    def keep(self, item: pytest.Item, outcome: Outcome) -> None:
        """What a process that judges for another one tells it; here there is nobody to tell."""

    def _show(self, outcome: Outcome, rule: Rule) -> None:
        """Let pytest show the outcome in its own terms."""
        message = self.check.redactor.text(f"{rule.id}: {outcome.message}")
        strict = self.check.options.strict and outcome.kind is OutcomeKind.WARN
        if outcome.kind in SHOWN_AS_FAILED or strict:
            pytest.fail(message, pytrace=False)
        if outcome.kind in SHOWN_AS_SKIPPED:
            pytest.skip(message)
        if outcome.kind is OutcomeKind.KNOWN:
            pytest.xfail(message)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Give the verdict, and pytest's process its exit code."""
        if not self._begun or self._finished:
            return
        self._finished = True
        if exitstatus in (pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR):
            self.check.abandon()
            return
        interrupted = exitstatus == pytest.ExitCode.INTERRUPTED and not self.check.spent
        if not interrupted:
            self._account_for_the_rest()
        try:
            session.exitstatus = self.check.finish(interrupted=interrupted)
        except UsageProblem as error:  # the record or the reports cannot be written
            self.check.problem = self.check.problem or error
        if self.check.problem:
            session.exitstatus = int(self.check.problem.exit_code)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Where pytest has the word, end with the verdict all the same."""
        if self.check.run is not None:
            folder = self.check.writer.folder
            terminalreporter.section("assay")
            terminalreporter.write_line(f"report: {folder / 'report.html'}")
            terminalreporter.write_line(view.sentence(self.check.run))
        if self.check.problem:
            terminalreporter.write_line(f"assay: {self.check.problem}")

    def _account_for_the_rest(self) -> None:
        """A case that was collected and never judged is an error, unless the user's own bound ended the run.

        Silence is no pass: then the verdict is open.
        """
        kind = OutcomeKind.DISABLED if self.check.spent else OutcomeKind.ERROR
        because = self.check.spent or "the suite broke before it ran, or pytest was told to stop"
        for rule, case in self._unjudged.values():
            self.check.add(Outcome(rule.id, case.id, case.operation, kind, f"the case was not judged: {because}"))


def _leave(kind: OutcomeKind, reason: str) -> None:
    if kind in SHOWN_AS_SKIPPED:
        pytest.skip(reason)
    pytest.fail(reason, pytrace=False)


def _urgency(item: pytest.Item) -> int:
    """First whether operations answer at all, then whether answers can be read, then whether any request may fail.

    Last comes what needs the target for itself, and after that what is late.
    """
    if RULE not in item.stash:
        return 3
    rule = item.stash[RULE]
    order = {PLAIN_RULE: 0, VALID_RULE: 2}
    return order.get(rule.id, 1 if rule.prerequisite else 4 + rule.late if rule.late else 3 + rule.alone)
