"""Reading a run record. It is checked against its published schema before anything trusts it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from assay.contract import pointers, sentences
from assay.contract.judging import Judge, Schemas
from assay.contract.message import parse_json
from assay.errors import UsageProblem
from assay.record.parts import KINDS_OF_A_PART, RUN, lines, once, parts

Event = dict[str, Any]
SHORT = 64
"""Characters of a text that may stand in a record again: a header, a name, a digest."""
_SCHEMA = "https://assay.invalid/run-record.schema.json"  # a name, not an address


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
    measurements: list[Event] = field(default_factory=list)
    omissions: list[Event] = field(default_factory=list)
    comparisons: dict[str, Event] = field(default_factory=dict)
    scores: list[Event] = field(default_factory=list)
    footer: Event | None = None

    def artifact(self, name: str) -> bytes:
        """The bytes of an artifact named in the record."""
        return (self.folder / "artifacts" / Path(name).name).read_bytes()


@cache
def record_schema() -> dict[str, Any]:
    """The published schema of one line of `run.jsonl`."""
    schema: dict[str, Any] = json.loads((Path(__file__).parent / "run-record.schema.json").read_text(encoding="utf-8"))
    return schema


@cache
def _judges() -> dict[str, Judge]:
    """A judge for each kind of event: it says more of what is wrong than one for all."""
    schema = {name: part for name, part in record_schema().items() if name != "$schema"}
    schemas = Schemas({_SCHEMA: schema})
    kinds = [part["$ref"] for part in schema["oneOf"]]
    return {kind.rpartition("/")[2]: Judge(_SCHEMA + kind, schemas) for kind in kinds}


def read(folder: Path) -> Run:
    """Read and validate the record in `folder`, with the parts that were not gathered yet.

    A last line that was cut short (a killed run) is dropped. Raises InvalidRecord.
    """
    events = _events(folder / RUN)
    if not events or events[0]["kind"] != "header":
        raise InvalidRecord(f"{folder}/{RUN} does not begin with a header")
    kinds = [event["kind"] for event in events]
    if kinds.count("header") > 1 or "footer" in kinds[:-1]:
        raise InvalidRecord(f"{folder}/{RUN} holds more than one run, or goes on after its footer")
    if kinds[-1] != "footer":
        for path in parts(folder):
            events += _events(path, KINDS_OF_A_PART)
    run = _assemble(folder, list(once(events)))
    undescribed = next((outcome["rule"] for outcome in run.outcomes if outcome["rule"] not in run.rules), None)
    if undescribed is not None:
        raise InvalidRecord(
            f"{folder}/{RUN}: an outcome names the rule {sentences.cut(undescribed, 200)!r}, which it does not hold"
        )
    targets = run.header.get("targets", {})
    unknown = next((each["target"] for each in run.measurements if each["target"] not in targets), None)
    if unknown is not None:
        raise InvalidRecord(
            f"{folder}/{RUN}: a measurement names the target {sentences.cut(unknown, 200)!r}, which it does not hold"
        )
    return run


def _events(path: Path, kinds: tuple[str, ...] = ()) -> list[Event]:
    """The events of one file; with `kinds`, none of another kind may be among them."""
    try:
        written = lines(path)
    except FileNotFoundError:
        raise InvalidRecord(f"{path.parent} holds no readable run record: there is no {path.name} in it") from None
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise InvalidRecord(f"{path.parent} holds no readable run record: {why}") from None
    known: dict[str, str] = {}
    read = (_event(path, number, line, len(written)) for number, line in enumerate(written, 1))
    events: list[Event] = [_shared(event, known) for event in read if event]
    misplaced = next((event["kind"] for event in events if kinds and event["kind"] not in kinds), None)
    if misplaced:
        raise InvalidRecord(f"{path} is a part of a record, and holds a {misplaced}")
    return events


def _shared(value: Any, known: dict[str, str]) -> Any:
    """The same, in which equal names and short texts are one: a long run says the same thousands of times over."""
    if isinstance(value, dict):
        return {known.setdefault(name, name): _shared(each, known) for name, each in value.items()}
    if isinstance(value, list):
        return [_shared(each, known) for each in value]
    return known.setdefault(value, value) if isinstance(value, str) and len(value) <= SHORT else value


def _event(path: Path, number: int, line: str, last: int) -> Event | None:
    try:
        event: Event = parse_json(line.encode())
    except ValueError:
        if number == last:
            return None
        raise InvalidRecord(f"{path}, line {number}: not JSON") from None
    problem = _problem(event)
    if problem:
        raise InvalidRecord(f"{path}, line {number}: {sentences.cut(problem, 200)}")
    return event


def _problem(event: Any) -> str:
    """What the schema forbids of a line, in one sentence; empty where it forbids nothing."""
    kind = event.get("kind") if isinstance(event, dict) else None
    judge = _judges().get(kind) if isinstance(kind, str) else None
    if judge is None:
        return f"no event of a kind that is known: {sentences.brief(kind)}"
    complaint = next(judge.complaints(event), None)
    if complaint is None:
        return ""
    missing = str(complaint.tokens[-1]) if complaint.keyword == "required" else ""
    expected = sentences.expectation(complaint.keyword, complaint.wanted, missing)
    return sentences.verdict(
        pointers.join(complaint.tokens), complaint.keyword, expected, sentences.brief(complaint.value)
    )


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
        measurements=of_kind.get("measurement", []),
        omissions=of_kind.get("omission", []),
        comparisons={event["question"]: event for event in of_kind.get("comparison", [])},
        scores=of_kind.get("score", []),
        footer=next(iter(of_kind.get("footer", [])), None),
    )
