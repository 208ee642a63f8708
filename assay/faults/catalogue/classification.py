"""Faults of classification on the hosted model route."""

from __future__ import annotations

from functools import partial
from typing import Any

from assay.contract.message import Request
from assay.faults.model import CLASSIFICATION, Fault
from assay.faults.operators import answers
from assay.faults.operators.fields import (
    as_text,
    change_field,
    edit_json,
    is_number,
    predictions,
    rename_field,
    scale_field,
)

TOP = "hosted.classification.top-is-surest"
FIRST = "hosted.classification.surest-first"
ONE = "hosted.classification.shares-of-one"
SIZE = "hosted.classification.image-size"

_classification = partial(Fault, operations=(CLASSIFICATION,))


def _top_is_last(request: Request, document: Any) -> Any:
    found = predictions(document)
    if found and isinstance(found[-1], dict) and "top" in document:
        document["top"] = found[-1].get("class")
    return document


def _reversed(request: Request, document: Any) -> Any:
    predictions(document).reverse()
    return document


def _first_is_last(request: Request, document: Any) -> Any:
    found = predictions(document)
    found[:] = found[1:] + found[:1]
    return document


FAULTS: tuple[Fault, ...] = (
    _classification(
        name="top-is-least-sure",
        sentence="The class on top is the one of the least confidence.",
        breaks=(TOP,),
        response=edit_json(_top_is_last),
    ),
    _classification(
        name="top-confidence-halved",
        sentence="The confidence on top is half of that of the surest class.",
        breaks=(TOP,),
        response=scale_field("/confidence", 0.5),
    ),
    _classification(
        name="classes-least-sure-first",
        sentence="Classes come in the reverse order of their confidence.",
        breaks=(FIRST,),
        response=edit_json(_reversed),
    ),
    _classification(
        name="classes-surest-last",
        sentence="The surest class comes last.",
        breaks=(FIRST,),
        response=edit_json(_first_is_last),
    ),
    _classification(
        name="classes-each-wholly-sure",
        sentence="Each class has the confidence of a model of its own, near one.",
        breaks=(ONE,),
        response=change_field("/predictions/*/confidence", lambda value: 0.9),
    ),
    _classification(
        name="classes-a-tenth-too-sure",
        sentence="The confidences of classes were not divided by their sum: each is a little too large.",
        breaks=(ONE,),
        response=change_field(
            "/predictions/*/confidence", lambda value: (value + 1) / 2 if is_number(value) else value
        ),
    ),
    _classification(
        name="classified-size-swapped",
        sentence="The width of the classified picture is stated as its height, and the height as its width.",
        breaks=(SIZE,),
        response=answers.in_turn(
            rename_field("/image/width", "swapped"),
            rename_field("/image/height", "width"),
            rename_field("/image/swapped", "height"),
        ),
    ),
    _classification(
        name="classified-size-as-text",
        sentence="Width and height of the classified picture are sent as text.",
        breaks=(SIZE,),
        response=change_field("/image/*", as_text),
    ),
)
