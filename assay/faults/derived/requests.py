"""Faults at every parameter of a request: what the client asks for and the server never gets to see."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from assay.contract import Operation
from assay.contract.wire import text
from assay.faults.derived import values
from assay.faults.derived.places import Place, places_asked, wronged_by_request
from assay.faults.model import Derived, RequestOperator
from assay.faults.operators.parameters import change_parameter, drop_parameter, edit_body
from assay.faults.pointers import places


@dataclass(frozen=True)
class Operator:
    """What is done to a parameter: to which, and what becomes of its value. Without `change` it is left out."""

    name: str
    says: str
    fits: Callable[[Place], bool]
    change: Callable[[Place], values.Change] | None


def faults_of_parameters(operation: Operation) -> Iterator[Derived]:
    """Each operator at each parameter that it fits, in the query or anywhere in a JSON body."""
    for place in places_asked(operation):
        for operator in OPERATORS:
            if operator.fits(place):
                promise, because = wronged_by_request(operation, place)
                yield Derived(
                    name=f"{operation.id}?{place.name}/{operator.name}",
                    sentence=f"Of each request {place.name} {operator.says}.",
                    operations=(operation.id,),
                    breaks=(),
                    request=_acting(operation, place, operator),
                    operator=operator.name,
                    place=place.name,
                    promise=promise,
                    because=because,
                )


def _acting(operation: Operation, place: Place, operator: Operator) -> RequestOperator:
    change = None if operator.change is None else operator.change(place)
    if operation.shape != "json-body":
        return drop_parameter(place.name) if change is None else change_parameter(place.name, _of_text(change))
    return edit_body(_left_out(place.pointer) if change is None else _changed(place.pointer, change))


def _of_text(change: values.Change) -> Callable[[str], str]:
    """The change for a value as it stands in a query: numbers, true and false are read, the rest is text, and NaN."""

    def changed(said: str) -> str:
        try:
            value = json.loads(said, parse_constant=str)
        except ValueError:
            value = said
        after = change(value if isinstance(value, (bool, int, float)) else said)
        return said if after == value else text(after)

    return changed


def _left_out(pointer: str) -> values.Change:
    def edit(document: Any) -> Any:
        for place in places(document, pointer):
            del place.parent[place.key]
        return document

    return edit


def _changed(pointer: str, change: values.Change) -> values.Change:
    def edit(document: Any) -> Any:
        for place in places(document, pointer):
            place.parent[place.key] = change(place.value)
        return document

    return edit


def _is_number(place: Place) -> bool:
    return place.is_only("number", "integer")


def _choices(place: Place) -> tuple[Any, ...]:
    return tuple(place.facts.get("enum", ()))


def _is_free_text(place: Place) -> bool:
    """A text that is neither chosen from a few nor a picture."""
    pictured = "contentEncoding" in place.facts or str(place.meaning).startswith("image-")
    return place.is_only("string") and not _choices(place) and not pictured


def _a_little_more(place: Place) -> values.Change:
    """Greater by a twentieth of the scale; by one where it is whole, by ten (px) where there is no scale."""
    if place.is_only("integer"):
        return values.more(1)
    span = place.facts.get("maximum", 200) - place.facts.get("minimum", 0)
    return values.more(span / 20)


def _is_share(place: Place) -> bool:
    return _is_number(place) and place.facts.get("maximum") == 1


def _is_percent(place: Place) -> bool:
    return _is_number(place) and place.facts.get("maximum") == 100


def _without_last_name(value: Any) -> Any:
    return value.rpartition(",")[0] or value if isinstance(value, str) else value


def _without_last_of_several(value: Any) -> Any:
    return value[:-1] if isinstance(value, list) and len(value) > 1 else value


def _has_axes(place: Place) -> bool:
    return any({*pair} <= place.members for pair in values.AXES)


OPERATORS = (
    Operator("ignored", "is ignored", lambda place: not place.item, None),
    Operator(
        "fixed",
        "is taken for the default",
        lambda place: place.facts.get("default") is not None,
        lambda place: lambda _: place.facts["default"],
    ),
    Operator("off", "is taken for a little more", _is_number, _a_little_more),
    Operator("hundredfold", "is taken for percent", _is_share, lambda _: values.times(100)),
    Operator("hundredth", "is taken for a fraction", _is_percent, lambda _: values.times(0.01)),
    Operator("inverted", "is taken for the opposite", lambda p: p.is_only("boolean"), lambda _: values.inverted),
    Operator(
        "another-choice",
        "is taken for another choice",
        lambda place: len(_choices(place)) > 1,
        lambda place: values.in_turn_of(_choices(place)),
    ),
    Operator("last-lost", "lacks its last element", lambda p: p.is_only("array"), lambda _: _without_last_of_several),
    Operator("last-lost", "lacks its last name", lambda p: p.meaning == "class-list", lambda _: _without_last_name),
    Operator("cut", "lacks its last character", _is_free_text, lambda _: values.cut),
    Operator("swapped-axes", "has its axes exchanged", _has_axes, lambda _: values.swapped_axes),
)
