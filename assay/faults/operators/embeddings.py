"""What goes wrong with embeddings that SAM2 keeps: under which name, for which picture, and whether at all."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from typing import Any

from assay.contract.message import Request, Response
from assay.faults.model import EMBED, SEGMENT, Forward
from assay.faults.operators.fields import dumps, edit_json
from assay.faults.operators.parameters import edit_body


class NeverKept:
    """Each segmentation is sent on under a name that was never used, so that the picture is embedded anew."""

    def __init__(self) -> None:
        self._numbers = itertools.count()

    async def __call__(self, request: Request, forward: Forward) -> Response:
        """Forward under another name."""
        if request.operation != SEGMENT:
            return await forward(request)
        name = f"never-kept-{id(self):x}-{next(self._numbers)}"
        return await forward(edit_body(lambda document: _named(document, name))(request))


class OnlyTheLast:
    """Whatever its name, a segmentation gets the picture that was embedded last."""

    def __init__(self) -> None:
        self._last: str | None = None

    async def __call__(self, request: Request, forward: Forward) -> Response:
        """Forward under the name that was embedded last, where there is a name at all."""
        name = _name(request)
        if name is None:
            return await forward(request)
        if request.operation == EMBED:
            self._last = name
            return await forward(request)
        last = self._last or name
        return await forward(edit_body(lambda document: _named(document, last))(request))


class UsedOnce:
    """An embedding serves one segmentation and is thrown away: the next one under its name makes another."""

    def __init__(self) -> None:
        self._used: Counter[str] = Counter()

    async def __call__(self, request: Request, forward: Forward) -> Response:
        """Forward under a new name, but for the first time."""
        name = _name(request)
        if request.operation != SEGMENT or name is None:
            return await forward(request)
        self._used[name] += 1
        if self._used[name] == 1:
            return await forward(request)
        return await forward(edit_body(lambda document: _named(document, f"{name}-{self._used[name]}"))(request))


class NameStays:
    """A segmentation without a name is taken to be of the picture that was named last."""

    def __init__(self) -> None:
        self._last: str | None = None

    async def __call__(self, request: Request, forward: Forward) -> Response:
        """Forward under the last name where there is none."""
        name = _name(request)
        if name is not None:
            self._last = name
        elif request.operation == SEGMENT and self._last is not None:
            last = self._last
            return await forward(edit_body(lambda document: _named(document, last))(request))
        return await forward(request)


class ForEveryVersion:
    """What was first sent under a name, in these members of the body, holds for every later request under it."""

    def __init__(self, *members: str) -> None:
        self._members = members
        self._first: dict[str, dict[str, Any]] = {}

    async def __call__(self, request: Request, forward: Forward) -> Response:
        """Forward with what was first sent under the name."""
        name, body = _name(request), _body(request)
        if name is None:
            return await forward(request)
        first = self._first.setdefault(name, {each: body[each] for each in self._members if each in body})
        return await forward(edit_body(lambda document: {**document, **first})(request))


class NewNameEachTime:
    """A picture that is embedded without a name gets another one in every answer."""

    def __init__(self) -> None:
        self._numbers = itertools.count()

    async def __call__(self, request: Request, forward: Forward) -> Response:
        """Forward, and count up the name in the answer."""
        response = await forward(request)
        if request.operation != EMBED or _name(request) is not None:
            return response
        number = next(self._numbers)

        def edit(request: Request, document: Any) -> Any:
            if isinstance(document, dict) and isinstance(document.get("image_id"), str):
                document["image_id"] += f"-{number}"
            return document

        return edit_json(edit)(request, response)


def by_name_and_picture(document: Any) -> Any:
    """A request under a name that is made of the given one and of the picture."""
    if isinstance(document, dict) and isinstance(document.get("image_id"), str):
        picture = hashlib.sha256(dumps(document.get("image")).encode()).hexdigest()
        document["image_id"] += picture[:12]
    return document


def _named(document: Any, name: str) -> Any:
    if isinstance(document, dict):
        document["image_id"] = name
    return document


def _body(request: Request) -> dict[str, Any]:
    try:
        body = request.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _name(request: Request) -> str | None:
    name = _body(request).get("image_id")
    return name if isinstance(name, str) and name else None
