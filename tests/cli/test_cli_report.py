"""`assay report` of several runs: one page, and one sentence for whatever stands in its way."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.compare.conftest import Bench, medians, several_runs

from .conftest import Assay

STEADY = (20.0, 20.1, 19.9)


@pytest.fixture
def runs(folder: Path) -> Path:
    """Two benchmarks that also judged a rule: `base` kept it, `next` broke it."""
    for name, outcome in (("base", "pass"), ("next", "fail")):
        Bench(folder / name).write(medians(STEADY), outcomes={"a": outcome})
    return folder


def test_several_runs_are_shown_in_one_page_and_nothing_else_is_written(assay: Assay, runs: Path) -> None:
    said = assay("report", "base", "next", "--out", "page.html")

    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[0] == "page.html"
    assert [line.partition(":")[0] for line in said.out.splitlines()[1:]] == ["base", "next"]
    assert {each.name for each in runs.iterdir() if each.suffix} == {"page.html"}
    assert not (runs / "base" / "report.html").exists()


def test_a_comparison_takes_part_by_the_file_that_tells_of_it(assay: Assay, runs: Path) -> None:
    assay("compare", "base", "next", "--fail-on", "newly-failing", "--json", "since.json")

    assert assay("report", "next", "since.json", "--out", "page.html").code == 0

    page = (runs / "page.html").read_text("utf-8")
    assert "Comparison: since" in page
    assert "a gate fell short" in page


def test_one_run_is_written_to_another_place(assay: Assay, runs: Path) -> None:
    assert assay("report", "base", "--out", "page.html").code == 0

    assert "reports in one" not in (runs / "page.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["base", "next"], "say in which file to show 2 runs, such as --out report.html"),
        (["base", "./base", "--out", "p.html"], "base is named twice; name each run once"),
        (["base", "gone", "--out", "p.html"], "gone is not there; give the folder of a run, or what `assay compare"),
        (["base", "empty", "--out", "p.html"], "empty holds no readable run record: there is no run.jsonl in it"),
        (["base", "torn", "--out", "p.html"], "torn/run.jsonl"),
        (["base", "next", "--out", "empty"], "--out empty is a folder; name a file, such as empty/report.html"),
        (["base", "next", "--out", "none/p.html"], "cannot write none/p.html: No such file or directory"),
        (["base", "other.json", "--out", "p.html"], "other.json is no comparison that `assay compare --json` wrote"),
        (["base", "lost.json", "--out", "p.html"], "lost.json is drawn from its records again, and cannot be: "),
        (["base", "past.json", "--out", "p.html"], "past.json does not say what was asked: an older Assay wrote it"),
        (["base", "none.json", "--out", "p.html"], "none.json is no comparison that `assay compare --json` wrote"),
        (
            ["base", "next", "--out", "next/run.jsonl"],
            "--out next/run.jsonl is there and is no page; name another",
        ),
        (["base/run.jsonl", "--out", "p.html"], "base/run.jsonl is the record of a run; give its folder, base"),
        (["base/run.jsonl"], "base/run.jsonl is the record of a run; give its folder, base"),
    ],
)
def test_what_cannot_be_shown_is_said_in_one_sentence(words: list[str], says: str, assay: Assay, runs: Path) -> None:
    (runs / "empty").mkdir()
    (runs / "torn").mkdir()
    (runs / "torn" / "run.jsonl").write_text("no\nrecord\n", "utf-8")
    (runs / "other.json").write_text("[]", "utf-8")
    assay("compare", "base", "next", "--json", "lost.json")
    lost = (runs / "lost.json").read_text("utf-8")
    (runs / "lost.json").write_text(lost.replace('"next"', '"gone"'), "utf-8")
    (runs / "past.json").write_text(json.dumps({**json.loads(lost), "asked": None}), "utf-8")
    without = {**json.loads(lost)["asked"], "runs": [], "records": []}
    (runs / "none.json").write_text(json.dumps({**json.loads(lost), "asked": without}), "utf-8")
    records = {each: (runs / each / "run.jsonl").read_bytes() for each in ("base", "next")}

    said = assay("report", *words)

    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("assay: ")
    assert says in said.err
    assert said.err.count("\n") == 1
    assert not (runs / "p.html").exists()
    assert {each: (runs / each / "run.jsonl").read_bytes() for each in ("base", "next")} == records


def test_a_comparison_is_not_drawn_from_other_runs_than_those_it_was_made_of(assay: Assay, runs: Path) -> None:
    assay("compare", "base", "next", "--json", "since.json")
    shutil.rmtree(runs / "next")
    Bench(runs / "next").write(medians(STEADY), outcomes={"a": "pass"})

    said = assay("report", "base", "since.json", "--out", "page.html")

    assert said.code == 2
    assert "next is another run than the one that was compared" in said.err


def test_a_comparison_of_folders_of_runs_is_not_drawn_from_others(assay: Assay, runs: Path) -> None:
    for side in ("before", "after"):
        several_runs(runs / side, medians(STEADY))
    assert assay("compare", "before", "after", "--json", "since.json").code == 0
    shutil.rmtree(runs / "after" / "run-1")

    said = assay("report", "base", "since.json", "--out", "page.html")

    assert said.code == 2
    assert "after is another run than the one that was compared" in said.err


def test_a_page_is_written_over_a_page_through_a_link_and_into_a_pipe(assay: Assay, runs: Path) -> None:
    (runs / "link.html").symlink_to("real.html")

    assert assay("report", "base", "next", "--out", "link.html").code == 0
    assert assay("report", "next", "base", "--out", "link.html").code == 0
    assert assay("report", "next", "base", "--out", "/dev/null").code == 0

    assert (runs / "link.html").is_symlink()
    assert (runs / "real.html").read_text("utf-8").startswith("<!doctype html>")
    assert Path("/dev/null").is_char_device()
