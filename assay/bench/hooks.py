"""What pytest loads for `pytest benchmarks --target URL`. Without a target it adds options and does nothing else.

Nothing heavy is imported here before there is something to measure.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

from assay.bench.declared import ALL, OWN
from assay.plugin.declared import DECLARED
from assay.plugin.hooks import DEST, add_options, prefixed, words

TAKEN: Final = frozenset(option.name for option in DECLARED)
ROUNDS: Final = 5
"""Repetitions of each workload, where no number is given."""
HONOURED: Final = frozenset({"benchmark_json", "benchmark_save", "benchmark_compare", "benchmark_compare_fail"})
"""The options of pytest-benchmark that mean something here."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of a benchmark that a check has not, each with Assay's own prefix."""
    add_options(parser, (option for option in OWN if option.name not in TAKEN))


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Where the suite's benchmarks are named, prepare to measure them: no check begins then."""
    if hasattr(config, "workerinput") or not _named(config):
        return
    if config.getoption(DEST) is None:
        raise pytest.UsageError("benchmarks need a deployment to measure: give --target URL, or --target reference")
    _refuse(config)
    from assay.bench.items import Measuring, refuse
    from assay.bench.options import bench_options
    from assay.errors import AssayError, UsageProblem
    from assay.plugin.settings import values

    def echo(line: str) -> None:
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        if reporter:
            reporter.ensure_newline()
            from assay.report.text import inert

            reporter.write_line(inert(line))

    try:
        given = values(words(config, ALL), "pytest", ALL)
        given["repeat"] = given["repeat"] or ROUNDS
        options = bench_options((config.getoption(DEST),), given)
        if why := refuse(options):
            raise UsageProblem(why)
    except AssayError as error:
        raise pytest.UsageError(prefixed(str(error))) from None
    config.pluginmanager.register(Measuring(options, (lambda line: None) if given["quiet"] else echo), "assay-check")


def _named(config: pytest.Config) -> bool:
    """Whether the suite's benchmarks are what pytest is to run. Raises UsageError where other things are, too."""
    paths = [Path(word.partition("::")[0]) for word in config.args]
    if not any("benchmarks" in path.resolve().parts for path in paths):
        return False
    from assay.suite import suite_folder

    folder = suite_folder("benchmarks").resolve()
    ours = [path.resolve().is_relative_to(folder) for path in paths]
    if any(ours) and not all(ours):
        raise pytest.UsageError("benchmarks are measured by themselves: name no other tests beside them")
    return all(ours)


def _refuse(config: pytest.Config) -> None:
    """Raise UsageError where pytest-benchmark is missing, or is asked for what a load cannot do."""
    if not config.pluginmanager.has_plugin("benchmark"):
        raise pytest.UsageError(
            "benchmarks are reported by pytest-benchmark, which is not here: pip install pytest-benchmark"
        )
    if config.getoption("dist", "no") != "no":
        raise pytest.UsageError("load is measured by one pytest alone, or its workers disturb each other: leave out -n")
    parser: Any = config._parser
    usual = parser.parse_known_args([])
    for option in parser.getgroup("benchmark").options:
        given = config.getoption(option.dest)
        if option.dest not in HONOURED and str(given) != str(getattr(usual, option.dest)):
            raise pytest.UsageError(
                f"{option.names()[0]} means nothing here, for a round is one repetition of a workload (--assay-repeat, "
                "--assay-seconds); --benchmark-json, -save, -compare and -compare-fail do"
            )
