"""The members of requests and answers that faults can be put at, as the schemas describe them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from assay.contract import Operation, Source, load
from assay.contract.pointers import join
from assay.contract.schemas import Library, Node
from assay.faults.model import Promise

NEW_EACH_TIME = frozenset({"opaque-id", "image-id", "replica", "duration"})
"""Meanings of members whose value nobody can foretell."""
NOTHING_DEPENDS_ON = frozenset({"opaque-id"})
_WITHOUT_EFFECT = {
    "elsewhere": "what it asks for shows in no answer",
    "some-models": "only a model that was made for it answers otherwise",
}


class Wronged(NamedTuple):
    """Who is wronged by a fault, and why nobody is, where nobody is."""

    promise: Promise
    because: str = ""


@dataclass(frozen=True)
class Place:
    """One member of a message, or the elements of an array or a map together.

    `pointer` is a pointer pattern, `types` the JSON types that are allowed there; none named means any. `facts` are the
    keywords of the schema and of those beneath it.
    """

    pointer: str
    types: frozenset[str]
    source: Source | None
    required: bool
    item: bool
    meaning: str | None
    facts: Mapping[str, Any] = field(hash=False, repr=False)
    members: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """`predictions.*.x`; the whole message is empty."""
        return self.pointer[1:].replace("/", ".")

    def may_be(self, *types: str) -> bool:
        """Whether a value of one of these types is allowed."""
        return not self.types or not self.types.isdisjoint(types)

    def is_only(self, *types: str) -> bool:
        """Whether a value, where there is one, is of one of these types."""
        return bool(self.types) and self.types <= {*types, "null"}

    def wronged(self, keyword: str | None = None) -> Wronged:
        """Who promises this keyword of the member, or the member itself."""
        if self.source is None:
            return Wronged("document")
        return Wronged(self.source.strength_of(keyword) if keyword else self.source.strength)


def places_answered(operation: Operation) -> tuple[Place, ...]:
    """The members of the answers of all modes that are JSON; what several modes share is one place."""
    found: dict[str, Place] = {}
    for mode in operation.modes.values():
        if mode.schema is not None:
            for place in _below(operation.library, operation.library.node(mode.schema), ""):
                found[place.pointer] = _both(found[place.pointer], place) if place.pointer in found else place
    return tuple(found.values())


def places_asked(operation: Operation) -> tuple[Place, ...]:
    """The members of a JSON body, or the parameters of a query."""
    if operation.request_schema is None:
        return ()
    root = operation.library.node(operation.request_schema)
    return tuple(_below(operation.library, root if operation.shape == "json-body" else _query(root), ""))


def wronged_by_value(place: Place) -> Wronged:
    """Who is wronged where an answer holds another value of the right kind there."""
    if place.meaning in NEW_EACH_TIME:
        return Wronged("nobody", "the value is new in each answer")
    return place.wronged()


def wronged_by_other_number(place: Place) -> Wronged:
    """Who is wronged where an answer holds another number, and always the same for the same."""
    if place.meaning == "numbering":
        return Wronged("nobody", "another numbering is as good")
    if place.meaning == "estimate":
        return Wronged("nobody", "it is what the model believes, and nothing else depends on it")
    return wronged_by_value(place)


def wronged_by_repetition(place: Place) -> Wronged:
    """Who is wronged where the last element of a list comes twice."""
    if place.meaning == "outline":
        return Wronged("nobody", "it encloses the same")
    return wronged_by_value(place)


def wronged_by_request(operation: Operation, place: Place) -> Wronged:
    """Who is wronged where the server is not told this, or is told something else."""
    if place.meaning in NOTHING_DEPENDS_ON:
        return Wronged("nobody", "it names something, and no answer depends on it")
    if effect := place.facts.get("x-effect"):
        return Wronged("nobody", _WITHOUT_EFFECT[effect])
    if place.source is not None and place.source.document in _pages_of_other_tasks(operation):
        return Wronged("other-task", "a page about another task of the route promises it")
    return place.wronged()


def _pages_of_other_tasks(operation: Operation) -> set[str]:
    """The pages of operations of the same route, but for its own."""
    every = load().operations.values()
    return {other.document for other in every if other.path == operation.path} - {operation.document}


def _query(root: Node) -> Node:
    return root.child("properties", "query")


def _both(one: Place, other: Place) -> Place:
    """A place that two modes share."""
    types = one.types | other.types if one.types and other.types else frozenset()
    return replace(one, types=types, required=one.required and other.required, members=one.members | other.members)


def _below(library: Library, node: Node, pattern: str) -> Iterator[Place]:
    required = library.required(node)
    for name, member in library.properties(node).items():
        yield from _at(library, member, pattern + join([name]), required=name in required)
    for layer in library.layers(node):
        for keyword in ("items", "additionalProperties"):
            if isinstance(layer.schema.get(keyword), dict):
                yield from _at(library, layer.child(keyword), f"{pattern}/*", required=True, item=True)


def _at(library: Library, node: Node, pointer: str, *, required: bool, item: bool = False) -> Iterator[Place]:
    layers = library.layers(node)
    facts = {key: value for layer in reversed(layers) for key, value in layer.schema.items()}
    yield Place(
        pointer=pointer,
        types=_types(facts.get("type")),
        source=library.source(node),
        required=required,
        item=item,
        meaning=next((layer.meaning for layer in layers if layer.meaning), None),
        facts=facts,
        members=frozenset(library.properties(node)),
    )
    yield from _below(library, node, pointer)


def _types(named: str | Iterable[str] | None) -> frozenset[str]:
    found = {named} if isinstance(named, str) else set(named or ())
    return frozenset(found | ({"integer"} if "number" in found else set()))
