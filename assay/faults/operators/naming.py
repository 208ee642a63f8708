"""Operators on what an answer says of itself: its name, those of its detections, its times."""

from __future__ import annotations

import hashlib
from typing import Any

from assay.contract import load
from assay.contract.message import Request, Response
from assay.faults.model import Forward
from assay.faults.operators.fields import change_field, edit_json, predictions


def strange_in_query(request: Request, response: Response | None = None) -> bool:
    """The query has a parameter that the operation does not know."""
    return any(name not in _known(request) for name, _ in request.query)


def strange_in_body(request: Request, response: Response | None = None) -> bool:
    """The JSON body has a member that the operation does not know."""
    try:
        body = request.json()
    except ValueError:
        return False
    return isinstance(body, dict) and any(name not in _known(request) for name in body)


def _known(request: Request) -> frozenset[str]:
    operation = load().operations[request.operation]
    return frozenset(("api_key", *(parameter.name for parameter in operation.parameters)))


def numbered_from_one(request: Request, document: Any) -> Any:
    """Detections that are counted in each answer anew."""
    for number, each in enumerate(predictions(document), 1):
        if isinstance(each, dict) and "detection_id" in each:
            each["detection_id"] = str(number)
    return document


def one_name_for_all(request: Request, document: Any) -> Any:
    """Detections of one answer that share one name, which is the answer's own."""
    name = hashlib.sha1(str(document).encode(), usedforsecurity=False).hexdigest()
    for each in predictions(document):
        if isinstance(each, dict) and "detection_id" in each:
            each["detection_id"] = name
    return document


counted_detections = edit_json(numbered_from_one)
unnamed_detections = edit_json(one_name_for_all)


class NameOfTheCallBefore:
    """Each answer bears the name of the one before it."""

    def __init__(self) -> None:
        self._name: Any = "none-yet"

    async def __call__(self, request: Request, forward: Forward) -> Response:
        """Forward, and give away the name of the answer before."""
        response = await forward(request)

        def change(name: Any) -> Any:
            before, self._name = self._name, name
            return before

        return change_field("/inference_id", change)(request, response)
