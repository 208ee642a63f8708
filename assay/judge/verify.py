"""The named verifications that rules end with. Each raises RuleBroken, with a finding for each thing that is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from assay.contract.message import Response
from assay.contract.source import Source
from assay.judge import boxes, masks, pictures
from assay.judge.answers import Answer, Detection, Segmentation, response_of
from assay.judge.boxes import Keypoint, Prediction
from assay.judge.verdicts import RuleBroken, broken_if
from assay.record.model import Exchange, Finding

EDGE = 2.0
"""px by which a box may pass the picture's edge: rounding after scaling back from the network's input."""
REACH = EDGE + boxes.ROUNDING
MASK_AGREEMENT = 0.98
SAME_MASK = 0.8
"""IoU of one picture's mask, asked for twice; a mask of another picture agrees far less."""
DRAWN_SHARE = 0.5
CHANGED_ELSEWHERE = 0.02


def boxes_inside(answer: Detection, width: int, height: int) -> None:
    """Every box lies inside the picture, within 2 px."""
    outside = []
    for prediction in answer.predictions:
        x0, y0, x1, y1 = prediction.corners
        if min(x0, y0) < -REACH or x1 > width + REACH or y1 > height + REACH:
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


def boxes_in_pixels(answer: Detection) -> None:
    """No box has a negative side, and none lies within the first pixel as a whole, as boxes in fractions do."""
    broken_if(
        [
            answer.finding(
                f"the box of {prediction} is {prediction.width:g} x {prediction.height:g} px",
                prediction.pointer,
                expected="a width and a height in pixels",
                actual=[prediction.width, prediction.height],
                marks=(prediction.mark,),
            )
            for prediction in answer.predictions
            if min(prediction.width, prediction.height) < 0 or max(prediction.corners[2:]) <= 1 + boxes.ROUNDING
        ]
    )


def image_size(answer: Answer, width: int, height: int) -> None:
    """`image` states the width and height of the picture that was sent."""
    expected = {"width": width, "height": height}
    stated = answer.body.get("image") if isinstance(answer.body, dict) else None
    if not isinstance(stated, dict) or {name: stated.get(name) for name in expected} != expected:
        message = f"the picture that was sent is {width} x {height} px, the answer says otherwise"
        raise RuleBroken([answer.finding(message, "/image", expected=expected, actual=stated)])


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


def nothing_lost(answer: Detection, expected: Sequence[Prediction], why: str, threshold: float) -> None:
    """Every expected prediction is in the answer, found by class and place.

    One whose confidence lies within 0.02 of the threshold (0 to 1) may come and go: batches and GPUs round otherwise.
    """
    broken_if(_lost(answer, boxes.match(expected, answer.predictions), why, threshold))


def nothing_added(answer: Detection, allowed: Sequence[Prediction], why: str, threshold: float) -> None:
    """No prediction is in the answer that is not allowed, by class and place; near the threshold one may be."""
    broken_if(_added(answer, boxes.match(allowed, answer.predictions), why, threshold))


def no_more(answer: Detection, lower: Detection, threshold: float) -> None:
    """A higher threshold (0 to 1) gives no more predictions than a lower one gave; those near it do not count."""
    surely = answer.above(threshold + boxes.CONFIDENCE)
    if len(surely) > len(lower.predictions):
        message = f"{len(surely)} predictions over the threshold of {threshold:g}, more than a lower threshold gives"
        found = {"expected": f"{len(lower.predictions)} or fewer", "actual": len(surely)}
        raise RuleBroken([answer.finding(message, "/predictions", **found)])


def same_predictions(answer: Detection, expected: Sequence[Prediction], why: str, threshold: float) -> None:
    """The answer holds the expected predictions and no other, within 2 px and 0.02 of confidence."""
    matching = boxes.match(expected, answer.predictions)
    broken_if(_added(answer, matching, why, threshold) + _lost(answer, matching, why, threshold))


def _lost(answer: Detection, matching: boxes.Matching, why: str, threshold: float) -> list[Finding]:
    return [
        answer.finding(
            f"{prediction} is missing, {why}", "/predictions", expected=str(prediction), marks=(prediction.mark,)
        )
        for prediction in matching.only_first
        if not _borderline(prediction, threshold)
    ]


def _added(answer: Detection, matching: boxes.Matching, why: str, threshold: float) -> list[Finding]:
    return [
        answer.finding(
            f"{prediction} was added, {why}", prediction.pointer, actual=str(prediction), marks=(prediction.mark,)
        )
        for prediction in matching.only_second
        if not _borderline(prediction, threshold)
    ]


def _borderline(prediction: Prediction, threshold: float) -> bool:
    return abs(prediction.confidence - threshold) <= boxes.CONFIDENCE + boxes.ROUNDING


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
    """A keypoint id occurs once in a prediction, and stands for one name over all predictions of a class.

    A name keeps its id too, but for names that one prediction gives to several keypoints: skeletons may have such.
    """
    predictions = [(answer, prediction) for answer in answers for prediction in answer.predictions]
    shared = {
        (prediction.label, name)
        for _, prediction in predictions
        for name, number in Counter(point.name for point in prediction.keypoints).items()
        if number > 1
    }
    names: dict[tuple[str, int], str] = {}
    identifiers: dict[tuple[str, str], int] = {}
    findings: list[Finding] = []
    for answer, prediction in predictions:
        findings += _repeated(answer, prediction)
        for point in prediction.keypoints:
            if point.name is None:
                continue
            name = names.setdefault((prediction.label, point.identifier), point.name)
            if name != point.name:
                findings.append(_renamed(answer, point, name))
                continue
            identifier = identifiers.setdefault((prediction.label, point.name), point.identifier)
            if identifier != point.identifier and (prediction.label, point.name) not in shared:
                findings.append(_renumbered(answer, point, identifier))
    broken_if(findings)


def _repeated(answer: Detection, prediction: Prediction) -> list[Finding]:
    findings, seen = [], set()
    for point in prediction.keypoints:
        if point.identifier in seen:
            message = f"keypoint id {point.identifier} occurs twice in one prediction"
            findings.append(answer.finding(message, f"{point.pointer}/class_id", actual=point.identifier))
        seen.add(point.identifier)
    return findings


def _renamed(answer: Detection, point: Keypoint, before: str) -> Finding:
    message = f"keypoint id {point.identifier} was named {before!r} before, and {point.name!r} here"
    return answer.finding(message, point.pointer, expected=before, actual=point.name)


def _renumbered(answer: Detection, point: Keypoint, before: int) -> Finding:
    message = f"keypoint {point.name!r} had id {before} before, and has {point.identifier} here"
    return answer.finding(message, f"{point.pointer}/class_id", expected=before, actual=point.identifier)


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
    if not pictures.is_whole(content):
        raise broken("the JPEG that came back is cut off: its end mark is missing", f"{len(content)} bytes")
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
    """Along each side of every predicted box the picture changed, on half of it or more, and elsewhere it did not.

    `before` is the picture as it would be without a drawing, compressed like `after`: `pictures.as_drawn_upon`.
    """
    findings = []
    share = pictures.changed_elsewhere(before, after, [*_places_drawn_at(answer)])
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
                    expected=f"a line on {DRAWN_SHARE:.0%} or more of each side",
                    actual=f"{share:.0%} of one side",
                    marks=(prediction.mark,),
                )
            )
    broken_if(findings)


def _places_drawn_at(answer: Detection) -> Iterator[boxes.Corners]:
    for prediction in answer.predictions:
        yield prediction.corners
        for point in prediction.keypoints:
            yield (point.x, point.y, point.x, point.y)


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
    _as_many_masks(runs, polygons, "as RLE and as polygons")
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
    _as_many_masks(answer, alone, why)
    agreements = [masks.agreement(first, second) for first, second in zip(answer.masks, alone.masks, strict=True)]
    broken_if(
        [
            _disagreement(answer, index, agreement, f"the mask agrees to {agreement:.3f} of IoU only, {why}", SAME_MASK)
            for index, agreement in enumerate(agreements)
            if agreement < SAME_MASK
        ]
    )


def masks_in_order(answer: Segmentation, alone: Sequence[masks.Mask]) -> None:
    """Each mask agrees better with that of its own prompt, asked alone, than with that of any other prompt."""
    findings = []
    for index, mask in enumerate(answer.masks):
        agreements = [masks.agreement(mask, other) for other in alone]
        best = agreements.index(max(agreements))
        if best != index:
            message = f"prediction {index} is the mask of prompt {best} and not of prompt {index}"
            told = [round(agreement, 3) for agreement in agreements]
            findings.append(answer.finding(message, f"/predictions/{index}/masks", expected=index, actual=told))
    broken_if(findings)


def _as_many_masks(answer: Segmentation, other: Segmentation, why: str) -> None:
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
