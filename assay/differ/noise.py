"""Which differences between two deployments are no more than what one of them differs from itself."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Final, NamedTuple

from assay.likeness.report import Difference, Likeness

AS_MUCH: Final = 2.0
"""A difference may be so many times as large as the largest of its kind that a side shows against itself, and there
may be so many times as many of them.

Two answers of either side were seen, and the next pair may well lie further apart.
"""
FLICKERS: Final = {"lost": "lost", "added": "lost", "keypoint-lost": "keypoint-lost", "keypoint-added": "keypoint-lost"}
"""What flickers is lost in one pair of answers, and added in the next; for its place stands the list that lacks it."""
_NUMBER: Final = re.compile(r"/\d+(?=/|$)")


class Kind(NamedTuple):
    """What makes two differences comparable: what they are, what broke, and where such things stand in an answer."""

    kind: str
    tolerance: str | None
    place: str


def beyond(found: Likeness, own: Iterable[Likeness]) -> Likeness:
    """What was found between two sides without what a side shows against itself in the same question."""
    largest: dict[Kind, float] = {}
    often: Counter[Kind] = Counter()
    for each in own:
        for difference in each.differences:
            kind = _kind(difference)
            largest[kind] = max(largest.get(kind, 0.0), _excess(difference))
        often |= Counter(map(_kind, each.differences))
    seen = Counter(map(_kind, found.differences))
    left = tuple(
        each
        for each in found.differences
        if seen[_kind(each)] > AS_MUCH * often[_kind(each)] or _excess(each) > AS_MUCH * largest[_kind(each)]
    )
    return replace(found, differences=left)


def _kind(difference: Difference) -> Kind:
    if difference.kind in FLICKERS:
        return Kind(FLICKERS[difference.kind], difference.tolerance, "")
    return Kind(difference.kind, difference.tolerance, _NUMBER.sub("/*", difference.first or difference.second or ""))


def _excess(difference: Difference) -> float:
    """By how much a difference goes beyond what is allowed, in its unit; 0 where nothing is measured."""
    if difference.measured is None or difference.allowed is None:
        return 0.0
    return abs(difference.measured - difference.allowed)


def is_drawn(identifier: str, seed: int, share: float) -> bool:
    """Whether a question is among that share of them which is asked twice: the same ones for the same seed."""
    digest = hashlib.sha256(f"{seed} {identifier}".encode()).digest()
    return int.from_bytes(digest[:4], "big") < share * 2**32
