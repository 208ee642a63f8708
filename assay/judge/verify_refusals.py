"""The named verifications of what a refusal says. Each raises RuleBroken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from assay.contract.sentences import cut
from assay.judge.answers import response_of
from assay.judge.verdicts import RuleBroken
from assay.record.model import Exchange, Finding

REPEATED = frozenset({"input", "ctx"})
"""Members of a refusal that repeat what was sent: a name in there says nothing."""


def names(exchange: Exchange, field: str, what: str) -> None:
    """The refusal of `what` names this field, in its words or as a part of a place."""
    response = response_of(exchange)
    if not any(re.search(rf"\b{re.escape(field)}\b", text) for text in _said(response.json())):
        message = f"the refusal of {what} does not say that {field} is what is missing"
        actual = cut(response.body.decode("utf-8", "replace"), 200)
        raise RuleBroken([Finding(message, expected=field, actual=actual, exchange=exchange.id)])


def _said(value: Any) -> Iterator[str]:
    """Every text of a JSON value, but for what repeats the request."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, member in value.items():
            if name not in REPEATED:
                yield from _said(member)
    elif isinstance(value, list):
        for item in value:
            yield from _said(item)
