"""Named verifications of a model that gives a picture several labels. Each raises RuleBroken."""

from __future__ import annotations

from assay.judge import boxes
from assay.judge.answers import Labelling
from assay.judge.boxes import CONFIDENCE
from assay.judge.values import is_number
from assay.judge.verdicts import NoWitness, RuleBroken


def predicted_reach(answer: Labelling, threshold: float) -> None:
    """Those labels are predicted that reach the threshold (0 to 1); one within 0.02 of it may be, or not."""
    known = answer.confidences
    clear = {label for label, confidence in known.items() if not boxes.is_borderline(confidence, threshold)}
    reaching = {label for label in clear if known[label] >= threshold}
    predicted = set(answer.predicted)
    for labels, what in (
        (predicted - set(known), "is predicted and has no confidence"),
        (reaching - predicted, f"reaches {threshold:g} and is not predicted"),
        (predicted & clear - reaching, f"is predicted and does not reach {threshold:g}"),
    ):
        if labels:
            message = f"{min(labels)!r} {what}"
            told = {"expected": sorted(reaching), "actual": list(answer.predicted)}
            raise RuleBroken([answer.finding(message, "/predicted_classes", **told)])


def same_confidences(answer: Labelling, expected: Labelling, why: str) -> None:
    """Two answers know the same labels, with confidences that are at most 0.02 apart."""
    found, wanted = dict(answer.confidences), dict(expected.confidences)
    apart = [name for name in found.keys() & wanted.keys() if abs(found[name] - wanted[name]) > CONFIDENCE]
    if apart or found.keys() != wanted.keys():
        message = f"other labels, or other confidences, {why}"
        raise RuleBroken([answer.finding(message, "/predictions", expected=wanted, actual=found)])


def numbered_apart(answer: Labelling) -> int:
    """No two labels have the same `class_id`. Returns how many have one; raises NoWitness where fewer than two do."""
    stated = {name: each.get("class_id") for name, each in answer.body["predictions"].items()}
    numbers = {name: number for name, number in stated.items() if is_number(number)}
    if len(numbers) < 2:
        raise NoWitness("fewer than two labels have a class_id")
    names: dict[float, str] = {}
    for name, number in numbers.items():
        other = names.setdefault(number, name)
        if other != name:
            message = f"{other!r} and {name!r} have the same class_id"
            told = {"expected": "a number for each label", "actual": numbers}
            raise RuleBroken([answer.finding(message, "/predictions", **told)])
    return len(numbers)
