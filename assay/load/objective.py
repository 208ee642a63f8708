"""An objective, such as "p99 <= 100 ms, errors < 0.1 %", and whether so many answers show that it is met.

The test is that of MLPerf's early stopping: with the share of misses that is allowed, as few as were seen would come by
chance less than once in a hundred times. For p99 that takes 459 answers without a miss, 662 with one, 838 with two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from assay.errors import UsageProblem
from assay.load.figures import MS
from assay.load.intervals import at_most
from assay.load.rows import Rows

CHANCE: Final = 0.01
_LATENCY = re.compile(r"p\(?(\d+(?:\.\d+)?)\)?\s*(<=?)\s*(\d+(?:\.\d+)?)\s*(ms|s)")
_ERRORS = re.compile(r"errors\s*(<=?)\s*(\d+(?:\.\d+)?)\s*%")


class Verdict(StrEnum):
    """Whether an objective is met."""

    MET = "met"
    MISSED = "missed"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Objective:
    """Latencies in ms by quantile, and the share of requests that may fail. A request that failed met no latency."""

    latencies: tuple[tuple[float, float], ...]
    """(share, ms)"""
    errors: float | None = None
    said: str = ""

    @classmethod
    def parse(cls, said: str) -> Objective:
        """Read one. Raises UsageProblem for what is none."""
        latencies, errors = [], None
        for part in filter(None, (part.strip() for part in said.split(","))):
            if found := _LATENCY.fullmatch(part):
                share = float(found[1]) / 100
                if not 0 < share < 1:
                    raise UsageProblem(f"an objective for p{found[1]} can never be judged; give p50, p90, p99 or such")
                latencies.append((share, float(found[3]) * (1000 if found[4] == "s" else 1)))
            elif found := _ERRORS.fullmatch(part):
                errors = float(found[2]) / 100
            else:
                raise UsageProblem(f"{part!r} is no objective; write it as in: p99 <= 100 ms, errors < 0.1 %")
        if not latencies:
            raise UsageProblem("an objective names a latency; write it as in: p99 <= 100 ms, errors < 0.1 %")
        return cls(tuple(latencies), errors, said)

    def judge(self, rows: Rows) -> Verdict:
        """Judge by the rows of a steady load."""
        good = rows.good
        taken = (good["last"] - good["intended"]) / MS
        failed = len(rows) - len(good)
        late = [failed + int((taken > limit).sum()) for _, limit in self.latencies]
        return self.judge_counts(len(rows), late, failed)

    def judge_counts(self, count: int, late: list[int], failed: int) -> Verdict:
        """Judge by how many requests missed each of the latencies, and how many failed."""
        parts = [judge_share(count, missed, 1 - share) for (share, _), missed in zip(self.latencies, late, strict=True)]
        if self.errors is not None:
            parts.append(judge_share(count, failed, self.errors))
        if Verdict.MISSED in parts:
            return Verdict.MISSED
        return Verdict.UNDECIDED if Verdict.UNDECIDED in parts else Verdict.MET

    def seems_met(self, rows: Rows) -> bool:
        """Whether it is met as far as was seen, however few that were."""
        good = rows.good
        taken, failed = (good["last"] - good["intended"]) / MS, len(rows) - len(good)
        within = all(failed + (taken > limit).sum() <= (1 - share) * len(rows) for share, limit in self.latencies)
        return bool(len(rows)) and bool(within) and (self.errors is None or failed <= self.errors * len(rows))


def judge_share(count: int, missed: int, allowed: float) -> Verdict:
    """Whether at most this share is missed, by how many of so many were."""
    if allowed <= 0:
        return Verdict.MISSED if missed else Verdict.UNDECIDED
    if at_most(missed, count, allowed) <= CHANCE:
        return Verdict.MET
    return Verdict.MISSED if missed and 1 - at_most(missed - 1, count, allowed) <= CHANCE else Verdict.UNDECIDED


def enough_for(share: float, missed: int = 0) -> int:
    """How many requests it takes to show that a quantile is met when so many missed."""
    count = missed + 1
    step = 1 << 20
    while step:
        if at_most(missed, count + step - 1, 1 - share) > CHANCE:
            count += step
        step >>= 1
    return count
