"""What each side measured, in the shape that vendors publish: so many inferences a second on one L4, batch 1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from assay.compare import fingerprints
from assay.compare.comparison import Comparison
from assay.compare.figures import COST, ENERGY, RATE
from assay.compare.judging import Center
from assay.compare.pairing import Key, Series, Thing, thing_of
from assay.compare.ratio import Group
from assay.compare.saying import told
from assay.compare.sides import Side
from assay.contract.sentences import count

SPEED = "images.rate"
FIRST_ANSWER = "coldstart.p50"
SHOWN = ("response.p50", "response.p99", FIRST_ANSWER, ENERGY, COST)


@dataclass(frozen=True, slots=True)
class Row:
    """One thing as one side did it. `speed` is in pictures a second; `figures` hold those of SHOWN that there are."""

    side: str
    thing: Thing
    model: str
    hardware: str
    software: str
    counted: str
    repetitions: int
    invalid: int
    requests: int
    failed: int
    error_ms: float | None
    speed: Center | None
    figures: Mapping[str, Center]

    @property
    def sentence(self) -> str:
        """`49.9 [49.1, 50.7] inf/s on 1x NVIDIA L4, batch 1, after warm-up`, with what it rests on."""
        without = "first answers" if FIRST_ANSWER in self.figures else "no rate"
        speed = f"{told(self.speed)} inf/s" if self.speed else without
        machine = f" on {self.hardware}" if self.hardware else " on a machine that is not told"
        rests = count(self.repetitions, self.counted)
        warm = ", after warm-up" if self.thing.warmed_up else ""
        return f"{speed}{machine}, batch {self.thing.batch}, {self.thing.load}{warm}; {rests}"


def rows(comparison: Comparison) -> list[Row]:
    """All that was validly measured, by what was measured and then by side."""
    order = list(dict.fromkeys(key for own in comparison.measured for key in own))
    found = [row for side, own in zip(comparison.sides, comparison.measured) for row in _rows(side, own)]
    things = {key: number for number, key in enumerate(order)}
    return [row for _, row in sorted(found, key=lambda each: things[each[0]])]


def _rows(side: Side, own: Mapping[Key, Series]) -> Iterator[tuple[Key, Row]]:
    for key, each in own.items():
        if each.valid:
            yield key, _row(side, thing_of(key, (each,)), each)


def _row(side: Side, thing: Thing, each: Series) -> Row:
    centers = {name: Center.of(Group.of(values)) for name in SHOWN if (values := each.values(name))}
    return Row(
        side=side.name,
        thing=thing,
        model=str(each.any.inputs.get("model") or ""),
        hardware=fingerprints.hardware(side.fingerprint),
        software=fingerprints.software(side.fingerprint),
        counted="run" if each.by_run else "repetition",
        repetitions=len(each.runs) if each.by_run else len(each.valid),
        invalid=len(each.invalid),
        requests=each.requests,
        failed=each.failed,
        error_ms=each.error_ms,
        speed=speed(each, thing.batch),
        figures=centers,
    )


def speed(each: Series, batch: int) -> Center | None:
    """Pictures a second; None where no rate was measured."""
    if values := each.values(SPEED):
        return Center.of(Group.of(values))
    return _times(Center.of(Group.of(values)), batch) if (values := each.values(RATE)) else None


def _times(center: Center, batch: int) -> Center:
    if center.low is None or center.high is None:
        return Center(center.value * batch, None, None, center.n)
    return Center(center.value * batch, center.low * batch, center.high * batch, center.n)
