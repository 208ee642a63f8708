"""summary.md: the verdict for the summary of a CI step, short enough to be read there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from assay.compare.beside import beside
from assay.compare.comparison import compare_sides
from assay.compare.sides import sides_of
from assay.contract.sentences import count, tally
from assay.record import OutcomeKind, Run
from assay.report import agreement, measured, scored, view
from assay.report.comparison import markdown
from assay.report.text import escaped, one_line
from assay.report.verdict import WORST_FIRST, counted
from assay.report.view import Group, RuleView, word

ROWS = 60


def write(run: Run, path: Path) -> None:
    """Write the summary of a run as Markdown."""
    path.write_text(text(run), encoding="utf-8")


def text(run: Run) -> str:
    """The summary of a run as Markdown."""
    return "\n".join(_lines(run)) + "\n"


def _code(text: str) -> str:
    """Text in the typeface of code; entities are not read between backticks, but they are in this tag."""
    return f"<code>{escaped(text)}</code>"


def _lines(run: Run) -> Iterator[str]:
    target = run.header["target"]
    named = " ".join(one_line(target[name], 60) for name in ("name", "version", "engine") if target.get(name))
    yield f"## Assay: {escaped(view.sentence(run))}"
    yield ""
    code = view.exit_code(run)
    ended = f"Exit code {code}" if code is not None else "No exit code"
    yield f"{ended}: {view.exit_meaning(run)}."
    yield ""
    about = f" ({escaped(named)})" if named else ""
    depth = f", depth {view.depth(run)}" if view.depth(run) else ""
    others = _second(run) if view.is_diff(run) else ""
    yield f"Target {_code(one_line(target['url'], 200))}{about}{others}, seed {run.header['seed']}{depth}."
    yield ""
    if run.measurements:
        yield from _measured(run)
    if run.omissions:
        yield from _omitted(run)
    if view.is_benchmark(run):
        return
    if view.is_diff(run):
        yield from _agreement(run)
    if run.scores:
        yield from _scored(run)
    counts = counted(run.outcomes)
    yield "Cases: " + (tally(counts) or view.NONE_YET) + "."
    yield from _table(view.rules(run))
    yield from _inconclusive(view.rules(run))


def _second(run: Run) -> str:
    """The deployment that the first was compared with."""
    if run.header["configuration"].get("alone"):
        return ", held against itself"
    *_, other = run.header["targets"].values()
    named = " ".join(one_line(other[name], 60) for name in ("name", "version", "engine") if other.get(name))
    return f" and {_code(one_line(other['url'], 200))}{f' ({escaped(named)})' if named else ''}"


def _agreement(run: Run) -> Iterator[str]:
    """How often two deployments agree, by operation and form of the answer, and how much each moves by itself."""
    yield "| Operation | Answer | Agreement (95 %) | Compared | Within noise | Differ |"
    yield "|---|---|---|---:|---:|---:|"
    for each in agreement.agreements(run)[:ROWS]:
        counts = map(str, (each.compared, each.within, each.differ))
        yield f"| {' | '.join([_code(each.operation), escaped(each.mode), each.told, *counts])} |"
    yield ""
    for noise in agreement.moved(run):
        yield f"- {noise.side} was asked {count(noise.asked, 'question')} twice, and moved in {noise.moved or 'none'}."
    for side, operations in agreement.one_sided(run).items():
        yield f"- Only {side} offers {', '.join(map(_code, operations))}."
    for why, operations in agreement.neither(run).items():
        yield f"- Not asked: {', '.join(map(_code, operations))}: {escaped(why)}."
    yield ""


def _scored(run: Run) -> Iterator[str]:
    """Average precision against annotated pictures."""
    found = scored.scored(run)
    yield f"| Operation | Scored | Pictures | mAP, {' | mAP, '.join(map(escaped, found[0].sides))} | Change |"
    yield "|---|---|---:|---:|---:|---:|"
    for each in found:
        figures = map(scored.percent, (each.whole.first, each.whole.second))
        words = (_code(each.operation), each.truth, str(each.pictures), *figures, each.whole.change)
        yield f"| {' | '.join(words)} |"
    yield ""


def _measured(run: Run) -> Iterator[str]:
    names = " | ".join(measured.SHOWN)
    yield f"| Workload | Target | Load | 1/s | {names} | Requests | Failed | Valid |"
    yield f"|---|---|---|---:|{'---:|' * len(measured.SHOWN)}---:|---:|---|"
    found = measured.of(run)
    for each in found[:ROWS]:
        cells = [
            _code(one_line(each.workload, 120)),
            escaped(one_line(each.target, 120)),
            escaped(", ".join(filter(None, [measured.load(each), measured.offered(each)]))),
            *(escaped(told) for told in measured.values(each)),
            f"{each.requests:,}",
            f"{measured.failed(each):,}",
            "yes" if each.valid else "no",
        ]
        yield f"| {' | '.join(cells)} |"
    if len(found) > ROWS:
        yield from ("", f"And {len(found) - ROWS} more: see report.html.")
    reasons = measured.reasons(found)
    if reasons:
        yield from ("", "Invalid, because:", "")
        yield from (f"- {escaped(one_line(reason, 300))} ({count(times, 'measurement')})" for reason, times in reasons)
    if measured.beside_published(run):
        yield from markdown.published(beside(compare_sides(sides_of(run))))
    yield ""


def _omitted(run: Run) -> Iterator[str]:
    yield from ("Not measured:", "")
    for each in run.omissions[:ROWS]:
        where, because = escaped(one_line(each["target"], 120)), escaped(one_line(each["because"], 200))
        yield f"- {_code(one_line(each['workload'], 120))} on {where}: {because}"
    if len(run.omissions) > ROWS:
        yield f"- and {len(run.omissions) - ROWS} more: see report.html"
    yield ""


def _table(rules: list[RuleView]) -> Iterator[str]:
    rows = [
        (rule, [group for group in rule.groups if group.kind is kind])
        for rule in rules
        for kind in WORST_FIRST
        if (kind.is_bad or kind.is_listed) and any(group.kind is kind for group in rule.groups)
    ]
    if not rows:
        return
    yield from ("", "| Outcome | Rule | Severity | Cases | First finding |", "|---|---|---|---:|---|")
    for rule, groups in rows[:ROWS]:
        cases = sum(len(group.outcomes) for group in groups)
        cells = [
            word(groups[0].kind),
            _code(one_line(rule.id, 120)),
            rule.severity,
            str(cases),
            _first(groups[0]),
        ]
        yield f"| {' | '.join(cells)} |"
    if len(rows) > ROWS:
        yield from ("", f"And {len(rows) - ROWS} more: see report.html.")


def _first(group: Group) -> str:
    """The first finding of a group, and why it is known where it is."""
    message = escaped(view.first_message(group.first))
    known = group.first["known"]
    return f"{message} (listed: {escaped(one_line(known['reason']))})" if known else message


def _inconclusive(rules: list[RuleView]) -> Iterator[str]:
    groups = [(rule, group) for rule in rules for group in rule.groups if group.kind is OutcomeKind.INCONCLUSIVE]
    if not groups:
        return
    yield from ("", "Inconclusive, and what is missing:", "")
    for rule, group in groups[:ROWS]:
        missing = escaped(view.first_message(group.first)) or "not stated"
        yield f"- {_code(one_line(rule.id, 120))}, {count(len(group.outcomes), 'case')}: {missing}"
