"""The named verifications of where boxes lie in a picture of which that is known. Each raises RuleBroken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from assay.judge import refitting
from assay.judge.boxes import Prediction
from assay.judge.readings import DOCUMENTED, OTHERS, Painted, Reading, Sight, shaped, shifted, surest
from assay.judge.verdicts import NoWitness, RuleBroken
from assay.record.model import Finding

FEWEST = 3
"""Predictions that fit before anything is said, and of two pictures or more before a server is found wrong."""
MOSTLY = 1 / 2
"""Share of the predictions that has to fit in another reading."""
FEWEST_OF_A_SHAPE, MOSTLY_OF_A_SHAPE = 4, 3 / 4
"""The same for the pictures of one shape: they are few, and chance makes some fit."""
FAR_BETTER = 4
"""How many times as many predictions have to fit in another reading as in that of the document."""
MOST_TOLD = 3


@dataclass(frozen=True, slots=True)
class _Fit:
    """The predictions of each picture that fit, read in one way."""

    reading: Reading
    fitting: tuple[tuple[Sight, list[Prediction]], ...]

    @property
    def count(self) -> int:
        return sum(len(found) for _, found in self.fitting)

    @property
    def pictures(self) -> int:
        return sum(bool(found) for _, found in self.fitting)


def placed_by_their_centre(sights: Sequence[Sight], where: str) -> int:
    """Boxes lie where something is, read with (x, y) as their centre: no other reading fits, where that one does not.

    That holds of all pictures, and of the painted ones of one shape, because servers make squares of pictures. Boxes of
    a part of a thing lie on it too, wherever in it the part is. `where` tells what they should lie on. Returns how many
    fit. Raises NoWitness where too few fit in any reading: the model sees something else.
    """
    _read_in_no_other_way(sights, where)
    for shape, pictures in _painted_by_shape(sights).items():
        if len(pictures) < len(sights):
            _read_in_no_other_way(pictures, f"{where} in {shape} pictures", FEWEST_OF_A_SHAPE, MOSTLY_OF_A_SHAPE)
    documented = _fit(sights, DOCUMENTED, documented=True)
    if documented.count < FEWEST:
        total = _total(sights)
        raise NoWitness(
            f"{documented.count} of {total} boxes lie {where}: what the model sees is something else, or a part of it"
        )
    return documented.count


def _painted_by_shape(sights: Sequence[Sight]) -> dict[str, list[Painted]]:
    shapes: dict[str, list[Painted]] = {}
    for sight in sights:
        if isinstance(sight, Painted):
            width, height = sight.size
            shape = "square" if width == height else "upright" if width < height else "broad"
            shapes.setdefault(shape, []).append(sight)
    return shapes


def _read_in_no_other_way(sights: Sequence[Sight], where: str, fewest: int = FEWEST, mostly: float = MOSTLY) -> None:
    """Where few boxes lie as the document has them, no other reading fits far more."""
    total = _total(sights)
    documented = _fit(sights, DOCUMENTED, documented=True)
    nearly_all = max(refitting.FEWEST, refitting.NEARLY_ALL * total)
    for readings, least, tips in (  # a reading that has a name tells more than a shift, and that more than a scale
        (chain(OTHERS, shaped(sights)), mostly * total, False),
        (refitting.scaled_down(sights), mostly * total, False),
        (shifted(sights), mostly * total, True),
        (refitting.scaled(sights), nearly_all, True),
    ):
        lying = sum(len(sight.lying(tips)) for sight in sights)
        if total < fewest or FAR_BETTER * lying > total:
            continue
        best = max((_fit(sights, reading) for reading in readings), key=lambda fit: fit.count, default=documented)
        if best.count >= max(fewest, least, FAR_BETTER * lying) and best.pictures > 1:
            raise RuleBroken(_misread(best, documented, total, where))


def _total(sights: Sequence[Sight]) -> int:
    return sum(len(surest(sight.answer)) for sight in sights)


def _fit(sights: Sequence[Sight], reading: Reading, *, documented: bool = False) -> _Fit:
    return _Fit(reading, tuple((sight, sight.fitting(reading, documented)) for sight in sights))


def _misread(best: _Fit, documented: _Fit, total: int, where: str) -> list[Finding]:
    """A finding for each of a few pictures, at the first box that fits in the other reading."""
    told = best.reading.told
    findings = []
    for sight, found in [(sight, found) for sight, found in best.fitting if found][:MOST_TOLD]:
        first = found[0]
        findings.append(
            sight.answer.finding(
                f"boxes lie {where} only if they are read {told}: {first}, for one",
                first.pointer,
                expected="(x, y) as the centre of the box, in pixels from the top left corner of the picture",
                actual=f"{best.count} of {total} boxes fit when read {told}, and {documented.count} as documented",
                marks=(first.mark, (*best.reading.box(first, *sight.size), "where it fits")),
            )
        )
    return findings
