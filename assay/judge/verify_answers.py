"""The named verifications of what an answer says of itself: names, times. Each raises RuleBroken."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from assay.contract.pointers import join
from assay.judge.answers import response_of
from assay.judge.values import is_number
from assay.judge.verdicts import NoWitness, RuleBroken, broken_if
from assay.record.model import Exchange, Finding

MOST_TOLD = 5
PROCESSING_TIME = "x-processing-time"
SLACK = 0.005
"""Seconds by which two clocks may disagree about one call."""


def each_detection_named_once(exchanges: Sequence[Exchange]) -> int:
    """No `detection_id` occurs twice in these answers; how many there are.

    Raises NoWitness where there are fewer than two.
    """
    named = [(exchange, place, name) for exchange in exchanges for place, name in _detection_ids(exchange)]
    if len(named) < 2:
        raise NoWitness("the answers name no two detections by a detection_id")
    first: dict[Any, tuple[Exchange, str]] = {}
    findings = []
    for exchange, place, name in named:
        before, where = first.setdefault(name, (exchange, place))
        if before is not exchange or where != place:
            whose = "of the same answer" if before is exchange else f"of the answer {before.id}"
            message = f"the detection_id is that of {where} {whose}, too"
            findings.append(Finding(message, place, expected="a name of its own", actual=name, exchange=exchange.id))
    broken_if(findings[:MOST_TOLD])
    return len(named)


def _detection_ids(exchange: Exchange) -> list[tuple[str, str]]:
    """Places and values."""
    predictions = _object(exchange).get("predictions")
    listed = predictions if isinstance(predictions, list) else []
    return [
        (join(["predictions", str(index), "detection_id"]), each["detection_id"])
        for index, each in enumerate(listed)
        if isinstance(each, dict) and isinstance(each.get("detection_id"), str)
    ]


def named_by_caller(exchange: Exchange, name: str) -> None:
    """The answer is called what the request's `id` says."""
    told = inference_id(exchange)
    if told != name:
        message = "the answer is not called what the request calls itself"
        raise RuleBroken([Finding(message, "/inference_id", expected=name, actual=told, exchange=exchange.id)])


def inference_id(exchange: Exchange) -> str | None:
    """What an answer is called, if anything."""
    told = _object(exchange).get("inference_id")
    return told if isinstance(told, str) else None


def took_no_longer_than_the_call(exchange: Exchange) -> float:
    """`time` is more than 0, and no more than the seconds that the caller waited. Gives `time`.

    Raises NoWitness where the answer states no time.
    """
    told: Any = _object(exchange).get("time")
    if not is_number(told):
        raise NoWitness("the answer states no time, or none as a number, which is judged by another rule")
    _within(exchange, told, "time", "/time")
    return float(told)


def processed_within_the_call(exchange: Exchange) -> float:
    """X-Processing-Time is no more than the seconds that the caller waited, and no less than `time`. Gives it.

    Raises NoWitness where the answer has no such header.
    """
    told = response_of(exchange).header(PROCESSING_TIME)
    if told is None:
        raise NoWitness("the answers have no X-Processing-Time")
    try:
        seconds = float(told)
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds):
        message = "X-Processing-Time is no number of seconds"
        raise RuleBroken([Finding(message, expected="a number", actual=told, exchange=exchange.id)])
    _within(exchange, seconds, "X-Processing-Time", None)
    inside: Any = _object(exchange).get("time")
    if is_number(inside) and inside > seconds + SLACK:
        message = "X-Processing-Time is less than the time that the answer says its making took"
        expected = f">= {inside:.4f}"
        raise RuleBroken([Finding(message, expected=expected, actual=seconds, exchange=exchange.id)])
    return seconds


def _within(exchange: Exchange, seconds: float, name: str, place: str | None) -> None:
    if not 0 < seconds <= exchange.seconds + SLACK:
        message = f"{name} is no time that the call can have taken: the caller waited {exchange.seconds:.3f} s"
        expected = f"more than 0, at most {exchange.seconds:.4f}"
        raise RuleBroken([Finding(message, place, expected=expected, actual=seconds, exchange=exchange.id)])


def _object(exchange: Exchange) -> dict[str, Any]:
    try:
        body = response_of(exchange).json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
