"""report.html: one file that opens offline and says what was found, why, and how to see it again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from assay.compare import saying
from assay.compare.comparison import compare_sides
from assay.compare.sides import sides_of
from assay.contract.sentences import count
from assay.record import OutcomeKind, Run
from assay.report import agreement, foremost, machines, measured, scored, spent, throughput, tolerances, view
from assay.report.comparison import words
from assay.report.comparison.html import ComparisonView, PublishedView
from assay.report.coverage import coverage
from assay.report.evidence import Evidence, Figure, FindingView, Gatherer
from assay.report.page import Told, facts, page
from assay.report.picture import Album
from assay.report.text import shortened
from assay.report.verdict import counted
from assay.report.view import Group, RuleView

PICTURE_ROOM = 1_200_000
"""characters of data URIs in one report"""
EVIDENCE_ROOM = 900_000
"""characters of answers, headers and commands in one report"""
GROUPS_IN_FULL = 12
CASES_LISTED = 400


@dataclass(frozen=True, slots=True)
class CaseView:
    """Folded cases of one rule: the first in full, the others by name."""

    group: Group
    opened: bool
    message: str
    findings: list[FindingView]
    evidence: list[Evidence]
    further: list[str]


class _Page:
    """What the template asks for, beyond plain values. Evidence is gathered in the order in which it is shown."""

    def __init__(self, run: Run, album: Album) -> None:
        self.run = run
        self._gatherer = Gatherer(run, album, EVIDENCE_ROOM)
        self.measured = measured.groups(run)
        targets = sides_of(run)
        self.comparison = ComparisonView(compare_sides(targets)) if len(targets) > 1 else None
        asked = measured.beside_published(run)
        self.published = PublishedView.of(compare_sides(targets)) if asked else None

    def beside(self, question: str) -> list[Figure]:
        """Both answers to a question in which two deployments differ, as pictures."""
        outcome = next(each for each in self.run.outcomes if each["case"] == question)
        return self._gatherer.beside(outcome)

    def cases(self, rule: RuleView) -> list[CaseView]:
        """The cases of a rule that did not simply pass."""
        return [self._case(group, rule, number < GROUPS_IN_FULL) for number, group in enumerate(rule.groups)]

    def _case(self, group: Group, rule: RuleView, in_full: bool) -> CaseView:
        outcome = group.first
        return CaseView(
            group=group,
            opened=group.kind in (OutcomeKind.FAIL, OutcomeKind.ERROR) and view.is_urgent(rule, self.run),
            message=view.own_message(outcome),
            findings=self._gatherer.loose_findings(outcome),
            evidence=self._gatherer.of(outcome) if in_full else [],
            further=self._gatherer.others(outcome) if in_full else list(outcome["exchanges"]),
        )

    def of_kind(self, *kinds: str) -> list[tuple[RuleView, Group]]:
        """Folded cases of these outcomes, over all rules."""
        return [(rule, group) for rule in view.rules(self.run) for group in rule.groups if group.kind in kinds]


def told(run: Run, album: Album) -> Told:
    """The report of a run, as its own page and one of several runs show it. Its pictures come into `album`."""
    return Told.of(
        "run.html.jinja",
        shortened(view.sentence(run), 120),
        page=_Page(run, album),
        run=run,
        view=view,
        words=words,
        saying=saying,
        measured=measured,
        spent=spent,
        machines=machines,
        throughput=throughput,
        tolerances=tolerances,
        agreement=agreement,
        scored=scored,
        count=count,
        facts=facts,
        coverage=coverage,
        foremost=foremost.foremost(run),
        counts=counted(run.outcomes),
        most=CASES_LISTED,
    )


def render(run: Run) -> str:
    """The report of a run, one HTML document without any reference to another file.

    Its size is bounded: pictures by PICTURE_ROOM, exchanges in full by their number, texts by their length.
    """
    album = Album(PICTURE_ROOM)
    return page("report.html.jinja", told=told(run, album), pictures=album.pictures)


def write(run: Run, path: Path) -> None:
    """Write the report of a run to a file."""
    path.write_text(render(run), encoding="utf-8")
