"""In a workflow of GitHub: what was found wrong stands on its page, and the log holds no other command."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.faults import FAULTS
from assay.faults.proxy import create_proxy
from assay.reference.app import create_app
from assay.reference.embedded import KEY, MODELS
from assay.serving import running
from tests.compare.conftest import Bench, medians

from .conftest import Assay

ONE = ("--workers", "1", "--only", "hosted.image.size", "--examples", "1")


@pytest.fixture
def step(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the step's summary."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "step.md"))
    return folder / "step.md"


def commands(out: str) -> list[str]:
    return [line for line in out.splitlines() if line.startswith("::")]


def test_a_check(assay: Assay, step: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROBOFLOW_API_KEY", KEY)
    models = [word for task, model in MODELS.items() for word in ("--model", f"{task}={model}")]
    with (
        running(create_app(key=KEY)) as server,
        running(create_proxy(server, FAULTS["image-size-one-short"])) as broken,
    ):
        said = assay("check", broken, *models, *ONE, "--out", "run", "--quiet")

    verdict, rule = commands(said.out)
    assert said.code == 1
    assert verdict.startswith("::error title=assay::FAILED: 1 of 1 rule broken")
    assert rule.startswith("::error title=hosted.image.size (")
    assert step.read_text("utf-8") == Path("run/summary.md").read_text("utf-8")
    assert said.out.splitlines()[-1].startswith("FAILED: "), "the verdict is still the last that is said"


def test_a_benchmark_whose_gate_falls_short(assay: Assay, step: Path) -> None:
    said = assay(
        "bench", "reference", "--workload", "sam2.embed/again", "--seconds", "0.1", "--repeat", "2", "--out", "run",
        "--fail-on", "rate >= 1000000/s",
    )  # fmt: skip

    assert said.code in (6, 7)
    assert any(line.startswith("::error title=rate >= 1000000/s%3A ") for line in commands(said.out))
    assert "sam2.embed/again" in step.read_text("utf-8")


def test_a_comparison(assay: Assay, step: Path, folder: Path) -> None:
    for name, kind in (("base", "pass"), ("new", "fail")):
        Bench(folder / name).write(medians([20.0]), outcomes={"one": kind})

    said = assay("compare", "base", "new", "--fail-on", "newly-failing")
    alone = assay("compare", "base", "new", "--fail-on", "newly-failing", "--json", "-")

    assert said.code == alone.code == 6
    assert commands(said.out) == [
        "::error title=newly-failing%3A fell short::new, 1 case: 1 case; a.rule (one): pass, now fail"
    ]
    assert commands(alone.out) == []
    assert step.read_text("utf-8").count("## Assay compare:") == 1
