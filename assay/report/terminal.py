"""The report of a run as lines of text: readable in a CI log, and never longer than the problems it tells of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from assay.contract.sentences import count, cut, tally
from assay.record import OutcomeKind, Run
from assay.report import view
from assay.report.plain import WIDTH, explanation, promise
from assay.report.text import one_line, spelled, wrapped
from assay.report.verdict import WORST_FIRST, counted
from assay.report.view import Group, RuleView, word

IN_FULL = 24
IN_FULL_PER_RULE = 2
GROUPS_NAMED = 5
"""Different findings of one rule that are told at all; how many of them in full is bounded for a rule and for a run."""
COLOURS = {
    "fail": "1;31", "error": "1;31", "blocked": "31", "warn": "33", "resolved": "33", "known": "36",
    "inconclusive": "35", "note": "36", "pass": "32", "skip": "2", "disabled": "2",
}  # fmt: skip


def lines(run: Run, *, colour: bool = False, overview: bool = True) -> Iterator[str]:
    """The report in lines of at most 110 columns, the verdict last; a single word of a command may be longer.

    `colour` adds ANSI colours; without `overview` the line for each rule is left out, where it has been shown while
    the run went on. Nothing that the target said reaches the screen as a control character.
    """
    paint = Paint(colour)
    rules = view.rules(run)
    if overview:
        yield from _target(run)
        yield from _overview(rules, paint)
    room = IN_FULL
    for rule in rules:
        if rule.kind.is_bad:
            yield from _problem(run, rule, paint, min(room, IN_FULL_PER_RULE))
            room = max(0, room - min(len(_problems(rule)), IN_FULL_PER_RULE))
    yield from _known(rules, paint)
    yield from _inconclusive(rules, paint)
    yield from _closing(run, paint)


def closing(run: Run, *, colour: bool = False, overview: bool = False) -> Iterator[str]:
    """The last lines alone: where the report lies, the exit code, and the verdict."""
    yield from list(_closing(run, Paint(colour)))[1:]


class Paint:
    """Colours words, or leaves them."""

    def __init__(self, colour: bool) -> None:
        self._colour = colour

    def __call__(self, text: str, kind: str) -> str:
        """The text in the colour of this outcome; as it is where there is none."""
        return f"\x1b[{COLOURS[kind]}m{text}\x1b[0m" if self._colour and kind in COLOURS else text

    def heading(self, text: str) -> str:
        """The text as a heading."""
        return f"\x1b[1m{text}\x1b[0m" if self._colour else text


def _target(run: Run) -> Iterator[str]:
    target = run.header["target"]
    named = [one_line(target[name], 60) for name in ("name", "version", "engine") if target.get(name)]
    about = f" ({', '.join(named)})" if named else ""
    depth = f", depth {view.depth(run)}" if view.depth(run) else ""
    yield from wrapped(f"target {one_line(target['url'], 200)}{about}, seed {run.header['seed']}{depth}", WIDTH)


def _overview(rules: list[RuleView], paint: Paint) -> Iterator[str]:
    """One line for each rule: its worst outcome, its id, its cases by outcome. The problems come last, near the eye."""
    yield ""
    names = {rule.id: cut(one_line(rule.id, 70), 60) for rule in rules}
    width = max(map(len, names.values()), default=0)
    for rule in sorted(rules, key=lambda rule: (-WORST_FIRST.index(rule.kind), rule.id)):
        rest = cut(f"  {names[rule.id]:<{width}}  {tally(rule.counts)}", WIDTH - 12)
        yield f"{paint(f'{word(rule.kind):<12}', rule.kind)}{rest}"


def _problem(run: Run, rule: RuleView, paint: Paint, room: int) -> Iterator[str]:
    """A rule's problems, the first `room` of them in full, further ones in a line or in a number."""
    yield ""
    heading = f"{word(rule.kind)}  {one_line(rule.id, 80)}"
    yield f"{paint(heading, rule.kind)}  ({rule.severity}; {view.SOURCES[rule.rule['source']]})"
    yield from promise(rule)
    groups = _problems(rule)
    for number, group in enumerate(groups[:GROUPS_NAMED]):
        if number < room:
            yield ""
        if group.kind != rule.kind:
            yield f"  {paint(word(group.kind), group.kind)}"
        yield from _told(run, group, in_full=number < room)
    if len(groups) > GROUPS_NAMED:
        left = sum(len(group.outcomes) for group in groups[GROUPS_NAMED:])
        yield f"  and {count(left, 'more case')} with other findings: see report.html"


def _problems(rule: RuleView) -> list[Group]:
    return [group for group in rule.groups if group.kind.is_bad]


def _told(run: Run, group: Group, in_full: bool) -> Iterable[str]:
    if in_full and group.kind is not OutcomeKind.BLOCKED:
        return explanation(run, group)
    cases = count(len(group.outcomes), "case")
    state = " blocked" if group.kind is OutcomeKind.BLOCKED else ""
    return wrapped(f"{cases}{state}: {view.first_message(group.first)}", WIDTH, "  ", "    ")


def _known(rules: list[RuleView], paint: Paint) -> Iterator[str]:
    groups = [(rule, group) for rule in rules for group in rule.groups if group.kind.is_listed]
    if not groups:
        return
    yield from ("", paint.heading("Known deviations"))
    for rule, group in groups:
        known = group.first["known"] or {}
        cases = count(len(group.outcomes), "case")
        yield f"  {paint(f'{word(group.kind):<8}', group.kind)}  {one_line(rule.id, 70)}  ({cases})"
        if group.kind is OutcomeKind.RESOLVED:
            yield from wrapped(view.first_message(group.first) or view.GONE, WIDTH, " " * 12)
        for name in ("reason", "evidence", "expires"):
            if known.get(name):
                value = known[name] if isinstance(known[name], str) else spelled(known[name])
                yield from wrapped(f"{name}: {one_line(value, 600)}", WIDTH, " " * 12, " " * 14)


def _inconclusive(rules: list[RuleView], paint: Paint) -> Iterator[str]:
    groups = [(rule, group) for rule in rules for group in rule.groups if group.kind is OutcomeKind.INCONCLUSIVE]
    if not groups:
        return
    yield from ("", paint.heading("Inconclusive: what is missing"))
    for rule, group in groups:
        message = view.first_message(group.first) or "not stated"
        cases = count(len(group.outcomes), "case")
        yield from wrapped(f"{one_line(rule.id, 70)} ({cases}): {message}", WIDTH, "  ", "    ")


def _closing(run: Run, paint: Paint) -> Iterator[str]:
    code = view.exit_code(run)
    kind = "error" if code is None else "pass" if code == 0 else "fail"
    yield ""
    yield from wrapped(f"cases: {tally(counted(run.outcomes)) or view.NONE_YET}", WIDTH)
    yield f"report: {run.folder / 'report.html'}"
    if code is not None:
        yield f"exit code {code}: {view.exit_meaning(run)}"
    if going_on := view.going_on(run):
        yield going_on
    for line in wrapped(view.sentence(run), WIDTH):
        yield paint(line, kind)
