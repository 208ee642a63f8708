"""The options of a check as click reads them: from words, from the environment, from the file, in that order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from assay.errors import UsageProblem
from assay.plugin.configuration import configuration
from assay.plugin.declared import CONFIG, DECLARED, PREFIX, Declared

FROM = "assay.configuration"
"""Where a click context remembers the name of the file that it was configured by."""
CONTEXT = {"auto_envvar_prefix": PREFIX}
"""What a command with these options says of its context."""


class _Header(click.ParamType[str]):
    """A header. Its value may hold blanks: in the environment each header has a line of its own."""

    name = "header"
    envvar_list_splitter = "\n"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return str(value)


def parameters(names: Collection[str] | None = None) -> list[click.Parameter]:
    """The options of a check, or those of these names, in the order in which the help lists them."""
    return parameters_of(each for each in DECLARED if names is None or each.name in names)


def parameters_of(options: Iterable[Declared]) -> list[click.Parameter]:
    """Declared options as click takes them."""
    return [_option(each) for each in options]


def values(words: Sequence[str], command: str, options: Iterable[Declared] = DECLARED) -> dict[str, Any]:
    """What these words, the environment and the file say of these options, by field name. Raises UsageProblem."""
    reader = click.Command(
        command, params=parameters_of(options), context_settings=dict(CONTEXT), add_help_option=False
    )
    try:
        return dict(reader.make_context(command, list(words)).params)
    except click.UsageError as error:
        raise UsageProblem(said(error)) from None


def said(error: click.UsageError) -> str:
    """The message of an error without its final stop, and where the value came from if not from the command line."""
    message = error.format_message().rstrip(".")
    if error.ctx is None or not isinstance(error, click.BadParameter) or not (error.param and error.param.name):
        return message
    source = error.ctx.get_parameter_source(error.param.name)
    if source is ParameterSource.ENVIRONMENT:
        return f"{message} (in the environment variable {PREFIX}_{error.param.name.upper()})"
    if source is ParameterSource.DEFAULT_MAP:
        return f"{message} (in {error.ctx.meta[FROM]})"
    return message


def _option(option: Declared) -> click.Option:
    if option.name == CONFIG:
        return click.Option(
            [f"--{CONFIG}"], type=_type(option), metavar=option.metavar, help=_help(option),
            is_eager=True, expose_value=False, callback=_configure,
        )  # fmt: skip
    if option.kind == "flag":
        return click.Option([f"--{option.name}"], is_flag=True, help=option.help)
    return click.Option(
        [f"--{option.name}"],
        type=_type(option),
        metavar=option.metavar,
        multiple=option.multiple,
        default=option.default,
        show_default=option.default is not None,
        help=_help(option),
    )


def _type(option: Declared) -> click.ParamType[Any]:
    if option.choices:
        return click.Choice(option.choices)
    match option.kind:
        case "integer":
            return click.IntRange(_whole(option.least), _whole(option.most)) if option.least is not None else click.INT
        case "number":
            return click.FloatRange(min=option.least, max=option.most)
        case "file":
            return click.Path(path_type=Path)
        case "folder":
            return click.Path(path_type=Path, file_okay=False)
        case _:
            return _Header() if option.name == "header" else click.STRING


def _whole(bound: float | None) -> int | None:
    return None if bound is None else int(bound)


def _help(option: Declared) -> str:
    return f"{option.help}  [default: {option.shown}]" if option.shown else option.help


def _configure(context: click.Context, _: click.Parameter, path: Path | None) -> None:
    """Let the file's settings stand where neither an option nor the environment says otherwise."""
    found = configuration(path)
    context.default_map = dict(found.values)
    context.meta[FROM] = found.name
