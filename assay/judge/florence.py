"""Answers of Florence 2, read by task: a text, or places in the picture with their labels.

Coordinates are px, origin at the top left; a box is told by two corners, an outline and a quad box as flat lists.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations
from typing import Any

from assay.contract.florence import Task
from assay.contract.pointers import join
from assay.contract.sentences import cut
from assay.judge import boxes
from assay.judge.answers import Answer, response_of
from assay.judge.boxes import Corners
from assay.judge.values import as_list, as_number, as_text, unreadable
from assay.judge.verdicts import PrerequisiteBroken
from assay.record.model import Exchange, Finding

LEFTOVERS = re.compile(r"<loc_\d+>|</?s>|</?(?:pad|unk|mask|poly|sep|od|ocr|cap|and|image)>")
"""Tokens of the model that are no part of a text."""
LEAST_OUTLINE = 6
"""Coordinates of a triangle."""
FITTING = 0.5
"""IoU from which on a place is that of a thing."""
NEARLY = 4
"""px by which the sides of one and the same place may differ."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One place in an answer: flat coordinates (x, y, x, y) in px, and where in the answer they stand."""

    numbers: tuple[float, ...]
    pointer: str

    @property
    def corners(self) -> Corners:
        """The box around it."""
        across, down = self.numbers[0::2] or (0.0,), self.numbers[1::2] or (0.0,)
        return min(across), min(down), max(across), max(down)

    @property
    def mark(self) -> tuple[float, float, float, float, str]:
        """The box as a report draws it."""
        return (*self.corners, self.pointer.rpartition("/")[2])


@dataclass(frozen=True, slots=True)
class Listed:
    """Places and the labels beside them: two lists of the answer under their names."""

    name: str
    shapes: tuple[Shape, ...]
    entries: int  # of the list itself: an entry of polygons may hold several
    labels_name: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told(Answer):
    """What the model says to one task. `text` is the answer where the task gives one, and otherwise empty."""

    task: Task
    text: str
    lists: tuple[Listed, ...]

    @property
    def pointer(self) -> str:
        """Where the answer to the task stands."""
        return join(["response", self.task.token])

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """Every place, in the order of the answer."""
        return tuple(shape for listed in self.lists for shape in listed.shapes)

    @property
    def outlines(self) -> int:
        """How many polygons enclose anything: a model that breaks off may leave a line or a point."""
        return sum(len(shape.numbers) >= LEAST_OUTLINE for shape in self.shapes)


def told(exchange: Exchange, schema_rule: str, task: Task) -> Told:
    """Read the answer to a task. Raises PrerequisiteBroken, naming `schema_rule`, when it cannot be read."""
    try:
        body = response_of(exchange).json()
        value = body["response"][task.token]
        text = as_text(value) if task.gives == "text" else ""
        return Told(exchange, body, task, text, tuple(lists_of(value, task)))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        message = f"the answer cannot be read as its schema describes it ({unreadable(error)})"
        raise PrerequisiteBroken(schema_rule, [Finding(cut(message, 300), exchange=exchange.id)]) from None


@dataclass(frozen=True, slots=True)
class Named:
    """A place by its index, and the name that an answer gives to what lies there."""

    place: int
    name: str


def told_apart(answer: Told, places: Sequence[Corners]) -> tuple[Named, Named] | None:
    """Two of these places that lie clear of each other, to which an answer gives names of their own.

    Nothing of the one name reaches into the other place, and no name holds all words of the other: what "square" means
    may be a "red square", too.
    """
    for one, other in combinations(_named(answer, places), 2):
        if boxes.iou(places[one.place], places[other.place]) > 0 or is_part(one.name, other.name):
            continue
        if not _reaches(answer, one.name, places[other.place]) and not _reaches(answer, other.name, places[one.place]):
            return one, other
    return None


def _named(answer: Told, places: Sequence[Corners]) -> list[Named]:
    """What lies where, by names in plain words."""
    return [
        Named(index, label)
        for index, place in enumerate(places)
        for label, shape in labelled_shapes(answer)
        if label.strip() and "<" not in label and boxes.iou(shape.corners, place) >= FITTING
    ]


def labelled_shapes(answer: Told) -> list[tuple[str, Shape]]:
    """Each label with the place beside it."""
    return [pair for listed in answer.lists for pair in zip(listed.labels, listed.shapes, strict=False)]


def is_part(one: str, other: str) -> bool:
    """Whether a name holds all words of the other."""
    words = [set(name.casefold().split()) for name in (one, other)]
    return words[0] <= words[1] or words[1] <= words[0]


def _reaches(answer: Told, name: str, place: Corners) -> bool:
    return any(label == name and boxes.iou(shape.corners, place) > 0 for label, shape in labelled_shapes(answer))


def says_something(answer: Told) -> bool:
    """Whether there is a word, or a place."""
    return bool(answer.text.strip() or answer.shapes)


def alike(one: Told, other: Told) -> bool:
    """Whether two answers say the same words, and tell the same places, whatever these are called."""
    if one.text.split() != other.text.split() or len(one.shapes) != len(other.shapes):
        return False
    return all(
        abs(first - second) <= NEARLY
        for shape, counterpart in zip(one.shapes, other.shapes, strict=True)
        for first, second in zip(shape.corners, counterpart.corners, strict=True)
    )


def likeness(first: str, second: str) -> float:
    """How much of two texts is the same, 0 to 1: words that come in the same order."""
    return SequenceMatcher(None, first.split(), second.split(), autojunk=False).ratio()


_PLACES = {
    "boxes": (("bboxes", "labels"),),
    "open-vocabulary": (("bboxes", "bboxes_labels"), ("polygons", "polygons_labels")),
    "polygons": (("polygons", "labels"),),
    "quads": (("quad_boxes", "labels"),),
}


def lists_of(value: Any, task: Task) -> Iterator[Listed]:
    """The places and labels of an answer to a task. Raises KeyError, TypeError where it cannot be read."""
    for name, labels_name in _PLACES.get(task.gives, ()):
        around = join(["response", task.token, name])
        labels = tuple(as_text(label) for label in as_list(value[labels_name]))
        places = as_list(value[name])
        yield Listed(name, tuple(_shapes(places, name, around)), len(places), labels_name, labels)


def _shapes(places: list[Any], name: str, around: str) -> Iterator[Shape]:
    for index, place in enumerate(places):
        if name != "polygons":
            yield Shape(_numbers(place), f"{around}/{index}")
            continue
        for number, outline in enumerate(as_list(place)):
            yield Shape(_numbers(outline), f"{around}/{index}/{number}")


def _numbers(value: Any) -> tuple[float, ...]:
    return tuple(as_number(one) for one in as_list(value))
