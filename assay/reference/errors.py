"""Refusals, in the shapes in which deployments send them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class Refusal(Exception):
    """A request that is not answered: an HTTP status from 400 to 499 and a JSON body."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body


def bad_picture(cause: str) -> Refusal:
    """400: no picture, or none that can be decoded."""
    return Refusal(400, {"message": f"Could not load input image. Cause: {cause}"})


def unknown_model(name: str) -> Refusal:
    """404: a model that is not served here."""
    return Refusal(404, {"message": f"There is no model {name} on this deployment."})


def wrong_task(name: str, task: str) -> Refusal:
    """400: a model on the route of another task."""
    return Refusal(400, {"message": f"The model {name} is none for {task}."})


def conflicting_models() -> Refusal:
    """400: one model in the path, another in the body."""
    return Refusal(400, {"detail": "Model ID mismatch between the path and the body."})


def forbidden() -> Refusal:
    """403 of the hosted model route, word for word as documented."""
    return Refusal(403, {"Message": "User is not authorized to access this resource"})


def unauthorized() -> Refusal:
    """401 of the other routes, as the serverless service sends it."""
    return Refusal(401, {"status": 401, "message": "Unauthorized api_key"})


def invalid(kind: str, location: Sequence[str | int], message: str) -> Refusal:
    """422: a value that breaks the request's schema.

    `location` leads to the value, from "query" or "body". The value is not repeated: it may hold a key.
    """
    return Refusal(422, {"detail": [{"type": kind, "loc": list(location), "msg": message}]})
