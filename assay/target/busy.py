"""A target that cannot answer just now: what it says then, and how long it wants to be left alone."""

from __future__ import annotations

from assay.record.model import Exchange

TOO_MANY_REQUESTS, UNAVAILABLE = 429, 503
BREAKS_DOWN = 500
"""From this status on an answer says that the server failed, and nothing of what was asked."""
PASSING = (502, 503, 504)
"""What a gateway in front of a server, or a server that is still loading, answers by the standard: it passes."""
NOT_READY = (*PASSING, *range(520, 531))
"""These, and what some gateways answer instead, in statuses of their own from 520 on."""
PAUSE = 0.5
LONGEST_PAUSE = 5.0
"""Seconds."""


def busy_for(exchange: Exchange) -> float | None:
    """The seconds after which a busy target (429, or 503 with Retry-After) wants to be asked again, or None."""
    response = exchange.response
    if response is None:
        return None
    told = response.header("retry-after")
    if response.status != TOO_MANY_REQUESTS and not (response.status == UNAVAILABLE and told):
        return None
    return float(told) if told and told.isdecimal() else 1.0


def is_busy(exchange: Exchange) -> bool:
    """Whether the target limits the rate of requests."""
    return busy_for(exchange) is not None


def is_not_ready(exchange: Exchange) -> bool:
    """Whether the answer is what a gateway says that got none, or a server that is still loading."""
    return exchange.response is not None and exchange.response.status in NOT_READY


def pause_after(exchange: Exchange) -> float | None:
    """The seconds after which the same request is worth a repetition, at most `LONGEST_PAUSE`; None where it is not."""
    told = busy_for(exchange)
    if told is not None:
        return min(told, LONGEST_PAUSE)
    return PAUSE if is_not_ready(exchange) else None
