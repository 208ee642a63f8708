"""The kill matrix in words: for a terminal, and as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from assay.contract.sentences import count
from assay.selftest.result import Fate, Matrix, Result, counted

MOST_LINES = 40
"""Of one list on a terminal; the files hold all."""
NAMED = "(named)"


def lines(matrix: Matrix) -> Iterator[str]:
    """The matrix as it is printed: by operation, then the survivors, and the rules that noticed nothing."""
    yield ""
    yield from _rows(["", *(str(fate) for fate in Fate)], _by_operation(matrix.results))
    yield from _listed("survived", matrix.of(Fate.SURVIVED), lambda each: f"{each.fault}: {each.sentence}")
    yield from _listed("undecided", matrix.of(Fate.UNDECIDED), lambda each: f"{each.fault}: {each.reason}")
    yield from _listed("named by other rules than it says", [each for each in matrix.results if each.unexpected], _told)
    idle = [f"{rule} (tried on {count(number, 'fault')})" for rule, number in matrix.idle_rules.items()]
    yield from _listed("rules that noticed nothing", idle, str)
    if len(matrix.results) <= MOST_LINES:
        yield from _listed("killed", matrix.of(Fate.KILLED), _told)
    if matrix.left:
        yield f"{count(matrix.left, 'fault was', 'faults were')} not tried"


def sentence(matrix: Matrix) -> str:
    """What it comes to."""
    counts = counted(matrix.results)
    told = ", ".join(f"{counts[fate]:,} {fate}" for fate in Fate if counts[fate])
    return f"{count(len(matrix.results), 'fault')} tried: {told or 'none'}"


def markdown(matrix: Matrix) -> str:
    """All of it: operators against operations, each survivor, the rule that names each fault."""
    parts = [
        "# Faults against rules",
        sentence(matrix) + ".",
        "A cell says how many of the faults that changed an answer were noticed.",
        _grid(matrix.results),
        *_section("Survived", matrix.of(Fate.SURVIVED), lambda each: each.sentence),
        *_section("Undecided", matrix.of(Fate.UNDECIDED), lambda each: each.reason),
        *_section("Survived, and no document promises it", matrix.of(Fate.UNPROMISED), _sentence_and_reason),
        *_section("Changed nothing", matrix.of(Fate.UNCHANGED), lambda each: each.reason),
        "## Rules that noticed nothing",
        "\n".join(f"- `{rule}`, tried on {number}" for rule, number in matrix.idle_rules.items()) or "None.",
        *_section("Killed", matrix.of(Fate.KILLED), lambda each: f"`{each.rule}`" if each.rule else each.reason),
    ]
    return "\n\n".join(parts) + "\n"


def _sentence_and_reason(result: Result) -> str:
    return f"{result.sentence} ({result.reason})"


def _told(result: Result) -> str:
    return f"{result.fault}: {result.rule or result.reason}"


def _groups(results: Iterable[Result]) -> dict[str, list[Result]]:
    """Derived faults by their operation; the named ones, which are often of several, together."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(result.operations[0] if result.operator else NAMED, []).append(result)
    return groups


def _by_operation(results: Sequence[Result]) -> list[list[str]]:
    groups = {**_groups(results), "all": results}
    return [[name, *(f"{number:,}" for number in counted(group).values())] for name, group in groups.items()]


def _rows(head: list[str], rows: list[list[str]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    for row in (head, *rows):
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        yield "  ".join(cells).rstrip()


def _listed(title: str, items: Sequence[object], told: Callable[[Any], str]) -> Iterator[str]:
    if items:
        yield ""
        yield f"{title} ({len(items):,}):"
        yield from (f"  {told(item)}" for item in items[:MOST_LINES])
        if len(items) > MOST_LINES:
            yield f"  and {len(items) - MOST_LINES:,} more"


def _grid(results: Sequence[Result]) -> str:
    groups = _groups(result for result in results if result.operator)
    if not groups:
        return "No fault of the schemas was tried."
    operators = sorted({result.operator for group in groups.values() for result in group})
    rows = [f"| | {' | '.join(groups)} |", f"|---|{'---|' * len(groups)}"]
    for operator in operators:
        cells = [_cell([each for each in group if each.operator == operator]) for group in groups.values()]
        rows.append(f"| {operator} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _cell(results: Sequence[Result]) -> str:
    counts = counted(results)
    altered = counts[Fate.KILLED] + counts[Fate.SURVIVED] + counts[Fate.UNPROMISED]
    return f"{counts[Fate.KILLED]}/{altered}" if altered else ("0" if results else "")


def _section(title: str, results: Sequence[Result], told: Callable[[Any], str]) -> list[str]:
    if not results:
        return []
    rows = "\n".join(f"- `{each.fault}`: {told(each)}" for each in results)
    return [f"## {title} ({len(results):,})", rows]
