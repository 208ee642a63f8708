"""Completion in a shell, as the documentation says it is set up."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[2] / "docs" / "in-ci-and-containers.md"
COMPLETED = r"""
{setup}
COMP_WORDS=({words}) COMP_CWORD={last}
_assay_completion assay "${{COMP_WORDS[{last}]}}"
printf '%s\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A PATH on which `assay` is."""
    command = tmp_path / "assay"
    command.write_text(f"#!{sys.executable}\nfrom assay.__main__ import run\n\nrun()\n")
    command.chmod(0o755)
    return f"{tmp_path}:{os.environ['PATH']}"


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("assay che", {"check"}),
        ("assay golden a", {"approve"}),
        ("assay check --dep", {"--depth"}),
        ("assay check --depth q", {"quick"}),
        ("assay path conf", {"conformance"}),
    ],
)
def test_bash(path: str, words: str, completed: set[str]) -> None:
    (setup,) = re.findall(r"^\$ (eval .*)$", GUIDE.read_text("utf-8"), re.MULTILINE)
    script = COMPLETED.format(setup=setup, words=words, last=len(words.split()) - 1)
    bash = shutil.which("bash")
    assert bash is not None

    told = subprocess.run([bash, "-c", script], env={"PATH": path}, capture_output=True, text=True, check=False)

    assert (told.stderr, set(told.stdout.split())) == ("", completed)


@pytest.mark.parametrize(
    ("shell", "word"), [("zsh", "compdef _assay_completion assay"), ("fish", "complete --no-files")]
)
def test_other_shells_have_a_script_of_their_own(path: str, shell: str, word: str) -> None:
    variables = {"PATH": path, "_ASSAY_COMPLETE": f"{shell}_source"}
    told = subprocess.run(["assay"], env=variables, capture_output=True, text=True, check=False)

    assert (told.returncode, told.stderr) == (0, "")
    assert word in told.stdout
