"""What a server keeps in mind and should not: the parameters, prompts, pictures and answers of requests before."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable
from typing import Any

import cv2
import numpy as np

from assay.contract.message import Request, Response
from assay.faults import pictures
from assay.faults.model import Forward, ResponseOperator, Traffic
from assay.faults.operators.crowds import route
from assay.faults.operators.delivery import address_of, text_of_picture
from assay.faults.operators.fields import dumps, edit_json, predictions

Key = Callable[[Request], Hashable | None]


class Remembered:
    """A good answer is remembered under a key, and given again to whatever request has the same key; None is no key."""

    def __init__(self, key: Key) -> None:
        self._key = key
        self._answers: dict[Hashable, Response] = {}

    async def __call__(self, request: Request, forward: Forward) -> Response:
        """Forward only what has no key, or a new one."""
        key = self._key(request)
        if key is None:
            return await forward(request)
        if key not in self._answers:
            response = await forward(request)
            if response.status != 200:
                return response
            self._answers[key] = response
        return self._answers[key]


def remembering(key: Key) -> Callable[[], Traffic]:
    """Such a memory, for each proxy its own."""
    return lambda: Remembered(key)


def by_size(request: Request) -> Hashable | None:
    """Everything but the picture, of which only the size counts."""
    pixels = pictures.sent(request)
    return None if pixels is None else (parameters_of(request), pixels.shape)


def by_small_copy(request: Request) -> Hashable | None:
    """Everything but the picture, of which only the size counts, and which eighths of it are lighter than the whole."""
    pixels = pictures.sent(request)
    if pixels is None:
        return None
    small = cv2.resize(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), (8, 8), interpolation=cv2.INTER_AREA)
    return parameters_of(request), pixels.shape, (small > small.mean()).tobytes()


def by_colours(request: Request) -> Hashable | None:
    """Everything but the picture, of which only counts how many pixels it has of each level of each channel."""
    pixels = pictures.sent(request)
    if pixels is None:
        return None
    levels = [np.bincount(channel.ravel(), minlength=256).tobytes() for channel in cv2.split(pixels)]
    return parameters_of(request), tuple(levels)


def by_beginning(request: Request) -> Hashable | None:
    """Everything but the picture, of which only the first 300 characters count."""
    text = text_of_picture(request)
    return (parameters_of(request), text[:300]) if len(text) > 300 else None


def by_length(request: Request) -> Hashable | None:
    """Everything but the picture, of which only the length of its file counts."""
    text = text_of_picture(request)
    return (parameters_of(request), len(text)) if text else None


def by_picture_address(request: Request) -> Hashable | None:
    """Everything, the address of the picture included; only of a picture by its address."""
    address = address_of(request)
    return None if address is None else (parameters_of(request), address)


def by_address_without_query(request: Request) -> Hashable | None:
    """Everything, but of the picture's address not the query."""
    address = address_of(request)
    return None if address is None else (parameters_of(request), address.partition("?")[0])


def by_file_name(request: Request) -> Hashable | None:
    """The name that a file is sent under, and the route."""
    name = request.parameter("name")
    return None if name is None else (request.path, name)


def by_address(request: Request) -> Hashable | None:
    """Path and query: whatever picture comes with them."""
    return request.url


def parameters_of(request: Request) -> Hashable:
    """All that a request asks for but the picture."""
    try:
        document = request.json()
    except ValueError:
        document = None
    if not isinstance(document, dict):
        return request.path, request.with_query(image=None).query
    return request.path, dumps({name: value for name, value in document.items() if name != "image"})


def picture_of(request: Request) -> Hashable:
    """The picture of a request, and the route that it goes to."""
    held = pictures.image_object(request)
    return request.path, dumps(held) if held else (request.body, request.parameter("image"))


def first_by(key: Callable[[Request], Hashable]) -> Callable[[], Traffic]:
    """Requests that are alike by `key` get the good answer to the first of them; that one is always asked anew."""

    def begin() -> Traffic:
        first: dict[Hashable, tuple[Request, Response]] = {}

        async def exchange(request: Request, forward: Forward) -> Response:
            held = first.get(key(request))
            if held is not None and (held[0].url, held[0].body) != (request.url, request.body):
                return held[1]
            response = await forward(request)
            if response.status == 200:
                first.setdefault(key(request), (request, response))
            return response

        return exchange

    return begin


class Before:
    """Each request is answered with the answer to the one before it that has the same key; None is no key."""

    def __init__(self, key: Key = route) -> None:
        self._key = key
        self._last: dict[Hashable, Response] = {}

    async def __call__(self, request: Request, forward: Forward) -> Response:
        """Forward, and keep the answer for the next."""
        key = self._key(request)
        response = await forward(request)
        if key is None:
            return response
        before, self._last[key] = self._last.get(key, response), response
        return before


class ThirdIsFirst:
    """Of three answers of a route to different requests, the third is that of the first."""

    def __init__(self) -> None:
        self._given: dict[str, list[Response]] = {}

    async def __call__(self, request: Request, forward: Forward) -> Response:
        """Forward, and count."""
        response = await forward(request)
        if response.status != 200:
            return response
        given = self._given.setdefault(request.path, [])
        given.append(response)
        if len(given) < 3:
            return response
        first, *_ = given
        given.clear()
        return first


class Sticks:
    """A parameter of the query goes to the next request of the route as well, if that one has none of its own."""

    def __init__(self, name: str, keeps: bool = False) -> None:
        self._name, self._keeps = name, keeps
        self._last: dict[str, str | None] = {}

    async def __call__(self, request: Request, forward: Forward) -> Response:
        """Forward with what was left behind. Where it `keeps`, it stays until another value comes."""
        own, left = request.parameter(self._name), self._last.get(request.path)
        if own is not None or not self._keeps:
            self._last[request.path] = own
        if own is None and left is not None:
            request = request.with_query(**{self._name: left})
        return await forward(request)


def sticking(name: str, keeps: bool = False) -> Callable[[], Traffic]:
    """Such a parameter, for each proxy by itself."""
    return lambda: Sticks(name, keeps)


class KeptExamples:
    """Examples of OwlV2 are learnt once under a key that leaves something out, and are found again by it."""

    def __init__(self, key: Callable[[dict[str, Any]], Hashable]) -> None:
        self._key = key
        self._learnt: dict[Hashable, Any] = {}

    async def __call__(self, request: Request, forward: Forward) -> Response:
        """Forward with what was first learnt under the key."""
        try:
            document = request.json()
            key = self._key(document)
        except (ValueError, KeyError, TypeError):
            return await forward(request)
        learnt = self._learnt.setdefault(key, document["training_data"])
        if learnt == document["training_data"]:
            return await forward(request)
        return await forward(request.replace(body=dumps({**document, "training_data": learnt}).encode()))


def kept_examples(key: Callable[[dict[str, Any]], Hashable]) -> Callable[[], Traffic]:
    """Such a memory, for each proxy its own."""
    return lambda: KeptExamples(key)


def pictures_of_examples(document: dict[str, Any]) -> Hashable:
    """The pictures in which examples are, and not their boxes."""
    return dumps([one["image"] for one in document["training_data"]])


def names_of_examples(document: dict[str, Any]) -> Hashable:
    """The pictures and the names of the boxes, and not where they are."""
    boxes = [box["cls"] for one in document["training_data"] for box in one["boxes"]]
    return pictures_of_examples(document), tuple(boxes)


def boxes_of_examples(document: dict[str, Any]) -> Hashable:
    """The boxes of examples, whatever pictures they are in."""
    return dumps([one["boxes"] for one in document["training_data"]])


def sizes_of_examples(document: dict[str, Any]) -> Hashable:
    """The names and sizes of the boxes, wherever they are."""
    boxes = [(box["cls"], box["w"], box["h"]) for one in document["training_data"] for box in one["boxes"]]
    return tuple(boxes)


class NamesStay:
    """Examples of OwlV2 get the names that those of the request before had, as far as there are as many."""

    def __init__(self) -> None:
        self._last: list[str] = []

    async def __call__(self, request: Request, forward: Forward) -> Response:
        """Forward with the names of the request before."""
        try:
            document = request.json()
            boxes = [box for one in document["training_data"] for box in one["boxes"]]
            names = [box["cls"] for box in boxes]
        except (ValueError, KeyError, TypeError):
            return await forward(request)
        last, self._last = self._last, names
        if len(last) != len(names) or last == names:
            return await forward(request)
        for box, name in zip(boxes, last, strict=True):
            box["cls"] = name
        return await forward(request.replace(body=dumps(document).encode()))


class StaysInTheBody:
    """What a member of the JSON body said in the request before takes the place of what it says in the next one."""

    def __init__(self, *names: str) -> None:
        self._names = names
        self._last: dict[str, dict[str, Any]] = {}

    async def __call__(self, request: Request, forward: Forward) -> Response:
        """Forward with the members of the request before; members that this one lacks stay away."""
        try:
            document = request.json()
        except ValueError:
            return await forward(request)
        if not isinstance(document, dict):
            return await forward(request)
        last = self._last.get(request.path, {})
        self._last[request.path] = {name: document[name] for name in self._names if name in document}
        changed = {**document, **{name: value for name, value in last.items() if name in document}}
        return await forward(request if changed == document else request.replace(body=dumps(changed).encode()))


def staying(*names: str) -> Callable[[], Traffic]:
    """Such members, for each proxy by themselves."""
    return lambda: StaysInTheBody(*names)


def numbered_anew(order: Callable[[list[str]], list[str]]) -> ResponseOperator:
    """Give each class its place in the order of the classes of the same answer as its number."""

    def edit(request: Request, document: Any) -> Any:
        found = [one for one in predictions(document) if isinstance(one, dict) and isinstance(one.get("class"), str)]
        places = order([one["class"] for one in found])
        for one in found:
            one["class_id"] = places.index(one["class"])
        return document

    return edit_json(edit)


def _by_place(request: Request, document: Any) -> Any:
    for index, one in enumerate(predictions(document)):
        if isinstance(one, dict) and "class_id" in one:
            one["class_id"] = index
    return document


numbered_by_place = edit_json(_by_place)
"""Give each prediction its place in the answer as its class's number."""


class CountsUp:
    """The first prediction of each answer gets a number that was not used before."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    async def __call__(self, request: Request, forward: Forward) -> Response:
        """Forward, and count."""

        def edit(request: Request, document: Any) -> Any:
            for one in predictions(document)[:1]:
                if isinstance(one, dict) and "class_id" in one:
                    one["class_id"] = next(self._numbers)
            return document

        return edit_json(edit)(request, await forward(request))
