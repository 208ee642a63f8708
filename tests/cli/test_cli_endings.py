"""However little anybody listens, and whatever breaks in Assay itself: the exit code is the right one, and true."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from assay.cli import checking
from assay.errors import EXIT_ORDER, AssayError, Exit, WireError
from assay.faults import FAULTS
from assay.faults.proxy import create_proxy
from assay.plugin.check import Check
from assay.record import read
from assay.reference.app import create_app
from assay.reference.embedded import KEY
from assay.serving import running

from .conftest import Assay

ASSAY = (sys.executable, "-m", "assay")
SMALL = ("check", "reference", "--only", "hosted.image.*", "--out", "run", "--workers", "1")
WRITTEN = ["artifacts", "badge.json", "ctrf.json", "junit.xml", "report.html", "run.jsonl", "summary.md"]


def shell(folder: Path, command: str, *arguments: str, **environment: str) -> tuple[int, str, str]:
    """What comes of a command of the shell in which `"$@"` is Assay: the code of Assay, stdout and stderr of all."""
    words = ["bash", "-c", f"set -o pipefail; {command}; exit ${{PIPESTATUS[0]}}", "bash", *ASSAY, *arguments]
    told = subprocess.run(
        words, cwd=folder, capture_output=True, text=True, timeout=120, check=False, env={**os.environ, **environment}
    )
    return told.returncode, told.stdout, told.stderr


@pytest.mark.thorough
@pytest.mark.parametrize(
    "command", ['"$@" | head -1', '"$@" | true', '"$@" >/dev/full', '"$@" >&-', '"$@" 2>&1 | true']
)
def test_a_run_that_nobody_listens_to(folder: Path, command: str) -> None:
    code, _, err = shell(folder, command, *SMALL)

    assert (code, err) == (0, "")
    assert sorted(path.name for path in (folder / "run").iterdir()) == WRITTEN
    assert read(folder / "run").footer


def test_it_ends_with_its_own_code(folder: Path) -> None:
    with running(create_app(key=KEY)) as url, running(create_proxy(url, FAULTS["classes-ignored"])) as faulty:
        chosen = ("--only", "hosted.classes.*", "--operation", "hosted.object-detection", "--out", "run")
        code, _, err = shell(folder, '"$@" | true', "check", faulty, *chosen, ROBOFLOW_API_KEY=KEY)

    assert (code, err) == (1, "")
    assert read(folder / "run").footer


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["check", "--help"], ["rules"], ["serve", "--fault=list"]]
)
def test_other_commands_that_nobody_listens_to(folder: Path, arguments: list[str]) -> None:
    assert shell(folder, '"$@" | true', *arguments) == (0, "", "")


def test_a_complaint_that_nobody_hears(folder: Path) -> None:
    assert shell(folder, '"$@" 2>/dev/full', "check", "nonsense")[0] == 2
    assert shell(folder, '"$@" 2>&1 | true')[0] == 2


def test_a_terminal_that_lacks_a_character(folder: Path) -> None:
    words = [sys.executable, "-c", "from assay.cli.voice import say; say('cut…'); say('cut…', err=True)"]
    told = subprocess.run(
        words, cwd=folder, capture_output=True, check=True, env={**os.environ, "PYTHONIOENCODING": "latin-1:strict"}
    )

    assert told.stdout.strip() == told.stderr.strip() == rb"cut\u2026"


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise KeyError("artifact\nand \x1b[31mred")

    monkeypatch.setattr(checking, "options_from", breaks)


def test_a_fault_of_assay_is_told_in_a_sentence(assay: Assay, broken: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ASSAY_TRACEBACK", raising=False)

    said = assay("check", "reference")

    assert (said.code, said.out) == (70, "")
    assert said.err.startswith("assay: this is a fault in Assay: KeyError: ")
    assert said.err.endswith("; please report it\n")
    assert said.err.count("\n") == 1
    assert "\x1b" not in said.err


def test_its_traceback_is_there_for_who_asks(assay: Assay, broken: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_TRACEBACK", "1")

    said = assay("check", "reference")

    assert said.code == 70
    assert "Traceback (most recent call last)" in said.err
    assert said.err.splitlines()[-1].startswith("assay: this is a fault in Assay: ")
    assert "Traceback" not in assay("check", "nonsense", "--out").err, "a mistake of the user's needs none"


@pytest.mark.parametrize("place", ["_announce", "conclude", "_finish", "add_rules"])
def test_a_fault_in_the_middle_of_a_run(
    assay: Assay, folder: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """What was measured is kept, and the sentence says where; a secret in it is not told."""
    monkeypatch.delenv("ASSAY_TRACEBACK", raising=False)

    def breaks(*_: object, **__: object) -> None:
        raise ZeroDivisionError(f"with {KEY}")

    monkeypatch.setattr(Check, place, breaks)

    said = assay(*SMALL)

    assert said.code == 70
    assert said.err == (
        "assay: this is a fault in Assay: ZeroDivisionError: with $ROBOFLOW_API_KEY; please report it; "
        "what was measured until then lies in run\n"
    )
    assert "Traceback" not in said.out
    assert read(folder / "run").footer is None
    assert (folder / "run" / "report.html").exists() == (place != "_finish")


@pytest.mark.thorough
def test_a_fault_in_a_worker(folder: Path) -> None:
    """It breaks there alone: its parent is no shell."""
    (folder / "sitecustomize.py").write_text(
        "import os\n"
        "if os.getppid() != int(os.environ['SHELL_PID']):\n"
        "    import assay.plugin.check as check\n"
        "    def breaks(*_): raise ZeroDivisionError('in a worker')\n"
        "    check.Check.conclude = breaks\n"
    )
    command = 'export SHELL_PID=$$; "$@"'
    code, out, err = shell(folder, command, *SMALL[:-1], "2", PYTHONPATH=str(folder))

    assert code == 70, out + err
    assert err.startswith("assay: this is a fault in Assay: ZeroDivisionError: in a worker; please report it; what was")
    assert err.count("\n") == 1
    assert (folder / "run" / "report.html").exists()


def test_before_anything_was_measured_nothing_is_left(
    assay: Assay, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Check, "_discover", lambda *_: int("nothing"))

    said = assay(*SMALL)

    assert said.code == 70
    assert "lies in" not in said.err
    assert not list(folder.iterdir())


def test_a_rule_module_that_cannot_be_read(assay: Assay, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from assay.plugin import running as module
    from assay.suite import suite_folder

    rules = folder / "conformance"
    rules.mkdir()
    (rules / "pytest.ini").write_text((suite_folder("conformance") / "pytest.ini").read_text())
    (rules / "test_broken.py").write_text("import there_is_no_such_module\n")
    monkeypatch.setattr(module, "suite_folder", lambda _: rules)

    said = assay(*SMALL)

    assert said.code == 70
    assert "No module named 'there_is_no_such_module'" in said.err


def test_no_error_of_ours_counts_as_a_broken_must() -> None:
    assert AssayError.exit_code is Exit.SOFTWARE
    assert WireError("reset", "gone").exit_code is Exit.UNREACHABLE
    assert set(EXIT_ORDER) == set(Exit)


def test_the_readme_lists_every_exit_code() -> None:
    text = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)}

    assert listed == {int(code) for code in Exit}
    assert "ASSAY_TRACEBACK=1" in text
