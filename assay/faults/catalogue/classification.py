"""Faults of classification on the hosted model route."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from assay.contract.message import Request
from assay.faults.model import CLASSIFICATION, Fault
from assay.faults.operators import answers, drawings, parameters
from assay.faults.operators.fields import (
    as_text,
    change_field,
    dumps,
    edit_json,
    is_number,
    predictions,
    rename_field,
    scale_field,
)
from assay.faults.operators.labels import change_labels, size_of_labelled

TOP = "hosted.classification.top-is-surest"
FIRST = "hosted.classification.surest-first"
ONE = "hosted.classification.shares-of-one"
SIZE = "hosted.classification.image-size"
REACHES = "hosted.classification.reaches-threshold"
NOTHING = "hosted.classification.nothing-over-threshold"
JPEG = "hosted.classification.image-is-jpeg"
BESIDE = "hosted.classification.image-and-json-adds-drawing"
UNCHANGED = "hosted.classification.drawing-leaves-json-unchanged"
OVER = "hosted.classification.labels-over-threshold"
WHATEVER = "hosted.classification.labels-whatever-threshold"
APART = "hosted.classification.labels-numbered-apart"
LABELS_SIZE = "hosted.classification.labels-image-size"

_classification = partial(Fault, operations=(CLASSIFICATION,))


def _top_is_last(request: Request, document: Any) -> Any:
    found = predictions(document)
    if found and isinstance(found[-1], dict) and "top" in document:
        document["top"] = found[-1].get("class")
    return document


def _sureness(known: dict[str, Any]) -> Callable[[str], float]:
    return lambda name: float(known[name]["confidence"])


def _over_a_half(known: dict[str, Any]) -> Callable[[str], bool]:
    return lambda name: _sureness(known)(name) >= 0.5


def _zeroed(known: dict[str, Any], predicted: list[str]) -> dict[str, Any]:
    return {name: each if name in predicted else {**each, "confidence": 0.0} for name, each in known.items()}


def _numbered(known: dict[str, Any], number: Callable[[int], int]) -> dict[str, Any]:
    """Each label with another number, made of its place."""
    return {name: {**each, "class_id": number(place)} for place, (name, each) in enumerate(known.items())}


def _reversed(request: Request, document: Any) -> Any:
    predictions(document).reverse()
    return document


def _first_is_last(request: Request, document: Any) -> Any:
    found = predictions(document)
    found[:] = found[1:] + found[:1]
    return document


def _top_all_the_same(request: Request, document: Any) -> Any:
    if isinstance(document, dict) and document.get("top") == "":
        document |= {"top": "nothing", "confidence": 0.01}
    return document


def _confidence_all_the_same(request: Request, document: Any) -> Any:
    if isinstance(document, dict) and document.get("top") == "":
        document["confidence"] = 0.5
    return document


def _with_confidence_in_class(request: Request, document: Any) -> Any:
    for each in predictions(document):
        if isinstance(each, dict) and isinstance(each.get("class"), str):
            each["class"] += f" {dumps(each.get('confidence'))}"
    return document


def _without_first(request: Request, document: Any) -> Any:
    del predictions(document)[:1]
    return document


_NAMING = (
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

_THRESHOLDS = (
    _classification(
        name="kinds-threshold-ignored",
        sentence="The threshold for the classes of a picture is ignored; all of them are sent.",
        breaks=(REACHES,),
        request=parameters.set_value("confidence", "0"),
    ),
    _classification(
        name="kinds-default-threshold-none",
        sentence="Where no threshold is asked for, all classes of a picture are sent.",
        breaks=(REACHES,),
        request=parameters.set_default("confidence", "0"),
    ),
    _classification(
        name="kinds-top-all-the-same",
        sentence="Where no class reaches the threshold, one stands on top all the same.",
        breaks=(NOTHING,),
        response=edit_json(_top_all_the_same),
    ),
    _classification(
        name="kinds-half-sure-of-none",
        sentence="Where no class reaches the threshold, the confidence on top is a half.",
        breaks=(NOTHING,),
        response=edit_json(_confidence_all_the_same),
    ),
)

_DRAWINGS = (
    _classification(
        name="kinds-drawing-empty",
        sentence="For the class of a picture the answer to format=image is a JPEG of no bytes.",
        breaks=(JPEG,),
        response=answers.only_if(answers.is_picture, answers.replace_answer(200, b"", "image/jpeg")),
    ),
    _classification(
        name="kinds-drawing-half-size",
        sentence="The drawing of the class has half the width and half the height of the picture.",
        breaks=(JPEG,),
        response=drawings.redraw_body(drawings.half_size),
    ),
    _classification(
        name="kinds-visualization-half-size",
        sentence="The drawing of the class beside the JSON has half the width and half the height of the picture.",
        breaks=(BESIDE,),
        response=drawings.redraw_field(drawings.half_size),
    ),
    _classification(
        name="kinds-lost-beside-drawing",
        sentence="With a drawing beside the JSON the surest class is lost.",
        breaks=(BESIDE,),
        response=answers.only_if(answers.asked("format", "image_and_json"), edit_json(_without_first)),
    ),
    _classification(
        name="kinds-labels-in-json",
        sentence="With labels the class in the JSON holds the confidence too, as the drawn label does.",
        breaks=(UNCHANGED,),
        response=answers.only_if(answers.asked("labels", "true"), edit_json(_with_confidence_in_class)),
    ),
    _classification(
        name="kinds-lost-by-stroke",
        sentence="With a stroke of more than one pixel the surest class is lost.",
        breaks=(UNCHANGED,),
        response=answers.only_if(answers.asked_at_least("stroke", 2), edit_json(_without_first)),
    ),
)

_LABELS = (
    _classification(
        name="labels-all-predicted",
        sentence="A model of several labels predicts every label that it knows, whatever the threshold.",
        breaks=(OVER,),
        response=change_labels(lambda known, predicted: (known, list(known))),
    ),
    _classification(
        name="labels-over-a-half",
        sentence="A model of several labels predicts those over a half, whatever the threshold.",
        breaks=(OVER,),
        response=change_labels(lambda known, predicted: (known, [*filter(_over_a_half(known), known)])),
    ),
    _classification(
        name="labels-surest-alone",
        sentence="A model of several labels predicts the surest one alone.",
        breaks=(OVER,),
        response=change_labels(lambda known, predicted: (known, sorted(predicted, key=_sureness(known))[-1:])),
    ),
    _classification(
        name="labels-none-predicted",
        sentence="A model of several labels predicts none of them, however sure it is.",
        breaks=(OVER,),
        response=change_labels(lambda known, predicted: (known, [])),
    ),
    _classification(
        name="labels-under-threshold-lost",
        sentence="Labels under the threshold are missing in the answer of a model of several labels.",
        breaks=(WHATEVER,),
        response=change_labels(lambda known, predicted: ({name: known[name] for name in predicted}, predicted)),
    ),
    _classification(
        name="labels-under-threshold-of-none",
        sentence="Labels under the threshold come with a confidence of 0.",
        breaks=(WHATEVER,),
        response=change_labels(lambda known, predicted: (_zeroed(known, predicted), predicted)),
    ),
    _classification(
        name="labels-all-of-number-nought",
        sentence="Each of several labels has the class_id 0.",
        breaks=(APART,),
        response=change_labels(lambda known, predicted: (_numbered(known, lambda place: 0), predicted)),
    ),
    _classification(
        name="labels-numbered-by-twos",
        sentence="Of several labels every two share a class_id.",
        breaks=(APART,),
        response=change_labels(lambda known, predicted: (_numbered(known, lambda place: place // 2), predicted)),
    ),
    _classification(
        name="labels-size-swapped",
        sentence="Width and height change places in the answer of a model of several labels.",
        breaks=(LABELS_SIZE,),
        response=size_of_labelled(lambda width, height: (height, width)),
    ),
    _classification(
        name="labels-size-of-the-model",
        sentence="The answer of a model of several labels tells the size that it scaled the picture to.",
        breaks=(LABELS_SIZE,),
        response=size_of_labelled(lambda width, height: (224, 224)),
    ),
)

FAULTS: tuple[Fault, ...] = (*_NAMING, *_THRESHOLDS, *_DRAWINGS, *_LABELS)
