"""What a server keeps in mind and should not: the parameters, prompts, pictures and answers of requests before."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable
from typing import Any

from assay.contract.message import Request, Response
from assay.faults import pictures
from assay.faults.model import Forward, Traffic
from assay.faults.operators.delivery import text_of_picture
from assay.faults.operators.fields import dumps

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
    return None if pixels is None else (_but_the_picture(request), pixels.shape)


def by_beginning(request: Request) -> Hashable | None:
    """Everything but the picture, of which only the first 300 characters count."""
    text = text_of_picture(request)
    return (_but_the_picture(request), text[:300]) if len(text) > 300 else None


def by_length(request: Request) -> Hashable | None:
    """Everything but the picture, of which only the length of its file counts."""
    text = text_of_picture(request)
    return (_but_the_picture(request), len(text)) if text else None


def by_file_name(request: Request) -> Hashable | None:
    """The name that a file is sent under, and the route."""
    name = request.parameter("name")
    return None if name is None else (request.path, name)


def _but_the_picture(request: Request) -> Hashable:
    if not pictures.image_object(request):
        return request.url
    return request.url, dumps({**request.json(), "image": None})


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


def digest(text: str) -> str:
    """A name made of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:24]
