"""Requests and responses as values: what is sent and what came back, without a connection.

Every room above speaks of HTTP in these two types alone, so that the choice of a client stays in `target`.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, replace
from typing import Any, NoReturn
from urllib.parse import urlencode

from assay.contract.sentences import cut

Pairs = tuple[tuple[str, str], ...]

DEEPEST = 100
"""Levels of brackets in JSON."""
_MOST_DIGITS = 300
"""An integer of fewer is held by a float, though perhaps not exactly."""
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_EXPONENTS = tuple(re.compile(letter + rb"\+?[0-9]{2,}(?:[,\]}\s]|\Z)") for letter in (b"e", b"E"))
"""In two parts, for what begins with one letter is found many times as fast."""
_DIGITS = bytes.maketrans(b"123456789", b"000000000")
_MANY_DIGITS = b"0" * (_MOST_DIGITS // 2)
_ALIKE = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_NOTHING_OF_BRACKETS_OR_STRINGS = bytes(set(_NO_BRACKETS) - set(b'"\\'))


def _first(pairs: Pairs, name: str) -> str | None:
    return next((value for key, value in pairs if key.lower() == name.lower()), None)


def _refuse_constant(token: str) -> NoReturn:
    raise ValueError(f"{token} is not a JSON number")


def _finite(token: str) -> float:
    number = float(token)
    if math.isinf(number):
        raise ValueError(f"{cut(token, 40)} is larger than any number that a reader can hold")
    return number


def _holdable(token: str) -> int:
    if len(token) > _MOST_DIGITS:
        _finite(token)
    return int(token)


def parse_json(body: bytes) -> Any:
    """Parse JSON strictly.

    Raises ValueError for anything that RFC 8259 does not allow, NaN and Infinity included: `json` lets them through.
    A number that no float holds, and brackets nested deeper than `DEEPEST`, are refused likewise: no answer has any,
    and nobody who reads one must care.
    """
    try:
        # Looking at each number costs more than parsing does, and outlines have thousands.
        huge = _may_be_huge(body)
        found = json.loads(
            body.decode("utf-8"),
            parse_constant=_refuse_constant,
            parse_float=_finite if huge else None,
            parse_int=_holdable if huge else None,
        )
    except RecursionError:
        raise ValueError("brackets are nested too deeply to be read") from None
    if _is_deep(body):
        raise ValueError(f"brackets are nested deeper than {DEEPEST} levels")
    return found


def _may_be_huge(body: bytes) -> bool:
    """Whether there may be a number that no float holds: one with an exponent, or with very many digits."""
    return any(exponent.search(body) for exponent in _EXPONENTS) or _MANY_DIGITS in body.translate(_DIGITS)


def _is_deep(body: bytes) -> bool:
    """Whether brackets of valid JSON are nested too deeply: each round takes the innermost ones away."""
    if body.count(b"[") + body.count(b"{") <= DEEPEST:
        return False
    # Strings without brackets leave two quotes; only where there are others each string has to be looked at.
    left = body.translate(_ALIKE, _NOTHING_OF_BRACKETS_OR_STRINGS).replace(b'""', b"")
    if b'"' in left or b"\\" in left:
        left = _STRING.sub(b"", body).translate(_ALIKE, _NO_BRACKETS)
    for _ in range(DEEPEST):
        left = left.replace(b"[]", b"")
        if not left:
            return False
    return True


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, relative to the target's base URL.

    `path` is percent-encoded; `query` holds decoded names and values in their order on the wire.
    """

    operation: str
    method: str
    path: str
    query: Pairs = ()
    headers: Pairs = ()
    body: bytes = b""

    @property
    def url(self) -> str:
        """Path and query as they go over the wire, without scheme and host."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path

    def header(self, name: str) -> str | None:
        """The first header of that name, whatever its case."""
        return _first(self.headers, name)

    def parameter(self, name: str) -> str | None:
        """The first query parameter of that name."""
        return next((value for key, value in self.query if key == name), None)

    def json(self) -> Any:
        """The body parsed as strict JSON; raises ValueError."""
        return parse_json(self.body)

    def replace(self, **changes: Any) -> Request:
        """A copy with these attributes changed."""
        return replace(self, **changes)

    def with_query(self, **values: str | None) -> Request:
        """A copy with query parameters set, or removed where the value is None."""
        kept = tuple((key, value) for key, value in self.query if key not in values)
        added = tuple((key, value) for key, value in values.items() if value is not None)
        return self.replace(query=kept + added)


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response, its body whole and with any content encoding undone."""

    status: int
    headers: Pairs
    body: bytes

    def header(self, name: str) -> str | None:
        """The first header of that name, whatever its case."""
        return _first(self.headers, name)

    @property
    def media_type(self) -> str:
        """The Content-Type in lower case without its parameters; empty where there is none."""
        return (self.header("content-type") or "").split(";")[0].strip().lower()

    def json(self) -> Any:
        """The body parsed as strict JSON; raises ValueError."""
        return parse_json(self.body)

    def replace(self, **changes: Any) -> Response:
        """A copy with these attributes changed."""
        return replace(self, **changes)
