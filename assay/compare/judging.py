"""One figure on two sides: faster, slower, the same, or undecided and what would decide it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from assay.compare.figures import more_is_better, words
from assay.compare.pairing import Series
from assay.compare.ratio import CONFIDENCE, MOST_REPETITIONS, Difference, Group, exp, holm
from assay.contract.sentences import count

USUAL = 5
"""Repetitions a side that usually decide."""
ALPHA = 1 - CONFIDENCE
ONE_RUN = (
    "a side has one run only: the difference holds within these runs, and what was particular to their hour is in it; "
    "name folders of several runs (assay compare before after), or measure both in one run (assay bench A B)"
)
UNKNOWN_ERROR = "how far the client itself may be off is not known: its calibration failed"


class Verdict(StrEnum):
    """What a comparison came to, seen from the new side."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    MIXED = "mixed"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Center:
    """The geometric mean of one figure over the repetitions of a side, with its 95 % interval where `n` > 1."""

    value: float
    low: float | None
    high: float | None
    n: int

    @classmethod
    def of(cls, group: Group) -> Center:
        """From the logarithms."""
        interval = group.interval
        low, high = (interval.low, interval.high) if interval else (None, None)
        return cls(exp(group.mean), low, high, group.n)


@dataclass(frozen=True, slots=True)
class Judged:
    """One figure, base against new. `difference` is None where a side has less than two repetitions.

    `apart` says that the sides are different runs, and one of them a single one: however many repetitions it has, the
    difference is told and decides nothing. `error_ms` is by how much the client itself may be off: 0 of what is no
    time, None where it is not known. `p` is adjusted for all figures that were judged together. `because` says what an
    undecided one lacks, and `more` how many more repetitions (or runs, which `lacks` says) a side would decide it,
    where that can be told.
    """

    figure: str
    unit: str
    base: Center
    new: Center
    counted: str
    difference: Difference | None
    error_ms: float | None
    apart: bool = False
    p: float = 1.0
    verdict: Verdict = Verdict.UNDECIDED
    because: str = ""
    more: int | None = None

    @property
    def word(self) -> str:
        """The verdict as one says it of such a figure: `slower`, `cheaper`."""
        better, worse = words(self.figure)
        return {Verdict.BETTER: better, Verdict.WORSE: worse}.get(self.verdict, str(self.verdict))

    @property
    def decides(self) -> bool:
        """Whether its difference can give a verdict."""
        return self.difference is not None and not self.apart

    @property
    def unseen(self) -> str:
        """Why the client cannot have seen the difference; empty where it could."""
        if self.error_ms is None:
            return UNKNOWN_ERROR
        if abs(self.new.value - self.base.value) > self.error_ms:
            return ""
        return f"the client itself may be off by {self.error_ms:.2g} ms"

    @property
    def lacks(self) -> str:
        """What it would take more of: repetitions, or runs."""
        return "run" if self.apart else self.counted


def gathered(base: Series, new: Series, names: Iterable[str]) -> list[Judged]:
    """The figures of these names that both sides have, not yet judged."""
    found = []
    by_run = base.by_run or new.by_run
    apart = base.runs != new.runs and min(len(base.runs), len(new.runs)) == 1
    for name in names:
        ours, theirs = base.values(name, by_run), new.values(name, by_run)
        if not (ours and theirs and base.unit(name) == new.unit(name)):
            continue
        one, other = Group.of(ours), Group.of(theirs)
        found.append(
            Judged(
                figure=name,
                unit=base.unit(name),
                base=Center.of(one),
                new=Center.of(other),
                counted="run" if by_run else "repetition",
                difference=Difference(one, other) if min(one.n, other.n) > 1 else None,
                error_ms=_error(base, new) if base.unit(name) == "ms" else 0.0,
                apart=apart,
            )
        )
    return found


def _error(base: Series, new: Series) -> float | None:
    if base.error_ms is None or new.error_ms is None:
        return None
    return max(base.error_ms, new.error_ms)


def judge(together: Sequence[Judged], threshold: float) -> list[Judged]:
    """Verdicts on figures that were gathered for one purpose, by a threshold such as 0.03.

    A difference is told where, after Holm, its interval leaves out no difference at all, it is greater than the
    threshold, and the client could see it. The same is told where two one-sided tests keep it within the threshold.
    Neither is told of a single run against another.
    """
    chances = holm([each.difference.p for each in together if each.difference and each.decides])
    adjusted = iter(chances)
    return [_judged(each, next(adjusted) if each.decides else 1.0, math.log1p(threshold)) for each in together]


def _judged(each: Judged, p: float, reach: float) -> Judged:
    found = each.difference
    if each.apart:
        return replace(each, because=ONE_RUN, more=USUAL - 1)
    if found is None:
        n = min(each.base.n, each.new.n)
        one = f"a side has {count(n, each.counted)} only, and one says nothing of how much they vary"
        return replace(each, because=one, more=USUAL - n)
    if found.within(reach):
        return replace(each, p=p, verdict=Verdict.SAME)
    if p <= ALPHA and abs(found.log) > reach:
        if each.unseen:
            return replace(each, p=p, because=each.unseen)
        better = (found.log > 0) == more_is_better(each.figure)
        return replace(each, p=p, verdict=Verdict.BETTER if better else Verdict.WORSE)
    return _open(replace(each, p=p), found, reach)


def _open(each: Judged, found: Difference, reach: float) -> Judged:
    """Not decided: what is missing, and how much of it."""
    if abs(found.log) > reach:
        share = 1 - ALPHA / 2 * (found.p / each.p if each.p else 1)
        more, what = found.more(abs(found.log), share), "the interval does not leave out that there is no difference"
        low, high = found.bounds()
        if not low <= 0 <= high:
            what = "among so many figures one looks like this by chance"
    else:
        more, what = found.more(reach - abs(found.log), CONFIDENCE), "the interval reaches beyond the threshold"
    if more is None:
        what += f", and {MOST_REPETITIONS} {each.counted}s a side would hardly tell more"
    return replace(each, because=what, more=more)


def together(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of several figures: one that is better or worse decides, unless another says the opposite."""
    found = set(verdicts)
    if {Verdict.BETTER, Verdict.WORSE} <= found or Verdict.MIXED in found:
        return Verdict.MIXED
    for decided in (Verdict.BETTER, Verdict.WORSE):
        if decided in found:
            return decided
    return Verdict.SAME if found == {Verdict.SAME} else Verdict.UNDECIDED
