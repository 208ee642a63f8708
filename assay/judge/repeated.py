"""What is answered to one and the same request, remembered over a whole run: now with content, and now without.

Only what no sound server does is told. Numbers that a GPU rounds otherwise, boxes at the threshold, words drawn by
chance and a request that is refused because others are under way are no difference here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from assay.contract import load
from assay.contract.judging import decode_base64
from assay.contract.message import Request
from assay.contract.operations import Operation
from assay.judge import equal
from assay.judge.boxes import CONFIDENCE, SAME_IOU, Corners, iou
from assay.judge.classmaps import decode
from assay.judge.values import as_number, as_object, as_text
from assay.record.model import Exchange, Finding

MOST_REQUESTS = 4000
"""Requests of one operation that are remembered: a bound for runs of hours."""
MOST_CONTENTS = 4
"""Contents of one request that are remembered."""
SURE_ODDS, LEAST_SURE = 2.0, 0.1
"""A prediction is sure where its odds are so many times those at the threshold, and not next to none."""
LEAST_AREA = 400.0
"""px². A smaller mask may come and go."""
LEAST_SHARE = 0.02
"""Of the pixels of a class map."""
APART_IOU, APART_CONFIDENCE = 0.1, 0.3
"""A box that overlaps another less, and a confidence that differs by more, is another thing."""

_ELSEWHERE = re.compile(rb'"type"\s*:\s*"url"|"image_id"|"(?:load|save)_logits_(?:from|to)_cache"')
"""A picture that is fetched may change where it lies, and what was cached may, too."""
_LABELLED_BY_EXAMPLES = "owlv2.infer"


@dataclass(frozen=True, slots=True)
class Seen:
    """A class that an answer names; its box is (x0, y0, x1, y1) in px, None where it has none."""

    label: str
    confidence: float
    box: Corners | None
    sure: bool


@dataclass(frozen=True, slots=True)
class Content:
    """What an answer says. `seen` holds the predictions that name a class, `size` the width and height that it states.

    `empty` says that nothing is found; `sure`, that something is which no rounding takes away. It may be neither.
    """

    exchange: str
    empty: bool
    sure: bool
    size: tuple[float, float] | None = None
    seen: tuple[Seen, ...] = ()

    def alike(self, other: Content) -> bool:
        """Whether two answers say the same, with the tolerances of `boxes`."""
        states = (self.empty, self.sure, self.size) == (other.empty, other.sure, other.size)
        return states and _all_found(self.seen, other.seen, _same) and _all_found(other.seen, self.seen, _same)

    def apart(self, other: Content) -> bool:
        """Whether one answer is sure of something of which the other knows nothing at all."""
        return not (_all_found(self._certain, other.seen, _near) and _all_found(other._certain, self.seen, _near))

    @property
    def _certain(self) -> tuple[Seen, ...]:
        return tuple(each for each in self.seen if each.sure)


@dataclass(slots=True)
class Asked:
    """How often one request was answered, and each content that was not like the others."""

    times: int = 0
    contents: list[Content] = field(default_factory=list)

    def take(self, content: Content, times: int = 1) -> None:
        """One more answer, or several of this content."""
        self.times += times
        if len(self.contents) < MOST_CONTENTS and not any(content.alike(each) for each in self.contents):
            self.contents.append(content)


@dataclass(slots=True)
class Repeated:
    """The requests to one operation, by their bytes, and what each was answered."""

    asked: dict[bytes, Asked] = field(default_factory=dict)

    def take(self, digest: bytes, content: Content) -> None:
        """Take in one answer to the request of this digest."""
        self._of(digest).take(content)

    def add(self, other: Repeated) -> None:
        """Take in what somebody else has heard."""
        for digest, heard in other.asked.items():
            mine = self._of(digest)
            mine.times += heard.times
            for content in heard.contents:
                mine.take(content, 0)

    def _of(self, digest: bytes) -> Asked:
        if digest in self.asked or len(self.asked) < MOST_REQUESTS:
            return self.asked.setdefault(digest, Asked())
        return Asked()

    @property
    def witnesses(self) -> list[Asked]:
        """The requests that were answered more than once, with something to be seen."""
        return [each for each in self.asked.values() if each.times > 1 and any(one.sure for one in each.contents)]

    def findings(self) -> Iterator[Finding]:
        """What no sound server answers to one and the same request, in the order in which requests came."""
        for digest, asked in self.asked.items():
            first = asked.contents[0]
            for other in asked.contents[1:]:
                told = _told(first, other) or self._anothers(digest, first, other)
                if told:
                    yield Finding(told, exchange=other.exchange)

    def _anothers(self, digest: bytes, first: Content, other: Content) -> str:
        if not first.apart(other):
            return ""
        for another, asked in self.asked.items():
            for content in asked.contents[:1]:
                whose = next((one for one in (first, other) if one.sure and content.alike(one)), None)
                if another != digest and whose is not None:
                    right = other if whose is first else first
                    return (
                        f"one and the same request was answered now as in {right.exchange}, and now as in "
                        f"{whose.exchange}, which says what another request was answered ({content.exchange})"
                    )
        return ""


def _told(first: Content, other: Content) -> str:
    if first.size != other.size and None not in (first.size, other.size):
        return (
            f"one and the same request was answered for a picture of {_spelt(first.size)} px ({first.exchange}) "
            f"and for one of {_spelt(other.size)} px ({other.exchange})"
        )
    for full, empty in ((first, other), (other, first)):
        if full.sure and empty.empty:
            return (
                f"one and the same request was answered with something seen ({full.exchange}) "
                f"and with nothing at all ({empty.exchange})"
            )
    return ""


def _spelt(size: tuple[float, float] | None) -> str:
    return " x ".join(f"{side:g}" for side in size or ())


def digest_of(request: Request) -> bytes:
    """By which a request is known again: equal for those that are sent in the very same bytes."""
    told = repr((request.operation, request.method, request.path, request.query, request.headers))
    return hashlib.blake2b(told.encode() + b"\n" + request.body, digest_size=16).digest()


def content_of(exchange: Exchange) -> Content | None:
    """What a good answer says; None where nothing can be told of that, or more than its request shapes it."""
    request, response = exchange.request, exchange.response
    if response is None or response.status != 200 or response.media_type != "application/json":
        return None
    if request.parameter("image") is not None or _ELSEWHERE.search(request.body):
        return None
    try:
        operation = load().operation(request.operation)
        return _read(exchange.id, operation, request, as_object(response.json()))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError):
        return None  # no JSON, or none that its schema describes: other rules are about that


def _read(exchange: str, operation: Operation, request: Request, document: dict[str, Any]) -> Content | None:
    if operation.family == "florence2":
        return _text(exchange, document["response"])
    found, size = document["predictions"], _size(document)
    if isinstance(found, dict) and "segmentation_mask" in found:
        share = float(np.count_nonzero(ids := decode(decode_base64(found["segmentation_mask"]))) / max(ids.size, 1))
        return Content(exchange, share == 0, share >= LEAST_SHARE, size)
    if operation.id == "sam2.segment":
        areas = [_area(each["masks"]) for each in found]
        return Content(exchange, not any(areas), max(areas, default=0.0) >= LEAST_AREA, size)
    threshold = _threshold(operation, request)
    items = [{**as_object(each), "class": name} for name, each in found.items()] if isinstance(found, dict) else found
    seen = tuple(_seen(item, threshold) for item in items)
    kept = () if operation.id == _LABELLED_BY_EXAMPLES else seen
    return Content(exchange, not seen, any(each.sure for each in seen), size, kept)


def _threshold(operation: Operation, request: Request) -> float:
    """0 to 1. What may be meant as percent or as a fraction is taken for whichever leaves less that is sure."""
    asked = equal.threshold(operation, request) or 0.0
    return 100 * asked if 100 * asked < 1 else asked


def _text(exchange: str, told: Any) -> Content | None:
    """Of a language model only the words are heard: what it finds may be drawn by chance, and be nothing once."""
    texts = [text for text in as_object(told).values() if isinstance(text, str)]
    return Content(exchange, not any(map(str.strip, texts)), any(map(str.strip, texts))) if texts else None


def _seen(item: dict[str, Any], threshold: float) -> Seen:
    confidence = as_number(item["confidence"])
    box = None
    if "width" in item:
        x, y, width, height = (as_number(item[name]) for name in ("x", "y", "width", "height"))
        box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    sure = confidence >= LEAST_SURE and _odds(confidence) >= SURE_ODDS * _odds(threshold)
    return Seen(as_text(item["class"]), confidence, box, sure)


def _odds(confidence: float) -> float:
    return confidence / max(1 - confidence, 1e-9)


def _area(polygons: Any) -> float:
    """Of polygons, in px². Raises TypeError for masks in another form."""
    if not isinstance(polygons, list):
        raise TypeError("no polygons")
    places = [np.asarray(polygon, np.float32) for polygon in polygons if len(polygon) > 2]
    if any(each.shape[1:] != (2,) or not np.isfinite(each).all() for each in places):
        raise TypeError("a vertex is no pair of numbers")
    return sum(float(cv2.contourArea(each)) for each in places)


def _size(document: dict[str, Any]) -> tuple[float, float] | None:
    image = document.get("image")
    return (as_number(image["width"]), as_number(image["height"])) if isinstance(image, dict) else None


def _all_found(these: tuple[Seen, ...], those: tuple[Seen, ...], fits: Callable[[Seen, Seen], bool]) -> bool:
    return all(any(fits(one, other) for other in those) for one in these)


def _same(one: Seen, other: Seen) -> bool:
    placed = one.box == other.box or (one.box and other.box and iou(one.box, other.box) >= SAME_IOU)
    return one.label == other.label and bool(placed) and abs(one.confidence - other.confidence) <= CONFIDENCE


def _near(one: Seen, other: Seen) -> bool:
    if one.label != other.label:
        return False
    if one.box is None or other.box is None:
        return abs(one.confidence - other.confidence) <= APART_CONFIDENCE
    return iou(one.box, other.box) >= APART_IOU
