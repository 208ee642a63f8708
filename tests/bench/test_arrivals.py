"""What is offered and for how long, as it was asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assay.bench.arrivals import offered
from assay.bench.declared import ALL
from assay.bench.options import BenchOptions, bench_options
from assay.errors import UsageProblem
from assay.load.schedule import Constant, Poisson, Trace


def options(**given: Any) -> BenchOptions:
    """Those of a benchmark of the reference, by field name."""
    usual = {each.field: () if each.multiple else each.default for each in ALL}
    return bench_options(["reference"], {**usual, **given})


def test_requests_come_at_random_where_nothing_is_said() -> None:
    found = options(scenario="server", rate=20.0)

    assert found.offered == Poisson(20.0)
    assert (found.as_json()["arrivals"], found.as_json()["rate"]) == ("poisson", 20.0)


def test_requests_come_evenly() -> None:
    assert options(scenario="server", rate=20.0, arrivals="constant").offered == Constant(20.0)
    assert options(scenario="soak", rate=5.0, arrivals="constant").offered == Constant(5.0)


def test_requests_come_as_they_did_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "times"
    path.write_text("1700000003.5\n1700000001\n\n1700000001.25\n")

    found = options(scenario="server", arrivals=str(path))

    assert found.offered == Trace((0.0, 0.25, 2.5))
    assert found.rate == pytest.approx(3 / 2.5)
    assert found.as_json()["arrivals"] == "trace"
    wish = found.wish(0.01)
    assert wish.warm_up == 0, "it counts from its start"
    assert len(found.offered.times(wish.bound, 0)) == 3, "and whole"


def test_of_a_trace_so_many_seconds_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "times"
    path.write_text("\n".join(map(str, range(100))))

    found = options(scenario="server", arrivals=str(path), seconds=10.0)

    assert found.offered is not None
    assert len(found.offered.times(found.wish(0.01).bound, 0)) == 10


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "two times"),
        ("1\n1", "two times"),
        ("1\nnan", "two times"),
        ("1\nsoon", "no number"),
        (None, "cannot be read"),
    ],
)
def test_a_file_that_tells_no_times_is_refused(tmp_path: Path, content: str | None, said: str) -> None:
    path = tmp_path / "times"
    if content is not None:
        path.write_text(content)

    with pytest.raises(UsageProblem, match=said):
        offered(str(path), None)


def test_a_load_takes_its_seconds_where_no_precision_is_asked_for() -> None:
    wish = options(seconds=20.0).wish(0.01)

    assert (wish.seconds, wish.narrow, wish.longest) == (20.0, None, 60.0)


def test_a_load_ends_when_its_intervals_are_narrow_enough() -> None:
    wish = options(seconds=20.0, precision="2.5%").wish(0.01)

    assert (wish.seconds, wish.narrow, wish.longest) == (2.0, 0.025, 60.0)


@pytest.mark.parametrize("said", ["2", "0%", "80%", "narrow%", "2%%"])
def test_a_precision_that_says_nothing_is_refused(said: str) -> None:
    with pytest.raises(UsageProblem, match="such as 2%"):
        options(precision=said)
