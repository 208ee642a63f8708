"""Named verifications of classes of a picture. Each raises RuleBroken."""

from __future__ import annotations

from itertools import pairwise

from assay.judge.answers import Classification
from assay.judge.boxes import CONFIDENCE
from assay.judge.verdicts import RuleBroken

ROUNDING = 1e-4
"""Confidences travel as text of a few digits."""
SUM = 0.01
"""By how much confidences may together exceed one, each of them rounded."""


def surest_on_top(answer: Classification) -> None:
    """`top` and `confidence` are the class and the confidence of the surest prediction."""
    label, confidence = max(answer.scores, key=lambda score: score[1])
    tied = [name for name, other in answer.scores if confidence - other <= ROUNDING]
    if answer.top not in tied:
        message = f"top is {answer.top!r}, and the surest prediction {label!r}"
        raise RuleBroken([answer.finding(message, "/top", expected=label, actual=answer.top)])
    if abs(answer.confidence - confidence) > ROUNDING:
        message = "confidence is not that of the surest prediction"
        raise RuleBroken([answer.finding(message, "/confidence", expected=confidence, actual=answer.confidence)])


def surest_first(answer: Classification) -> None:
    """Predictions come in the order of their confidence, the surest first."""
    for index, ((_, before), (label, after)) in enumerate(pairwise(answer.scores), 1):
        if after > before + ROUNDING:
            message = f"{label!r} is surer than the prediction before it"
            place = f"/predictions/{index}/confidence"
            raise RuleBroken([answer.finding(message, place, expected=f"<= {before:g}", actual=after)])


def no_more_than_one(answer: Classification) -> None:
    """All confidences together are one or less."""
    total = sum(confidence for _, confidence in answer.scores)
    if total > 1 + SUM:
        message = "the confidences of all classes are together more than one"
        raise RuleBroken([answer.finding(message, "/predictions", expected="1 or less", actual=round(total, 4))])


def same_classes(answer: Classification, expected: Classification, why: str) -> None:
    """Two answers hold the same classes, within 0.02 of confidence."""
    found, wanted = dict(answer.scores), dict(expected.scores)
    if found.keys() != wanted.keys() or any(abs(found[name] - wanted[name]) > CONFIDENCE for name in wanted):
        message = f"another answer, {why}"
        raise RuleBroken([answer.finding(message, "/predictions", expected=wanted, actual=found)])
