"""Reading a run record. It is checked against its published schema before anything trusts it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from assay.contract.message import parse_json
from assay.errors import UsageProblem

Event = dict[str, Any]


class InvalidRecord(UsageProblem):
    """The folder holds no run record, or one that its schema does not allow."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run record in memory. `footer` is None when the run was interrupted: then there is no verdict."""

    folder: Path
    header: Event
    rules: dict[str, Event] = field(default_factory=dict)
    exchanges: dict[str, Event] = field(default_factory=dict)
    outcomes: list[Event] = field(default_factory=list)
    footer: Event | None = None

    def artifact(self, name: str) -> bytes:
        """The bytes of an artifact named in the record."""
        return (self.folder / "artifacts" / Path(name).name).read_bytes()


@cache
def record_validator() -> Draft202012Validator:
    """The validator of one line of `run.jsonl`."""
    schema = json.loads((Path(__file__).parent / "run-record.schema.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema)


def read(folder: Path) -> Run:
    """Read and validate the record in `folder`.

    A last line that was cut short (a killed run) is dropped. Raises InvalidRecord.
    """
    try:
        lines = (folder / "run.jsonl").read_text(encoding="utf-8").rstrip("\n").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRecord(f"{folder} holds no readable run record: {error}") from None
    events = [event for number, line in enumerate(lines, 1) if (event := _event(folder, number, line, len(lines)))]
    if not events or events[0]["kind"] != "header":
        raise InvalidRecord(f"{folder}/run.jsonl does not begin with a header")
    kinds = [event["kind"] for event in events]
    if kinds.count("header") > 1 or "footer" in kinds[:-1]:
        raise InvalidRecord(f"{folder}/run.jsonl holds more than one run, or goes on after its footer")
    return _assemble(folder, events)


def _event(folder: Path, number: int, line: str, last: int) -> Event | None:
    try:
        event: Event = parse_json(line.encode())
    except ValueError:
        if number == last:
            return None
        raise InvalidRecord(f"{folder}/run.jsonl, line {number}: not JSON") from None
    problem = next(record_validator().iter_errors(event), None)
    if problem is not None:
        raise InvalidRecord(f"{folder}/run.jsonl, line {number}: {problem.json_path}: {problem.message[:200]}")
    return event


def _assemble(folder: Path, events: list[Event]) -> Run:
    of_kind: dict[str, list[Event]] = {}
    for event in events:
        of_kind.setdefault(event["kind"], []).append(event)
    return Run(
        folder=folder,
        header=events[0],
        rules={event["id"]: event for event in of_kind.get("rule", [])},
        exchanges={event["id"]: event for event in of_kind.get("exchange", [])},
        outcomes=of_kind.get("outcome", []),
        footer=next(iter(of_kind.get("footer", [])), None),
    )
