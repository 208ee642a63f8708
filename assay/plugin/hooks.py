"""What pytest loads. Without `--target` it adds options and does nothing else, and imports nothing heavy."""

from __future__ import annotations

import sys
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
    group.addoption("--assay-header", action="append", default=[], metavar="HEADER", help="header to add, NAME: VALUE")
    group.addoption("--assay-only", action="append", default=[], metavar="PATTERN", help="rules to check, by id")
    group.addoption("--assay-skip", action="append", default=[], metavar="PATTERN", help="rules to leave out, by id")
    group.addoption("--assay-strict", action="store_true", help="a broken `should` decides the verdict too")
    group.addoption("--assay-seed", type=int, default=0, metavar="N", help="seed of everything that is generated")
    group.addoption("--assay-examples", type=int, default=8, metavar="N", help="generated requests for each case")
    group.addoption("--assay-known", action="append", default=[], metavar="FILE", help="your own known deviations")
    group.addoption("--assay-no-known", action="store_true", help="judge bare, without the list of known deviations")
    group.addoption("--assay-out", metavar="FOLDER", help="folder for the run record and the reports")
    group.addoption("--assay-timeout", type=float, default=120.0, metavar="SECONDS", help="for one request")
    group.addoption("--assay-ready-timeout", type=float, default=60.0, metavar="SECONDS", help="to become ready")
    group.addoption("--assay-max-requests", type=int, metavar="N", help="most requests to send")


def pytest_configure(config: pytest.Config) -> None:
    """With `--target`, prepare a check; `assay check` brings its own."""
    if config.getoption("--target") is None or config.pluginmanager.has_plugin("assay-check"):
        return
    from assay.errors import AssayError
    from assay.plugin.catalogue import refuse_unknown_patterns
    from assay.plugin.check import Check
    from assay.plugin.judging import Judging

    def echo(line: str) -> None:
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        if reporter:
            reporter.write_line(line)

    try:
        options = _options(config)
        refuse_unknown_patterns((*options.only, *options.skip))
    except AssayError as error:
        raise pytest.UsageError(str(error)) from None
    config.pluginmanager.register(Judging(Check(options, echo)), "assay-check")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Rules without a target are no passing tests: say what is missing, and run nothing."""
    contract = sys.modules.get("assay.contract.rule")  # imported by whatever module holds rules, and by no other
    if contract is None or config.pluginmanager.has_plugin("assay-check"):
        return
    if any(contract.rule_of(item.function) for item in items if isinstance(item, pytest.Function)):
        raise pytest.UsageError("rules need a deployment to check: give --target URL, or --target reference")


def _options(config: pytest.Config) -> CheckOptions:
    from assay.plugin.options import CheckOptions, parse_headers, parse_models
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
        headers=parse_headers(tuple(config.getoption("--assay-header"))),
        only=tuple(config.getoption("--assay-only")),
        skip=tuple(config.getoption("--assay-skip")),
        strict=config.getoption("--assay-strict"),
        seed=config.getoption("--assay-seed"),
        examples=config.getoption("--assay-examples"),
        known_files=tuple(map(Path, config.getoption("--assay-known"))),
        use_known=not config.getoption("--assay-no-known"),
        out=Path(out) if out else None,
        timeout=config.getoption("--assay-timeout"),
        ready_timeout=config.getoption("--assay-ready-timeout"),
        max_requests=config.getoption("--assay-max-requests"),
    )
