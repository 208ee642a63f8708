"""Faults at every member of a good JSON answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from assay.contract import Operation
from assay.contract.wire import base64_text
from assay.faults import pictures
from assay.faults.derived import values
from assay.faults.derived.places import (
    Place,
    Wronged,
    places_answered,
    wronged_by_other_number,
    wronged_by_repetition,
    wronged_by_value,
)
from assay.faults.model import Derived, ResponseOperator
from assay.faults.operators.answers import only_if, succeeded
from assay.faults.operators.fields import change_field, drop_field, rename_field

OFF_BY_PX = 10.0
OFF_BY_SHARE = 0.1


@dataclass(frozen=True)
class Operator:
    """What is done to a member: to which, how, and who is wronged by it. `says` is the end of a sentence about it."""

    name: str
    says: str
    fits: Callable[[Place], bool]
    act: Callable[[Place], ResponseOperator]
    wronged: Callable[[Place], Wronged] = wronged_by_value


def faults_of_members(operation: Operation) -> Iterator[Derived]:
    """Each operator at each member of the operation's answers that it fits."""
    for place in places_answered(operation):
        for operator in OPERATORS:
            if operator.fits(place):
                promise, because = operator.wronged(place)
                yield Derived(
                    name=f"{operation.id}/{place.name}/{operator.name}",
                    sentence=f"In each answer {place.name} {operator.says}.",
                    operations=(operation.id,),
                    breaks=(),
                    response=only_if(succeeded, operator.act(place)),
                    operator=operator.name,
                    place=place.name,
                    promise=promise,
                    because=because,
                )


def _changed(change: values.Change) -> Callable[[Place], ResponseOperator]:
    return lambda place: change_field(place.pointer, change)


def _is_member(place: Place) -> bool:
    return not place.item


def _is_scalar(place: Place) -> bool:
    return place.may_be("number", "integer", "string", "boolean")


def _is_number(place: Place) -> bool:
    return place.is_only("number", "integer")


def _is_fraction(place: Place) -> bool:
    return _is_number(place) and 0 < place.facts.get("maximum", 0) < 2


def _is_count(place: Place) -> bool:
    return place.is_only("integer") and not place.item


def _is_length(place: Place) -> bool:
    """A number without a scale: a coordinate, a size or seconds."""
    return _is_number(place) and not _is_fraction(place) and not _is_count(place)


def _is_list(place: Place) -> bool:
    return place.is_only("array")


def _is_base64(place: Place) -> bool:
    return "contentEncoding" in place.facts


def _is_text(place: Place) -> bool:
    return place.is_only("string") and not _is_base64(place)


def _has_axes(place: Place) -> bool:
    """An object with members for two axes, or a list of coordinates in pairs."""
    in_pairs = place.facts.get("maxItems", 1) % 2 == 0
    return any({*pair} <= place.members for pair in values.AXES) or (_is_list(place) and in_pairs)


def _unless_optional(place: Place) -> Wronged:
    return place.wronged("required") if place.required else Wronged("nobody", "it may be left out")


def _unless_nullable(place: Place) -> Wronged:
    return Wronged("nobody", "it may be null") if "null" in place.types else place.wronged("type")


def _of_another_type(place: Place) -> Wronged:
    both = {"string", "number"} <= place.types or {"string", "integer"} <= place.types
    return Wronged("nobody", "it may be of either type") if both else place.wronged("type")


def _as_png(place: Place) -> ResponseOperator:
    def change(value: object) -> object:
        pixels = pictures.decode(pictures.from_base64(value) or b"")
        return value if pixels is None else base64_text(pictures.encode(pixels, ".png"))

    return change_field(place.pointer, change)


OPERATORS = (
    Operator("dropped", "is left out", _is_member, lambda place: drop_field(place.pointer), _unless_optional),
    Operator(
        "renamed",
        "has another name",
        _is_member,
        lambda place: rename_field(place.pointer, f"{place.pointer.rpartition('/')[2]}_"),
        _unless_optional,
    ),
    Operator("null", "is null", lambda _: True, _changed(values.null), _unless_nullable),
    Operator("retyped", "is of another JSON type", lambda _: True, _changed(values.retyped), _of_another_type),
    Operator(
        "in-a-list", "stands in a list of its own", _is_scalar, _changed(values.in_list), lambda p: p.wronged("type")
    ),
    Operator("off", "is 10 too great", _is_length, _changed(values.more(OFF_BY_PX))),
    Operator(
        "off",
        "is off by a tenth of its scale",
        _is_fraction,
        _changed(values.aside(OFF_BY_SHARE)),
        wronged_by_other_number,
    ),
    Operator("off", "is greater by one", _is_count, _changed(values.more(1)), wronged_by_other_number),
    Operator(
        "hundredfold", "is a hundred times as great", _is_number, _changed(values.times(100)), wronged_by_other_number
    ),
    Operator("negative", "has the other sign", _is_number, _changed(values.negative)),
    Operator("to-tens", "is rounded to tens", _is_length, _changed(values.to_tens)),
    Operator("swapped-axes", "has its axes exchanged", _has_axes, _changed(values.swapped_axes)),
    Operator("cut", "lacks its last character", _is_text, _changed(values.cut)),
    Operator("halved", "ends in the middle", _is_base64, _changed(values.halved)),
    Operator("as-png", "holds a PNG", lambda p: p.facts.get("contentMediaType") == "image/jpeg", _as_png),
    Operator("inverted", "says the opposite", lambda p: p.is_only("boolean"), _changed(values.inverted)),
    Operator("emptied", "is empty", _is_list, _changed(values.emptied)),
    Operator("last-lost", "lacks its last element", _is_list, _changed(values.last_lost)),
    Operator(
        "last-doubled", "has its last element twice", _is_list, _changed(values.last_doubled), wronged_by_repetition
    ),
)
