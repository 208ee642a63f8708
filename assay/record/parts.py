"""One run out of several files: `run.jsonl`, and beside it the parts that other processes have written of it.

A part holds exchanges and outcomes and nothing else. Numbers of exchanges are unique over all parts of a run.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from assay.contract.message import parse_json

RUN = "run.jsonl"
PARTS = "parts"

Event = dict[str, Any]
KINDS_OF_A_PART = ("exchange", "outcome")
MEASURED = ("workload", "scenario", "load", "target", "repetition")
"""What tells one measurement of a run from another."""

TOLD_APART_BY: Mapping[str, tuple[str, ...]] = {
    "header": (),
    "rule": ("id",),
    "exchange": ("id",),
    "outcome": ("rule", "case"),
    "measurement": MEASURED,
    "omission": ("workload", "target", "because"),
    "comparison": ("question",),
    "score": ("side", "operation", "truth"),
    "footer": (),
}
"""By kind of event, what tells one of a run from another."""


def parts(folder: Path) -> list[Path]:
    """The parts beside a record that was not gathered, in their order."""
    return sorted((folder / PARTS).glob("*.jsonl"), key=lambda path: (len(path.name), path.name))


def lines(path: Path) -> list[str]:
    """The lines of one file. Raises OSError, UnicodeDecodeError."""
    return path.read_text(encoding="utf-8").rstrip("\n").split("\n")


def end_whole(path: Path) -> None:
    """Make the last line of a file one that more can follow: one that was cut short is taken away. Raises OSError."""
    with path.open("rb+") as file:
        _, _, last = file.read().rpartition(b"\n")
        if last and _is_event(last):
            file.write(b"\n")
        elif last:
            file.seek(-len(last), os.SEEK_END)
            file.truncate()


def _is_event(line: bytes) -> bool:
    try:
        parse_json(line)
    except ValueError:
        return False
    return True


def once(events: Iterable[Event]) -> Iterator[Event]:
    """Each event once: whoever died while gathering leaves parts that were taken in."""
    seen: set[tuple[str, ...]] = set()
    for event in events:
        key = _key(event)
        if key not in seen:
            seen.add(key)
            yield event


def _key(event: Event) -> tuple[str, ...]:
    return (event["kind"], *(str(event[name]) for name in TOLD_APART_BY[event["kind"]]))


def merge(folder: Path, header: Mapping[str, Any]) -> None:
    """Make one file of a record and its parts, exchanges by number and outcomes by rule and case.

    `header` adds to the header. A last line that was cut short is dropped. The old file is there until the new one is
    whole. Raises OSError.
    """
    events = list(once(event for path in (folder / RUN, *parts(folder)) for event in _whole(path)))
    of_kind: dict[str, list[Event]] = {}
    for event in events:
        of_kind.setdefault(event["kind"], []).append(event)
    of_kind["header"][0].update(header)
    of_kind.get("exchange", []).sort(key=lambda event: int(event["id"].lstrip("x")))
    of_kind.get("outcome", []).sort(key=lambda event: (event["rule"], event["case"]))
    whole = folder / f".{RUN}.{os.getpid()}"
    try:
        with whole.open("w", encoding="utf-8") as file:
            for kind in ("header", "rule", "exchange", "outcome", "measurement", "omission", "comparison", "score"):
                file.writelines(json.dumps(event) + "\n" for event in of_kind.get(kind, []))
        whole.replace(folder / RUN)
    finally:
        whole.unlink(missing_ok=True)
    shutil.rmtree(folder / PARTS, ignore_errors=True)


def _whole(path: Path) -> Iterator[Event]:
    """The events of a file that we wrote ourselves, without a last line that was cut short."""
    written = lines(path)
    for number, line in enumerate(written, 1):
        try:
            yield parse_json(line.encode())
        except ValueError:
            if number != len(written):
                raise OSError(f"{path}, line {number}: not JSON") from None
