"""The few kinds of TOML that a bundle's own file is written in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def text(document: Mapping[str, Any], remark: str) -> str:
    """A document as TOML: plain values, then tables, then lists of tables. What is empty is left out."""
    lines = [f"# {line}" for line in remark.splitlines()]
    lines += _values(document)
    for name, value in document.items():
        if isinstance(value, Mapping):
            lines += _table(_key(name), value)
    for name, value in document.items():
        if _is_tables(value):
            for each in value:
                lines += ["", f"[[{_key(name)}]]", *_values(each)]
    return "\n".join(lines) + "\n"


def _table(name: str, table: Mapping[str, Any]) -> Iterator[str]:
    if values := list(_values(table)):
        yield from ("", f"[{name}]", *values)
    for below, value in table.items():
        if isinstance(value, Mapping):
            yield from _table(f"{name}.{_key(below)}", value)


def _values(table: Mapping[str, Any]) -> Iterator[str]:
    for name, value in table.items():
        if not isinstance(value, Mapping) and not _is_tables(value) and value not in (None, "", []):
            yield f"{_key(name)} = {_value(value)}"


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, Mapping) for each in value)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _value(name)


def _value(value: Any) -> str:
    """A text, a number, a truth value, or a list of such. JSON's texts are TOML's, but for one character."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        whole = ", ".join(map(_value, value))
        if len(whole) < 100:
            return f"[{whole}]"
        return "[\n" + "".join(f"    {_value(each)},\n" for each in value) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
