"""Runs against each other: the first side is the base, every other one is set against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path

from assay.compare import fingerprints
from assay.compare.conformance import Conformance, compare_cases
from assay.compare.figures import BESIDE, deciding, full_name
from assay.compare.fingerprints import Unlike
from assay.compare.judging import Judged, Verdict, gathered, judge, together
from assay.compare.pairing import Key, Series, Thing, series, thing_of
from assay.compare.sides import Side, sides
from assay.errors import UsageProblem

THRESHOLD = 0.03
"""Differences up to this are no differences, unless the user says another."""


@dataclass(frozen=True, slots=True)
class Workload:
    """One thing that both sides measured. `judged` holds the deciding figures, and then what was judged beside them."""

    thing: Thing
    base: Series
    new: Series
    judged: tuple[Judged, ...]
    deciding: tuple[str, ...]

    @property
    def verdict(self) -> Verdict:
        """Drawn from the deciding figures."""
        return together(each.verdict for each in self.judged if each.figure in self.deciding)

    @property
    def word(self) -> str:
        """The verdict as one says it: `faster`, `slower`; `invalid` where too few valid repetitions are left."""
        if self.base.spoiled or self.new.spoiled:
            return "invalid"
        verdict = self.verdict
        deciders = (each for each in self.judged if each.figure in self.deciding)
        return next((each.word for each in deciders if each.verdict is verdict), str(verdict))


@dataclass(frozen=True, slots=True)
class Unpaired:
    """What this side measured and the other did not, in a sentence."""

    side: str
    sentence: str
    series: Series


@dataclass(frozen=True, slots=True)
class Pair:
    """A side against the base. `notes` say what could be taken for a difference of the targets, and may be none."""

    base: Side
    new: Side
    unlike: list[Unlike]
    clients: list[Unlike]
    workloads: tuple[Workload, ...]
    unpaired: list[Unpaired]
    conformance: Conformance | None
    notes: list[str]


@dataclass(frozen=True, slots=True)
class Comparison:
    """All sides, what each measured, and each side but the first against the first.

    `invalid` names the measurements that were left out, and why. With `published`, figures that documents print are
    shown beside what was measured.
    """

    sides: tuple[Side, ...]
    measured: tuple[Mapping[Key, Series], ...]
    pairs: tuple[Pair, ...]
    threshold: float
    invalid: list[str] = field(default_factory=list)
    published: bool = False

    @property
    def undecided(self) -> int:
        """The number of workloads about which nothing could be told."""
        return sum(each.verdict is Verdict.UNDECIDED for pair in self.pairs for each in pair.workloads)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a user may ask of a comparison.

    `threshold` is a share such as 0.03. `figures` are judged in place of those that decide in each scenario; of the
    patterns `workloads` one has to match; `prices` are USD an hour by the name of a side. With `published`, figures
    that documents print are shown beside what was measured.
    """

    threshold: float = THRESHOLD
    figures: Sequence[str] = ()
    workloads: Sequence[str] = ()
    prices: Mapping[str, float] = field(default_factory=dict)
    published: bool = False


def compare(paths: Sequence[Path], wanted: Wanted | None = None) -> Comparison:
    """Compare the runs in these folders; the first is the base. Raises InvalidRecord and UsageProblem."""
    return compare_sides(sides(paths), wanted)


def compare_sides(found: Sequence[Side], wanted: Wanted | None = None) -> Comparison:
    """Compare what has been read already. Raises UsageProblem."""
    wanted = wanted or Wanted()
    names = [side.name for side in found]
    if unknown := [name for name in wanted.prices if name not in names]:
        raise UsageProblem(f"no side is called {unknown[0]!r}; there are {', '.join(map(repr, names))}")
    measured = tuple(_chosen(series(side, wanted.prices.get(side.name)), wanted.workloads) for side in found)
    if wanted.workloads and not any(measured):
        raise UsageProblem(f"no run has measured a workload {' or '.join(wanted.workloads)}")
    figures = [full_name(figure) for figure in wanted.figures]
    pairs = [_pair(found[0], side, measured[0], theirs, figures) for side, theirs in zip(found[1:], measured[1:])]
    judged = tuple(_judged(pairs, wanted.threshold))
    invalid = list(_invalid(found, measured))
    return Comparison(tuple(found), measured, judged, wanted.threshold, invalid, wanted.published)


def _chosen(found: dict[Key, Series], patterns: Sequence[str]) -> dict[Key, Series]:
    return {
        key: each
        for key, each in found.items()
        if not patterns or any(fnmatchcase(each.any.workload, pattern) for pattern in patterns)
    }


def _pair(
    base: Side, new: Side, ours: Mapping[Key, Series], theirs: Mapping[Key, Series], names: Sequence[str]
) -> Pair:
    return Pair(
        base,
        new,
        unlike=fingerprints.unlike(base.fingerprint, new.fingerprint),
        clients=fingerprints.clients(base, new),
        workloads=tuple(_workload(key, ours[key], theirs[key], names) for key in ours if key in theirs),
        unpaired=list(_unpaired(base, new, ours, theirs)),
        conformance=compare_cases(base, new),
        notes=list(_notes(base, new)),
    )


def _workload(key: Key, base: Series, new: Series, names: Sequence[str]) -> Workload:
    thing = thing_of(key, (base, new))
    deciders = tuple(names) or deciding(thing.scenario, searched=thing.load.kind == "search")
    if not names and not any(name in base.names() for name in deciders):
        deciders = tuple(name for name in base.names() if name not in BESIDE)
    asked = dict.fromkeys((*deciders, *(() if names else BESIDE)))
    return Workload(thing, base, new, tuple(gathered(base, new, asked)), deciders)


def _judged(pairs: Sequence[Pair], threshold: float) -> Iterator[Pair]:
    """All figures of all pairs are judged together: the more are looked at, the more would differ by chance."""
    every = [each for pair in pairs for workload in pair.workloads for each in workload.judged]
    verdicts = iter(judge(every, threshold))
    for pair in pairs:
        yield replace(
            pair,
            workloads=tuple(
                replace(workload, judged=tuple(next(verdicts) for _ in workload.judged)) for workload in pair.workloads
            ),
        )


def _unpaired(base: Side, new: Side, ours: Mapping[Key, Series], theirs: Mapping[Key, Series]) -> Iterator[Unpaired]:
    for side, here, there in ((base, ours, theirs), (new, theirs, ours)):
        like = {key[:3] for key in there}
        for key, each in here.items():
            if key in there:
                continue
            if key[:3] not in like:
                yield Unpaired(side.name, f"only {side.name} measured {thing_of(key, (each,))}", each)
            elif side is base:
                other = f"{thing_of(key, (each,))}: the sides sent other inputs, so that they cannot be compared"
                yield Unpaired(side.name, other, each)


def _invalid(found: Sequence[Side], measured: Sequence[Mapping[Key, Series]]) -> Iterator[str]:
    for side, own in zip(found, measured):
        for key, each in own.items():
            for taken in each.invalid:
                one = taken.measurement
                run = f" of {taken.run.name}" if len(side.runs) > 1 else ""
                thing = thing_of(key, (each,))
                yield f"{side.name}: {thing}, repetition {one.repetition}{run}: {'; '.join(one.reasons)}"


def _notes(base: Side, new: Side) -> Iterator[str]:
    """What could be taken for a difference of the targets, and is none."""
    for side in (base, new):
        if within := fingerprints.within(side):
            yield f"the runs of {side.name} are not of one deployment: they differ in {', '.join(within)}"
    runs = {run.folder: run for side in (base, new) for run in side.runs}
    for folder, run in runs.items():
        if run.footer is None:
            yield f"the run {folder.name} was cut short: what it had measured by then is counted"
    versions = {str(run.header["assay"]["version"]) for side in (base, new) for run in side.runs}
    if len(versions) > 1:
        yield f"the runs were made by different versions of Assay: {', '.join(sorted(versions))}"
    if not (base.targets and new.targets) or {run.folder for run in base.runs} & {run.folder for run in new.runs}:
        return  # measured side by side
    if min(len(base.runs), len(new.runs)) > 1 and _apart(base, new):
        yield "one side was measured after the other: a machine that drifted meanwhile looks like a difference"


def _apart(base: Side, new: Side) -> bool:
    spans = [[each.measurement.began for each in side.measurements()] for side in (base, new)]
    return all(spans) and (max(spans[0]) < min(spans[1]) or max(spans[1]) < min(spans[0]))
