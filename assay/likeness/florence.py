"""Answers of Florence 2, by task: a text, or places with what they are called, paired by both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from assay.contract.florence import Task, tasks
from assay.contract.sentences import cut
from assay.judge.boxes import ROUNDING, Corners, iou
from assay.judge.florence import Listed, Shape, lists_of
from assay.judge.values import as_object, as_text
from assay.likeness import masks, matching, members, patches, texts
from assay.likeness.context import Context
from assay.likeness.patches import Patch
from assay.likeness.report import Mark, Side

READ = ("OCR", "OCR_WITH_REGION", "REGION_TO_OCR")
"""Tasks whose texts were read in the picture."""
WRITTEN = ("CAPTION", "DETAILED_CAPTION", "MORE_DETAILED_CAPTION", "DENSE_REGION_CAPTION", "REGION_TO_DESCRIPTION")
"""Tasks whose texts are sentences. Those of any other are names, which are the same or are not."""
SAME_PLACE = 0.1
"""IoU from which on two places may be one that moved."""


def compare(context: Context, first: Any, second: Any, pointers: tuple[str, str]) -> None:
    """Compare what the model says to a task. Raises what reading raises."""
    one, other = as_object(first["response"]), as_object(second["response"])
    known = {task.token: task for task in tasks().values()}
    for token in one:
        if token not in other:
            continue
        places = f"{pointers[0]}/response/{token}", f"{pointers[1]}/response/{token}"
        task = known.get(token)
        if task is None or task.gives == "text":
            written(context, task, (as_text(one[token]), as_text(other[token])), places)
        else:
            _lists(context, task, (one[token], other[token]), places)
    places = f"{pointers[0]}/response", f"{pointers[1]}/response"
    members.presence(context, [(one, other)], [places], places[0])
    members.compare(context, first, second, pointers, skipped=("response",))


def written(context: Context, task: Task | None, pair: tuple[str, str], places: tuple[str, str]) -> bool:
    """Compare two texts as those of a task are compared; whether they are alike."""
    if task is not None and task.name in READ:
        return texts.readings(context, *pair, places)
    if task is None or task.name in WRITTEN:
        return texts.captions(context, *pair, places)
    one, other = (texts.plain(text).casefold() for text in pair)
    context.ledger.count("names")
    if one != other:
        message = f"{members.short(pair[0])} is called {members.short(pair[1])} in the second answer"
        context.differ("label", places, message)
    return one == other


def _lists(context: Context, task: Task, values: tuple[Any, Any], places: tuple[str, str]) -> None:
    first, second = (tuple(lists_of(value, task)) for value in values)
    for mine, theirs in zip(first, second, strict=True):
        _places(
            context,
            task,
            (_labelled(mine), _labelled(theirs)),
            (f"{places[0]}/{mine.name}", f"{places[1]}/{theirs.name}"),
        )
    members.presence(context, [(as_object(values[0]), as_object(values[1]))], [places], places[0])


def _labelled(listed: Listed) -> list[tuple[str, Shape]]:
    """Each place with its label: an entry of polygons has one label for all of them, and then its first one stands."""
    found = []
    for shape in listed.shapes:
        entry = int(shape.pointer.split(f"/{listed.name}/")[1].split("/")[0])
        found.append((listed.labels[entry] if entry < len(listed.labels) else "", shape))
    return found


def _places(
    context: Context,
    task: Task,
    sides: tuple[list[tuple[str, Shape]], list[tuple[str, Shape]]],
    around: tuple[str, str],
) -> None:
    orders = [
        matching.order([(texts.plain(label).casefold(), *shape.numbers) for label, shape in side]) for side in sides
    ]
    first, second = ([side[index] for index in order] for side, order in zip(sides, orders, strict=True))
    found = matching.match(_gains(context, first, second))
    context.ledger.count("places", len(first) + len(found.only_second))
    for i, j in found.pairs:
        pair = (first[i], second[j])
        at = f"{around[0]}/{orders[0][i]}", f"{around[1]}/{orders[1][j]}"
        written(context, task, (pair[0][0], pair[1][0]), at)
        _place(context, task, pair, at)
    for i in found.only_first:
        _alone(context, "first", first[i], (f"{around[0]}/{orders[0][i]}", around[1]))
    for j in found.only_second:
        _alone(context, "second", second[j], (around[0], f"{around[1]}/{orders[1][j]}"))


def _gains(context: Context, first: Sequence[tuple[str, Shape]], second: Sequence[tuple[str, Shape]]) -> matching.Gains:
    """What a pair is worth: a label that is the same outweighs all IoU that a pair can have."""
    boxes = [np.array([shape.corners for _, shape in side], np.float64).reshape(-1, 4) for side in (first, second)]
    near = matching.edges_apart(*boxes) <= context.profile["phrases.shift"] + ROUNDING
    overlap = matching.ious(*boxes)
    names = [[texts.plain(label).casefold() for label, _ in side] for side in (first, second)]
    same = np.array([one == other for one in names[0] for other in names[1]], bool).reshape(len(first), len(second))
    return np.where(near | (overlap >= SAME_PLACE), overlap + 1e-6 + same * (1.0 + near), 0.0)


def _place(
    context: Context, task: Task, pair: tuple[tuple[str, Shape], tuple[str, Shape]], at: tuple[str, str]
) -> None:
    (label, one), (_, other) = pair
    told = cut(label, 60) or "a place"
    if task.gives in ("polygons", "open-vocabulary", "quads") and len(one.numbers) != 4:
        if one.numbers != other.numbers:
            masks.compare(context, _patch(one), _patch(other), at, (told, None))
        return
    found, allowed = iou(one.corners, other.corners), place_floor(one.corners, context.profile["phrases.shift"])
    if one.corners == other.corners:
        found = 1.0
    context.ledger.note("phrases.shift", found, allowed, "IoU", at[0], floor=True)
    farthest = max(abs(a - b) for a, b in zip(one.corners, other.corners, strict=True))
    most = context.profile["phrases.edge-most"]
    context.ledger.note("phrases.edge-most", farthest, most, "px", at[0])
    marks = Mark("first", "box", one.corners, told), Mark("second", "box", other.corners, told)
    if not found >= allowed - ROUNDING:
        message = f"{told} lies elsewhere in the second answer: IoU {found:.3f}, and {allowed:.3f} is needed"
        context.differ(
            "place", at, message, measured=found, allowed=allowed, unit="IoU", tolerance="phrases.shift", marks=marks
        )
    elif not farthest <= most + ROUNDING:
        message = f"{told} lies elsewhere in the second answer: an edge {farthest:.1f} px off, {most:.0f} are allowed"
        context.differ(
            "place", at, message, measured=farthest, allowed=most, unit="px", tolerance="phrases.edge-most", marks=marks
        )


def place_floor(box: Corners, shift: float) -> float:
    """The IoU that a box keeps when it is moved along both axes by `shift` px, or by a quarter of its side if less."""
    width, height = box[2] - box[0], box[3] - box[1]
    if not (width > 0 and height > 0):
        return 0.0
    left = (width - min(shift, max(width / 4, 1))) * (height - min(shift, max(height / 4, 1)))
    return max(left, 0.0) / (2 * width * height - max(left, 0.0))


def _patch(shape: Shape) -> Patch:
    pairs = zip(shape.numbers[0::2], shape.numbers[1::2], strict=False)
    return patches.of_polygons([[*pairs]] if len(shape.numbers) > 1 else [], None)


def _alone(context: Context, side: Side, one: tuple[str, Shape], places: tuple[str, str]) -> None:
    label, shape = one
    told = f"{cut(label, 60) or 'a place'} at ({', '.join(f'{number:g}' for number in shape.corners)})"
    mark = (Mark(side, "box", shape.corners, cut(label, 60)),)
    kind = "lost" if side == "first" else "added"
    context.differ(kind, places, f"{told} is in the {side} answer alone", marks=mark)
