"""The benchmark against other clients is sound: its server is exact, it counts no disturbed cell, its tables say so."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from . import against_others
from .against_others import OURS, Cell, Missing, Server, cells, pace, serving, stall, table, truth, verdicts

pytestmark = pytest.mark.skipif(not (shutil.which("cc") or shutil.which("gcc")), reason="no C compiler is here")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as made:
        yield made


def test_the_server_takes_as_long_as_it_is_asked_to(server: Server) -> None:
    truth(server, (OURS, "5 ms", "100 KB", "4"), 0.3)

    known = server.ask("/truth")

    assert known["count"] > 20
    assert 5 <= known["p50"] < 50
    assert known["p50"] <= known["p99"]


def test_a_client_never_reports_less_than_the_server_took(server: Server) -> None:
    assert truth(server, (OURS, "20 ms", "300 KB", "2"), 0.4)["p50"] > 0


def test_what_was_forgotten_is_not_counted(server: Server) -> None:
    server.ask("/reset")

    assert server.ask("/truth")["count"] == 0


def test_lateness_is_that_of_each_request(server: Server) -> None:
    assert pace(server, (OURS, "200/s"), 0.3)["late"] >= 0


def test_stalls_are_computed_from_the_schedule(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(against_others, "STALL", {"ms": 5, "every": 1, "for": 0.3})

    assert abs(stall(server, (OURS, "stalled"), 1.0)["p99"]) < 50, "without the stalls it would be off by hundreds"


def test_a_disturbed_or_missing_cell_is_not_measured(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent() -> dict[str, float]:
        raise Missing("it is not installed")

    cell = Cell(("wrk", "5 ms"))
    cell.take(server, absent)
    assert cell.told("p50") == "not measured (it is not installed)"
    monkeypatch.setattr(against_others, "MOST_FOREIGN", -1.0)
    cell.take(server, lambda: {"p50": 1.0})
    assert "other work took" in cell.told("p50")


@pytest.mark.thorough
def test_tables_tell_median_and_worst_and_what_they_come_to(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(against_others, "MOST_FOREIGN", 100.0)
    small = {"SERVICE": (5,), "BODIES": (100_000,), "IN_FLIGHT": (1,), "RATES": (200,)}
    for name, value in small.items():
        monkeypatch.setattr(against_others, name, value)
    monkeypatch.setattr(against_others, "STALL", {"ms": 5, "every": 1, "for": 0.3})

    found = cells(server, 2, 0.2, (OURS,))

    told = [*table(found), *verdicts(found)]
    assert any(line.startswith("| assay | 5 ms | 100 KB | 1 | ") and line.endswith("| 2 |") for line in told)
    assert any("median error under 0.1 ms, in " in line for line in told)
    assert any(line.startswith("- not measured: 90% of wrk") for line in told)
