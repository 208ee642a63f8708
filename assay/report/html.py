"""report.html: one file that opens offline and says what was found, why, and how to see it again."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from assay.contract.sentences import count
from assay.record import OutcomeKind, Run
from assay.report import view
from assay.report.evidence import Evidence, FindingView, Gatherer
from assay.report.picture import Album
from assay.report.text import one_line, safe_link, shortened, spelled, visible
from assay.report.verdict import counted
from assay.report.view import Group, RuleView
from assay.suite import suite_folder

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

    def __init__(self, run: Run) -> None:
        self.run = run
        self.album = Album(PICTURE_ROOM)
        self._gatherer = Gatherer(run, self.album, EVIDENCE_ROOM)

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

    def facts(self, mapping: Any) -> list[tuple[str, str]]:
        """A part of the header as names and values."""
        if not isinstance(mapping, dict):
            return [("", spelled(mapping))]
        return [(one_line(name, 80), _fact(value)) for name, value in mapping.items()]


def _fact(value: Any) -> str:
    return one_line(value, 400) if isinstance(value, str) else spelled(value, 400)


def _shown(value: Any) -> Any:
    """What jinja2 puts into the page: markup as it is, everything else visible; escaping comes after."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else visible(value)


def _prose(text: str) -> Markup:
    """A sentence whose `words` between backticks are code. Everything is escaped."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if odd % 2 else part for odd, part in enumerate(parts)
    )


@cache
def _environment() -> jinja2.Environment:
    """The templates, compiled once."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(suite_folder("reports")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        word=view.word,
        moment=view.moment,
        one_line=one_line,
        shortened=shortened,
        link=safe_link,
        spelled=spelled,
        prose=_prose,
    )
    return environment


def render(run: Run) -> str:
    """The report of a run, one HTML document without any reference to another file.

    Its size is bounded: pictures by PICTURE_ROOM, exchanges in full by their number, texts by their length.
    """
    folder = suite_folder("reports")
    script = (folder / "report.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        _environment()
        .get_template("report.html.jinja")
        .render(
            page=_Page(run),
            run=run,
            view=view,
            count=count,
            counts=counted(run.outcomes),
            most=CASES_LISTED,
            style=Markup((folder / "style.css").read_text(encoding="utf-8")),
            script=Markup(script),
            script_digest=digest,
        )
    )


def write(run: Run, path: Path) -> None:
    """Write the report of a run to a file."""
    path.write_text(render(run), encoding="utf-8")
