"""The reference deployment, and the same behind a fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assay.differ.options import DiffOptions
from assay.differ.running import Compared, diff
from assay.faults import FAULTS
from assay.faults.proxy import create_proxy
from assay.plugin.options import CheckOptions
from assay.questions.choice import Choice
from assay.record import KEY_VARIABLE, Run
from assay.reference import embedded
from assay.serving import running

Diffing = Callable[..., Compared]


def target(url: str, **options: Any) -> CheckOptions:
    return CheckOptions(url, models=embedded.MODELS, **options)


@contextmanager
def behind(url: str, fault: str) -> Iterator[str]:
    """The deployment at this URL, behind a fault of the catalogue."""
    with running(create_proxy(url, FAULTS[fault])) as broken:
        yield broken


def outcomes(run: Run, rule: str = "diff.says-the-same") -> dict[str, str]:
    """What became of each question."""
    return {each["case"]: each["outcome"] for each in run.outcomes if each["rule"] == rule}


def sentence(run: Run) -> str:
    assert run.footer is not None
    return str(run.footer["verdict"])


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, embedded.KEY)


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    """A sound deployment."""
    with embedded.deployment() as base:
        yield base


@pytest.fixture(scope="session")
def twin() -> Iterator[str]:
    """Another one, which says the same."""
    with embedded.deployment() as base:
        yield base


@pytest.fixture
def diffing(tmp_path: Path) -> Diffing:
    """Compare two deployments: `diffing(url, twin, only=("sam2.*",))`; a second in one test needs another `out`."""

    def run(first: str | CheckOptions, second: str | CheckOptions, **options: Any) -> Compared:
        out, said = tmp_path / options.pop("out", "run"), options.pop("said", [])
        sides = [replace(target(each) if isinstance(each, str) else each, out=out) for each in (first, second)]
        names = ("only", "pictures", "generated", "seed", "dataset")
        choice = Choice(**{name: options.pop(name) for name in names if name in options})
        return diff(DiffOptions(sides[0], sides[1], choice, **options), said.append)

    return run
