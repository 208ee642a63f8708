"""Figures: what is told of rows whose truth is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from assay.bench.telling import PARTS, figures_told
from assay.load import figures as module
from assay.load.columns import COLUMNS, Failure
from assay.load.figures import Values, distribution, figures_of, histogram_of, merged, quantiles_of_histogram, rate_of
from assay.load.intervals import ranks, share_interval, student
from assay.load.plan import Plan
from assay.load.rows import TYPES, Rows
from assay.load.schedule import Closed, Poisson

from .helpers import measured

MS = 1_000_000


@pytest.mark.parametrize(
    ("count", "share", "expected"),
    [
        (1000, 0.5, (469, 532)),  # as tables of order statistics have them
        (10, 0.5, (2, 9)),
        (5, 0.5, (None, None)),
        (100, 0.99, (97, None)),
        (0, 0.5, (None, None)),
    ],
)
def test_ranks_of_an_interval(count: int, share: float, expected: tuple[int | None, int | None]) -> None:
    assert ranks(count, share) == expected


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_an_interval_holds_the_truth_as_often_as_it_says(share: float) -> None:
    drawn = np.random.default_rng(1).exponential(1.0, (2000, 1500))
    low, high = ranks(1500, share)
    assert low is not None
    assert high is not None
    ordered = np.sort(drawn, axis=1)
    truth = -np.log(1 - share)

    held = ((ordered[:, low - 1] <= truth) & (truth <= ordered[:, high - 1])).mean()

    assert 0.94 < held < 0.985


def test_ranks_of_a_million_are_still_exact() -> None:
    assert ranks(1_000_000, 0.5) == (499_020, 500_981)


def test_a_share_is_bounded_as_tables_say() -> None:
    none, some, every = (share_interval(hits, 100) for hits in (0, 5, 100))

    assert none[0] == 0.0
    assert none[1] == pytest.approx(0.0362, abs=1e-4)
    assert some == pytest.approx((0.0164, 0.1128), abs=1e-4)
    assert every[0] == pytest.approx(0.9638, abs=1e-4)
    assert every[1] == 1.0


def test_students_t() -> None:
    assert student(4) == pytest.approx(2.776)
    assert student(30) == pytest.approx(2.042, abs=1e-3)
    assert student(10**6) == pytest.approx(1.960, abs=1e-3)


def test_a_far_quantile_is_told_only_where_ten_lie_beyond_it() -> None:
    few, many = distribution(np.arange(9_999.0)), distribution(np.arange(10_000.0))

    assert few is not None
    assert many is not None
    assert few.at(0.999) is None
    assert many.at(0.999) is not None
    assert distribution(np.zeros(0)) is None


def test_histograms_are_added_exactly_and_keep_three_digits() -> None:
    drawn = np.random.default_rng(2).gamma(2, 20, 20_000)
    whole = merged([histogram_of(drawn[:5000]), histogram_of(drawn[5000:])])

    shares = [0.99, 0.5, 0.99]
    assert quantiles_of_histogram(whole, shares) == pytest.approx(np.quantile(drawn, shares), rel=2e-3)
    assert quantiles_of_histogram(histogram_of(drawn[:0]), [0.5]) == []
    assert whole == histogram_of(drawn)


def test_a_rate_counts_what_ended_in_its_time() -> None:
    ends = np.arange(0, 10 * 10**9, 10**7)

    rate = rate_of(ends, 0, 10 * 10**9)

    assert rate.value == 100
    assert (rate.low, rate.high) == (99.9, 100.1), "one request more or less ends in it"
    assert rate.batches == 10
    assert rate_of(ends, 0, 10**9 // 2).low is None


def made(**columns: Any) -> Rows:
    """Rows of requests that were answered well, but for what is said."""
    count = len(next(iter(columns.values())))
    start = np.arange(count) * 10 * MS
    usual: dict[str, Any] = {
        "intended": start, "sent": start + MS, "first": start + 6 * MS, "last": start + 8 * MS,
        "read": start + 9 * MS, "stated": np.full(count, 4000), "status": np.full(count, 200),
    }  # fmt: skip
    usual |= columns
    return Rows({name: np.asarray(usual.get(name, np.zeros(count)), TYPES[kind]) for name, kind in COLUMNS.items()})


def test_each_part_of_a_latency_is_told_apart() -> None:
    figures = figures_of(measured(made(connected=np.array([500, 0, 0, 0]))))

    def p50(part: Any) -> float:
        return float(part.at(0.5).value)

    assert p50(figures.response) == 8
    assert p50(figures.service) == 7
    assert p50(figures.stated) == 4
    assert p50(figures.first_byte) == 5
    assert p50(figures.transfer) == 2
    assert p50(figures.own_delay) == 1
    assert p50(figures.queueing) == 1
    assert {name: figures_told(figures)[f"{name}.p50"].value for name in PARTS.values()} == {
        "response": 8, "service": 7, "server": 4, "queueing": 1, "connect": 0.5, "first-byte": 5, "transfer": 2,
    }  # fmt: skip
    assert figures.queueing is not None
    assert figures.queueing.least == 0.5, "connecting is not waiting"
    assert figures.connecting is not None
    assert (figures.connecting.count, p50(figures.connecting)) == (1, 0.5)


def test_what_was_offered_is_what_became_due() -> None:
    rows = made(intended=np.arange(84) * 10 * MS)

    poisson, closed = (
        figures_of(measured(rows, plan=Plan((), load), stopped=1000 * MS)) for load in (Poisson(100.0), Closed(1))
    )

    assert poisson.offered == 84
    assert closed.offered is None


def test_what_failed_is_in_no_latency() -> None:
    slow = np.array([8 * MS, 10 * MS + 900_000 * MS, 28 * MS, 38 * MS])
    failed = np.array([0, Failure.SERVER_ERROR, Failure.TIMEOUT, 0])

    figures = figures_of(measured(made(last=slow, failure=failed)))

    assert (figures.count, figures.good) == (4, 2)
    assert figures.errors == {"server_error": 1, "timeout": 1}
    assert figures.error_share[0] == 0.5
    assert figures.response is not None
    assert (figures.response.count, figures.response.most) == (2, 8)


def test_nothing_that_was_answered_is_no_crash() -> None:
    figures = figures_of(measured(made(failure=np.array([Failure.REFUSED] * 3))))

    assert (figures.good, figures.response, figures.rate.value) == (0, None, 0)


def test_what_came_before_it_was_steady_is_not_counted() -> None:
    whole = measured(made(failure=np.zeros(10)))
    whole.steady = 50 * MS

    assert figures_of(whole).count == 5


def test_many_values_are_told_within_a_small_share_and_in_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_HELD", 1000)
    drawn = np.random.default_rng(4).lognormal(2.0, 0.7, 20_000)
    exact = distribution(drawn[:1000])
    few, many = Values(), Values()
    few.add(drawn[:1000])

    for part in np.array_split(drawn, 40):
        many.add(part)

    assert few.distribution() == exact
    found = many.distribution()
    assert found is not None
    assert (found.count, found.least, found.most) == (20_000, drawn.min(), drawn.max())
    assert found.mean == pytest.approx(drawn.mean())
    for each in found.quantiles:
        assert each.value == pytest.approx(np.quantile(drawn, each.share, method="inverted_cdf"), rel=5e-4)
        assert each.low is not None
        assert each.low <= each.value
    assert quantiles_of_histogram(many.histogram(), [0.5])[0] == pytest.approx(np.median(drawn), rel=2e-3)
    assert len(many._bins) < 8000
    assert not many._exact


def test_figures_of_parts_are_those_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = made(failure=np.arange(97) % 7 == 0, cold=np.arange(97) % 5 == 0, size=np.arange(97))
    whole = figures_of(measured(rows))
    monkeypatch.setattr(module, "PART", 10)

    assert figures_of(measured(rows)) == whole


def test_rows_of_several_workers_are_joined_on_disk_where_they_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [made(size=np.arange(5)), made(size=np.arange(3))]
    small = Rows.joined(parts)
    monkeypatch.setattr("assay.load.rows.MOST_JOINED", 4)

    joined = Rows.joined(parts)

    assert isinstance(joined["size"], np.memmap)
    assert all((joined[name] == small[name]).all() for name in COLUMNS)
    assert [len(part) for part in joined.parts(3)] == [3, 3, 2]
    assert len(joined.thinned(3)) <= 3
