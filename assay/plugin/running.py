"""Running a check from Python: what `assay check` does, without its words."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from assay.errors import AssayError, Exit, Fault, UsageProblem
from assay.interrupts import taken
from assay.plugin.catalogue import refuse_unknown_patterns
from assay.plugin.check import Check, Echo, Enough, never
from assay.plugin.choosing import refuse_empty_choice
from assay.plugin.judging import Judging
from assay.plugin.leading import Leading
from assay.plugin.options import CheckOptions
from assay.plugin.progress import Progress, Watch
from assay.plugin.resuming import resumed
from assay.suite import suite_folder
from assay.target.policy import Policy

QUIET = (
    "--import-mode=importlib", "--assert=plain",
    "-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:warnings", "-p", "no:logging", "-p", "no:faulthandler",
    "-p", "no:unraisableexception",
)  # fmt: skip
"""pytest runs the rules and says nothing: what a person reads comes from the run record.

Nor does it look for errors that nobody could raise: it collects garbage for that, five times, for seconds where much
is in memory, and its warnings would go nowhere. What a rule found is in its outcome: no `assert` is rewritten for it.
"""
PARALLEL = ("-p", "xdist.plugin", "-p", "assay.plugin.hooks")
"""What several processes need besides: they are pytest-xdist's, and load Assay's plugin by its name."""
MEANT_FOR_OTHERS = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")


def _unwatched(_: Progress) -> None:
    """Nobody looks at the progress."""


def run_check(
    options: CheckOptions, echo: Echo, watch: Watch = _unwatched, enough: Enough = never, reports: bool = True
) -> Check:
    """Check a target; the verdict, the record and the reports lie in the check that is returned.

    `watch` is given the progress, which changes as the run goes on. The run ends early, as one whose bounds are spent,
    with an outcome that is `enough` for the caller, who may want no `reports` either. Raises UsageProblem,
    TargetUnreachable, Fault.
    """
    if not options.on_reference:
        Policy(url=options.target)

    def refuse() -> None:
        refuse_unknown_patterns((*options.only, *options.skip))
        refuse_empty_choice(options)

    check = Check(options, echo, enough, reports)
    check.meanwhile = refuse
    return _run(check, watch)


def resume_check(
    folder: Path, options: CheckOptions, given: frozenset[str], echo: Echo, watch: Watch = _unwatched
) -> Check:
    """Go on with the run in `folder`; of `options` counts what is in `given`, by field.

    Raises UsageProblem, TargetUnreachable, Fault.
    """
    return _run(resumed(folder, options, given, echo), watch)


def _run(check: Check, watch: Watch) -> Check:
    """Reach the target, and let pytest run the rules. Raises Fault where Assay itself breaks."""
    watch(check.progress)
    code = 0
    with taken(signal.SIGINT, signal.SIGTERM) as interrupts:
        interrupts.leave = check.leave
        try:
            check.begin()
            code = _judge(check)
        except AssayError:
            raise
        except BaseException as error:
            _explain(error, check)
        if interrupts.seen and check.exit_code is None and not check.problem:
            check.finish(interrupted=True)
    if check.problem:
        raise UsageProblem(f"{check.problem}; what was measured until then lies in {check.writer.folder}")
    if interrupts.seen and check.exit_code == Exit.INTERRUPTED:
        return check
    if check.broke is not None:
        check.abandon()
        raise check.broke
    if check.exit_code is None:
        check.abandon()
        raise Fault(f"pytest could not run the rules (its exit code is {int(code)})", check.kept)
    return check


def _explain(error: BaseException, check: Check) -> None:
    """Take what was raised on the way for what it is. Raises it where there is nothing to be ended."""
    if check.begun and check.interrupts.seen:  # what was torn by the interrupt complains as it may
        return
    if not isinstance(error, Exception):
        raise error
    check.break_off(error)


def _judge(check: Check) -> int:
    """Let pytest run the rules, in this process or in several; returns its exit code."""
    folder, workers = suite_folder("conformance"), check.options.processes
    parallel = [*PARALLEL, "-n", str(workers)] if workers > 1 else []
    arguments = [*QUIET, *parallel, "-c", str(folder / "pytest.ini"), "--rootdir", str(folder), str(folder)]
    judging = (Leading if workers > 1 else Judging)(check)
    # A folder of its own: pytest's usual one is the user's, and pytest would clear up there what other runs have left.
    temporary = check.hold(tempfile.TemporaryDirectory(prefix="assay-pytest-", ignore_cleanup_errors=True))
    with _undisturbed():
        code = int(pytest.main([*arguments, "--basetemp", temporary], plugins=[judging]))
    if judging.unreadable:  # a module of rules: without it there is no whole verdict to be had
        check.break_off(ImportError(judging.unreadable))
    return code


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Keep away from this pytest what the user's environment has for the user's own."""
    wanted: dict[str, str | None] = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **dict.fromkeys(MEANT_FOR_OTHERS)}
    before, hook = {name: os.environ.get(name) for name in wanted}, sys.unraisablehook
    _set(wanted)
    sys.unraisablehook = lambda _: None
    try:
        yield
    finally:
        _set(before)
        sys.unraisablehook = hook


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
