"""Checks in this process: quick, and open to inspection."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from assay.plugin.check import Check
from assay.plugin.options import CheckOptions
from assay.plugin.running import run_check
from assay.record import KEY_VARIABLE, Run, read
from assay.serving import running

from .servers import KEY, reference


@dataclass(frozen=True)
class Checked:
    """A check that is over, its record as read from disk, and what it said meanwhile."""

    check: Check
    run: Run
    said: list[str]

    @property
    def exit_code(self) -> int | None:
        return self.check.exit_code

    @property
    def verdict(self) -> str:
        assert self.run.footer is not None
        return str(self.run.footer["verdict"])

    def outcomes(self, rule: str) -> set[str]:
        return {outcome["outcome"] for outcome in self.run.outcomes if outcome["rule"] == rule}

    @property
    def messages(self) -> str:
        return "\n".join(outcome["message"] for outcome in self.run.outcomes)


Checking = Callable[..., Checked]


def checked(target: str, folder: Path, **options: Any) -> Checked:
    said: list[str] = []
    given = {"examples": 1, "out": folder, **options}
    check = run_check(CheckOptions(target, **given), said.append)
    return Checked(check, read(folder), said)


@pytest.fixture
def checking(tmp_path: Path) -> Checking:
    """Check a target: `checking(url, only=("hosted.*",))`; another run in the same test needs another `out`."""

    def run(target: str, **options: Any) -> Checked:
        options.setdefault("workers", 1)  # tests run side by side already
        return checked(target, options.pop("out", tmp_path / "run"), **options)

    return run


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, KEY)


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    """The reference deployment as a target that is nothing special."""
    with running(reference()) as base:
        yield base


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Checked:
    """One check with every rule, on the embedded deployment."""
    return checked("reference", tmp_path_factory.mktemp("whole") / "run", workers=1)
