"""`assay diff`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from assay.cli.screen import Screen
from assay.cli.voice import command, say
from assay.differ.options import diff_options


def diff_targets(targets: tuple[str, ...], resume: Path | None, **given: Any) -> int:
    """Compare two deployments, print what came of it, and return the exit code."""
    from assay.differ.running import diff
    from assay.differ.telling import lines
    from assay.report import github

    options = diff_options(targets, given, resume)
    with Screen(quiet=options.first.quiet) as screen:
        found = diff(options, screen.echo, screen.watch)
    github.tell(found.run, command)
    for line in lines(found.run, quiet=options.first.quiet, colour=screen.colour):
        say(line)
    return int(found.exit_code)
