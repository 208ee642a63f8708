"""Operators on hostile input: a server that believes what it is sent, or remembers it."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx

from assay.contract import wire
from assay.contract.message import Request, Response
from assay.faults import pictures
from assay.faults.model import Condition, Forward, ResponseOperator, Traffic
from assay.faults.operators.answers import replace_answer
from assay.faults.operators.delivery import by_address, pickled
from assay.faults.operators.fields import dumps
from assay.picture import decode_as, stated_size

_ADDRESS = re.compile(rb"http://(127\.0\.0\.1|\[::1\]):\d+/[\w.-]+")
"""Addresses of this machine: nothing else is ever fetched here."""
_DIGITS = re.compile(rb"\d{1000}")
_FORBIDDEN = replace_answer(400, b'{"message":"Providing images via URL without FQDN is not supported."}')
_NOT_UNPICKLED = replace_answer(400, b'{"message":"Could not deserialize pickle payload."}')


def spoilt_by(condition: Condition, operator: ResponseOperator) -> Callable[[], Traffic]:
    """From the first exchange on for which the condition holds, the operator changes all that follow."""

    def begin() -> Traffic:
        spoilt = False

        async def exchange(request: Request, forward: Forward) -> Response:
            nonlocal spoilt
            response = await forward(request)
            if spoilt:
                return operator(request, response)
            spoilt = condition(request, response)
            return response

        return exchange

    return begin


def many_digits(request: Request, response: Response) -> bool:
    """A number of a thousand digits stands in the request."""
    return _DIGITS.search(request.body) is not None or _DIGITS.search(request.url.encode()) is not None


def stating_pixels(least: int) -> Condition:
    """Holds where the picture in the request states so many pixels."""

    def holds(request: Request, response: Response) -> bool:
        size = stated_size(_content(request))
        return size is not None and size[0] * size[1] >= least

    return holds


def brackets(least: int) -> Condition:
    """Holds where so many brackets are open in the body at once, if it is JSON."""
    return lambda request, response: request.body.count(b"[") + request.body.count(b"{") >= least


def read_file(request: Request) -> Request:
    """Read a picture of type file from the disk, for whoever names its path. What is no picture stays where it is."""
    path = _path(request)
    if path is None or not path.is_file():
        return request
    with path.open("rb") as file:
        content = file.read(1_000_000)
    if decode_as(content, "colour") is None:
        return request
    held = {"type": "base64", "value": wire.base64_text(content)}
    return request.replace(body=dumps({**request.json(), "image": held}).encode())


def missing_file(request: Request, response: Response) -> bool:
    """A picture of type file was refused, and its path leads nowhere."""
    path = _path(request)
    return path is not None and response.status >= 400 and not path.exists()


def run_pickles(condition: Condition) -> Callable[[], Traffic]:
    """Do what Assay's own pickle would do where it is run: fetch the address in it. Nothing is unpickled for that."""

    async def exchange(request: Request, forward: Forward) -> Response:
        response = await forward(request)
        found = _ADDRESS.search(_content(request))
        if found is None or not condition(request, response):
            return response
        with suppress(httpx.HTTPError):
            async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
                await client.get(found[0].decode())
        return _NOT_UNPICKLED(request, response)

    return lambda: exchange


def named_a_pickle(request: Request, response: Response) -> bool:
    """What is said to be a pickled array."""
    return pickled(request)


def anything(request: Request, response: Response) -> bool:
    """Whatever it is said to be."""
    return True


def refuse_addresses(but: Callable[[str], bool]) -> Callable[[], Traffic]:
    """Refuse pictures by address, as a server does that forbids them, but for such as are spelled in this way."""

    async def exchange(request: Request, forward: Forward) -> Response:
        response = await forward(request) if not by_address(request) or but(_url(request)) else None
        return response or _FORBIDDEN(request, Response(400, (), b""))

    return lambda: exchange


def by_name(url: str) -> bool:
    """The host of an address is a word."""
    return httpx.URL(url).host.isalpha()


def with_user(url: str) -> bool:
    """A user stands before the host."""
    return "@" in url


def _url(request: Request) -> str:
    held = pictures.image_object(request)
    return str(held.get("value") if held else request.parameter("image"))


def _path(request: Request) -> Path | None:
    held = pictures.image_object(request)
    value = held.get("value")
    return Path(value) if held.get("type") == "file" and isinstance(value, str) and "\0" not in value else None


def _content(request: Request) -> bytes:
    """The bytes of the picture in the request; none where there is none in base64."""
    held = pictures.image_object(request)
    return pictures.from_base64(held["value"] if "value" in held else request.body.decode("latin-1")) or b""
