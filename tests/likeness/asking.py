"""Questions and answers for the tests: built by hand, or recorded from the real server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from assay.contract import load
from assay.contract.message import Request, Response
from assay.likeness import profiles
from assay.likeness.answers import likeness
from assay.likeness.report import Likeness
from assay.suite import suite_folder

from ..upstream.recording.exchange import load as load_exchange

EXCHANGES = suite_folder("fixtures") / "exchanges"
JSON = (("content-type", "application/json"),)
PROFILES = profiles.names()
DOG = {"x": 100.0, "y": 80.0, "width": 40, "height": 30, "confidence": 0.91, "class": "dog", "class_id": 0}
CAT = {"x": 300.0, "y": 200.0, "width": 50, "height": 60, "confidence": 0.77, "class": "cat", "class_id": 1}
SIZE = {"width": 640, "height": 480}


def answer(body: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(status, JSON, json.dumps(body).encode())


def detected(*predictions: dict[str, Any], **more: Any) -> Response:
    """The answer of a detector."""
    return answer({"predictions": list(predictions), "image": SIZE, **more})


def request_of(operation: str, **query: str) -> Request:
    """A request of which only the parameters matter."""
    return Request(operation, "POST", "/project/1", tuple(query.items()))


def compared(  # noqa: PLR0917 - as the function that it calls
    first: Response,
    second: Response,
    operation: str = "hosted.object-detection",
    mode: str = "json",
    profile: str = "cpu",
    request: Request | None = None,
    **how: Any,
) -> Likeness:
    """Compare two answers by a profile that Assay ships."""
    found = load().operation(operation)
    return likeness(found, mode, request or request_of(operation), first, second, profiles.load(profile), **how)


def recorded(engine: str, case: str, operation: str) -> tuple[Request, Response]:
    """What was sent to the real server, and what it answered; `case` is group and name."""
    found = load_exchange(Path(EXCHANGES / engine / f"{case}.json"))
    parts = urlsplit(found.url)
    query = tuple(parse_qsl(parts.query, keep_blank_values=True))
    headers = tuple(found.request.headers.items())
    request = Request(operation, found.method, parts.path, query, headers, found.request.body())
    return request, Response(found.status, tuple(found.response.headers.items()), found.response.body())
