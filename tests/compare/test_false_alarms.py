"""How often a comparison cries wolf, and how often it misses one, on simulated benchmarks. Seeded, seconds long.

Requests of one repetition are alike: they share its minute, and one slow request is followed by another. Tests on
requests take that for evidence; what is counted here is the repetition.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from scipy.signal import lfilter

from assay.compare.comparison import Wanted, Workload, compare_sides
from assay.compare.expressions import parse
from assay.compare.gates import State, hold
from assay.compare.judging import Verdict
from assay.compare.sides import Side, sides_of
from assay.record import Figure, Run

from .conftest import EMBED

REQUESTS, TRIALS = 1000, 100
Numbers = NDArray[np.float64]
Repetition = Callable[[np.random.Generator], Numbers]


def independent(chance: np.random.Generator) -> Numbers:
    """Latencies around 20 ms with a long tail, none of which knows of another."""
    return 20 * np.exp(0.05 * chance.standard_normal(REQUESTS) + 0.05 * chance.exponential(1, REQUESTS))


def autocorrelated(chance: np.random.Generator) -> Numbers:
    """Each latency takes nine tenths of its deviation from the one before."""
    shocks = chance.standard_normal(REQUESTS) * np.sqrt(1 - 0.9**2)
    start = 0.9 * chance.standard_normal()
    walk: Numbers = lfilter([1], [1, -0.9], shocks, zi=[start])[0]
    return 20 * np.exp(0.05 * walk)


def shifted(chance: np.random.Generator) -> Numbers:
    """A repetition as a whole is faster or slower by 1 %: clocks, temperature, where memory lies."""
    latencies = independent(chance)
    pace: np.float64 = np.exp(0.01 * chance.standard_normal())
    return latencies * pace


EVERY_DAY, AT_THE_GATE = shifted, (independent, autocorrelated)
kinds = pytest.mark.parametrize(
    "kind",
    [EVERY_DAY, *(pytest.param(kind, marks=pytest.mark.thorough) for kind in AT_THE_GATE)],
    ids=lambda kind: kind.__name__,
)


def run(name: str, **measured: list[Numbers]) -> Run:
    """A run that has measured these targets."""
    events = [
        replace(
            EMBED, target=target, repetition=number, began=float(number), error_ms=0.0,
            figures={f"response.p{q}": Figure(float(np.percentile(each, q)), "ms", REQUESTS) for q in (50, 99)},
        ).as_json()
        for target, repetitions in measured.items() for number, each in enumerate(repetitions, 1)
    ]  # fmt: skip
    targets = {target: {"url": target} for target in measured}
    header = {"assay": {"version": "0"}, "target": {"url": name}, "targets": targets}
    return Run(Path(name), header, measurements=events, footer={})


def side_by_side(base: list[Numbers], new: list[Numbers]) -> list[Side]:
    """Both in one run, so that what is particular to it meets both."""
    return sides_of(run("both", A=base, B=new))


def compared(base: list[Numbers], new: list[Numbers], threshold: float) -> Workload:
    return compare_sides(side_by_side(base, new), Wanted(threshold)).pairs[0].workloads[0]


def verdicts(kind: Repetition, slower: float = 0.0, threshold: float = 0.03, n: int = 5) -> list[Verdict]:
    """The verdicts of many comparisons of n repetitions a side, the new one slower by so much."""
    chance = np.random.default_rng(20261120)
    found = []
    for _ in range(TRIALS):
        base, new = ([kind(chance) for _ in range(n)] for _ in range(2))
        found.append(compared(base, [each * (1 + slower) for each in new], threshold).verdict)
    return found


def share(found: list[Verdict], *wanted: Verdict) -> float:
    return sum(each in wanted for each in found) / len(found)


DIFFERENT = (Verdict.BETTER, Verdict.WORSE, Verdict.MIXED)


@kinds
@pytest.mark.parametrize("n", [2, 3, 5])
def test_the_same_target_is_seldom_called_different(kind: Repetition, n: int) -> None:
    """At most one pair in ten, at any threshold; by default nearly none."""
    assert share(verdicts(kind, threshold=0.001, n=n), *DIFFERENT) <= 0.10
    assert share(verdicts(kind, n=n), *DIFFERENT) <= 0.03


@kinds
def test_a_tenth_slower_is_found_by_default(kind: Repetition) -> None:
    assert share(verdicts(kind, slower=0.10), Verdict.WORSE) >= 0.95


@kinds
def test_three_per_cent_slower_are_found_at_a_threshold_of_one(kind: Repetition) -> None:
    assert share(verdicts(kind, slower=0.03, threshold=0.01), Verdict.WORSE) >= 0.90


@kinds
def test_a_slower_target_is_never_called_faster_and_seldom_the_same(kind: Repetition) -> None:
    found = verdicts(kind, slower=0.06)

    assert share(found, Verdict.BETTER) == 0
    assert share(found, Verdict.SAME) <= 0.05


@kinds
@pytest.mark.parametrize(
    ("slower", "gate", "wrong"),
    [
        (0.0, "p50 +0.5%", State.SHORT),
        (0.0, "p99 +3%", State.SHORT),
        (0.05, "p50 +5%", State.HELD),  # just at the limit
        (0.10, "p50 +5%", State.HELD),
        (0.0, "p50 <= 20 ms", State.SHORT),
        (0.06, "p50 <= 20 ms", State.HELD),
    ],
)
def test_gates_are_seldom_wrong(kind: Repetition, slower: float, gate: str, wrong: State) -> None:
    chance = np.random.default_rng(11)
    level = 20 / np.median(np.concatenate([kind(chance) for _ in range(200)])) if "<=" in gate else 1.0
    found = []
    for _ in range(TRIALS):
        base, new = ([kind(chance) for _ in range(5)] for _ in range(2))
        sides = side_by_side(base, [each * (1 + slower) * level for each in new])
        found += [each.state for each in hold(compare_sides(sides), [parse(gate)])]

    assert found.count(wrong) / TRIALS <= 0.10


def test_a_machine_that_drifts_is_no_difference_when_targets_take_turns() -> None:
    """A B B A: both sides see the same morning and the same afternoon."""
    chance = np.random.default_rng(7)
    turns = [0, 1, 1, 0] * 3
    alarms = 0
    for _ in range(TRIALS):
        drift = np.cumsum(chance.normal(0.002, 0.004, len(turns)))
        measured = [autocorrelated(chance) * np.exp(each) for each in drift]
        both = [[each for each, turn in zip(measured, turns) if turn == wanted] for wanted in (0, 1)]
        alarms += compared(both[0], both[1], 0.01).verdict in DIFFERENT

    assert alarms / TRIALS <= 0.05


def test_requests_taken_as_evidence_would_cry_wolf() -> None:
    """What this suite must be able to see: on the same data a test on requests is wrong more often than not."""
    chance = np.random.default_rng(20261120)
    alarms = 0
    for _ in range(TRIALS):
        base, new = (np.concatenate([shifted(chance) for _ in range(5)]) for _ in range(2))
        alarms += stats.mannwhitneyu(base, new).pvalue < 0.05

    assert alarms / TRIALS > 0.5


def test_repetitions_of_two_runs_taken_as_evidence_would_cry_wolf() -> None:
    """Runs that are shifted as a whole: counted by run they are told apart seldom, by repetition often."""
    chance = np.random.default_rng(3)

    def shifted_as_a_whole() -> list[Numbers]:
        own = np.exp(0.05 * chance.standard_normal())
        return [independent(chance) * own for _ in range(5)]

    by_run = by_repetition = 0
    for _ in range(TRIALS):
        several = [[shifted_as_a_whole() for _ in range(3)] for _ in range(2)]
        sides = [
            Side(name, tuple(run(f"{name}{number}", A=each) for number, each in enumerate(own)), ("A",))
            for name, own in zip(("base", "new"), several)
        ]
        by_run += compare_sides(sides, Wanted(0.01)).pairs[0].workloads[0].verdict in DIFFERENT
        pooled = [[each for own in one for each in own] for one in several]
        by_repetition += compared(pooled[0], pooled[1], 0.01).verdict in DIFFERENT

    assert by_run / TRIALS <= 0.10
    assert by_repetition / TRIALS > 0.3


@pytest.mark.parametrize("slower", [0.0, 0.02, 0.10])
def test_one_run_against_another_is_never_called_different_nor_the_same(slower: float) -> None:
    """Runs that are shifted by 2 %: their repetitions would call a third of them different where nothing is."""
    chance = np.random.default_rng(5)
    found = set()
    for _ in range(TRIALS // 5):
        ours, theirs = (
            [independent(chance) * np.exp(0.02 * own) for _ in range(5)] for own in chance.standard_normal(2)
        )
        sides = [
            Side("base", (run("base", A=ours),), ("A",)),
            Side("new", (run("new", A=[each * (1 + slower) for each in theirs]),), ("A",)),
        ]
        found.add(compare_sides(sides).pairs[0].workloads[0].verdict)

    assert found == {Verdict.UNDECIDED}
