"""Whether two JSON answers say the same, whatever the operation: compared by structure, with tolerances.

Numbers may differ by 2 px, confidences by 0.02, masks down to an IoU of 0.95: the tolerances of Roboflow's own
regression tests. Ids and whatever names a class agree exactly, and so do texts. What is new in each answer, such as
`time` and ids of the answer itself, is not compared, nor what the schema does not describe: a server may say more, and
may say it otherwise each time. Predictions that name a class are matched one to one, in any order.

Rules accuse by this, and are doubted by it. What changed to the letter, for a person to see, is told by `changes`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import cv2

from assay.contract.judging import decode_base64
from assay.contract.message import Request
from assay.contract.operations import Operation
from assay.contract.pointers import join
from assay.contract.schemas import Library, Node
from assay.contract.sentences import cut, shortened
from assay.judge import masks
from assay.judge.boxes import CONFIDENCE, PIXELS, ROUNDING, is_borderline
from assay.judge.changes import EVERY_TIME
from assay.judge.values import is_number
from assay.picture import MOST_PIXELS, decode_as, largest_channel

ALWAYS_NEW = EVERY_TIME | {"frame_id", "tracker_id", "parent_id", "image_id"}
NEW_MEANINGS = frozenset({"opaque-id", "image-id", "replica", "duration", "derived"})
"""What belongs to one answer, tells which of several alike has given it, or follows from what is compared anyhow."""
EQUAL_MASK = 0.95
LEVELS = 5
"""Of 255: what 0.02 of confidence is in a picture of confidences."""
CHANGED = 0.02
"""Share of a picture's pixels that may differ."""
SMALLEST_PICTURE = 64
"""Characters of base64. A shorter text is no picture."""
_INDEX = re.compile(r"/\d+(?=/|$)")


@dataclass(frozen=True, slots=True)
class Difference:
    """One place at which two answers differ; `pointer` leads there in the second of them."""

    pointer: str
    message: str
    expected: Any
    actual: Any


@dataclass(frozen=True, slots=True)
class Comparison:
    """How answers are compared. `ignored` names members; `threshold` is that of predictions, 0 to 1.

    `described` holds, for places of the answer (JSON pointers with `*` for any index), the members that a schema
    describes there: others are not compared. Where it names no place, all are.

    A prediction whose confidence lies within 0.02 of the threshold may come and go: batches and GPUs round otherwise.
    """

    ignored: frozenset[str] = ALWAYS_NEW
    threshold: float | None = None
    described: Mapping[str, frozenset[str]] = field(default_factory=dict, hash=False)

    def without(self, *names: str) -> Comparison:
        """The same, but for members of these names."""
        return replace(self, ignored=self.ignored | {*names})

    def differences(self, expected: Any, actual: Any) -> list[Difference]:
        """What the second of two parsed answers says otherwise than the first, in the order of the answer."""
        return list(self._compared(expected, actual, "", ""))

    def _compared(self, first: Any, second: Any, pointer: str, name: str) -> Iterator[Difference]:
        special = next((compare for fits, compare in _SHAPES if fits(first) and fits(second)), None)
        if special is not None:
            if not special(first, second, name):
                yield _difference(pointer, first, second)
        elif isinstance(first, dict) and isinstance(second, dict):
            yield from self._members(first, second, pointer, name)
        elif isinstance(first, list) and isinstance(second, list):
            yield from self._items(first, second, pointer, name)
        elif not _same_value(first, second, name):
            yield _difference(pointer, first, second)

    def _members(self, first: dict[str, Any], second: dict[str, Any], pointer: str, name: str) -> Iterator[Difference]:
        described = self.described.get(_INDEX.sub("/*", pointer))
        for member in [*first, *(each for each in second if each not in first)]:
            place = pointer + join([member])
            if member in self.ignored or (described is not None and member not in described):
                continue
            if member not in second:
                yield Difference(place, f"{place} is missing", _short(first[member]), None)
            elif member not in first:
                yield Difference(place, f"{place} was added", None, _short(second[member]))
            else:
                # A size in `image`, and whatever is counted there, is exact: its members go by its name.
                yield from self._compared(first[member], second[member], place, name if name == "image" else member)

    def _items(self, first: list[Any], second: list[Any], pointer: str, name: str) -> Iterator[Difference]:
        if _named(first) and _named(second) and (first or second):
            yield from self._in_any_order(first, second, pointer)
            return
        if len(first) != len(second):
            yield Difference(pointer, f"{pointer or 'the answer'} has another length", len(first), len(second))
            return
        for index, (one, other) in enumerate(zip(first, second, strict=True)):
            yield from self._compared(one, other, f"{pointer}/{index}", name)

    def _in_any_order(self, first: list[Any], second: list[Any], pointer: str) -> Iterator[Difference]:
        def agree(i: int, j: int) -> bool:
            return next(self._compared(first[i], second[j], f"{pointer}/{j}", ""), None) is None

        partners = _matched(len(first), len(second), agree)
        for i, item in enumerate(first):
            if i not in partners and not self._borderline(item):
                yield Difference(pointer, f"{_told(item)} is missing", _short(item), None)
        for j, item in enumerate(second):
            if j not in partners.values() and not self._borderline(item):
                yield Difference(f"{pointer}/{j}", f"{_told(item)} was added, or is not the same", None, _short(item))

    def _borderline(self, item: dict[str, Any]) -> bool:
        confidence = item.get("confidence")
        if self.threshold is None or not isinstance(confidence, (int, float)):
            return False
        return is_borderline(confidence, self.threshold)


def comparison(operation: Operation, mode: str, threshold: float | None = None) -> Comparison:
    """How two answers of a mode are compared, by its schema; `threshold` is that of predictions, 0 to 1."""
    return Comparison(new_in_each_answer(operation, mode), threshold, _described(operation, mode))


def threshold(operation: Operation, request: Request) -> float | None:
    """The confidence, 0 to 1, that a request asks predictions to have; None where its operation knows none.

    Raises ValueError, AttributeError where the request is none of the operation.
    """
    found = next((each for each in operation.parameters if each.name == "confidence"), None)
    if found is None:
        return None
    if found.place == "query":
        asked = request.parameter(found.name)
        return float(found.default if asked is None else asked) / 100  # percent
    asked = request.json().get(found.name, found.default)
    return float(asked) if isinstance(asked, (int, float)) else None


@lru_cache(maxsize=64)
def _described(operation: Operation, mode: str) -> Mapping[str, frozenset[str]]:
    reference = operation.modes[mode].schema
    return {} if reference is None else dict(_members_below(operation.library, operation.library.node(reference), ""))


def _members_below(library: Library, node: Node, pattern: str) -> Iterator[tuple[str, frozenset[str]]]:
    below = library.properties(node)
    if below:
        yield pattern, frozenset(below)
    for name, member in below.items():
        yield from _members_below(library, member, pattern + join([name]))
    for layer in library.layers(node):
        if isinstance(layer.schema.get("items"), dict):
            yield from _members_below(library, layer.child("items"), f"{pattern}/*")


@lru_cache(maxsize=64)
def new_in_each_answer(operation: Operation, mode: str) -> frozenset[str]:
    """The members whose values belong to one answer alone: by their meaning in its schema, or known by name."""
    reference = operation.modes[mode].schema
    if reference is None:
        return ALWAYS_NEW
    return ALWAYS_NEW | frozenset(_of_meaning(operation, operation.library.node(reference), set()))


def _of_meaning(operation: Operation, node: Node, seen: set[str]) -> Iterator[str]:
    if node.reference in seen:
        return
    seen.add(node.reference)
    for name, below in operation.library.properties(node).items():
        if any(layer.meaning in NEW_MEANINGS for layer in operation.library.layers(below)):
            yield name
        yield from _of_meaning(operation, below, seen)
    for layer in operation.library.layers(node):
        if isinstance(layer.schema.get("items"), dict):
            yield from _of_meaning(operation, layer.child("items"), seen)


def _matched(rows: int, columns: int, agree: Callable[[int, int], bool]) -> dict[int, int]:
    """As many pairs as there can be, by augmenting paths; those in the same place are tried first."""
    choices = [
        [j for j in sorted(range(columns), key=lambda j, i=i: (j != i, j)) if agree(i, j)]  # type: ignore[misc]
        for i in range(rows)
    ]
    owner: dict[int, int] = {}

    def place(i: int, tried: set[int]) -> bool:
        for j in choices[i]:
            if j not in tried:
                tried.add(j)
                if j not in owner or place(owner[j], tried):
                    owner[j] = i
                    return True
        return False

    for i in range(rows):
        place(i, set())
    return {i: j for j, i in owner.items()}


def _named(items: list[Any]) -> bool:
    return all(isinstance(item, dict) and ("class" in item or "class_id" in item) for item in items)


def _same_value(first: Any, second: Any, name: str) -> bool:
    if is_number(first) and is_number(second):
        if name.endswith("_id") or name in ("image", "size"):
            return bool(first == second)
        allowed = CONFIDENCE if "confidence" in name or name == "score" else PIXELS
        return bool(abs(first - second) <= allowed + ROUNDING)
    return type(first) is type(second) and bool(first == second)


def _is_pair(value: Any) -> bool:
    if isinstance(value, dict):
        return set(value) == {"x", "y"} and all(map(is_number, value.values()))
    return isinstance(value, list) and len(value) == 2 and all(map(is_number, value))


def _is_outline(value: Any) -> bool:
    """A polygon: three points or more, each [x, y] or {"x", "y"}."""
    return isinstance(value, list) and len(value) > 2 and all(map(_is_pair, value))


def _is_mask(value: Any) -> bool:
    """One polygon, or several of one mask; what is too small to be a polygon may stand among them."""
    if _is_outline(value):
        return True
    if not isinstance(value, list) or not any(map(_is_outline, value)):
        return False
    return all(isinstance(each, list) and all(map(_is_pair, each)) for each in value)


def _same_outlines(first: Any, second: Any, _: str) -> bool:
    if first == second:
        return True
    one, other = _polygons(first), _polygons(second)
    points = [point for polygon in (*one, *other) for point in polygon]
    width, height = (int(min(max(point[axis] for point in points), masks.FARTHEST)) + 2 for axis in (0, 1))
    if min(width, height) < 1 or width * height > MOST_PIXELS:
        return False
    drawn = [masks.from_polygons(polygons, width, height) for polygons in (one, other)]
    return masks.agreement(*drawn) >= EQUAL_MASK


def _polygons(value: Any) -> list[list[Sequence[float]]]:
    several = [value] if _is_outline(value) else value
    return [[(p["x"], p["y"]) if isinstance(p, dict) else p for p in polygon] for polygon in several]


def _is_rle(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"size", "counts"} and isinstance(value["counts"], str)


def _same_runs(first: Any, second: Any, _: str) -> bool:
    if first == second:
        return True
    try:
        return masks.agreement(masks.from_rle(first), masks.from_rle(second)) >= EQUAL_MASK
    except (ValueError, TypeError):
        return False


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) >= SMALLEST_PICTURE


def _same_text(first: str, second: str, name: str) -> bool:
    """Whether two long texts are equal, or are pictures that hardly differ."""
    if first == second:
        return True
    one, other = _decoded(first), _decoded(second)
    if one is None or other is None or (one.shape, one.dtype) != (other.shape, other.dtype):
        return False
    allowed = LEVELS if "confidence" in name or name == "visualization" else 0
    apart = largest_channel(cv2.absdiff(one, other))
    return float((apart > allowed).mean()) <= CHANGED


def _decoded(text: str) -> Any:
    try:
        return decode_as(decode_base64(text), "stored")
    except ValueError:
        return None


_SHAPES: tuple[tuple[Callable[[Any], bool], Callable[[Any, Any, str], bool]], ...] = (
    (_is_text, _same_text),
    (_is_rle, _same_runs),
    (_is_mask, _same_outlines),
)


def _difference(pointer: str, first: Any, second: Any) -> Difference:
    return Difference(pointer, f"{pointer or 'the answer'} is not the same", _short(first), _short(second))


def _short(value: Any) -> Any:
    """A value as a finding holds it: whole where it is small."""
    if not isinstance(value, (dict, list, str)):
        return value
    written = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return value if len(written) <= 200 else shortened(written, 200)


def _told(item: dict[str, Any]) -> str:
    label = item.get("class", item.get("class_id"))
    sure = item.get("confidence")
    return f"{cut(str(label), 60)}{f' {sure:.2f}' if is_number(sure) else ''}"
