"""Requests that are under way at the same time, and whether they really were."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from assay.judge.verdicts import NoWitness
from assay.record.model import Exchange

Got = TypeVar("Got")
PATIENCE = 10.0
"""Seconds in which as many threads as start together are ready."""


def burst(calls: Sequence[Callable[[], Got]], together: int) -> list[Got]:
    """Make these calls, so many of them at a time; the first ones leave at the same moment."""
    together = max(min(together, len(calls)), 1)
    start = threading.Barrier(together)

    def call(number: int) -> Got:
        if number < together:
            start.wait(PATIENCE)
        return calls[number]()

    with ThreadPoolExecutor(max_workers=together) as pool:
        return list(pool.map(call, range(len(calls))))


def most_under_way(exchanges: Sequence[Exchange]) -> int:
    """How many of these were under way at the same time, at most."""
    starts = [(exchange.started, 1) for exchange in exchanges]
    ends = [(exchange.started + exchange.seconds, -1) for exchange in exchanges]
    under_way = most = 0
    for _, step in sorted(starts + ends):
        under_way += step
        most = max(most, under_way)
    return most


def require_overlap(exchanges: Sequence[Exchange]) -> int:
    """How many were under way at the same time. Raises NoWitness where they came one after the other."""
    most = most_under_way(exchanges)
    if most < 2:
        raise NoWitness("no two requests were under way at the same time")
    return most


def by_turns(several: Sequence[Sequence[Got]]) -> list[Got]:
    """The first of each, then the second of each, and so on; those that have no more are passed over."""
    longest = max(map(len, several), default=0)
    return [each[number] for number in range(longest) for each in several if number < len(each)]
