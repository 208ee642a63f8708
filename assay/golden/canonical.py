"""Answers and requests as files that change only where what they say does.

Names are sorted; ids, times and what else belongs to one answer alone are left out; predictions come by confidence;
pictures in base64 become files of their own. Numbers stand as they were answered.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from assay.contract import wire
from assay.contract.operations import Operation
from assay.judge.equal import new_in_each_answer
from assay.judge.values import is_number

PICTURE: Final = "$picture"
"""The name by which a file stands for the base64 of its content."""
WIDTH: Final = 100
"""Columns: what is short enough stands on one line."""
SHORTEST: Final = 64
"""Characters of base64. A shorter text is no picture."""
_NAMED_FREELY: Final = frozenset({"class_map", "predictions"})
"""Objects whose members are called as the model calls its classes."""
Keep = Callable[[str, bytes], str]
"""Keeps a picture; is given the name of the place where it stands, and returns that of the file."""


def without_what_is_new(operation: Operation, mode: str, answer: Any) -> Any:
    """A parsed answer without what belongs to it alone, its predictions by confidence."""
    return _ordered(_bare(answer, new_in_each_answer(operation, mode)))


def _bare(value: Any, new: frozenset[str], free: bool = False) -> Any:
    if isinstance(value, dict):
        kept = {name: each for name, each in value.items() if free or name not in new}
        return {name: _bare(each, new, name in _NAMED_FREELY) for name, each in kept.items()}
    return [_bare(each, new) for each in value] if isinstance(value, list) else value


def _ordered(value: Any, name: str = "") -> Any:
    """Lists of predictions as they are usually answered; the order of others is part of what is said."""
    if isinstance(value, dict):
        return {key: _ordered(each, key) for key, each in value.items()}
    if not isinstance(value, list):
        return value
    items = [_ordered(each) for each in value]
    if name == "predictions" and items and all(_is_prediction(each) for each in items):
        items.sort(key=lambda each: (-each["confidence"], json.dumps(each, sort_keys=True)))
    return items


def _is_prediction(value: Any) -> bool:
    return isinstance(value, dict) and "class" in value and is_number(value.get("confidence"))


def outside(value: Any, keep: Keep, name: str = "") -> Any:
    """A JSON value in which the base64 of a picture is replaced by the name of a file that holds it."""
    if isinstance(value, dict):
        return {key: outside(each, keep, name if key == "value" else key) for key, each in value.items()}
    if isinstance(value, list):
        return [outside(each, keep, name) for each in value]
    picture = _picture(value) if isinstance(value, str) else None
    return value if picture is None else {PICTURE: keep(name, picture)}


def inside(value: Any, content: Callable[[str], bytes | None]) -> Any:
    """The same backwards: `content` gives the bytes of a file by its name; None leaves the name where it is."""
    if isinstance(value, dict):
        if _is_named(value):
            found = content(value[PICTURE])
            return value if found is None else wire.base64_text(found)
        return {key: inside(each, content) for key, each in value.items()}
    return [inside(each, content) for each in value] if isinstance(value, list) else value


def _picture(text: str) -> bytes | None:
    """The PNG or JPEG of which this is the base64, to the letter."""
    if len(text) < SHORTEST or not text.isascii():
        return None
    try:
        content = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return content if wire.kind_of(content)[1] != "bin" and wire.base64_text(content) == text else None


def text(value: Any) -> str:
    """A JSON value with sorted names, one value a line, short ones whole; ends with a line break."""
    return "".join(_lines(value, "")) + "\n"


def _lines(value: Any, indent: str) -> Iterator[str]:
    whole = json.dumps(value, ensure_ascii=False, sort_keys=True, allow_nan=False)
    if not isinstance(value, (dict, list)) or not value or (len(indent) + len(whole) <= WIDTH and _is_flat(value)):
        yield whole
        return
    opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
    inner, yielded = indent + " ", False
    yield opening
    for name, each in sorted(value.items()) if isinstance(value, dict) else (("", each) for each in value):
        yield f"{',' if yielded else ''}\n{inner}"
        yielded = True
        if isinstance(value, dict):
            yield f"{json.dumps(name, ensure_ascii=False)}: "
        yield from _lines(each, inner)
    yield f"\n{indent}{closing}"


def _is_flat(value: Mapping[str, Any] | list[Any]) -> bool:
    """Whether nothing in there has members of its own, but for a picture's name."""
    members = value.values() if isinstance(value, Mapping) else value
    return not any(each and isinstance(each, (dict, list)) and not _is_named(each) for each in members)


def _is_named(value: Any) -> bool:
    """Whether this stands for a picture in a file of its own."""
    return isinstance(value, dict) and set(value) == {PICTURE} and isinstance(value[PICTURE], str)
