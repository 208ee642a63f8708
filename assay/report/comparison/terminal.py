"""A comparison as lines of text, the gates and the exit code last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assay.compare import fingerprints, saying
from assay.compare.beside import NOTHING, Beside, beside
from assay.compare.comparison import Comparison, Pair, Workload
from assay.compare.gates import Judgement, exit_code
from assay.compare.judging import Verdict
from assay.compare.published import Row, rows
from assay.contract.sentences import count, cut
from assay.report.comparison import words
from assay.report.plain import WIDTH
from assay.report.terminal import Paint
from assay.report.text import one_line, wrapped

CHANGES = 12
"""Cases of one kind of change that are named."""
COLOURED = {Verdict.BETTER: "pass", Verdict.WORSE: "fail", Verdict.MIXED: "warn", Verdict.UNDECIDED: "inconclusive"}


def lines(comparison: Comparison, judgements: Sequence[Judgement] = (), *, colour: bool = False) -> Iterator[str]:
    """The comparison in lines of at most 110 columns."""
    paint = Paint(colour)
    for side in comparison.sides:
        runs = count(len(side.runs), "run")
        facts = (side.fingerprint["url"], *fingerprints.about(side.fingerprint), runs)
        yield cut(f"{one_line(side.name, 40)}: {', '.join(one_line(fact, 60) for fact in facts)}", WIDTH)
    for pair in comparison.pairs:
        yield from _pair(pair, comparison.threshold, paint)
    yield from _measured(comparison, paint)
    if comparison.published:
        yield from ("", paint.heading(words.PUBLISHED), *published(beside(comparison)))
    if comparison.invalid:
        yield from ("", paint.heading("Left out, because the measurement is invalid"))
        for each in comparison.invalid:
            yield from wrapped(one_line(each, 400), WIDTH, "  ", "    ")
    yield from _gates(judgements, paint)
    yield ""
    code = exit_code(comparison, judgements)
    yield paint(words.conclusion(code, judgements), "pass" if code == 0 else "fail")


def _pair(pair: Pair, threshold: float, paint: Paint) -> Iterator[str]:
    yield ""
    yield paint.heading(f"{one_line(pair.new.name, 40)} against {one_line(pair.base.name, 40)}")
    yield from wrapped(words.headline(pair), WIDTH, "  ")
    if pair.unlike:
        yield from wrapped(f"they differ in: {words.unlike(pair.unlike)}", WIDTH, "  ", "    ")
    if pair.clients:
        yield from wrapped(f"so do the machines that sent the load: {words.unlike(pair.clients)}", WIDTH, "  ", "    ")
    for note in (*pair.notes, *(each.sentence for each in pair.unpaired)):
        yield from wrapped(f"mind: {one_line(note, 400)}", WIDTH, "  ", "    ")
    if pair.workloads:
        yield from ("", f"  changes with 95 % intervals; up to {100 * threshold:g} % is the same")
    for workload in words.ordered(pair):
        yield from _workload(workload, paint)
    for kind, changes in pair.conformance.changes.items() if pair.conformance else ():
        if changes:
            yield from ("", f"  {paint(kind, 'fail' if 'failing' in kind else 'note')} ({len(changes)})")
        for each in changes[:CHANGES]:
            told = f": {one_line(each.message, 200)}" if each.message else ""
            weight = "" if each.decides else ", decides nothing"
            line = f"{one_line(each.rule, 80)}  {one_line(each.case, 120)}  {each.base} → {each.new}{weight}{told}"
            yield from wrapped(line, WIDTH, "    ", "      ")
        if len(changes) > CHANGES:
            yield f"    and {len(changes) - CHANGES} more"


def _workload(workload: Workload, paint: Paint) -> Iterator[str]:
    verdict = paint(f"{workload.word.upper():<10}", COLOURED.get(workload.verdict, ""))
    yield cut(f"  {verdict} {one_line(workload.thing, 200)}", WIDTH + len(verdict) - 10)
    for each in workload.judged:
        ratio = saying.change(each.difference.ratio) if each.difference else "–"
        values, counted = one_line(saying.from_to(each), 60), words.counted(each)
        yield f"    {one_line(each.figure, 22):<22} {values:<24} {ratio:<26} {each.word:<12} {counted}"
        if lacking := words.lacking(each):
            yield from wrapped(lacking, WIDTH, "      ", "      ")
    if not workload.judged:
        yield "    no figure that both sides validly measured"


def _measured(comparison: Comparison, paint: Paint) -> Iterator[str]:
    found = rows(comparison)
    if not found:
        return
    yield from ("", paint.heading("Measured"))
    things: dict[str, list[Row]] = {}
    for row in found:
        things.setdefault(f"{one_line(row.thing.workload, 80)}, {row.thing.scenario}", []).append(row)
    for thing, of_it in things.items():
        yield f"  {thing}"
        for row in of_it:
            figures = "".join(f", {name} {saying.told(center)} {unit}" for name, center, unit in words.figures(row))
            told = f"{one_line(row.side, 40)}: {one_line(row.sentence, 300)}{figures}; {words.rests(row)}"
            yield from wrapped(told, WIDTH, "    ", "      ")


def published(found: Sequence[Beside]) -> Iterator[str]:
    """Published figures, each below what it stands beside; one sentence where there is none."""
    yield from wrapped(words.UNJUDGED if found else NOTHING, WIDTH, "  ")
    for thing, came, of_it in words.beside(found):
        yield cut(f"  {thing}", WIDTH)
        yield from wrapped(came, WIDTH, "    ", "      ")
        for each in of_it:
            yield from wrapped(f"published: {each.stated}; {each.published.taken.source}", WIDTH, "    ", "      ")
            yield from wrapped(one_line(each.sentence, 1000), WIDTH, "      ", "      ")


def _gates(judgements: Sequence[Judgement], paint: Paint) -> Iterator[str]:
    if not judgements:
        return
    yield from ("", paint.heading("Gates"))
    for each in words.gates(judgements):
        about = ", ".join(one_line(part, 100) for part in (each.side, each.about) if part)
        told = f"{one_line(each.gate, 60)}{': ' if about else ''}{about}: {one_line(each.why, 600)}"
        colour = "pass" if each.state == "held" else "fail" if each.state == "fell short" else "warn"
        first, *rest = wrapped(told, WIDTH - 20, "", "  ")
        yield f"  {paint(f'{each.state:<16}', colour)}  {first}"
        yield from (f"{'':20}{line}" for line in rest)
