"""Named verifications of classes: those of a picture, and their numbers. Each raises RuleBroken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from assay.judge import boxes
from assay.judge.answers import Classification, response_of
from assay.judge.boxes import CONFIDENCE
from assay.judge.values import is_number
from assay.judge.verdicts import NoWitness, RuleBroken, broken_if
from assay.record.model import Exchange, Finding

ROUNDING = 5e-4 + boxes.ROUNDING
"""Half a unit of the third digit: a list may be rounded to three digits, and a number beside it not be."""
SUM = 0.01
"""By how much confidences may together exceed one, each of them rounded."""


def surest_on_top(answer: Classification) -> None:
    """`top` and `confidence` are the class and the confidence of the surest prediction; there is one if they say so."""
    if not answer.scores:
        _nothing_on_top(answer)
        return
    label, confidence = max(answer.scores, key=lambda score: score[1])
    tied = [name for name, other in answer.scores if confidence - other <= ROUNDING]
    if answer.top not in tied:
        message = f"top is {answer.top!r}, and the surest prediction {label!r}"
        raise RuleBroken([answer.finding(message, "/top", expected=label, actual=answer.top)])
    if abs(answer.confidence - confidence) > ROUNDING:
        message = "confidence is not that of the surest prediction"
        raise RuleBroken([answer.finding(message, "/confidence", expected=confidence, actual=answer.confidence)])


def _nothing_on_top(answer: Classification) -> None:
    """An answer that lists no class has none on top."""
    if answer.top:
        message = f"top is {answer.top!r}, and no prediction is sent"
        raise RuleBroken([answer.finding(message, "/predictions", expected=[answer.top], actual=[])])


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


def same_classes(answer: Classification, expected: Classification, why: str, threshold: float) -> None:
    """Two answers hold the same classes, within 0.02 of confidence.

    One whose confidence lies within 0.02 of the threshold (0 to 1) may come and go: batches and GPUs round otherwise.
    """
    found, wanted = dict(answer.scores), dict(expected.scores)
    apart = [abs(found[name] - wanted[name]) > CONFIDENCE + boxes.ROUNDING for name in found.keys() & wanted.keys()]
    clear = [not boxes.is_borderline({**found, **wanted}[name], threshold) for name in found.keys() ^ wanted.keys()]
    if any(apart) or any(clear):
        message = f"another answer, {why}"
        raise RuleBroken([answer.finding(message, "/predictions", expected=wanted, actual=found)])


def classes_at_least(answer: Classification, threshold: float) -> None:
    """No class is less sure than the threshold (0 to 1), but for the rounding of its confidence."""
    broken_if(
        [
            answer.finding(
                f"{label!r} was returned, below the threshold of {threshold:g}",
                f"/predictions/{index}/confidence",
                expected=f">= {threshold:g}",
                actual=confidence,
            )
            for index, (label, confidence) in enumerate(answer.scores)
            if confidence < threshold - ROUNDING
        ]
    )


def those_over(answer: Classification, lower: Classification, threshold: float) -> None:
    """The answer holds those classes of a lower threshold's answer that reach the threshold (0 to 1)."""
    reaching = tuple((label, confidence) for label, confidence in lower.scores if confidence >= threshold)
    why = f"though a lower threshold shows what reaches {threshold:g}"
    same_classes(answer, replace(lower, scores=reaching), why, threshold)


def no_class(answer: Classification) -> None:
    """No class is returned: none on top either, of no confidence."""
    told = {"predictions": len(answer.scores), "top": answer.top, "confidence": answer.confidence}
    expected = {"predictions": 0, "top": "", "confidence": 0}
    if told != expected:
        message = "a class is returned, though none reaches the threshold"
        raise RuleBroken([answer.finding(message, "/top", expected=expected, actual=told)])


def numbers_stable(exchanges: Sequence[Exchange]) -> Mapping[str, float]:
    """In all answers together each class has one `class_id`, and each `class_id` stands for one class.

    Returns the numbers by class. Raises NoWitness where no class is numbered in two answers.
    """
    numbers: dict[str, float] = {}
    names: dict[float, str] = {}
    told: Counter[str] = Counter()
    for exchange in exchanges:
        pairs = _numbered(exchange)
        told.update({label for _, label, _ in pairs})
        for index, label, number in pairs:
            known, name = numbers.setdefault(label, number), names.setdefault(number, label)
            if (known, name) != (number, label):
                message = f"class_id of {label!r} is {number}, and was {known} before"
                said: tuple[Any, Any] = (known, number)
                if known == number:
                    message, said = f"class_id {number} is that of {label!r}, and of {name!r} as well", (name, label)
                place, at = f"/predictions/{index}/class_id", exchange.id
                raise RuleBroken([Finding(message, place, expected=said[0], actual=said[1], exchange=at)])
    if not any(times > 1 for times in told.values()):
        raise NoWitness("no class has a class_id in two answers")
    return numbers


def _numbered(exchange: Exchange) -> list[tuple[int, str, float]]:
    """The predictions that have a class and its number: their place, the class, the number."""
    try:
        predictions = response_of(exchange).json()["predictions"]
        return [
            (index, one["class"], one["class_id"])
            for index, one in enumerate(predictions)
            if isinstance(one["class"], str) and is_number(one["class_id"])
        ]
    except (ValueError, KeyError, TypeError):
        return []
