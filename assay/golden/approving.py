"""Approving: what came in a check is taken over into the bundle, one by one or all, and by somebody with a name."""

from __future__ import annotations

import datetime
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from assay.contract.sentences import count
from assay.errors import UsageProblem
from assay.golden.asking import CANDIDATES
from assay.golden.bundle import Bundle
from assay.golden.checking import COMMAND
from assay.golden.options import account
from assay.questions.question import matches
from assay.record import Run, read

NAMED: Final = 5


def approve(
    folder: Path, *, cases: tuple[str, ...], everything: bool, by: str | None = None, bundle: Path | None = None
) -> Iterator[str]:
    """Take over what came to the questions that match `cases`, or to all; tells of each, and of what was done.

    Raises UsageProblem where the run is no check, where nothing came that could be approved, and where a golden answer
    is another one since: what would be overwritten then was never compared.
    """
    run = read(folder)
    if run.header["configuration"].get("command") != COMMAND:
        raise UsageProblem(f"the run in {folder} is no check of golden answers, so there is nothing to approve")
    if bool(cases) == everything:
        raise UsageProblem("say what is approved: --case PATTERN, such as 'sam2.*', or --all")
    candidates = _candidates(run)
    chosen = [name for name in candidates.identifiers() if matches(name, cases)]
    if not chosen:
        raise UsageProblem(f"nothing came for {', '.join(cases)}; {_offered(candidates)}")
    goldens = Bundle(bundle or Path(run.header["configuration"]["bundle"]))
    if changed := [name for name in chosen if _is_another(run, goldens, candidates, name)]:
        raise UsageProblem(
            f"{', '.join(changed[:NAMED])}{' and others' if len(changed) > NAMED else ''}: the golden answer in "
            f"{goldens.folder} is another one than {folder} was compared with; check again, and approve that"
        )
    return _taken(run, candidates, goldens, chosen, by or account())


def _is_another(run: Run, goldens: Bundle, candidates: Bundle, name: str) -> bool:
    """Whether a golden answer is neither the one that was compared nor the one that came, as far as that is known."""
    if name not in goldens:
        return False
    now = goldens.read(name).answer.body
    if now == candidates.read(name).answer.body:
        return False
    compared = run.comparisons.get(name)
    if compared is None:  # there was none, and what came was kept
        return True
    kept = compared["first"]["body"] or {}
    return "artifact" in kept and "withheld" not in kept and run.artifact(kept["artifact"]) != now


def _candidates(run: Run) -> Bundle:
    place = run.folder / CANDIDATES
    if not place.is_dir():
        raise UsageProblem(f"in {run.folder} nothing came that differs from the golden answers, or is missing there")
    return Bundle(place)


def _taken(run: Run, candidates: Bundle, goldens: Bundle, chosen: list[str], by: str) -> Iterator[str]:
    changed = []
    for name in chosen:
        done = goldens.take(name, candidates)
        changed += [name] if done != "same" else []
        yield f"{done:8} {name}"
    if changed:
        goldens.about.approved.append(
            {
                "date": datetime.date.today().isoformat(),
                "by": by,
                "server": " ".join(str(value) for value in candidates.about.server.values()),
                "cases": changed,
            }
        )
        goldens.save()
    left = len(candidates.identifiers()) - len(chosen)
    yield f"{count(len(changed), 'golden answer')} taken over into {goldens.folder}" + (
        f", {left} left" if left else ""
    )
    yield f"see what changed: git diff -- {shlex.quote(str(goldens.folder))}"


def _offered(candidates: Bundle) -> str:
    names = candidates.identifiers()
    return f"something came for {', '.join(names[:NAMED])}{' and others' if len(names) > NAMED else ''}"
