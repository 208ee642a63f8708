"""Where an answer can be judged separately: one checkpoint per object, one per required property.

An object's checkpoint holds its type and all that is optional in it. A property that has to be there has a checkpoint
of its own, and so does each required property below it, but nothing below an optional one: a server may leave that out,
and a checkpoint that is never seen proves nothing. Every violation belongs to exactly one checkpoint, the deepest that
covers it; so a missing `class_name` fails one case, whatever else is right or wrong.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from assay.contract import pointers
from assay.contract.schemas import Library, Node, Violation
from assay.contract.source import Source


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One place of an answer, with `*` for any index: `/predictions/*/keypoints/*/class_name`."""

    pattern: str
    kind: Literal["object", "property"]
    description: str
    schema_pointer: str
    source: Source | None

    def seen(self, instance: Any) -> int:
        """The witnesses: how many values there are to be judged here.

        For a property these are the objects that have to hold it, whether they do or not; for an object in an array,
        the items; for the answer as a whole, one. 0 means that nothing was there, and that passing would mean nothing.
        """
        if self.kind == "object":
            return len(pointers.places(self.pattern, instance))
        around = self.pattern.rpartition("/")[0]
        holders = (pointers.within(instance, tokens) for tokens in pointers.places(around, instance))
        return sum(isinstance(holder, dict) for holder in holders)

    def covers(self, pointer: str) -> bool:
        """Whether a value lies at, or below, this place."""
        return pointers.covers(self.pattern, pointer)


@functools.lru_cache(maxsize=256)
def enumerate_checkpoints(library: Library, reference: str) -> tuple[Checkpoint, ...]:
    """The checkpoints of a schema, outermost first, in the order in which its files name the properties."""
    root = library.node(reference)
    whole = Checkpoint("", "object", root.description, root.reference, library.source(root))
    return (whole, *_inside(library, root, ""))


def checkpoint_of(violation: Violation, checkpoints: Iterable[Checkpoint]) -> Checkpoint:
    """The one checkpoint that a violation belongs to: the deepest that covers it.

    Raises LookupError where none does; the checkpoint of the whole answer covers everything.
    """
    around = [checkpoint for checkpoint in checkpoints if checkpoint.covers(violation.pointer)]
    if not around:
        raise LookupError(f"no checkpoint covers {violation.pointer}")
    return max(around, key=lambda checkpoint: len(pointers.split(checkpoint.pattern)))


def sort_violations(
    violations: Iterable[Violation], checkpoints: Sequence[Checkpoint]
) -> dict[Checkpoint, list[Violation]]:
    """Every checkpoint with the violations that belong to it, none left out and none twice."""
    sorted_out: dict[Checkpoint, list[Violation]] = {checkpoint: [] for checkpoint in checkpoints}
    for violation in violations:
        sorted_out[checkpoint_of(violation, checkpoints)].append(violation)
    return sorted_out


def _inside(library: Library, node: Node, pattern: str) -> Iterator[Checkpoint]:
    """The checkpoints below a value that is always there: the required properties, and the items of an array."""
    properties = library.properties(node)
    for name in library.required(node):
        below = properties.get(name)
        place = pattern + pointers.join([name])
        described = below or node
        yield Checkpoint(place, "property", described.description, described.reference, library.source(described))
        if below is not None:
            yield from _inside(library, below, place)
    yield from _items(library, node, pattern)


def _items(library: Library, node: Node, pattern: str) -> Iterator[Checkpoint]:
    for layer in library.layers(node):
        if isinstance(layer.schema.get("items"), dict):
            item = layer.child("items")
            if library.properties(item):
                yield _object(library, item, f"{pattern}/*")
            yield from _inside(library, item, f"{pattern}/*")


def _object(library: Library, node: Node, pattern: str) -> Checkpoint:
    described = next((layer for layer in library.layers(node) if layer.description), node)
    return Checkpoint(pattern, "object", described.description, node.reference, library.source(node))
