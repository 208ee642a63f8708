"""Named verifications of instances: boxes with outlines. Each raises RuleBroken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from assay.judge import masks
from assay.judge.answers import Detection, Outline
from assay.judge.boxes import PIXELS, ROUNDING, Corners, Prediction, iou, match
from assay.judge.masks import Mask
from assay.judge.verdicts import NoWitness, broken_if
from assay.record.model import Finding

LEAST_AGREEMENT = 0.5
"""IoU of an outline's bounds with its box."""
MOST_OF_ITS_PART = 0.5
"""Share of what an outline encloses that the mask holds, of which it is one part."""
SEVERAL = 3
"""Predictions, none of which has an outline, before it is said that there are none."""
CROWDED, CROWDS = 2, 2
"""Predictions after the first of an answer, and answers that have so many: the less sure ones of one crowded picture
may all be empty, and so may a stray one."""
LARGE = 32
"""px. A box of which both sides are as long shows enough for a mask."""
LEAST_ALIKE = 0.9
"""IoU of two forms of one mask."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """A prediction, its place in its answer, and whether it has an outline."""

    answer: Detection
    place: int
    prediction: Prediction
    outlined: bool


def outlines_are_polygons(answer: Detection, outlines: Sequence[Outline]) -> None:
    """An outline has three vertices or more, or none."""
    broken_if(
        [
            answer.finding(
                f"the outline of {prediction} has {len(outline)} vertices",
                f"{prediction.pointer}/points",
                expected="0, or 3 or more",
                actual=len(outline),
                marks=(prediction.mark,),
            )
            for prediction, outline in zip(answer.predictions, outlines, strict=True)
            if 0 < len(outline) < 3
        ]
    )


def some_outline(seen: Sequence[tuple[Detection, Sequence[Outline]]]) -> int:
    """Of predictions whose boxes have sides of 32 px or more some have an outline, and not the first ones alone.

    A model may well find no mask where there is little to see. Returns how many have one. Raises NoWitness where none
    has, and there are fewer than three.
    """
    found = [
        _Shown(answer, place, one, bool(line))
        for answer, lines in seen
        for place, (one, line) in enumerate(zip(answer.predictions, lines, strict=True))
        if min(one.width, one.height) >= LARGE
    ]
    later = [shown for shown in found if shown.place]
    crowds = [several for several in Counter(id(shown.answer) for shown in later).values() if several >= CROWDED]
    if len(crowds) < CROWDS:
        later = []
    for group, which in ((found, "predictions"), (later, "predictions after the first of their answer")):
        if len(group) >= SEVERAL and not any(shown.outlined for shown in group):
            first = group[0]
            message = f"none of {len(group)} {which} whose boxes have sides of {LARGE} px or more has an outline"
            told = {"expected": "a polygon", "actual": [], "marks": (first.prediction.mark,)}
            broken_if([first.answer.finding(message, f"{first.prediction.pointer}/points", **told)])
    outlined = sum(shown.outlined for shown in found)
    if not outlined:
        raise NoWitness(f"{len(found)} boxes have sides of {LARGE} px or more: {SEVERAL} would tell")
    return outlined


def outlines_in_picture(answer: Detection, outlines: Sequence[Outline], width: int, height: int) -> None:
    """Every vertex lies inside the picture, within 2 px."""
    reach = PIXELS + ROUNDING
    findings = []
    for prediction, outline in zip(answer.predictions, outlines, strict=True):
        outside = [
            (index, x, y)
            for index, (x, y) in enumerate(outline)
            if not (-reach <= x <= width + reach and -reach <= y <= height + reach)
        ]
        if outside:
            index, x, y = outside[0]
            findings.append(
                answer.finding(
                    f"{len(outside)} of {len(outline)} vertices of {prediction} lie outside the picture",
                    f"{prediction.pointer}/points/{index}",
                    expected=f"x in 0..{width}, y in 0..{height}",
                    actual=[x, y],
                    marks=(prediction.mark,),
                )
            )
    broken_if(findings)


def outlines_fill_boxes(answer: Detection, outlines: Sequence[Outline]) -> None:
    """The bounds of an outline are about its box: IoU of 0.5 or more."""
    broken_if(
        [
            answer.finding(
                f"the outline of {prediction} lies elsewhere than its box",
                f"{prediction.pointer}/points",
                expected=f"an IoU of {LEAST_AGREEMENT} or more with the box",
                actual=round(agreement, 3),
                marks=(prediction.mark,),
            )
            for prediction, outline in zip(answer.predictions, outlines, strict=True)
            if len(outline) >= 3 and (agreement := iou(_bounds(outline), prediction.corners)) < LEAST_AGREEMENT
        ]
    )


def mask_format_told(answer: Detection) -> None:
    """`mask_format` names the form in which each mask is given: polygon with points, rle with run lengths."""
    findings = []
    for prediction, item in zip(answer.predictions, answer.body["predictions"], strict=True):
        wanted = "rle" if "rle" in item and "points" not in item else "polygon"
        if item.get("mask_format") != wanted:
            message = f"mask_format of {prediction} does not name the form of its mask"
            place = f"{prediction.pointer}/mask_format"
            findings.append(answer.finding(message, place, expected=wanted, actual=item.get("mask_format")))
    broken_if(findings)


def _bounds(outline: Outline) -> Corners:
    columns, rows = [x for x, _ in outline], [y for _, y in outline]
    return min(columns), min(rows), max(columns), max(rows)


def runs_agree_with_outlines(
    answer: Detection, stated: Sequence[Mask], outlined: Detection, outlines: Sequence[Outline], size: tuple[int, int]
) -> int:
    """Run lengths are of the picture's size (width, height), and state the mask that the prediction's polygon does.

    Holes are closed as polygons close them. Of a mask of several parts the polygon is that of one, which the mask
    holds. Returns how many masks were compared.
    """
    around = {one.pointer: outline for one, outline in zip(outlined.predictions, outlines, strict=True)}
    covered = {one.pointer: mask for one, mask in zip(answer.predictions, stated, strict=True)}
    pairs = match(outlined.predictions, answer.predictions).pairs
    both = [(after, covered[after.pointer], around[before.pointer]) for before, after in pairs]
    findings = [_runs_beside_outline(answer, after, mask, outline, size) for after, mask, outline in both]
    broken_if([finding for finding in findings if finding])
    return sum(len(outline) >= 3 for *_, outline in both)


def _runs_beside_outline(
    answer: Detection, one: Prediction, mask: Mask, outline: Outline, size: tuple[int, int]
) -> Finding | None:
    """What is wrong with the mask that run lengths state of a prediction, beside its outline."""
    width, height = size
    place, marks = f"{one.pointer}/rle", (one.mark,)
    if mask.shape != (height, width):
        message = f"the mask of {one} is not of the picture's size"
        return answer.finding(message, place, expected=[height, width], actual=list(mask.shape))
    if len(outline) < 3:
        return None
    filled, enclosed = masks.filled(mask), masks.from_polygons([outline], width, height)
    if masks.is_one_piece(mask):
        agreement = masks.agreement(filled, enclosed)
        message = f"run lengths and outline of {one} agree to an IoU of {agreement:.3f} only"
        least = f">= {LEAST_ALIKE}"
        right = agreement >= LEAST_ALIKE
    else:
        agreement = float((filled & enclosed).sum() / max(enclosed.sum(), 1))
        message = f"run lengths of {one} leave out {1 - agreement:.0%} of what its outline encloses"
        least, right = "the part that the outline is about, and others", agreement >= MOST_OF_ITS_PART
    return None if right else answer.finding(message, place, expected=least, actual=round(agreement, 3), marks=marks)


def outlines_alike(
    answer: Detection, outlines: Sequence[Outline], expected: Detection, before: Sequence[Outline], why: str
) -> None:
    """The predictions that both answers hold have outlines that enclose about the same: IoU of 0.5 or more."""
    had = {one.pointer: outline for one, outline in zip(expected.predictions, before, strict=True)}
    has = {one.pointer: outline for one, outline in zip(answer.predictions, outlines, strict=True)}
    findings = []
    for one, other in match(expected.predictions, answer.predictions).pairs:
        both = had[one.pointer], has[other.pointer]
        agreement = iou(_bounds(both[0]), _bounds(both[1])) if all(both) else float(not any(both))
        if agreement < LEAST_AGREEMENT:
            message = f"the outline of {other} encloses something else, {why}"
            expected_share, place = f"an IoU of {LEAST_AGREEMENT} or more", f"{other.pointer}/points"
            marks = (other.mark,)
            found = answer.finding(message, place, expected=expected_share, actual=round(agreement, 3), marks=marks)
            findings.append(found)
    broken_if(findings)
