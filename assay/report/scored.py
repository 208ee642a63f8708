"""Average precision against annotated pictures, side by side, read from the record of a comparison."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from assay.contract.sentences import count
from assay.record import Run
from assay.report.text import one_line

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of both sides, 0 to 1; None where nothing is there to be found. `things` are annotated ones."""

    name: str
    things: int
    first: float | None
    second: float | None
    first50: float | None
    second50: float | None

    @property
    def change(self) -> str:
        """How much more the second side has, in points of a hundred."""
        if self.first is None or self.second is None:
            return ""
        return f"{100 * (self.second - self.first):+.1f}"


@dataclass(frozen=True, slots=True)
class Scored:
    """What was scored of an operation: the mean over classes, and each class, the worst change first."""

    operation: str
    truth: str
    sides: tuple[str, str]
    pictures: int
    left_out: int
    whole: Row
    classes: tuple[Row, ...]
    unknown: tuple[str, ...]

    @property
    def told(self) -> str:
        """In one line."""
        (one, other), whole = self.sides, self.whole
        return (
            f"{self.operation}, {self.truth}: mAP {percent(whole.first)} of {one}, {percent(whole.second)} of {other} "
            f"({count(self.pictures, 'annotated picture')})"
        )


def scored(run: Run) -> list[Scored]:
    """Everything that was scored, in the order of the record."""
    found: dict[tuple[str, str], list[Event]] = {}
    for score in run.scores:
        found.setdefault((str(score["operation"]), str(score["truth"])), []).append(score)
    return [_scored(sides[0], sides[-1]) for sides in found.values()]


def percent(share: float | None) -> str:
    """A share of 1 in points of a hundred; a dash for none."""
    return "–" if share is None else f"{100 * share:.1f}"


def _scored(first: Event, second: Event) -> Scored:
    return Scored(
        one_line(first["operation"], 120),
        first["truth"],
        (one_line(first["side"], 20), one_line(second["side"], 20)),
        first["pictures"],
        first["left_out"],
        _row("all", first, second),
        tuple(_classes(first, second)),
        tuple(_unknown(first, second)),
    )


def _row(name: str, first: Event, second: Event) -> Row:
    return Row(
        one_line(name, 60), int(first["things"]), first["ap"], second["ap"], first["ap50"], second["ap50"]
    )  # fmt: skip


def _classes(first: Event, second: Event) -> list[Row]:
    others = {each["name"]: each for each in second["classes"]}
    rows = [_row(each["name"], each, others[each["name"]]) for each in first["classes"] if each["name"] in others]
    return sorted(rows, key=lambda row: (row.second or 0) - (row.first or 0))


def _unknown(first: Event, second: Event) -> Iterator[str]:
    """Which classes no category is called as, by side."""
    for score in (first, second) if first is not second else (first,):
        if score["unknown"]:
            named = ", ".join(f"{one_line(name, 60)} ({number})" for name, number in score["unknown"].items())
            yield f"{one_line(score['side'], 20)} predicts what no category is called as: {named}"
