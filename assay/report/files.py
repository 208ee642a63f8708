"""The files of a run's folder that people and gates read, rendered from its record."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from assay.errors import UsageProblem
from assay.record import Run, read
from assay.report import badge, ctrf, html, junit, summary

HTML: Final = "report.html"
_RENDERED: Final[tuple[tuple[str, Callable[[Run, Path], None]], ...]] = (
    ("junit.xml", junit.write),  # what a gate reads comes first, should the disk be nearly full
    ("summary.md", summary.write),
    ("badge.json", badge.write),
    ("ctrf.json", ctrf.write),
    (HTML, html.write),
)


def write_reports(folder: Path) -> Run:
    """Render the record in a folder, and return it.

    Raises InvalidRecord, and UsageProblem where a file cannot be written; the others are written all the same. Each is
    whole, or as it was before: half a verdict is read as none, or as another.
    """
    run = read(folder)
    failed: OSError | None = None
    for name, write in _RENDERED:
        try:
            write_whole(partial(write, run), folder / name)
        except OSError as error:
            failed = failed or error
    if failed is not None:
        raise UsageProblem(f"cannot write the report of the run in {folder}: {failed.strerror}")
    return run


def write_whole(write: Callable[[Path], object], path: Path) -> None:
    """Have a file written: it is whole then, or as it was before. Raises OSError."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write(unfinished)
        unfinished.replace(path)
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
