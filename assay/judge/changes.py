"""What changed to the letter from one answer to the next, place by place, and which of it changes every time anyhow.

This is for whoever replays a request and wants to see any change at all: nothing is allowed for, and what no schema
describes counts too. Whether two answers mean the same, with tolerances, is told by `equal`, on which rules rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from assay.contract.pointers import Token, join

EVERY_TIME = frozenset({"time", "inference_id", "detection_id"})
"""Fields that say how long it took, or which answer it is."""
HEADERS_EVERY_TIME = frozenset(
    {"date", "age", "content-length", "set-cookie", "cf-ray", "server-timing", "traceparent", "etag", "last-modified"}
)
"""`content-length` follows from how many digits a time has."""
_RANDOM = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{32,64}", re.IGNORECASE)
_HEADER_EVERY_TIME = re.compile(r"(?:.*-)?(?:time|id|duration)")


class _Absent:
    def __repr__(self) -> str:
        return "nothing"


ABSENT = _Absent()
"""Stands for a value where there is none."""


@dataclass(frozen=True, slots=True)
class Change:
    """One place in which an answer changed: a JSON pointer or a header's name; what is missing is `ABSENT`."""

    place: str
    before: Any
    now: Any
    every_time: bool


def json_changes(before: Any, now: Any) -> list[Change]:
    """The places in which two JSON values are not the same, in document order. `1` and `1.0` are the same number."""
    return list(_within((), before, now))


def _within(tokens: tuple[Token, ...], before: Any, now: Any) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(now, dict):
        for name in dict.fromkeys([*before, *now]):
            yield from _within((*tokens, name), before.get(name, ABSENT), now.get(name, ABSENT))
    elif isinstance(before, list) and isinstance(now, list):
        for index in range(max(len(before), len(now))):
            pair = (values[index] if index < len(values) else ABSENT for values in (before, now))
            yield from _within((*tokens, index), *pair)
    elif not _same(before, now):
        yield Change(join(tokens), before, now, _every_time(tokens, before, now))


def _same(before: Any, now: Any) -> bool:
    if isinstance(before, bool) != isinstance(now, bool):
        return False  # Python takes True for 1
    return bool(before == now)


def _every_time(tokens: tuple[Token, ...], before: Any, now: Any) -> bool:
    """Only a value that is there both times, and of one type, can be one that merely changes."""
    if type(before) is not type(now) or not isinstance(before, (str, int, float)):
        return False
    named = bool(tokens) and str(tokens[-1]) in EVERY_TIME
    return named or all(isinstance(value, str) and _RANDOM.fullmatch(value) for value in (before, now))


def header_changes(before: list[tuple[str, str]], now: list[tuple[str, str]]) -> list[Change]:
    """The headers that differ, by name in lower case; several of one name are taken together."""
    grouped = [_by_name(headers) for headers in (before, now)]
    return [
        Change(name, first, second, name in HEADERS_EVERY_TIME or bool(_HEADER_EVERY_TIME.fullmatch(name)))
        for name in dict.fromkeys([*grouped[0], *grouped[1]])
        if (first := grouped[0].get(name, ABSENT)) != (second := grouped[1].get(name, ABSENT))
    ]


def _by_name(headers: list[tuple[str, str]]) -> dict[str, str]:
    grouped: dict[str, str] = {}
    for name, value in headers:
        earlier = grouped.get(name.lower())
        grouped[name.lower()] = value if earlier is None else f"{earlier}, {value}"
    return grouped
