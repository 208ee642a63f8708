"""`assay report`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from assay.cli.voice import say
from assay.compare.asked import compared_again
from assay.compare.sides import RECORD
from assay.contract.sentences import count
from assay.errors import Exit, UsageProblem
from assay.record import Run, read
from assay.report import html, joined, view
from assay.report.files import HTML, write_reports, write_whole
from assay.report.joined import Compared


def report_on(given: Sequence[Path], out: Path | None) -> int:
    """Render one run again, or several as one page, and return the exit code. Raises UsageProblem."""
    _refuse_twice(given)
    if out is None:
        return _again(given)
    found = [_found(path) for path in given]
    alone = found[0] if len(found) == 1 else None
    _write(out, html.render(alone) if isinstance(alone, Run) else joined.render(found))
    say(out)
    for each in found:
        if isinstance(each, Run):
            say(f"{each.folder}: {view.sentence(each)}")
    return Exit.OK


def _again(given: Sequence[Path]) -> int:
    """One run: all its files, in its folder."""
    if given[0].name == RECORD:
        raise _no_folder(given[0])
    if len(given) > 1 or given[0].is_file():
        told = count(len(given), "run") if len(given) > 1 else "a comparison"
        raise UsageProblem(f"say in which file to show {told}, such as --out {HTML}")
    run = write_reports(given[0])
    say(given[0] / HTML)
    say(view.sentence(run))
    if going_on := view.going_on(run):
        say(going_on)
    return Exit.OK


def _found(path: Path) -> Run | Compared:
    """A run by its folder, or a comparison by its file."""
    if path.is_dir():
        return read(path)
    if not path.exists():
        raise UsageProblem(f"{path} is not there; give the folder of a run, or what `assay compare --json` wrote")
    if path.name == RECORD:
        raise _no_folder(path)
    return Compared(path.stem, *compared_again(path))


def _no_folder(record: Path) -> UsageProblem:
    return UsageProblem(f"{record} is the record of a run; give its folder, {record.parent}")


def _refuse_twice(given: Sequence[Path]) -> None:
    seen: dict[str, Path] = {}
    for path in given:
        other = seen.setdefault(os.path.realpath(path), path)
        if other is not path:
            raise UsageProblem(f"{path} is named twice; name each run once")


def _write(out: Path, page: str) -> None:
    """Through links, and into pipes; in the place of another page, and of nothing else."""
    if out.is_dir():
        raise UsageProblem(f"--out {out} is a folder; name a file, such as {out / HTML}")
    try:
        if out.is_file() and not _is_page(out):
            raise UsageProblem(f"--out {out} is there and is no page; name another file, such as {HTML}")
        if out.exists() and not out.is_file():
            out.write_text(page, encoding="utf-8")
        else:
            write_whole(lambda path: path.write_text(page, encoding="utf-8"), out.resolve())
    except OSError as error:
        raise UsageProblem(f"cannot write {out}: {error.strerror}") from None


def _is_page(path: Path) -> bool:
    """Whether a file is HTML, or empty, so that nothing is lost with it."""
    with path.open("rb") as file:
        begin = file.read(64).strip().lower()
    return not begin or begin.startswith((b"<!doctype html", b"<html"))
