"""The files of a folder are written whole or not at all, and one that cannot be written takes no other with it."""

from __future__ import annotations

import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from assay.errors import UsageProblem
from assay.record import Run
from assay.report.files import write_reports

from .conftest import RunBuilder

ROOM = 4096
"""bytes that a file may have: enough for a badge, and for no report."""


@contextmanager
def no_room() -> Iterator[None]:
    """A file ends at ROOM bytes, as on a disk that is full by then."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


@pytest.fixture
def run(builder: Callable[..., RunBuilder]) -> Run:
    """A run whose larger reports have no room."""
    made = builder()
    for number in range(20):
        made.outcome("a.rule", "fail", f"case {number}", message=f"wrong in its own way, the {number}th")
    return made.finish()


def test_what_has_no_room_is_not_there_in_half(run: Run) -> None:
    with no_room(), pytest.raises(UsageProblem, match=r"cannot write the report of the run in .*: File too large"):
        write_reports(run.folder)

    assert {path.name for path in run.folder.iterdir()} == {"artifacts", "run.jsonl", "summary.md", "badge.json"}


def test_what_was_there_before_stays(run: Run) -> None:
    write_reports(run.folder)
    before = {path.name: path.read_bytes() for path in run.folder.iterdir() if path.is_file()}

    with no_room(), pytest.raises(UsageProblem):
        write_reports(run.folder)

    assert {path.name: path.read_bytes() for path in run.folder.iterdir() if path.is_file()} == before
