"""Running a check from Python: what `assay check` does, without its words."""

from __future__ import annotations

import pytest

from assay.errors import AssayError
from assay.plugin.catalogue import refuse_unknown_patterns
from assay.plugin.check import Check, Echo
from assay.plugin.judging import Judging
from assay.plugin.options import CheckOptions
from assay.suite import suite_folder
from assay.target.policy import Policy

QUIET = (
    "--import-mode=importlib", "--disable-plugin-autoload",
    "-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:warnings", "-p", "no:logging", "-p", "no:faulthandler",
)  # fmt: skip
"""pytest runs the rules and says nothing: what a person reads comes from the run record."""


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
    code = pytest.main(arguments, plugins=[Judging(check)])
    if check.exit_code is None or code == pytest.ExitCode.INTERNAL_ERROR:
        check.abandon()
        raise AssayError(
            f"pytest could not run the rules in {folder} (its exit code is {int(code)}); this is a fault in Assay"
        )
    return check
