"""Operators on keys: where they are read from, and where they come out again."""

from __future__ import annotations

import json
from collections.abc import Callable

from assay.contract.message import Request, Response
from assay.faults.model import Condition, Forward, RequestOperator, ResponseOperator, Traffic
from assay.faults.operators.answers import called
from assay.faults.operators.fields import dumps


def key_of(request: Request) -> str | None:
    """The key that a request carries, wherever it stands."""
    bearer = (request.header("authorization") or "").partition(" ")[2]
    try:
        document = request.json()
    except ValueError:
        document = None
    in_body = document.get("api_key") if isinstance(document, dict) else None
    return request.parameter("api_key") or bearer or (in_body if isinstance(in_body, str) else None)


def keyless(request: Request, response: Response) -> bool:
    """A request without a key."""
    return key_of(request) is None


def without_key(request: Request, response: Response) -> bool:
    """A request without a key that was refused for it."""
    return key_of(request) is None and response.status in (401, 403)


def wrong_key(request: Request, response: Response) -> bool:
    """A request with a key that was refused for it."""
    return key_of(request) is not None and response.status in (401, 403)


def drop_header(name: str) -> RequestOperator:
    """Leave a header of the request out."""

    def apply(request: Request) -> Request:
        kept = tuple(pair for pair in request.headers if pair[0].lower() != name)
        return request if kept == request.headers else request.replace(headers=kept)

    return apply


def set_header(name: str, value: str) -> ResponseOperator:
    """Give a header of the answer another value, where it has that header."""

    def apply(request: Request, response: Response) -> Response:
        return response.replace(
            headers=tuple((key, value if key.lower() == name else held) for key, held in response.headers)
        )

    return apply


def tell_key_in_header(request: Request, response: Response) -> Response:
    """Repeat the key of the request in a header of the answer."""
    key = key_of(request)
    return response if not key else response.replace(headers=(*response.headers, ("x-request-key", key)))


def tell_key_in_refusal(request: Request, response: Response) -> Response:
    """Repeat the key of the request in what a refusal says."""
    key = key_of(request)
    if not key or response.status < 400:
        return response
    return say(f"Refused: the request with the key {key} cannot be answered.")(request, response)


def say(message: str) -> ResponseOperator:
    """Give this as the reason of a refusal."""

    def apply(request: Request, response: Response) -> Response:
        if response.status < 400:
            return response
        return called(response.replace(body=dumps({"message": message}).encode()), "application/json")

    return apply


def wrong_bearer(request: Request, response: Response) -> bool:
    """A request with a key in the header that was refused for it."""
    return request.header("authorization") is not None and wrong_key(request, response)


def by_get(request: Request, response: Response) -> bool:
    """A GET without a key that was refused for it."""
    return request.method == "GET" and without_key(request, response)


def by_form(request: Request, response: Response) -> bool:
    """A request with its picture in a form that was refused for its key, or for having none."""
    return (request.header("content-type") or "").startswith("multipart/") and response.status in (401, 403)


def by_drawing(request: Request, response: Response) -> bool:
    """A request for a drawing, without a key, that was refused for it."""
    return request.parameter("format") == "image" and without_key(request, response)


def by_list(request: Request, response: Response) -> bool:
    """A request with a list of pictures, without a key, that was refused for it."""
    return b'"image":[' in request.body.replace(b" ", b"") and without_key(request, response)


def by_model_in_path(request: Request, response: Response) -> bool:
    """A request to Florence 2 with the model in the path, and without a key, that was refused for it."""
    return request.path.startswith("/infer/lmm/") and without_key(request, response)


def by_name(request: Request, response: Response) -> bool:
    """A request with a name for its picture, and without a key, that was refused for it."""
    return b'"image_id"' in request.body and without_key(request, response)


def blank(request: Request, response: Response) -> bool:
    """A request with nothing where its key should be, which was refused for it."""
    empty = request.parameter("api_key") == "" or (request.header("authorization") or "").strip() == "Bearer"
    return empty and without_key(request, response)


def other_scheme(request: Request, response: Response) -> bool:
    """A request with credentials of another scheme than Bearer that was refused for them."""
    scheme = (request.header("authorization") or "Bearer").partition(" ")[0]
    return scheme != "Bearer" and response.status in (401, 403)


class Opens:
    """What was answered once is answered again to requests that were refused, under a condition."""

    def __init__(self, condition: Condition) -> None:
        self._condition = condition
        self._answers: dict[str, Response] = {}

    async def __call__(self, request: Request, forward: Forward) -> Response:
        """Forward, and put the last good answer of the path in the place of such a refusal."""
        response = await forward(request)
        if response.status == 200:
            self._answers[request.path] = response
        return self._answers.get(request.path, response) if self._condition(request, response) else response


def opens_to(condition: Condition) -> Callable[[], Traffic]:
    """A door that stands open under a condition, to each proxy its own."""
    return lambda: Opens(condition)


def unreadable_refusal(request: Request, response: Response) -> Response:
    """Put a number into a refusal that JSON does not have."""
    if response.status < 400 or response.media_type != "application/json":
        return response
    return response.replace(body=json.dumps({"message": "Refused.", "score": float("nan")}).encode())
