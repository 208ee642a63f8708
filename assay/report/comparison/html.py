"""A comparison as a page that opens offline, and as a section that other reports take in. It needs no script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from assay.compare import saying
from assay.compare.beside import NOTHING, Beside, beside
from assay.compare.comparison import Comparison, Pair
from assay.compare.gates import Judgement, exit_code
from assay.errors import Exit
from assay.report.comparison import words
from assay.report.comparison.bars import Scale
from assay.report.page import Told, page
from assay.report.text import shortened

CASES_LISTED = 400


@dataclass(frozen=True, slots=True)
class PublishedView:
    """Published figures by what they stand beside, and the sentence above them."""

    groups: list[tuple[str, str, list[Beside]]]
    sentence: str
    title: str = words.PUBLISHED

    @classmethod
    def of(cls, comparison: Comparison) -> PublishedView:
        """Those that are about the same as what was measured."""
        found = beside(comparison)
        return cls(words.beside(found), words.UNJUDGED if found else NOTHING)


@dataclass(frozen=True, slots=True)
class ComparisonView:
    """What the templates ask for, beyond plain values."""

    comparison: Comparison
    judgements: Sequence[Judgement] = ()

    @property
    def conclusion(self) -> str:
        """The exit code and what it means."""
        return words.conclusion(self.code, self.judgements)

    @property
    def code(self) -> Exit:
        """The exit code."""
        return exit_code(self.comparison, self.judgements)

    @property
    def head(self) -> tuple[str, ...]:
        """The names of the columns of `rows`."""
        return words.measured(self.comparison)[0]

    @property
    def rows(self) -> list[tuple[tuple[str, ...], list[tuple[str, ...]]]]:
        """What was measured: workload and load, with a row for each side."""
        rows = words.measured(self.comparison)[1:]
        return [(thing, list(of_it)) for thing, of_it in groupby(rows, key=lambda row: row[1:3])]

    @property
    def published(self) -> PublishedView | None:
        """Published figures, where they were asked for."""
        return PublishedView.of(self.comparison) if self.comparison.published else None

    def scale(self, pair: Pair) -> Scale:
        """The scale that all bars of a pair share."""
        ratios = [each.difference.ratio for one in pair.workloads for each in one.judged if each.difference]
        return Scale.over(ratios, self.comparison.threshold)


def told(view: ComparisonView) -> Told:
    """The comparison as its page and a page of several runs show it."""
    sides = [shortened(side.name, 120) for side in view.comparison.sides]
    title = f"{', '.join(sides[1:])}{' against ' if view.comparison.pairs else ''}{sides[0]}"
    return Told.of("compared.html.jinja", title, view=view, words=words, saying=saying, most=CASES_LISTED)


def render(comparison: Comparison, judgements: Sequence[Judgement] = ()) -> str:
    """The comparison as one HTML document without any reference to another file."""
    return page("comparison.html.jinja", told=told(ComparisonView(comparison, judgements)))
