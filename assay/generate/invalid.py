"""Requests that break the contract in one named way: one field, one keyword."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, NamedTuple

from assay.contract import pointers, wire
from assay.contract.operations import Operation
from assay.contract.schemas import Library, Node
from assay.contract.source import PROMISED, Strength
from assay.generate.context import Context, Picture
from assay.generate.keywords import Spot, check, gather, strength
from assay.generate.valid import example

_WRONG: Final[tuple[tuple[str, Any], ...]] = (
    ("string", "not-a-value-of-this-type"),
    ("number", 7.5),
    ("boolean", True),
    ("null", None),
    ("array", []),
    ("object", {}),
)
_NOT_IN_A_PATTERN: Final = ("not such a text!", "")
_MISSING: Final = object()


class InvalidCase(NamedTuple):
    """A way of being wrong, known from the schema alone. `*` in the pointer stands for any index."""

    pointer: str
    keyword: str


@dataclass(frozen=True, slots=True)
class Invalid:
    """A request that is wrong at one place and by one keyword, and right in everything else."""

    pointer: str
    keyword: str
    case: InvalidCase
    instance: Any = field(hash=False, repr=False)
    sentence: str
    strength: Strength


@dataclass(frozen=True, slots=True)
class _Breakable:
    """A keyword that can be broken. `first` are values to be set before, so that the condition around it holds."""

    pattern: str
    keyword: str
    wanted: Any
    types: tuple[str, ...]
    strength: Strength
    first: tuple[tuple[str, Any], ...] = ()

    @property
    def case(self) -> InvalidCase:
        return InvalidCase(self.pattern, self.keyword)


def invalid(
    operation: Operation, instance: Any, *, undocumented: bool = False, only: InvalidCase | None = None
) -> list[Invalid]:
    """Every way in which one field of this valid instance can be wrong, in the order of the schema; of one case `only`.

    Each is judged again before it is given out: it breaks the schema at its pointer, by its keyword, and nowhere else;
    only that a value of a wrong type is none of an `enum` either goes without saying.
    What cannot be told from a valid value once it is on the wire is left out, and so is what the instance has no place
    for: an `example` has a place for everything. In an array the first item is broken. `undocumented` adds what only
    the open-source server forbids.
    """
    ways = (way for way in _ways(operation, undocumented) if only in (None, way.case))
    return [
        Invalid(pointer, way.keyword, way.case, changed, _sentence(operation, changed, pointer, way), way.strength)
        for way in ways
        for pointer, changed in _broken(operation, instance, way)
    ]


@cache
def invalid_cases(
    operation: Operation, *, undocumented: bool = False, keyword: str | None = None
) -> tuple[InvalidCase, ...]:
    """The cases that `invalid` finds for an `example` of this operation; they depend on the schema alone.

    With a `keyword` only those that break it.
    """
    if operation.request_schema is None:
        return ()
    names = {parameter.name: parameter.name for parameter in operation.parameters if parameter.place == "path"}
    context = Context((Picture(b"picture", 8, 8),), names, ("class",))
    base = example(operation, context, undocumented=undocumented)
    ways = (way for way in _ways(operation, undocumented) if keyword in (None, way.keyword))
    return tuple(dict.fromkeys(way.case for way in ways if next(_broken(operation, base, way), None)))


def _ways(operation: Operation, undocumented: bool) -> Iterator[_Breakable]:
    """What can be broken in a request, in the order of the schema."""
    if operation.request_schema is not None:
        check(operation.library, operation.request_schema)
        root = operation.library.node(operation.request_schema)
        for way in _breakables(operation.library, (root,), ""):
            if undocumented or way.strength in PROMISED:
                yield way


# Which keywords can be broken, from the schema alone


def _breakables(library: Library, nodes: tuple[Node, ...], pattern: str) -> Iterator[_Breakable]:
    spot = gather(library, nodes)
    if spot.meaning == "api-key":  # credentials are judged by rules of their own
        return
    yield from _here(library, spot, pattern)
    for name, below in spot.properties.items():
        yield from _breakables(library, below, pattern + pointers.join([name]))
    if spot.items:
        yield from _breakables(library, spot.items, f"{pattern}/*")
    for condition in spot.conditions:
        first = tuple(_constants(condition.test, pattern))
        for branch, settings in ((condition.then, first), (condition.otherwise, ())):
            if branch is not None:
                for way in _breakables(library, (branch,), pattern):
                    yield _Breakable(
                        way.pattern, way.keyword, way.wanted, way.types, way.strength, settings + way.first
                    )


def _here(library: Library, spot: Spot, pattern: str) -> Iterator[_Breakable]:
    for keyword, (wanted, holder) in spot.keywords.items():
        yield _Breakable(pattern, keyword, wanted, spot.types, strength(library, holder, None, keyword))
    for name, holder in spot.required.items():
        below = spot.properties.get(name, (None,))[0]
        place = pattern + pointers.join([name])
        yield _Breakable(place, "required", None, (), strength(library, holder, below, "required"))


def _constants(test: Node, pattern: str) -> Iterator[tuple[str, Any]]:
    for name, schema in test.schema.get("properties", {}).items():
        if "const" in schema:
            yield pattern + pointers.join([name]), schema["const"]


# Breaking one in an instance


def _broken(operation: Operation, instance: Any, way: _Breakable) -> Iterator[tuple[str, Any]]:
    """The instance broken in this way, by each value that does, with the pointer to where it is wrong."""
    for place, changed in _candidates(instance, way):
        pointer = pointers.join(place)
        if _only_wrong_place(operation, changed) != (pointer, way.keyword):
            continue
        if operation.shape == "path-query-body" and not _survives_the_wire(operation, changed, place, way.keyword):
            continue
        yield pointer, changed


def _candidates(instance: Any, way: _Breakable) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The instance with each value that may break it in this way, and where that stands."""
    place = _place(instance, way.pattern)
    if place is None:
        return
    settings = [(_place(instance, pattern), needed) for pattern, needed in way.first]
    for value in _values(way):
        changed = copy.deepcopy(instance)
        for setting, needed in settings:
            changed = changed if setting is None else _with(changed, setting, needed)
        yield place, _with(changed, place, value)


def _place(instance: Any, pattern: str) -> tuple[str, ...] | None:
    """The first place that the pattern stands for; the last name of it may be missing yet."""
    if not pattern:
        return ()
    around, _, name = pattern.rpartition("/")
    if name == "*":
        return next(iter(pointers.places(pattern, instance)), None)
    holders = (tokens for tokens in pointers.places(around, instance))
    return next(((*tokens, *pointers.split(f"/{name}")) for tokens in holders), None)


def _with(instance: Any, place: tuple[str, ...], value: Any) -> Any:
    if not place:
        return value
    holder = pointers.within(instance, place[:-1])
    token: Any = int(place[-1]) if isinstance(holder, list) else place[-1]
    if value is _MISSING:
        if token in holder:
            del holder[token]
    else:
        holder[token] = value
    return instance


def _values(way: _Breakable) -> list[Any]:
    wanted = way.wanted
    simple: dict[str, list[Any]] = {
        "required": [_MISSING],
        "enum": ["no-such-value"],
        "contentEncoding": ["?not in base64?", "QUJD-QUI"],
        "minLength": [""],
        "minItems": [[]],
        "minProperties": [{}],
    }
    if way.keyword in simple:
        return simple[way.keyword]
    if way.keyword == "type":
        return [value for kind, value in _WRONG if kind not in way.types]
    if way.keyword == "pattern":
        return [text for text in _NOT_IN_A_PATTERN if not re.search(wanted, text)]
    return [wanted + {"minimum": -1, "maximum": 1, "exclusiveMinimum": 0}[way.keyword]]


def _wrong_places(operation: Operation, instance: Any) -> list[tuple[str, str]]:
    return operation.library.wrong_places(str(operation.request_schema), instance)


def _only_wrong_place(operation: Operation, instance: Any) -> tuple[str, str] | None:
    """Pointer and keyword of the only thing that is wrong; None where that is nothing, or several things."""
    places = _wrong_places(operation, instance)
    wrong_types = {pointer for pointer, keyword in places if keyword == "type"}
    told = [(pointer, keyword) for pointer, keyword in places if keyword != "enum" or pointer not in wrong_types]
    return told[0] if len(told) == 1 else None


def _sentence(operation: Operation, instance: Any, pointer: str, way: _Breakable) -> str:
    violations = operation.library.validate(str(operation.request_schema), instance)
    told = (each.message for each in violations if (each.pointer, each.keyword) == (pointer, way.keyword))
    return next(told, f"{pointer} does not keep `{way.keyword}`")


# What is left of a value once it is text


def _survives_the_wire(operation: Operation, instance: Any, place: tuple[str, ...], keyword: str) -> bool:
    """Whether a server can still see what is wrong, when path, query and body are nothing but text."""
    if keyword == "required":
        return place == ("body",)
    if len(place) != (1 if place[:1] == ("body",) else 2):
        return False
    value = pointers.within(instance, place)
    if not isinstance(value, str | int | float) or (place[0] == "path" and not value):
        return False
    # A reading of another type is none that a server could mean; any other has to be wrong in the way that is named.
    return all(
        found in (keyword, "type")
        for reading in _readings(wire.text(value))
        for found in _keywords(operation, _with(copy.deepcopy(instance), place, reading))
    )


def _keywords(operation: Operation, instance: Any) -> list[str]:
    """The keywords that an instance breaks; a word of its own where it breaks none."""
    return [keyword for _, keyword in _wrong_places(operation, instance)] or ["nothing"]


def _readings(text: str) -> list[Any]:
    """Everything that a text can mean to a server: itself, a number, true or false."""
    readings: list[Any] = [text]
    if re.fullmatch(r"-?\d+", text):
        readings.append(int(text))
    elif re.fullmatch(r"-?\d+\.\d+", text):
        readings.append(float(text))
    if text in ("true", "false"):
        readings.append(text == "true")
    return readings
