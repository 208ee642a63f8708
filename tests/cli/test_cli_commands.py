"""What the commands print, and what `assay check` leaves where it was run."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import assay as package
from assay.plugin.catalogue import catalogue
from assay.record import read
from assay.suite import suite_folder

from .conftest import Assay

SMALL = ("check", "reference", "--examples", "1", "--only", "hosted.image.*", "--workers", "1")


def test_check_in_a_terminal_of_its_own(folder: Path) -> None:
    """As a user runs it: the exit code, what is printed, and a folder named by the time."""
    said = subprocess.run(
        [sys.executable, "-m", "assay", *SMALL], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )

    assert (said.returncode, said.stderr) == (0, "")
    lines = said.stdout.splitlines()
    assert lines[0].startswith(f"Assay {package.__version__} checks http://127.0.0.1:")
    assert "  hosted.image.size                              3 pass" in lines
    assert lines[-1] == "passed (1 rule, 3 cases)"
    assert "exit code 0" in lines[-2]
    assert [path.name for path in folder.iterdir()] == ["assay-runs"]
    (run,) = (folder / "assay-runs").iterdir()
    assert f"report: {run.relative_to(folder) / 'report.html'}" in lines
    assert read(run).footer is not None


def test_runs_do_not_overwrite_each_other(assay: Assay, folder: Path) -> None:
    for _ in range(3):
        assert assay(*SMALL).code == 0
    assert len(list((folder / "assay-runs").iterdir())) == 3


def test_the_exit_code_is_the_one_in_the_record(assay: Assay, folder: Path) -> None:
    said = assay(*SMALL, "--out", "run", "--model", "object-detection=figures/1")

    footer = read(folder / "run").footer
    assert footer is not None
    assert said.code == footer["exit_code"]
    assert footer["verdict"] in said.out


def test_rules(assay: Assay) -> None:
    said = assay("rules")

    assert (said.code, said.err) == (0, "")
    for rule in catalogue().values():
        assert f"{rule.id}  [{rule.severity}, {rule.source}, {len(rule.cases)} case" in said.out
        assert rule.requirement in said.out


@pytest.mark.parametrize("rule", sorted(catalogue()))
def test_explain(assay: Assay, rule: str) -> None:
    said = assay("explain", rule)

    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"{rule}\n")
    assert all(f"  {case.id}\n" in said.out for case in catalogue()[rule].cases)


def test_the_folders_of_the_suite_can_be_found(assay: Assay) -> None:
    said = assay("path", "conformance")

    assert (said.code, said.out, said.err) == (0, f"{suite_folder('conformance')}\n", "")
    assert assay("path", "nowhere").code == 2


REPORTS = ("report.html", "junit.xml", "summary.md", "badge.json", "ctrf.json")


def test_explain_names_the_document(assay: Assay) -> None:
    said = assay("explain", "hosted.classes.only-those-asked").out

    assert "severity   must" in said
    assert "document   Keypoint Detection" in said
    assert "https://docs.roboflow.com/" in said
    assert "The document says:" in said


def test_report_renders_again(assay: Assay, folder: Path) -> None:
    assay(*SMALL, "--out", "run")
    before = {name: (folder / "run" / name).read_bytes() for name in REPORTS}
    for name in before:
        (folder / "run" / name).unlink()

    said = assay("report", "run")

    report = str(Path("run") / "report.html")
    assert (said.code, said.out.splitlines(), said.err) == (0, [report, "passed (1 rule, 3 cases)"], "")
    assert {name: (folder / "run" / name).read_bytes() for name in before} == before


def test_report_of_a_record_without_its_artifacts(assay: Assay, folder: Path) -> None:
    """Somebody kept the record alone: what is missing is said to be missing."""
    assay(*SMALL, "--out", "run")
    shutil.rmtree(folder / "run" / "artifacts")

    said = assay("report", "run")

    assert (said.code, said.err) == (0, "")
    assert "passed (1 rule, 3 cases)" in (folder / "run" / "report.html").read_text("utf-8")


def test_a_report_that_cannot_be_written(assay: Assay, folder: Path) -> None:
    assay(*SMALL, "--out", "run")
    (folder / "run" / "report.html").unlink()
    (folder / "run" / "report.html").mkdir()

    said = assay("report", "run")

    assert (said.code, said.out) == (2, "")
    assert said.err == "assay: cannot write the report of the run in run: Is a directory\n"


def test_version_and_help(assay: Assay) -> None:
    assert assay("--version").out.strip() == f"assay, version {package.__version__}"
    for command in ("check", "bench", "serve", "rules", "explain", "report"):
        said = assay(command, "-h")
        assert (said.code, said.err) == (0, "")
        assert said.out.startswith(f"Usage: {Path(sys.argv[0]).name} {command}") or f" {command} " in said.out
