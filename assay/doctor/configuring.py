"""`assay init`: an `assay.toml` that says of a target what it reveals, so that what goes missing later is noticed."""

from __future__ import annotations

import contextlib
import datetime
import json
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import assay
from assay.contract.sentences import count
from assay.errors import UsageProblem
from assay.expect import Deviation
from assay.plugin.configuration import OWN_FILE, PROJECT_FILE
from assay.plugin.opening import listed_deviations
from assay.plugin.options import CheckOptions, parse_models
from assay.plugin.quiet import silent_client, termination_as_interrupt
from assay.questions.respondent import Respondent, reached
from assay.report.text import one_line, visible
from assay.target.policy import PROXY_VARIABLE, without_credentials

DEVIATIONS = 20
"""Known deviations that are named; of more, their number is."""
KEPT = ("key-env", "key-in", "timeout", "ready-timeout", "ca-bundle", "client-cert", "client-key", "proxy")
"""Options of the way to a target that are kept in the file where they were given."""


@dataclass(frozen=True, slots=True)
class Initial:
    """What was written, where, and what it holds."""

    path: Path
    required: int
    models: int


def configure(options: CheckOptions, given: Mapping[str, Any]) -> Initial:
    """Ask a target what it offers and write it down; `given` holds the options of KEPT that were given, by name.

    Raises UsageProblem where a configuration stands here already, or none can be written; TargetUnreachable.
    """
    refuse_to_overwrite()
    with ExitStack() as resources:
        resources.enter_context(termination_as_interrupt())
        resources.enter_context(silent_client())
        respondent = reached(options, resources)
    required, models = _required(respondent), _models(respondent)
    text = respondent.redactor.text("\n".join(_lines(respondent, required, models, given)) + "\n")
    tomllib.loads(text)
    _write(text)
    return Initial(OWN_FILE, len(required), len(models))


def refuse_to_overwrite() -> None:
    """Raise UsageProblem where a check that is started here would read a configuration already."""
    if OWN_FILE.exists() or OWN_FILE.is_symlink():
        raise UsageProblem(f"{OWN_FILE} is here already, and is not overwritten; delete or move it first")
    with contextlib.suppress(OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        if "assay" in tomllib.loads(PROJECT_FILE.read_text("utf-8")).get("tool", {}):
            raise UsageProblem(
                f"the settings stand in [tool.assay] in {PROJECT_FILE} already, and {OWN_FILE} would hide them; "
                "add to those, or delete them first"
            )


def _write(text: str) -> None:
    try:
        with OWN_FILE.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        refuse_to_overwrite()
    except OSError as error:
        raise UsageProblem(f"cannot write {OWN_FILE}: {error.strerror}") from None


def _required(respondent: Respondent) -> list[str]:
    """The operations that are known to be there; one of which nothing tells may not be."""
    return [name for name, each in respondent.capabilities.items() if each.available and each.described]


def _models(respondent: Respondent) -> dict[str, str]:
    """The models that the user names, and those that the target holds and can be asked for by this name."""
    found: dict[str, str] = {}
    for task, model in {**respondent.found.models, **respondent.options.models}.items():
        with contextlib.suppress(UsageProblem):
            found |= parse_models((f"{task}={model}",))
    return found


def _lines(
    respondent: Respondent, required: list[str], models: Mapping[str, str], given: Mapping[str, Any]
) -> Iterator[str]:
    options, fingerprint = respondent.options, respondent.fingerprint
    stated = " ".join(word for word in (fingerprint.name, fingerprint.version, fingerprint.engine) if word)
    told = one_line(stated or "a server without a name", 120)
    yield f"# What {one_line(options.target, 200)} offered on {datetime.date.today()}: {told}."
    yield f"# Written by Assay {assay.__version__}. Any option of `assay check --help` may stand here, by its name; the"
    yield "# environment and the command line beat it. The key does not: it is read from the environment alone."
    yield ""
    yield "# One of these that goes missing fails the check."
    yield from _listed("require", required)
    for name, value in given.items():
        bare = without_credentials(value) if isinstance(value, str) else value
        if bare != value:
            yield f"# With its password in the environment variable {PROXY_VARIABLE}."
        yield f"{name} = {_spelled(bare)}"
    yield from _deviations(respondent)
    if models:
        yield from ("", "# By the task that each is asked for.", "[model]")
        yield from (f"{task} = {_spelled(model)}" for task, model in models.items())
    else:
        yield from ("", "# It holds no model that can be asked for by name. Name them as:", "# [model]")
        yield '# object-detection = "my-project/3"'


def _listed(name: str, values: list[str]) -> Iterator[str]:
    if not values:
        yield f"{name} = []  # nothing tells what it offers"
        return
    yield f"{name} = ["
    yield from (f"    {_spelled(value)}," for value in values)
    yield "]"


def _deviations(respondent: Respondent) -> Iterator[str]:
    """Those that apply to such a server, in comments: a check finds them by itself, and they are its own to judge."""
    listed = listed_deviations(respondent.options).for_target(respondent.fingerprint, datetime.date.today()).entries
    if not listed:
        yield from ("", '# No deviation is listed for such a server. A list of your own: known = ["deviations.toml"]')
        return
    told = count(len(listed), "deviation is listed", "deviations are listed")
    yield from ("", f"# {told} for such a server, and known when they are seen; no-known = true judges without.")
    yield from (f"#   {_deviation(each)}" for each in listed[:DEVIATIONS])
    if len(listed) > DEVIATIONS:
        yield f"#   and {len(listed) - DEVIATIONS} more"


def _deviation(entry: Deviation) -> str:
    return f"{one_line(entry.rule, 80)}: {one_line(entry.reason, 160)}"


def _spelled(value: Any) -> str:
    """A value as TOML has it; a text as one on one line, of whatever characters."""
    return repr(value) if isinstance(value, (int, float)) else json.dumps(visible(str(value)), ensure_ascii=False)
