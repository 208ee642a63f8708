"""What a run exercised of the contract, and what it never did: operation by mode, status and parameter."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from assay.contract import PROMISED, Operation, Parameter, load
from assay.record import Run
from assay.report.picture import body_of
from assay.report.view import Event

NO_ANSWER = "no answer"
LEFT_OUT = "the target offers it, and this run did not come to it or was told to leave it out"
LONGEST_VALUE = 200
"""Characters of a value that tell it from others; what is longer, as a picture, is told by its length besides."""


@dataclass(slots=True)
class ParameterUse:
    """A parameter that is documented: how often it was sent, with how many values, and what was answered."""

    name: str
    place: str
    promised: bool
    """Whether a document or its sample names it, and not the open-source server alone."""
    statuses: Counter[str] = field(default_factory=Counter)
    values: set[str] = field(default_factory=set)

    @property
    def times(self) -> int:
        """The requests that carried it."""
        return self.statuses.total()


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was asked of one operation. `modes` has those that are documented, asked for or not."""

    operation: str
    title: str
    requests: int
    modes: Mapping[str, Counter[str]]
    parameters: tuple[ParameterUse, ...]
    because: str
    """Why nothing could be asked, where nothing was."""

    @property
    def statuses(self) -> Counter[str]:
        """How often each status came."""
        return sum(self.modes.values(), Counter[str]())

    @property
    def never(self) -> list[str]:
        """The modes and parameters that the documents name, and that no request asked for."""
        modes = [f"mode {name}" for name, found in self.modes.items() if not found and len(self.modes) > 1]
        return modes + [use.name for use in self.parameters if use.promised and not use.times]


def coverage(run: Run) -> list[Coverage]:
    """Each operation of the contract, in the contract's order, with what the recorded requests asked of it."""
    asked: dict[str, list[Event]] = defaultdict(list)
    for exchange in run.exchanges.values():
        asked[exchange["operation"]].append(exchange)
    capabilities = run.header.get("capabilities", {})
    read = _Bodies(run)
    return [
        _covered(operation, asked[operation.id], read, _why_not(capabilities.get(operation.id, {})))
        for operation in load().operations.values()
    ]


def _why_not(capability: Mapping[str, Any]) -> str:
    """Why nothing was asked of an operation: what tells that it is there is no reason to leave it alone."""
    return LEFT_OUT if capability.get("available") else str(capability.get("because", ""))


class _Bodies:
    """The members of JSON bodies, each body read once."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._known: dict[str, dict[str, str]] = {}

    def members(self, request: Event) -> dict[str, str]:
        """The members at the top of a JSON body, each with what tells its value from others."""
        artifact = str((request["body"] or {}).get("artifact", ""))
        if artifact not in self._known:
            self._known[artifact] = _members(body_of(self._run, request)) if artifact.endswith(".json") else {}
        return self._known[artifact]


def _members(body: bytes | None) -> dict[str, str]:
    try:
        value = json.loads(body or b"")
    except (ValueError, RecursionError):
        return {}
    return {name: _brief(each) for name, each in value.items()} if isinstance(value, dict) else {}


def _brief(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…{len(text)} {text[-LONGEST_VALUE:]}"


def _covered(operation: Operation, exchanges: Iterable[Event], read: _Bodies, because: str) -> Coverage:
    modes: dict[str, Counter[str]] = {name: Counter() for name in operation.modes}
    uses = {each.name: _unused(each) for each in operation.parameters if each.place != "path"}
    requests = 0
    for exchange in exchanges:
        requests += 1
        status = str(exchange["response"]["status"]) if exchange["response"] else NO_ANSWER
        sent = dict(parse_qsl(urlsplit(exchange["request"]["url"]).query, keep_blank_values=True))
        sent |= read.members(exchange["request"])
        for name in uses.keys() & sent.keys():
            uses[name].statuses[status] += 1
            uses[name].values.add(_brief(sent[name]))
        modes.setdefault(_mode(operation, sent), Counter())[status] += 1
    return Coverage(
        operation.id, operation.title, requests, modes, tuple(uses.values()), because if not requests else ""
    )


def _unused(parameter: Parameter) -> ParameterUse:
    promised = parameter.source is None or parameter.source.strength in PROMISED
    return ParameterUse(parameter.name, parameter.place, promised)


def _mode(operation: Operation, sent: Mapping[str, str]) -> str:
    """The mode that was asked for; one that is not documented goes by what was asked, shortened."""
    if operation.mode_parameter is None:
        return next(iter(operation.modes))
    asked = sent.get(operation.mode_parameter.name, operation.mode_parameter.default)
    return asked if asked in operation.modes else "another"
