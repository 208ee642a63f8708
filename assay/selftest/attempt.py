"""Trying one fault: a check of the server behind it, and what of its outcomes is owed to the fault."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from assay.contract import load
from assay.contract.message import Request, Response
from assay.errors import AssayError, Exit
from assay.faults import Fault
from assay.faults.proxy import Tally, create_proxy
from assay.judge.changes import json_changes
from assay.judge.equal import new_in_each_answer
from assay.plugin.catalogue import catalogue
from assay.plugin.check import ENOUGH, Check
from assay.plugin.concluding import SUITE_BROKE
from assay.plugin.options import CheckOptions
from assay.plugin.running import run_check
from assay.record import Outcome
from assay.selftest.aim import Aim
from assay.serving import running

Place = tuple[str, str]
"""A rule and one of its cases."""
AGAIN = 3
"""Times that a fault is tried that only a rule about time is to notice: another process may compute meanwhile."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a check found behind a fault: the outcomes that are bad, and were not so without it.

    `tried` names the rules of which a case was judged, `crashes` the cases that Assay itself broke at. `ended` is the
    exit code, and `problem` the sentence where there was no verdict.
    """

    bad: tuple[Outcome, ...] = ()
    tried: frozenset[str] = frozenset()
    crashes: tuple[Place, ...] = ()
    ended: int = int(Exit.OK)
    problem: str = ""
    tally: Tally = field(default_factory=Tally)
    seconds: float = 0.0

    @property
    def broken(self) -> tuple[Outcome, ...]:
        """The outcomes that name the fault: a `must` that fails, a `should` that warns."""
        return tuple(outcome for outcome in self.bad if outcome.kind.is_broken)


def attempt(fault: Fault | None, aim: Aim, options: CheckOptions, upstream: str, clean: frozenset[Place]) -> Found:
    """Check the server at `upstream` behind the fault. `clean` are the cases that are bad without it."""
    begun = time.monotonic()

    def is_new(outcome: Outcome) -> bool:
        return outcome.kind.is_bad and (outcome.rule, outcome.case) not in clean

    def enough(outcome: Outcome) -> bool:
        named = not aim.wanted or outcome.rule in aim.wanted
        return fault is not None and outcome.kind.is_broken and named and is_new(outcome)

    app = create_proxy(upstream, fault, alike=says_the_same)
    check, problem, ended = None, "", int(Exit.OK)
    with running(app) as url, _folder() as out:
        asked = replace(
            options,
            target=url,
            operations=aim.operations,
            only=aim.only,
            depth=aim.depth,
            examples=aim.examples,
            out=out,
            quiet=True,
        )
        try:
            check = run_check(asked, lambda _: None, enough=enough, reports=False)
            ended = int(check.exit_code or 0)
        except AssayError as error:
            problem, ended = str(error), int(error.exit_code)
    outcomes = check.outcomes if check else []
    return Found(
        bad=tuple(filter(is_new, outcomes)),
        tried=frozenset(outcome.rule for outcome in outcomes if outcome.kind.has_witness),
        crashes=tuple((each.rule, each.case) for each in outcomes if each.message.startswith(SUITE_BROKE)),
        ended=ended,
        problem=problem or _undecided(check),
        tally=app.state.tally,
        seconds=time.monotonic() - begun,
    )


def tried(fault: Fault, todo: Iterable[Aim], options: CheckOptions, upstream: str, clean: frozenset[Place]) -> Found:
    """What the first check found that noticed the fault; else the last one, with all that they judged."""
    judged: frozenset[str] = frozenset()
    found = Found()
    for aim in todo:
        found = _surely(fault, aim, options, upstream, clean)
        judged |= found.tried
        if found.bad:
            break
    return replace(found, tried=judged)


def says_the_same(request: Request, usual: Response, response: Response) -> bool:
    """Whether two answers differ in nothing but what is new in each."""
    if (usual.status, usual.media_type) != (response.status, response.media_type):
        return False
    if usual.body == response.body:
        return True
    try:
        changes = json_changes(usual.json(), response.json())
    except ValueError:
        return False
    operation = load().operation(request.operation)
    new = frozenset[str]().union(*(new_in_each_answer(operation, mode) for mode in operation.modes))
    return all(change.every_time or change.place.rpartition("/")[2] in new for change in changes)


def _surely(fault: Fault, aim: Aim, options: CheckOptions, upstream: str, clean: frozenset[Place]) -> Found:
    """One attempt; several where it hangs on a rule about time, which comes to nothing on a busy machine.

    A fault that names no such rule is not noticed by one alone, unless it is so twice.
    """
    found = attempt(fault, aim, options, upstream, clean)
    if aim.wanted:
        for _ in range(AGAIN - 1):
            if found.broken or not any(catalogue()[rule].alone for rule in aim.wanted):
                break
            found = attempt(fault, aim, options, upstream, clean)
    elif found.bad and all(catalogue()[outcome.rule].alone for outcome in found.bad if outcome.rule in catalogue()):
        again = attempt(fault, aim, options, upstream, clean)
        both = {(outcome.rule, outcome.case) for outcome in again.bad}
        return replace(found, bad=tuple(each for each in found.bad if (each.rule, each.case) in both))
    return found


def _undecided(check: Check | None) -> str:
    """What ended a check early, where that was not the fault's being noticed."""
    spent = str(check.spent or "") if check else ""
    return "" if spent == ENOUGH else spent


@contextmanager
def _folder() -> Iterator[Path]:
    """A place for a record that nobody reads."""
    with tempfile.TemporaryDirectory(prefix="assay-self-test-", ignore_cleanup_errors=True) as folder:
        yield Path(folder) / "run"
