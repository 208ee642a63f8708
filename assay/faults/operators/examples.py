"""Operators on detection by examples: on the example boxes of a request, and on the classes of an answer."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from assay.contract.message import Request
from assay.faults.model import RequestOperator
from assay.faults.operators.boxes import SIDES, box_of, confidence_of, picture_size
from assay.faults.operators.fields import is_number, predictions
from assay.faults.operators.parameters import edit_body

HIGH = 0.995
ChangeBox = Callable[[dict[str, Any]], None]


def change_boxes(change: ChangeBox) -> RequestOperator:
    """Change each example box, `{"x", "y", "w", "h", "cls"}`, in place; boxes that lack a number pass."""

    def edit(document: Any) -> Any:
        for box in boxes_of(document):
            change(box)
        return document

    return edit_body(edit)


def boxes_of(document: Any) -> list[dict[str, Any]]:
    """The example boxes of a request, as far as they have whole numbers."""
    data = document.get("training_data") if isinstance(document, dict) else None
    pictures = [each.get("boxes") for each in data if isinstance(each, dict)] if isinstance(data, list) else []
    return [box for boxes in pictures if isinstance(boxes, list) for box in boxes if _is_box(box)]


def _is_box(value: Any) -> bool:
    return isinstance(value, dict) and all(is_number(value.get(name)) for name in ("x", "y", "w", "h"))


def as_corner(box: dict[str, Any]) -> None:
    """(x, y) is read as the top left corner."""
    box |= {"x": int(box["x"] + box["w"] / 2), "y": int(box["y"] + box["h"] / 2)}


def with_axes_swapped(box: dict[str, Any]) -> None:
    """X is read as y, w as h, and the other way round."""
    box |= {"x": box["y"], "y": box["x"], "w": box["h"], "h": box["w"]}


def with_sides_exchanged(box: dict[str, Any]) -> None:
    """W is read as the height, and h as the width."""
    box |= {"w": box["h"], "h": box["w"]}


def of_half_the_size(box: dict[str, Any]) -> None:
    """The box has half its width and height, about the same centre."""
    box |= {"w": max(int(box["w"] / 2), 1), "h": max(int(box["h"] / 2), 1)}


def as_positive(box: dict[str, Any]) -> None:
    """A negative example is read as a positive one."""
    box.pop("negative", None)


def class_in_small_letters(box: dict[str, Any]) -> None:
    """The name of the class without capital letters."""
    if isinstance(box.get("cls"), str):
        box["cls"] = box["cls"].lower()


def without_negatives(document: Any) -> Any:
    """An edit: negative examples are not there."""
    data = document.get("training_data") if isinstance(document, dict) else None
    for each in data if isinstance(data, list) else []:
        if isinstance(each, dict) and isinstance(each.get("boxes"), list):
            each["boxes"] = [box for box in each["boxes"] if not (isinstance(box, dict) and box.get("negative"))]
    return document


def exchange_negatives(document: Any) -> Any:
    """An edit: where any example is negative, positive and negative ones are exchanged."""
    boxes = boxes_of(document)
    if any(box.get("negative") for box in boxes):
        for box in boxes:
            box["negative"] = not box.get("negative", False)
    return document


def with_target_for_reference(document: Any) -> Any:
    """An edit: example boxes are read in the target picture, the reference pictures are ignored."""
    data = document.get("training_data") if isinstance(document, dict) else None
    for each in data if isinstance(data, list) else []:
        if isinstance(each, dict) and "image" in document:
            each["image"] = copy.deepcopy(document["image"])
    return document


def with_reference_for_target(document: Any) -> Any:
    """An edit: the first reference picture is searched instead of the target picture."""
    data = document.get("training_data") if isinstance(document, dict) else None
    first = data[0] if isinstance(data, list) and data else None
    if isinstance(first, dict) and "image" in first and "image" in document:
        document["image"] = copy.deepcopy(first["image"])
    return document


def change_threshold(change: Callable[[float], float]) -> RequestOperator:
    """Put another threshold in the place of a numeric `confidence` in the body."""

    def edit(document: Any) -> Any:
        if isinstance(document, dict) and is_number(document.get("confidence")):
            document["confidence"] = change(document["confidence"])
        return document

    return edit_body(edit)


def with_default_threshold(default: float) -> RequestOperator:
    """Where no threshold is asked for, this one applies."""

    def edit(document: Any) -> Any:
        return {**document, "confidence": default} if isinstance(document, dict) and "image" in document else document

    return lambda request: request if _asked(request, "confidence") is not None else edit_body(edit)(request)


def threshold_of(request: Request) -> float | None:
    """The threshold that the request asks for; None where it is absent or no number."""
    value = _asked(request, "confidence")
    return value if is_number(value) else None


def _asked(request: Request, name: str) -> Any:
    try:
        document = request.json()
    except ValueError:
        return None
    return document.get(name) if isinstance(document, dict) else None


def _labels(request: Request) -> list[str]:
    """The names of the request's examples, each once, in their order."""
    try:
        boxes = boxes_of(request.json())
    except ValueError:
        return []
    return list(dict.fromkeys(box["cls"] for box in boxes if isinstance(box.get("cls"), str)))


def with_next_class(request: Request, document: Any) -> Any:
    """An edit: each prediction gets the class of the next example."""
    labels = _labels(request)
    for each in _labelled(document):
        if each["class"] in labels:
            each["class"] = labels[(labels.index(each["class"]) + 1) % len(labels)]
    return document


def with_first_class(request: Request, document: Any) -> Any:
    """An edit: each prediction gets the class of the first example."""
    labels = _labels(request)
    for each in _labelled(document):
        each["class"] = labels[0] if labels else each["class"]
    return document


def numbered_as_requested(request: Request, document: Any) -> Any:
    """An edit: classes are numbered in the order of the examples instead of that of the alphabet."""
    labels = _labels(request)
    for each in _labelled(document):
        if each["class"] in labels and "class_id" in each:
            each["class_id"] = labels.index(each["class"])
    return document


def _labelled(document: Any) -> list[dict[str, Any]]:
    return [each for each in predictions(document) if isinstance(each, dict) and isinstance(each.get("class"), str)]


def size_of_padded_square(request: Request, document: Any) -> Any:
    """An edit: the longer side of the picture is stated for both, as the network's padded input has it."""
    size = picture_size(document)
    if size is not None:
        document["image"] |= {"width": max(size), "height": max(size)}
    return document


def without_best_at_high_thresholds(request: Request, document: Any) -> Any:
    """An edit: over a threshold of 0.995 the most confident prediction is lost, be it the only one."""
    found = predictions(document)
    if found and (threshold_of(request) or 0) > HIGH:
        del found[found.index(max(found, key=confidence_of))]
    return document


def with_box_at_high_thresholds(request: Request, document: Any) -> Any:
    """An edit: over a threshold of 0.995 a copy of the first box is added in the corner of the picture, wholly sure."""
    found, threshold = predictions(document), threshold_of(request)
    box = box_of(found[0]) if found else None
    if box is not None and threshold is not None and threshold > HIGH:
        corner = (box.width / 8, box.height / 8, box.width / 4, box.height / 4)
        found.append(copy.deepcopy(found[0]) | dict(zip(SIDES, corner, strict=True)) | {"confidence": 1.0})
    return document
