"""What pytest loads. Without a target it adds options and does nothing else, and imports nothing heavy.

Its options begin with `--assay-`, so that they are in nobody's way. `--target` is a name that others use too: it stands
for `--assay-target` only where it is given, and where nobody else knows it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Generator, Iterable
from typing import TYPE_CHECKING, Any

import pytest

from assay import garbage
from assay.plugin.declared import DECLARED, Declared

if TYPE_CHECKING:
    from assay.plugin.options import CheckOptions

TARGET, DEST = "--assay-target", "assay_target"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of a check, each with Assay's own prefix."""
    group_of(parser).addoption(TARGET, metavar="URL", help="the deployment to check: a URL, or the word reference")
    add_options(parser, DECLARED)


def add_options(parser: pytest.Parser, options: Iterable[Declared]) -> None:
    """Options with Assay's prefix."""
    for option in options:
        facts: dict[str, Any] = {"help": option.help.replace("%", "%%")}  # argparse reads a template
        if option.kind == "flag":
            facts |= {"action": "store_true"}
        else:
            facts |= {"metavar": option.metavar or "|".join(option.choices)}
            facts |= {"action": "append", "default": []} if option.multiple else {}
        group_of(parser).addoption(f"--assay-{option.name}", **facts)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(parser: pytest.Parser, args: list[str]) -> Generator[None, object, object]:
    """`--target`, once it is known what options everybody else has."""
    result = yield
    wanted = any(word.partition("=")[0] in ("--target", "--help", "-h") for word in args)
    if wanted and _is_free(parser, "--target"):
        group_of(parser).addoption("--target", dest=DEST, metavar="URL", help=f"short for {TARGET}")
    return result


def group_of(parser: pytest.Parser) -> pytest.OptionGroup:
    """The options of Assay, as the help lists them."""
    return parser.getgroup("assay", "Assay: is this vision-inference deployment sound?")


def _is_free(parser: pytest.Parser, option: str) -> bool:
    """Whether nobody knows this option."""
    word = f"{option}=reference"
    try:
        return word in parser.parse_known_and_unknown_args([word])[1]
    except pytest.UsageError:  # somebody does, and wants another value
        return False


def pytest_configure(config: pytest.Config) -> None:
    """With a target, prepare a check; `assay check` brings its own. A worker goes on with the one it is handed."""
    if hasattr(config, "workerinput"):
        _go_on(config)
        return
    if config.getoption(DEST) is None or config.pluginmanager.has_plugin("assay-check"):
        return
    from assay.errors import AssayError
    from assay.plugin.catalogue import refuse_unknown_patterns
    from assay.plugin.check import Check
    from assay.plugin.choosing import refuse_empty_choice
    from assay.plugin.judging import Judging
    from assay.plugin.leading import Leading

    def echo(line: str) -> None:
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        if reporter:
            from assay.report.text import inert

            reporter.write_line(inert(line))

    try:
        options = _with_workers(config, _options(config))
        refuse_unknown_patterns((*options.only, *options.skip))
        refuse_empty_choice(options)
    except AssayError as error:
        raise pytest.UsageError(prefixed(str(error))) from None
    check = Check(options, (lambda line: None) if options.quiet else echo)
    leads = _workers(config) > 0 and not config.getoption("collectonly")
    config.pluginmanager.register((Leading if leads else Judging)(check), "assay-check")


def _workers(config: pytest.Config) -> int:
    """The number of workers that pytest-xdist will start: `-n`. 0 without it, and without the plugin."""
    return len(config.getoption("tx", [])) if config.getoption("dist", "no") != "no" else 0


def _with_workers(config: pytest.Config, options: CheckOptions) -> CheckOptions:
    """The options with the number of workers that there will be: pytest's own `-n` beats ours."""
    from dataclasses import replace

    from assay.errors import UsageProblem

    asked = options.workers or 1
    if asked > 1 and not _workers(config):
        if not config.pluginmanager.has_plugin("xdist"):
            raise UsageProblem("--assay-workers needs the plugin pytest-xdist, and this pytest runs without it")
        config.option.dist, config.option.tx = "load", ["popen"] * asked
    return replace(options, workers=_workers(config) or 1)


def _go_on(config: pytest.Config) -> None:
    """In a worker, judge for the run that hands it the cases; where that is no run of ours, do nothing."""
    handed = config.workerinput.get("assay")  # type: ignore[attr-defined]
    if handed is None:
        return
    garbage.collect_seldom()
    from assay.plugin.handing import Handed
    from assay.plugin.worker import SharedCheck, Worker

    config.pluginmanager.register(Worker(SharedCheck(Handed.unpacked(handed))), "assay-check")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Rules without a target are no passing tests: say what is missing, and run nothing."""
    contract = sys.modules.get("assay.contract.rule")  # imported by whatever module holds rules, and by no other
    if contract is None or config.pluginmanager.has_plugin("assay-check"):
        return
    if any(contract.rule_of(item.function) for item in items if isinstance(item, pytest.Function)):
        raise pytest.UsageError(
            f"rules need a deployment to check: give --target URL, or --target reference; where another plugin has an "
            f"option of that name, {TARGET}"
        )


def _options(config: pytest.Config) -> CheckOptions:
    """What pytest's command line, the environment and the configuration file ask for, in that order."""
    from assay.errors import UsageProblem
    from assay.plugin.options import options_from
    from assay.plugin.settings import values

    try:
        return options_from(config.getoption(DEST), values(words(config, DECLARED), "pytest"))
    except UsageProblem as error:
        raise UsageProblem(prefixed(str(error))) from None


def words(config: pytest.Config, options: Iterable[Declared]) -> list[str]:
    """What pytest's command line says of these options, as the words of our own."""
    found = []
    for option in options:
        given = config.getoption(f"--assay-{option.name}")
        if option.kind == "flag":
            found += [f"--{option.name}"] if given else []
        else:
            several = given if option.multiple else [given]
            found += [f"--{option.name}={one}" for one in several if one is not None]
    return found


def prefixed(sentence: str) -> str:
    """A sentence that names options as they are called here."""
    return re.sub(r"(?<![\w-])--(?!assay-)(?=[a-z])", "--assay-", sentence)
