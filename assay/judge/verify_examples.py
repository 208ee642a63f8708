"""Named verifications of detection by examples. Each raises RuleBroken, with a finding for each thing that is wrong.

Its confidences crowd together near 1, where the tolerances for other detectors would excuse everything; so predictions
are compared by class and place alone. Of several boxes that show one thing equally well, any may be the one that stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from assay.judge import boxes, verify_boxes
from assay.judge.answers import Detection
from assay.judge.boxes import Corners, Prediction
from assay.judge.verdicts import AnswerOfAnother, RuleBroken, broken_if
from assay.record.model import Finding

FOUND = 0.25 + boxes.ROUNDING
"""IoU over which a box lies at an example's place. Boxes beside it, or of half its sides, do not reach it."""
FITTING = 0.5
NOISE = 0.0005
"""By how much a confidence may differ from call to call on any target; one that was seen to vary more may so again."""


def overlapping(answer: Detection, place: Corners) -> tuple[Prediction, ...]:
    """The predictions that lie at a place, the most confident first."""
    there = (prediction for prediction in answer.predictions if boxes.iou(prediction.corners, place) > FOUND)
    return tuple(sorted(there, key=lambda prediction: -prediction.confidence))


def touching(answer: Detection, place: Corners) -> bool:
    """Whether any prediction reaches into a place, however little."""
    return any(boxes.iou(prediction.corners, place) > 0 for prediction in answer.predictions)


def found_at(answer: Detection, label: str, place: Corners, where: str) -> None:
    """A prediction of the class lies at the place."""
    if not any(prediction.label == label for prediction in overlapping(answer, place)):
        seen = [prediction for prediction in answer.predictions if prediction.label == label]
        message = f"no prediction of class {label!r} lies {where}"
        found = {"expected": f"a box over {_told(place)}", "actual": [str(prediction) for prediction in seen[:3]]}
        marks = ((*place, f"example: {label}"), *(prediction.mark for prediction in seen[:5]))
        broken_if([answer.finding(message, "/predictions", marks=marks, **found)])


def something_at_each(answer: Detection, places: Mapping[str, Corners], why: str) -> None:
    """Something, of whatever class, lies at the place of each example."""
    findings = []
    for label, place in places.items():
        if not overlapping(answer, place):
            message = f"nothing lies where the example of class {label!r} is, {why}"
            marks = ((*place, f"example: {label}"), *(one.mark for one in answer.predictions[:5]))
            found = {"expected": f"a box over {_told(place)}", "actual": [str(one) for one in answer.predictions[:3]]}
            findings.append(answer.finding(message, "/predictions", marks=marks, **found))
    broken_if(findings)


def nothing_like(answer: Detection, label: str, place: Corners, where: str) -> None:
    """No prediction of the class has an IoU of 0.5 or more with a box. What reaches further shows another thing."""
    broken_if(
        [
            answer.finding(f"{one} lies {where}", one.pointer, marks=((*place, f"not {label}"), one.mark))
            for one in overlapping(answer, place)
            if one.label == label and boxes.iou(one.corners, place) >= FITTING
        ]
    )


def of_these_examples(answer: Detection, examples: Mapping[str, Corners]) -> None:
    """Nothing is of another class than the examples, and each is found where it is.

    Raises AnswerOfAnother for another class: that is a name which another request has given.
    """
    try:
        verify_boxes.only_classes(answer, [*examples])
    except RuleBroken as broken:
        raise AnswerOfAnother(broken.findings) from None
    for label, place in examples.items():
        found_at(answer, label, place, "where its example is")


def has_drawing(answer: Detection) -> None:
    """The answer to a request for a drawing has one."""
    if answer.body.get("visualization") is None:
        message = "a drawing was asked for, and none came"
        broken_if([answer.finding(message, "/visualization", expected="a JPEG in base64", actual=None)])


def fits(answer: Detection, label: str, place: Corners) -> None:
    """The best of the predictions of a class that lie at the place has an IoU of 0.5 or more with it."""
    there = [prediction for prediction in overlapping(answer, place) if prediction.label == label]
    if not there:
        return
    best = max(there, key=lambda prediction: boxes.iou(prediction.corners, place))
    agreement = boxes.iou(best.corners, place)
    if agreement < FITTING:
        message = f"{best} fits its own example with an IoU of {agreement:.2f} only"
        found = {"expected": f">= {FITTING} with {_told(place)}", "actual": round(agreement, 3)}
        marks = ((*place, f"example: {label}"), best.mark)
        broken_if([answer.finding(message, best.pointer, marks=marks, **found)])


def of_its_example(answer: Detection, places: Mapping[str, Corners]) -> None:
    """What lies at the place of an example is of that example's class, judged by the most confident box there."""
    findings = []
    for label, place in places.items():
        there = overlapping(answer, place)
        if there and there[0].label != label:
            message = f"{there[0]} lies where the example of class {label!r} is"
            marks = ((*place, f"example: {label}"), there[0].mark)
            pointer = f"{there[0].pointer}/class"
            findings.append(answer.finding(message, pointer, expected=label, actual=there[0].label, marks=marks))
    broken_if(findings)


def numbered_by_name(answer: Detection, labels: Iterable[str]) -> None:
    """`class_id` is the place of the class among all classes of the examples, in alphabetical order, from 0."""
    order = sorted(labels)
    findings = []
    for prediction, item in zip(answer.predictions, answer.body["predictions"], strict=True):
        expected = order.index(prediction.label) if prediction.label in order else None
        if "class_id" in item and item["class_id"] != expected:
            message = f"class_id of {prediction} is not its place among {', '.join(order)}"
            pointer = f"{prediction.pointer}/class_id"
            findings.append(answer.finding(message, pointer, expected=expected, actual=item["class_id"]))
    broken_if(findings)


def above(answer: Detection, threshold: float) -> None:
    """Every confidence is greater than the threshold, not equal to it."""
    broken_if(
        [
            answer.finding(
                f"{prediction} was returned, which is not above the threshold of {threshold:g}",
                f"{prediction.pointer}/confidence",
                expected=f"> {threshold!r}",
                actual=prediction.confidence,
                marks=(prediction.mark,),
            )
            for prediction in answer.predictions
            if prediction.confidence <= threshold
        ]
    )


def noise_of(answers: Sequence[Detection]) -> float:
    """By how much the confidences of one thing differ among answers to one and the same request; 0 for one answer."""
    first, *others = answers
    return max(
        (
            abs(one.confidence - other.confidence)
            for answer in others
            for one in first.predictions
            for other in answer.predictions
            if one.label == other.label and boxes.iou(one.corners, other.corners) >= boxes.SAME_IOU
        ),
        default=0.0,
    )


def subset(higher: Detection, lower: Detection, threshold: float, noise: float = NOISE) -> None:
    """Of the answers at two thresholds, that at the higher (0 to 1) holds what surely reaches it, and nothing new."""
    surely = [prediction for prediction in lower.predictions if prediction.confidence > threshold + noise]
    findings = _lost(higher, surely, f"though its confidence is over {threshold:g}")
    findings += _added(higher, higher.predictions, lower, f"by the higher threshold of {threshold:g}")
    if len(higher.predictions) > len(lower.predictions):
        message = f"{len(higher.predictions)} predictions at {threshold:g}, more than a lower threshold gives"
        found = {"expected": f"{len(lower.predictions)} or fewer", "actual": len(higher.predictions)}
        findings.append(higher.finding(message, "/predictions", **found))
    broken_if(findings)


def same_finds(answer: Detection, expected: Detection, why: str, surely: float) -> None:
    """Two answers find the same classes at the same places, as far as their confidence is over `surely`, 0 to 1."""
    findings = _lost(answer, _beyond(expected, surely), why)
    broken_if(findings + _added(answer, _beyond(answer, surely), expected, why))


def alike(answer: Detection, before: Detection, noise: float) -> bool:
    """Whether two answers hold the same, prediction for prediction and as sure."""

    def again(one: Prediction) -> bool:
        return any(
            one.label == other.label
            and boxes.iou(one.corners, other.corners) >= boxes.SAME_IOU
            and abs(one.confidence - other.confidence) <= noise
            for other in before.predictions
        )

    return len(answer.predictions) == len(before.predictions) and all(map(again, answer.predictions))


def found_otherwise(answer: Detection, before: Detection, noise: float, why: str) -> None:
    """An answer that holds something is not the one before."""
    if answer.predictions and alike(answer, before, noise):
        message = f"all {len(answer.predictions)} predictions are those of the answer before, {why}"
        found = {"expected": "what these examples show", "actual": [str(one) for one in answer.predictions[:3]]}
        broken_if([answer.finding(message, "/predictions", marks=(answer.predictions[0].mark,), **found)])


def read_as_documented(misled: Sequence[Detection], label: str, places: Sequence[Corners], how: str) -> None:
    """Example boxes are not written otherwise than documented to find what they find nothing of as documented.

    `misled` are answers to boxes written otherwise, of pictures in which documented ones found nothing at all; it takes
    two such pictures or more, and the example found in each, to tell that a server takes the numbers `how`.
    """
    best = [next(iter(overlapping(answer, place)), None) for answer, place in zip(misled, places, strict=True)]
    found = [
        one is not None and one.label == label and boxes.iou(one.corners, place) >= FITTING
        for one, place in zip(best, places, strict=True)
    ]
    if len(found) >= 2 and all(found) and best[0] is not None:
        message = f"examples are found only by boxes written otherwise: the server takes {how}"
        expected = "(x, y) as the centre of the example box, w and h as its size"
        marks = ((*places[0], f"example: {label}"), best[0].mark)
        broken_if([misled[0].finding(message, best[0].pointer, expected=expected, actual=how, marks=marks)])


def _beyond(answer: Detection, surely: float) -> list[Prediction]:
    return [prediction for prediction in answer.predictions if prediction.confidence > surely]


def _counterpart(prediction: Prediction, among: Sequence[Prediction]) -> bool:
    return any(
        other.label == prediction.label and boxes.iou(other.corners, prediction.corners) > FOUND for other in among
    )


def _lost(answer: Detection, expected: Sequence[Prediction], why: str) -> list[Finding]:
    """A finding for each expected prediction that the answer has nothing for."""
    return [answer.missing(one, why) for one in expected if not _counterpart(one, answer.predictions)]


def _added(answer: Detection, found: Sequence[Prediction], allowed: Detection, why: str) -> list[Finding]:
    """A finding for each of these predictions of the answer that has nothing in what is allowed."""
    return [answer.added(one, why) for one in found if not _counterpart(one, allowed.predictions)]


def _told(place: Corners) -> str:
    return f"({', '.join(f'{value:g}' for value in place)})"
