"""`assay`: the commands and their options."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

import assay
from assay.errors import AssayError, Exit


class Sentences(click.Group):
    """Commands that end in one sentence and an exit code, and in no traceback, for what the user can mend."""

    def main(self, *arguments: Any, **options: Any) -> Any:
        """Run the command line; the process ends with one of the documented exit codes."""
        options["standalone_mode"] = False
        try:
            code = super().main(*arguments, **options)
        except AssayError as error:
            click.echo(f"assay: {error}", err=True)
            code = error.exit_code
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.ctx.get_help() if error.ctx else "", err=True)
            code = Exit.USAGE
        except click.UsageError as error:
            click.echo(f"assay: {_sentence(error)}", err=True)
            code = Exit.USAGE
        except click.ClickException as error:
            click.echo(f"assay: {error.format_message()}", err=True)
            code = Exit.USAGE
        except (click.Abort, KeyboardInterrupt):
            click.echo("assay: interrupted", err=True)
            code = Exit.INTERRUPTED
        sys.exit(int(code or 0))


def _sentence(error: click.UsageError) -> str:
    message = error.format_message().rstrip(".")
    if isinstance(error, click.MissingParameter) and error.param and error.param.name == "target":
        return "no TARGET given; give the deployment's base URL, such as http://localhost:9001, or the word reference"
    command = error.ctx.command_path if error.ctx else "assay"
    return f"{message}; `{command} --help` lists what can be given"


@click.group(cls=Sentences, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(assay.__version__, prog_name="assay")
def main() -> None:
    """Tells whether a Roboflow vision-inference deployment keeps the promises of its documentation."""


@main.command()
@click.argument("target")
@click.option(
    "--model",
    "models",
    multiple=True,
    metavar="TASK=MODEL",
    help="Model to ask for a task: object-detection=DATASET/VERSION, keypoint-detection=DATASET/VERSION, "
    "segmentation=VERSION. Otherwise what the target has loaded.",
)
@click.option(
    "--key-env", metavar="NAME", help="Environment variable that holds the API key.  [default: ROBOFLOW_API_KEY]"
)
@click.option(
    "--key-in",
    type=click.Choice(["documented", "query", "header", "body"]),
    default="documented",
    show_default=True,
    help="Where the key travels.",
)
@click.option(
    "--header",
    "headers",
    multiple=True,
    metavar="'NAME: VALUE'",
    help="A header to add to every request; its value is kept out of every file.",
)
@click.option("--only", multiple=True, metavar="PATTERN", help="Check only the rules whose id matches.")
@click.option("--skip", multiple=True, metavar="PATTERN", help="Leave out the rules whose id matches.")
@click.option("--strict", is_flag=True, help="A broken `should` decides the exit code too.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of everything that is generated.")
@click.option(
    "--examples", type=click.IntRange(1, 10_000), default=8, show_default=True, help="Generated requests for each case."
)
@click.option("--no-known", is_flag=True, help="Judge bare, without the list of known deviations.")
@click.option(
    "--known",
    "known_files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A list of known deviations of your own, besides those that Assay ships.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the record and the reports.  [default: assay-runs/DATE-TIME]",
)
@click.option(
    "--timeout", type=click.FloatRange(min=0.1), default=120.0, show_default=True, help="Seconds for one request."
)
@click.option(
    "--ready-timeout",
    type=click.FloatRange(min=0.1),
    default=60.0,
    show_default=True,
    help="Seconds for the target to become ready.",
)
@click.option(
    "--max-requests", type=click.IntRange(min=1), help="Most requests to send.  [default: 2000 to another machine]"
)
def check(target: str, **given: Any) -> int:
    """Check TARGET against the documents, rule by rule.

    TARGET is the base URL of a deployment, or the word `reference` for the embedded one.
    """
    from assay.cli.checking import check_target

    return check_target(target, **given)


@main.command()
@click.option("--fault", metavar="NAME", help="Break the server in this way; `--fault list` names the faults.")
@click.option("--behind", metavar="URL", help="Serve this server, behind the fault, and not the reference deployment.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0 takes a free port.")
@click.option(
    "--key-env", metavar="NAME", help="Environment variable with the key that the reference deployment asks for."
)
def serve(**given: Any) -> int:
    """Serve the reference deployment, or any server behind a fault, until interrupted."""
    from assay.cli.serving import serve_until_interrupted

    return serve_until_interrupted(**given)


@main.command()
def rules() -> None:
    """List every rule: id, severity, source, number of cases, requirement."""
    from assay.plugin.catalogue import catalogue

    for rule in catalogue().values():
        cases = f"{len(rule.cases)} case{'s' if len(rule.cases) != 1 else ''}"
        click.echo(f"{rule.id}  [{rule.severity}, {rule.source}, {cases}]\n    {rule.requirement}")


@main.command()
@click.argument("rule_id", metavar="RULE")
def explain(rule_id: str) -> None:
    """Explain one rule: what it demands, who says so, and its cases."""
    from assay.cli.explaining import explanation

    click.echo(explanation(rule_id))


@main.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def report(folder: Path) -> None:
    """Render the reports of a run again, from its record."""
    from assay.plugin.check import write_reports

    click.echo(write_reports(folder))
