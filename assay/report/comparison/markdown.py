"""A comparison as Markdown, for the summary of a CI step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assay.compare import saying
from assay.compare.beside import NOTHING, Beside, beside
from assay.compare.comparison import Comparison, Pair
from assay.compare.conformance import Change
from assay.compare.gates import Judgement, exit_code
from assay.report.comparison import words
from assay.report.text import escaped, one_line

ROWS = 60


def text(comparison: Comparison, judgements: Sequence[Judgement] = ()) -> str:
    """The whole of it. Nothing that a target said acts as Markdown or HTML."""
    return "\n".join(_lines(comparison, judgements)) + "\n"


def _lines(comparison: Comparison, judgements: Sequence[Judgement]) -> Iterator[str]:
    code = exit_code(comparison, judgements)
    yield f"## Assay compare: {escaped(words.conclusion(code, judgements))}"
    if judgements:
        yield from _table("Gate", "", "On", "Because")
        for each in words.gates(judgements)[:ROWS]:
            on = ", ".join(part for part in (each.side, each.about) if part)
            yield _row(each.gate, each.state, one_line(on), one_line(each.why, 600))
    for pair in comparison.pairs:
        yield from _pair(pair, comparison.threshold)
    head, *measured = words.measured(comparison)
    if measured:
        yield from ("", "### Measured")
        yield from _table(*head)
        yield from (_row(*line) for line in measured[:ROWS])
    if comparison.published:
        yield from published(beside(comparison))
    if comparison.invalid:
        yield from ("", "Left out, because the measurement is invalid:", "")
        yield from (f"- {escaped(one_line(each, 400))}" for each in comparison.invalid[:ROWS])


def published(found: Sequence[Beside]) -> Iterator[str]:
    """Published figures beside what was measured, as a table; one sentence where there is none."""
    yield from ("", f"### {words.PUBLISHED}", "", escaped(words.UNJUDGED if found else NOTHING))
    if found:
        yield from _table("Measured", "", "Published", "Source", "What differs")
    lines = [
        _row(thing, came, each.stated, each.published.taken.source, one_line(each.sentence, 1000))
        for thing, came, of_it in words.beside(found)
        for each in of_it
    ]
    yield from lines[:ROWS]
    if len(lines) > ROWS:
        yield from ("", f"And {len(lines) - ROWS} more.")


def _pair(pair: Pair, threshold: float) -> Iterator[str]:
    yield from ("", f"### {escaped(one_line(pair.new.name, 80))} against {escaped(one_line(pair.base.name, 80))}", "")
    yield f"{escaped(words.headline(pair))}."
    if pair.unlike:
        yield from ("", f"They differ in: {escaped(words.unlike(pair.unlike))}.")
    for note in (*pair.notes, *(each.sentence for each in pair.unpaired)):
        yield from ("", f"Mind: {escaped(one_line(note, 400))}.")
    yield from _speed(pair, threshold)
    yield from _cases(pair)


def _speed(pair: Pair, threshold: float) -> Iterator[str]:
    if pair.workloads:
        change = f"Change (up to {100 * threshold:g} % is none)"
        yield from _table("Verdict", "Workload", "Figure", "Base → new", change, "n")
    for workload in words.ordered(pair)[:ROWS]:
        thing = one_line(workload.thing, 200)
        for each in workload.judged:
            ratio = saying.change(each.difference.ratio) if each.difference else "–"
            missing = f" ({lacking})" if (lacking := words.lacking(each)) else ""
            verdict, values = f"{each.word}{missing}", one_line(saying.from_to(each), 60)
            yield _row(verdict, thing, each.figure, values, ratio, words.counted(each))
        if not workload.judged:
            yield _row(workload.word, thing, "–", "–", "–", "–")
    if len(pair.workloads) > ROWS:
        yield from ("", f"And {len(pair.workloads) - ROWS} more.")


def _cases(pair: Pair) -> Iterator[str]:
    changes = [(kind, each) for kind, found in _changes(pair) for each in found]
    if changes:
        yield from _table("Change", "Rule", "Case", "Before → now", "Finding")
    for kind, each in changes[:ROWS]:
        became = f"{each.base} → {each.new}"
        yield _row(kind, one_line(each.rule, 120), one_line(each.case, 200), became, one_line(each.message))
    if len(changes) > ROWS:
        yield from ("", f"And {len(changes) - ROWS} more.")


def _changes(pair: Pair) -> list[tuple[str, list[Change]]]:
    return list(pair.conformance.changes.items()) if pair.conformance else []


def _table(*names: str) -> Iterator[str]:
    yield from ("", f"| {' | '.join(map(escaped, names))} |", f"|{'---|' * len(names)}")


def _row(*cells: str) -> str:
    return f"| {' | '.join(map(escaped, map(str, cells)))} |"
