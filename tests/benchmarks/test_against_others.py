"""The benchmark against other clients is sound: its server is exact, it counts no disturbed cell, its tables say so."""

from __future__ import annotations

import base64
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from assay.load.figures import Figures
from assay.load.plan import Measurement
from assay.load.validity import Validity, validity_of

from . import against_others, api_speed, long_load
from .against_others import OURS, Cell, cells, pace, stall, table, truth, verdicts
from .timed import Missing, Server, serving

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


def test_what_is_not_installed_is_told_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(against_others, "find_spec", lambda name: None)
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr(api_speed, "installed", lambda home: None)

    assert list(against_others.absent(("assay", "wrk", "aiohttp", "api-speed")).values()) == [
        "wrk is not installed: apt install wrk",
        "aiohttp is not installed: pip install -e '.[peers]'",
        "inference is not installed: python -m tests.upstream build",
    ]


def test_a_disturbed_or_missing_cell_is_not_measured(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent() -> dict[str, float]:
        raise Missing("it is not installed")

    cell = Cell(("wrk", "5 ms"))
    cell.take(server, absent)
    assert cell.told("p50") == "not measured (it is not installed)"
    monkeypatch.setattr(against_others, "MOST_FOREIGN", -1.0)
    cell.take(server, lambda: {"p50": 1.0})
    assert "other work took" in cell.told("p50")


STANDS_IN = """#!{python}
import json, sys, urllib.request
host, results = (sys.argv[sys.argv.index(name) + 1] for name in ("-h", "-o"))
opener = urllib.request.build_opener(urllib.request.ProxyHandler({{}}))
known = json.load(opener.open(host + "/model/registry"))["models"][0]
assert sys.argv[sys.argv.index("-m") + 1] == known["model_id"] and known["task_type"] == "object-detection"
opener.open(host + "/infer/object_detection", data=b"{{}}").read()
found = dict(inferences_made=1, p50_inference_latency_ms=9.5, p99_inference_latency_ms=12.0, requests_per_second=0.5)
json.dump(dict(benchmark_results=dict(found, error_rate={failed}, error_status_codes="500: 1")), open(results, "w"))
"""


def standing_in(tmp_path: Path, failed: float = 0.0) -> Path:
    """A program that takes the words of `inference benchmark api-speed`, asks once, and reports what stands here."""
    tool = tmp_path / "inference"
    tool.write_text(STANDS_IN.format(python=sys.executable, failed=failed))
    tool.chmod(0o755)
    return tool


def test_api_speed_is_asked_for_what_the_server_times(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tool = standing_in(tmp_path)
    monkeypatch.setattr(api_speed, "command", lambda: tool)

    reported = api_speed.measured(server, 20, 10_000, 1, 0.1)

    assert (reported.p50, reported.p99, reported.rate) == (9.5, 12.0, 0.5)
    assert server.ask("/truth")["count"] == 1, "the registry is not counted"
    assert 20 <= server.ask("/truth")["p50"] < 200


def test_api_speed_that_fails_is_not_measured(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tool = standing_in(tmp_path, failed=100.0)
    monkeypatch.setattr(api_speed, "command", lambda: tool)

    with pytest.raises(Missing, match="100 % of its requests failed: 500: 1"):
        api_speed.measured(server, 5, 10_000, 1, 0.1)


@pytest.mark.parametrize("size", [100_000, 300_000])
def test_a_picture_for_api_speed_weighs_about_as_much_as_others_send(size: int) -> None:
    picture = cv2.imdecode(np.frombuffer(api_speed.picture(size), np.uint8), cv2.IMREAD_COLOR)

    assert picture is not None
    assert len(base64.b64encode(cv2.imencode(".jpg", picture)[1].tobytes())) == pytest.approx(size, rel=0.05)


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
    assert any(line.startswith("- not asked: 90% of wrk") for line in told)


def test_what_is_lost_is_tried_again_and_not_forever(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[tuple[str, ...]] = []

    def measured(_server: Server, name: tuple[str, ...], _seconds: float) -> dict[str, float]:
        tried.append(name)
        if name[0] == "wrk" or tried.count(name) == 1:
            raise Missing("it was disturbed")
        return {"p50": 0.0, "p99": 0.0}

    small = {"SERVICE": (5,), "BODIES": (100_000,), "IN_FLIGHT": (1,), "RATES": (200,), "MOST_FOREIGN": 100.0}
    for name, value in small.items():
        monkeypatch.setattr(against_others, name, value)
    monkeypatch.setattr(against_others, "absent", lambda _: {"httpx": "httpx is not installed"})
    monkeypatch.setattr(against_others, "MEASURES", dict.fromkeys(against_others.MEASURES, measured))

    truths = cells(server, 3, 0.1, (OURS, "wrk", "httpx"))["truth"]

    assert [(cell.repetitions, tried.count(cell.name)) for cell in truths] == [(3, 4), (0, 8), (0, 0)]


def _judged(**cells: dict[str, list[float]]) -> list[str]:
    """What figures of ours in one cell of each kind come to."""
    names = {
        "truth": (OURS, "5 ms", "100 KB", "1"),
        "speed": (OURS, "100 KB"),
        "pace": (OURS, "200/s"),
        "stall": (OURS, "1 s"),
    }
    return [*verdicts({kind: [Cell(name, cells.get(kind, {}))] for kind, name in names.items()})]


def test_errors_that_are_too_much_as_often_as_too_little_are_errors() -> None:
    told = _judged(truth={"p50": [-0.5, -0.4, 0.0, 0.4, 0.6], "p99": [-0.1, 0.0, 0.1, 0.0, 0.1]})

    assert "- DOES NOT HOLD: median error under 0.1 ms, in 0 of 1 cells" in told
    assert "- holds: p99 error under 0.2 ms, in 1 of 1 cells" in told


@pytest.mark.parametrize(("stated", "said"), [(0.05, "DOES NOT HOLD"), (0.4, "holds")])
def test_a_stall_is_held_to_the_error_that_is_stated(stated: float, said: str) -> None:
    told = _judged(stall={"p99": [0.3, -0.3, 0.3, -0.3, 0.3], "bound": [stated] * 5})

    assert f"- {said}: p99 over stalls within the error that a report states, in {int(stated > 0.3)} of 1 cells" in told


def _cell(client: str, times: int, error: float = 0.05, *, in_flight: str = "1", absent: str = "") -> Cell:
    values = {"p50": [error] * times, "p99": [error] * times}
    return Cell((client, "5 ms", "100 KB", in_flight), values, ["other work took 0.90 cores"], absent)


def _whole(*truths: Cell) -> dict[str, list[Cell]]:
    """Cells of every kind, of which those besides hold."""
    pairs = [(client, size) for client in (OURS, "wrk") for size in ("100 KB", "300 KB")]
    held = {
        "speed": [Cell(name, {"rate": [1000.0] * 5}) for name in pairs],
        "pace": [Cell((OURS, "200/s"), {"late": [0.1] * 5})],
        "stall": [Cell((OURS, "1 s"), {"p99": [0.1] * 5, "bound": [0.2] * 5})],
    }
    return {"truth": [*truths], **held}


@pytest.mark.parametrize(
    ("truths", "said", "code"),
    [
        ((_cell(OURS, 5), _cell("wrk", 5, 0.5)), "- holds: p99 error smaller than wrk's, in 1 of 1 cells", 0),
        ((_cell(OURS, 5), _cell("wrk", 5, 0.01)), "- DOES NOT HOLD: p99 error smaller than wrk's, in 0 of 1 cells", 1),
        ((_cell(OURS, 5),), "- not asked: p50 error smaller than wrk's", 0),
        ((_cell(OURS, 5, 0.3),), "- DOES NOT HOLD: median error under 0.1 ms, in 0 of 1 cells", 1),
        (
            (_cell(OURS, 5), _cell(OURS, 4, in_flight="8"), _cell(OURS, 0, in_flight="64")),
            "- not measured: median error under 0.1 ms, in 1 of 3 cells; 2 of fewer than 5 repetitions",
            1,
        ),
        (
            (_cell(OURS, 5, 0.3), _cell(OURS, 4, in_flight="8")),
            "- DOES NOT HOLD: median error under 0.1 ms, in 0 of 2 cells; 1 of fewer than 5 repetitions",
            1,
        ),
        (
            (_cell(OURS, 5), _cell("wrk", 4, 0.5)),
            "- not measured: p50 error smaller than wrk's, in 0 of 1 cells; 1 of fewer than 5 repetitions",
            1,
        ),
        (
            (_cell(OURS, 5), _cell("wrk", 0, absent="wrk is not installed: apt install wrk")),
            "- not installed: p50 error smaller than wrk's, in 1 cells (wrk is not installed: apt install wrk)",
            0,
        ),
    ],
)
def test_what_does_not_hold_or_was_not_measured_is_told_by_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], truths: tuple[Cell, ...], said: str, code: int
) -> None:
    monkeypatch.setattr(against_others, "cells", lambda *_: _whole(*truths))

    assert against_others.main([]) == code
    assert said in capsys.readouterr().out.splitlines()


def test_a_trial_judges_nothing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(against_others, "cells", lambda *_: _whole(_cell(OURS, 2, 0.3)))

    assert against_others.main(["--repeat", "2"]) == 0
    told = capsys.readouterr().out
    assert "| assay | 5 ms | 100 KB | 1 | 0.300 (0.300) | 0.300 (0.300) | 2 |" in told
    assert told.splitlines()[-1] == "- a trial with --repeat 2, which judges nothing"


def test_a_cell_that_was_measured_too_seldom_is_told_as_not_measured() -> None:
    assert _cell(OURS, 4).told("p50", 5) == "not measured (4 of 5 repetitions: other work took 0.90 cores)"


@pytest.mark.parametrize(("most", "code"), [(10_000, 0), (1, 1)])
def test_a_long_load_that_holds_too_much_is_told_by_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], most: int, code: int
) -> None:
    monkeypatch.setattr(long_load, "MOST", most)

    assert long_load.main(["--minutes", "0.02", "--rate", "50"]) == code
    assert f"MB held of the {most} that may be" in capsys.readouterr().out


def test_the_memory_of_a_long_load_is_looked_at_until_it_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    did: list[str] = []
    end = long_load.Resident.end

    def judge(measurement: Measurement, figures: Figures) -> Validity:
        did.append("judged")
        return validity_of(measurement, figures)

    def ended(resident: long_load.Resident) -> None:
        did.append("ended")
        end(resident)

    monkeypatch.setattr(long_load, "validity_of", judge)
    monkeypatch.setattr(long_load.Resident, "end", ended)

    long_load.main(["--minutes", "0.02", "--rate", "50"])

    assert did == ["judged", "ended"]
