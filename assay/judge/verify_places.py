"""The named verifications of where boxes lie in a picture of which that is known. Each raises RuleBroken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assay.judge import refitting
from assay.judge.boxes import Prediction
from assay.judge.readings import DOCUMENTED, OTHERS, Reading, Sight, shifted, surest
from assay.judge.verdicts import NoWitness, RuleBroken
from assay.record.model import Finding

FEWEST = 3
"""Predictions that fit before anything is said, and of two pictures or more before a server is found wrong."""
MOSTLY = 1 / 2
"""Share of the predictions that has to fit in another reading."""
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

    `where` tells what they should lie on. Returns how many fit. Raises NoWitness where too few fit in any reading: the
    model sees something else.
    """
    total = sum(len(surest(sight.answer)) for sight in sights)
    documented = _fit(sights, DOCUMENTED, documented=True)
    if total >= FEWEST and FAR_BETTER * documented.count <= total:
        enough = max(FEWEST, MOSTLY * total, FAR_BETTER * documented.count)
        nearly_all = max(refitting.FEWEST, refitting.NEARLY_ALL * total)
        for readings, least in (  # a reading that has a name tells more than a shift, and that more than a scale
            (OTHERS, enough),
            (refitting.scaled_down(sights), enough),
            (shifted(sights), enough),
            (refitting.scaled(sights), nearly_all),
        ):
            best = max((_fit(sights, reading) for reading in readings), key=lambda fit: fit.count, default=documented)
            if best.count >= least and best.pictures > 1:
                raise RuleBroken(_misread(best, documented, total, where))
    if documented.count < FEWEST:
        raise NoWitness(f"{documented.count} of {total} boxes lie {where}: what the model sees is something else")
    return documented.count


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
