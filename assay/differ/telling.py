"""What two deployments came to, in lines for the screen."""

from __future__ import annotations

from collections.abc import Iterator

from assay.contract.sentences import count
from assay.record import Run
from assay.report import terminal
from assay.report.agreement import agreements, asides, moved, neither, one_sided, worst
from assay.report.scored import scored
from assay.report.text import one_line

SHOWN = 6


def lines(run: Run, quiet: bool = False, colour: bool = False) -> Iterator[str]:
    """The report in lines, the verdict last."""
    if not quiet:
        yield from _agreement(run)
        yield from _aside(run)
    yield from terminal.closing(run, colour=colour)


def _agreement(run: Run) -> Iterator[str]:
    found = [each for each in agreements(run) if each.compared]
    width = max((len(f"{each.operation} {each.mode}") for each in found), default=0)
    for each in found:
        within = f", {each.within} within a side's own noise" if each.within else ""
        differ = f", {each.differ} of {each.compared} differ" if each.differ else f", {each.compared} compared"
        yield f"  {f'{each.operation} {each.mode}':{width}}  {each.told}{differ}{within}"
    for one in worst(run)[:SHOWN]:
        yield f"  differs: {one_line(one.question, 200)}: {one.message}"


def _aside(run: Run) -> Iterator[str]:
    for each in scored(run):
        yield f"  {each.told}"
        yield from (f"    {words}" for words in each.unknown)
    for noise in moved(run):
        yield f"  {noise.side} was asked {count(noise.asked, 'question')} twice, and moved in {noise.moved}"
    for side, operations in one_sided(run).items():
        yield f"  only {side} offers {', '.join(operations)}"
    for why, operations in neither(run).items():
        yield f"  not asked: {', '.join(operations)}: {why}"
    times = asides(run)
    if times and not run.header["configuration"]["alone"]:
        furthest = max(times, key=lambda each: each.apart)
        first, second = furthest.milliseconds
        yield f"  latency (told, not judged): furthest apart {furthest.operation}, A {first:.0f} ms, B {second:.0f} ms"
