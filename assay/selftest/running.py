"""A self-test from the clean run to the matrix."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from assay.contract.sentences import count
from assay.errors import Exit, UsageProblem
from assay.faults import Fault
from assay.plugin.catalogue import catalogue
from assay.plugin.check import Echo
from assay.plugin.opening import folder_for
from assay.plugin.options import CheckOptions
from assay.plugin.quiet import termination_as_interrupt
from assay.record.redaction import KEY_VARIABLE
from assay.reference import embedded
from assay.selftest.aim import Aim, aims
from assay.selftest.attempt import Found, Place, attempt
from assay.selftest.choosing import Wish, chosen
from assay.selftest.progress import Trying
from assay.selftest.result import Fate, Matrix, Result
from assay.selftest.table import markdown
from assay.selftest.workers import Work, results
from assay.target.policy import Policy

JSON, TABLE = "self-test.json", "self-test.md"
LIMIT = 600.0
"""Seconds that one fault may take."""
OFTEN = 20
"""After so many results what is known is written down."""
REMOTE = 1800.0
"""Seconds that a self-test behind another machine's server takes at most, unless the user says otherwise."""


@dataclass(frozen=True, slots=True)
class SelfTest:
    """What a self-test is asked to do. `options` are those of each check; without `behind` it is the reference's."""

    wish: Wish
    options: CheckOptions
    behind: str | None = None
    workers: int = 2
    out: Path | None = None
    time_budget: float | None = None


def run_self_test(test: SelfTest, echo: Echo, watch: Callable[[Trying], None]) -> tuple[Matrix, Path]:
    """Try the faults; the matrix, and the folder with self-test.json. An interrupted one keeps what it has.

    Raises UsageProblem, and TargetUnreachable where the server cannot be checked without any fault.
    """
    faults = _allowed(test, echo)
    folder = _folder(test)
    matrix, trying = Matrix(left=len(faults)), Trying(total=len(faults))
    with ExitStack() as stack:
        try:
            stack.enter_context(termination_as_interrupt())
            upstream = test.behind or stack.enter_context(embedded.deployment())
            watch(trying)
            server = test.behind or "the reference deployment"
            echo(f"{count(len(faults), 'fault')} before {server}; first a run without any")
            clean = _clean(test, faults, upstream, stack)
            _tell_clean(clean, echo)
            trying.doing = "trying the first faults"
            work = Work(_options(test), upstream, _places(clean), test.wish.rules, _key(test))
            for result in results([fault.name for fault in faults], work, test.workers, LIMIT, _in_time(test)):
                _take(result, matrix, trying, echo)
                if len(matrix.results) % OFTEN == 0:
                    write(matrix, folder)
        except KeyboardInterrupt:
            matrix.interrupted = True
        finally:
            if matrix.results:
                write(matrix, folder)
    return matrix, folder


def write(matrix: Matrix, folder: Path) -> None:
    """Write down what is known by now, whole or not at all. Raises UsageProblem."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in ((JSON, json.dumps(as_json(matrix), indent=1) + "\n"), (TABLE, markdown(matrix))):
            fresh = folder / f"{name}.new"
            fresh.write_text(text, encoding="utf-8")
            fresh.replace(folder / name)
    except OSError as error:
        raise UsageProblem(f"cannot write to {folder}: {error.strerror}; name another folder with --out") from None


def as_json(matrix: Matrix) -> dict[str, object]:
    """The document that self-test.schema.json describes."""
    return {
        "interrupted": matrix.interrupted,
        "left": matrix.left,
        "exit_code": int(matrix.exit_code),
        "idle_rules": matrix.idle_rules,
        "faults": [result.as_json() for result in matrix.results],
    }


def _folder(test: SelfTest) -> Path:
    if test.out is not None and (test.out / JSON).exists():
        raise UsageProblem(f"{test.out} holds a self-test already; name another folder with --out")
    return folder_for(replace(test.options, out=test.out))[0]


def _options(test: SelfTest) -> CheckOptions:
    """Those of a check, without the known deviations: what is red without a fault is no news behind one."""
    models = test.options.models if test.behind else {**embedded.MODELS, **test.options.models}
    return replace(test.options, models=models, use_known=False, allow_hostile=_allows_hostile(test))


def _allows_hostile(test: SelfTest) -> bool:
    """The reference deployment stands whatever is sent to it; another server's owner has to say so."""
    return test.behind is None or test.options.allow_hostile


def _allowed(test: SelfTest, echo: Echo) -> list[Fault]:
    """The faults to try, without those that only hostile input shows where none may be sent. Raises UsageProblem."""
    faults = chosen(test.wish)
    if _allows_hostile(test):
        return faults
    shown = [
        fault for fault in faults if not fault.breaks or not all(catalogue()[rule].hostile for rule in fault.breaks)
    ]
    if not shown:
        raise UsageProblem("these faults show only by hostile input, which --allow-hostile allows")
    if len(shown) < len(faults):
        echo(f"{count(len(faults) - len(shown), 'fault')} left out, which only hostile input shows: --allow-hostile")
    return shown


def _key(test: SelfTest) -> str | None:
    return None if test.behind else embedded.KEY


def _clean(test: SelfTest, faults: Sequence[Fault], upstream: str, stack: ExitStack) -> Found:
    """The check without a fault, as deep and as wide as any that will be held against it."""
    stack.enter_context(_environment(_key(test)))
    todo = [aim for fault in faults for aim in aims(fault, test.wish.rules)]
    operations = tuple(sorted({name for aim in todo for name in aim.operations}))
    only = () if any(not aim.only for aim in todo) else tuple(sorted({rule for aim in todo for rule in aim.only}))
    found = attempt(None, Aim(operations, only), _options(test), upstream, frozenset())
    if found.ended == Exit.INTERRUPTED:  # pytest takes Ctrl-C to itself
        raise KeyboardInterrupt
    if found.problem:
        raise UsageProblem(f"without any fault the server cannot be checked: {found.problem}")
    return found


@contextmanager
def _environment(key: str | None) -> Iterator[None]:
    """The key of the reference deployment where a check looks for it; with None the environment stays as it is."""
    before = os.environ.get(KEY_VARIABLE)
    try:
        if key is not None:
            os.environ[KEY_VARIABLE] = key
        yield
    finally:
        if key is not None and before is None:
            os.environ.pop(KEY_VARIABLE, None)
        elif before is not None:
            os.environ[KEY_VARIABLE] = before


def _places(clean: Found) -> frozenset[Place]:
    return frozenset((outcome.rule, outcome.case) for outcome in clean.bad)


def _tell_clean(clean: Found, echo: Echo) -> None:
    told = f"without a fault {count(len(clean.bad), 'case')} {'is' if len(clean.bad) == 1 else 'are'} red or warned"
    echo(f"{told}: that counts for nothing" if clean.bad else "it is clean")


def _in_time(test: SelfTest) -> Callable[[], bool]:
    """Whether the time that is allowed is not over yet."""
    remote = test.behind is not None and not Policy(url=test.behind).loopback
    budget = test.time_budget or (REMOTE if remote else None)
    begun = time.monotonic()
    return lambda: budget is None or time.monotonic() - begun < budget


def _take(result: Result, matrix: Matrix, trying: Trying, echo: Echo) -> None:
    """Keep a result; what is not as it should be is told at once."""
    matrix.results.append(result)
    matrix.left -= 1
    trying.take(result)
    if result.fate in (Fate.SURVIVED, Fate.UNDECIDED):
        echo(f"  {result.fate:10} {result.fault}: {result.reason or result.sentence}")
    for rule, case in result.crashes:
        echo(f"  Assay broke at {rule} / {case} behind {result.fault}: please report it")
    if line := trying.now_and_then():
        echo(line)
