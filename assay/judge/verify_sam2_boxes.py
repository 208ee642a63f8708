"""The named verification that SAM2 takes boxes as large as they are. It raises RuleBroken, with a finding for each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assay.judge import masks, verify
from assay.judge.answers import Segmentation
from assay.judge.verdicts import NoWitness
from assay.judge.verify_sam2 import IN_BOX, Box, corners, mostly
from assay.record.model import Finding

MUCH_LEFT = 0.75
"""Share of a mask from which on it is not seen that something was cut off."""


def boxes_whole(answers: Sequence[tuple[Segmentation, Segmentation, Sequence[masks.Mask], Sequence[Box]]]) -> int:
    """The mask that answers a box around a thing is not cut off inside the box, where the thing goes on.

    Each entry holds the answer to the boxes, that to a point on each thing, what is to be seen of each, and the boxes.
    Judged are things whose point is answered with their own mask, in the box. One in three may be an exception. Returns
    how many are judged. Raises NoWitness where none is.
    """
    findings: list[Finding] = []
    asked = 0
    for of_boxes, of_points, things, boxes in answers:
        for index, (thing, box) in enumerate(zip(things, boxes, strict=True)):
            point = of_points.masks[index]
            if masks.agreement(point, thing) < verify.SAME_PICTURES_MASK or masks.in_box(point, *corners(box)) < IN_BOX:
                continue
            asked += 1
            left = _left_by_a_smaller_box(of_boxes.masks[index], point)
            if left is not None:
                findings.append(
                    of_boxes.finding(
                        "the mask of a box ends inside the box, as if it were smaller or lay elsewhere",
                        f"/predictions/{index}/masks",
                        expected="about the mask that a point on the same thing gets, which lies in the box",
                        actual=f"{left:.0%} of it",
                        marks=((*corners(box), "box"), (*masks.bounds(of_boxes.masks[index]), "mask")),
                    )
                )
    if not asked:
        raise NoWitness("no point on a thing is answered with the mask of that thing")
    mostly(findings, asked)
    return asked


def _left_by_a_smaller_box(mask: masks.Mask, whole: masks.Mask) -> float | None:
    """The share of a whole mask that another is, if that is what a smaller box would leave of it; None if it is not."""
    if not mask.any():
        return None
    x0, y0, x1, y1 = masks.bounds(mask)
    cut = np.zeros_like(whole)
    cut[y0:y1, x0:x1] = whole[y0:y1, x0:x1]
    share = float(cut.sum() / whole.sum())
    return share if share < MUCH_LEFT and masks.agreement(mask, cut) >= IN_BOX else None
