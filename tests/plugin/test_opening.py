"""Where a run lands, and that it is there to be read however the run ends."""

from __future__ import annotations

import datetime
import errno
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from assay.errors import Fault, TargetUnreachable, UsageProblem
from assay.plugin import check, opening
from assay.plugin.opening import RUNS, folder_for
from assay.plugin.options import CheckOptions
from assay.plugin.running import run_check
from assay.record import CannotRecord, RecordWriter, read, writing

from .conftest import Checking

OPTIONS = CheckOptions("reference")
REPORTS = {"report.html", "junit.xml", "summary.md", "badge.json", "ctrf.json"}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, in a second that does not pass."""
    monkeypatch.chdir(tmp_path)
    now = datetime.datetime(2025, 1, 2, 3, 4, 5)
    clock = SimpleNamespace(datetime=SimpleNamespace(now=lambda: now))
    monkeypatch.setattr(opening, "datetime", clock)
    return tmp_path


def test_runs_that_begin_in_the_same_second_have_folders_of_their_own(here: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        folders = [folder for folder, _ in pool.map(lambda _: folder_for(OPTIONS), range(16))]

    assert len(set(folders)) == 16
    assert all(folder.is_dir() for folder in folders)
    assert RUNS / "20250102-030405" in folders
    assert RUNS / "20250102-030405-16" in folders


def test_a_run_that_comes_to_nothing_leaves_none(here: Path) -> None:
    with pytest.raises(TargetUnreachable):
        run_check(CheckOptions("http://127.0.0.1:1"), lambda _: None)
    assert not list(here.iterdir())

    (here / RUNS).mkdir()
    with pytest.raises(TargetUnreachable):
        run_check(CheckOptions("http://127.0.0.1:1"), lambda _: None)
    assert list(here.iterdir()) == [here / RUNS]


@pytest.fixture
def left_over() -> Callable[[], set[int]]:
    """The processes that this one has started since, and that go on."""
    before = {each.pid for each in psutil.Process().children()}
    return lambda: {each.pid for each in psutil.Process().children()} - before


def test_an_error_in_the_options_leaves_no_deployment_and_no_folder(
    here: Path, monkeypatch: pytest.MonkeyPatch, left_over: Callable[[], set[int]]
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(here))

    with pytest.raises(UsageProblem, match="no-such"):
        run_check(CheckOptions("reference", only=("no-such.rule",), workers=2), lambda _: None)

    assert left_over() == set()
    assert list(here.iterdir()) == []


def test_a_run_leaves_no_deployment_and_no_folder_but_its_own(
    here: Path, monkeypatch: pytest.MonkeyPatch, left_over: Callable[[], set[int]]
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(here))

    run_check(CheckOptions("reference", only=("hosted.image.size",), workers=2, out=here / "run"), lambda _: None)

    assert left_over() == set()
    assert list(here.iterdir()) == [here / "run"]


def test_a_deployment_that_does_not_start_is_a_fault(
    here: Path, monkeypatch: pytest.MonkeyPatch, left_over: Callable[[], set[int]]
) -> None:
    class Broken:
        @property
        def url(self) -> str:
            raise RuntimeError("the embedded deployment did not start: no memory")

    def started(options: CheckOptions, resources: ExitStack, number: int) -> list[Any]:
        return opening.deployments_for(options, resources, number) if number == 1 else [Broken()] * number

    monkeypatch.setattr(check, "deployments_for", started)

    with pytest.raises(Fault, match="did not start"):
        run_check(CheckOptions("reference", only=("hosted.image.size",), workers=3), lambda _: None)

    assert left_over() == set()


def test_no_folder_can_be_made(here: Path) -> None:
    (here / RUNS).write_text("mine")

    with pytest.raises(UsageProblem, match=r"^cannot write to assay-runs: .*; name another folder with --out$"):
        folder_for(OPTIONS)


def _full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.thorough
@pytest.mark.parametrize("workers", [1, 2])
def test_a_disk_that_is_full_at_the_end_still_leaves_reports(
    checking: Checking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    """The parts that workers wrote need as much room again to become one record; a footer needs some, too."""

    def no_footer(*_: object, **__: object) -> None:
        raise CannotRecord("cannot write to run: No space left on device")

    monkeypatch.setattr(*((writing, "merge", _full) if workers > 1 else (RecordWriter, "footer", no_footer)))

    with pytest.raises(UsageProblem, match="No space left on device; what was measured until then lies in"):
        checking("reference", only=("hosted.image.size",), workers=workers)

    run = read(tmp_path / "run")
    assert run.outcomes
    assert run.footer is None
    assert {path.name for path in (tmp_path / "run").iterdir()} >= REPORTS
    for name in REPORTS:
        assert "interrupted" in (tmp_path / "run" / name).read_text("utf-8")
