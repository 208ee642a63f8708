"""GitHub Actions: annotations on the page of a workflow, and the summary of a step.

Where `$GITHUB_ACTIONS` is not `true`, nothing here says anything.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from assay.compare.gates import Judgement, State
from assay.contract.sentences import count
from assay.record import OutcomeKind, Run
from assay.report import summary, view
from assay.report.text import one_line
from assay.report.view import Group, RuleView

HERE: Final = "GITHUB_ACTIONS"
SUMMARY: Final = "GITHUB_STEP_SUMMARY"
MOST: Final = 10
"""Annotations of one level that a step may have; GitHub drops the others."""
LARGEST: Final = 1_000_000
"""Bytes of a step's summary; GitHub drops one of over 1 MiB whole."""
REST: Final = "\n\nThe rest stands in the report.\n"


@dataclass(frozen=True, slots=True)
class Annotation:
    """What stands on the page of the workflow. `title` and `message` are text of any origin."""

    level: Literal["error", "warning"]
    title: str
    message: str

    @property
    def command(self) -> str:
        """The line of the log that makes it."""
        return f"::{self.level} title={_property(self.title)}::{_data(self.message)}"


def is_here() -> bool:
    """Whether this is a step of a workflow."""
    return os.environ.get(HERE) == "true"


def tell(run: Run, say: Callable[[str], object], judgements: Sequence[Judgement] = ()) -> None:
    """Annotate the workflow with what was found wrong, and summarise the step, where this is one.

    `say` prints a line as it is. A summary that cannot be written is said, and changes nothing else.
    """
    if is_here():
        tell_of([*of_run(run), *of_gates(judgements)], summary.text(run), say)


def tell_of(annotations: Sequence[Annotation], text: str, say: Callable[[str], object]) -> None:
    """The same of anything; `text` is Markdown."""
    if not is_here():
        return
    for each in annotations:
        say(each.command)
    try:
        _append(text)
    except OSError as error:
        say(Annotation("warning", "assay", f"the summary of the step cannot be written: {error.strerror}").command)


def of_run(run: Run) -> list[Annotation]:
    """The verdict where it is not good, each rule that decided it, and then each warning; the worst first."""
    errors = [_of_rule("error", *found) for found in view.causes(run)]
    verdict = [Annotation("error", "assay", view.sentence(run))] if view.exit_code(run) != 0 else []
    decided = {rule.id for rule, _ in view.causes(run)}
    warnings = [
        _of_rule("warning", rule, group)
        for rule in view.rules(run)
        if rule.id not in decided
        for group in [each for each in rule.groups if each.kind is OutcomeKind.WARN][:1]
    ]
    return [*_at_most(MOST, [*verdict, *errors]), *_at_most(MOST, warnings)]


def of_gates(judgements: Sequence[Judgement]) -> list[Annotation]:
    """Each gate that did not hold."""
    broken = [each for each in judgements if each.state is not State.HELD]
    return _at_most(MOST, [Annotation("error", f"{each.gate}: {each.state}", _because(each)) for each in broken])


def _because(each: Judgement) -> str:
    on = ", ".join(part for part in (each.side, each.about) if part)
    return f"{on}: {each.why}" if on else each.why


def _of_rule(level: Literal["error", "warning"], rule: RuleView, group: Group) -> Annotation:
    cases = count(sum(len(each.outcomes) for each in rule.groups if each.kind is group.kind), "case")
    said = f"{view.first_message(group.first)}\n{one_line(rule.rule['requirement'], 600)}"
    cited = f"\n{rule.document.title}, {one_line(rule.rule.get('section') or '', 200)}" if rule.document else ""
    return Annotation(level, f"{rule.id} ({cases})", f"{said}{cited}")


def _at_most(most: int, found: list[Annotation]) -> list[Annotation]:
    if len(found) <= most:
        return found
    left = len(found) - most + 1
    rest = Annotation(found[0].level, "assay", f"and {left} more: the report and the summary have all of them")
    return [*found[: most - 1], rest]


def _lines(text: str, limit: int = 1000) -> str:
    return "\n".join(one_line(line, limit) for line in text.split("\n"))


def _data(text: str) -> str:
    return _lines(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(one_line(text, 200)).replace(":", "%3A").replace(",", "%2C")


def _append(text: str) -> None:
    name = os.environ.get(SUMMARY)
    if not name:
        return
    path = Path(name)
    room = LARGEST - (path.stat().st_size if path.exists() else 0)
    with path.open("a", encoding="utf-8") as file:
        file.write("".join(_within(text, room)))


def _within(text: str, room: int) -> Iterator[str]:
    """As many whole lines as there is room for."""
    if len(text.encode()) <= room:
        yield text
        return
    room -= len(REST.encode())
    for line in text.splitlines(keepends=True):
        room -= len(line.encode())
        if room < 0:
            break
        yield line
    yield REST
