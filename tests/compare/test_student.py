"""Our few statistics against SciPy's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special, stats

from assay.compare.ratio import Difference, Group, holm
from assay.compare.student import binomial_bounds, incomplete_beta, t_quantile, two_sided

FREEDOMS = (1.0, 1.3, 2.0, 4.7, 8.0, 30.0, 398.0)


def near(value: float) -> object:
    return pytest.approx(value, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("a", [0.5, 1.0, 3.3, 40.0, 2000.0])
@pytest.mark.parametrize("b", [0.5, 1.0, 7.0, 3000.0])
def test_the_incomplete_beta_function(a: float, b: float) -> None:
    for x in (0.0, 1e-9, 0.001, 0.2, 0.5, 0.77, 0.999, 1.0):
        assert incomplete_beta(a, b, x) == near(special.betainc(a, b, x))


@pytest.mark.parametrize("df", FREEDOMS)
def test_student(df: float) -> None:
    for t in (0.0, 0.3, -2.1, 12.0, 400.0):
        assert two_sided(t, df) == near(2 * stats.t.sf(abs(t), df))
    for share in (0.5, 0.8, 0.95, 0.975, 0.9995):
        assert t_quantile(share, df) == pytest.approx(stats.t.ppf(share, df), rel=1e-8, abs=1e-9)
    assert two_sided(math.inf, df) == 0


@pytest.mark.parametrize(("hits", "n"), [(0, 500), (1, 500), (3, 40), (40, 40), (999, 200_000)])
def test_the_bounds_of_a_share(hits: int, n: int) -> None:
    low, high = binomial_bounds(hits, n)

    assert low == near(stats.binomtest(hits, n, alternative="greater").proportion_ci(0.95, "exact").low)
    assert high == near(stats.binomtest(hits, n, alternative="less").proportion_ci(0.95, "exact").high)


@pytest.mark.parametrize(("n", "m"), [(2, 2), (2, 9), (5, 5), (20, 7)])
def test_welch(n: int, m: int) -> None:
    chance = np.random.default_rng(n * 100 + m)
    base, new = chance.lognormal(3, 0.02, n), chance.lognormal(3.03, 0.05, m)

    ours = Difference(Group.of(base.tolist()), Group.of(new.tolist()))
    theirs = stats.ttest_ind(np.log(new), np.log(base), equal_var=False)

    assert ours.p == pytest.approx(theirs.pvalue, rel=1e-9)
    assert ours.df == pytest.approx(theirs.df, rel=1e-9)
    assert ours.bounds() == pytest.approx(tuple(theirs.confidence_interval(0.95)), rel=1e-7)
    assert ours.ratio.value == pytest.approx(stats.gmean(new) / stats.gmean(base), rel=1e-12)


def test_two_one_sided_tests() -> None:
    chance = np.random.default_rng(1)
    base, new = chance.lognormal(3, 0.01, 6), chance.lognormal(3.005, 0.01, 6)
    ours = Difference(Group.of(base.tolist()), Group.of(new.tolist()))

    for reach in np.linspace(0.001, 0.04, 14):
        above = stats.ttest_ind(np.log(new) + reach, np.log(base), equal_var=False, alternative="greater").pvalue
        below = stats.ttest_ind(np.log(new) - reach, np.log(base), equal_var=False, alternative="less").pvalue
        assert ours.within(float(reach)) == (max(above, below) < 0.05)


def test_the_interval_of_one_side() -> None:
    values = np.random.default_rng(2).lognormal(3, 0.1, 6)
    low, high = stats.t.interval(0.95, 5, np.log(values).mean(), stats.sem(np.log(values)))

    interval = Group.of(values.tolist()).interval

    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((math.exp(low), math.exp(high)), rel=1e-8)
    assert Group.of([3.0]).interval is None


def test_repetitions_without_any_spread() -> None:
    same = Difference(Group.of([5.0, 5.0]), Group.of([5.0, 5.0]))
    other = Difference(Group.of([5.0, 5.0]), Group.of([6.0, 6.0]))

    assert (same.p, same.bounds(), same.within(0.01)) == (1.0, (0.0, 0.0), True)
    assert (other.p, other.within(0.01)) == (0.0, False)


def test_holm() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def test_the_repetitions_that_are_planned_do_decide() -> None:
    """Of a difference that is there, as many repetitions as were said to be needed tell it in about 8 of 10 cases."""
    chance = np.random.default_rng(4)
    difference = Difference(Group(5, 0.0, 0.03**2), Group(5, 0.03, 0.03**2))
    more = difference.more(difference.log, 0.975)

    assert more is not None
    told = [
        stats.ttest_ind(chance.normal(0, 0.03, 5 + more), chance.normal(0.03, 0.03, 5 + more)).pvalue < 0.05
        for _ in range(1000)
    ]
    assert 0.75 < np.mean(told) < 0.87
    assert difference.more(0.0001, 0.975) is None
    assert difference.more(-0.1, 0.95) is None
