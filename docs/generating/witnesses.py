"""What a rule needs to see before it judges: the words in which its own code asks for a witness.

A rule's function asks its driver, and the driver says what it looks for: `witness("two boxes that overlap", ...)`, or
why there is none: `NoWitness("no scene is answered with ...")`. Both are read from the source, from the function on
through the methods that it calls, so that a page says what the code says.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from types import FunctionType
from typing import Any, NamedTuple, get_type_hints

PACKAGE = "assay."
"""Code that is followed: that of others says nothing of witnesses."""
DEPTH = 2
"""Calls that are followed: a rule asks a method of its driver, which may ask another of its own."""
BARE = frozenset({"witness", "ask", "again", "send", "settled", "patiently", "once", "of_another_model"})
"""What rules call to ask anything: why that finds nothing is a matter of the target, and not of the rule."""


class Asked(NamedTuple):
    """What is looked for, and sentences that say why there may be none."""

    wanted: tuple[str, ...]
    without: tuple[str, ...]


def asked_by(function: Callable[..., Any]) -> Asked:
    """The witnesses that a rule's function asks for, in the order of its code."""
    assert isinstance(function, FunctionType)
    found = list(_followed(function, _drivers(function), DEPTH, set()))
    wanted = dict.fromkeys(words for kind, words in found if kind == "witness")
    without = dict.fromkeys(words for kind, words in found if kind == "NoWitness")
    return Asked(tuple(wanted), tuple(without))


def _drivers(function: FunctionType) -> dict[str, type]:
    hints = {name: hint for name, hint in get_type_hints(function).items() if name != "return"}
    return {name: hint for name, hint in hints.items() if isinstance(hint, type)}


def _followed(
    function: FunctionType, objects: dict[str, type], depth: int, seen: set[str]
) -> Iterator[tuple[str, str]]:
    for call in _calls(function):
        name, owner = _called(call)
        if name in ("witness", "NoWitness") and call.args and (words := _words(call.args[0])):
            yield name, words
        callee = _callee(name, owner, objects, function.__globals__)
        if depth and callee and name not in BARE and callee.__qualname__ not in seen:
            seen.add(callee.__qualname__)
            yield from _followed(callee, {"self": objects[owner]} if owner in objects else {}, depth - 1, seen)


def _callee(name: str, owner: str, objects: Mapping[str, type], names: Mapping[str, Any]) -> FunctionType | None:
    """The function of Assay's own that is called by this name, if it can be told."""
    found = getattr(objects.get(owner, names.get(owner)), name, None) if owner else names.get(name)
    return found if isinstance(found, FunctionType) and found.__module__.startswith(PACKAGE) else None


@cache
def _calls(function: FunctionType) -> Sequence[ast.Call]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    body = next(node for node in tree.body if isinstance(node, ast.FunctionDef))
    calls = [node for line in body.body for node in ast.walk(line) if isinstance(node, ast.Call)]
    return sorted(calls, key=lambda node: (node.lineno, node.col_offset))


def _called(call: ast.Call) -> tuple[str, str]:
    """The name of what is called, and of the object whose method it is."""
    match call.func:
        case ast.Attribute(value=ast.Name(id=owner), attr=name):
            return name, owner
        case ast.Attribute(attr=name):
            return name, ""
        case ast.Name(id=name):
            return name, ""
    return "", ""


def _words(node: ast.expr) -> str:
    """A text as it stands in the code; what is put into it when it is said is left open."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_words(part) or "…" for part in parts)
    return ""
