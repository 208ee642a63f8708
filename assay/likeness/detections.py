"""Answers that hold predicted boxes: of a detector, of OwlV2."""

from __future__ import annotations

from typing import Any

from assay.judge.answers import predictions_of
from assay.likeness import boxes, members
from assay.likeness.context import Context

BOX = ("x", "y", "width", "height", "confidence", "class", "class_id")
"""Members of a prediction that are compared by their meaning. Numbers of classes may be others: names tell them."""


def compare(context: Context, first: Any, second: Any, pointers: tuple[str, str]) -> None:
    """Compare the boxes, and whatever else stands beside them. Raises what reading raises."""
    pairs(context, first, second, pointers, BOX)
    members.compare(context, first, second, pointers, skipped=("predictions", "visualization"))


def pairs(context: Context, first: Any, second: Any, pointers: tuple[str, str], known: tuple[str, ...]) -> boxes.Pairs:
    """Compare the boxes of two answers; the predictions that are one thing."""
    one, other = predictions_of(first), predictions_of(second)
    found = boxes.compare(context, one, other, pointers[0])
    same = [*found.same, *found.renamed]
    members.presence(
        context,
        [(first["predictions"][i], second["predictions"][j]) for i, j in same],
        [(f"{pointers[0]}/predictions/{i}", f"{pointers[1]}/predictions/{j}") for i, j in same],
        f"{pointers[0]}/predictions/*",
        known,
    )
    return found
