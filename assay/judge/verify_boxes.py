"""Named verifications of boxes, of thresholds, and of which predictions an answer holds. Each raises RuleBroken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, pairwise

from assay.judge import boxes
from assay.judge.answers import Answer, Detection
from assay.judge.boxes import Prediction
from assay.judge.verdicts import RuleBroken, broken_if
from assay.record.model import Finding

EDGE = 2.0
"""px by which a box may pass the picture's edge: rounding after scaling back from the network's input."""
REACH = EDGE + boxes.ROUNDING
WHOLE_PIXEL = 0.5
"""px by which rounding to whole pixels moves an edge."""
FLAT = 0.1
"""Share of the boxes that may have no width or no height."""
SHARE = 0.01
"""IoU by which two computations of one overlap may differ."""


def centres_inside(answer: Detection, width: int, height: int) -> None:
    """Every centre lies inside the picture, within 2 px."""
    broken_if(
        [
            answer.finding(
                f"the centre of {prediction} lies outside the picture of {width} x {height} px",
                prediction.pointer,
                expected=[width, height],
                actual=[prediction.x, prediction.y],
                marks=(prediction.mark,),
            )
            for prediction in answer.predictions
            if not (-REACH <= prediction.x <= width + REACH and -REACH <= prediction.y <= height + REACH)
        ]
    )


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


def boxes_have_sides(answers: Sequence[Detection]) -> None:
    """Boxes have sides of a length. One in ten may have none: rounding to whole px leaves nothing of a sliver."""
    every = [(answer, prediction) for answer in answers for prediction in answer.predictions]
    flat = [(answer, prediction) for answer, prediction in every if min(prediction.width, prediction.height) == 0]
    if len(flat) > FLAT * len(every):
        broken_if(
            [
                answer.finding(
                    f"the box of {prediction} is {prediction.width:g} x {prediction.height:g} px: it is none",
                    prediction.pointer,
                    expected="a width and a height above 0",
                    actual=[prediction.width, prediction.height],
                    marks=(prediction.mark,),
                )
                for answer, prediction in flat
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
        answer.missing(prediction, why)
        for prediction in matching.only_first
        if not boxes.is_borderline(prediction.confidence, threshold)
    ]


def _added(answer: Detection, matching: boxes.Matching, why: str, threshold: float) -> list[Finding]:
    return [
        answer.added(prediction, why)
        for prediction in matching.only_second
        if not boxes.is_borderline(prediction.confidence, threshold)
    ]


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


def overlap_at_most(answer: Detection, limit: float, width: int, height: int, across: bool = False) -> None:
    """No two boxes of one class (with `across`, of any) overlap by an IoU over the limit (0 to 1).

    Measured with boxes made smaller by what rounding adds. Boxes at the picture's edge do not count: a part of them may
    have been cut off after they were compared.
    """
    findings = []
    for first, second in combinations(list(_clear_of_the_edge(answer, width, height)), 2):
        share = boxes.iou(_smaller(first), _smaller(second))
        if (across or first.label == second.label) and share > limit + SHARE:
            findings.append(
                answer.finding(
                    f"{first} and {second} overlap by an IoU of {share:.3f}, over the limit of {limit:g}",
                    second.pointer,
                    expected=f"<= {limit:g}",
                    actual=round(share, 3),
                    marks=(first.mark, second.mark),
                )
            )
    broken_if(findings)


def _clear_of_the_edge(answer: Detection, width: int, height: int) -> Iterator[Prediction]:
    for prediction in answer.predictions:
        x0, y0, x1, y1 = prediction.corners
        if min(x0, y0) > REACH and x1 < width - REACH and y1 < height - REACH:
            yield prediction


def _smaller(prediction: Prediction) -> boxes.Corners:
    x0, y0, x1, y1 = prediction.corners
    return x0 + WHOLE_PIXEL, y0 + WHOLE_PIXEL, x1 - WHOLE_PIXEL, y1 - WHOLE_PIXEL


def fewer_with_each(answers: Mapping[int, Detection]) -> None:
    """The higher the threshold, in percent, the fewer predictions, or as many; those near it do not count."""
    findings = []
    for low, high in pairwise(sorted(answers)):
        surely = [one for one in answers[high].predictions if not boxes.is_borderline(one.confidence, high / 100)]
        allowed = answers[low].predictions
        if len(surely) > len(allowed):
            findings.append(
                answers[high].finding(
                    f"confidence={high:g} gives more predictions than confidence={low:g}",
                    "/predictions",
                    expected=f"{len(allowed)} or fewer",
                    actual=len(surely),
                )
            )
    broken_if(findings)


def more_with_each(answers: Mapping[int, Detection], parameter: str, threshold: float) -> None:
    """The higher the parameter, the more predictions, or as many; those near the threshold (0 to 1) do not count."""
    findings = []
    for low, high in pairwise(sorted(answers)):
        surely, more = answers[low].above(threshold + boxes.CONFIDENCE), answers[high].predictions
        if len(surely) > len(more):
            findings.append(
                answers[high].finding(
                    f"{parameter}={high:g} gives fewer predictions than {parameter}={low:g}",
                    "/predictions",
                    expected=f"{len(surely)} or more",
                    actual=len(more),
                )
            )
    broken_if(findings)
