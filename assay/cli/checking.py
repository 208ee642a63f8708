"""`assay check`."""

from __future__ import annotations

import sys
from typing import Any

import click

from assay.plugin.options import CheckOptions, parse_headers, parse_models
from assay.plugin.running import run_check
from assay.record import read
from assay.report import terminal
from assay.target.policy import KeyPlace


def check_target(target: str, **given: Any) -> int:
    """Run the conformance rules against a target, print what came of it, and return the exit code."""
    check = run_check(_options(target, given), click.echo)
    run = read(check.writer.folder)
    for line in terminal.lines(run, colour=sys.stdout.isatty(), overview=False):
        click.echo(line)
    return int(check.exit_code or 0)


def _options(target: str, given: dict[str, Any]) -> CheckOptions:
    return CheckOptions(
        target=target,
        models=parse_models(given.pop("models")),
        headers=parse_headers(given.pop("headers")),
        key_variable=given.pop("key_env"),
        key_place=KeyPlace(given.pop("key_in")),
        use_known=not given.pop("no_known"),
        **given,
    )
