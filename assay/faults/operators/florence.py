"""Operators on what Florence 2 is asked and answers: one value under the token of a task."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable
from typing import Any

from assay.contract.florence import Task, tasks
from assay.contract.message import Request, Response
from assay.faults.model import Condition, Forward, RequestOperator, ResponseOperator, Traffic
from assay.faults.operation import LMM_ROUTE
from assay.faults.operators.fields import dumps, edit_json, is_number
from assay.faults.operators.parameters import change_body_field, edit_body

Size = tuple[float, float]
Change = Callable[[Any, Size], Any]
Numbers = list[float]
NO_SIZE: Size = (1.0, 1.0)


def change_value(change: Change, *tokens: str) -> ResponseOperator:
    """Put `change(value, size)` in the place of what stands under these tokens, or under any; size is in px."""

    def edit(request: Request, document: Any) -> Any:
        response = _response(document)
        for token in list(response):
            if not tokens or token in tokens:
                response[token] = change(response[token], _size(document))
        return document

    return edit_json(edit)


def change_text(change: Callable[[str], str], *tokens: str) -> ResponseOperator:
    """Put `change(text)` in the place of each text under these tokens, or under any."""
    return change_value(lambda value, size: change(value) if isinstance(value, str) else value, *tokens)


def change_places(name: str, change: Callable[[Numbers, Size], Any]) -> ResponseOperator:
    """Put `change(numbers, size)` in the place of each flat list of numbers below a list of places."""

    def deeper(value: Any, size: Size) -> Any:
        if isinstance(value, list) and value and all(is_number(number) for number in value):
            return change(value, size)
        return [deeper(one, size) for one in value] if isinstance(value, list) else value

    def edit(value: Any, size: Size) -> Any:
        return {**value, name: deeper(value[name], size)} if isinstance(value, dict) and name in value else value

    return change_value(edit)


def change_labels(change: Callable[[list[Any]], Any], *tokens: str) -> ResponseOperator:
    """Put `change(labels)` in the place of each list of labels that names anything."""

    def edit(value: Any, size: Size) -> Any:
        if not isinstance(value, dict):
            return value
        return {
            name: change(member) if name.endswith("labels") and isinstance(member, list) and member else member
            for name, member in value.items()
        }

    return change_value(edit, *tokens)


def change_keys(change: Callable[[Request, str], str]) -> ResponseOperator:
    """Put the value under the key that `change(request, token)` gives."""

    def edit(request: Request, document: Any) -> Any:
        response = _response(document)
        members = [(change(request, token), value) for token, value in response.items()]
        response.clear()
        response.update(members)
        return document

    return edit_json(edit)


def add_key(name: str, value: Any) -> ResponseOperator:
    """Put another key beside the token."""

    def edit(request: Request, document: Any) -> Any:
        response = _response(document)
        if response:
            response[name] = value
        return document

    return edit_json(edit)


def only_value(request: Request, document: Any) -> Any:
    """The answer without the token around it, as a text."""
    response = _response(document)
    if response:
        document["response"] = str(next(iter(response.values())))
    return document


def signed(request: Request, document: Any) -> Any:
    """Each text with the identifier of its inference at the end."""
    response = _response(document)
    for token, value in response.items():
        if isinstance(value, str):
            response[token] = f"{value} ({document.get('inference_id')})"
    return document


def prompt(request: Request) -> str:
    """The prompt of a request; empty where it has none."""
    try:
        asked = request.json()["prompt"]
    except (ValueError, TypeError, KeyError, IndexError):
        return ""
    return asked if isinstance(asked, str) else ""


def always_ask(token: str) -> RequestOperator:
    """Ask for this task, whatever was asked for."""

    def edit(document: Any) -> Any:
        if isinstance(document, dict) and isinstance(document.get("prompt"), str):
            document["prompt"] = token
        return document

    return edit_body(edit)


def always_with(takes: str, more: str) -> RequestOperator:
    """Put this behind the token of each task that takes a phrase, or a region, whatever stood there."""

    def edit(document: Any) -> Any:
        task = _task(document)
        if task is not None and task.takes == takes:
            document["prompt"] = task.token + more
        return document

    return edit_body(edit)


def all_but_what(takes: str) -> Callable[[Request], Hashable | None]:
    """All that a request says but the phrase, or the region, behind its task; None for a task that takes none."""

    def key(request: Request) -> Hashable | None:
        try:
            document = request.json()
        except ValueError:
            return None
        task = _task(document)
        if task is None or task.takes != takes:
            return None
        return request.path, dumps({**document, "prompt": task.token})

    return key


def _task(document: Any) -> Task | None:
    asked = document.get("prompt") if isinstance(document, dict) else None
    token, closed, _ = asked.partition(">") if isinstance(asked, str) else ("", "", "")
    return tasks().get(token.removeprefix("<")) if closed else None


def model_in_path(request: Request, response: Response | None = None) -> bool:
    """The model stands behind the route."""
    return request.path.startswith(f"{LMM_ROUTE}/")


def model_of_the_path(request: Request) -> Request:
    """The request with the model of its path in its body, too."""
    if not model_in_path(request):
        return request
    return change_body_field("model_id", lambda _: request.path.removeprefix(f"{LMM_ROUTE}/"))(request)


def numbered(labels: list[Any]) -> list[str]:
    """Labels that are counted and say no more."""
    return [str(number) for number, _ in enumerate(labels, 1)]


def of_model(name: str) -> Condition:
    """Holds where the request names that model."""

    def holds(request: Request, response: Response) -> bool:
        try:
            return bool(request.json()["model_id"] == name)
        except (ValueError, TypeError, KeyError, IndexError):
            return False

    return holds


def limited(request: Request, response: Response) -> bool:
    """Whether the request limits the number of tokens."""
    try:
        return "max_new_tokens" in request.json()
    except (ValueError, TypeError):
        return False


class Sampled:
    """Each text comes with its words turned a step further than the text before, as if they were drawn anew."""

    def __init__(self) -> None:
        self._turn = 0

    async def __call__(self, request: Request, forward: Forward) -> Response:
        """Forward, and turn the words."""
        response = await forward(request)
        self._turn += 1
        return change_text(self._turned)(request, response)

    def _turned(self, text: str) -> str:
        words = text.split()
        step = self._turn % len(words) if words else 0
        return " ".join(words[step:] + words[:step])


def answered_as(token: str, other: str) -> Callable[[], Traffic]:
    """Ask a task in the place of another, and give its answer under the token of that."""

    async def carry(request: Request, forward: Forward) -> Response:
        if prompt(request) != token:
            return await forward(request)
        response = await forward(always_ask(other)(request))
        return change_keys(lambda request, key: token if key == other else key)(request, response)

    return lambda: carry


def moved_by(right: float, down: float) -> Callable[[Numbers, Size], Numbers]:
    """Moved by so many px."""
    return lambda numbers, size: [number + (down if index % 2 else right) for index, number in enumerate(numbers)]


def corner_and_size(numbers: Numbers, size: Size) -> Numbers:
    """Left, top, width and height of a box of two corners."""
    x0, y0, x1, y1 = numbers if len(numbers) == 4 else (0, 0, 0, 0)
    return [x0, y0, x1 - x0, y1 - y0]


def scaled_down_to(side: float) -> Callable[[Numbers, Size], Numbers]:
    """Coordinates in the pixels of the picture with so many along its longer side at most."""
    return lambda numbers, size: [number * min(1, side / max(size)) for number in numbers]


def by_the_longer_side(numbers: Numbers, size: Size) -> Numbers:
    """Coordinates as if the picture were a square on its longer side."""
    return [number * max(size) / size[index % 2] for index, number in enumerate(numbers)]


def by_the_other_side(numbers: Numbers, size: Size) -> Numbers:
    """Coordinates across scaled by the height, and those down by the width."""
    return [number * size[1 - index % 2] / size[index % 2] for index, number in enumerate(numbers)]


def where_upright(change: Callable[[Numbers, Size], Numbers]) -> Callable[[Numbers, Size], Numbers]:
    """The change in pictures that are higher than wide."""
    return lambda numbers, size: change(numbers, size) if size[1] > size[0] else numbers


def halved_beyond(side: float) -> Callable[[Numbers, Size], Numbers]:
    """Coordinates in the pixels of half the picture, where its longer side has more than so many."""
    return lambda numbers, size: [number / 2 for number in numbers] if max(size) > side else numbers


def as_fractions(numbers: Numbers, size: Size) -> Numbers:
    """Coordinates in fractions of the picture."""
    return [number / size[index % 2] for index, number in enumerate(numbers)]


def swapped(numbers: Numbers, size: Size) -> Numbers:
    """Each x and y in each other's place."""
    return [number for pair in zip(numbers[1::2], numbers[0::2], strict=False) for number in pair]


def right_first(numbers: Numbers, size: Size) -> Numbers:
    """The right bottom corner before the left top one."""
    return numbers[2:] + numbers[:2]


def without_last(values: list[Any]) -> list[Any]:
    """All but the last."""
    return values[:-1]


def as_object(numbers: Numbers, size: Size) -> dict[str, float]:
    """A box as an object with its corners by name."""
    return dict(zip(("x1", "y1", "x2", "y2"), numbers, strict=False))


def bounding(numbers: Numbers, size: Size) -> Numbers:
    """The upright box around points, by two corners."""
    return [min(numbers[0::2]), min(numbers[1::2]), max(numbers[0::2]), max(numbers[1::2])]


def _response(document: Any) -> dict[str, Any]:
    found = document.get("response") if isinstance(document, dict) else None
    return found if isinstance(found, dict) else {}


def _size(document: Any) -> Size:
    image = document.get("image") if isinstance(document, dict) else None
    if not isinstance(image, dict):
        return NO_SIZE
    width, height = image.get("width"), image.get("height")
    return (float(width), float(height)) if is_number(width) and is_number(height) and width and height else NO_SIZE


def as_answered(text: str) -> bytes:
    """The body of an answer to a caption."""
    return json.dumps({"response": {"<CAPTION>": text}}).encode()
