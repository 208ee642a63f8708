"""The words that all reports of a comparison share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final

from assay.compare.beside import Beside
from assay.compare.comparison import Comparison, Pair, Workload
from assay.compare.conformance import Change, Conformance
from assay.compare.figures import COST, ENERGY
from assay.compare.fingerprints import Unlike
from assay.compare.gates import MEANING, Judgement, State
from assay.compare.judging import Center, Judged, Verdict
from assay.compare.published import FIRST_ANSWER, SHOWN, Row, rows
from assay.compare.saying import told
from assay.contract.sentences import count
from assay.errors import Exit
from assay.report.text import one_line, spelled

WORST_FIRST: Final = (Verdict.WORSE, Verdict.MIXED, Verdict.UNDECIDED, Verdict.BETTER, Verdict.SAME)
GATES_FIRST: Final = (State.SHORT, State.INVALID, State.NOTHING, State.UNDECIDED, State.HELD)
FIGURES: Final = ("inf/s", "p50, ms", "p99, ms", "first answer p50, ms", "J each", "USD per 1,000")
"""The speed of a row and its figures SHOWN, as the head of a table names them."""
NONE: Final = "–"
PUBLISHED: Final = "Published figures beside what was measured"
UNJUDGED: Final = "What documents print, and in what it was taken otherwise. Neither is judged by the other."


def ordered(pair: Pair) -> list[Workload]:
    """The workloads, those first that a reader should see first."""
    return sorted(pair.workloads, key=lambda each: WORST_FIRST.index(each.verdict))


def headline(pair: Pair) -> str:
    """`after against before: 1 slower, 3 same; 2 cases newly failing`."""
    tally: dict[str, int] = {}
    for each in ordered(pair):
        tally[each.word] = tally.get(each.word, 0) + 1
    words = ", ".join(f"{of_it} {one_line(word, 40)}" for word, of_it in tally.items())
    cases = [f"{count(len(changes), 'case')} {kind}" for kind, changes in _changes(pair.conformance) if changes]
    if pair.conformance is not None and not cases:
        cases = [f"no change in {count(pair.conformance.cases, 'case')}"]
    nothing = "nothing that both sides measured" if not words and pair.conformance is None else ""
    return "; ".join(part for part in (words, ", ".join(cases), nothing) if part)


def _changes(found: Conformance | None) -> Iterable[tuple[str, list[Change]]]:
    return found.changes.items() if found else ()


def counted(judged: Judged) -> str:
    """`5 v 5 repetitions`."""
    return f"{judged.base.n} v {judged.new.n} {judged.counted}s"


def lacking(judged: Judged) -> str:
    """Why a figure is undecided, and what would decide it; empty where it is not."""
    if judged.verdict is not Verdict.UNDECIDED:
        return ""
    more = f"; about {count(judged.more, 'more ' + judged.lacks)} a side would decide" if judged.more else ""
    return f"{judged.because}{more}"


def unlike(facts: Sequence[Unlike]) -> str:
    """`version 1.8.2 → 1.8.3, hardware.gpu NVIDIA L4 → NVIDIA H100`."""
    return ", ".join(f"{one_line(each.name, 60)} {_fact(each.base)} → {_fact(each.new)}" for each in facts)


def _fact(value: object) -> str:
    return one_line(value, 80) if isinstance(value, str) else spelled(value, 80)


def measured(comparison: Comparison) -> list[tuple[str, ...]]:
    """What each side measured, as a table: first its head, then row by row. Columns without any figure are left out."""
    head = ("side", "workload", "load", *FIGURES, "rests on", "taken on")
    table = [head, *(_cells(row) for row in rows(comparison))]
    used = [column for column in range(len(head)) if any(line[column] != NONE for line in table[1:])]
    return [tuple(line[column] for column in used) for line in table]


def _cells(row: Row) -> tuple[str, ...]:
    centers = [row.speed, *(row.figures.get(name) for name in SHOWN)]
    figures = [told(center) if center else NONE for center in centers]
    warm = ", after warm-up" if row.thing.warmed_up else ""
    load = f"{row.thing.scenario}, {one_line(row.thing.load, 80)}, batch {row.thing.batch}{warm}"
    rest = f"{count(row.repetitions, row.counted)}, {rests(row)}"
    taken_on = ", ".join(one_line(each, 80) for each in (row.hardware, row.software, row.model) if each) or "not told"
    return (one_line(row.side, 80), one_line(row.thing.workload, 80), load, *figures, rest, taken_on)


def figures(row: Row) -> list[tuple[str, Center, str]]:
    """The figures of a row beside its speed: name, value and unit."""
    units = {"response.p50": "ms", "response.p99": "ms", FIRST_ANSWER: "ms", ENERGY: "J", COST: "USD"}
    return [(name.removeprefix("response."), row.figures[name], units[name]) for name in SHOWN if name in row.figures]


def rests(row: Row) -> str:
    """`7,500 requests, 2 failed, ±0.1 ms`."""
    parts = [count(row.requests, "request")]
    parts += [f"{row.failed:,} failed"] if row.failed else []
    parts += [f"{row.invalid} invalid"] if row.invalid else []
    parts += [f"±{row.error_ms:.2g} ms"] if row.error_ms is not None else []
    return ", ".join(parts)


def beside(found: Iterable[Beside]) -> list[tuple[str, str, list[Beside]]]:
    """Published figures by what they stand beside: what was measured, what came of it, and the figures."""
    grouped: list[tuple[str, str, list[Beside]]] = []
    for (thing, came), of_it in groupby(found, key=lambda each: (_thing(each), _came(each))):
        grouped.append((thing, came, list(of_it)))
    return grouped


def _thing(each: Beside) -> str:
    return f"{one_line(each.thing, 200)}, batch {each.thing.batch}"


def _came(each: Beside) -> str:
    machine = ", ".join(part for part in (each.hardware or "a machine that is not told", each.software) if part)
    return one_line(f"{each.side}, measured: {each.measured}; {each.model} on {machine}", 400)


def gates(judgements: Sequence[Judgement]) -> list[Judgement]:
    """The gates, those first that decide."""
    return sorted(judgements, key=lambda each: GATES_FIRST.index(each.state))


def conclusion(code: Exit, judgements: Sequence[Judgement]) -> str:
    """The last line: the exit code and what it means."""
    held = ": every gate held" if code is Exit.OK and judgements else f": {MEANING[code]}"
    return f"exit code {int(code)}{held}"
