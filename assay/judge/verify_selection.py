"""Named verifications of which predictions an answer holds."""

from __future__ import annotations

from collections.abc import Sequence

from assay.judge import boxes
from assay.judge.answers import Detection
from assay.judge.boxes import Prediction
from assay.judge.verdicts import broken_if
from assay.judge.verify_boxes import nothing_added

THERE = 0.5
"""IoU of two boxes that are of one thing."""


def surest_kept(answer: Detection, every: Detection, most: int, threshold: float) -> None:
    """Of more predictions over a threshold (0 to 1) an answer holds `most` at most, and those are the surest.

    Two that are about equally sure may stand for each other.
    """
    if len(answer.predictions) > most:
        message = f"the answer holds more predictions than the {most} that were asked for at most"
        found = {"expected": f"{most} or fewer", "actual": len(answer.predictions)}
        broken_if([answer.finding(message, "/predictions", **found)])
    nothing_added(answer, every.predictions, "though without a limit it is not there", threshold)
    ordered = _surest_first(every.predictions)
    surely = [one for one in ordered[:most] if one.confidence > ordered[most].confidence + 2 * boxes.CONFIDENCE]
    lost = boxes.match(surely, answer.predictions).only_first
    broken_if([answer.missing(one, f"though it is among the {most} surest") for one in lost])


def _surest_first(predictions: Sequence[Prediction]) -> list[Prediction]:
    return sorted(predictions, key=lambda one: -one.confidence)


def still_there(answer: Detection, expected: Sequence[Prediction], why: str) -> None:
    """At the place of each expected prediction lies one of its class, however sure, with an IoU of 0.5 or more.

    What a lower threshold lets through besides may be combined with it, and change it a little.
    """

    def found(one: Prediction) -> bool:
        return any(boxes.iou(one.corners, each.corners) >= THERE for each in answer.of([one.label]))

    broken_if([answer.missing(one, why) for one in expected if not found(one)])


def somehow_there(answer: Detection, expected: Sequence[Prediction], why: str, threshold: float) -> None:
    """Each expected prediction is in the answer, or one of its class that overlaps it.

    Which of several that overlap is kept may change from one request to the next; that one of them is does not. One
    whose confidence lies within 0.02 of the threshold (0 to 1) may come and go.
    """

    def found(one: Prediction) -> bool:
        return any(boxes.iou(one.corners, each.corners) > 0 for each in answer.of([one.label]))

    surely = [one for one in expected if not boxes.is_borderline(one.confidence, threshold)]
    broken_if([answer.missing(one, why) for one in surely if not found(one)])
