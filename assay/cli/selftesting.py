"""`assay self-test`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from assay.cli.screen import Screen
from assay.cli.voice import say
from assay.contract.sentences import count
from assay.plugin.options import options_from_some
from assay.selftest.choosing import Wish
from assay.selftest.result import Fate
from assay.selftest.running import JSON, SelfTest, run_self_test
from assay.selftest.table import lines, sentence
from assay.target.policy import Policy


def self_test(
    *,
    behind: str | None,
    faults: tuple[str, ...],
    rules: tuple[str, ...],
    named: bool | None,
    unpromised: bool,
    sample: int | None,
    workers: int,
    out: Path | None,
    time_budget: float | None,
    **given: Any,
) -> int:
    """Put each fault before a server, tell which of them the rules notice, and return the exit code."""
    if behind is not None:
        Policy(url=behind)
    options = options_from_some(behind or "reference", given)
    wish = Wish(faults, rules, named is not False, named is not True, unpromised, sample, options.seed)
    test = SelfTest(wish, options, behind, workers, out, time_budget)
    with Screen(quiet=options.quiet) as screen:
        matrix, folder = run_self_test(test, screen.echo, screen.watch)
    if not options.quiet:
        for line in lines(matrix):
            say(line)
    say()
    if matrix.results:
        say(folder / JSON)
    say(sentence(matrix))
    if survivors := matrix.of(Fate.SURVIVED):
        one = f"assay serve --fault '{survivors[0].fault}'"
        say(f"{count(len(survivors), 'fault')} went unnoticed; {one} shows the first of them to any client")
    say(f"exit code {int(matrix.exit_code)}")
    return int(matrix.exit_code)
