"""Two deployments that were asked the same: how often they agree, how sure that is, and what is no fault of either.

Everything here is read from the record of `assay diff`.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from assay.record import OutcomeKind, Run
from assay.report.text import one_line
from assay.report.verdict import kind_of

SAME: Final = "diff.says-the-same"
STEADY: Final = "diff.is-steady"
SURE: Final = 1.959964
"""Standard deviations of a normal distribution that 95 % of it lie within."""
WORST, PICTURED = 12, 4
"""Questions that are told as lying furthest apart, and those of them that are shown with their pictures."""
AGAIN: Final = " again)"
"""Ends the name of a comparison of one side with itself."""
_ONLY: Final = re.compile(r"only ([AB]) offers it")
_NEITHER: Final = "neither offers it: "


@dataclass(frozen=True, slots=True)
class Agreement:
    """An operation in one form of its answer: questions by what came of them.

    `within` differ no further than a side from itself. `refused` by both alike and `silent` on both sides are no
    agreement and no difference.
    """

    operation: str
    mode: str
    alike: int = 0
    within: int = 0
    differ: int = 0
    refused: int = 0
    silent: int = 0
    left_out: int = 0

    @property
    def compared(self) -> int:
        """Questions that tell something of both sides."""
        return self.alike + self.within + self.differ

    @property
    def share(self) -> float:
        """Of those compared, the share that agrees, 0 to 1."""
        return (self.alike + self.within) / self.compared if self.compared else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true share lies with 95 % confidence."""
        return wilson(self.alike + self.within, self.compared)

    @property
    def told(self) -> str:
        """The share and its interval in words."""
        if not self.compared:
            return "none compared"
        low, high = self.interval
        return f"{100 * self.share:.1f} % ({100 * low:.1f} to {100 * high:.1f} %)"


def wilson(successes: int, total: int) -> tuple[float, float]:
    """Wilson's score interval of a share at 95 % confidence, 0 to 1; all of it where nothing was tried."""
    if not total:
        return 0.0, 1.0
    share, spread = successes / total, SURE**2 / total
    centre = (share + spread / 2) / (1 + spread)
    half = SURE * math.sqrt(share * (1 - share) / total + spread / (4 * total)) / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)


_FIELDS: Final = {
    OutcomeKind.PASS: "alike",
    OutcomeKind.NOTE: "within",
    OutcomeKind.FAIL: "differ",
    OutcomeKind.INCONCLUSIVE: "refused",
    OutcomeKind.ERROR: "silent",
    OutcomeKind.SKIP: "left_out",
}


def agreements(run: Run) -> list[Agreement]:
    """Every operation and mode that a question was about, in the order in which they were asked."""
    counts: dict[tuple[str, str], dict[str, int]] = {}
    for outcome in run.outcomes:
        if outcome["rule"] != SAME:
            continue
        operation, mode = (*str(outcome["case"]).split("/"), "")[:2]
        of_these = counts.setdefault((operation, mode), {})
        field = _FIELDS.get(kind_of(outcome))
        if field is not None:
            of_these[field] = of_these.get(field, 0) + 1
    return [
        Agreement(one_line(operation, 120), one_line(mode, 40), **told) for (operation, mode), told in counts.items()
    ]


@dataclass(frozen=True, slots=True)
class Noise:
    """One side against itself: how many questions it was asked twice, and in how many its answer moved."""

    side: str
    asked: int
    moved: int
    examples: tuple[str, ...] = ()


def moved(run: Run) -> list[Noise]:
    """The noise of each side, in the order of the sides; of those that were asked nothing twice, none."""
    found = []
    for side in run.header.get("targets", {}):
        mine = [each for each in run.outcomes if each["rule"] == STEADY and each["case"].endswith(f"({side}{AGAIN}")]
        restless = [each for each in mine if kind_of(each) is OutcomeKind.WARN]
        examples = tuple(one_line(f"{each['case']}: {_first(each)}", 300) for each in restless[:3])
        if mine:
            found.append(Noise(one_line(side, 20), len(mine), len(restless), examples))
    return found


def _first(outcome: dict[str, Any]) -> str:
    return str(outcome["findings"][0]["message"] if outcome["findings"] else outcome["message"])


def one_sided(run: Run) -> dict[str, list[str]]:
    """The operations that only one side offers, by side."""
    found: dict[str, dict[str, None]] = {}
    for outcome in run.outcomes:
        if outcome["rule"] == SAME and (told := _ONLY.match(outcome["message"])):
            found.setdefault(told[1], {}).setdefault(one_line(outcome["operation"], 120))
    return {side: list(operations) for side, operations in sorted(found.items())}


def neither(run: Run) -> dict[str, list[str]]:
    """The operations that neither side could be asked, by the reason."""
    found: dict[str, dict[str, None]] = {}
    for outcome in run.outcomes:
        if outcome["rule"] == SAME and outcome["message"].startswith(_NEITHER):
            why = one_line(outcome["message"].removeprefix(_NEITHER), 300)
            found.setdefault(why, {}).setdefault(one_line(outcome["operation"], 120))
    return {why: list(operations) for why, operations in found.items()}


@dataclass(frozen=True, slots=True)
class Aside:
    """What is told of an operation and not judged: the median time of each side in ms, and headers of one alone."""

    operation: str
    milliseconds: tuple[float, float]
    headers: tuple[tuple[str, ...], tuple[str, ...]]

    @property
    def ratio(self) -> str:
        """How long B takes in terms of A."""
        first, second = self.milliseconds
        return f"{second / first:.2f} times" if first > 0 else ""

    @property
    def apart(self) -> float:
        """How far apart the times are: the longer in terms of the shorter."""
        short, long = sorted(self.milliseconds)
        return long / max(short, 1e-3)


def asides(run: Run) -> list[Aside]:
    """Times and headers by operation, from the exchanges that were compared, both sides of which answered."""
    pairs: dict[str, list[tuple[dict[str, Any], dict[str, Any]]]] = {}
    for each in between(run):
        both = tuple(run.exchanges.get(each[side]["exchange"]) for side in ("first", "second"))
        if both[0] and both[1] and both[0]["response"] and both[1]["response"]:
            pairs.setdefault(one_line(each["operation"], 120), []).append((both[0], both[1]))
    return [
        Aside(operation, (_median(found, 0), _median(found, 1)), _headers(found))
        for operation, found in sorted(pairs.items())
    ]


def between(run: Run) -> Iterable[dict[str, Any]]:
    """The comparisons of the two sides, without those of a side with itself."""
    return (each for name, each in run.comparisons.items() if not name.endswith(AGAIN))


def _median(pairs: list[tuple[dict[str, Any], dict[str, Any]]], side: int) -> float:
    return 1000 * median(float(pair[side]["seconds"]) for pair in pairs)


def _headers(pairs: list[tuple[dict[str, Any], dict[str, Any]]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    sides = [{str(name).lower() for pair in pairs for name, _ in pair[side]["response"]["headers"]} for side in (0, 1)]
    first, second = (tuple(one_line(name, 60) for name in sorted(sides[i] - sides[1 - i])) for i in (0, 1))
    return first, second


@dataclass(frozen=True, slots=True)
class Worst:
    """One question in which the sides differ: `share` of what is allowed was used, more than 1; infinite for kinds."""

    question: str
    share: float
    message: str
    differences: int


def worst(run: Run) -> list[Worst]:
    """The questions that truly differ, the furthest apart first; at most a few.

    The worst of each operation and form of its answer comes before the second worst of any.
    """
    failed = {each["case"]: each for each in run.outcomes if each["rule"] == SAME and kind_of(each) is OutcomeKind.FAIL}
    found = []
    for name, outcome in failed.items():
        told = run.comparisons.get(name, {}).get("likeness", {})
        shares = [math.inf if each["used"] is None else float(each["used"]) for each in told.get("allowances", ())]
        several = len(told.get("differences", ()))
        found.append(Worst(name, max(shares, default=math.inf), one_line(_first(outcome), 300), several))
    found.sort(key=lambda each: (-each.differences, -each.share, each.question))
    rank = Counter[str]()
    ranked = []
    for one in found:
        form = one.question.rpartition("/")[0]
        ranked.append((rank[form], one))
        rank[form] += 1
    return [one for _, one in sorted(ranked, key=lambda each: each[0])][:WORST]
