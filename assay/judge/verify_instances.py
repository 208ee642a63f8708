"""Named verifications of instances: boxes with outlines. Each raises RuleBroken."""

from __future__ import annotations

from collections.abc import Sequence

from assay.judge import masks
from assay.judge.answers import Detection, Outline
from assay.judge.boxes import PIXELS, ROUNDING, Corners, iou, match
from assay.judge.masks import Mask
from assay.judge.verdicts import broken_if

LEAST_AGREEMENT = 0.5
"""IoU of an outline's bounds with its box."""
MOST_OF_ITS_PART = 0.5
SEVERAL = 3
LEAST_ALIKE = 0.9
"""IoU of two forms of one mask."""


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
    """Of three predictions or more half have an outline: a model may well find none of what is small.

    Returns how many have one.
    """
    found = [(answer, one, line) for answer, lines in seen for one, line in zip(answer.predictions, lines, strict=True)]
    bare = [(answer, prediction) for answer, prediction, outline in found if not outline]
    if len(found) >= SEVERAL and 2 * len(bare) > len(found):
        answer, prediction = bare[0]
        message = f"{len(bare)} of {len(found)} predictions have no outline"
        told = {"expected": "a polygon", "actual": [], "marks": (prediction.mark,)}
        broken_if([answer.finding(message, f"{prediction.pointer}/points", **told)])
    return len(found) - len(bare)


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
    holds. Returns how many masks of one part were compared.
    """
    width, height = size
    around = {one.pointer: outline for one, outline in zip(outlined.predictions, outlines, strict=True)}
    covered = {one.pointer: mask for one, mask in zip(answer.predictions, stated, strict=True)}
    findings, compared = [], 0
    for before, after in match(outlined.predictions, answer.predictions).pairs:
        mask, outline, pointer = covered[after.pointer], around[before.pointer], f"{after.pointer}/rle"
        if mask.shape != (height, width):
            message = f"the mask of {after} is not of the picture's size"
            findings.append(answer.finding(message, pointer, expected=[height, width], actual=list(mask.shape)))
        elif len(outline) >= 3 and not masks.is_one_piece(mask):
            enclosed = masks.from_polygons([outline], width, height)
            share = float((masks.filled(mask) & enclosed).sum() / max(enclosed.sum(), 1))
            if share < MOST_OF_ITS_PART:
                message = f"run lengths of {after} leave out {1 - share:.0%} of what its outline encloses"
                told = {"expected": "the part that the outline is about, and others", "marks": (after.mark,)}
                findings.append(answer.finding(message, pointer, actual=round(share, 3), **told))
        elif len(outline) >= 3:
            compared += 1
            enclosed = masks.from_polygons([outline], width, height)
            agreement = masks.agreement(masks.filled(mask), enclosed)
            if agreement < LEAST_ALIKE:
                message = f"run lengths and outline of {after} agree to an IoU of {agreement:.3f} only"
                told = {"expected": f">= {LEAST_ALIKE}", "marks": (after.mark,)}
                findings.append(answer.finding(message, pointer, actual=round(agreement, 3), **told))
    broken_if(findings)
    return compared


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
