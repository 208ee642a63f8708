"""The command line, in this process where that is enough, and as a process of its own where signals count."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from assay.cli import main

from .installing import CHECKOUT, built, installed_in


@dataclass(frozen=True)
class Said:
    """What a command came to."""

    code: int
    out: str
    err: str


Assay = Callable[..., Said]
Process = subprocess.Popen[str]
Starting = Callable[..., Process]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, in which the command is run."""
    place = tmp_path / "here"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ROBOFLOW_API_KEY", raising=False)


@pytest.fixture
def assay(folder: Path, capsys: pytest.CaptureFixture[str]) -> Assay:
    """Run a command in this process: `assay("check", "reference")`."""

    def run(*arguments: str) -> Said:
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        out, err = capsys.readouterr()
        return Said(int(ended.value.code or 0), out, err)

    return run


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Assay's own wheel."""
    return built(CHECKOUT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an environment with it."""
    return installed_in(tmp_path_factory.mktemp("environment"), wheel)


@contextmanager
def started(folder: Path, *arguments: str) -> Iterator[Process]:
    """A command as a process of its own, which is gone afterwards."""
    process = subprocess.Popen(
        [sys.executable, "-m", "assay", *arguments],
        cwd=folder,
        env=dict(os.environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for(process: Process, beginning: str) -> str:
    """The rest of the first line of its output that begins so."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(beginning):
            return line.removeprefix(beginning).strip()
    raise AssertionError(f"it ended and never said {beginning!r}: {process.stderr and process.stderr.read()}")
