"""Operators on calls with a list of pictures, and on the lists that answer them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from assay.contract.message import Request, Response
from assay.faults import pictures
from assay.faults.model import RequestOperator, ResponseOperator
from assay.faults.operators.fields import edit_json, predictions
from assay.faults.operators.parameters import edit_body

Answers = list[Any]


def is_batch(request: Request, response: Response | None = None) -> bool:
    """The request brings a list of pictures."""
    try:
        body = request.json()
    except ValueError:
        return False
    return isinstance(body, dict) and isinstance(body.get("image"), list)


def change_list(change: Callable[[Answers], Any]) -> ResponseOperator:
    """Put `change(answers)` in the place of the list that answers a list of pictures; it may change it in place."""

    def edit(request: Request, document: Any) -> Any:
        return change(document) if isinstance(document, list) and document and is_batch(request) else document

    return edit_json(edit)


def backwards(answers: Answers) -> Answers:
    """The answers in the opposite order."""
    return answers[::-1]


def one_without_list(answers: Answers) -> Any:
    """A list of one answer as that answer itself."""
    return answers[0] if len(answers) == 1 else answers


def all_but_the_last(answers: Answers) -> Answers:
    """A list of several answers without its last one."""
    return answers[:-1] if len(answers) > 1 else answers


def first_three(answers: Answers) -> Answers:
    """The first three answers, and the third again for all others."""
    return [*answers[:3], *(copy.deepcopy(answers[2]) for _ in answers[3:])]


def one_for_those_alike(answers: Answers) -> Answers:
    """An answer that has come before in the list has no predictions."""
    told = [_places(each) for each in answers]
    for place, each in enumerate(answers):
        if told[place] and told[place] in told[:place]:
            del predictions(each)[:]
    return answers


def _places(answer: Any) -> list[Any]:
    """What is told of the predictions of an answer, but for what names each of them."""
    return [{**each, "detection_id": None} for each in predictions(answer) if isinstance(each, dict)]


def predictions_of_the_first(answers: Answers) -> Answers:
    """Every answer with the predictions of the first."""
    for each in answers[1:]:
        if isinstance(each, dict) and isinstance(answers[0], dict) and "predictions" in answers[0]:
            each["predictions"] = copy.deepcopy(answers[0]["predictions"])
    return answers


def surest_of_each(answers: Answers) -> Answers:
    """Every answer with its first prediction alone."""
    for each in answers:
        del predictions(each)[1:]
    return answers


def _without_bad_pictures(document: Any) -> Any:
    images = document.get("image") if isinstance(document, dict) else None
    if isinstance(images, list):
        document["image"] = [each for each in images if not _is_bad(each)] or images
    return document


def _is_bad(image: Any) -> bool:
    data = pictures.from_base64(image.get("value")) if isinstance(image, dict) else None
    return data is not None and pictures.decode(data) is None


skip_bad_pictures: RequestOperator = edit_body(_without_bad_pictures)
"""Leave pictures that cannot be decoded out of the list."""
