"""The part of the plugin that is there only when a target is: it collects cases, runs them, and keeps each outcome."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Generator
from pathlib import Path
from types import FunctionType, ModuleType

import pytest

from assay.contract.message import Request
from assay.contract.rule import ALONE, Case, Rule, rule_of
from assay.contract.sentences import tally
from assay.errors import AssayError, BudgetSpent, Exit, UsageProblem
from assay.judge.equal import Comparison
from assay.plugin.asking import FAMILIES, Asking
from assay.plugin.catalogue import added_modules, module_of_rules
from assay.plugin.check import Check
from assay.plugin.choosing import is_asked_for, is_operation_asked_for
from assay.plugin.doubting import Ended, confirmed, is_doubtful
from assay.plugin.drivers import PLAIN_RULE, VALID_RULE
from assay.record import NOT_COME_TO, Exchange, Outcome, OutcomeKind
from assay.record.bounds import short
from assay.report import view
from assay.report.text import SENTENCE, inert, one_line
from assay.suite import suite_folder

PLUGIN = "assay-check"
RULE = pytest.StashKey[Rule]()
CASE = pytest.StashKey[Case]()
FIRST = {PLAIN_RULE: 0, VALID_RULE: 2}


class RuleModule(pytest.Module):
    """A module of rules that the catalogue may have read already.

    pytest would read it a second time, and rewrite assertions of which rules have none.
    """

    def _getobj(self) -> ModuleType:
        return module_of_rules(self.path)


class Judging(Asking):
    """Turns the functions that carry a rule into judged cases."""

    def __init__(self, check: Check) -> None:
        super().__init__(check)
        self.__name__ = PLUGIN  # by which pytest registers it
        self.unreadable = ""
        self._unjudged: dict[str, tuple[Rule, Case]] = {}
        self._left: Counter[str] = Counter()
        self._begun = check.begun
        self._finished = False
        self._serial = ""

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionstart(self) -> Generator[None, object, object]:
        """Reach the target before anything is collected, unless that was done already."""
        self._begin()
        return (yield)

    def _begin(self) -> None:
        if self._begun:
            return
        try:
            self.check.begin()
        except AssayError as error:
            pytest.exit(f"assay: {one_line(error, SENTENCE)}", returncode=int(error.exit_code))
        except Exception as error:
            fault = self.check.break_off(error)
            pytest.exit(f"assay: {one_line(fault, SENTENCE)}", returncode=int(fault.exit_code))
        self._begun = True

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> bool:
        """Remember what broke. `assay check` tells of it, and lets pytest print no traceback."""
        self.check.break_off(excinfo.value)
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makemodule(self, module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
        """The rules of the suite itself are read from the catalogue; a module of the user's own is pytest's matter."""
        ours = module_path.parent == suite_folder("conformance")
        return RuleModule.from_parent(parent, path=module_path) if ours else None

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Where the suite's rules are run as a whole, those that packages add are run with them."""
        report = yield
        if isinstance(collector, pytest.Session) and report.passed and _whole(collector.config):
            report.result = [
                *report.result,
                *(RuleModule.from_parent(collector, path=path) for path in added_modules()),
            ]
        return report

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Remember a module that cannot be read."""
        if report.failed:
            self.unreadable = self.unreadable or report.longreprtext

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makeitem(self, obj: object) -> list[pytest.Item] | None:
        """No test for a rule that is not asked for: to make a thousand and throw them away takes half a second."""
        rule = rule_of(obj) if isinstance(obj, FunctionType) else None
        return [] if rule is not None and not self._cases(rule) else None

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One test for each case of a rule."""
        rule = rule_of(metafunc.function)
        if rule is not None:
            cases = self._cases(rule)
            metafunc.parametrize("case", cases, ids=[case.id for case in cases])

    def _cases(self, rule: Rule) -> list[Case]:
        """Those of its cases that `--only` and `--operation` ask for."""
        options = self.check.options
        asked = rule.cases if is_asked_for(rule, options) else ()
        return [case for case in asked if is_operation_asked_for(case.operation, options)]

    @pytest.hookimpl(trylast=True)  # what -k and its like leave out was never asked
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Choose by rule id, put first the rules that others depend on, and note what is to be judged."""
        for item in items:
            rule = rule_of(getattr(item, "function", None)) if hasattr(item, "function") else None  # type: ignore[arg-type]
            if rule is not None:
                item.stash[RULE] = rule
                item.stash[CASE] = item.callspec.params["case"]  # type: ignore[attr-defined]
        chosen = dict.fromkeys(item for item in items if self._chosen(item))
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = sorted(chosen, key=_urgency)
        judged = [(item.nodeid, item.stash[RULE], item.stash[CASE]) for item in items if RULE in item.stash]
        self.check.add_rules(rule for _, rule, _ in judged)
        self._unjudged = {nodeid: (rule, case) for nodeid, rule, case in judged}
        self._left = Counter(rule.id for _, rule, _ in judged)
        self.check.progress.total = len(judged)

    def _chosen(self, item: pytest.Item) -> bool:
        if RULE not in item.stash:
            return True
        rule, case = item.stash[RULE], item.stash[CASE]
        if self.check.tally.is_settled(rule.id, case.id) or not self.wanted(rule):
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
        if over := self.check.over:
            item.session.shouldstop = over
        return result

    def _tell(self, rule: Rule) -> None:
        self.check.progress.done += 1
        self._left[rule.id] -= 1
        if self._left[rule.id]:
            return
        kinds = Counter(outcome.kind for outcome in self.check.outcomes if outcome.rule == rule.id)
        told = tally(dict(sorted(kinds.items())))
        self.check.tell(f"  {rule.id:46} {told}", urgent=any(kind.is_bad for kind in kinds))

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Skip what the target does not offer, and what cannot be judged any more."""
        if RULE not in item.stash:
            return
        rule, case, knows = item.stash[RULE], item.stash[CASE], self.check.knows
        self._begin_serial_group(rule)
        self.check.deployment.notes.clear()  # what was seen before belongs to no case
        for kind, reason in (
            (OutcomeKind.SKIP, knows.reason_to_skip(case)),
            (OutcomeKind.INCONCLUSIVE, knows.reason_to_leave_open(case, self.check.options)),
            (OutcomeKind.BLOCKED, self.check.reason_to_block(rule, case)),
        ):
            if reason:
                self._unjudged.pop(item.nodeid, None)
                self.keep(item, self.check.add(Outcome(rule.id, case.id, case.operation, kind, reason)))
                _leave(kind, inert(short(reason, self.check.redactor.text)))

    def _begin_serial_group(self, rule: Rule) -> None:
        """Forget the answers so far when rules begin that are judged alone, within their task or within the run.

        Where several processes judge, the one that has these rules has not heard the others' answers: so that any
        number of them asks the same, a single one asks for its witnesses again, too. One process has both kinds, but
        where each worker has a deployment for itself.
        """
        group = rule.alone or ("run" if rule.late else "")
        begins = group != self._serial if self.check.options.on_reference else not self._serial
        if group and begins:
            self.check.deployment.forget()
        self._serial = group

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, object]:
        """Run the rule's function and turn how it ends into an outcome."""
        if RULE not in pyfuncitem.stash:
            return (yield)
        rule, case = pyfuncitem.stash[RULE], pyfuncitem.stash[CASE]
        elapsed = _stopwatch()
        error: BaseException | None = None
        with self.check.target.during(f"{rule.id} / {case.id}") as exchanges:
            try:
                yield
            except Exception as raised:
                error = raised
            if error is not None and rule.compares and is_doubtful(error):
                error = self._doubted(error, pyfuncitem, exchanges)
        if isinstance(error, BudgetSpent):  # the user's own bound was reached: that is no finding about the target
            self.check.spent = error
            return True
        self._unjudged.pop(pyfuncitem.nodeid, None)
        try:
            outcome = self.check.conclude(rule, case, error, elapsed(), [exchange.id for exchange in exchanges])
            self.keep(pyfuncitem, outcome)
        except Exception as broken:  # pytest would take it for a test that failed, and the case would go missing
            self.check.break_off(broken)
            raise
        self._show(outcome, rule)
        return True

    def _doubted(self, accusation: BaseException, item: pytest.Function, exchanges: list[Exchange]) -> BaseException:
        """What is left of an accusation once everything was asked again."""
        case, deployment = item.stash[CASE], self.check.deployment

        def run() -> Ended:
            error: BaseException | None = None
            with deployment.afresh(), self.check.target.during(self.check.target.purpose) as asked:
                given = {name: item.funcargs[name] for name in item._fixtureinfo.argnames}
                given |= {name: self.driver(case, name) for name in given if name in FAMILIES}
                try:
                    item.obj(**given)
                except Exception as raised:
                    error = raised
            return error, asked

        def comparison(request: Request) -> Comparison:
            return deployment.driver(request.operation).comparison(request)

        try:
            return confirmed(accusation, list(exchanges), run, comparison)
        except AssayError as error:
            return error

    def keep(self, item: pytest.Item, outcome: Outcome) -> None:
        """What a process that judges for another one tells it; here there is nobody to tell."""

    def _show(self, outcome: Outcome, rule: Rule) -> None:
        """Let pytest show the outcome in its own terms."""
        message = inert(f"{rule.id}: {short(outcome.message, self.check.redactor.text)}")
        strict = self.check.options.strict and outcome.kind is OutcomeKind.WARN
        if outcome.kind.is_failure or strict:
            pytest.fail(message, pytrace=False)
        if outcome.kind.is_open:
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
            self._give_up()
            if exitstatus == pytest.ExitCode.INTERNAL_ERROR:
                session.exitstatus = Exit.SOFTWARE
            return
        self.check.interrupts.hold()
        interrupted = self.check.interrupts.seen or (exitstatus == pytest.ExitCode.INTERRUPTED and not self.check.spent)
        if not interrupted:
            self._account_for_the_rest()
        try:
            session.exitstatus = self.check.finish(interrupted=interrupted)
        except UsageProblem as error:  # the record or the reports cannot be written
            self.check.problem = self.check.problem or error
        if self.check.problem:
            session.exitstatus = int(self.check.problem.exit_code)

    def _give_up(self) -> None:
        """Give no verdict; what was measured is reported, if only that does not break as well."""
        try:
            self.check.finish(interrupted=True)
        except Exception:
            self.check.abandon()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Where pytest has the word, end with the verdict all the same."""
        from assay.report import github  # only here: workers need none of what it knows of

        if self.check.run is not None:
            folder = self.check.writer.folder
            github.tell(self.check.run, terminalreporter.write_line)
            terminalreporter.section("assay")
            terminalreporter.write_line(f"report: {folder / 'report.html'}")
            terminalreporter.write_line(inert(view.sentence(self.check.run)))
        if self.check.problem:
            terminalreporter.write_line(inert(f"assay: {one_line(self.check.problem, SENTENCE)}"))

    def _account_for_the_rest(self) -> None:
        """A case that was collected and never judged is an error, unless the user's own bound ended the run.

        Silence is no pass: then the verdict is open.
        """
        kind = OutcomeKind.DISABLED if self.check.spent else OutcomeKind.ERROR
        because = self.check.spent or "the suite broke before it ran, or pytest was told to stop"
        for rule, case in self._unjudged.values():
            self.check.add(Outcome(rule.id, case.id, case.operation, kind, f"{NOT_COME_TO}{because}"))


def _leave(kind: OutcomeKind, reason: str) -> None:
    if kind.is_open:
        pytest.skip(reason)
    pytest.fail(reason, pytrace=False)


def _whole(config: pytest.Config) -> bool:
    """Whether the suite's folder of rules is among what pytest was told to run, and not only a part of it."""
    folder = suite_folder("conformance").resolve()
    return any((config.invocation_params.dir / word).resolve() == folder for word in config.args)


def _stopwatch() -> Callable[[], float]:
    """Seconds since this call."""
    start = time.perf_counter()
    return lambda: time.perf_counter() - start


def _urgency(item: pytest.Item) -> int:
    """First whether operations answer at all, then whether answers can be read, then whether any request may fail.

    Last comes what needs the target for itself, and after that what is late.
    """
    if RULE not in item.stash:
        return 3
    rule = item.stash[RULE]
    if rule.id in FIRST or rule.prerequisite:
        return FIRST.get(rule.id, 1)
    return 5 + rule.late if rule.late else ALONE.index(rule.alone) + 3
