"""`assay bench`, against real servers and with loads of a moment: what is counted and kept, and never how fast it was.

The machine is shared, so that a measurement may well be invalid: 7 is as good as 0.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from markupsafe import escape
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from assay.bench import loads
from assay.bench import running as benching
from assay.bench.pictures import picture
from assay.bench.workload import Kit, workloads
from assay.contract import load
from assay.load import scenarios
from assay.load.calibration import Calibration
from assay.load.figures import ErrorBound
from assay.load.hosts.gathering import HostsLost
from assay.load.rows import Rows
from assay.plugin.deployment import Deployment
from assay.record import Measurement, read
from assay.reference.app import create_app
from assay.reference.embedded import MODELS
from assay.serving import running
from assay.target import Policy, Target

from ..bench.exporter import Exporter
from .conftest import Assay, started, wait_for

KEY = "key-told-apart-4711"
SHORT = ("--seconds", "0.1", "--out", "run")
ONE = ("--workload", "hosted.classification/base64")
MEASURED = {0, 7}
BROKEN = PlainTextResponse("broken", 500)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch, _no_key: None) -> None:
    monkeypatch.setenv("ROBOFLOW_API_KEY", KEY)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A deployment that asks for a key of its own, and has the models of the reference."""
    with running(create_app(key=KEY)) as address:
        yield address


@pytest.fixture
def _calibrated(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client is taken to be as good as this: calibrating has tests of its own."""
    known = Calibration(ErrorBound(0.1, 0.2, True), 400, 0.0, 0.1, 0.2, 5000.0)
    monkeypatch.setattr(benching, "calibrate", lambda: known)


def measurements(folder: Path) -> list[Measurement]:
    return [Measurement.of(event) for event in read(folder / "run").measurements]


def test_a_benchmark_of_the_reference_is_recorded_and_reported(assay: Assay, folder: Path) -> None:
    said = assay("bench", "reference", *SHORT, "--workload", "sam2.segment/c*d")

    assert said.code in MEASURED, said.err
    run, found = read(folder / "run"), measurements(folder)
    assert [each.workload for each in found] == ["sam2.segment/cold", "sam2.segment/cached"]
    for each in found:
        assert each.successes + sum(each.failures.values()) == each.requests > 0
        assert {"response.p50", "rate"} <= set(each.figures)
        assert (each.target, each.repetition, len(each.inputs["digest"])) == ("reference", 1, 32)
        rows = Rows.of_bytes((folder / "run" / "artifacts" / each.artifacts["columns"]).read_bytes())
        assert len(rows) >= each.requests
    assert run.footer is not None
    assert run.footer["exit_code"] == said.code
    assert "wrong by up to" in run.header["configuration"]["calibration"]
    assert {path.name for path in (folder / "run").iterdir()} >= {"run.jsonl", "report.html", "summary.md", "junit.xml"}
    assert "sam2.segment/cold on reference: " in said.out


@pytest.mark.thorough
@pytest.mark.usefixtures("_calibrated")
def test_published_figures_are_shown_where_they_are_asked_for(assay: Assay, folder: Path) -> None:
    said = assay("bench", "reference", *SHORT, "--workload", "sam2.segment/cold", "--published")

    assert said.code in MEASURED, said.err
    assert "Published figures beside what was measured" in said.out
    for name in ("report.html", "summary.md"):
        text = (folder / "run" / name).read_text("utf-8")
        assert "Published figures beside what was measured" in text
        if said.code == 0:
            assert "177.7 ms mean" in text


@pytest.mark.usefixtures("_calibrated")
def test_no_key_stands_in_what_is_printed_or_kept(assay: Assay, folder: Path, url: str) -> None:
    said = assay("bench", url, *SHORT, *ONE, "--workload", "owlv2.infer/repeated", "--header", "X-Mine: secret-0815")

    assert said.code in MEASURED, said.err
    kept = [path.read_bytes() for path in (folder / "run").rglob("*") if path.is_file()]
    for secret in (KEY, "secret-0815"):
        assert secret not in said.out + said.err
        assert not any(secret.encode() in content for content in kept)


@pytest.mark.usefixtures("_calibrated")
def test_two_targets_are_measured_in_turn_and_judged_by_gates(assay: Assay, folder: Path, url: str) -> None:
    gates = ("--fail-on", "p50 +900%", "--fail-on", "errors < 100%")

    said = assay("bench", url, url, *SHORT, *ONE, "--repeat", "2", *gates, "--scenario", "server", "--rate", "40")
    assert "cut short" not in said.out

    assert said.code in {0, 6, 7, 9}, said.err
    found = measurements(folder)
    assert [(each.target[-2], each.repetition) for each in found] == [("A", 1), ("B", 1), ("B", 2), ("A", 2)]
    assert len({each.load.key for each in found}) == 1
    assert len({each.inputs["digest"] for each in found}) == 1
    assert "Gates" in said.out


@pytest.mark.usefixtures("_calibrated")
@pytest.mark.parametrize("arrivals", ["constant", "trace"])
def test_requests_come_as_they_are_asked_to(arrivals: str, assay: Assay, folder: Path, url: str) -> None:
    (folder / "times").write_text("".join(f"{each / 20}\n" for each in range(12)))
    asked = ("--arrivals", "times") if arrivals == "trace" else ("--arrivals", "constant", "--rate", "20")

    said = assay("bench", url, "--out", "run", *ONE, "--scenario", "server", "--seconds", "1", *asked)

    assert said.code in MEASURED, said.err
    (found,) = measurements(folder)
    assert found.load.arrivals == arrivals
    rows = Rows.of_bytes((folder / "run" / "artifacts" / found.artifacts["columns"]).read_bytes())
    if arrivals == "trace":
        assert found.requests == 12, "all of them count"
    assert np.diff(np.sort(rows["intended"])) / 1e9 == pytest.approx(0.05, abs=1e-6)


@pytest.fixture
def _short_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assay.load.scenarios.MOST_PROBES", 2)
    monkeypatch.setattr(loads, "MOST_CLIENTS", 2)
    monkeypatch.setattr(loads, "SHARES", (0.3, 0.6))


@pytest.mark.thorough
@pytest.mark.usefixtures("_calibrated", "_short_search")
@pytest.mark.parametrize(
    ("options", "scenarios"),
    [
        (("--scenario", "offline"), ["Offline"]),
        (("--scenario", "sweep"), ["Sweep", "Sweep"]),
        (("--scenario", "highest-rate", "--objective", "p50 <= 10 s"), ["Server"]),
        (("--scenario", "soak", "--seconds", "2", "--rate", "20"), ["Soak"]),
        (("--scenario", "cold-start", "--allow-unload", "model"), ["ColdStart"]),
        (("--scenario", "multi-stream", "--batch", "3", "--workload", "infer.object-detection/640"), ["MultiStream"]),
    ],
)
def test_searches_are_recorded_by_what_they_found(
    options: tuple[str, ...], scenarios: list[str], assay: Assay, folder: Path, url: str
) -> None:
    said = assay("bench", url, *SHORT, *ONE, *options)

    assert said.code in MEASURED, said.err
    found = measurements(folder)
    assert [str(each.scenario) for each in found] == scenarios
    assert all(each.requests for each in found)
    page = (folder / "run" / "report.html").read_text("utf-8")
    assert all(escape(note) in page for each in found for note in each.notes)
    if scenarios == ["MultiStream"]:
        assert found[0].inputs["batch"] == 3
        assert found[0].figures["images.rate"].value == pytest.approx(3 * found[0].figures["rate"].value)
        assert found[0].answers is not None
        assert (found[0].answers["wrong"], found[0].answers["unjudged"]) == (0, 0)
    if scenarios == ["ColdStart"]:
        assert found[0].figures["coldstart.p50"].n == 5
        assert found[0].valid


def ending(monkeypatch: pytest.MonkeyPatch, name: str, after: int, error: BaseException) -> None:
    """Have one of the ways to put a load on a target raise this after so many loads."""
    going, left = scenarios.run, iter(range(after))

    def run(*given: Any, **named: Any) -> Any:
        if next(left, None) is None:
            raise error
        return going(*given, **named)

    monkeypatch.setattr(name, run)


@pytest.mark.usefixtures("_calibrated", "_short_search")
@pytest.mark.parametrize(
    ("error", "code", "why"),
    [(HostsLost("no load host is left"), 7, "no load host is left"), (KeyboardInterrupt(), 130, "it was interrupted")],
)
def test_the_loads_of_a_sweep_are_kept_when_a_later_one_fails(
    error: BaseException, code: int, why: str, *, assay: Assay, folder: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loads, "SHARES", (0.2, 0.3, 0.4))
    ending(monkeypatch, "assay.bench.loads.run", 2, error)

    said = assay("bench", url, *SHORT, *ONE, "--scenario", "sweep")

    assert said.code == code
    first, second = measurements(folder)
    assert second.began >= first.began + first.seconds, "each began when it did"
    (omission,) = read(folder / "run").omissions
    assert omission["because"] == f"the sweep was cut short after 2 of 3 loads: {why}"


@pytest.mark.usefixtures("_calibrated")
def test_a_search_that_is_ended_at_once_tells_its_loads_and_no_result(
    assay: Assay, folder: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ending(monkeypatch, "assay.load.scenarios.run", 1, KeyboardInterrupt())

    said = assay("bench", url, *SHORT, *ONE, "--scenario", "offline")

    assert said.code == 130, said.err
    (found,) = measurements(folder)
    assert found.figures == {}
    assert [each["clients"] for each in found.search] == [1]
    assert "the search was cut short after 1 load: its points are told, and no result" in found.reasons


@pytest.mark.thorough
@pytest.mark.usefixtures("_calibrated")
def test_a_throttled_gpu_makes_a_measurement_invalid_and_stands_in_the_report(
    assay: Assay, folder: Path, url: str
) -> None:
    with running(Exporter(CLOCK_THROTTLE_REASONS=0x40)) as exporter:
        gpu = ("--metrics-url", f"{exporter}/metrics", "--price-per-hour", "0.8", "--scenario", "offline")
        said = assay("bench", url, "--seconds", "1", "--out", "run", *ONE, *gpu)

    assert said.code == 7, said.err
    (found,) = measurements(folder)
    assert any("NVIDIA L4 was throttled in 100% of the time: it was too hot" in reason for reason in found.reasons)
    assert found.telemetry is not None
    assert found.telemetry["gpus"][0]["watts"] == 60
    assert found.telemetry["timeline"]["gpus"]["GPU-0009"]["celsius"]
    energy = 60 / found.figures["images.rate"].value
    assert found.figures["energy.per-inference"].value == pytest.approx(energy, rel=0.2)
    assert found.figures["cost.per-1000"].value == pytest.approx(0.8 / 3.6 / found.figures["images.rate"].value)
    header = read(folder / "run").header
    assert header["targets"][found.target]["hardware"]["gpu"] == "NVIDIA L4"
    assert header["targets"][found.target]["hourly_price"] == 0.8
    page = (folder / "run" / "report.html").read_text("utf-8")
    for told in ("The server’s machine", "NVIDIA L4", "60.0 W", "GPU power, W", "too hot", "The client’s own health"):
        assert told in page


@pytest.mark.usefixtures("_calibrated")
def test_what_a_gpu_draws_idle_is_read_before_the_load(assay: Assay, folder: Path, url: str) -> None:
    with running(Exporter(GPU_UTIL=0)) as exporter:
        said = assay("bench", url, "--seconds", "1", "--out", "run", *ONE, "--metrics-url", f"{exporter}/metrics")

    assert said.code in MEASURED, said.err
    (found,) = measurements(folder)
    assert found.telemetry is not None
    assert found.telemetry["gpus"][0]["idle_watts"] == 60
    assert found.figures["energy.idle"].unit == "J"
    assert "of it idle" in (folder / "run" / "report.html").read_text("utf-8")


@pytest.mark.thorough
@pytest.mark.usefixtures("_calibrated")
def test_of_several_gpus_those_that_are_named_are_the_targets(assay: Assay, folder: Path, url: str) -> None:
    with running(Exporter(gpus=8, CLOCK_THROTTLE_REASONS=0x40)) as exporter:
        gpus = ("--metrics-url", f"{exporter}/metrics")
        of_any = assay("bench", url, "--seconds", "1", "--out", "any", *ONE, *gpus)
        of_one = assay("bench", url, "--seconds", "1", "--out", "run", *ONE, *gpus, "--gpu", "GPU-0009")

    assert of_any.code in MEASURED, of_any.err
    (guessed,) = (Measurement.of(event) for event in read(folder / "any").measurements)
    assert not any("throttled" in reason for reason in guessed.reasons)
    assert guessed.notes[0].startswith("8 GPUs are listed")
    assert "energy.per-inference" not in guessed.figures
    assert of_one.code == 7, of_one.err
    (found,) = measurements(folder)
    assert any("throttled" in reason for reason in found.reasons)
    energy = 60 / found.figures["images.rate"].value
    assert found.figures["energy.per-inference"].value == pytest.approx(energy, rel=0.2)


@pytest.mark.usefixtures("_calibrated")
def test_own_pictures_are_sent_and_no_answer_about_them_is_kept(assay: Assay, folder: Path, url: str) -> None:
    for number in range(3):
        (folder / "mine").mkdir(exist_ok=True)
        (folder / "mine" / f"{number}.png").write_bytes(picture(f"mine {number}", "320", "png").data)

    said = assay("bench", url, *SHORT, *ONE, "--images", "mine")

    assert said.code in MEASURED, said.err
    (found,) = measurements(folder)
    assert found.inputs["bytes"] > 80_000, "a PNG of such a size, in base64"
    header = read(folder / "run").header
    assert header["configuration"]["images"] == "3 of the user's own"
    assert "Your own pictures, as they are." in header["configuration"]["workload_sentences"][found.workload]


@pytest.mark.usefixtures("_calibrated")
def test_pictures_are_fetched_from_where_assay_serves_them(assay: Assay, folder: Path, url: str) -> None:
    said = assay("bench", url, *SHORT, "--workload", "hosted.classification/address")

    assert said.code in MEASURED, said.err
    (found,) = measurements(folder)
    assert found.successes > 0
    assert found.inputs["bytes"] == 0
    assert found.inputs["digest"] == workloads()[found.workload].digest(plain_kit(found.workload))


@pytest.mark.usefixtures("_calibrated")
def test_a_mix_is_one_load_and_each_of_its_workloads_is_told(assay: Assay, folder: Path, url: str) -> None:
    shares = "hosted.classification/base64=3, sam2.segment/cached=1"
    said = assay("bench", url, *SHORT, "--mix", shares, "--rate", "100", "--scenario", "server")

    assert said.code in MEASURED, said.err
    (found,) = measurements(folder)
    assert (found.workload, found.operation) == ("mix/hosted.classification/base64=3,sam2.segment/cached=1", "mix")
    assert found.answers is not None
    assert (found.answers["wrong"], found.answers["unjudged"]) == (0, 0)
    assert any(note.startswith("hosted.classification/base64: ") for note in found.notes)
    assert any(note.startswith("sam2.segment/cached: ") for note in found.notes)


def plain_kit(workload: str) -> Kit:
    target = Target(Policy(url="http://127.0.0.1:9"))
    target.close()
    each = workloads()[workload]
    return each.kit(Deployment(target, load(), MODELS, 0, 1).driver(each.operation), 0)


def lacking(app: ASGIApp, path: str, instead: ASGIApp = BROKEN) -> ASGIApp:
    """The same, but another answers on this path."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        other = scope["type"] == "http" and scope["path"].startswith(path)
        await (instead if other else app)(scope, receive, send)

    return answer


@pytest.mark.usefixtures("_calibrated")
def test_what_the_target_does_not_answer_is_told(assay: Assay, folder: Path) -> None:
    with running(lacking(create_app(key=KEY), "/sam2")) as some:
        said = assay("bench", some, *SHORT, *ONE, "--workload", "sam2.embed/again")

    assert said.code in MEASURED, said.err
    assert "sam2.embed/again on 127.0.0.1" in said.out
    assert "not measured: a plain request was answered with status 500" in said.out
    assert [each.workload for each in measurements(folder)] == ["hosted.classification/base64"]
    because = "a plain request was answered with status 500"
    assert [(each["workload"], because in each["because"]) for each in read(folder / "run").omissions] == [
        ("sam2.embed/again", True)
    ]
    for report in ("report.html", "summary.md"):
        assert because in (folder / "run" / report).read_text("utf-8")


async def hollow(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers fast, and with nothing in it."""
    await JSONResponse({"time": 0.001})(scope, receive, send)


@pytest.mark.usefixtures("_calibrated")
def test_a_server_that_is_fast_and_wrong_is_caught(assay: Assay, folder: Path) -> None:
    with running(lacking(create_app(key=KEY), "/kinds", hollow)) as some:
        said = assay("bench", some, *SHORT, *ONE)

    assert said.code in {4, 7}, said.err
    (found,) = measurements(folder)
    assert found.answers is not None
    assert found.answers["wrong"] > 0
    assert found.answers["notes"]
    assert found.failures["unexpected"] > 0
    assert "wrong-answer" in found.artifacts


async def hollow_and_other_each_time(scope: Scope, receive: Receive, send: Send) -> None:
    """The same, and no two answers are the same bytes."""
    await JSONResponse({"time": time.monotonic_ns() / 1e9})(scope, receive, send)


@pytest.mark.usefixtures("_calibrated")
def test_wrong_answers_that_all_differ_make_a_measurement_invalid(assay: Assay, folder: Path) -> None:
    with running(lacking(create_app(key=KEY), "/kinds", hollow_and_other_each_time)) as some:
        said = assay("bench", some, *SHORT, *ONE, "--fail-on", "errors < 100%")

    assert said.code == 7, said.err
    (found,) = measurements(folder)
    assert any("that were checked were wrong: at least" in reason for reason in found.reasons), found.reasons


@pytest.mark.usefixtures("_calibrated")
def test_where_nothing_is_measured_the_code_is_4(assay: Assay, folder: Path) -> None:
    with running(lacking(create_app(key=KEY), "/kinds")) as some:
        said = assay("bench", some, *SHORT, *ONE)

    assert said.code == 4
    assert "NOTHING WAS MEASURED" in said.out
    assert read(folder / "run").footer is not None


def test_an_interrupt_keeps_what_was_measured(folder: Path, url: str) -> None:
    with started(
        folder, "bench", url, "--seconds", "0.5", "--out", "run", "--workload", "hosted.*/jpeg-320"
    ) as process:
        wait_for(process, "hosted.object-detection/jpeg-320 on")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)

    assert process.returncode == 130, err
    run = read(folder / "run")
    assert run.footer is None
    assert run.measurements
    assert "interrupted: " in out
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["http://inference.example:9001"], "--allow-load"),
        ([], "give one TARGET or two"),
        ([""], "give one TARGET or two"),
        (["reference", "--workload", "nothing.*"], "no workload matches"),
        (["reference", "--scenario", "server"], "--rate"),
        (["reference", "--rate", "5"], "--rate"),
        (["reference", "--arrivals", "constant"], "--rate"),
        (["reference", "--arrivals", "nowhere", "--scenario", "server"], "cannot be read"),
        (["reference", "--arrivals", "nowhere", "--scenario", "server", "--rate", "5"], "leave out --rate"),
        (["reference", "--scenario", "soak", "--precision", "2%"], "--precision ends a load"),
        (["reference", "--scenario", "highest-rate"], "--objective"),
        (["reference", "--scenario", "highest-rate", "--objective", "fast"], "no objective"),
        (["reference", "--fail-on", "p99 +5%"], "second TARGET"),
        (["reference", "--scenario", "offline", "--workload", "sam2.embed/new"], "new pictures"),
        (["reference", "--scenario", "soak", "--workload", "sam2.embed/new"], "new pictures"),
        (["reference", "--scenario", "multi-stream", "--workload", "sam2.embed/again"], "takes a list"),
        (["http://127.0.0.1:9", "--scenario", "cold-start"], "--allow-unload"),
        (["reference", "--mix", "sam2.*"], "write it as in"),
        (["reference", "--mix", "sam3.*=1"], "no workload"),
        (["reference", "--mix", "sam2.*=1", "--scenario", "multi-stream"], "one kind of request"),
        (["reference", "--images", "nowhere"], "no such folder"),
        (["reference", "--allow-unload", "all"], "--scenario cold-start"),
        (["reference", "--price-per-hour", "1"], "--scenario offline"),
        (["reference", "--scenario", "offline", *["--price-per-hour", "1"] * 2], "once for each TARGET"),
        (["reference", "reference", "--gpu", "0"], "once for each TARGET"),
        (["reference", "--gpu", ","], "by its number or its UUID"),
        (["reference", "--metrics-url", "gpu-box:9400", *ONE], "DCGM exporter"),
        (["http://127.0.0.1:9", "--proxy", "http://127.0.0.1:3128"], "--proxy"),
    ],
)
def test_wrong_usage_is_one_sentence(arguments: list[str], sentence: str, assay: Assay, folder: Path) -> None:
    said = assay("bench", *arguments)

    assert said.code == 2
    assert sentence in said.err
    assert len(said.err.splitlines()) == 1
    assert not os.listdir(folder)


def test_a_target_that_is_not_there_is_3(assay: Assay, folder: Path) -> None:
    said = assay("bench", "http://127.0.0.1:9", "--ready-timeout", "0.1", *ONE)

    assert said.code == 3
    assert not os.listdir(folder)


def test_a_refused_key_is_2(assay: Assay, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROBOFLOW_API_KEY", "wrong")

    said = assay("bench", url, *SHORT, *ONE)

    assert said.code == 2
    assert "API key" in said.err


def test_the_workloads_can_be_listed(assay: Assay) -> None:
    said = assay("bench", "--workloads")

    assert said.code == 0
    assert all(f"{operation}/" in said.out for operation in load().operations)
