"""Running a check from Python: what `assay check` does, without its words."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from assay.errors import AssayError, UsageProblem
from assay.plugin.catalogue import refuse_unknown_patterns
from assay.plugin.check import Check, Echo
from assay.plugin.judging import Judging
from assay.plugin.options import CheckOptions
from assay.suite import suite_folder
from assay.target.policy import Policy

QUIET = (
    "--import-mode=importlib",
    "-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:warnings", "-p", "no:logging", "-p", "no:faulthandler",
)  # fmt: skip
"""pytest runs the rules and says nothing: what a person reads comes from the run record."""
MEANT_FOR_OTHERS = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")


def run_check(options: CheckOptions, echo: Echo) -> Check:
    """Check a target; the verdict, the record and the reports lie in the check that is returned.

    Raises UsageProblem, TargetUnreachable.
    """
    if not options.on_reference:
        Policy(url=options.target)
    refuse_unknown_patterns((*options.only, *options.skip))
    check = Check(options, echo)
    check.begin()
    folder = suite_folder("conformance")
    arguments = [*QUIET, "-c", str(folder / "pytest.ini"), "--rootdir", str(folder), str(folder)]
    with _undisturbed():
        code = pytest.main(arguments, plugins=[Judging(check)])
    if check.problem:
        raise UsageProblem(f"{check.problem}; what was measured until then lies in {check.writer.folder}")
    if check.exit_code is None:
        check.abandon()
        raise AssayError(
            f"pytest could not run the rules in {folder} (its exit code is {int(code)}); this is a fault in Assay"
        )
    return check


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Keep away from this pytest what the user's environment has for the user's own."""
    wanted: dict[str, str | None] = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **dict.fromkeys(MEANT_FOR_OTHERS)}
    before = {name: os.environ.get(name) for name in wanted}
    _set(wanted)
    try:
        yield
    finally:
        _set(before)


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
