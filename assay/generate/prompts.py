"""Prompts of Florence 2: a task token, and what the task takes beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol, TypeVar

from assay.contract.source import PROMISED

Option = TypeVar("Option")
PHRASES: Final = ("a red square", "a blue box", "two bright shapes on a grey background")
LAST_BIN: Final = 999


class Chooser(Protocol):
    """Whoever decides; the first option and the lowest number are the simplest."""

    def pick(self, options: Sequence[Option]) -> Option:
        """One of these."""

    def whole(self, low: int, high: int) -> int:
        """A whole number, both ends included."""


def prompt(tasks: Mapping[str, Mapping[str, Any]], chooser: Chooser, undocumented: bool) -> str:
    """A prompt of one of these tasks (`x-tasks`); of those that only the server knows too, where that is asked for.

    A region is told in bins of a thousandth of the picture, and is at least one bin wide and high.
    """
    known = [token for token, task in tasks.items() if undocumented or task["strength"] in PROMISED]
    token = chooser.pick(known)
    takes = tasks[token]["takes"]
    if takes == "phrase":
        return token + chooser.pick(PHRASES)
    if takes == "region":
        left, top = chooser.whole(0, LAST_BIN - 1), chooser.whole(0, LAST_BIN - 1)
        right, bottom = chooser.whole(left + 1, LAST_BIN), chooser.whole(top + 1, LAST_BIN)
        return token + "".join(f"<loc_{place}>" for place in (left, top, right, bottom))
    return token
