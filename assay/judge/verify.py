"""The named verifications that rules end with. Each raises RuleBroken, with a finding for each thing that is wrong."""

from __future__ import annotations

from collections.abc import Sequence

from assay.contract.message import Response
from assay.judge import boxes, masks, pictures
from assay.judge.answers import Answer, Detection, Segmentation, response_of
from assay.judge.boxes import Prediction
from assay.judge.verdicts import RuleBroken, broken_if
from assay.record.model import Exchange, Finding

EDGE = 2.0
"""px by which a box may pass the picture's edge: rounding after scaling back from the network's input."""
MASK_AGREEMENT = 0.98
DRAWN_SHARE = 0.5
CHANGED_ELSEWHERE = 0.02


def boxes_inside(answer: Detection, width: int, height: int) -> None:
    """Every box lies inside the picture, within 2 px."""
    outside = []
    for prediction in answer.predictions:
        x0, y0, x1, y1 = prediction.corners
        if x0 < -EDGE or y0 < -EDGE or x1 > width + EDGE or y1 > height + EDGE:
            outside.append(
                answer.finding(
                    f"the box of {prediction} leaves the picture of {width} x {height} px",
                    prediction.pointer,
                    expected=[0, 0, width, height],
                    actual=[round(value, 2) for value in prediction.corners],
                    marks=(prediction.mark,),
                )
            )
    broken_if(outside)


def boxes_have_area(answer: Detection) -> None:
    """Every box is wider and higher than nothing, and at least a pixel: coordinates are px and no fractions."""
    broken_if(
        [
            answer.finding(
                f"the box of {prediction} is {prediction.width:g} x {prediction.height:g} px",
                prediction.pointer,
                expected="a width and a height of a pixel or more",
                actual=[prediction.width, prediction.height],
                marks=(prediction.mark,),
            )
            for prediction in answer.predictions
            if prediction.width < 1 or prediction.height < 1
        ]
    )


def image_size(answer: Answer, width: int, height: int) -> None:
    """`image` states the width and height of the picture that was sent."""
    stated = answer.body.get("image") if isinstance(answer.body, dict) else None
    if stated != {**(stated or {}), "width": width, "height": height}:
        raise RuleBroken(
            [
                answer.finding(
                    f"the picture that was sent is {width} x {height} px, the answer says otherwise",
                    "/image",
                    expected={"width": width, "height": height},
                    actual=stated,
                )
            ]
        )


def at_least(answer: Detection, threshold: float) -> None:
    """No prediction is less confident than the threshold (0 to 1)."""
    broken_if(
        [
            answer.finding(
                f"{prediction} was returned, below the threshold of {threshold:g}",
                f"{prediction.pointer}/confidence",
                expected=f">= {threshold:g}",
                actual=prediction.confidence,
                marks=(prediction.mark,),
            )
            for prediction in answer.predictions
            if prediction.confidence < threshold
        ]
    )


def nothing_lost(answer: Detection, expected: Sequence[Prediction], why: str) -> None:
    """Every expected prediction is in the answer, found by class and place."""
    lost = boxes.match(expected, answer.predictions).only_first
    broken_if(
        [
            answer.finding(
                f"{prediction} is missing, {why}", "/predictions", expected=str(prediction), marks=(prediction.mark,)
            )
            for prediction in lost
        ]
    )


def nothing_added(answer: Detection, allowed: Sequence[Prediction], why: str) -> None:
    """No prediction is in the answer that is not allowed, by class and place."""
    added = boxes.match(allowed, answer.predictions).only_second
    broken_if(
        [
            answer.finding(
                f"{prediction} was added, {why}", prediction.pointer, actual=str(prediction), marks=(prediction.mark,)
            )
            for prediction in added
        ]
    )


def same_predictions(answer: Detection, expected: Sequence[Prediction], why: str) -> None:
    """The answer holds the expected predictions and no other, within 2 px and 0.02 of confidence."""
    nothing_added(answer, expected, why)
    nothing_lost(answer, expected, why)


def only_classes(answer: Detection, wanted: Sequence[str]) -> None:
    """Every prediction is of a wanted class."""
    broken_if(
        [
            answer.finding(
                f"{prediction} is of class {prediction.label!r}, which was not asked for",
                f"{prediction.pointer}/class",
                expected=list(wanted),
                actual=prediction.label,
                marks=(prediction.mark,),
            )
            for prediction in answer.predictions
            if prediction.label not in wanted
        ]
    )


def keypoint_names_stable(answers: Sequence[Detection]) -> None:
    """A keypoint id occurs once in a prediction, and stands for one name over all predictions of a class."""
    names: dict[tuple[str, int], str] = {}
    identifiers: dict[tuple[str, str], int] = {}
    findings: list[Finding] = []
    for answer in answers:
        for prediction in answer.predictions:
            findings += _keypoints_of(answer, prediction, names, identifiers)
    broken_if(findings)


def _keypoints_of(
    answer: Detection,
    prediction: Prediction,
    names: dict[tuple[str, int], str],
    identifiers: dict[tuple[str, str], int],
) -> list[Finding]:
    findings, seen = [], set()
    for point in prediction.keypoints:
        if point.identifier in seen:
            findings.append(
                answer.finding(
                    f"keypoint id {point.identifier} occurs twice in one prediction",
                    f"{point.pointer}/class_id",
                    actual=point.identifier,
                )
            )
        seen.add(point.identifier)
        if point.name is None:
            continue
        name = names.setdefault((prediction.label, point.identifier), point.name)
        if name != point.name:
            findings.append(
                answer.finding(
                    f"keypoint id {point.identifier} was named {name!r} before, and {point.name!r} here",
                    point.pointer,
                    expected=name,
                    actual=point.name,
                )
            )
        identifier = identifiers.setdefault((prediction.label, point.name), point.identifier)
        if identifier != point.identifier and name == point.name:
            findings.append(
                answer.finding(
                    f"keypoint {point.name!r} had id {identifier} before, and has {point.identifier} here",
                    f"{point.pointer}/class_id",
                    expected=identifier,
                    actual=point.identifier,
                )
            )
    return findings


def jpeg_of_size(
    content: bytes, width: int, height: int, exchange: Exchange, pointer: str | None = None
) -> pictures.Pixels:
    """The bytes are a JPEG of this size in px; returns its pixels, H x W x 3 RGB."""

    def broken(message: str, actual: object) -> RuleBroken:
        expected = f"a JPEG of {width} x {height} px"
        return RuleBroken([Finding(message, pointer=pointer, expected=expected, actual=actual, exchange=exchange.id)])

    if not pictures.is_jpeg(content):
        raise broken(
            "the picture that came back is no JPEG",
            f"{len(content)} bytes beginning {content[:8].hex(' ') or 'with nothing'}",
        )
    pixels = pictures.decode(content)
    if pixels is None:
        raise broken("the JPEG that came back cannot be decoded", f"{len(content)} bytes")
    found_height, found_width = pixels.shape[:2]
    if (found_width, found_height) != (width, height):
        raise broken(
            "the drawing is not of the size of the picture that was sent", f"{found_width} x {found_height} px"
        )
    return pixels


def media_type(exchange: Exchange, expected: str) -> None:
    """The answer's Content-Type is the expected one."""
    actual = response_of(exchange).media_type
    if actual != expected:
        message = f"Content-Type is {actual or 'missing'} and not {expected}"
        raise RuleBroken([Finding(message, expected=expected, actual=actual, exchange=exchange.id)])


def outlines_drawn(answer: Detection, before: pictures.Pixels, after: pictures.Pixels) -> None:
    """Round every predicted box the picture visibly changed, on half of the outline or more, and elsewhere not."""
    findings = []
    share = pictures.changed_elsewhere(before, after, [prediction.corners for prediction in answer.predictions])
    if share > CHANGED_ELSEWHERE:
        message = "the drawing is not the picture that was sent with something added: it differs far from every box"
        expected = f"{CHANGED_ELSEWHERE:.0%} or less of the picture away from the boxes"
        findings.append(answer.finding(message, "/predictions", expected=expected, actual=f"{share:.0%}"))
    for prediction in answer.predictions:
        share = pictures.outline_drawn(before, after, prediction.corners)
        if share < DRAWN_SHARE:
            findings.append(
                answer.finding(
                    f"the drawing shows no outline where the JSON says {prediction}",
                    prediction.pointer,
                    expected=f"a line on {DRAWN_SHARE:.0%} of the outline or more",
                    actual=f"{share:.0%}",
                    marks=(prediction.mark,),
                )
            )
    broken_if(findings)


def one_prediction_each(answer: Segmentation, prompts: int) -> None:
    """There are as many predictions as prompts."""
    found = len(answer.masks)
    if found != prompts:
        message = f"the number of prompts is {prompts}, the number of predictions {found}"
        raise RuleBroken([answer.finding(message, "/predictions", expected=prompts, actual=found)])


def outlines_inside(answer: Segmentation, width: int, height: int) -> None:
    """Every vertex is a whole pixel of the picture: 0 to W-1, 0 to H-1."""
    findings = []
    for index, outline in enumerate(answer.outlines):
        for number, polygon in enumerate(outline):
            outside = [(x, y) for x, y in polygon if not (0 <= x <= width - 1 and 0 <= y <= height - 1)]
            if outside:
                findings.append(
                    answer.finding(
                        f"{len(outside)} of {len(polygon)} vertices lie outside the picture of {width} x {height} px",
                        f"/predictions/{index}/masks/{number}",
                        expected=f"x in 0..{width - 1}, y in 0..{height - 1}",
                        actual=list(outside[0]),
                    )
                )
    broken_if(findings)


def masks_agree(polygons: Segmentation, runs: Segmentation) -> None:
    """Polygon and RLE state the same mask for each prompt: IoU of 0.98 or more, holes closed as polygons close them."""
    findings = []
    for index, (filled, decoded) in enumerate(zip(polygons.masks, runs.masks, strict=False)):
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
            findings.append(
                runs.finding(
                    f"RLE and polygons of one prompt agree to an IoU of {agreement:.3f} only",
                    f"/predictions/{index}/masks",
                    expected=f">= {MASK_AGREEMENT}",
                    actual=round(agreement, 4),
                )
            )
    broken_if(findings)


def same_masks(answer: Segmentation, alone: Segmentation, why: str) -> None:
    """Two answers hold the same masks, in order, IoU of 0.98 or more."""
    if len(answer.masks) != len(alone.masks):
        raise RuleBroken(
            [
                answer.finding(
                    f"another number of masks, {why}",
                    "/predictions",
                    expected=len(alone.masks),
                    actual=len(answer.masks),
                )
            ]
        )
    findings = []
    for index, (first, second) in enumerate(zip(answer.masks, alone.masks, strict=True)):
        if (agreement := masks.agreement(first, second)) < MASK_AGREEMENT:
            findings.append(
                answer.finding(
                    f"the mask agrees to an IoU of {agreement:.3f} only, {why}",
                    f"/predictions/{index}/masks",
                    expected=f">= {MASK_AGREEMENT}",
                    actual=round(agreement, 4),
                )
            )
    broken_if(findings)


def refused(exchange: Exchange, what: str) -> None:
    """The request was refused with a 4xx and a JSON body that gives a reason."""
    response = response_of(exchange)
    if not 400 <= response.status < 500:
        verb = "was answered with predictions" if response.status == 200 else "ended in a server error"
        message = f"{what} {verb} (status {response.status}) instead of being refused"
        raise RuleBroken([Finding(message, expected="a 4xx status", actual=response.status, exchange=exchange.id)])
    if not _reason(response):
        message = f"{what} was refused with {response.status}, but the body gives no reason as JSON"
        actual = f"{response.media_type or 'no Content-Type'}, {len(response.body)} bytes"
        raise RuleBroken(
            [Finding(message, expected="a JSON object with a message", actual=actual, exchange=exchange.id)]
        )


def no_server_error(exchange: Exchange, what: str) -> None:
    """The request did not end in a 5xx."""
    status = response_of(exchange).status
    if status >= 500:
        message = f"{what} ended in a server error"
        raise RuleBroken([Finding(message, expected="a status below 500", actual=status, exchange=exchange.id)])


def _reason(response: Response) -> bool:
    try:
        body = response.json()
    except ValueError:
        return False
    return isinstance(body, dict) and any(body.get(name) for name in ("message", "Message", "detail", "error"))
