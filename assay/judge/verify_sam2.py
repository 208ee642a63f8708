"""The named verifications about what SAM2 makes of prompts, and of pictures that it has embedded before.

A model may choose otherwise than a person would: what is asked of it is asked of several things, and one in three may
be an exception.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assay.judge import masks, verify
from assay.judge.answers import Segmentation, image_name
from assay.judge.verdicts import AnswerOfAnother, NoWitness, RuleBroken, broken_if
from assay.record.model import Exchange, Finding

REACH = 2
"""px by which a point may miss its mask: the outline of a mask is a matter of rounding."""
EXCEPTIONS = 1 / 3
IN_BOX = 0.9
SAME = 0.95
"""IoU from which on two masks of one picture are one and the same."""
SYMMETRIC = 0.6
"""IoU of a mask with its mirror image from which on mirroring would not show."""
AS_SURE = 0.02
"""By how much a confidence may differ, 0 to 1: several prompts at once may be computed otherwise than one."""
UNCHANGED = 0.99
"""IoU of the masks of one picture, whether it was embedded before or in the same call."""
LEAST_COST = 0.03
"""Seconds that an embedding has to take before anybody could tell whether one is saved."""
TELLING_SHARE = 0.25
SAVED, NOT_SAVED = 0.5, 0.25
"""Shares of an embedding's cost: one that is kept saves more than the first, one that is made again less than that."""

Point = tuple[float, float]
Box = Mapping[str, float]


def points_inside(answers: Sequence[tuple[Segmentation, Sequence[Point]]]) -> None:
    """Each point lies in the mask at its place in its answer, or within 2 px of it; one in three may not."""
    mostly(
        [
            answer.finding(
                f"the positive point ({x:g}, {y:g}) lies outside of the mask that answers it",
                f"/predictions/{index}/masks",
                expected=f"a mask within {REACH} px of the point",
                actual=f"a mask of {int(mask.sum())} px that does not reach it",
                marks=(_mark(x, y),),
            )
            for answer, points in answers
            for index, ((x, y), mask) in enumerate(zip(points, answer.masks, strict=True))
            if not masks.covers(mask, x, y, REACH)
        ],
        sum(len(points) for _, points in answers),
    )


def points_outside(answers: Sequence[tuple[Segmentation, Mapping[int, Point]]]) -> None:
    """Each point lies outside of the mask with its number in its answer; one in three may not."""
    mostly(
        [
            answer.finding(
                f"the negative point ({x:g}, {y:g}) lies inside of the mask that it should be kept out of",
                f"/predictions/{index}/masks",
                expected="a mask without the point",
                actual="a mask that covers it, as with a positive point in its place",
                marks=(_mark(x, y),),
            )
            for answer, points in answers
            for index, (x, y) in points.items()
            if masks.covers(answer.masks[index], x, y)
        ],
        sum(len(points) for _, points in answers),
    )


def masks_in_boxes(answers: Sequence[tuple[Segmentation, Sequence[Box]]]) -> None:
    """Nine tenths of a mask lie in its box, read with (x, y) as the centre, and more than in the box from (x, y) on.

    One in three may be otherwise. An empty mask is in no box.
    """
    found = [
        _box_followed(answer, index, box, mask)
        for answer, boxes in answers
        for index, (box, mask) in enumerate(zip(boxes, answer.masks, strict=True))
    ]
    mostly([finding for finding in found if finding is not None], len(found))


def _box_followed(answer: Segmentation, index: int, box: Box, mask: masks.Mask) -> Finding | None:
    x, y, width, height = (box[name] for name in ("x", "y", "width", "height"))
    around = corners(box)
    centred, from_corner = masks.in_box(mask, *around), masks.in_box(mask, x, y, x + width, y + height)
    if centred >= IN_BOX and from_corner < centred:
        return None
    return answer.finding(
        f"the mask does not follow a box around ({x:g}, {y:g})",
        f"/predictions/{index}/masks",
        expected=f"{IN_BOX:.0%} or more in the box with ({x:g}, {y:g}) at its centre, and less in one from there on",
        actual=f"{centred:.0%} of it there, {from_corner:.0%} in the box with ({x:g}, {y:g}) as its corner",
        marks=((*around, "box"),),
    )


def corners(box: Box) -> tuple[float, float, float, float]:
    """The left, upper, right and lower edge (px) of a box with (x, y) at its centre."""
    x, y, width, height = (box[name] for name in ("x", "y", "width", "height"))
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def boxes_heeded(answers: Sequence[tuple[Segmentation, Segmentation, Sequence[Box]]]) -> None:
    """Boxes around things are not all answered with one mask, where points on the same things get masks in the boxes.

    Each entry holds the answer to the boxes, that to the points, and the boxes, one of each for every thing. Raises
    NoWitness where no two points are answered with masks that tell them apart, each of them in its box.
    """
    findings, seen = [], 0
    for of_boxes, of_points, boxes in answers:
        telling = _things_told_apart(of_points, boxes)
        if not telling:
            continue
        seen += 1
        first, *others = (of_boxes.masks[index] for index in telling)
        agreements = [masks.agreement(first, other) for other in others]
        if min(agreements) >= SAME:
            findings.append(
                of_boxes.finding(
                    f"boxes around {len(telling)} different things are answered with one and the same mask, "
                    "though points on them are not: the boxes are not heeded",
                    f"/predictions/{telling[0]}/masks",
                    expected=f"two masks with an IoU below {SAME}",
                    actual=f"{min(agreements):.3f} and more",
                )
            )
    if not seen:
        raise NoWitness("points do not show different things, each of them in the box around it")
    broken_if(findings if len(findings) == seen else [])


def _things_told_apart(of_points: Segmentation, boxes: Sequence[Box]) -> list[int]:
    """Things whose masks lie in the boxes around them, two of which share less than half of what they cover."""
    found = [
        index
        for index, (mask, box) in enumerate(zip(of_points.masks, boxes, strict=True))
        if masks.in_box(mask, *corners(box)) >= IN_BOX
    ]
    return found if masks.some_differ([of_points.masks[index] for index in found]) else []


def points_heeded(answers: Sequence[tuple[Segmentation, Segmentation, Segmentation]]) -> None:
    """Several positive points do not get the mask of fewer in one order, and of others of them in the other order.

    Each entry holds the answer to a point on each thing (or to several, on this thing and on the next ones), that to
    one point more (the last thing is followed by the first), and that to the same in the other order. One prompt in
    three may be an exception. Raises NoWitness where no two that are neighbours are answered with different masks.
    """
    findings, asked = [], 0
    for alone, one_way, other_way in answers:
        following = [*alone.masks[1:], *alone.masks[:1]]
        orders = zip(one_way.masks, other_way.masks, strict=True)
        for index, (ways, singles) in enumerate(zip(orders, zip(alone.masks, following, strict=True), strict=True)):
            if not masks.tell_apart(singles):
                continue
            asked += 1
            if any(_are(ways, each) for each in (singles, singles[::-1])):
                message = (
                    "positive points are answered with the mask of all but the last, and in the other order with that "
                    "of all but the first: one of them is not heeded"
                )
                actual = f"an IoU of {masks.agreement(*ways):.3f}"
                findings.append(
                    one_way.finding(
                        message, f"/predictions/{index}/masks", expected="the same mask in either order", actual=actual
                    )
                )
    if not asked:
        raise NoWitness("no two neighbouring points, each without the other, are answered with different masks")
    mostly(findings, asked)


def _are(found: Sequence[masks.Mask], expected: Sequence[masks.Mask]) -> bool:
    """Whether these masks are those, each at its place."""
    return all(masks.agreement(*pair) >= SAME for pair in zip(found, expected, strict=True))


def mirrored(answer: Segmentation, before: Segmentation) -> None:
    """Each mask is the mirror image of that at its place before the picture was mirrored; one in three may not be.

    Raises NoWitness where masks are their own mirror images: they would be the same wherever they lay.
    """
    verify.as_many_masks(answer, before, "once the picture was mirrored")
    telling = [
        (index, masks.agreement(mask[:, ::-1], expected))
        for index, (mask, expected) in enumerate(zip(answer.masks, before.masks, strict=True))
        if expected.any() and masks.agreement(expected, expected[:, ::-1]) < SYMMETRIC
    ]
    if not telling:
        raise NoWitness("every mask is its own mirror image, or empty")
    mostly(
        [
            answer.finding(
                f"the mask agrees to {agreement:.3f} of IoU only with the mirror image of that before",
                f"/predictions/{index}/masks",
                expected=f">= {verify.SAME_PICTURES_MASK}",
                actual=round(agreement, 4),
            )
            for index, agreement in telling
            if agreement < verify.SAME_PICTURES_MASK
        ],
        len(telling),
    )


def as_sure_as_alone(answer: Segmentation, alone: Sequence[Segmentation], order: Sequence[int]) -> None:
    """Each prediction has the confidence of its own prompt, asked alone; `order` holds which was asked at each place.

    Raises NoWitness where the prompts, asked alone, are answered about as surely.
    """
    sure = [_confidences(each)[0] for each in alone]
    if max(sure) - min(sure) <= 2 * AS_SURE:
        told = ", ".join(f"{each:.3f}" for each in sure)
        raise NoWitness(f"different prompts, asked alone, are answered about as surely: {told}")
    broken_if(
        [
            answer.finding(
                f"prediction {index} of {len(order)} is not as sure as its prompt is answered alone",
                f"/predictions/{index}/confidence",
                expected=f"{sure[asked]:.4f}, {AS_SURE} more or less",
                actual=round(found, 4),
            )
            for index, (found, asked) in enumerate(zip(_confidences(answer), order, strict=True))
            if abs(found - sure[asked]) > AS_SURE
        ]
    )


def _confidences(answer: Segmentation) -> list[float]:
    """Raises NoWitness where there is none, which is judged by another rule."""
    try:
        return [float(each["confidence"]) for each in answer.body["predictions"]]
    except (KeyError, TypeError, ValueError):
        raise NoWitness("a prediction has no confidence") from None


def unchanged(answer: Segmentation, alone: Segmentation) -> None:
    """The masks are those of the same request without an embedding made before, IoU of 0.99 or more."""
    verify.as_many_masks(answer, alone, "once the picture was embedded")
    agreements = [masks.agreement(first, second) for first, second in zip(answer.masks, alone.masks, strict=True)]
    broken_if(
        [
            answer.finding(
                f"the mask of the embedded picture agrees to {agreement:.3f} of IoU only with that without it",
                f"/predictions/{index}/masks",
                expected=f">= {UNCHANGED}",
                actual=round(agreement, 4),
            )
            for index, agreement in enumerate(agreements)
            if agreement < UNCHANGED
        ]
    )


def of_the_cached_picture(answer: Segmentation, cached: Segmentation, sent: Segmentation) -> None:
    """The first mask is that of the picture under the name, and not of the picture that was sent with it."""
    verify.as_many_masks(answer, cached, "though the name was given to an embedded picture")
    with_cached, with_sent = (masks.agreement(answer.masks[0], other.masks[0]) for other in (cached, sent))
    if with_cached < verify.SAME_PICTURES_MASK or with_cached <= with_sent:
        whose = "of the picture that was sent with the name" if with_sent > with_cached else "of neither picture"
        message = f"the mask is {whose}, and not of the picture that was embedded under that name"
        told = {"with the embedded picture": round(with_cached, 3), "with the one that was sent": round(with_sent, 3)}
        expected = f"an IoU of {verify.SAME_PICTURES_MASK} or more with the embedded picture's"
        raise RuleBroken([answer.finding(message, "/predictions/0/masks", expected=expected, actual=told)])


def of_its_own_picture(answer: Segmentation, own: Segmentation, elsewhere: Segmentation, what: str) -> None:
    """The first mask is that which the prompt gets in its own picture, and not that which it gets in another one.

    Raises AnswerOfAnother where it is the latter.
    """
    verify.as_many_masks(answer, own, what)
    with_own, with_other = (masks.agreement(answer.masks[0], other.masks[0]) for other in (own, elsewhere))
    if with_own >= verify.SAME_PICTURES_MASK:
        return
    told = {"with its own picture's": round(with_own, 3), "with another picture's": round(with_other, 3)}
    foreign = with_other >= verify.SAME_PICTURES_MASK
    message = f"the mask is {'that of another picture' if foreign else 'of no picture that was sent'}, {what}"
    expected = f"an IoU of {verify.SAME_PICTURES_MASK} or more with its own picture's"
    finding = answer.finding(message, "/predictions/0/masks", expected=expected, actual=told)
    raise (AnswerOfAnother if foreign else RuleBroken)([finding])


@dataclass(frozen=True, slots=True)
class Pace:
    """How long the first segmentation of a picture took, and further ones of it, in seconds."""

    first: Exchange
    again: tuple[Exchange, ...]

    @property
    def saved(self) -> float:
        """What the quickest of the further ones saved."""
        return self.first.seconds - min(exchange.seconds for exchange in self.again)


def second_is_faster(paces: Sequence[Pace], cost: float) -> None:
    """A further segmentation of a picture saves a good part of what embedding one costs (s), at the median.

    Raises NoWitness where that cost is too little to be seen, or what was saved may be chance.
    """
    first = statistics.median(pace.first.seconds for pace in paces)
    if cost < LEAST_COST or cost < TELLING_SHARE * first:
        raise NoWitness(
            f"embedding a picture takes {max(cost, 0) * 1000:.0f} ms of the {first * 1000:.0f} ms of a segmentation: "
            "too little to tell whether it is saved, or the picture was known already"
        )
    saved = [pace.saved for pace in paces]
    if statistics.median(saved) >= SAVED * cost:
        return
    if max(saved) >= NOT_SAVED * cost:
        raise NoWitness(f"segmentations took {_milliseconds(saved)} ms less the second time: the target is too uneven")
    raise RuleBroken(
        [
            Finding(
                "a picture that was segmented before is segmented no faster the second time",
                expected=f"about the {cost * 1000:.0f} ms less that embedding a picture takes",
                actual=f"{_milliseconds(saved)} ms less, in {len(saved)} pictures",
                exchange=paces[-1].again[-1].id,
            )
        ]
    )


def _milliseconds(seconds: Sequence[float]) -> str:
    return ", ".join(f"{each * 1000:.0f}" for each in seconds)


def same_name(name: str | None, exchange: Exchange) -> None:
    """The picture gets this name again."""
    found = image_name(exchange)
    if found is None or found != name:
        message = "a picture that is embedded without a name gets another one than the same picture before"
        raise RuleBroken([Finding(message, "/image_id", expected=name, actual=found, exchange=exchange.id)])


def other_name(name: str | None, exchange: Exchange) -> None:
    """Another picture gets another name."""
    found = image_name(exchange)
    if found is None or found == name:
        message = "two different pictures, embedded without a name, get the same one"
        expected = f"another name than {name}"
        raise RuleBroken([Finding(message, "/image_id", expected=expected, actual=found, exchange=exchange.id)])


def given_name(name: str, exchange: Exchange) -> None:
    """The name that was given comes back."""
    found = image_name(exchange)
    if found != name:
        message = "the picture was given a name, and the answer has another"
        raise RuleBroken([Finding(message, "/image_id", expected=name, actual=found, exchange=exchange.id)])


def _mark(x: float, y: float) -> tuple[float, float, float, float, str]:
    return (x - REACH, y - REACH, x + REACH, y + REACH, "point")


def mostly(findings: Sequence[Finding], asked: int) -> None:
    """Raise RuleBroken when more is wrong than the exceptions that a model may make."""
    broken_if(findings if len(findings) > EXCEPTIONS * asked else [])
