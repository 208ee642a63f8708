"""With what words a target refuses: its own, on one line, without secrets and in short."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from assay.contract.message import Response
from assay.record.bounds import short
from assay.record.model import Exchange
from assay.report.text import one_line
from assay.target.discovery import is_web_page

SAID: Final = 120
"""Characters that are told of it."""
PLAIN: Final = "text/plain"
MESSAGES: Final = ("message", "Message", "detail")
"""Members of a refusal in which servers and gateways say why."""

Clean = Callable[[str], str]


def reason(response: Response, clean: Clean) -> str:
    """What it says in words, as JSON or as plain text; empty where it says nothing.

    No other part of it is told: servers repeat there what they were sent. Secrets are taken out before it is cut.
    """
    if response.media_type == PLAIN:
        said = "" if b"\0" in response.body else response.body.decode("utf-8", "replace")
    else:
        try:
            said = _message(response.json())
        except ValueError:
            return ""
    return one_line(short(said, clean, SAID))


def _message(body: Any) -> str:
    """The words of a JSON refusal. `detail` may be a list of what is wrong with each part of the request."""
    for name in MESSAGES if isinstance(body, dict) else ():
        found = body.get(name)
        first = found[0] if isinstance(found, list) and found else None
        said = first.get("msg") if isinstance(first, dict) else found
        if isinstance(said, str) and said:
            return said
    return ""


def came_instead(exchange: Exchange, clean: Clean) -> str:
    """What came instead of a good answer: a failure, or the status with what the target says to it."""
    response = exchange.response
    if response is None:
        return clean(": ".join(exchange.error or ()))
    said = "a web page" if is_web_page(response) else reason(response, clean)
    return f"status {response.status}" + (f", {said}" if said else "")
