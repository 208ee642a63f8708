"""From a schema to one instance of it: the walk is the same whether Hypothesis chooses or the example does."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from assay.contract import wire
from assay.contract.operations import Operation
from assay.contract.pointers import join
from assay.contract.schemas import Library, Node
from assay.contract.source import PROMISED
from assay.generate.context import Context, Picture
from assay.generate.keywords import Condition, Spot, gather, strength
from assay.generate.prompts import prompt

Option = TypeVar("Option")

UNKNOWN_CLASS: Final = "no-such-class"
EXAMPLE_CLASSES: Final = ("thing", "other thing", "Ding", "2")  # names that a caller makes up

# Credentials are the target's. A picture, by content or by address, is given where the schema insists on one: two in
# one request would contradict each other. A model's name is only right where it is asked for.
_NEVER_BY_CHANCE: Final = frozenset({"api-key", "image-base64", "image-url", "model-id", "model-version-id"})
_SPAN: Final = 20  # how far numbers go beyond the one bound that a schema gives


class UnknownMeaning(ValueError):
    """A text has no `x-meaning` that the generator could make a value from."""


class Chooser(Protocol):
    """Whoever decides. The first option, and the lowest number, is the simplest."""

    def include(self) -> bool:
        """Whether an optional value is given."""

    def pick(self, options: Sequence[Option]) -> Option:
        """One of these."""

    def whole(self, low: int, high: int) -> int:
        """A whole number, both ends included."""

    def count(self, low: int, high: int) -> int:
        """How many items."""


@dataclass(frozen=True, slots=True)
class Walk:
    """One instance in the making: one picture throughout, so that points lie inside the picture that is sent."""

    library: Library
    context: Context
    picture: Picture
    chooser: Chooser
    undocumented: bool

    def value(self, nodes: tuple[Node, ...], pattern: str) -> Any:
        """A value that keeps all these schemas, at this place of the request."""
        if pattern in self.context.fixed:
            return copy.deepcopy(self.context.fixed[pattern])
        spot = gather(self.library, nodes)
        if spot.meaning == "image-object":
            return self._image_object()
        if spot.conditions:
            spot = gather(self.library, nodes + self._branch(spot.conditions), unconditional=True)
        return self._plain(spot, pattern)

    def _plain(self, spot: Spot, pattern: str) -> Any:
        if "enum" in spot.keywords:
            return self.chooser.pick(self._options(spot))
        kind = self.chooser.pick(spot.types)
        if kind == "object":
            return self._object(spot, pattern, self._chosen(spot, pattern))
        if kind == "array":
            return self._array(spot, pattern)
        if kind == "boolean":
            return self.chooser.pick((False, True))
        return self._text(spot, pattern) if kind == "string" else self._number(spot, kind)

    def _options(self, spot: Spot) -> Sequence[Any]:
        options, holder = spot.keywords["enum"]
        promised = self.undocumented or strength(self.library, holder, None, "enum") in PROMISED
        return options if promised or not spot.examples else spot.examples

    # Objects and arrays

    def _chosen(self, spot: Spot, pattern: str) -> list[str]:
        chosen = [name for name in spot.properties if self._wanted(spot, name, pattern)]
        spare = [name for name in spot.properties if name not in chosen and self._allowed(spot, name)]
        missing = max(0, spot.value("minProperties", 0) - len(chosen))
        return chosen + spare[:missing]

    def _wanted(self, spot: Spot, name: str, pattern: str) -> bool:
        place = pattern + join([name])
        if name in spot.required or self._fixed_in(place) or self._given_in(place):
            return True
        usual = not self.undocumented and any(node.schema.get("x-usual") for node in spot.properties[name])
        return self._allowed(spot, name) and (usual or self.chooser.include())

    def _fixed_in(self, place: str) -> bool:
        return any(pointer == place or pointer.startswith(f"{place}/") for pointer in self.context.fixed)

    def _given_in(self, place: str) -> bool:
        return any(pointer == place or pointer.startswith(f"{place}/") for pointer in self.context.given)

    def _allowed(self, spot: Spot, name: str) -> bool:
        if gather(self.library, spot.properties[name]).meaning in _NEVER_BY_CHANCE:
            return False
        if self.undocumented:
            return True
        source = self.library.source(spot.properties[name][0])
        return source is None or source.strength in PROMISED

    def _object(self, spot: Spot, pattern: str, names: list[str]) -> dict[str, Any]:
        extents = self._extents(spot, names)
        return {
            name: extents[name] if name in extents else self.value(spot.properties[name], pattern + join([name]))
            for name in names
        }

    def _extents(self, spot: Spot, names: list[str]) -> dict[str, float]:
        """Centre and size of a box, drawn together so that the box lies inside the picture."""
        found = {gather(self.library, spot.properties[name]).meaning: name for name in names}
        drawn: dict[str, float] = {}
        for centre, size, room in (
            ("box-center-x", "box-width", self.picture.width),
            ("box-center-y", "box-height", self.picture.height),
        ):
            if centre in found and size in found:
                whole = "number" not in gather(self.library, spot.properties[found[centre]]).types
                length = self._even(room) if whole else self.chooser.whole(1, room)
                start = self.chooser.whole(0, room - length)
                middle = start + length // 2 if whole else start + length / 2
                drawn |= {found[centre]: middle, found[size]: length}
        return drawn

    def _even(self, room: int) -> int:
        """A length whose half is whole too: a box of whole pixels about a whole centre lies inside then."""
        return 2 * self.chooser.whole(1, room // 2) if room > 1 else 1

    def _array(self, spot: Spot, pattern: str) -> list[Any]:
        low = spot.value("minItems", 0)
        if spot.meaning != "prompt-list":
            size = self.chooser.count(low, low + 2)
            return [self.value(spot.items, f"{pattern}/*") for _ in range(size)]
        # Prompts of one call are alike: whether boxes may stand beside points in one call, no document says.
        below = gather(self.library, spot.items)
        names = self._chosen(below, f"{pattern}/*")
        return [self._object(below, f"{pattern}/*", names) for _ in range(self.chooser.count(1, 3))]

    def _branch(self, conditions: list[Condition]) -> tuple[Node, ...]:
        """The schemas of one branch of a condition, to be laid over the others as if there were no condition.

        The test is fulfilled only where the picture has an address: the one condition of our requests asks for it.
        """
        if len(conditions) > 1:
            raise UnknownMeaning("several conditions on one value need an x-meaning of their own")
        test, then, otherwise = conditions[0].test, conditions[0].then, conditions[0].otherwise
        branches: list[tuple[Node, ...]] = [() if otherwise is None else (otherwise,)]
        if self.picture.url is not None:
            branches.append((test,) if then is None else (test, then))
        chosen = self.chooser.pick(branches)
        if gather(self.library, chosen).conditions:
            raise UnknownMeaning("a condition within a condition needs an x-meaning of its own")
        return chosen

    # Single values

    def _image_object(self) -> dict[str, str]:
        inline = {"type": "base64", "value": wire.base64_text(self.picture.data)}
        if self.picture.url is None:
            return inline
        return self.chooser.pick((inline, {"type": "url", "value": self.picture.url}))

    def _number(self, spot: Spot, kind: str) -> float:
        if spot.meaning in ("point-x", "point-y"):
            last = (self.picture.width if spot.meaning == "point-x" else self.picture.height) - 1
            return self.chooser.whole(0, last)
        low = spot.value("minimum", spot.value("exclusiveMinimum", -_SPAN - 1) + 1)
        high = spot.value("maximum", low + _SPAN)
        parts = 1 if kind == "integer" else self.chooser.pick((1, 4))  # quarters are exact in binary and in text
        drawn = self.chooser.whole(int(low * parts), int(high * parts))
        return drawn if parts == 1 else drawn / parts

    def _text(self, spot: Spot, pattern: str) -> str:
        if spot.meaning in ("model-dataset", "model-version"):
            return self.context.path[pattern.rpartition("/")[2]]
        if spot.meaning == "class-list":
            return ",".join(self._classes())
        if spot.meaning == "example-class":
            return self.chooser.pick(self.context.classes or EXAMPLE_CLASSES)
        if spot.meaning == "image-base64":
            return wire.base64_text(self.picture.data)
        if spot.meaning == "image-url" and self.picture.url is not None:
            return self.picture.url
        if spot.meaning == "image-id":
            return self.picture.name  # a server keeps what it has seen under this name
        if spot.meaning == "florence-prompt":
            return prompt(spot.tasks, self.chooser, self.undocumented)
        if spot.meaning == "model-alias":
            return str(spot.examples[0])  # of a run it is fixed: the model that is checked
        if spot.meaning == "class-name":
            return self._classes()[0]
        if spot.meaning in ("opaque-id", "model-id"):
            return f"assay-{self.chooser.whole(0, 999_999)}"
        raise UnknownMeaning(f"{pattern} is a text whose meaning, {spot.meaning}, gives no value")

    def _classes(self) -> list[str]:
        known = self.context.classes
        if not known or self.chooser.whole(0, 9) == 9:
            return [UNKNOWN_CLASS]
        first = self.chooser.whole(0, len(known) - 1)
        return list((known[first:] + known[:first])[: self.chooser.count(1, len(known))])


def walk(operation: Operation, context: Context, chooser: Chooser, undocumented: bool) -> Any:
    """One instance of an operation's request. Raises ValueError where the operation has no request to describe."""
    if operation.request_schema is None:
        raise ValueError(f"{operation.id} takes no values")
    picture = chooser.pick(context.pictures)
    root = operation.library.node(operation.request_schema)
    return Walk(operation.library, context, picture, chooser, undocumented).value((root,), "")
