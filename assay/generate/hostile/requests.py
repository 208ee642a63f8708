"""Hostile requests by theme: each is a plain request with one thing in it that nobody means well by."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote

from assay.contract import delivery, pointers, wire
from assay.contract.message import Request
from assay.contract.operations import Operation
from assay.generate.context import Context, Picture
from assay.generate.hostile import pictures
from assay.generate.hostile.framing import FRAMINGS, SLOW, Framing
from assay.generate.valid import example

DEEP = 10_000
"""Levels of brackets."""
DIGITS = 5_000
NUMBERS = ("1e308", "9" * DIGITS, "0." + "0" * DIGITS + "1", "NaN", "Infinity", "-Infinity", "1e999")
"""As they stand in the JSON, or in the query."""
_MOST_PLACES = 3
"""Numbers of a request that are varied: first come those at the top, and of what repeats the first."""
NAMES = ("../../etc/passwd", "/etc/passwd", "..\\..\\boot.ini", "a\0b", "%2e%2e%2f", "\u202e\ufeff", "m" * 4_000)
FILES = ("/etc/passwd", "/proc/self/environ", "../../../../etc/passwd", "C:\\Windows\\win.ini")
"""Files that a server has and that have an end; no device is named, of which a careless one would read for ever."""
ADDRESSES = (
    "file:///etc/passwd",
    "http://127.0.0.1:1/a.png",
    "http://[::1]:1/a.png",
    "http://169.254.0.1/a.png",
    "gopher://127.0.0.1:1/_a",
    "http://",
    "http://[::1",
    "https://" + "a" * 300 + ".invalid/a.png",
    "data:image/png;base64,AAAA",
)
"""The machine itself, a link-local address, and what is no address. At 169.254.0.1 there is nobody, by RFC 3927: where
clouds keep credentials nothing is asked, for a server that fetches them might well quote them."""
_MARK = "assay-stands-here-for-a-number"


@dataclass(frozen=True, slots=True)
class Hostile:
    """One request, in words that follow "after", and how it is written where that is what is hostile about it."""

    words: str
    request: Request
    framing: Framing | None = None


@dataclass(frozen=True, slots=True)
class Ground:
    """What hostile requests are made from: the plain request, the fullest instance, and the name of the model."""

    operation: Operation
    plain: Request
    fullest: Any
    model: str


def themes(operation: Operation) -> tuple[str, ...]:
    """The themes of which an operation can be asked something, known from its schema alone."""
    return tuple(theme for theme, (suits, _) in _THEMES.items() if suits(operation))


def hostile(theme: str, ground: Ground) -> list[Hostile]:
    """The requests of a theme. None of them can fell a server that holds `MOST_PIXELS` in memory, and reads to an end.

    Raises KeyError for an unknown theme.
    """
    return list(_THEMES[theme][1](ground))


# Pictures


def _damaged(kind: str) -> Callable[[Ground], Iterator[Hostile]]:
    def make(ground: Ground) -> Iterator[Hostile]:
        for words, content in pictures.damaged(kind):
            yield Hostile(words, _showing(ground, content))

    return make


def _bombs(ground: Ground) -> Iterator[Hostile]:
    for words, content in pictures.bombs():
        yield Hostile(words, _showing(ground, content))


def _showing(ground: Ground, content: bytes) -> Request:
    return delivery.by_base64(ground.operation, ground.plain, wire.base64_text(content))


# Values


def _deep(ground: Ground) -> Iterator[Hostile]:
    for name, opening, closing in (("arrays", "[", "]"), ("objects", '{"a":', "}")):
        nested = opening * DEEP + "1" + closing * DEEP
        for where in ("assay", *(("image",) if _has(ground, "image") else ())):
            document = {**ground.plain.json(), where: _MARK}
            yield Hostile(f"{name}, {DEEP} levels deep, as `{where}`", _literal(ground.plain, document, nested))
    yield Hostile(f"{DEEP} brackets that are never closed", ground.plain.replace(body=b"[" * DEEP))


def _numbers(ground: Ground) -> Iterator[Hostile]:
    for place in _numeric(ground.operation, ground.fullest):
        for number in NUMBERS:
            words = f"{pointers.join(place)} = {_shown(number)}"
            changed = _with(ground.fullest, place, _MARK)
            yield Hostile(words, _with_number(ground.operation, changed, number))


def _with_number(operation: Operation, instance: Any, number: str) -> Request:
    request = operation.to_request(instance, check=False)
    if operation.shape != "json-body":
        query = tuple((name, number if value == _MARK else value) for name, value in request.query)
        return request.replace(query=query)
    return request.replace(body=request.body.replace(f'"{_MARK}"'.encode(), number.encode()))


def _shown(number: str) -> str:
    return number if len(number) < 20 else f"{number[:3]}... ({len(number)} characters)"


def _numeric(operation: Operation, instance: Any) -> list[tuple[str, ...]]:
    """Places of numbers in an instance."""
    top = "query" if operation.shape != "json-body" else ""
    found = list(_leaves(instance.get(top, {}) if top else instance, (top,) if top else ()))
    return sorted(found, key=len)[:_MOST_PLACES]


def _leaves(value: Any, place: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(value, dict):
        for name, below in value.items():
            yield from _leaves(below, (*place, name))
    elif isinstance(value, list):
        for below in value[:1]:
            yield from _leaves(below, (*place, "0"))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield place


def _with(instance: Any, place: tuple[str, ...], value: Any) -> Any:
    changed = copy.deepcopy(instance)
    holder = pointers.within(changed, place[:-1])
    holder[int(place[-1]) if isinstance(holder, list) else place[-1]] = value
    return changed


def _literal(request: Request, document: Any, literal: str) -> Request:
    """The request with this document, in which text that no encoder writes stands at the mark."""
    return request.replace(body=json.dumps(document).replace(f'"{_MARK}"', literal).encode())


def _has(ground: Ground, name: str) -> bool:
    return any(parameter.name == name for parameter in ground.operation.parameters)


# What a request says it is


def _media(ground: Ground) -> Iterator[Hostile]:
    kept = tuple(pair for pair in ground.plain.headers if pair[0].lower() != "content-type")
    for media in ("text/plain", "application/xml", "application/json; charset=utf-7", "multipart/form-data", "/;="):
        headers = (*kept, ("Content-Type", media))
        yield Hostile(f"a body that is called {media!r}", ground.plain.replace(headers=headers))
    yield Hostile("a body without a Content-Type", ground.plain.replace(headers=kept))
    picture = delivery.picture_of(ground.operation, ground.plain)
    yield Hostile("the bytes of a JPEG instead of the body", ground.plain.replace(body=picture))


# Names, files, addresses


def _names(ground: Ground) -> Iterator[Hostile]:
    for name in NAMES:
        words = f"a model called {name[:20]!r}"
        if ground.operation.shape != "json-body":
            path = f"/{quote(name, safe='')}/{quote(name, safe='')}"
            yield Hostile(words, ground.plain.replace(path=path))
            continue
        body = ground.plain.json()
        for held in (each for each, value in body.items() if value == ground.model):
            yield Hostile(words, delivery.with_member(ground.operation, ground.plain, held, name))


def _files(ground: Ground) -> Iterator[Hostile]:
    for path in FILES:
        yield Hostile(f"{path} in the place of base64", delivery.by_base64(ground.operation, ground.plain, path))
        for kind in ("file", "url"):
            if ground.operation.shape == "json-body":
                request = delivery.with_image(ground.operation, ground.plain, kind, path)
                yield Hostile(f"{path} as a picture of type {kind}", request)


def _addresses(ground: Ground) -> Iterator[Hostile]:
    for url in ADDRESSES:
        shown = url if len(url) < 60 else f"{url[:20]}... ({len(url)} characters)"
        yield Hostile(f"a picture at {shown}", delivery.by_url(ground.operation, ground.plain, url))


# Bytes


def _framings(names: Mapping[str, Framing]) -> Callable[[Ground], Iterator[Hostile]]:
    def make(ground: Ground) -> Iterator[Hostile]:
        for words, framing in names.items():
            yield Hostile(words, ground.plain, framing)

    return make


def knocking_pickle(url: str) -> str:
    """A pickle, in base64, that fetches this address when it is unpickled, and does nothing else.

    Written by hand in the oldest protocol: Assay itself never makes, nor reads, an object of it.
    """
    return base64.b64encode(b"curllib.request\nurlopen\n(S'" + url.encode("ascii") + b"'\nNI5\ntR.").decode("ascii")


def _any(_: Operation) -> bool:
    return True


def _takes_json(operation: Operation) -> bool:
    return operation.shape == "json-body"


@cache
def _has_numbers(operation: Operation) -> bool:
    names = {parameter.name: parameter.name for parameter in operation.parameters if parameter.place == "path"}
    context = Context((Picture(b"picture", 8, 8),), names, ("class",))
    return bool(_numeric(operation, example(operation, context)))


Theme = tuple[Callable[[Operation], bool], Callable[[Ground], Iterator[Hostile]]]
_THEMES: Mapping[str, Theme] = {
    **{kind: (_any, _damaged(kind)) for kind in pictures.KINDS},
    "bombs": (_any, _bombs),
    "deep-json": (_takes_json, _deep),
    "numbers": (_has_numbers, _numbers),
    "media": (_any, _media),
    "names": (_any, _names),
    "files": (_any, _files),
    "addresses": (_any, _addresses),
    "framing": (_any, _framings(FRAMINGS)),
    "slowness": (_any, _framings(SLOW)),
}
