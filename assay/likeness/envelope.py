"""What stands around an answer: its status, its kind of content, the headers that clients heed, and refusals."""

from __future__ import annotations

from typing import Any

from assay.contract.message import Response
from assay.likeness.context import Context
from assay.likeness.members import short

HEADERS = ("access-control-allow-origin", "www-authenticate", "allow", "location")
"""Headers whose value a client acts on."""
PRESENT = ("retry-after", "content-disposition")
"""Headers whose value is new each time, but which are there or are not."""
REFUSAL = 400


def compare(context: Context, first: Response, second: Response) -> bool:
    """Compare what stands around two answers; whether their content can be compared as what was asked for."""
    _headers(context, first, second)
    if first.status != second.status:
        message = f"the first answer has status {first.status}{_reason(first)}, "
        message += f"the second {second.status}{_reason(second)}"
        context.differ("status", ("status", "status"), message)
        return False
    if first.media_type != second.media_type:
        message = f"the first answer is {first.media_type or 'of no stated type'}, "
        message += f"the second {second.media_type or 'of no stated type'}"
        context.differ("media", ("header:content-type", "header:content-type"), message)
        return False
    if first.status >= REFUSAL:
        context.ledger.count("refusals")
        _refusals(context, first, second)
        return False
    return True


def _headers(context: Context, first: Response, second: Response) -> None:
    for name in HEADERS + PRESENT:
        one, other = first.header(name), second.header(name)
        place = f"header:{name}"
        if (one is None) != (other is None):
            side = "first" if other is None else "second"
            context.differ("header", (place, place), f"the header {name} stands in the {side} answer alone")
        elif name in HEADERS and one != other:
            message = f"the header {name} is {short(one)} and in the second answer {short(other)}"
            context.differ("header", (place, place), message)


def _refusals(context: Context, first: Response, second: Response) -> None:
    """Two refusals of one status: their words may differ, which name ids and places, but not their members."""
    one, other = _shape(_parsed(first)), _shape(_parsed(second))
    if one != other:
        context.differ(
            "refusal", ("", ""), f"both refuse with {first.status}, the first by {one}, the second by {other}"
        )


def _shape(parsed: Any) -> str:
    if isinstance(parsed, dict):
        members = sorted(name for name, value in parsed.items() if value is not None)
        return "an object of " + (", ".join(f"{name} ({_kind(parsed[name])})" for name in members) or "nothing")
    return _kind(parsed)


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "a truth value"
    for kind, name in ((str, "a text"), (list, "a list"), (dict, "an object"), ((int, float), "a number")):
        if isinstance(value, kind):
            return name
    return "nothing"


def _parsed(response: Response) -> Any:
    try:
        return response.json()
    except (ValueError, UnicodeDecodeError):
        return response.body.decode("utf-8", "replace")


def _reason(response: Response) -> str:
    """What a refusal says, shortened."""
    if response.status < REFUSAL:
        return ""
    parsed = _parsed(response)
    told = next((parsed[name] for name in ("message", "Message", "detail") if name in parsed), parsed) if isinstance(
        parsed, dict) else parsed  # fmt: skip
    return f" ({short(told)})"
