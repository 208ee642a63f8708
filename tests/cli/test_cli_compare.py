"""`assay compare`: what it prints and writes, how it ends, and what it says to bad input."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from assay.cli import main
from assay.faults import FAULTS
from assay.faults.proxy import create_proxy
from assay.reference.app import create_app
from assay.reference.embedded import KEY, MODELS
from assay.serving import running
from tests.compare.conftest import Bench, medians, several_runs

from .conftest import Assay

STEADY = (20.0, 20.1, 19.9, 20.05, 19.95)


@pytest.fixture
def runs(folder: Path) -> Path:
    """Sides of five runs, `base` and `slow`, which is a tenth slower; and `one`, a single run, as slow as that."""
    for name, factor in (("base", 1.0), ("slow", 1.1)):
        several_runs(folder / name, medians([value * factor for value in STEADY]), outcomes={"a": "pass"})
    Bench(folder / "one").write(medians([value * 1.1 for value in STEADY]), outcomes={"a": "pass"})
    return folder


def test_a_comparison_ends_with_what_its_gates_say(assay: Assay, runs: Path) -> None:
    told = assay("compare", "base", "slow")
    assert (told.code, told.err) == (0, "")
    assert "SLOWER     sam2.embed, Server, 50/s poisson" in told.out
    assert told.out.splitlines()[-1] == "exit code 0: compared"

    for gates, code in (
        (["p99 +15%", "newly-failing"], 0),
        (["p99 +15%", "p50 +5%"], 6),
        (["energy +5%"], 4),
    ):
        words = [word for gate in gates for word in ("--fail-on", gate)]
        assert assay("compare", "base", "slow", *words).code == code


def test_one_run_against_one_is_shown_and_not_judged(assay: Assay, runs: Path) -> None:
    Bench(runs / "before").write(medians(STEADY))

    told = assay("compare", "before", "one", "--markdown", "c.md", "--html", "c.html", "--fail-on", "p50 +5%")

    assert told.code == 9
    assert told.out.splitlines()[-1] == "exit code 9: undecided: more repetitions or runs are needed"
    assert "UNDECIDED  sam2.embed, Server, 50/s poisson" in told.out
    assert "+10.0 % [+9.4, +10.6]      undecided    5 v 5 repetitions" in told.out
    for text in (told.out, Path("c.md").read_text("utf-8"), Path("c.html").read_text("utf-8")):
        words = " ".join(text.split())
        assert "the difference holds within these runs, and what was particular to their hour is in it" in words
        assert "about 4 more runs a side would decide" in words


def test_one_run_can_keep_a_bound(assay: Assay, runs: Path) -> None:
    assert assay("compare", "one", "--fail-on", "p99 <= 49 ms").code == 0
    assert assay("compare", "one", "--fail-on", "p99 <= 35 ms").code == 6


def test_what_is_written(assay: Assay, runs: Path) -> None:
    said = assay(
        "compare", "base", "slow", "--fail-on", "p50 +5%", "--json", "c.json", "--markdown", "c.md", "--html", "c.html"
    )

    told = json.loads(Path("c.json").read_text("utf-8"))
    assert said.code == told["exit_code"] == 6
    (workload,) = told["pairs"][0]["workloads"]
    assert (workload["workload"], workload["verdict"], workload["word"]) == ("sam2.embed", "worse", "slower")
    assert workload["figures"][0]["ratio"]["value"] == pytest.approx(1.1)
    assert told["gates"][0]["state"] == "fell short"
    assert "| p50 +5% | fell short |" in Path("c.md").read_text("utf-8")
    assert "fell short" in Path("c.html").read_text("utf-8")


def test_published_figures_stand_beside_one_run_too(assay: Assay, runs: Path) -> None:
    said = assay("compare", "one", "--published", "--json", "c.json")

    assert (said.code, said.err) == (0, "")
    assert "Published figures beside what was measured\n  No published figure that Assay carries is of" in said.out
    assert json.loads(Path("c.json").read_text("utf-8"))["published"]["beside"] == []
    assert "No published figure" not in assay("compare", "base", "slow").out
    Bench(runs / "judged").write([], outcomes={"a": "pass"})
    assert assay("compare", "judged", "--published").code == 4


def test_json_alone(assay: Assay, runs: Path) -> None:
    said = assay("compare", "base", "slow", "--json", "-")

    assert json.loads(said.out)["comparison_version"] == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "no RUN given"),
        (["base"], "base alone holds nothing to set against each other; name a second run"),
        (["base", "base"], "base/run-1 is named twice"),
        (["base", "nowhere"], "nowhere holds no readable run record"),
        (["base", "empty"], "empty holds no readable run record"),
        (["base", "broken"], "broken/run.jsonl, line 1"),
        (["base", "slow", "--fail-on", "p99"], '--fail-on "p99": it names no figure'),
        (["base", "--fail-on", "p99 +5%"], "name a second run"),
        (["base", "slow", "--threshold", "0.03"], "--threshold 0.03: it is said in per cent above 0, such as 3%"),
        (["base", "slow", "--threshold", "0%"], "said in per cent above 0"),
        (["base", "slow", "--workload", "owlv2.*"], "no run has measured a workload owlv2.*"),
        (["base", "slow", "--price", "base"], "--price base: it is said as SIDE=USD an hour, such as l4=0.80"),
        (["base", "slow", "--price", "base=-1"], "said as SIDE=USD an hour"),
        (["base", "slow", "--price", "l4=1"], "no side is called 'l4'; there are 'base', 'slow'"),
        (["base", "slow", "--json", "nowhere/c.json"], "cannot write nowhere/c.json: No such file or directory"),
        (["base", "slow", "--html", "empty"], "cannot write empty: Is a directory"),
    ],
)
def test_bad_input_gets_one_sentence(assay: Assay, runs: Path, words: list[str], sentence: str) -> None:
    (runs / "empty").mkdir()
    (runs / "broken").mkdir()
    (runs / "broken/run.jsonl").write_text("nonsense\n{}\n")

    said = assay("compare", *words)

    assert said.code == 2
    assert sentence in said.err
    assert len(said.err.splitlines()) == 1


def test_nothing_of_a_record_acts_on_the_screen_or_the_page(assay: Assay, folder: Path) -> None:
    hostile = "\x1b[31m<script>alert(1)</script>\u202e"
    for name in ("a", "b"):
        target = {"url": hostile + name, "name": hostile + name, "hardware": {"gpu": hostile}}
        Bench(folder / name).write(medians(STEADY), outcomes={hostile: "pass" if name == "a" else "fail"},
                                   target=target, targets={"A": target})  # fmt: skip

    said = assay("compare", "a", "b", "--html", "c.html", "--markdown", "c.md", "--fail-on", "newly-failing")

    assert said.code == 6
    assert "\x1b" not in said.out
    assert "\u202e" not in said.out
    for name in ("c.html", "c.md"):
        text = Path(name).read_text("utf-8")
        assert "<script" not in text
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_two_checks_of_one_server_before_and_after_it_broke(
    assay: Assay, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Real runs: the reference deployment as it is, and behind a fault."""
    monkeypatch.setenv("ROBOFLOW_API_KEY", KEY)
    models = [word for task, model in MODELS.items() for word in ("--model", f"{task}={model}")]
    small = ("--examples", "1", "--only", "hosted.image.*", *models)
    with (
        running(create_app(key=KEY)) as server,
        running(create_proxy(server, FAULTS["image-size-one-short"])) as broken,
    ):
        assert assay("check", server, *small, "--out", "base").code == 0
        assert assay("check", broken, *small, "--out", "new").code == 1
        assert assay("check", server, *small, "--operation", "hosted.object-detection", "--out", "less").code == 0

    said = assay("compare", "base", "new", "--fail-on", "newly-failing")

    assert said.code == 6
    assert "hosted.image.size (hosted.object-detection" in said.out
    assert assay("compare", "base", "new", "--fail-on", "newly-untested").code == 0
    assert assay("compare", "new", "base", "--fail-on", "newly-failing").code == 0
    assert assay("compare", "base", "less", "--fail-on", "newly-failing").code == 0
    assert assay("compare", "base", "less", "--fail-on", "newly-untested").code == 6


def test_the_report_of_a_run_with_two_targets_compares_them(assay: Assay, folder: Path) -> None:
    first = medians(STEADY)
    second = [replace(each, target="B") for each in medians([value * 2 for value in STEADY])]
    target = {"url": "http://127.0.0.1:9001"}
    Bench(folder / "run").write([*first, *second], targets={"A": target, "B": target})

    assert assay("report", "run").code == 0

    page = Path("run/report.html").read_text("utf-8")
    assert "B against A" in page
    assert page.count('class="bar worse"') == 2


def test_the_readme_lists_every_command() -> None:
    text = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    listed = set(re.findall(r"^    assay ([\w-]+) ", text, re.MULTILINE))

    assert listed == set(main.commands)
