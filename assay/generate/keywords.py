"""The part of JSON Schema 2020-12 that requests are made from. Anything else is refused, never passed over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from assay.contract.schemas import Library, Node
from assay.contract.source import Strength

# What can be wrong with a value: the labels of an invalid request.
VALUES: Final = frozenset(
    {
        "type",
        "enum",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "minLength",
        "pattern",
        "contentEncoding",
        "minItems",
        "minProperties",
        "required",
    }
)
# What holds schemas together. `const` stands in conditions only.
STRUCTURE: Final = frozenset({"$ref", "properties", "items", "allOf", "if", "then", "else", "const"})
ANNOTATIONS: Final = frozenset({"title", "description", "default", "examples", "contentMediaType"})


class UnknownKeyword(ValueError):
    """A schema uses a keyword that the generator does not know: what it drew might break it without a word."""

    def __init__(self, place: str, keyword: str) -> None:
        self.place = place
        self.keyword = keyword
        super().__init__(f"{place} uses the keyword {keyword}, which the generator does not know")


class ConflictingKeyword(ValueError):
    """Two schemas that hold for one value give a keyword different values."""


@dataclass(frozen=True, slots=True)
class Condition:
    """`if` with its two branches; a branch that is absent, or simply true, is None."""

    test: Node
    then: Node | None
    otherwise: Node | None


@dataclass(slots=True)
class Spot:
    """Everything that holds for one value, gathered from all schemas that apply to it."""

    keywords: dict[str, tuple[Any, Node]] = field(default_factory=dict)  # of VALUES, with the schema that says so
    properties: dict[str, tuple[Node, ...]] = field(default_factory=dict)
    required: dict[str, Node] = field(default_factory=dict)
    items: tuple[Node, ...] = ()
    conditions: list[Condition] = field(default_factory=list)
    meaning: str | None = None
    examples: list[Any] = field(default_factory=list)
    tasks: Mapping[str, Any] = field(default_factory=dict)

    def value(self, keyword: str, otherwise: Any = None) -> Any:
        """The value of a keyword."""
        return self.keywords[keyword][0] if keyword in self.keywords else otherwise

    @property
    def types(self) -> tuple[str, ...]:
        """The JSON types that are allowed; none named means any."""
        types = self.value("type", ())
        return (types,) if isinstance(types, str) else tuple(types)


@lru_cache(maxsize=4096)  # every request that is drawn walks the same schemas
def gather(library: Library, nodes: tuple[Node, ...], unconditional: bool = False) -> Spot:
    """The spot of a value that all these schemas hold for, `unconditional` without their conditions; to be read only.

    Raises UnknownKeyword, and ConflictingKeyword where two of them disagree.
    """
    spot = Spot()
    for node in nodes:
        for layer in library.layers(node):
            _add(library, spot, layer)
    if unconditional:
        spot.conditions.clear()
    return spot


def strength(library: Library, holder: Node, below: Node | None, keyword: str) -> Strength:
    """How strongly a keyword is promised: by the schema that holds it, or by the property `below` that it requires."""
    own = holder.source
    if keyword == "required" and below is not None and (own is None or keyword not in own.keywords):
        own = below.source
    source = own or library.source(holder)
    return "document" if source is None else source.strength_of(keyword)


@lru_cache(maxsize=64)
def check(library: Library, reference: str) -> None:
    """Walk a schema and all that it refers to. Raises UnknownKeyword at the first keyword that is not known."""
    seen: set[Node] = set()
    waiting = [library.node(reference)]
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting.extend(_parts(library, node))


def _parts(library: Library, node: Node) -> Iterator[Node]:
    for keyword, value in node.schema.items():
        _known(node, keyword)
        if keyword == "$ref":
            yield library.layers(node)[1]
        elif keyword == "properties":
            yield from (node.child(keyword, name) for name in value)
        elif keyword == "allOf":
            yield from (node.child(keyword, index) for index in range(len(value)))
        elif keyword in ("items", "if", "then", "else"):
            part = _branch(node, keyword)
            if part is not None:
                yield part


def _known(node: Node, keyword: str) -> None:
    if keyword not in VALUES | STRUCTURE | ANNOTATIONS and not keyword.startswith("x-"):
        raise UnknownKeyword(node.reference, keyword)


def _branch(node: Node, keyword: str) -> Node | None:
    """The schema under a keyword; None where it is absent or true. `false` is a schema that we do not know."""
    value = node.schema.get(keyword, True)
    if value is True:
        return None
    if value is False:
        raise UnknownKeyword(node.reference, f"{keyword}: false")
    return node.child(keyword)


def _add(library: Library, spot: Spot, node: Node) -> None:
    for keyword, value in node.schema.items():
        _known(node, keyword)
        if keyword == "required":
            spot.required |= {name: node for name in value if name not in spot.required}
        elif keyword in VALUES:
            _assert(spot, node, keyword, value)
        elif keyword == "properties":
            for name in value:
                spot.properties[name] = (*spot.properties.get(name, ()), node.child(keyword, name))
        elif keyword == "items":
            spot.items = (*spot.items, node.child(keyword))
        elif keyword == "allOf":
            for index in range(len(value)):
                for layer in library.layers(node.child(keyword, index)):
                    _add(library, spot, layer)
    if "if" in node.schema:
        spot.conditions.append(Condition(node.child("if"), _branch(node, "then"), _branch(node, "else")))
    spot.meaning = spot.meaning or node.meaning
    spot.examples = spot.examples or list(node.schema.get("examples", ()))
    spot.tasks = spot.tasks or node.schema.get("x-tasks", {})


def _assert(spot: Spot, node: Node, keyword: str, value: Any) -> None:
    before = spot.keywords.get(keyword, (value, node))
    if before[0] != value:
        raise ConflictingKeyword(f"{before[1].reference} and {node.reference} disagree on {keyword}")
    spot.keywords[keyword] = before
