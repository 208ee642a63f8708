"""The named verifications that rules end with. Each raises RuleBroken, with a finding for each thing that is wrong.

Those of boxes, keypoints, drawings, instances and classes stand in files of their own, and are found here too.
"""

from __future__ import annotations

from collections.abc import Sequence

from assay.contract.message import Response
from assay.contract.source import Source
from assay.judge import masks
from assay.judge.answers import Segmentation, response_of
from assay.judge.verdicts import RuleBroken, broken_if
from assay.judge.verify_boxes import (
    at_least,
    boxes_have_sides,
    boxes_in_pixels,
    boxes_inside,
    centres_inside,
    fewer_with_each,
    image_size,
    more_with_each,
    no_more,
    nothing_added,
    nothing_lost,
    only_classes,
    overlap_at_most,
    same_predictions,
)
from assay.judge.verify_classes import (
    classes_at_least,
    no_class,
    no_more_than_one,
    same_classes,
    surest_first,
    surest_on_top,
    those_over,
)
from assay.judge.verify_drawings import (
    as_much_beside,
    as_wide_as_asked,
    drawing_only_where_asked,
    drawn_both_ways,
    jpeg,
    jpeg_of_size,
    labels_written,
    media_type,
    nothing_else_drawn,
    nothing_withheld_drawn,
    of_the_picture,
    outlines_drawn,
    outlines_wider,
    picture_of_size,
    same_drawing,
)
from assay.judge.verify_instances import (
    mask_format_told,
    outlines_are_polygons,
    outlines_fill_boxes,
    outlines_in_picture,
)
from assay.judge.verify_keypoints import (
    keypoint_names_stable,
    keypoints_at_their_box,
    keypoints_inside,
    keypoints_not_displaced,
    same_keypoints,
    some_keypoint,
)
from assay.record.model import Exchange, Finding

__all__ = [
    "answered",
    "as_much_beside",
    "as_wide_as_asked",
    "at_least",
    "boxes_have_sides",
    "boxes_in_pixels",
    "boxes_inside",
    "centres_inside",
    "classes_at_least",
    "drawing_only_where_asked",
    "drawn_both_ways",
    "fewer_with_each",
    "image_size",
    "jpeg",
    "jpeg_of_size",
    "keypoint_names_stable",
    "keypoints_at_their_box",
    "keypoints_inside",
    "keypoints_not_displaced",
    "labels_written",
    "mask_format_told",
    "masks_agree",
    "masks_in_order",
    "media_type",
    "more_with_each",
    "no_class",
    "no_more",
    "no_more_than_one",
    "no_server_error",
    "nothing_added",
    "nothing_else_drawn",
    "nothing_lost",
    "nothing_withheld_drawn",
    "of_the_picture",
    "one_prediction_each",
    "only_classes",
    "outlines_are_polygons",
    "outlines_drawn",
    "outlines_fill_boxes",
    "outlines_in_picture",
    "outlines_inside",
    "outlines_wider",
    "overlap_at_most",
    "picture_of_size",
    "refused",
    "same_classes",
    "same_drawing",
    "same_keypoints",
    "same_masks",
    "same_predictions",
    "some_keypoint",
    "surest_first",
    "surest_on_top",
    "those_over",
]

MASK_AGREEMENT = 0.98
SAME_PICTURES_MASK = 0.8
"""IoU of one picture's mask, asked for twice; a mask of another picture agrees far less."""


def one_prediction_each(answer: Segmentation, prompts: int) -> None:
    """There are as many predictions as prompts."""
    found = len(answer.masks)
    if found != prompts:
        message = f"the number of prompts is {prompts}, the number of predictions {found}"
        raise RuleBroken([answer.finding(message, "/predictions", expected=prompts, actual=found)])


def outlines_inside(answer: Segmentation, width: int, height: int) -> None:
    """Every vertex is a pixel of the picture, or lies on its far edge: 0 to W, 0 to H."""
    findings = []
    for index, outline in enumerate(answer.outlines):
        for number, polygon in enumerate(outline):
            outside = [(x, y) for x, y in polygon if not (0 <= x <= width and 0 <= y <= height)]
            if outside:
                findings.append(
                    answer.finding(
                        f"{len(outside)} of {len(polygon)} vertices lie outside the picture of {width} x {height} px",
                        f"/predictions/{index}/masks/{number}",
                        expected=f"x in 0..{width}, y in 0..{height}",
                        actual=list(outside[0]),
                    )
                )
    broken_if(findings)


def masks_agree(polygons: Segmentation, runs: Segmentation) -> None:
    """Polygon and RLE state the same mask for each prompt: IoU of 0.98 or more, holes closed as polygons close them."""
    as_many_masks(runs, polygons, "as RLE and as polygons")
    findings = []
    for index, (filled, decoded) in enumerate(zip(polygons.masks, runs.masks, strict=True)):
        if filled.shape != decoded.shape:
            findings.append(
                runs.finding(
                    "the RLE is not of the size of the picture, [height, width]",
                    f"/predictions/{index}/masks/size",
                    expected=list(filled.shape),
                    actual=list(decoded.shape),
                )
            )
        elif (agreement := masks.agreement(filled, masks.filled(decoded))) < MASK_AGREEMENT:
            message = f"RLE and polygons of one prompt agree to an IoU of {agreement:.3f} only"
            findings.append(_disagreement(runs, index, agreement, message, MASK_AGREEMENT))
    broken_if(findings)


def same_masks(answer: Segmentation, alone: Segmentation, why: str) -> None:
    """Two answers hold the same masks, in order, IoU of 0.8 or more: batching may move an outline by a pixel."""
    as_many_masks(answer, alone, why)
    agreements = [masks.agreement(first, second) for first, second in zip(answer.masks, alone.masks, strict=True)]
    broken_if(
        [
            _disagreement(
                answer, index, agreement, f"the mask agrees to {agreement:.3f} of IoU only, {why}", SAME_PICTURES_MASK
            )
            for index, agreement in enumerate(agreements)
            if agreement < SAME_PICTURES_MASK
        ]
    )


def mask_for_each(answer: Segmentation, alone: Sequence[masks.Mask]) -> None:
    """For each prompt there is a mask that agrees better with that of this prompt, asked alone, than of any other."""
    shown = {_best_of(mask, alone)[0] for mask in answer.masks}
    broken_if(
        [
            answer.finding(
                f"no prediction is the mask of prompt {index}, as it is answered alone",
                "/predictions",
                expected="a mask for each prompt",
                actual=f"{len(answer.masks)} masks, of prompts {sorted(shown)}",
            )
            for index in range(len(alone))
            if index not in shown
        ]
    )


def _best_of(mask: masks.Mask, alone: Sequence[masks.Mask]) -> tuple[int, list[float]]:
    """The prompt whose mask agrees best with this one, and how each of them does, by IoU."""
    agreements = [masks.agreement(mask, other) for other in alone]
    return agreements.index(max(agreements)), agreements


def masks_in_order(answer: Segmentation, alone: Sequence[masks.Mask], order: Sequence[int]) -> None:
    """Each mask agrees better with that of its own prompt, asked alone, than with that of any other prompt.

    `order` holds which of them was asked at each place.
    """
    findings = []
    for index, (mask, asked) in enumerate(zip(answer.masks, order, strict=True)):
        best, agreements = _best_of(mask, alone)
        if best != asked:
            message = f"prediction {index} of {len(order)} is the mask of another prompt than the one at its place"
            told = {f"with that of prompt {number}": round(each, 3) for number, each in enumerate(agreements)}
            expected = f"the best agreement with that of prompt {asked}"
            findings.append(answer.finding(message, f"/predictions/{index}/masks", expected=expected, actual=told))
    broken_if(findings)


def as_many_masks(answer: Segmentation, other: Segmentation, why: str) -> None:
    """The answer holds as many masks as the other."""
    if len(answer.masks) != len(other.masks):
        message = f"another number of masks, {why}"
        raise RuleBroken([answer.finding(message, "/predictions", expected=len(other.masks), actual=len(answer.masks))])


def _disagreement(answer: Segmentation, index: int, agreement: float, message: str, floor: float) -> Finding:
    expected, actual = f">= {floor}", round(agreement, 4)
    return answer.finding(message, f"/predictions/{index}/masks", expected=expected, actual=actual)


def refused(exchange: Exchange, what: str) -> None:
    """The request was refused with a 4xx and a JSON body that gives a reason."""
    response = response_of(exchange)
    if not 400 <= response.status < 500:
        verb = "ended in a server error" if response.status >= 500 else "was answered"
        message = f"{what} {verb} (status {response.status}) instead of being refused"
        raise RuleBroken([Finding(message, expected="a 4xx status", actual=response.status, exchange=exchange.id)])
    if not _reason(response):
        message = f"{what} was refused with {response.status}, but the body gives no reason as JSON"
        actual = f"{response.media_type or 'no Content-Type'}, {len(response.body)} bytes"
        raise RuleBroken(
            [Finding(message, expected="a JSON object with a message", actual=actual, exchange=exchange.id)]
        )


def no_server_error(exchange: Exchange, what: str, says: Source | None = None) -> None:
    """The request did not end in a 5xx. `says` is what the document says of the operation."""
    status = response_of(exchange).status
    if status >= 500:
        message, expected = f"{what} ended in a server error", "a status below 500"
        raise RuleBroken([Finding(message, expected=expected, actual=status, exchange=exchange.id, says=says)])


def answered(exchange: Exchange, what: str, says: Source | None) -> None:
    """The request was answered with 200. Raises RuleBroken."""
    status = response_of(exchange).status
    if status != 200:
        message = f"{what} was not answered"
        raise RuleBroken([Finding(message, expected=200, actual=status, exchange=exchange.id, says=says)])


def _reason(response: Response) -> bool:
    try:
        body = response.json()
    except ValueError:
        return False
    return isinstance(body, dict) and any(body.get(name) for name in ("message", "Message", "detail", "error"))
