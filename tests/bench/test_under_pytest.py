"""`pytest benchmarks --target URL`: a round is one repetition, in a file that pytest-benchmark's own command reads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from assay.record import read
from assay.suite import suite_folder

ROOT = Path(__file__).parents[2]
TWO = ("hosted.classification/jpeg-320", "sam2.segment/cached")
SHORT = ("--target", "reference", "--assay-seconds", "0.1", "--assay-repeat", "2")


def run(folder: Path, *words: str, believing: bool = True) -> subprocess.CompletedProcess[str]:
    """Pytest as a user runs it, in this folder."""
    plugin = ("-p", "tests.bench.believing") if believing else ()
    command = [sys.executable, "-m", "pytest", *plugin, *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def measured(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    chosen = [word for name in TWO for word in ("--assay-workload", name)]
    return run(folder, str(suite_folder("benchmarks")), *SHORT, *chosen, *words)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which two workloads were measured, and kept as JSON."""
    folder = tmp_path_factory.mktemp("first")
    done = measured(folder, "--benchmark-json", "one.json", "--assay-out", str(folder / "run"))
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_each_workload_is_a_benchmark_and_each_repetition_a_round(first: Path) -> None:
    told = json.loads((first / "one.json").read_text("utf-8"))

    assert [each["name"] for each in told["benchmarks"]] == list(TWO)
    for each in told["benchmarks"]:
        figures = each["extra_info"]["figures"]["response.p50"]
        assert each["stats"]["rounds"] == 2
        assert each["stats"]["data"] == pytest.approx([ms / 1000 for ms in figures])
        assert each["group"] == "SingleStream"
        assert each["extra_info"]["units"]["rate"] == "1/s"
        assert each["extra_info"]["invalid"] == [[], []]
    assert told["machine_info"]["target"]["name"] == "Assay reference deployment"
    assert len(read(first / "run").measurements) == 4
    assert (first / "run" / "report.html").exists()


def test_the_real_command_compares_such_files(first: Path) -> None:
    command = [str(Path(sys.executable).with_name("pytest-benchmark")), "compare", "one.json", "other.json"]
    (first / "other.json").write_bytes((first / "one.json").read_bytes())

    done = subprocess.run(command, cwd=first, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stderr
    assert all(name in done.stdout for name in TWO)


@pytest.mark.thorough
def test_what_was_saved_is_compared_and_a_regression_fails(first: Path) -> None:
    saved = measured(first, "--benchmark-save", "before")
    assert saved.returncode == 0, saved.stdout + saved.stderr
    (kept,) = (first / ".benchmarks").rglob("*_before.json")
    told = json.loads(kept.read_text("utf-8"))
    for each in told["benchmarks"]:  # as if it had been a hundred times as fast
        each["stats"].update({name: each["stats"][name] / 100 for name in ("min", "max", "mean", "median")})
    kept.write_text(json.dumps(told))

    done = measured(first, "--benchmark-compare", "--benchmark-compare-fail=mean:5%")

    assert done.returncode != 0
    assert "Performance has regressed" in done.stdout + done.stderr


@pytest.mark.thorough
def test_without_a_valid_round_it_fails_and_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_DOUBTS", "the client was slow")

    done = measured(tmp_path, "--benchmark-json", "none.json")

    assert done.returncode == 1
    assert "INVALID: the client was slow" in done.stdout
    assert "2 failed" in done.stdout
    assert not (tmp_path / "none.json").exists()


def test_a_target_that_is_not_there_ends_it(tmp_path: Path) -> None:
    words = ("--assay-workload", TWO[0], "--assay-timeout", "0.1", "--assay-ready-timeout", "0.1")

    done = run(tmp_path, str(suite_folder("benchmarks")), "--target", "http://127.0.0.1:9", *words)

    assert done.returncode == 3, done.stdout + done.stderr
    assert "assay: " in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "give --target URL"),
        ((*SHORT, "--benchmark-min-rounds", "3"), "--benchmark-min-rounds means nothing here"),
        ((*SHORT, "--benchmark-disable"), "--benchmark-disable means nothing here"),
        ((*SHORT, "--benchmark-autosave"), "--benchmark-autosave means nothing here"),
        ((*SHORT, "--benchmark-storage", "elsewhere"), "--benchmark-storage means nothing here"),
        ((*SHORT, "-n", "2"), "leave out -n"),
        ((*SHORT, "-p", "no:benchmark"), "pip install pytest-benchmark"),
        ((*SHORT, "--assay-scenario", "sweep"), "no round"),
        ((*SHORT, "--assay-scenario", "server"), "--assay-rate"),
        ((*SHORT, str(suite_folder("conformance"))), "by themselves"),
    ],
)
def test_what_means_nothing_is_refused_in_a_sentence(words: tuple[str, ...], sentence: str, tmp_path: Path) -> None:
    done = run(tmp_path, str(suite_folder("benchmarks")), *words, believing=False)

    assert done.returncode == 4, done.stdout + done.stderr
    assert sentence in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_workload_can_be_named_as_pytest_names_it(tmp_path: Path) -> None:
    named = f"{suite_folder('benchmarks') / 'sam2.py'}::sam2.segment/cached-rle"

    done = run(tmp_path, named, "--target", "reference", "--collect-only", "-q")

    assert "1 test collected" in done.stdout or "::sam2.segment/cached-rle" in done.stdout, done.stdout + done.stderr
