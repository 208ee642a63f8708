"""The reference deployment as the trusted one, and a small bundle of its answers."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from assay.faults import FAULTS
from assay.faults.proxy import create_proxy
from assay.golden.bundle import Bundle
from assay.golden.checking import Checked, check
from assay.golden.options import GoldenOptions, RecordOptions
from assay.golden.recording import Recorded, record
from assay.plugin.options import CheckOptions
from assay.questions.choice import Choice
from assay.record import KEY_VARIABLE
from assay.reference import embedded
from assay.serving import running

Checking = Callable[..., Checked]


def target(url: str, out: Path | None = None) -> CheckOptions:
    return CheckOptions(url, models=embedded.MODELS, out=out)


def recorded(url: str, folder: Path, **options: Any) -> Recorded:
    choice = Choice(**{name: options.pop(name) for name in ("only", "pictures", "generated") if name in options})
    return record(RecordOptions(target(url), folder, choice, options.pop("by", "Ada"), **options), lambda _: None)


@contextmanager
def behind(url: str, fault: str) -> Iterator[str]:
    """The deployment at this URL, behind a fault of the catalogue."""
    with running(create_proxy(url, FAULTS[fault])) as broken:
        yield broken


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, embedded.KEY)


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    """The trusted deployment."""
    with embedded.deployment() as base:
        yield base


@pytest.fixture(scope="session")
def whole(url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of everything that is declared, recorded once; nobody writes into it."""
    folder = tmp_path_factory.mktemp("whole") / "goldens"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEY_VARIABLE, embedded.KEY)
        recorded(url, folder)
    return folder


@pytest.fixture
def bundle(whole: Path, tmp_path: Path) -> Bundle:
    """A copy of it, for whoever changes something."""
    return Bundle(shutil.copytree(whole, tmp_path / "goldens"))


@pytest.fixture
def checking(tmp_path: Path) -> Checking:
    """Check a deployment: `checking(url, folder, only=("sam2.*",))`; a second in one test needs another `out`."""

    def run(url: str, folder: Path, **options: Any) -> Checked:
        out, said = options.pop("out", "run"), options.pop("said", [])
        return check(GoldenOptions(target(url, tmp_path / out), folder, **options), said.append)

    return run
