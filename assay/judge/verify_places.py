"""The named verifications of where boxes lie in a picture of which that is known. Each raises RuleBroken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from assay.judge import refitting
from assay.judge.boxes import Prediction, iou
from assay.judge.readings import (
    DOCUMENTED,
    EXCHANGED_SIDES,
    MUCH_LIKE,
    OTHERS,
    Painted,
    Reading,
    Sight,
    shaped,
    shifted,
    surest,
)
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
SIDES = (DOCUMENTED, EXCHANGED_SIDES)
SEVERAL_SIZES = 1.25
"""How many times as wide the widest box has to be as the narrowest."""
UNLIKE = 0.65
"""IoU of a box with whatever it might be the box of, below which it is not."""


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


def wide_as_things_are(sights: Sequence[Painted]) -> int:
    """The box of a thing is as wide and as high as the thing, and not as high and as wide.

    Only boxes tell that are about a whole thing in one of the two readings, and not in the other; and only of a model
    whose boxes are of several sizes, in px and as a part of the picture: others do not measure things. It holds of all
    pictures, and of those of one shape. Returns how many boxes are as the document has them. Raises NoWitness.
    """
    stated, exchanged = (_of_things(sights, *each) for each in (SIDES, SIDES[::-1]))
    if _measures([*stated, *exchanged]):
        for shape, pictures in {"": sights, **_painted_by_shape(sights)}.items():
            wrong, right = ([each for each in found if each[0] in pictures] for found in (exchanged, stated))
            several = len({id(sight) for sight, _ in wrong}) > 1
            if several and len(wrong) >= max(FEWEST, FAR_BETTER * len(right)):
                where = f" in {shape} pictures" if shape else ""
                raise RuleBroken([_exchanged(sight, one, where) for sight, one in wrong[:MOST_TOLD]])
    if len(stated) < FEWEST:
        raise NoWitness(f"{len(stated)} boxes are about a whole thing that is wider than high, or higher than wide")
    return len(stated)


def _of_things(sights: Sequence[Painted], reading: Reading, other: Reading) -> list[tuple[Painted, Prediction]]:
    """The boxes that are those of a thing in one reading, and of none in the other."""
    told = ((sight, one) for sight in sights for one in surest(sight.answer))
    return [(sight, one) for sight, one in told if _is_of_a_thing(sight, reading, other, one)]


def _measures(boxes: Sequence[tuple[Painted, Prediction]]) -> bool:
    """Whether boxes are of several sizes, in px and as a part of their picture."""
    px = [one.width for _, one in boxes]
    shares = [one.width / sight.size[0] for sight, one in boxes]
    return all(len(widths) > 1 and max(widths) >= SEVERAL_SIZES * min(widths) for widths in (px, shares))


def _is_of_a_thing(sight: Painted, reading: Reading, other: Reading, one: Prediction) -> bool:
    """Whether a box is that of a thing in this reading, and of none in the other."""
    whole, otherwise = (max(iou(each.box(one, *sight.size), t) for t in sight.things) for each in (reading, other))
    return whole >= MUCH_LIKE and otherwise < UNLIKE


def _exchanged(sight: Painted, one: Prediction, where: str) -> Finding:
    return sight.answer.finding(
        f"boxes are those of things{where} only with width for height: {one}, for one",
        f"{one.pointer}/width",
        expected="the width across, and the height down",
        actual=f"{one.width:g} x {one.height:g} px",
        marks=(one.mark, (*EXCHANGED_SIDES.box(one, *sight.size), "where it fits")),
    )


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
