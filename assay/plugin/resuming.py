"""Going on with a run that was cut short: same target, same seed, same options; what was judged is not asked again."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import assay
from assay import expect
from assay.errors import UsageProblem
from assay.plugin.check import Check, Echo
from assay.plugin.declared import setting
from assay.plugin.options import FILES, NOT_STATED, CheckOptions
from assay.plugin.remembering import exchanges_before
from assay.plugin.tally import Tally
from assay.record import RecordWriter, Run, read
from assay.record.bounds import share_of_run
from assay.target import Capability, Policy, Target
from assay.target.budget import Budget
from assay.target.discovery import Discovery

WAY = frozenset({*FILES, "proxy", "asset_bind", "asset_base_url"})
"""How the target is reached, and how it reaches us."""
MAY_CHANGE = frozenset({"workers", "timeout", "ready_timeout", "max_requests", "time_budget"}) | WAY
"""What changes nothing about what is asked and how it is judged."""
NAMED_ONLY = frozenset({"headers", "known_files", "pictures"})
"""Options of which a record holds the names alone: they are given again."""


class Resumed(Check):
    """A run that goes on. Raises UsageProblem where the target is another one than before."""

    def __init__(self, options: CheckOptions, echo: Echo, run: Run) -> None:
        super().__init__(options, echo)
        self._run = run
        self.tally = Tally.of(run)

    @property
    def kept(self) -> Path:
        """Where what was measured lies: before, if not now."""
        return self._run.folder

    def _prepare(self, policy: Policy) -> None:
        """Hear what was answered before, too: some rules judge all that was heard."""
        super()._prepare(policy)
        for exchange in exchanges_before(self._run, policy.key):
            self.overheard.hear(exchange)

    def _new_writer(self, policy: Policy) -> RecordWriter:
        return RecordWriter(
            self._run.folder,
            policy.base_url,
            self.redactor,
            policy.curl_words,
            goes_on=True,
            withholding=self._withholding(),
            room=share_of_run(self.options.processes),
        )

    def _new_target(self, policy: Policy) -> Target:
        last = max((int(identifier.lstrip("x")) for identifier in self._run.exchanges), default=0)
        return Target(policy, last + 1, Budget(policy.max_requests, spent=len(self._run.exchanges)))

    def _models(self, found: Discovery) -> dict[str, str]:
        return dict(self._run.header["configuration"]["models"])

    def _discover(self, listed: expect.KnownDeviations) -> None:
        super()._discover(listed)
        before, now = dict(self._run.header["target"]), self.knows.fingerprint.as_json()
        for name in ("name", "version", "engine", "server", *(() if self.options.on_reference else ("url",))):
            if before.get(name, "") != now[name]:
                raise UsageProblem(
                    f"the run in {self._run.folder} was of another target: its {name} was {before.get(name, '')!r}, "
                    f"and is {now[name]!r}; start a new run"
                )
        self.knows.capabilities = self.knows.capabilities | {
            name: Capability(stated["available"], stated["because"])
            for name, stated in self._run.header["capabilities"].items()
        }

    def _write_header(self) -> None:
        header = self._run.header
        changed = {name: value for name, value in self.options.as_json().items() if name in MAY_CHANGE}
        self.writer.gather(
            resumed=[*header.get("resumed", []), time.time()], configuration={**header["configuration"], **changed}
        )

    def _announce(self) -> None:
        super()._announce()
        self.echo(f"  resumed: {len(self.tally.settled)} cases were judged before, and are not asked again")


def resumed(folder: Path, options: CheckOptions, given: frozenset[str], echo: Echo) -> Resumed:
    """The run in `folder`, to be gone on with.

    `given` names the fields of the options that the user gave, and not a default. Raises UsageProblem where the run is
    finished, where it is of another Assay, and where what was given is not what it began with.
    """
    run = read(folder)
    if run.footer is not None:
        raise UsageProblem(f"the run in {folder} is finished; start a new run")
    if run.header["assay"]["version"] != assay.__version__:
        raise UsageProblem(
            f"the run in {folder} was begun by Assay {run.header['assay']['version']}, and this is "
            f"{assay.__version__}; start a new run"
        )
    return Resumed(_as_before(run, options, given), echo, run)


def _as_before(run: Run, options: CheckOptions, given: frozenset[str]) -> CheckOptions:
    """The options that the run began with, those that may change as they are given now."""
    recorded = _recorded(run)
    changes: dict[str, Any] = {"out": run.folder}
    for name in (field.name for field in fields(CheckOptions) if field.name not in NOT_STATED):
        before, now = getattr(recorded, name), getattr(options, name)
        if name in NAMED_ONLY:
            _refuse_other_names(run.folder, name, _names(before), _names(now))
        elif name not in given:
            changes[name] = before
        elif name not in MAY_CHANGE and now != before:
            raise UsageProblem(
                f"{_option(name)} {_told(now)} contradicts the run in {run.folder}, which was begun with "
                f"{_told(before)}; leave it out, or start a new run"
            )
    return replace(options, **changes)


def _recorded(run: Run) -> CheckOptions:
    try:
        return CheckOptions.of(run.header["configuration"], run.header["seed"])
    except (KeyError, TypeError, ValueError, AttributeError):
        raise UsageProblem(
            f"the run in {run.folder} does not state with which options it was begun; start a new run"
        ) from None


def _refuse_other_names(folder: Path, name: str, before: tuple[str, ...], now: tuple[str, ...]) -> None:
    if before != now:
        words = f"with {', '.join(before)}" if before else "without any"
        raise UsageProblem(f"the run in {folder} was begun {words}; give the same again with {_option(name)}")


def _names(values: tuple[Any, ...] | Path | None) -> tuple[str, ...]:
    several = values if isinstance(values, tuple) else (values,) if values else ()
    return tuple(value.absolute().name if isinstance(value, Path) else value[0] for value in several)


def _told(value: Any) -> str:
    """A value as it would be given."""
    if isinstance(value, Mapping):
        value = [f"{name}={each}" for name, each in value.items()]
    if isinstance(value, (tuple, list)):
        return ", ".join(map(str, value)) or "none"
    return str(value)


def _option(field: str) -> str:
    """The option that sets a field, as a user knows it."""
    option = setting(field)
    return f"--{option.name}" if option else field.upper()
