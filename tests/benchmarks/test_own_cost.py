"""What a check costs beside waiting for the server.

Run with `pytest tests/benchmarks/test_own_cost.py -m thorough --benchmark-enable -s`.
"""

from __future__ import annotations

import cProfile
import itertools
import pstats
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from assay.plugin.options import CheckOptions
from assay.plugin.running import run_check
from assay.record import KEY_VARIABLE, Run, read
from assay.reference import embedded

pytestmark = pytest.mark.thorough
HERE = Path(__file__).parent
LIBRARIES = ("hypothesis", "jsonschema", "httpx", "httpcore", "numpy", "cv2", "_pytest", "pluggy", "asyncio", "json")
WAITING = ("select.", "recv", "acquire", "poll")


@pytest.fixture
def timed(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The reference deployment in a process of its own, which states what each answer took it."""
    monkeypatch.setenv(KEY_VARIABLE, embedded.KEY)
    command: list[str | Path] = [sys.executable, HERE / "timed_reference.py"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.kill()


def check(url: str, out: Path) -> Run:
    """A whole check by one process, as `assay check` runs it."""
    run_check(CheckOptions(url, models=embedded.MODELS, out=out), lambda _: None)
    return read(out)


def own_costs(run: Run) -> list[float]:
    """For each exchange: its time on the wire beyond what the server states, and the pause before the next one (s)."""
    costs = []
    for exchange, following in itertools.pairwise(run.exchanges.values()):
        stated = {name.lower(): value for name, value in (exchange.get("response") or {"headers": []})["headers"]}
        if "x-processing-time" in stated and following["started"] > exchange["started"] + exchange["seconds"]:
            pause = following["started"] - exchange["started"] - exchange["seconds"]
            costs.append(exchange["seconds"] - float(stated["x-processing-time"]) + pause)
    return costs


def where(file: str, function: str) -> str:
    """The room of Assay, or the library, in which the time of a function goes."""
    if any(word in function for word in WAITING):
        return "waiting"
    parts = Path(file).parts
    if "assay" in parts:
        return f"assay/{parts[len(parts) - parts[::-1].index('assay')].removesuffix('.py')}"
    return next((library for library in LIBRARIES if library in parts or f"{library}." in function), "other")


def shares(profile: cProfile.Profile) -> dict[str, float]:
    """Seconds of their own, by room and library, the most first."""
    spent: Counter[str] = Counter()
    for (file, _, function), (_, _, own, _, _) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        spent[where(file, function)] += own
    return dict(spent.most_common())


def test_what_a_check_costs_beside_waiting(benchmark: BenchmarkFixture, timed: str, tmp_path: Path) -> None:
    run = benchmark.pedantic(check, (timed, tmp_path / "run"), rounds=1)

    costs = own_costs(run)
    centiles = statistics.quantiles(costs, n=100)
    benchmark.extra_info.update(requests=len(run.exchanges), median_ms=round(centiles[49] * 1000, 2))
    print(f"\n{len(run.exchanges)} requests; own cost of one: median {centiles[49] * 1000:.2f} ms, "
          f"p90 {centiles[89] * 1000:.2f} ms, p99 {centiles[98] * 1000:.2f} ms, in all {sum(costs):.1f} s")  # fmt: skip
    assert len(costs) > len(run.exchanges) / 2, "most exchanges say what they took the server"


def test_where_it_goes(benchmark: BenchmarkFixture, timed: str, tmp_path: Path) -> None:
    profile = cProfile.Profile()
    benchmark.pedantic(profile.runcall, (check, timed, tmp_path / "run"), rounds=1)

    spent = shares(profile)
    own = sum(seconds for place, seconds in spent.items() if place != "waiting")
    print("\nwhere the time goes, under a profiler:")
    for place, seconds in spent.items():
        if place != "waiting" and seconds > own / 100:
            print(f"  {place:24} {seconds / own:6.1%}")
    assert own > 0
