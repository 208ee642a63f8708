"""`assay check`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from assay.cli.screen import Screen
from assay.cli.voice import command, say
from assay.plugin.check import Check
from assay.plugin.declared import DECLARED
from assay.plugin.options import REFERENCE, options_from
from assay.plugin.running import resume_check, run_check
from assay.report import github, terminal


def check_target(target: str, **given: Any) -> int:
    """Run the conformance rules against a target, print what came of it, and return the exit code."""
    options = options_from(target, given)
    return _told(options.quiet, lambda screen: run_check(options, screen.echo, screen.watch))


def resume_run(folder: Path, target: str | None, said: frozenset[str], **given: Any) -> int:
    """Go on with an interrupted run, print what came of it, and return the exit code. `said` names what was given."""
    fields = frozenset(option.of_check for option in DECLARED if option.field in said) | (said & {"target"})
    options = options_from(target if target is not None else REFERENCE, given)
    return _told(options.quiet, lambda screen: resume_check(folder, options, fields, screen.echo, screen.watch))


def _told(quiet: bool, run: Callable[[Screen], Check]) -> int:
    with Screen(quiet=quiet) as screen:
        check = run(screen)
    assert check.run is not None
    github.tell(check.run, command)
    lines = terminal.closing if quiet else terminal.lines
    for line in lines(check.run, colour=screen.colour, overview=screen.live):
        say(line)
    return int(check.exit_code or 0)
