"""Classes of a whole picture: the surest of a classifier, and the set of labels that a model gives it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.contract.sentences import cut
from assay.judge.boxes import ROUNDING
from assay.judge.values import as_fraction, as_list, as_text
from assay.likeness import members
from assay.likeness.boxes import sure
from assay.likeness.context import Context
from assay.likeness.report import Borderline, Side

NAME = "classifications.confidence"


def compare(context: Context, first: Any, second: Any, pointers: tuple[str, str]) -> None:
    """Compare what a classifier says, of one class or of several labels. Raises what reading raises."""
    one, other = _scores(first), _scores(second)
    context.ledger.count("classes", len(one))
    for name in one:
        if name in other:
            places = f"{pointers[0]}{one[name][1]}", f"{pointers[1]}{other[name][1]}"
            sure(context, NAME, f"class {cut(name, 60)}", (one[name][0], other[name][0]), places)
    _alone(context, "first", one, other, pointers)
    _alone(context, "second", other, one, pointers)
    if "top" in first and "top" in second:
        _surest(context, first, second, (one, other), pointers)
    if "predicted_classes" in first and "predicted_classes" in second:
        _predicted(context, first, second, (one, other), pointers)
    hidden = ("predictions", "top", "confidence", "predicted_classes", "visualization")
    members.presence(context, [(first, second)], [pointers], pointers[0])
    members.compare(context, first, second, pointers, skipped=hidden)


Scores = Mapping[str, tuple[float, str]]


def _scores(body: Any) -> Scores:
    """The confidence of each class, and the pointer to it."""
    predictions = body["predictions"]
    if isinstance(predictions, dict):
        return {
            as_text(name): (as_fraction(each["confidence"]), f"/predictions/{name}/confidence")
            for name, each in predictions.items()
        }
    return {
        as_text(each["class"]): (as_fraction(each["confidence"]), f"/predictions/{index}/confidence")
        for index, each in enumerate(as_list(predictions))
    }


def _alone(context: Context, side: Side, mine: Scores, theirs: Scores, pointers: tuple[str, str]) -> None:
    threshold, reach = context.limits.threshold, context.profile[NAME] + ROUNDING
    for name, (confidence, pointer) in mine.items():
        if name in theirs:
            continue
        at = pointers[side == "second"] + pointer
        told = f"class {cut(name, 60)} {confidence:.3f} is in the {side} answer alone"
        if threshold is not None and confidence <= threshold + reach:
            context.ledger.borderline.append(Borderline(side, at, told, confidence, threshold))
        else:
            elsewhere = f"{pointers[side == 'first']}/predictions"
            places = (at, elsewhere) if side == "first" else (elsewhere, at)
            context.differ("lost" if side == "first" else "added", places, told)


def _surest(
    context: Context, first: Any, second: Any, scores: tuple[Scores, Scores], pointers: tuple[str, str]
) -> None:
    """The surest class is the same, unless both are as sure as the tolerance cannot tell apart, on both sides."""
    places = f"{pointers[0]}/confidence", f"{pointers[1]}/confidence"
    sure(
        context, NAME, "the surest class", (as_fraction(first["confidence"]), as_fraction(second["confidence"])), places
    )
    one, other = as_text(first["top"]), as_text(second["top"])
    reach = context.profile[NAME] + ROUNDING
    apart = [_apart(each, one, other) for each in scores]
    if one != other and not all(gap is not None and gap <= reach for gap in apart):
        message = f"the surest class is {cut(one, 60)!r}, and in the second answer {cut(other, 60)!r}"
        context.differ("top", (f"{pointers[0]}/top", f"{pointers[1]}/top"), message)


def _apart(scores: Scores, one: str, other: str) -> float | None:
    return abs(scores[one][0] - scores[other][0]) if one in scores and other in scores else None


def _predicted(
    context: Context, first: Any, second: Any, scores: tuple[Scores, Scores], pointers: tuple[str, str]
) -> None:
    """The same labels are predicted, in any order; one at the threshold may be, or not."""
    one, other = (set(map(as_text, as_list(body["predicted_classes"]))) for body in (first, second))
    threshold, reach = context.limits.threshold, context.profile[NAME] + ROUNDING
    places = f"{pointers[0]}/predicted_classes", f"{pointers[1]}/predicted_classes"
    for name in sorted(one ^ other):
        side: Side = "first" if name in one else "second"
        confidence = scores[side == "second"].get(name, (1.0, ""))[0]
        told = f"label {cut(name, 60)} {confidence:.3f} is predicted in the {side} answer alone"
        if threshold is not None and abs(confidence - threshold) <= reach:
            context.ledger.borderline.append(Borderline(side, places[side == "second"], told, confidence, threshold))
        else:
            context.differ("label", places, told)
