"""Which differences between two deployments are no larger than what one of them differs from itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from assay.likeness.report import Difference, Likeness

AS_MUCH: Final = 2.0
"""A difference may be so many times as large as the largest of its kind that a side shows against itself.

Two answers of either side were seen, and the next pair may well lie further apart.
"""


def beyond(found: Likeness, own: Iterable[Likeness]) -> Likeness:
    """What was found between two sides without what a side shows against itself in the same question."""
    noise: dict[tuple[str, str | None], float] = {}
    for each in own:
        for difference in each.differences:
            kind = _kind(difference)
            noise[kind] = max(noise.get(kind, 0.0), _excess(difference))
    left = tuple(each for each in found.differences if not _within(each, noise))
    return replace(found, differences=left)


def _within(difference: Difference, noise: dict[tuple[str, str | None], float]) -> bool:
    most = noise.get(_kind(difference))
    return most is not None and _excess(difference) <= AS_MUCH * most


def _kind(difference: Difference) -> tuple[str, str | None]:
    return difference.kind, difference.tolerance


def _excess(difference: Difference) -> float:
    """By how much a difference goes beyond what is allowed, in its unit; 0 where nothing is measured."""
    if difference.measured is None or difference.allowed is None:
        return 0.0
    return abs(difference.measured - difference.allowed)


def is_drawn(identifier: str, seed: int, share: float) -> bool:
    """Whether a question is among that share of them which is asked twice: the same ones for the same seed."""
    digest = hashlib.sha256(f"{seed} {identifier}".encode()).digest()
    return int.from_bytes(digest[:4], "big") < share * 2**32
