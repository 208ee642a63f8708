"""The named verifications of class maps. Each raises RuleBroken, with a finding for each thing that is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from assay.contract.sentences import cut
from assay.judge import classmaps, pictures
from assay.judge.answers import Answer
from assay.judge.classmaps import ClassMap, Ids, square
from assay.judge.moves import MOVES, Marked, Move, shifts
from assay.judge.values import unreadable
from assay.judge.verdicts import NoWitness, RuleBroken, broken_if
from assay.record.model import Finding
from assay.scene import Scene

MASK, NAMES = "/predictions/segmentation_mask", "/predictions/class_map"
SURE = "/predictions/confidence_mask"
FITS, FITS_WELL, BETTER = 0.5, 0.8, 0.2
"""IoU with the things of a scene: from the first on a mask lies where they are. Another place has to reach the second,
and to be better than where it lies by the third."""
SEVERAL = 2
"""Scenes in which a mask has to be misplaced alike."""
BLENDED = 0.3
"""Share of a rim that shows classes between two others: a line of one pixel around a thing is half of its rim."""
SAME, SAME_PICTURE = 0.95, 0.8
"""Share of pixels that are of one class in two answers about one picture; answers about two pictures agree far less."""
FEW = 0.01
MOST_TOLD = 8
LEVELS = 2
"""Of 255: rounding and cutting a confidence to a whole number."""
DRAWN_SHARE = 0.5
CHANGED_ELSEWHERE = 0.02


def greyscale_png(answer: ClassMap) -> None:
    """The mask is a PNG of one channel of 8 bits: any other kind is changed by whoever reads it as grey."""
    found = classmaps.png(answer.file)
    if found is None or (found.colour, found.depth) != (classmaps.GREY, classmaps.DEPTH):
        actual = str(found) if found else f"{len(answer.file)} bytes beginning {answer.file[:8].hex(' ')}"
        message = "the mask is no greyscale PNG of 8 bits"
        raise RuleBroken([answer.finding(message, MASK, expected="a greyscale PNG of 8 bits", actual=actual)])


def mask_size(answer: ClassMap, width: int, height: int) -> None:
    """The mask has the size of the picture, in px."""
    found_height, found_width = answer.ids.shape
    if (found_width, found_height) != (width, height):
        message = f"the mask is not of the size of the picture, {width} x {height} px"
        actual = f"{found_width} x {found_height} px"
        raise RuleBroken([answer.finding(message, MASK, expected=f"{width} x {height} px", actual=actual)])


def values_named(answer: ClassMap) -> None:
    """Every value of the mask but 0 is a key of the class map."""
    broken_if(
        [
            answer.finding(
                f"the value {value} occurs in the mask, on {int((answer.ids == value).sum())} px, "
                "and class_map does not name it",
                NAMES,
                expected=str(value),
                actual=sorted(answer.names),
            )
            for value in answer.found[:MOST_TOLD]
            if str(value) not in answer.names
        ]
    )


def zero_is_background(answer: ClassMap) -> None:
    """The class map calls no other value than 0 the background, unless it calls 0 so too.

    In whatever language it names 0: a word that is not known contradicts nothing.
    """
    if classmaps.is_background(answer.names.get("0")):
        return
    broken_if(
        [
            answer.finding(
                f"0 is the background, but class_map calls {key} so", f"{NAMES}/{key}", expected="0", actual=key
            )
            for key, name in answer.names.items()
            if classmaps.is_background(name)
        ]
    )


def one_row_each(answer: Answer, width: int, height: int) -> list[classmaps.Row]:
    """The page's script runs on the answer: a row for each class, its mask of the picture's size, its name a text."""
    try:
        rows = classmaps.rows(answer.body, width, height)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, cv2.error) as error:
        message = f"the page's script fails on this answer ({unreadable(error)})"
        raise RuleBroken([answer.finding(cut(message, 300), "/predictions")]) from None
    broken_if(
        [
            answer.finding(
                f"class {row.identifier} has no text for a name",
                f"{NAMES}/{row.identifier}",
                expected="a text",
                actual=row.name,
            )
            for row in rows
            if not isinstance(row.name, str)
        ]
    )
    return rows


def same_names(answers: Sequence[ClassMap]) -> None:
    """All answers have one class map."""
    first = answers[0].names
    broken_if(
        [
            answer.finding(
                "class_map is another than for another picture", NAMES, expected=dict(first), actual=dict(answer.names)
            )
            for answer in answers[1:]
            if answer.names != first
        ]
    )


def present_ids(answer: ClassMap) -> None:
    """`present_class_ids` lists the values of the mask, ascending."""
    expected = np.unique(answer.ids).tolist()
    if answer.present != expected:
        message = "present_class_ids does not list the values that occur in the mask"
        found = {"expected": expected, "actual": answer.present}
        raise RuleBroken([answer.finding(message, "/predictions/present_class_ids", **found)])


def lie_in_place(every: Sequence[Marked]) -> list[float]:
    """What is marked lies where the scenes' things are, and not where they would be in pictures put wrongly.

    Returns how well it fits, IoU, of each scene in which it does. A mistake is one that is to be seen in two scenes or
    more. Raises NoWitness where nothing fits in any way: the model sees something else.
    """
    found = [marked.fit(marked.mask) for marked in every]
    if min(found, default=1.0) < FITS_WELL:
        suspected = [(move, _bettered(every, found, move)) for move in chain(MOVES, shifts(every))]
        move, wrong = max(suspected, key=lambda one: len(one[1]))
        broken_if([_misplaced(marked, move) for marked in wrong] if len(wrong) >= SEVERAL else [])
    fitting = [each for each in found if each >= FITS]
    if not fitting:
        names = ", ".join(marked.scene.name for marked in every) or "nothing"
        raise NoWitness(f"what the masks mark is not the things of any scene: {names}")
    return fitting


def _bettered(every: Sequence[Marked], found: Sequence[float], move: Move) -> list[Marked]:
    """What fits much better once it is moved so; nothing where too much fits worse."""
    moved = [marked.fit(move.undo(marked.mask)) for marked in every]
    better = [one for one, a, b in zip(every, found, moved, strict=True) if b >= max(FITS_WELL, a + BETTER)]
    worse = [one for one, a, b in zip(every, found, moved, strict=True) if a >= max(FITS, b + BETTER)]
    return better if len(better) > 2 * len(worse) else []


def _misplaced(marked: Marked, move: Move) -> Finding:
    fit, better = marked.fit(marked.mask), marked.fit(move.undo(marked.mask))
    told = f"the mask of scene {marked.scene.name} does not lie where the things of the picture are"
    expected, actual = f"an IoU of {better:.3f} with them, as it has when {move.told}", round(fit, 3)
    return marked.answer.finding(f"{told}; {move.told} it would fit", MASK, expected=expected, actual=actual)


def not_blended(answer: ClassMap, scene: Scene, solid: Sequence[int]) -> list[float]:
    """At the rim of a thing there is the thing's class or the background, and not the classes between their numbers.

    Returns the shares that were found, one for each thing that has classes below its own.
    """
    shares = classmaps.between(answer.fitted(scene.width, scene.height), scene, solid)
    broken_if(
        [
            answer.finding(
                f"{share:.0%} of the rim of a thing of class {_class_of(answer, scene, index)} shows classes between "
                "its number and 0: numbers of classes were mixed as if they were shades",
                MASK,
                expected=f"< {BLENDED:.0%}",
                actual=f"{share:.0%}",
                marks=((*map(float, scene.things[index].box), "rim"),),
            )
            for index, share in shares.items()
            if share >= BLENDED
        ]
    )
    return list(shares.values())


def _class_of(answer: ClassMap, scene: Scene, index: int) -> int:
    ids = answer.fitted(scene.width, scene.height)
    return classmaps.majority(ids, scene.mask(scene.things[index]))


def confidence_beside(answer: ClassMap) -> None:
    """`confidence_mask` has the size of the mask."""
    assert answer.confidence is not None
    if answer.confidence.shape != answer.ids.shape:
        expected, actual = list(answer.ids.shape), list(answer.confidence.shape)
        message = "confidence_mask is of another size than segmentation_mask, [height, width]"
        raise RuleBroken([answer.finding(message, SURE, expected=expected, actual=actual)])


def reaches(answer: ClassMap, threshold: float) -> None:
    """No pixel of a class is less sure than the threshold, 0 to 1."""
    confidence_beside(answer)
    assert answer.confidence is not None
    low = (answer.ids > 0) & (answer.confidence < threshold * 255 - LEVELS)
    if low.any():
        least = int(answer.confidence[low].min()) / 255
        message = f"pixels of a class are less sure than the threshold of {threshold:g}: {int(low.sum())} of them"
        raise RuleBroken([answer.finding(message, SURE, expected=f">= {threshold:g}", actual=round(least, 3))])


def only_taken_away(answer: ClassMap, lower: ClassMap, threshold: float) -> None:
    """By a higher threshold (0 to 1) a pixel keeps its class or becomes background; those well above it keep theirs.

    `lower` is the answer at a lower threshold. One pixel in a hundred may differ.
    """
    assert lower.confidence is not None
    if answer.ids.shape != lower.ids.shape:
        raise RuleBroken([answer.finding("the mask is of another size than with a lower threshold", MASK)])
    changed = (answer.ids != lower.ids) & (answer.ids > 0)
    sure = (lower.ids > 0) & (lower.confidence > threshold * 255 + LEVELS)
    lost = sure & (answer.ids == 0)
    most = FEW * max(int((lower.ids > 0).sum()), 1)
    broken_if(
        [
            answer.finding(f"{int(pixels.sum())} px {what}", MASK, expected=f"<= {most:.0f} px")
            for pixels, what in (
                (changed, "changed their class by a higher threshold"),
                (lost, "lost their class, though they are surer than the threshold"),
            )
            if pixels.sum() > most
        ]
    )


def same_classes(answer: ClassMap, other: ClassMap, why: str, least: float = SAME, edge: int = 0) -> None:
    """Two answers about one picture state the same names, and on this share of the pixels of a class the same one.

    What lies up to `edge` px from where a class of the other answer begins or ends is not compared: `wide_enough` says
    whether that leaves anything.
    """
    inner = away_from_edges(other.ids, edge)
    findings: list[Finding] = []
    if dict(answer.names) != dict(other.names):
        findings.append(
            answer.finding(f"class_map differs, {why}", NAMES, expected=dict(other.names), actual=dict(answer.names))
        )
    share = _share_alike(answer.ids, other.ids, inner)
    if share < least:
        message = f"only {share:.1%} of the pixels of a class are of the same one, {why}"
        findings.append(answer.finding(message, MASK, expected=f">= {least:.0%}", actual=f"{share:.1%}"))
    broken_if(findings)


def wide_enough(answer: ClassMap, edge: int) -> bool:
    """Whether a class is somewhere more than `edge` px away from where it begins and ends."""
    return bool((away_from_edges(answer.ids, edge) & (answer.ids > 0)).any())


def away_from_edges(ids: Ids, edge: int) -> NDArray[np.bool_]:
    """Where a class map, H x W, is of one class as far as `edge` px to all sides: H x W."""
    if edge == 0:
        return np.ones(ids.shape, np.bool_)
    values, around = ids.astype(np.int16), square(edge)
    return np.asarray(cv2.dilate(values, around) == cv2.erode(values, around), np.bool_)


def _share_alike(first: Ids, second: Ids, compared: NDArray[np.bool_]) -> float:
    """The share of pixels of one class in both, of those compared that are of one in either; 0 where sizes differ."""
    if first.shape != second.shape:
        return 0.0
    either = ((first > 0) | (second > 0)) & compared
    return float((first == second)[either].mean()) if either.any() else 1.0


def classes_drawn(answer: ClassMap, before: pictures.Pixels, after: pictures.Pixels) -> None:
    """The drawing shows the edge of one class or more, and leaves alone what is far from every class.

    `before` is the picture as it would be without a drawing, compressed like `after`: `pictures.as_drawn_upon`.
    """
    height, width = before.shape[:2]
    ids = answer.fitted(width, height)
    changed = pictures.distance(before, after)
    far = cv2.dilate((ids > 0).astype(np.uint8), square(pictures.MARGIN)) == 0
    share = float((changed[far] >= pictures.VISIBLE_CHANGE).mean()) if far.any() else 0.0
    shown = {value: _edge_drawn(ids == value, changed) for value in answer.found}
    findings = []
    if share > CHANGED_ELSEWHERE:
        message = "the drawing is not the picture that was sent with something added: it differs far from every class"
        expected = f"{CHANGED_ELSEWHERE:.0%} or less of the rest of the picture"
        findings.append(answer.finding(message, MASK, expected=expected, actual=f"{share:.0%}"))
    if max(shown.values(), default=1.0) < DRAWN_SHARE:
        message = "the drawing shows no edge of any class that the mask marks"
        told = {answer.name(value): f"{part:.0%}" for value, part in shown.items()}
        expected = f"{DRAWN_SHARE:.0%} or more of the edge of a class"
        findings.append(answer.finding(message, MASK, expected=expected, actual=told))
    broken_if(findings)


def _edge_drawn(mask: Any, changed: pictures.Distance) -> float:
    """The share of a class's edge near which the picture changed: a filled area and an outline both show there."""
    touched = (changed >= pictures.FAINT_CHANGE).astype(np.uint8)
    near = cv2.dilate(touched, square(pictures.NEARBY)) > 0
    edge = mask & (cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0)
    return float(near[edge].mean()) if edge.any() else 1.0
