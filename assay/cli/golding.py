"""`assay golden`: its commands and their options."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from assay.cli.screen import Screen
from assay.cli.voice import command, say
from assay.errors import UsageProblem
from assay.golden import options as golden
from assay.plugin.settings import CONTEXT, parameters_of

NO_TARGET = "no TARGET given; give the deployment's base URL, such as http://localhost:9001, or the word reference"


@click.group("golden")
def group() -> None:
    """Keep the answers of a trusted deployment, and hold a deployment to them.

    `record` asks one that you trust, `check` another one, or the same after an upgrade, and `approve` takes over what
    came instead. A bundle is a folder of plain files, made to lie beside your code.
    """


@group.command(context_settings=CONTEXT)
@click.argument("target", required=False)
def record(target: str | None, **given: Any) -> int:
    """Ask TARGET every question once, and keep its answers in --bundle FOLDER.

    Asking again changes no byte where the answers are the same.
    """
    from assay.golden.recording import lines
    from assay.golden.recording import record as run

    if target is None:
        raise UsageProblem(NO_TARGET)
    options = golden.record_options(target, given)
    with Screen(quiet=options.target.quiet) as screen:
        found = run(options, screen.echo, screen.watch)
    for line in lines(found):
        say(line)
    say(f"exit code {int(found.exit_code)}")
    return int(found.exit_code)


record.params += parameters_of(golden.RECORD)


@group.command(context_settings=CONTEXT)
@click.argument("target", required=False)
@click.option(
    "--resume",
    metavar="FOLDER",
    type=click.Path(path_type=Path, file_okay=False),
    allow_from_autoenv=False,
    help="Go on with the interrupted check in this folder; TARGET and options are given again.",
)
def check(target: str | None, resume: Path | None, **given: Any) -> int:
    """Ask TARGET for every golden answer in --bundle FOLDER again, and compare by meaning.

    The exit code is 0 where all say the same, 8 where one does not or is missing.
    """
    from assay.golden.checking import check as run
    from assay.golden.telling import lines
    from assay.report import github

    if target is None:
        raise UsageProblem(NO_TARGET)
    options = golden.golden_options(target, given, resume)
    with Screen(quiet=options.target.quiet) as screen:
        found = run(options, screen.echo, screen.watch)
    github.tell(found.run, command)
    for line in lines(found.run, quiet=options.target.quiet, colour=screen.colour):
        say(line)
    return int(found.exit_code)


check.params += parameters_of(golden.CHECK)


@group.command()
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path, file_okay=False))
@click.option("--case", "cases", multiple=True, metavar="PATTERN", help="Take over what came to these questions.")
@click.option("--all", "everything", is_flag=True, help="Take over everything that differed or was missing.")
@click.option("--by", metavar="NAME", help="Who takes it for good.  [default: the name of your account]")
@click.option(
    "--bundle",
    metavar="FOLDER",
    type=click.Path(path_type=Path, file_okay=False),
    help="The bundle, where it lies elsewhere than when it was checked.",
)
def approve(folder: Path, **given: Any) -> int:
    """Take over into the bundle what came in the check RUN instead of the golden answers. Nothing is asked."""
    from assay.golden.approving import approve as run

    for line in run(folder, **given):
        say(line)
    return 0


@group.command()
def questions() -> None:
    """List the questions that are asked where nothing else is said."""
    from assay.questions.question import declared

    for question in declared().values():
        say(f"{question.id:60} {question.sentence}")
