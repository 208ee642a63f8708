"""What a comparison knows besides the two answers: the question, the profile, and where findings go."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from assay.contract.message import Request
from assay.contract.operations import Operation
from assay.judge.values import is_number
from assay.likeness.profiles import Profile
from assay.likeness.report import Difference, Ledger

Places = tuple[str | None, str | None]
PERCENT_FROM = 1.0
"""From here on a threshold in the query is one in percent; what is less is a share, as servers read it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a request left out: the `threshold` of confidence, and how many are the `most`; None if unknown."""

    threshold: float | None = None
    most: int | None = None


@dataclass(frozen=True)
class Context:
    """One question, and how its two answers are compared. `threshold` (0 to 1) takes the place of the request's."""

    operation: Operation
    mode: str
    request: Request
    profile: Profile
    ledger: Ledger
    threshold: float | None = None

    @cached_property
    def body(self) -> dict[str, Any]:
        """The JSON object that was sent, empty where none was."""
        try:
            found = self.request.json()
        except (ValueError, UnicodeDecodeError):
            return {}
        return found if isinstance(found, dict) else {}

    def asked(self, name: str) -> Any:
        """The value of a parameter, or its default; None where the operation has none of that name."""
        parameter = next((each for each in self.operation.parameters if each.name == name), None)
        if parameter is None:
            return None
        given = self.body.get(name) if parameter.place == "body" else self.request.parameter(name)
        return parameter.default if given is None else given

    @cached_property
    def limits(self) -> Limits:
        """The threshold of predictions and how many there may be, as far as the request tells."""
        most = _number(self.asked("max_detections"))
        return Limits(self._threshold(), None if most is None else int(most))

    @cached_property
    def keypoint_threshold(self) -> float | None:
        """How sure a keypoint has to be to be answered, as far as the request tells."""
        return _number(self.asked("keypoint_confidence"))

    def _threshold(self) -> float | None:
        if self.threshold is not None:
            return self.threshold
        found = _number(self.asked("confidence"))
        in_percent = found is not None and self.operation.shape == "path-query-body" and found >= PERCENT_FROM
        return found / 100 if found is not None and in_percent else found

    def differ(self, kind: str, places: Places, message: str, **more: Any) -> None:
        """Keep a difference; `places` are its pointers in both answers."""
        self.ledger.add(Difference(kind, *places, message, **more))


def _number(value: Any) -> float | None:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    return float(value) if is_number(value) and value == value else None  # noqa: PLR0124 - nan is no threshold
