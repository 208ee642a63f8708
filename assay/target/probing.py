"""Asking a target that describes itself in no way whether it has an operation, without asking the operation.

The status alone tells nothing: where an operation is off, Roboflow's server reads its path as the id of a model and
answers about that. So a request is sent that the operation must refuse before it does anything, because its `image` is
no image; only a refusal that names this very member comes from the operation itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from assay.contract.message import Request, Response
from assay.contract.operations import Operation
from assay.target.client import Target

MEMBER = "image"
UNPROCESSABLE = 422
PATIENCE = 30.0
"""Seconds. Where the operation is off, the server may look for a model of that name first."""


def can_be_probed(operation: Operation) -> bool:
    """Whether the operation has a path of its own, and a body whose members it looks at first."""
    return operation.shape == "json-body" and "{" not in operation.path


@dataclass(frozen=True, slots=True)
class Probed:
    """Whether the operation is known to be there, and the fact that tells so; False means that it is not known.

    `status` is that of the answer, None where there was none.
    """

    there: bool
    because: str
    status: int | None


def probe(target: Target, operation: Operation) -> Probed:
    """Send the request that the operation must refuse."""
    label = f"{operation.method} {operation.path}"
    refused = Request(
        operation=operation.id,
        method=operation.method,
        path=operation.path,
        headers=(("Content-Type", "application/json"),),
        body=json.dumps({MEMBER: 0}).encode(),
    )
    response = target.attempt(refused, timeout=min(target.policy.timeout, PATIENCE)).response
    if response is not None and _names_the_member(response):
        return Probed(True, f"{label} refuses a request by naming the member that is wrong", response.status)
    answered = f"is answered {response.status}" if response else "is not answered"
    because = f"{label} {answered} when it is probed, which tells nothing"
    return Probed(False, because, response.status if response else None)


def _names_the_member(response: Response) -> bool:
    """`{"detail": [{"loc": ["body", "image"], ...}]}` with status 422."""
    if response.status != UNPROCESSABLE:
        return False
    try:
        body = response.json()
    except ValueError:
        return False
    details = body.get("detail") if isinstance(body, dict) else None
    places = [one.get("loc") for one in details if isinstance(one, dict)] if isinstance(details, list) else []
    return any(isinstance(place, list) and place[:2] == ["body", MEMBER] for place in places)
