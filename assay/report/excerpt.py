"""A server's own answer, cut down to what a reader needs: the place that a JSON pointer names, and what is near it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from assay.contract.sentences import count, cut
from assay.report.text import shortened, spelled, visible

WIDTH = 120
NEIGHBOURS = 5
INLINE = 72
TOO_BIG = 16 * 1024 * 1024
"""bytes of a body above which it is not parsed for a report"""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an excerpt; `marked` where it is the faulty place."""

    text: str
    marked: bool = False


class Answer:
    """The body of an answer, to be shown in parts; it is parsed once.

    `media` is the Content-Type that the server stated.
    """

    def __init__(self, body: bytes, media: str) -> None:
        self._body = body
        self._media = media
        self._is_json, self._value = _parsed(body)

    def lines(self, pointer: str | None = None, limit: int = 40) -> list[Line]:
        """At most about `limit` lines of the answer.

        With a pointer (RFC 6901) into a JSON answer: the way to that place, with its neighbours abbreviated and the
        place marked; where nothing is there, the nearest ancestor says so.
        """
        if not self._body:
            return [Line("(an empty body)")]
        if not self._is_json:
            return _plain(self._body, self._media, limit)
        try:
            lines = _closest(self._value, _tokens(pointer), limit) if pointer else _expanded(self._value, "", 3)
        except RecursionError:
            return _plain(self._body, self._media, limit)
        return [replace(line, text=cut(line.text, WIDTH)) for line in _fitted(lines, limit)]


def _parsed(body: bytes) -> tuple[bool, Any]:
    """Whether the body is JSON that a report would read, and its value."""
    if len(body) > TOO_BIG or body.lstrip()[:1] not in (b"{", b"[", b'"'):
        return False, None
    try:
        return True, json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return False, None


def _tokens(pointer: str) -> list[str]:
    """The steps of a pointer; one that does not begin with a slash is taken for a single step."""
    steps = pointer.removeprefix("/").split("/")
    return [step.replace("~1", "/").replace("~0", "~") for step in steps]


def _plain(body: bytes, media: str, limit: int) -> list[Line]:
    head = body[: limit * WIDTH * 2]
    text = head.decode("utf-8", "replace")
    strange = sum(character == "\ufffd" or (character < " " and character not in "\t\r\n") for character in text)
    if strange > len(text) / 10:
        return [Line(f"({count(len(body), 'byte')} of {media or 'no stated type'}, beginning {body[:16].hex(' ')})")]
    lines = [Line(cut(visible(line.rstrip("\r")), WIDTH)) for line in text.replace("\t", "    ").split("\n")]
    shown = lines[:limit]
    if len(lines) > limit or len(body) > len(head):
        shown.append(Line(f"… ({count(len(body), 'byte')} in all)"))
    return shown


def _closest(value: Any, steps: list[str], limit: int) -> list[Line]:
    """The way to a place with as many neighbours as fit."""
    for near in (NEIGHBOURS, 3, 2, 1):
        lines = _Way(near).to(value, steps)
        if len(lines) <= limit:
            break
    return lines


@dataclass(frozen=True, slots=True)
class _Way:
    """The way to a place: ancestors opened, `near` of their other members on a line each."""

    near: int

    def to(self, value: Any, steps: list[str], indent: str = "", name: str = "") -> list[Line]:
        """The lines of a value, opened where the steps lead."""
        if not steps:
            return [replace(line, marked=True) for line in _expanded(value, indent, 2, name)]
        step = steps[0]
        if isinstance(value, dict) and step in value:
            return self._object(value, steps, indent, name)
        if isinstance(value, list) and step.isascii() and step.isdigit() and int(step[:9]) < len(value):
            return self._list(value, steps, indent, name)
        place = Line(f"{indent}  (nothing at {shortened(visible('/'.join(steps)), 60)})", marked=True)
        lines = _expanded(value, indent, 2, name)
        return [*lines[:-1], place, lines[-1]] if len(lines) > 1 else [replace(lines[0], marked=True), place]

    def _object(self, value: dict[str, Any], steps: list[str], indent: str, name: str) -> list[Line]:
        names = list(value)
        place = names.index(steps[0])
        first, last = max(0, place - self.near), place + self.near + 1
        inner = indent + "  "
        blocks = [
            self.to(value[member], steps[1:], inner, _label(member))
            if member == steps[0]
            else [Line(f"{inner}{_label(member)}{_inline(value[member])}")]
            for member in names[first:last]
        ]
        before = [Line(f"{inner}… {count(first, 'member')} before")] if first else []
        left = len(names) - last
        after = [Line(f"{inner}… {count(left, 'member')} after")] if left > 0 else []
        return [Line(f"{indent}{name}{{"), *before, *_with_commas(blocks), *after, Line(indent + "}")]

    def _list(self, value: list[Any], steps: list[str], indent: str, name: str) -> list[Line]:
        place = int(steps[0][:9])
        inner = indent + "  "
        before = [Line(f"{inner}… {count(place, 'item')} before")] if place else []
        left = len(value) - place - 1
        after = [Line(f"{inner}… {count(left, 'item')} after")] if left else []
        opened = self.to(value[place], steps[1:], inner)
        return [Line(f"{indent}{name}["), *before, *opened, *after, Line(indent + "]")]


def _expanded(value: Any, indent: str, depth: int, name: str = "") -> list[Line]:
    """A value over several lines, to a depth; what is short enough stays on one."""
    if not isinstance(value, (dict, list)) or not value or depth == 0:
        return [Line(f"{indent}{name}{_inline(value)}")]
    if len(short := spelled(value, WIDTH)) <= INLINE and "…" not in short:
        return [Line(f"{indent}{name}{short}")]
    inner = indent + "  "
    if isinstance(value, dict):
        members = list(value.items())[: 4 * NEIGHBOURS]
        blocks = [_expanded(member, inner, depth - 1, _label(key)) for key, member in members]
        opening, closing, noun = "{", "}", "member"
    else:
        blocks = [_expanded(member, inner, depth - 1) for member in value[:NEIGHBOURS]]
        opening, closing, noun = "[", "]", "item"
    left = len(value) - len(blocks)
    more = [Line(f"{inner}… {count(left, noun)} more")] if left else []
    return [Line(f"{indent}{name}{opening}"), *_with_commas(blocks), *more, Line(indent + closing)]


def _label(name: str) -> str:
    return f"{spelled(name, 80)}: "


def _inline(value: Any) -> str:
    """A value on one line; a container that does not fit says only how much it holds."""
    short = spelled(value, WIDTH)
    if isinstance(value, (dict, list)) and len(short) > INLINE:
        return f"{{… {count(len(value), 'member')}}}" if isinstance(value, dict) else f"[… {count(len(value), 'item')}]"
    return short


def _with_commas(blocks: Iterable[list[Line]]) -> list[Line]:
    held = list(blocks)
    for block in held[:-1]:
        block[-1] = replace(block[-1], text=block[-1].text + ",")
    return [line for block in held for line in block]


def _fitted(lines: list[Line], limit: int) -> list[Line]:
    """The lines that surround the first marked one, when there are too many."""
    if len(lines) <= limit:
        return lines
    marked = next((number for number, line in enumerate(lines) if line.marked), 0)
    first = max(0, min(marked - limit // 3, len(lines) - limit))
    left = len(lines) - first - limit
    before = [Line("…")] if first else []
    after = [Line(f"… {count(left, 'more line')}")] if left > 0 else []
    return [*before, *lines[first : first + limit], *after]
