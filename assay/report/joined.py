"""The reports of several runs as one file that opens offline: what each came to, worst first, and then each in full."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from assay.compare.comparison import Comparison
from assay.compare.gates import Judgement
from assay.contract.sentences import count
from assay.errors import EXIT_ORDER, Exit
from assay.record import Run
from assay.report import html, measured, view
from assay.report.comparison import html as comparing
from assay.report.comparison import words
from assay.report.comparison.html import ComparisonView
from assay.report.page import Told, page
from assay.report.picture import Album
from assay.report.text import one_line, shortened
from assay.report.within import within

CAUSES_SHOWN: Final = 2


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison that is one of the parts; `name` is that of the file that tells of it."""

    name: str
    comparison: Comparison
    judgements: Sequence[Judgement] = ()


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a run did not end well. With `operation`, `what` is a rule; `kind` is an outcome, or empty."""

    what: str
    why: str
    kind: str = ""
    operation: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One run in the page: what stands of it on the first screen, and its report.

    `about` is its kind, `state` is `good`, `bad`, or `none` where there is no verdict; `code` is None for a run that
    was cut short.
    """

    name: str
    about: str
    target: str
    when: str
    state: str
    code: int | None
    sentence: str
    ending: str
    causes: list[Cause]
    told: Told
    anchor: str = ""

    @property
    def prefix(self) -> str:
        """What its anchors begin with."""
        return f"{self.anchor}/"

    @property
    def label(self) -> str:
        """Its kind and its name."""
        return f"{self.about} {self.name}"


def render(found: Sequence[Run | Compared]) -> str:
    """The page. Its pictures take together what those of one run may take; the rest is bounded for each part."""
    names = _names([each.folder.resolve() if isinstance(each, Run) else Path(each.name) for each in found])
    album = Album(0)
    parts = _parts(found, names, album)
    placed = [_placed(part, anchor) for part, anchor in zip(parts, _anchors(names), strict=True)]
    return page(
        "joined.html.jinja",
        title=_title(placed),
        runs=sorted(placed, key=_rank),
        shown=CAUSES_SHOWN,
        wide=any(not isinstance(each, Run) for each in found),
        pictures=album.pictures,
    )


def _parts(found: Sequence[Run | Compared], names: Sequence[str], album: Album) -> Iterator[Part]:
    """Those that may show pictures share the room for them: benchmarks and comparisons have none."""
    pictured = [isinstance(each, Run) and not each.measurements for each in found]
    for each, name, shows in zip(found, names, pictured, strict=True):
        if shows:
            album.make_room(html.PICTURE_ROOM // sum(pictured))
        yield _of_run(each, name, album) if isinstance(each, Run) else _of_comparison(each, name)


def _rank(part: Part) -> int:
    """As exit codes are ranked; one that has none was interrupted, and one that is not known is as bad as any."""
    code = Exit.INTERRUPTED if part.code is None else part.code
    return EXIT_ORDER.index(Exit(code)) if code in {*Exit} else -1


def _title(parts: Sequence[Part]) -> str:
    """How many of those that come to a verdict, or were to come to one, ended well."""
    judged = [part for part in parts if part.state != "none" or part.code is None]
    well = sum(part.state == "good" for part in judged)
    if not judged:
        return "Nothing here was to be judged"
    return f"All {well} ended well" if well == len(judged) else f"{well or 'None'} of {len(judged)} ended well"


def _names(paths: Sequence[Path]) -> list[str]:
    """The last part of each path, and as much of what is above it as tells it from the others."""
    told = [1] * len(paths)
    while True:
        names = ["/".join(path.parts[-length:]) for path, length in zip(paths, told, strict=True)]
        alike = [place for place, name in enumerate(names) if names.count(name) > 1]
        longer = [place for place in alike if told[place] < len(paths[place].parts)]
        if not longer:
            return [one_line(name, 80) for name in names]
        for place in longer:
            told[place] += 1


def _anchors(names: Sequence[str]) -> list[str]:
    """An anchor for each, by which a link can be passed on; by number where names are alike but for their signs."""
    plain = [f"run-{re.sub(r'[^A-Za-z0-9._-]+', '-', name)[-60:]}" for name in names]
    taken = {each for each in plain if plain.count(each) == 1}
    return [each if plain.count(each) == 1 else _free(each, taken) for each in plain]


def _free(name: str, taken: set[str]) -> str:
    """The name with the first number by which it is nobody else's; takes it."""
    found = next(tried for number in itertools.count(1) if (tried := _numbered(name, number)) not in taken)
    taken.add(found)
    return found


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name}-{number}"


def _placed(part: Part, anchor: str) -> Part:
    """The part with its anchors, and with its report a level down."""
    placed = replace(part, anchor=anchor)
    top, body, foot = (
        within(each, placed.prefix, placed.label) for each in (part.told.top, part.told.body, part.told.foot)
    )
    return replace(placed, told=replace(part.told, top=top, body=body, foot=foot))


def _of_run(run: Run, name: str, album: Album) -> Part:
    code = view.exit_code(run)
    return Part(
        name=name,
        about=view.about(run),
        target=_target(run),
        when=view.moment(run.header["started"]),
        state="none" if run.footer is None else "good" if code == 0 else "bad",
        code=code,
        sentence=shortened(view.sentence(run), 300),
        ending=_ending(code, view.exit_meaning(run)),
        causes=list(_causes(run)),
        told=html.told(run, album),
    )


def _target(run: Run) -> str:
    target, others = run.header["target"], run.header.get("targets", {})
    named = [f"{name} at {each.get('url', '')}" for name, each in others.items()] if len(others) > 1 else []
    return one_line(" and ".join(named) or f"{target.get('name') or 'Deployment'} at {target.get('url', '')}", 300)


def _ending(code: int | None, meaning: str) -> str:
    return f"{'No exit code' if code is None else f'Exit code {code}'}{f': {meaning}' if meaning else ''}."


def _causes(run: Run) -> Iterator[Cause]:
    for rule, group in view.causes(run):
        yield Cause(rule.id, view.first_message(group.first), str(group.kind), str(group.first["operation"]))
    for reason, times in measured.reasons(measured.of(run)):
        yield Cause("", f"{one_line(reason, 300)} ({count(times, 'measurement')})")


def _of_comparison(of: Compared, name: str) -> Part:
    shown = ComparisonView(of.comparison, of.judgements)
    first, *others = (one_line(side.name, 60) for side in of.comparison.sides)
    headlines = [f"{one_line(pair.new.name, 60)}: {words.headline(pair)}" for pair in of.comparison.pairs]
    return Part(
        name=name,
        about="comparison",
        target=f"{', '.join(others)} against {first}" if others else first,
        when="",
        state="none" if shown.code == 0 and not of.judgements else "good" if shown.code == 0 else "bad",
        code=int(shown.code),
        sentence=shortened("; ".join(headlines), 300) or "one side alone",
        ending=f"{shown.conclusion.capitalize()}.",
        causes=[
            Cause(each.gate, f"{each.state}: {each.why}") for each in words.gates(of.judgements) if each.state != "held"
        ],
        told=comparing.told(shown),
    )
