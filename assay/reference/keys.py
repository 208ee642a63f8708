"""The API key of a request, from the places where the documents allow it."""

from __future__ import annotations

import hmac
from typing import Any

from starlette.requests import Request


def given_key(request: Request, body: Any = None) -> str | None:
    """The key: query parameter `api_key`, before `Authorization: Bearer`, before `api_key` in a JSON body."""
    in_query = request.query_params.get("api_key")
    if in_query:
        return in_query
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    in_body = body.get("api_key") if isinstance(body, dict) else None
    return in_body if isinstance(in_body, str) and in_body else None


def is_authorised(given: str | None, wanted: str | None) -> bool:
    """Whether the key opens this deployment; where none is wanted, anything does."""
    if wanted is None:
        return True
    return given is not None and hmac.compare_digest(given.encode("utf-8", "surrogatepass"), wanted.encode())
