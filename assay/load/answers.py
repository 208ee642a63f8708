"""Answers under load, checked when the load is over: a server that answers fast and wrong has failed.

A sample of the answers is kept whole. Each is compared with the answer to the same request alone: by its bytes first,
and by its meaning where those differ. A target that answers otherwise each time even when it is alone cannot be judged
so, and that is said.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from assay.contract.message import Response
from assay.judge.equal import Comparison, Difference
from assay.load.columns import Failure
from assay.load.intervals import share_interval
from assay.load.plan import MOST_HELD, KeptAnswer, Measurement

MOST_US = 2**31 - 1


class Comparing(Protocol):
    """Tells what the second of two parsed answers says otherwise than the first."""

    def differences(self, expected: Any, actual: Any) -> Sequence[Difference]:
        """Each place at which they differ."""


Alone = Callable[[int], Response | None]
"""Sends one of the plan's requests alone; None where it got no answer."""
Faults = Callable[[int, Response], str | None]
"""What is wrong with an answer to one of the plan's requests by itself, as by its schema; None where nothing is."""


@dataclass(frozen=True, slots=True)
class WrongAnswer:
    """An answer that was not what the request alone is answered with, or that breaks its schema."""

    row: int
    request: int
    why: str
    response: Response


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of the sample. `share` is that of wrong answers, and between which values it lies for all."""

    compared: int
    wrong: tuple[WrongAnswer, ...]
    unjudged: int
    """Answers that could not be compared."""
    notes: tuple[str, ...]

    @property
    def share(self) -> tuple[float, float, float]:
        """Of the answers that were compared; with 95 % confidence between the second and the third, of all of them."""
        count = len(self.wrong)
        return (count / self.compared if self.compared else 0.0, *share_interval(count, self.compared))


def check_answers(
    measurement: Measurement,
    alone: Alone,
    comparison: Callable[[int], Comparing] | None = None,
    faults: Faults | None = None,
) -> Checked:
    """Compare the answers that were kept, and mark each row that has a wrong one as UNEXPECTED, in the measurement.

    Each request whose answers do not agree to the byte is asked alone, twice. The times that answers state in `time`
    are added to their rows, where no header stated any.
    """
    checking = _Checking(
        alone, comparison or (lambda request: Comparison()), faults or (lambda request, response: None)
    )
    for kept in measurement.answers:
        checking.check(kept)
        _note_time(measurement, kept)
    _mark(measurement, checking.wrong)
    return Checked(checking.compared, tuple(checking.wrong), checking.unjudged, tuple(checking.notes.values()))


class _Checking:
    def __init__(self, alone: Alone, comparison: Callable[[int], Comparing], faults: Faults) -> None:
        self._alone, self._comparison, self._faults = alone, comparison, faults
        self._known: dict[int, Response | None] = {}
        self.compared = self.unjudged = 0
        self.wrong: list[WrongAnswer] = []
        self.notes: dict[int, str] = {}

    def check(self, kept: KeptAnswer) -> None:
        """Check one of the answers."""
        fault = self._faults(kept.request, kept.response)
        reference = self._reference(kept.request) if fault is None else None
        if fault is None and reference is None:
            self.unjudged += 1
            return
        why = fault
        if reference is not None:
            same = _differs(reference, kept.response, self._comparison(kept.request))
            if same is None:
                self.unjudged += 1
                return
            why = same or None
        self.compared += 1
        if why:
            self.wrong.append(WrongAnswer(kept.row, kept.request, why, kept.response))

    def _reference(self, request: int) -> Response | None:
        """The answer to a request alone; None where it has none that is the same each time."""
        if request not in self._known:
            self._known[request] = self._asked(request)
        return self._known[request]

    def _asked(self, request: int) -> Response | None:
        first, second = self._alone(request), self._alone(request)
        if first is None or second is None or first.status >= 300 or second.status >= 300:
            self.notes[request] = f"request {request + 1} got no answer alone: those under load were not compared"
            return None
        if _differs(first, second, self._comparison(request)):
            self.notes[request] = f"request {request + 1} is answered otherwise each time, also alone"
            return None
        return first


def _differs(expected: Response, actual: Response, comparison: Comparing) -> str | None:
    """What two answers to one request say differently; empty for nothing, None where that cannot be told."""
    if expected.body == actual.body:
        return ""
    if expected.media_type != actual.media_type:
        return f"it is {actual.media_type or 'of no type'}, and alone {expected.media_type or 'of no type'}"
    try:
        first = expected.json()
    except ValueError:
        return None  # a picture, or another form that is packed anew each time
    try:
        second = actual.json()
    except ValueError as error:
        return f"it is no JSON: {error}"
    found = comparison.differences(first, second)
    return f"{found[0].message}: alone it is {found[0].expected}, under load {found[0].actual}" if found else ""


def _note_time(measurement: Measurement, kept: KeptAnswer) -> None:
    stated = measurement.rows["stated"]
    if stated[kept.row] >= 0 or kept.response.media_type != "application/json":
        return
    try:
        body = kept.response.json()
    except ValueError:
        return
    seconds = body.get("time") if isinstance(body, dict) else None
    if isinstance(seconds, (int, float)) and not isinstance(seconds, bool) and seconds >= 0:
        stated[kept.row] = min(round(seconds * 1e6), MOST_US)


def _mark(measurement: Measurement, wrong: list[WrongAnswer]) -> None:
    """Mark rows with wrong answers, and those that were answered with the very same bytes."""
    for one in wrong:
        digest, size = zlib.crc32(one.response.body), len(one.response.body)
        for rows in measurement.rows.parts(MOST_HELD):
            same = (rows["request"] == one.request) & (rows["digest"] == digest)
            same &= (rows["size"] == size) & (rows["failure"] == Failure.NONE)
            rows["failure"][same] = Failure.UNEXPECTED
        measurement.rows["failure"][one.row] = Failure.UNEXPECTED
