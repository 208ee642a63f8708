"""The reference of the commands, from what click knows of them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from assay.cli.main import main
from assay.plugin.declared import DECLARED
from docs.generating.markdown import code, page, prose, table, written_from

PROGRAM = "assay"
SOURCE = "the command line itself"


def pages() -> Iterator[tuple[str, str]]:
    """A page for each command, one that lists them, and one for pytest."""
    commands = dict(_commands(main, ()))
    listed = [
        [f"[`{PROGRAM} {' '.join(words)}`](commands/{_name(words)}.md)", prose(_summary(command))]
        for words, command in commands.items()
    ]
    toctree = "\n".join(f"commands/{_name(words)}" for words in commands)
    yield (
        "reference/commands.md",
        page(
            "Commands and options",
            "Each option may also stand in the environment, as `ASSAY_KEY_IN` for `--key-in`, or in `assay.toml` or "
            "under `[tool.assay]` in `pyproject.toml`, as `key-in`, where the command's page names its variable. An "
            "option beats the environment, and the environment the file.",
            table(["command", "what it does"], listed),
            f"```{{toctree}}\n:hidden:\n\n{toctree}\n```",
            written_from(SOURCE),
        ),
    )
    for words, command in commands.items():
        yield f"reference/commands/{_name(words)}.md", _page(words, command)
    yield "reference/pytest.md", _pytest()


def _name(words: tuple[str, ...]) -> str:
    return "-".join(words)


def _commands(group: click.Group, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from _commands(command, (*words, name))
        else:
            yield (*words, name), command


def _summary(command: click.Command) -> str:
    return _told(command).partition("\n\n")[0]


def _told(command: click.Command) -> str:
    return inspect.cleandoc(command.help or "")


def _page(words: tuple[str, ...], command: click.Command) -> str:
    prefix = command.context_settings.get("auto_envvar_prefix")
    context = click.Context(
        command,
        info_name=f"{PROGRAM} {' '.join(words)}",
        auto_envvar_prefix=prefix,
        help_option_names=main.context_settings["help_option_names"],  # click keeps what it hears first
    )
    usage = command.get_usage(context).removeprefix("Usage: ")
    options = [_option(parameter, context) for parameter in command.get_params(context)]
    return page(
        f"{PROGRAM} {' '.join(words)}",
        f"```text\n{usage}\n```",
        *(prose(paragraph) for paragraph in _told(command).split("\n\n")),
        table(["option", "meaning"], [option for option in options if option]),
        written_from(SOURCE),
    )


def _option(parameter: click.Parameter, context: click.Context) -> list[str]:
    record = parameter.get_help_record(context)
    if record is None or not isinstance(parameter, click.Option):  # arguments are told by the usage and the text
        return []
    variable = _variable(parameter, context)
    return [code(record[0]), prose(record[1]) + (f" Or {code(variable)}." if variable else "")]


def _variable(parameter: click.Option, context: click.Context) -> str:
    """The environment variable that says the same, where there is one."""
    if not parameter.allow_from_autoenv or not context.auto_envvar_prefix or "--help" in parameter.opts:
        return ""
    return f"{context.auto_envvar_prefix}_{str(parameter.name).upper()}"


def _pytest() -> str:
    options = [[code(f"--assay-{option.name}"), code(f"--{option.name}")] for option in DECLARED]
    return page(
        "Under pytest",
        "`pytest conformance --target URL` runs the rules and `pytest benchmarks --target URL` the workloads; "
        "`--assay-target` is the same, where another plugin has taken `--target`. From an installed wheel they lie at "
        "`assay path conformance` and `assay path benchmarks`. Without a target Assay's plugin does nothing. `-k`, "
        "`-m`, `-n`, `-x` and `--lf` mean what they always mean.",
        "Every other option is that of [`assay check`](commands/check.md), with a prefix of its own:",
        table(["pytest", "`assay check`"], options),
        written_from("the options that the plugin declares"),
    )
