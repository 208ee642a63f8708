"""Named verifications of keypoints: their names and ids, and where they lie. Each raises RuleBroken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import median

from assay.judge.answers import Detection
from assay.judge.boxes import CONFIDENCE, PIXELS, ROUNDING, Keypoint, Prediction, match
from assay.judge.verdicts import RuleBroken, broken_if
from assay.record.model import Finding

AROUND = 0.05
"""Share of a box's side by which a keypoint may lie out of it."""
BESIDE, NEARLY_ALL = 1 / 3, 0.9
"""Shares of the keypoints that lie in their boxes as stated, and once they are moved, where they were displaced."""
SPREAD = 1 / 3
"""Share of a side of the box that keypoints span at least, to be judged by the box."""
SEVERAL, FEWEST = 3, 6
"""Predictions, and keypoints of them, without which nothing is said about a displacement."""
LARGE_ENOUGH = 10
"""Times what can be told, of a side of the box of what has several points."""
VISIBLE = 0.3
"""Confidence below which a keypoint may be a mere placeholder, such as (0, 0)."""


def keypoint_names_stable(answers: Sequence[Detection]) -> None:
    """A keypoint id occurs once in a prediction, and stands for one name over all predictions of a class.

    A name keeps its id too, but for names that one prediction gives to several keypoints: skeletons may have such.
    """
    predictions = [(answer, prediction) for answer in answers for prediction in answer.predictions]
    shared = {
        (prediction.label, name)
        for _, prediction in predictions
        for name, number in Counter(point.name for point in prediction.keypoints).items()
        if number > 1
    }
    names: dict[tuple[str, int], str] = {}
    identifiers: dict[tuple[str, str], int] = {}
    findings: list[Finding] = []
    for answer, prediction in predictions:
        findings += _repeated(answer, prediction)
        for point in prediction.keypoints:
            if point.name is None:
                continue
            name = names.setdefault((prediction.label, point.identifier), point.name)
            if name != point.name:
                findings.append(_renamed(answer, point, name))
                continue
            identifier = identifiers.setdefault((prediction.label, point.name), point.identifier)
            if identifier != point.identifier and (prediction.label, point.name) not in shared:
                findings.append(_renumbered(answer, point, identifier))
    broken_if(findings)


def _repeated(answer: Detection, prediction: Prediction) -> list[Finding]:
    findings, seen = [], set()
    for point in prediction.keypoints:
        if point.identifier in seen:
            message = f"keypoint id {point.identifier} occurs twice in one prediction"
            findings.append(answer.finding(message, f"{point.pointer}/class_id", actual=point.identifier))
        seen.add(point.identifier)
    return findings


def _renamed(answer: Detection, point: Keypoint, before: str) -> Finding:
    message = f"keypoint id {point.identifier} was named {before!r} before, and {point.name!r} here"
    return answer.finding(message, point.pointer, expected=before, actual=point.name)


def _renumbered(answer: Detection, point: Keypoint, before: int) -> Finding:
    message = f"keypoint {point.name!r} had id {before} before, and has {point.identifier} here"
    return answer.finding(message, f"{point.pointer}/class_id", expected=before, actual=point.identifier)


def some_keypoint(answers: Sequence[Detection]) -> None:
    """Of three predictions or more at least one has a keypoint. A few may well show none that is sure enough."""
    shown = [(answer, prediction) for answer in answers for prediction in answer.predictions]
    if len(shown) < SEVERAL or any(prediction.keypoints for _, prediction in shown):
        return
    answer, prediction = shown[0]
    message = f"none of {len(shown)} predictions has a keypoint"
    broken_if([answer.finding(message, f"{prediction.pointer}/keypoints", expected="at least one", actual=[])])


def same_keypoints_for_each(answer: Detection) -> None:
    """All predictions of a class have keypoints of the same ids, however unsure those are."""
    known: dict[str, dict[int, str]] = {}
    for prediction in answer.predictions:
        known.setdefault(prediction.label, {}).update({each.identifier: _told(each) for each in prediction.keypoints})
    findings = []
    for prediction in answer.predictions:
        there = {point.identifier for point in prediction.keypoints}
        if lacking := [told for identifier, told in known[prediction.label].items() if identifier not in there]:
            message = f"{prediction} has no keypoint {', '.join(lacking)}, which another {prediction.label} has"
            expected, actual = len(known[prediction.label]), len(there)
            found = answer.finding(
                message, f"{prediction.pointer}/keypoints", expected=expected, actual=actual, marks=(prediction.mark,)
            )
            findings.append(found)
    broken_if(findings)


def keypoints_inside(answer: Detection, width: int, height: int) -> None:
    """Every keypoint lies inside the picture, within 2 px."""
    reach = PIXELS + ROUNDING
    broken_if(
        [
            answer.finding(
                f"keypoint {_told(point)} at ({point.x:g}, {point.y:g}) lies outside the picture",
                point.pointer,
                expected=f"x in 0..{width}, y in 0..{height}",
                actual=[point.x, point.y],
                marks=(prediction.mark,),
            )
            for prediction in answer.predictions
            for point in prediction.keypoints
            if not (-reach <= point.x <= width + reach and -reach <= point.y <= height + reach)
        ]
    )


def keypoints_at_their_box(answer: Detection) -> None:
    """Of the keypoints of a prediction that are likely to be visible, one or more lie at its box.

    At it is what lies no farther from it than its longer side: a pose may stretch out of the box, but not as a whole.
    """
    broken_if(
        [
            answer.finding(
                f"all {len(points)} keypoints lie far from the box of {prediction}, the nearest {gap:.0f} px away",
                f"{prediction.pointer}/keypoints",
                expected=f"one or more at most {max(prediction.width, prediction.height):.0f} px from the box",
                actual=[[point.x, point.y] for point in points[:5]],
                marks=(prediction.mark,),
            )
            for prediction in answer.predictions
            if (points := visible(prediction))
            and (gap := min(_gap(point, prediction) for point in points)) > max(prediction.width, prediction.height)
        ]
    )


def keypoints_apart(answers: Sequence[Detection]) -> int:
    """The keypoints that are likely to be visible do not lie in one place in each of the predictions, box by box.

    Judged by boxes of two or more of them. Returns how many these are.
    """
    judged = [(answer, one) for answer in answers for one in answer.predictions if len(visible(one)) > 1]
    if len(judged) >= SEVERAL and all(_in_one_place(one) for _, one in judged):
        answer, one = judged[0]
        message = f"all keypoints of {one} lie in one place, and so they do in all {len(judged)} predictions"
        actual = [[point.x, point.y] for point in visible(one)[:5]]
        raise RuleBroken(
            [answer.finding(message, f"{one.pointer}/keypoints", actual=actual, marks=(one.mark,))],
        )
    return len(judged)


def _in_one_place(one: Prediction) -> bool:
    """Whether the keypoints of a box that is large enough to hold several differ by less than can be told."""
    points = visible(one)
    spans = [max(places) - min(places) for places in zip(*((point.x, point.y) for point in points), strict=True)]
    return max(spans) <= PIXELS and min(one.width, one.height) > LARGE_ENOUGH * PIXELS


def keypoints_not_displaced(answers: Sequence[Detection]) -> None:
    """Keypoints that are likely to be visible do not lie beside their boxes, all displaced alike.

    A pose may stretch out of its box, so that much has to be wrong: a third of the points at most lie inside, and
    nearly all would, moved by the same number of px, or by the same part of their box. Points that lie close together,
    or one alone, may mark what is beside its object.
    """
    every = [
        (answer, prediction, point)
        for answer in answers
        for prediction in answer.predictions
        if min(prediction.width, prediction.height) > 0 and _spread(visible(prediction), prediction) >= SPREAD
        for point in visible(prediction)
    ]
    if len({id(prediction) for _, prediction, _ in every}) < SEVERAL or len(every) < FEWEST:
        return
    apart = [(point.x - prediction.x, point.y - prediction.y) for _, prediction, point in every]
    sides = [(prediction.width, prediction.height) for _, prediction, _ in every]
    if _share_inside(apart, sides) > BESIDE:
        return
    parts = [(x / width, y / height) for (x, y), (width, height) in zip(apart, sides, strict=True)]
    for told, moved, frames in (("px", apart, sides), ("of its box", parts, [(1.0, 1.0)] * len(parts))):
        right, down = (median(values) for values in zip(*moved, strict=True))
        if _share_inside([(x - right, y - down) for x, y in moved], frames) >= NEARLY_ALL:
            answer, prediction, point = every[0]
            displaced = f"({round(right, 2):g}, {round(down, 2):g})"
            message = f"keypoints lie beside their boxes, each displaced by about {displaced} {told}"
            expected, actual = "most keypoints of an object in its box", [point.x, point.y]
            marks = (prediction.mark, (point.x, point.y, point.x, point.y, _told(point)))
            broken_if([answer.finding(message, point.pointer, expected=expected, actual=actual, marks=marks)])


def _spread(points: Sequence[Keypoint], prediction: Prediction) -> float:
    """How much of the width or of the height of its box a prediction's keypoints span, whichever is more."""
    if not points:
        return 0.0
    across, down = [point.x for point in points], [point.y for point in points]
    return max((max(across) - min(across)) / prediction.width, (max(down) - min(down)) / prediction.height)


def _share_inside(apart: Sequence[tuple[float, float]], sides: Sequence[tuple[float, float]]) -> float:
    """The share of points, each told from the centre of its box, that lie in the box or close to it."""
    inside = [
        max(abs(x) / width, abs(y) / height) <= 0.5 + AROUND
        for (x, y), (width, height) in zip(apart, sides, strict=True)
    ]
    return sum(inside) / len(inside)


def visible(prediction: Prediction) -> list[Keypoint]:
    """The keypoints that are likely to be visible."""
    return [point for point in prediction.keypoints if point.confidence >= VISIBLE]


def _gap(point: Keypoint, prediction: Prediction) -> float:
    """By how many px a keypoint lies outside the box."""
    x0, y0, x1, y1 = prediction.corners
    return max(x0 - point.x, point.x - x1, y0 - point.y, point.y - y1, 0)


def _told(point: Keypoint) -> str:
    return repr(point.name) if point.name else str(point.identifier)


def keypoints_reach(answer: Detection, threshold: float) -> None:
    """No keypoint is less sure than the threshold (0 to 1)."""
    broken_if(
        [
            answer.finding(
                f"keypoint {_told(point)} of {prediction} was returned, below the threshold of {threshold:g}",
                f"{point.pointer}/confidence",
                expected=f">= {threshold:g}",
                actual=point.confidence,
                marks=(prediction.mark,),
            )
            for prediction in answer.predictions
            for point in prediction.keypoints
            if point.confidence < threshold - ROUNDING
        ]
    )


def same_keypoints(answer: Detection, expected: Detection, why: str, threshold: float = 0.0) -> None:
    """Predictions that both answers hold have the same keypoints: by id and name, within 2 px and 0.02 of confidence.

    One that is less sure than the threshold for keypoints (0 to 1), or about as sure, may come and go.
    """
    findings: list[Finding] = []
    for before, after in match(expected.predictions, answer.predictions).pairs:
        had, has = ({point.identifier: point for point in each.keypoints} for each in (before, after))
        for identifier in sorted(had.keys() | has.keys()):
            points = [each[identifier] for each in (had, has) if identifier in each]
            if _same_point(*points) if len(points) == 2 else points[0].confidence <= threshold + CONFIDENCE + ROUNDING:
                continue
            verb = "is another" if len(points) == 2 else "is missing" if identifier in had else "was added"
            findings.append(
                answer.finding(
                    f"keypoint {_told(points[-1])} of {after} {verb}, {why}",
                    points[-1].pointer if identifier in has else f"{after.pointer}/keypoints",
                    expected=_stated(had.get(identifier)),
                    actual=_stated(has.get(identifier)),
                    marks=(after.mark,),
                )
            )
    broken_if(findings)


def _same_point(first: Keypoint, second: Keypoint) -> bool:
    near = max(abs(first.x - second.x), abs(first.y - second.y)) <= PIXELS + ROUNDING
    return near and first.name == second.name and abs(first.confidence - second.confidence) <= CONFIDENCE + ROUNDING


def _stated(point: Keypoint | None) -> list[float] | None:
    return None if point is None else [point.x, point.y, point.confidence]
