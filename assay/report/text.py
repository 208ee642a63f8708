"""Words for readers: short, on one line where they must be, and with nothing in them that a screen would obey.

What a server answers is hostile until shown otherwise. Every sink passes its text through `visible` and then escapes
it in its own way: HTML by jinja2, XML by ElementTree, Markdown by `escaped`.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator
from itertools import islice
from typing import Any

from assay.contract import sentences
from assay.contract.sentences import CUT, count

LIMIT = 300
SENTENCE = 2000
"""Characters of the sentence with which a command ends."""
MEMBERS = 8
DEPTH = 4

# Controls but tab and newline, marks that reorder or hide text, separators of lines, surrogates and non-characters.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb\ufffe\uffff"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)
# What the runners of CI servers obey in a log: `::name::` where a line begins, `##[name]` or `##vso[name]` anywhere.
_OBEYED = re.compile(r"^(\s*):(?=:)|#(?=#\w*\[)", re.MULTILINE)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{64,}={0,2}\Z")

# All that Markdown, its tables, its links or HTML could act on. Entities act on nothing.
_ACTIVE = re.compile(r"[&<>|`*_~\[\]\\#!@$]|:(?=\S)|(?i:(?<=www))\.")


def visible(text: str) -> str:
    """The text with characters that act, hide or reorder spelled out as escapes. Tab and newline stay."""
    return _HIDDEN.sub(_spell_out, text)


def escaped(text: str) -> str:
    """Text of any origin as inert Markdown on one line, safe within a table cell and within HTML tags."""
    return _ACTIVE.sub(lambda match: f"&#{ord(match.group())};", " ".join(visible(text).split()))


def inert(text: str) -> str:
    """Lines of a log of which no CI runner takes any for a command."""
    return _OBEYED.sub(lambda match: f"{match[1] or ''}\\x{ord(match[0][-1]):02x}", text)


def _spell_out(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def shortened(text: str, limit: int = LIMIT) -> str:
    """At most `limit` characters of the text, and how many there are; base64 is cut sooner, nobody reads it."""
    if len(text) <= limit and not (len(text) > 64 and _BASE64.match(text)):
        return text
    if _BASE64.match(text[:200].rstrip()):
        return f"{text[:24]}… (base64, {len(text):,} characters)"
    return sentences.shortened(text, limit)


def one_line(text: Any, limit: int = LIMIT) -> str:
    """The text visible, on one line, cut to the limit."""
    whole = str(text)
    if len(whole) > 4 * limit + 400:
        return f"{' '.join(visible(whole[: 4 * limit]).split())[: limit - 1]}{CUT} ({len(whole):,} characters)"
    return shortened(" ".join(visible(whole).split()), limit)


def spelled(value: Any, limit: int = LIMIT) -> str:
    """A JSON-like value on one line, with long strings, lists and objects cut."""
    return visible(shortened(json.dumps(_cut(value, DEPTH), ensure_ascii=False, default=str), limit))


def told(value: Any, limit: int = LIMIT) -> str:
    """An expected or actual value: a sentence as it is, anything else as JSON, so that "1" and 1 differ."""
    return one_line(value, limit) if isinstance(value, str) and " " in value.strip() else spelled(value, limit)


def _cut(value: Any, depth: int) -> Any:
    """A copy of the value that is small whatever the value is."""
    if isinstance(value, str):
        return shortened(value, 80)
    if isinstance(value, dict):
        if depth == 0 and value:
            return f"{{… {count(len(value), 'member')}}}"
        kept = {shortened(str(name), 80): _cut(member, depth - 1) for name, member in islice(value.items(), MEMBERS)}
        return kept | ({"…": f"{len(value) - MEMBERS} more"} if len(value) > MEMBERS else {})
    if isinstance(value, (list, tuple)):
        if depth == 0 and value:
            return f"[… {count(len(value), 'item')}]"
        kept_items = [_cut(member, depth - 1) for member in value[:MEMBERS]]
        return kept_items + ([f"… {len(value) - MEMBERS} more"] if len(value) > MEMBERS else [])
    return value


def wrapped(text: str, width: int, first: str = "", rest: str | None = None) -> Iterator[str]:
    """The text in lines of at most `width` columns; its own line breaks are kept."""
    rest = first if rest is None else rest
    for line in text.split("\n") or [""]:
        yield from textwrap.wrap(line, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False) or [
            first.rstrip()
        ]
        first = rest


# A word of a POSIX command, quotes and escapes included.
_WORD = re.compile(r"""(?:'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^\s'"\\])+""")


def command_lines(command: str, width: int, indent: str) -> Iterator[str]:
    """A shell command over several lines, each ended so that the whole can still be copied and run.

    A single word that is longer than the width stays whole: a command that was cut would not run.
    """
    line = indent
    for word in _WORD.findall(visible(command)):
        if len(line) + len(word) + 3 > width and line.strip():
            yield f"{line} \\"
            line = f"{indent}    {word}"
        else:
            line = f"{line} {word}" if line.strip() else f"{indent}{word}"
    if line.strip():
        yield line


def safe_link(url: Any) -> str | None:
    """The URL if a browser may follow it: http and https alone, without anything that hides."""
    if isinstance(url, str) and re.fullmatch(r"https?://[^\s<>\"'`\\]{1,2000}", url) and visible(url) == url:
        return url
    return None
