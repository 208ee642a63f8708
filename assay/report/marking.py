"""What a finding points at in a picture: boxes, with labels that can be read beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from assay.contract.sentences import cut
from assay.report.text import one_line

Frame: TypeAlias = tuple[float, float, float, float]
LETTER: Final = 0.62
"""Width of a letter, as a share of its height."""
LINE: Final = 1.15
"""From one line to the next, as a share of a letter's height."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A box to draw, px in the coordinates of the picture that was sent."""

    x: float
    y: float
    width: float
    height: float
    label: str
    label_x: float
    label_y: float
    anchor: str

    def covers(self, other: Mark, unit: float) -> bool:
        """Whether the labels would be drawn over each other, with letters of this height."""
        (left, right), (start, end) = self._reach(unit), other._reach(unit)
        return left < end and start < right and abs(self.label_y - other.label_y) < unit

    def _reach(self, unit: float) -> tuple[float, float]:
        length = LETTER * unit * len(self.label)
        return (
            (self.label_x, self.label_x + length) if self.anchor == "start" else (self.label_x - length, self.label_x)
        )


def placed(marks: Sequence[Any], frame: Frame, unit: float) -> list[Mark]:
    """Marks (x0, y0, x1, y1, label) as boxes within the frame; a label that would cover an earlier one goes below it.

    `unit` is the height of a letter, px of the picture. Where no line is left below, a label stays where it was.
    """
    found: list[Mark] = []
    for each in marks:
        first = mark = _mark(each, frame, unit)
        while any(mark.covers(other, unit) for other in found):
            mark = replace(mark, label_y=mark.label_y + LINE * unit)
        found.append(mark if mark.label_y <= frame[1] + frame[3] else first)
    return found


def _mark(mark: Any, frame: Frame, unit: float) -> Mark:
    """The box within the frame, and where its label can be read."""
    left, right = (_held(value, frame[0], frame[2]) for value in sorted((mark[0], mark[2])))
    top, bottom = (_held(value, frame[1], frame[3]) for value in sorted((mark[1], mark[3])))
    label_y = top - 0.35 * unit
    if label_y - unit < frame[1]:
        label_y = min(bottom + 1.1 * unit, frame[1] + frame[3] - 0.2 * unit)
    label = cut(one_line(mark[4], 60), 40)
    label_x, anchor = (left, "start") if left + right < 2 * frame[0] + frame[2] else (right, "end")
    return Mark(left, top, right - left, bottom - top, label, label_x, label_y, anchor)


def _held(value: float, start: float, length: float) -> float:
    return min(max(float(value), start), start + length)
