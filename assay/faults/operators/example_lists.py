"""Operators on the lists of a request by examples: what is given twice, lies outside, or comes as a list at all."""

from __future__ import annotations

import copy
import unicodedata
from typing import Any

from assay.contract.message import Request, Response
from assay.faults.operators.boxes import SIDES, box_of, confidence_of
from assay.faults.operators.examples import boxes_of
from assay.faults.operators.fields import is_number, predictions

FAR = 2000
"""px. No picture of ours is as wide."""
LONGEST = 8
"""Letters."""


def with_no_threshold_where_twice(document: Any) -> Any:
    """An edit: where an example is given twice, nearly everything is as alike as the threshold demands."""
    if _twice(document):
        document["confidence"] = 0.3
    return document


def wholly_sure_where_twice(request: Request, document: Any) -> Any:
    """An edit: where an example is given twice, its likeness counts twice."""
    try:
        twice = _twice(request.json())
    except ValueError:
        return document
    for one in predictions(document) if twice else []:
        if isinstance(one, dict) and "confidence" in one:
            one["confidence"] = min(2 * confidence_of(one), 1.0)
    return document


def without_what_is_twice(document: Any) -> Any:
    """An edit: of examples that are equal none is left, but for one that stands alone in a request."""
    twice = _twice(document)
    for box in boxes_of(document):
        if _spelled(box) in twice:
            box |= {"w": 1, "h": 1, "x": 0, "y": 0}  # means nothing any more
    return document


def _twice(document: Any) -> set[str]:
    spelled = [_spelled(box) for box in boxes_of(document)]
    return {one for one in spelled if spelled.count(one) > 1}


def _spelled(box: Any) -> str:
    return repr(sorted(box.items(), key=str))


def without_the_last(document: Any) -> Any:
    """An edit: of several example boxes in a picture the last one is not read."""
    for boxes in _lists_of_boxes(document):
        del boxes[max(len(boxes) - 1, 1) :]
    return document


def last_of_each_class(document: Any) -> Any:
    """An edit: of the example boxes of one class in a picture only the last is read."""
    for boxes in _lists_of_boxes(document):
        last = {(str(box.get("cls")), bool(box.get("negative"))): box for box in boxes if isinstance(box, dict)}
        boxes[:] = last.values()
    return document


def _lists_of_boxes(document: Any) -> list[list[Any]]:
    """The example boxes of each reference picture, whatever they are: the lists themselves, not copies."""
    held = [each.get("boxes") for each in _references(document) if isinstance(each, dict)]
    return [boxes for boxes in held if isinstance(boxes, list)]


def only_the_first_reference(document: Any) -> Any:
    """An edit: of several reference pictures only the first is looked at."""
    del _references(document)[1:]
    return document


def only_the_last_reference(document: Any) -> Any:
    """An edit: of several reference pictures only the last is looked at."""
    del _references(document)[:-1]
    return document


def all_in_the_first_reference(document: Any) -> Any:
    """An edit: example boxes of all reference pictures are read in the first of them."""
    data = _references(document)
    for each in data:
        if isinstance(each, dict) and isinstance(data[0], dict) and "image" in data[0]:
            each["image"] = data[0]["image"]
    return document


def _references(document: Any) -> list[Any]:
    """The entries of reference pictures: the list itself, not a copy."""
    data = document.get("training_data") if isinstance(document, dict) else None
    return data if isinstance(data, list) else []


def only_of_the_surest_class(request: Request, document: Any) -> Any:
    """An edit: of all classes only that of the most confident box is left."""
    found = predictions(document)
    surest = max(found, key=confidence_of, default=None)
    if isinstance(surest, dict):
        found[:] = [one for one in found if isinstance(one, dict) and one.get("class") == surest.get("class")]
    return document


def pulled_inside(document: Any) -> Any:
    """An edit: an example box outside its picture is moved to where the first example is."""
    boxes = boxes_of(document)
    for box in boxes[1:]:
        if _is_outside(box):
            box |= {name: boxes[0][name] for name in ("x", "y", "w", "h")}
    return document


def has_box_outside(request: Request, response: Response) -> bool:
    """Holds where an example box lies farther out than any picture reaches."""
    return any(map(_is_outside, _boxes(request)))


def without_all_others(request: Request, document: Any) -> Any:
    """An edit: nothing is found where an example box lies outside its picture."""
    if any(map(_is_outside, _boxes(request))):
        predictions(document).clear()
    return document


def _is_outside(box: dict[str, Any]) -> bool:
    return bool(max(box["x"], box["y"]) > FAR)


def in_plain_letters(request: Request, document: Any) -> Any:
    """An edit: the class of a prediction is written in plain letters, without accents or other scripts."""
    for one in predictions(document):
        if isinstance(one, dict) and isinstance(one.get("class"), str):
            one["class"] = unicodedata.normalize("NFKD", one["class"]).encode("ascii", "ignore").decode()
    return document


def without_long_names(request: Request, document: Any) -> Any:
    """An edit: what is of a class with a name of many letters is lost."""
    found = predictions(document)
    found[:] = [one for one in found if not isinstance(one, dict) or len(str(one.get("class"))) <= LONGEST]
    return document


def with_the_other_class_beside(request: Request, document: Any) -> Any:
    """An edit: where two classes are asked for, each box comes under the other one too, a little less sure."""
    labels = sorted({str(box.get("cls")) for box in _boxes(request)})
    found = predictions(document)
    for one in list(found):
        box = box_of(one)
        if box is not None and one.get("class") in labels and len(labels) == 2:
            other = labels[1 - labels.index(one["class"])]
            smaller = box._replace(width=box.width * 0.9, height=box.height * 0.9)
            found.append(
                copy.deepcopy(one)
                | dict(zip(SIDES, smaller, strict=True))
                | {"class": other, "class_id": labels.index(other), "confidence": confidence_of(one)}
            )
    return document


def in_whole_pixels(document: Any) -> Any:
    """An edit: the numbers of example boxes are cut to whole ones."""
    for box in boxes_of(document):
        box |= {name: int(box[name]) for name in ("x", "y", "w", "h")}
    return document


def with_what_is_missing(document: Any) -> Any:
    """An edit: an example box without a class is one of an object, and one without a width as wide as it is high."""
    for boxes in _lists_of_boxes(document):
        for box in boxes:
            if isinstance(box, dict) and is_number(box.get("h")):
                box.setdefault("cls", "object")
                box.setdefault("w", box["h"])
    return document


def only_the_first_picture(document: Any) -> Any:
    """An edit: of a list of pictures only the first is read."""
    listed = document.get("image") if isinstance(document, dict) else None
    if isinstance(listed, list) and listed:
        document["image"] = listed[0]
    return document


def has_list_of_pictures(request: Request, response: Response) -> bool:
    """Holds where the target is a list."""
    try:
        document = request.json()
    except ValueError:
        return False
    return isinstance(document, dict) and isinstance(document.get("image"), list)


def _boxes(request: Request) -> list[dict[str, Any]]:
    try:
        return boxes_of(request.json())
    except ValueError:
        return []
