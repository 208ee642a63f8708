"""What pytest loads. Without `--target` it adds options and does nothing else, and imports nothing heavy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from assay.plugin.options import CheckOptions


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--target` and the options of a check, each with Assay's own prefix."""
    group = parser.getgroup("assay", "Assay: is this vision-inference deployment sound?")
    group.addoption("--target", metavar="URL", help="the deployment to check: a URL, or the word reference")
    group.addoption("--assay-model", action="append", default=[], metavar="TASK=MODEL", help="model to ask for a task")
    group.addoption("--assay-key-env", metavar="NAME", help="environment variable that holds the API key")
    group.addoption("--assay-key-in", default="documented", metavar="PLACE", help="documented, query, header or body")
    group.addoption("--assay-strict", action="store_true", help="a broken `should` decides the verdict too")
    group.addoption("--assay-seed", type=int, default=0, metavar="N", help="seed of everything that is generated")
    group.addoption("--assay-no-known", action="store_true", help="judge bare, without the list of known deviations")
    group.addoption("--assay-out", metavar="FOLDER", help="folder for the run record and the reports")


def pytest_configure(config: pytest.Config) -> None:
    """With `--target`, prepare a check; `assay check` brings its own."""
    if config.getoption("--target") is None or config.pluginmanager.has_plugin("assay-check"):
        return
    from assay.errors import AssayError
    from assay.plugin.check import Check
    from assay.plugin.judging import Judging

    def echo(line: str) -> None:
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        if reporter:
            reporter.write_line(line)

    try:
        options = _options(config)
    except AssayError as error:
        raise pytest.UsageError(str(error)) from None
    config.pluginmanager.register(Judging(Check(options, echo)), "assay-check")


def _options(config: pytest.Config) -> CheckOptions:
    from assay.plugin.options import CheckOptions, parse_models
    from assay.target.policy import KeyPlace

    places = [str(place) for place in KeyPlace]
    if config.getoption("--assay-key-in") not in places:
        raise pytest.UsageError(f"--assay-key-in must be one of {', '.join(places)}")
    out = config.getoption("--assay-out")
    return CheckOptions(
        target=config.getoption("--target"),
        models=parse_models(tuple(config.getoption("--assay-model"))),
        key_variable=config.getoption("--assay-key-env"),
        key_place=KeyPlace(config.getoption("--assay-key-in")),
        strict=config.getoption("--assay-strict"),
        seed=config.getoption("--assay-seed"),
        use_known=not config.getoption("--assay-no-known"),
        out=Path(out) if out else None,
    )
