"""Operators on requests that cannot be answered, and on their refusals."""

from __future__ import annotations

from typing import Any

from assay.contract.message import Request, Response
from assay.faults import pictures
from assay.faults.model import RequestOperator
from assay.faults.operators.parameters import edit_body

KINDS = ("url", "base64", "numpy")


def broken_json(request: Request, response: Response | None = None) -> bool:
    """The body says that it is JSON, and is none."""
    if not (request.header("content-type") or "").lower().startswith("application/json"):
        return False
    try:
        request.json()
    except ValueError:
        return True
    return False


def of_unknown_kind(request: Request, response: Response | None = None) -> bool:
    """The type of the picture is none that there is."""
    kind = pictures.image_object(request).get("type")
    return isinstance(kind, str) and kind.lower() not in KINDS


def says_what_is_missing(request: Request, response: Response) -> bool:
    """The refusal names a field as missing."""
    return response.status == 422 and b"Field required" in response.body


def _as_base64(document: Any) -> Any:
    image = document.get("image") if isinstance(document, dict) else None
    if isinstance(image, dict) and isinstance(image.get("type"), str) and image["type"].lower() not in KINDS:
        image["type"] = "base64"
    return document


read_any_kind_as_base64: RequestOperator = edit_body(_as_base64)
"""Take a picture of a type that there is not for one in base64."""
