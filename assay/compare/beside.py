"""Published figures beside what was measured: which are about the same, and what differs in how they were taken.

Neither is judged by the other, and no ratio is formed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

from assay.compare import fingerprints
from assay.compare.comparison import Comparison
from assay.compare.documented import Column, Published, published
from assay.compare.judging import Center
from assay.compare.pairing import Series, Thing, thing_of
from assay.compare.published import speed
from assay.compare.ratio import Group
from assay.compare.saying import told
from assay.compare.sides import Side
from assay.record import Scenario

NOTHING: Final = "No published figure that Assay carries is of a workload and a kind of model validly measured here."
_VERSION: Final = re.compile(r"[\w-]+/\d+")
"""A version of somebody's project: nothing in its name tells what kind of model it is."""


@dataclass(frozen=True, slots=True)
class Beside:
    """One published figure beside what one side measured.

    `differs` are clauses of what is known to differ in how they were taken, `silent` what the page does not state.
    """

    side: str
    thing: Thing
    hardware: str
    software: str
    model: str
    measured: str
    published: Published
    differs: tuple[str, ...]

    @property
    def silent(self) -> tuple[str, ...]:
        """What the page does not state of how its figure was taken."""
        return self.published.taken.silent

    @property
    def stated(self) -> str:
        """The published figure: `177.7 ms mean, hiera_large on 1x NVIDIA L4`."""
        one = self.published
        return f"{one.told}: {one.model} on {one.taken.hardware}"

    @property
    def silence(self) -> str:
        """The same as a sentence; empty where the page states all."""
        *first, last = self.silent or ("",)
        return f"The page does not say {', '.join(first)}{' or ' if first else ''}{last}." if last else ""

    @property
    def sentence(self) -> str:
        """What differs, and what the page does not state."""
        return " ".join(part for part in (f"Differs: {'; '.join(self.differs)}.", self.silence) if part)

    def as_json(self) -> dict[str, Any]:
        """All of it, without the load."""
        one = self.published
        columns = [
            {
                "value": value,
                "unit": column.unit,
                "of": column.of,
                **({"engine": column.engine} if column.engine else {}),
            }
            for value, column in zip(one.values, one.taken.columns)
        ]
        return {
            "side": self.side,
            "model": self.model,
            "hardware": self.hardware,
            "software": self.software,
            "measured": self.measured,
            "published": {
                "series": one.taken.id,
                "source": one.taken.source,
                "model": one.model,
                "hardware": one.taken.hardware,
                "figures": columns,
                "sentence": self.stated,
            },
            "differs": list(self.differs),
            "not_stated": list(self.silent),
        }


def beside(comparison: Comparison, figures: Sequence[Published] | None = None) -> list[Beside]:
    """Of all that was validly measured, the published figures that are about the same; `figures` are all, usually."""
    known = published() if figures is None else figures
    return [
        one
        for side, own in zip(comparison.sides, comparison.measured)
        for key, each in own.items()
        if each.valid
        for one in _of(side, thing_of(key, (each,)), each, known)
    ]


def _of(side: Side, thing: Thing, each: Series, known: Sequence[Published]) -> Iterator[Beside]:
    names = _names(side, each)
    facts = side.fingerprint
    for one in _on_this_machine(_alike(thing, names, known, facts), facts):
        yield Beside(
            side=side.name,
            thing=thing,
            hardware=fingerprints.hardware(facts),
            software=fingerprints.software(facts),
            model=", answered by ".join(dict.fromkeys(names)) or "a model that is not told",
            measured=", ".join(dict.fromkeys(_measured(each, thing, one, column) for column in one.taken.columns)),
            published=one,
            differs=tuple(_differs(side, thing, each, one)),
        )


def _names(side: Side, each: Series) -> list[str]:
    """What the model is called: as it was asked for, and as the answer resolved it."""
    models = side.fingerprint.get("models")
    resolved = models.get(each.any.operation) if isinstance(models, Mapping) else None
    return [str(name) for name in (each.any.inputs.get("model"), resolved) if name]


def _alike(thing: Thing, names: Sequence[str], known: Sequence[Published], facts: Mapping[str, Any]) -> list[Published]:
    """Those of the same work: of this model or else its family; of any on this machine where no name tells."""
    cold = thing.scenario is Scenario.COLD_START
    same = [
        one
        for one in known
        if (one.taken.warm_up == "cold") == cold
        and any(fnmatchcase(thing.workload, pattern) for pattern in one.taken.workloads)
    ]
    words = [word for name in names for word in name.split()]
    of_it = [one for one in same if one.is_of(words)] or [one for one in same if one.is_akin(words)]
    if of_it or not all(_VERSION.fullmatch(name.split()[0]) for name in names):
        return of_it
    return [one for one in same if _is_on(one, facts)]


def _on_this_machine(found: list[Published], facts: Mapping[str, Any]) -> list[Published]:
    """Those that were taken on the same kind of machine, where there are any."""
    return [one for one in found if _is_on(one, facts)] or found


def _is_on(one: Published, facts: Mapping[str, Any]) -> bool:
    told = facts.get("hardware")
    hardware: Mapping[str, Any] = told if isinstance(told, Mapping) else {}
    gpu = str(hardware.get("gpu") or "").lower()
    number = hardware.get("gpus", hardware.get("gpus_listed", 1))
    return bool(gpu) and gpu == one.taken.gpu.lower() and one.taken.gpus in (None, number)


def _measured(each: Series, thing: Thing, one: Published, column: Column) -> str:
    """What was measured of the same kind: `30.1 [29.5, 30.8] ms mean`."""
    if column.of == "tokens":
        return "no tokens/s"
    if column.of == "images":
        rate = speed(each, thing.batch)
        return f"{told(rate)} images/s" if rate else "no rate"
    part = "coldstart" if thing.scenario is Scenario.COLD_START else column.of
    mean = one.taken.statistic == "mean" and each.values(f"{part}.mean")
    kind = f"{'of the server’s own, ' if column.of == 'server' else ''}{'mean' if mean else 'median'}"
    values = mean or each.values(f"{part}.p50")
    return f"{told(Center.of(Group.of(values)))} ms {kind}" if values else f"no {kind}"


def _differs(side: Side, thing: Thing, each: Series, one: Published) -> Iterator[str]:
    taken, facts = one.taken, side.fingerprint
    if not _is_on(one, facts):
        here = fingerprints.hardware(facts) or "a machine that is not told"
        service = ", whose machines are not stated" if taken.service else ""
        yield f"published on {taken.hardware}{service}, measured on {here}"
    yield from _model(_names(side, each), one)
    if taken.timed == "the Python package":
        yield "published of the Python package alone, measured over HTTP"
    sent = _sent(side, each)
    yield f"published of {one.work}, measured of {sent}" if sent else f"published of {one.work}"
    if taken.mind:
        yield taken.mind
    if taken.batch not in (None, thing.batch):
        yield f"published at batch {taken.batch}, measured at batch {thing.batch}"
    if thing.load.clients != 1 and thing.scenario is not Scenario.COLD_START:
        yield f"measured under a load, {thing.load}, of which the page says nothing"
    if each.values("response.p50") and taken.statistic == "mean" and not each.values("response.mean"):
        yield "published is a mean, measured a median"
    if any(column.engine for column in taken.columns) and not _resolved(facts, each):
        yield "which engine answered here is not told"


def _model(names: Sequence[str], one: Published) -> Iterator[str]:
    words = [word for name in names for word in name.split()]
    if one.is_of(words):
        return
    asked = names[0] if names else "a model that is not told"
    unknown = "" if one.is_akin(words) else ", whose kind nothing tells"
    yield f"published of {one.model}, measured of {asked}{unknown}"


def _resolved(facts: Mapping[str, Any], each: Series) -> bool:
    models = facts.get("models")
    return isinstance(models, Mapping) and bool(models.get(each.any.operation))


def _sent(side: Side, each: Series) -> str:
    """What the workload sends, in the record's own words."""
    sentences = side.runs[0].header.get("configuration", {}).get("workload_sentences", {})
    found = str(sentences.get(each.any.workload) or "") if isinstance(sentences, Mapping) else ""
    return f"“{found}”" if found else ""
