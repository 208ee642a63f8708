"""What a check came to, in words: on the screen, and in findings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.contract.sentences import count
from assay.golden.rules import ORPHAN
from assay.questions.telling import Sides
from assay.record import Run
from assay.report import terminal, view
from assay.report.scored import scored
from assay.report.text import one_line
from assay.report.tolerances import used

SIDES: Final = Sides("the golden answer", "the answer now", ("golden", "now"))
TIGHTEST: Final = 3


def lines(run: Run, quiet: bool = False, colour: bool = False) -> Iterator[str]:
    """The report in lines, the verdict last."""
    if quiet:
        yield from terminal.closing(run)
        return
    orphans = [outcome["case"] for outcome in run.outcomes if outcome["rule"] == ORPHAN.id]
    if orphans:
        yield f"{count(len(orphans), 'golden answer')} of no question: {one_line(', '.join(orphans), 300)}"
    for use in [each for each in used(run) if each.share > 0][:TIGHTEST]:
        yield f"  {use.name}: {use.told} of it was used, {use.spent}"
    for each in scored(run):
        yield f"  {each.told}"
    for name in ("golden.says-the-same", "golden.is-there"):
        cases = [rule for rule in view.rules(run) if rule.id == name]
        for rule in cases:
            yield f"  {name}: {', '.join(f'{number} {kind}' for kind, number in rule.counts.items())}"
    yield from terminal.closing(run, colour=colour)
