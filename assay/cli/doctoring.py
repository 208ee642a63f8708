"""`assay doctor` and `assay init`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import click
from click.core import ParameterSource

from assay.cli.voice import say
from assay.contract.sentences import count
from assay.errors import UsageProblem
from assay.plugin.declared import DECLARED
from assay.plugin.options import options_from_some
from assay.plugin.settings import FROM

WAY: Final = (
    "model", "key-env", "key-in", "header", "timeout", "ready-timeout", "ca-bundle", "client-cert", "client-key",
    "proxy",
)  # fmt: skip
"""The options of a check that say how a target is reached, and what is asked of it."""
CHOICE: Final = ("only", "skip", "operation", "require", "depth", "examples", "allow-hostile", "no-known", "known")
"""Those that say what is checked."""
SOON: Final = 10.0
"""Seconds to wait for a target that is not ready: a check waits longer."""
DOCTOR: Final = tuple(
    replace(each, default=SOON) if each.name == "ready-timeout" else each
    for each in DECLARED
    if each.name in (*WAY, *CHOICE, "max-requests", "time-budget", "config")
)
INIT: Final = tuple(each for each in DOCTOR if each.name in WAY)
NO_TARGET: Final = (
    "no TARGET given; give the deployment's base URL, such as http://localhost:9001, or the word reference"
)


def examine(context: click.Context, target: str | None, given: Mapping[str, Any]) -> int:
    """Tell what is here, what can be reached and what would be checked; returns the exit code."""
    from assay.doctor.examining import examine as run

    options = options_from_some(_named(target), given)
    code = run(options, say, str(context.meta.get(FROM, "")))
    say(f"exit code {int(code)}")
    return int(code)


def configure(context: click.Context, target: str | None, given: Mapping[str, Any]) -> int:
    """Write an assay.toml of what the target reveals; returns the exit code."""
    from assay.doctor.configuring import KEPT
    from assay.doctor.configuring import configure as run

    kept = {
        name: given[field]
        for name in KEPT
        if context.get_parameter_source(field := name.replace("-", "_")) is not ParameterSource.DEFAULT
    }
    target = _named(target)
    made = run(options_from_some(target, given), kept)
    say(f"{made.path}: {count(made.required, 'operation')} required, {count(made.models, 'model')} named")
    say(f"check it: assay check {target}")
    return 0


def _named(target: str | None) -> str:
    if target is None:
        raise UsageProblem(NO_TARGET)
    return target
