"""Members of two JSON answers: what one side has and the other has not, and single values.

A member that is null and one that is absent are the same. What belongs to one answer alone, such as ids and times, is
not compared; of what no schema describes only the presence is.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from assay.contract.pointers import join
from assay.contract.schemas import Node
from assay.contract.sentences import cut
from assay.judge.equal import new_in_each_answer
from assay.likeness.context import Context

Pointers = tuple[str, str]
SHORT = 80
"""Characters of a value that are told."""


@dataclass
class Lone:
    """Members that one side has alone, by their pattern: of many predictions each is told once."""

    hidden: Collection[str]
    places: dict[tuple[str, str], list[tuple[str, str]]] = field(default_factory=dict)

    def look(self, first: dict[str, Any], second: dict[str, Any], pointers: Pointers, pattern: str) -> None:
        """Keep what one of two objects has alone; `pattern` is where such objects stand."""
        for name in dict.fromkeys([*first, *second]):
            sides = first.get(name) is not None, second.get(name) is not None
            if name not in self.hidden and sides[0] is not sides[1]:
                token = join([name])
                at = (pointers[0] + token, pointers[1]) if sides[0] else (pointers[0], pointers[1] + token)
                self.places.setdefault(("first" if sides[0] else "second", pattern + token), []).append(at)

    def tell(self, context: Context) -> None:
        """Make differences of them."""
        for (side, pattern), places in self.places.items():
            often = "" if len(places) == 1 else f" (in {len(places)} places)"
            context.differ("member", places[0], f"{pattern} stands in the {side} answer alone{often}")


def ignored(context: Context) -> frozenset[str]:
    """The members whose values, and whose presence, belong to one answer alone."""
    return new_in_each_answer(context.operation, context.mode)


def compare(
    context: Context, first: Any, second: Any, pointers: Pointers = ("", ""), skipped: Collection[str] = ()
) -> None:
    """Compare the members of two objects but for those of `skipped`, all the way down; lists go by their places."""
    reference = context.operation.modes[context.mode].schema
    node = None if reference is None else context.operation.library.node(reference)
    walk = _Walk(context, Lone({*ignored(context), *skipped}))
    walk.compare(node, first, second, pointers)
    walk.lone.tell(context)


def presence(
    context: Context,
    pairs: Collection[tuple[dict[str, Any], dict[str, Any]]],
    pointers: Collection[Pointers],
    pattern: str,
    known: Collection[str] = (),
) -> None:
    """Tell which members one side's predictions have and the other's lack, each name once. `known` are not asked."""
    lone = Lone({*ignored(context), *known})
    for (one, other), places in zip(pairs, pointers, strict=True):
        lone.look(one, other, places, pattern)
    lone.tell(context)


@dataclass
class _Walk:
    context: Context
    lone: Lone

    def compare(self, node: Node | None, first: Any, second: Any, pointers: Pointers) -> None:
        if isinstance(first, dict) and isinstance(second, dict):
            self._members(node, first, second, pointers)
        elif isinstance(first, list) and isinstance(second, list):
            if len(first) != len(second):
                message = f"{pointers[0]} holds {len(first)} items, and in the second answer {len(second)}"
                self.context.differ("value", pointers, message)
            for index, (one, other) in enumerate(zip(first, second, strict=False)):
                places = (f"{pointers[0]}/{index}", f"{pointers[1]}/{index}")
                self.compare(self._items(node), one, other, places)
        elif first is not None and second is not None and not same(first, second):
            message = f"{pointers[0] or 'the answer'} is {short(first)}, and in the second answer {short(second)}"
            self.context.differ("value", pointers, message)

    def _members(self, node: Node | None, first: dict[str, Any], second: dict[str, Any], pointers: Pointers) -> None:
        self.lone.look(first, second, pointers, pointers[0])
        described = None if node is None else self.context.operation.library.properties(node)
        for name, value in first.items():
            if name in self.lone.hidden or value is None or second.get(name) is None:
                continue
            if described is None or name in described or self._is_open(node):
                below = None if described is None else described.get(name)
                places = (pointers[0] + join([name]), pointers[1] + join([name]))
                self.compare(below, value, second[name], places)

    def _layers(self, node: Node | None) -> Sequence[Node]:
        return self.context.operation.library.layers(node) if node is not None else ()

    def _items(self, node: Node | None) -> Node | None:
        found = (layer for layer in self._layers(node) if isinstance(layer.schema.get("items"), dict))
        return next((layer.child("items") for layer in found), None)

    def _is_open(self, node: Node | None) -> bool:
        """Whether a schema says of all members what they are, whatever their names."""
        return any(isinstance(layer.schema.get("additionalProperties"), dict) for layer in self._layers(node))


def same(first: Any, second: Any) -> bool:
    """Whether two single values are the same: 1 and 1.0 are, 1 and true are not."""
    if isinstance(first, bool) != isinstance(second, bool):
        return False
    return bool(first == second)


def short(value: Any) -> str:
    """A value as a sentence tells it."""
    written = json.dumps(value, ensure_ascii=False)
    return cut(written, SHORT)
