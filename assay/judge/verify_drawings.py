"""Named verifications of pictures that come back, and of what is drawn into them. Each raises RuleBroken."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from itertools import repeat

from assay.judge import boxes, pictures
from assay.judge.additions import frames, shows, stands_clear
from assay.judge.answers import Answer, Detection, Outline, response_of
from assay.judge.boxes import Prediction
from assay.judge.misdrawn import misdrawn
from assay.judge.verdicts import NoWitness, RuleBroken, broken_if
from assay.picture import decode
from assay.record.model import Exchange, Finding

DRAWN_SHARE = 0.5
CHANGED_ELSEWHERE = 0.5
"""Share of the picture away from all boxes: legends and footers cover less."""
CONTOURS_KEPT = 0.5
"""Share of the picture's contours away from all boxes: legends and footers leave more."""
WIDER = 1.2
"""How many times as many pixels a line of a multiple of the width changes at least."""
NARROWEST, WIDEST = 0.7, 1.5
"""Times the width asked for that a line has: programs that draw round it, and a JPEG blurs it."""
FEWEST_WIDTHS = 12
"""Places at which the width of a line is measured, at least."""
AS_MANY = 0.95
"""How many times as many where boxes are filled, so that the line adds little to what has changed already."""
WRITTEN = 20
"""Pixels that the smallest readable label changes at least."""
AS_MUCH_BESIDE = 0.5
"""Share of the pixels that a parameter changes in one drawing that it changes in another of the same picture."""
SAME_DRAWING = 0.05
"""Share of the pixels by which one parameter tells two drawings apart that may differ."""
NOT_BOTH_WAYS = 0.25
"""Share of the pixels that a parameter changes in a drawing by which one made in another way may differ from it."""


def jpeg_of_size(
    content: bytes, width: int, height: int, exchange: Exchange, pointer: str | None = None
) -> pictures.Pixels:
    """The bytes are a JPEG of this size in px; returns its pixels, H x W x 3 RGB."""
    jpeg(content, exchange, pointer)
    return picture_of_size(content, width, height, exchange, pointer)


def jpeg(content: bytes, exchange: Exchange, pointer: str | None = None) -> None:
    """The bytes are a JPEG."""
    if not pictures.is_jpeg(content):
        actual = f"{len(content)} bytes beginning {content[:8].hex(' ') or 'with nothing'}"
        message = "the picture that came back is no JPEG"
        raise RuleBroken([Finding(message, pointer=pointer, expected="a JPEG", actual=actual, exchange=exchange.id)])


def picture_of_size(
    content: bytes, width: int, height: int, exchange: Exchange, pointer: str | None = None
) -> pictures.Pixels:
    """The bytes are a whole picture of this size in px, of any usual file format; returns its pixels, H x W x 3 RGB."""

    def broken(message: str, actual: object) -> RuleBroken:
        expected = f"a picture of {width} x {height} px"
        return RuleBroken([Finding(message, pointer=pointer, expected=expected, actual=actual, exchange=exchange.id)])

    if pictures.is_jpeg(content) and not pictures.is_whole(content):
        raise broken("the JPEG that came back is cut off: its end mark is missing", f"{len(content)} bytes")
    pixels = decode(content)
    if pixels is None:
        raise broken("the picture that came back cannot be decoded", f"{len(content)} bytes")
    found_height, found_width = pixels.shape[:2]
    if (found_width, found_height) != (width, height):
        found = f"{found_width} x {found_height} px"
        raise broken("the drawing is not of the size of the picture that was sent", found)
    return pixels


def media_type(exchange: Exchange, expected: str) -> None:
    """The answer's Content-Type is the expected one."""
    actual = response_of(exchange).media_type
    if actual != expected:
        message = f"Content-Type is {actual or 'missing'} and not {expected}"
        raise RuleBroken([Finding(message, expected=expected, actual=actual, exchange=exchange.id)])


def outlines_drawn(
    answer: Detection, before: pictures.Pixels, after: pictures.Pixels, outlines: Sequence[Outline] = ()
) -> None:
    """Along each side of every predicted box the picture changed, on half of it or more, and elsewhere it is the same.

    `before` is the picture as it would be without a drawing, compressed like `after`: `pictures.as_drawn_upon`.
    An instance may be shown by its outline, one of `outlines` for each prediction, instead of by its box.
    """
    findings = []
    places = [*_places_drawn_at(answer)]
    changed, kept = (measure(before, after, places) for measure in (pictures.changed_elsewhere, pictures.contours_kept))
    if changed > CHANGED_ELSEWHERE or kept < CONTOURS_KEPT:
        message = "the drawing is not the picture that was sent with something added: it differs far from every box"
        expected = f"{CHANGED_ELSEWHERE:.0%} or more of the picture, and of its contours, as they were"
        told = f"{1 - changed:.0%} of the picture and {kept:.0%} of its contours"
        findings.append(answer.finding(message, "/predictions", expected=expected, actual=told))
    for prediction, outline in zip(answer.predictions, outlines or repeat(()), strict=False):
        share = pictures.outline_drawn(before, after, prediction.corners)
        shown = (share, pictures.line_drawn(before, after, outline), pictures.area_drawn(before, after, outline))
        if max(shown) < DRAWN_SHARE:
            findings.append(
                answer.finding(
                    f"the drawing shows no outline where the JSON says {prediction}",
                    prediction.pointer,
                    expected=f"a line on {DRAWN_SHARE:.0%} or more of each side",
                    actual=f"{share:.0%} of one side",
                    marks=(prediction.mark,),
                )
            )
    broken_if(findings)


def of_the_picture(before: pictures.Pixels, after: pictures.Pixels, exchange: Exchange) -> None:
    """Under the drawing lies the picture that was sent, and none altered from it: H x W x 3 RGB of one size."""
    told = misdrawn(before, after)
    if told is not None:
        message = f"the drawing shows the picture {told}"
        raise RuleBroken([Finding(message, expected="the picture that was sent", actual=told, exchange=exchange.id)])


def as_much_beside(alone: int, beside: int, exchange: Exchange, given: str) -> None:
    """A parameter changes the drawing beside the JSON by half as many pixels at least as it changes the one alone."""
    if beside < AS_MUCH_BESIDE * alone:
        message = f"{given} changes the drawing alone, and hardly the one beside the JSON"
        expected = f"{AS_MUCH_BESIDE * alone:.0f} changed pixels or more"
        raise RuleBroken([Finding(message, "/visualization", expected=expected, actual=beside, exchange=exchange.id)])


def nothing_withheld_drawn(answer: Detection, additions: pictures.Mask, withheld: Sequence[Prediction]) -> None:
    """None of the predictions that the answer withholds is drawn, clear of all that it holds.

    `additions` is where the drawing has colours that the picture lacks, H x W.
    """
    height, width = additions.shape
    taken = [*_places_drawn_at(answer)]
    broken_if(
        [
            answer.finding(
                f"the drawing shows {prediction}, which the JSON withholds",
                "/predictions",
                expected="no predictions but those of the answer",
                actual=[round(value) for value in prediction.corners],
                marks=(prediction.mark,),
            )
            for prediction in withheld
            if stands_clear(prediction.corners, taken, width, height) and shows(additions, prediction.corners)
        ]
    )


def nothing_else_drawn(answer: Detection, additions: pictures.Mask) -> None:
    """No box is drawn, clear of all that the answer holds. `additions` as for `nothing_withheld_drawn`."""
    height, width = additions.shape
    taken = [*_places_drawn_at(answer)]
    findings = []
    for corners in frames(additions):
        if stands_clear(corners, taken, width, height):
            x0, y0, x1, y1 = (round(value) for value in corners)
            message = f"the drawing shows a box at ({x0}, {y0}, {x1}, {y1}), where the JSON has no prediction"
            expected, mark = "no boxes but those of the answer", (*corners, "drawn")
            findings.append(
                answer.finding(message, "/predictions", expected=expected, actual=[x0, y0, x1, y1], marks=(mark,))
            )
    broken_if(findings)


def _places_drawn_at(answer: Detection) -> Iterator[boxes.Corners]:
    for prediction in answer.predictions:
        yield prediction.corners
        for point in prediction.keypoints:
            yield (point.x, point.y, point.x, point.y)


def outlines_wider(thin: int, thick: int, apart: int, exchange: Exchange, strokes: tuple[int, int]) -> None:
    """The wider stroke changed more pixels along the boxes: by a fifth or more.

    Where boxes are filled it changed as many, and `apart`, the pixels in which the two drawings differ, are a fifth.
    """
    filled = thick >= AS_MANY * thin and apart >= (WIDER - 1) * thin
    if thick < WIDER * thin and not filled:
        message = f"with stroke={strokes[1]} no more is drawn along the boxes than with stroke={strokes[0]}"
        expected = f"{WIDER * thin:.0f} changed pixels or more"
        raise RuleBroken([Finding(message, expected=expected, actual=thick, exchange=exchange.id)])


def as_wide_as_asked(widths: Sequence[int], stroke: int, exchange: Exchange) -> float:
    """Lines are about `stroke` px wide, at the median of these widths; returns that.

    Raises NoWitness where too few could be measured.
    """
    if len(widths) < FEWEST_WIDTHS:
        raise NoWitness(f"the width of a line can be measured at {len(widths)} places only: lines are hidden, or areas")
    width = statistics.median(widths)
    if not NARROWEST * stroke <= width <= WIDEST * stroke:
        message = f"with stroke={stroke} lines are {width:g} px wide"
        raise RuleBroken([Finding(message, expected=f"{stroke} px", actual=f"{width:g} px", exchange=exchange.id)])
    return width


def drawing_only_where_asked(answer: Answer, asked: bool) -> None:
    """JSON holds a `visualization` where that was asked for, and nowhere else."""
    if ("visualization" in answer.body) is not asked:
        message = "the JSON holds a drawing that was not asked for" if not asked else "the JSON holds no drawing"
        raise RuleBroken([answer.finding(message, "/visualization" if not asked else "")])


def labels_written(
    predictions: Sequence[Prediction], plain: pictures.Pixels, labelled: pictures.Pixels, exchange: Exchange
) -> None:
    """At each prediction the drawing with labels differs from the one without."""
    broken_if(
        [
            Finding(
                f"with labels=true nothing is written at {prediction}",
                expected=f"{WRITTEN} changed pixels or more at the box",
                actual=pixels,
                exchange=exchange.id,
                marks=(prediction.mark,),
            )
            for prediction in predictions
            if (pixels := pictures.changed_at(plain, labelled, prediction.corners)) < WRITTEN
        ]
    )


def same_drawing(different: int, told_apart: int, exchange: Exchange, why: str) -> None:
    """Two drawings are the same, as against the pixels by which another value of the parameter tells them apart."""
    if different > SAME_DRAWING * told_apart:
        message = f"the drawing differs in {different} pixels {why}"
        expected = f"{SAME_DRAWING:.0%} or less of the {told_apart} pixels by which another value tells itself apart"
        raise RuleBroken([Finding(message, expected=expected, actual=different, exchange=exchange.id)])


def drawn_both_ways(different: int, without: int, told_apart: int, exchange: Exchange, why: str) -> None:
    """Two drawings made in two ways differ with a parameter about as they do without it.

    In px: by how many they differ with it and without it, and how many it changes in one of them. A JPEG of another
    quality, or another letter in a label, is no other drawing.
    """
    most = 2 * without + round(NOT_BOTH_WAYS * told_apart)
    if different > most:
        message = f"the drawing differs in {different} pixels {why}"
        expected = f"{most} or fewer: without it {without} differ, and it changes {told_apart} pixels"
        raise RuleBroken([Finding(message, expected=expected, actual=different, exchange=exchange.id)])
