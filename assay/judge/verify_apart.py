"""Named verifications of answers that came while others were under way: each is its own request's. Raise RuleBroken."""

from __future__ import annotations

import datetime
import email.utils
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from assay.contract.judging import decode_base64
from assay.contract.sentences import cut
from assay.judge import masks, pictures
from assay.judge.answers import response_of
from assay.judge.archives import Array, read_archive
from assay.judge.verdicts import NoWitness, RuleBroken
from assay.judge.verify import SAME_PICTURES_MASK, answered
from assay.picture import decode
from assay.record.model import Exchange, Finding
from assay.target.busy import NOT_READY, TOO_MANY_REQUESTS
from assay.target.discovery import KEY_REFUSED

OWN_DRAWING = 0.05
"""Share of a drawing's pixels that may differ from call to call: lines of boxes that were found a pixel beside."""
SAME_PLACE = 1.0
"""px by which the middle of what is told again may lie beside."""
BUSY = (TOO_MANY_REQUESTS, *NOT_READY)
"""Statuses by which a target, or what stands in front of it, says that it has too much to do."""
ALONE = "the one that the same request gets alone"


def drawing_in(exchange: Exchange) -> pictures.Pixels | None:
    """The drawing that an answer is, or that its JSON holds, H x W x 3 RGB; None where none can be read."""
    response = response_of(exchange)
    if response.media_type.startswith("image/"):
        return decode(response.body)
    try:
        return decode(decode_base64(response.json()["visualization"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def archive_in(exchange: Exchange) -> Array | None:
    """The masks of an answer that is an archive of logits, N x H x W of bool; None where none can be read."""
    try:
        return np.asarray(read_archive(response_of(exchange).body)["masks"] >= 0)
    except (ValueError, KeyError, TypeError):
        return None


def its_own_drawing(exchange: Exchange, alone: pictures.Pixels, others: Sequence[pictures.Pixels]) -> None:
    """The drawing is that which its request gets alone, but for lines that lie a little beside, and no other's."""
    drawing = drawing_in(exchange)
    own = _unlike(drawing, alone)
    nearest = min((_unlike(drawing, other) for other in others), default=1.0)
    if own > OWN_DRAWING or own > nearest:
        size = "none that can be read" if drawing is None else f"{drawing.shape[1]} x {drawing.shape[0]} px"
        message = "the drawing is that of another request" if nearest < own else f"the drawing is not {ALONE}"
        expected, actual = f"{alone.shape[1]} x {alone.shape[0]} px", f"{size}, {own:.1%} of it unlike"
        raise RuleBroken([Finding(message, expected=expected, actual=actual, exchange=exchange.id)])


def _unlike(drawing: pictures.Pixels | None, other: pictures.Pixels) -> float:
    """The share of pixels that visibly differ, 0 to 1; 1 where the sizes do."""
    if drawing is None or drawing.shape != other.shape:
        return 1.0
    height, width, _ = drawing.shape
    return float(pictures.changed(drawing, other) / (height * width))


def its_own_archive(exchange: Exchange, alone: Array) -> None:
    """The archive states the masks that its request gets alone, each with an IoU of 0.8 or more."""
    found = archive_in(exchange)
    if found is None or found.shape != alone.shape:
        message, actual = f"the archive is not {ALONE}", "none that can be read" if found is None else [*found.shape]
        raise RuleBroken([Finding(message, expected=[*alone.shape], actual=actual, exchange=exchange.id)])
    agreement = min((masks.agreement(*pair) for pair in zip(found, alone, strict=True)), default=1.0)
    if agreement < SAME_PICTURES_MASK:
        message, expected = "a mask of the archive is not that of its own request", f">= {SAME_PICTURES_MASK}"
        raise RuleBroken([Finding(message, expected=expected, actual=round(agreement, 4), exchange=exchange.id)])


def its_own_refusal(exchange: Exchange, alone: Exchange, others: Sequence[Exchange]) -> None:
    """A wrong request is refused with the status that it gets alone, and not in the words of another's refusal."""
    response, own = response_of(exchange), response_of(alone)
    if response.status != own.status:
        answered_it = " was answered" if response.status < 400 else ""
        message = f"beside other requests a wrong one{answered_it or ' got another status than alone'}"
        raise RuleBroken([Finding(message, expected=own.status, actual=response.status, exchange=exchange.id)])
    if response.body == own.body:
        return
    foreign = next((each for each in others if response_of(each).body == response.body), None)
    if foreign is not None:
        message = "a wrong request got the refusal of another one"
        expected, actual = (cut(body.decode("utf-8", "replace"), 200) for body in (own.body, response.body))
        raise RuleBroken([Finding(message, expected=expected, actual=actual, exchange=exchange.id)])


def key_refused(exchange: Exchange, what: str) -> None:
    """A request with a key that opens nothing is refused for it, whatever others are under way."""
    status = response_of(exchange).status
    if status not in KEY_REFUSED:
        message = f"{what} was answered with status {status} while requests with the key were under way"
        raise RuleBroken([Finding(message, expected="401 or 403", actual=status, exchange=exchange.id)])


def answered_or_busy(exchange: Exchange) -> bool:
    """Whether the request was answered; a busy target may refuse it instead, with 429 or as not ready, and no other.

    Where such a refusal says when to ask again, that is a number of seconds or a date.
    """
    response = response_of(exchange)
    if response.status not in BUSY:
        answered(exchange, "in a burst a valid request", None)
        return True
    told = response.header("retry-after")
    if told is not None and not _is_time(told):
        message = "a busy target says with Retry-After when to ask again, and that is no time"
        raise RuleBroken([Finding(message, expected="seconds or a date", actual=told, exchange=exchange.id)])
    return False


def _is_time(told: str) -> bool:
    if told.strip().isdecimal():
        return True
    try:
        return isinstance(email.utils.parsedate_to_datetime(told), datetime.datetime)
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures of one size, asked for one after the other.

    `gist` is what the first answer comes to, whatever the picture's size; `equal` says whether the second is the same.
    """

    second: Exchange
    gist: Hashable
    equal: bool


def looked_at(full_first: Pair, empty_first: Pair) -> None:
    """It is not decided by what comes first of a size, a name and a beginning of a file how all such are answered.

    Raises NoWitness where a picture and an empty one are answered alike even when each is the first of its kind.
    """
    if full_first.gist == empty_first.gist:
        raise NoWitness("a picture with something on it and an empty one are answered alike")
    if full_first.equal and empty_first.equal:
        message = "of two pictures alike in size, name and beginning of their files the second is answered as the first"
        expected, actual = "an answer of its own", "an empty picture is answered as the full one before it"
        raise RuleBroken([Finding(message, expected=expected, actual=actual, exchange=full_first.second.id)])
    if full_first.equal or empty_first.equal:
        raise NoWitness("now so and now so is the second of two pictures answered as the first")


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing that an answer tells of: what it is called, and its middle in px, origin at the top left."""

    label: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Moving:
    """Two pictures asked for one after the other, in which the same things lie a little apart: what is told of each."""

    first: Sequence[Mark]
    second: Sequence[Mark]
    exchange: Exchange

    @property
    def is_still(self) -> bool:
        """Whether the second answer has each thing where the first has it."""
        return _lie(self.first, self.second, 0, SAME_PLACE)


def looked_at_closely(moving: Moving, back: Moving, shift: int) -> None:
    """What lies a little further right is told further right, and not where it lay in the picture before.

    `moving` is about a picture and then about one in which all lies `shift` px further right; `back` about two other
    ones like them, in the opposite order. Raises NoWitness where the first of each pair do not differ by as much.
    """
    if not _lie(moving.first, back.first, shift, shift / 2):
        raise NoWitness(f"what lies {shift} px further right is not told so much further right")
    if moving.is_still and back.is_still:
        message = "of two pictures that differ in nothing but where things lie, the second is answered as the first"
        expected, actual = f"{shift} px further right", "where they lie in the picture before"
        raise RuleBroken([Finding(message, expected=expected, actual=actual, exchange=moving.exchange.id)])
    if moving.is_still or back.is_still:
        raise NoWitness("now so and now so is the second of two pictures answered as the first")


def _lie(before: Sequence[Mark], now: Sequence[Mark], across: float, within: float) -> bool:
    """Whether there are the same things, each so many px further right, but for less than `within` px."""
    left = list(now)
    for mark in before:
        near = [
            each
            for each in left
            if each.label == mark.label and max(abs(each.x - mark.x - across), abs(each.y - mark.y)) < within
        ]
        if not near:
            return False
        left.remove(min(near, key=lambda each: abs(each.x - mark.x - across)))
    return bool(before) and not left
