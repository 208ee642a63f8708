"""`assay`: the commands and their options."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

import assay
from assay.bench.declared import ALL as BENCH
from assay.cli import doctoring, golding, voice
from assay.cli.voice import say
from assay.differ.options import ALL as DIFF
from assay.errors import AssayError, Exit, Fault, UsageProblem
from assay.interrupts import Interrupts, taken
from assay.plugin.settings import CONTEXT, parameters, parameters_of, said
from assay.record.redaction import KEY_VARIABLE, Redactor
from assay.report.text import SENTENCE, one_line, visible
from assay.suite import SUITE_FOLDERS, suite_folder

SELF_TEST = (
    "model", "key-env", "key-in", "header", "seed", "timeout", "ready-timeout", "allow-hostile", "quiet", "config",
)  # fmt: skip
"""The options of a check that a self-test has too."""
TRACEBACK = "ASSAY_TRACEBACK"
"""The environment variable that has the traceback of a fault in Assay printed."""


class Sentences(click.Group):
    """Commands that end in one sentence and an exit code, and in no traceback, for what the user can mend."""

    def main(self, *arguments: Any, **options: Any) -> Any:
        """Run the command line; the process ends with one of the documented exit codes."""
        options["standalone_mode"] = False
        with taken(signal.SIGINT) as interrupts:
            code = self._run(interrupts, *arguments, **options)
            voice.finish()
        sys.exit(code)

    def _run(self, interrupts: Interrupts, *arguments: Any, **options: Any) -> int:
        code: Any = Exit.OK
        streams = sys.stdout, sys.stderr
        try:
            code = super().main(*arguments, **options)
        except AssayError as error:
            code = _ended(error)
        except click.exceptions.NoArgsIsHelpError as error:
            say(error.ctx.get_help() if error.ctx else "", err=True)
            code = Exit.USAGE
        except click.UsageError as error:
            code = _ended(UsageProblem(_sentence(error)))
        except click.ClickException as error:
            code = _ended(UsageProblem(error.format_message()))
        except (click.Abort, KeyboardInterrupt) as error:
            code = _interrupted(error)
        except SystemExit:
            if sys.stdout is streams[0]:
                raise
            sys.stdout, sys.stderr = streams  # click has put others there: nobody reads its help text to the end
        except Exception as error:
            if interrupts.seen:  # an import that was cut short makes an error of its own of it
                return _interrupted(KeyboardInterrupt())
            code = _ended(Fault.of(error, Redactor(os.environ.get(KEY_VARIABLE)).text))
        return int(code or 0)


def _interrupted(interrupt: BaseException) -> int:
    """Say that it was, and what was said of the run that it ended. click raises an Abort from it."""
    first = interrupt.__cause__ if isinstance(interrupt, click.Abort) else interrupt
    left = [visible(str(each)) for each in first.args] if first else []
    say("; ".join(["assay: interrupted", *left]), err=True)
    return Exit.INTERRUPTED


def _ended(error: AssayError) -> Exit:
    """Say in one sentence how it ended; nothing that the target said of it acts on the screen."""
    if isinstance(error, Fault) and os.environ.get(TRACEBACK):
        say(visible(error.trace), err=True)
    say(f"assay: {one_line(error, SENTENCE)}", err=True)
    return error.exit_code


def _sentence(error: click.UsageError) -> str:
    message = said(error)
    command = error.ctx.command_path if error.ctx else "assay"
    return f"{message}; `{command} --help` lists what can be given"


@click.group(cls=Sentences, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(assay.__version__, prog_name="assay")
def main() -> None:
    """Tells whether a Roboflow vision-inference deployment keeps the promises of its documentation."""


@main.command(context_settings=CONTEXT)
@click.argument("target", required=False)
@click.option(
    "--resume",
    metavar="FOLDER",
    type=click.Path(path_type=Path, file_okay=False),
    allow_from_autoenv=False,
    help="Go on with the interrupted run in this folder: with its target, its seed and its options.",
)
@click.pass_context
def check(context: click.Context, /, target: str | None, resume: Path | None, **given: Any) -> int:
    """Check TARGET against the documents, rule by rule.

    TARGET is the base URL of a deployment, or the word `reference` for the embedded one. Each option may also stand in
    the environment, as ASSAY_KEY_IN for --key-in, or in assay.toml, as key-in; an option beats the environment, and the
    environment the file.
    """
    from assay.cli.checking import check_target, resume_run

    if resume is not None:
        said = [name for name in context.params if context.get_parameter_source(name) is ParameterSource.COMMANDLINE]
        return resume_run(resume, target, frozenset(said), **given)
    if target is None:
        raise UsageProblem(
            "no TARGET given; give the deployment's base URL, such as http://localhost:9001, or the word reference"
        )
    return check_target(target, **given)


check.params += parameters()


@main.command(context_settings=CONTEXT)
@click.argument("targets", metavar="TARGET [TARGET]", nargs=-1)
@click.option("--workloads", "listing", is_flag=True, help="List the workloads, and measure nothing.")
def bench(targets: tuple[str, ...], listing: bool, **given: Any) -> int:
    """Measure how fast TARGET answers, or two of them in turn.

    TARGET is the base URL of a deployment, or the word `reference` for the embedded one: `assay bench reference` makes
    a whole report in about a minute.
    """
    from assay.cli.benching import bench_targets, list_workloads

    return list_workloads() if listing else bench_targets(targets, **given)


bench.params += parameters_of(BENCH)


@main.command(context_settings=CONTEXT)
@click.argument("targets", metavar="TARGET_A TARGET_B", nargs=-1)
@click.option(
    "--resume",
    metavar="FOLDER",
    type=click.Path(path_type=Path, file_okay=False),
    allow_from_autoenv=False,
    help="Go on with the interrupted comparison in this folder; targets and options are given again, as it says.",
)
def diff(targets: tuple[str, ...], resume: Path | None, **given: Any) -> int:
    """Ask two deployments the same, and compare their answers by meaning.

    Some questions are put to each of them twice: what moves there is its own noise. One deployment given twice is held
    against itself. The exit code is 0 where both say the same, 8 where they do not.
    """
    from assay.cli.differing import diff_targets

    return diff_targets(targets, resume, **given)


diff.params += parameters_of(DIFF)


@main.command(context_settings=CONTEXT)
@click.argument("target", required=False)
@click.pass_context
def doctor(context: click.Context, /, target: str | None, **given: Any) -> int:
    """Tell what is here, whether TARGET can be reached, and what would be checked.

    A handful of requests are sent, of which a model answers one at most: one that TARGET holds or that you name. The
    exit code is the one that a check could not do better than.
    """
    return doctoring.examine(context, target, given)


doctor.params += parameters_of(doctoring.DOCTOR)


@main.command(context_settings=CONTEXT)
@click.argument("target", required=False)
@click.pass_context
def init(context: click.Context, /, target: str | None, **given: Any) -> int:
    """Write an assay.toml from what TARGET reveals: operations to require, models to ask.

    It overwrites nothing, and never holds a key. No model is asked.
    """
    return doctoring.configure(context, target, given)


init.params += parameters_of(doctoring.INIT)


@main.command("load-host", context_settings=CONTEXT)
@click.argument("master", metavar="MASTER:PORT")
@click.option(
    "--wait",
    type=click.FloatRange(min=1),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to try to reach it.",
)
def load_host(master: str, **given: Any) -> int:
    """Send load for a benchmark that another machine leads: `assay bench TARGET --load-hosts N` there.

    It does what it is told to until that benchmark is over, and then ends. What a target is shown and whom to believe
    is this machine's own affair: its certificates are named here.
    """
    from assay.cli.hosting import send_for

    return send_for(master, **given)


load_host.params += parameters(("ca-bundle", "client-cert", "client-key"))


@main.command("self-test", context_settings=CONTEXT)
@click.option("--behind", metavar="URL", help="Put the faults before this server, and not the reference deployment.")
@click.option("--fault", "faults", multiple=True, metavar="PATTERN", help="Try these faults, such as 'sam2.segment/*'.")
@click.option("--rule", "rules", multiple=True, metavar="PATTERN", help="Try whether these rules notice their faults.")
@click.option(
    "--named/--derived",
    default=None,
    help="Only the faults that have a name and the rules that they break; or only those that follow from the schemas.",
)
@click.option("--unpromised", is_flag=True, help="Try derived faults, too, that break nobody's promise.")
@click.option(
    "--sample",
    type=click.IntRange(min=1),
    metavar="N",
    help="Of the derived faults of one kind and one operation try at most N.",
)
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Processes side by side.")
@click.option(
    "--out", metavar="FOLDER", type=click.Path(path_type=Path, file_okay=False), help="Where self-test.json goes."
)
@click.option(
    "--time-budget",
    type=click.FloatRange(min=1),
    metavar="SECONDS",
    help="Begin no further fault after so long.  [default: none; 1800 behind a server on another machine]",
)
def self_test(**given: Any) -> int:
    """Try the rules themselves: put each known fault before a server, and tell which of them a check notices.

    Faults that change answers and are not noticed end it in exit code 1. Some have names and say which rules they
    break; the others are made of the schemas: every member and every parameter, wrong in every way that fits it.
    """
    from assay.cli.selftesting import self_test as run

    return run(**given)


self_test.params += parameters(SELF_TEST)


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
    """List every rule: id, severity, source, number of cases, requirement; and what no rule can judge.

    Of a rule that an installed package adds, the package is named.
    """
    from assay.contract.sentences import count
    from assay.contract.unjudged import unjudged
    from assay.plugin.catalogue import catalogue, origins

    added = origins()
    for rule in catalogue().values():
        by = f", by {added[rule.id]}" if rule.id in added else ""
        say(
            f"{rule.id}  [{rule.severity}, {rule.source}, {count(len(rule.cases), 'case')}{by}]\n    {rule.requirement}"
        )
    for promise in unjudged():
        say(f"not judged: {promise.says}\n    {promise.reason}")


@main.command()
@click.argument("name", metavar="FOLDER", type=click.Choice(SUITE_FOLDERS))
def path(name: str) -> None:
    """Print where a folder of the suite lies, in a checkout as in an installed wheel.

    So that pytest finds the rules: pytest "$(assay path conformance)" --target URL
    """
    say(suite_folder(name))


@main.command()
@click.argument("rule_id", metavar="RULE")
def explain(rule_id: str) -> None:
    """Explain one rule: what it demands, who says so, and its cases."""
    from assay.cli.explaining import explanation

    say(explanation(rule_id))


@main.command()
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path), help="Write the page there, and nothing else.")
def report(runs: tuple[Path, ...], out: Path | None) -> int:
    """Render the reports of a run again, or show several runs in one page.

    RUN is the folder of a run, of any kind; or a file that `assay compare --json` wrote, which is drawn from its
    records again. One folder alone has all its reports rendered again, beside its record. With --out one page that
    opens offline shows them all, the worst first; junit.xml and the others stay with each run, for CI servers take
    several of them. The exit code tells whether that was possible, and not what the runs came to.
    """
    from assay.cli.reporting import report_on

    return report_on(runs, out)


@main.command()
@click.argument("runs", metavar="RUN...", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--fail-on",
    "gates",
    multiple=True,
    metavar="GATE",
    help='What must hold: "p99 +5%", "rate -3%", "errors < 0.1%", "p99 <= 100 ms", newly-failing, newly-untested.',
)
@click.option("--threshold", metavar="SHARE", default="3%", show_default=True, help="Differences up to this are none.")
@click.option("--figure", "figures", multiple=True, metavar="NAME", help="Judge this figure, such as server.p50.")
@click.option("--workload", "workloads", multiple=True, metavar="PATTERN", help="Compare only these workloads.")
@click.option(
    "--price", "prices", multiple=True, metavar="SIDE=USD", help="What an hour of a side costs, such as l4=0.80."
)
@click.option("--published", is_flag=True, help="Show figures that documents print beside what was measured.")
@click.option("--json", "json_file", metavar="FILE", help="Write the comparison as JSON; - prints it alone.")
@click.option("--markdown", "markdown_file", metavar="FILE", help="Write a summary as Markdown.")
@click.option("--html", "html_file", metavar="FILE", help="Write the comparison as a page.")
def compare(**given: Any) -> int:
    """Compare runs: what changed, what got slower, and how sure that is. Nothing is sent.

    RUN is the folder of a run, or a folder of such folders, which are one side together. The first is the base. Where
    one run has measured several targets, each is a side. A verdict rests on several runs a side, or on repetitions
    within one run that measured both; never on a single one.
    """
    from assay.cli.comparing import compare_runs

    return compare_runs(**given)


@main.command(context_settings=CONTEXT)
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path, file_okay=False))
@click.argument("identifier", metavar="EXCHANGE")
@click.option(
    "--target", metavar="URL", allow_from_autoenv=False, help="Send it there, and not to the target of the run."
)
@click.option(
    "--key-env", metavar="NAME", help="Environment variable that holds the API key.  [default: ROBOFLOW_API_KEY]"
)
@click.option(
    "--header",
    "headers",
    multiple=True,
    metavar="'NAME: VALUE'",
    allow_from_autoenv=False,
    help="A header of yours that the request had; its value is in no record.",
)
@click.option(
    "--timeout", type=click.FloatRange(min=0.1), default=120.0, show_default=True, help="Seconds to wait for an answer."
)
@click.option("--raw", is_flag=True, allow_from_autoenv=False, help="Print the body that comes back, and nothing else.")
def replay(folder: Path, identifier: str, **given: Any) -> int:
    """Send one recorded request again, exactly, and tell how the answers differ.

    RUN is the folder of a run, EXCHANGE the number of an exchange in its report, such as x000017. The key is put back
    from the environment; a proxy and certificates are named again. The exit code is 0 where the answers agree, 8 where
    they differ other than every time, 3 where no answer comes now.
    """
    from assay.cli.replaying import replay_exchange

    return replay_exchange(folder, identifier, **given)


replay.params += parameters(("ca-bundle", "client-cert", "client-key", "proxy"))

main.add_command(golding.group)
