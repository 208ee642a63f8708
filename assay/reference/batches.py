"""The pictures of a JSON route: one, or a list of them, each of which is answered as it would be alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from assay.reference.decoding import decode_base64, fetch_picture
from assay.reference.errors import invalid
from assay.reference.fields import BODY, picture


@dataclass(frozen=True, slots=True)
class Images:
    """The pictures of a request, each by type and value; `several` where they came as a list, if only of one."""

    asked: tuple[tuple[str, str], ...]
    several: bool


def read_images(body: Mapping[str, Any]) -> Images:
    """The member `image` of a body. Raises Refusal 422."""
    given = body.get("image")
    if not isinstance(given, list):
        return Images((picture(body, BODY),), several=False)
    if not given:
        raise invalid("too_short", [*BODY, "image"], "Input should have at least 1 item")
    return Images(tuple(picture({"image": one}, BODY) for one in given), several=True)


async def answered(images: Images, told: Callable[[bytes], dict[str, Any]]) -> Response:
    """What is told of each picture, in their order; nothing where one of them is none. Raises Refusal."""
    pictures = [await _content(kind, value) for kind, value in images.asked]
    answers = [await run_in_threadpool(told, one) for one in pictures]
    return JSONResponse(answers if images.several else answers[0])


async def _content(kind: str, value: str) -> bytes:
    return await fetch_picture(value) if kind == "url" else decode_base64(value.encode("utf-8", "replace"))
