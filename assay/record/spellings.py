"""The forms in which a server may hand a secret back, as regular expressions.

Each character of the secret may be written plainly or percent-encoded, as an escape of JSON or as a reference of
HTML, each of them once or twice over; the whole may stand in hexadecimal, or in base64 alone or amid other bytes. A
secret that was cut short is found too, if half of it is left.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from functools import cache
from html.entities import html5

SHORTEST_SECRET = 5
SHORTEST_PART = 8
"""Characters. A word within a header's value, such as the scheme before a token, is no secret if it is shorter."""


def parts_of(value: str) -> set[str]:
    """The value of a secret header, and what stands in it after a scheme or a name: `Bearer …`, `session=…`."""
    words = re.split(r"[\s;,]+", value)
    pieces = {*words, *(word.partition("=")[2] for word in words)}
    whole = {value} if len(value) >= SHORTEST_SECRET else set[str]()
    return whole | {piece for piece in pieces if len(piece) >= SHORTEST_PART}


def patterns_of(secret: str) -> Iterator[str]:
    """Regular expressions that find an ASCII secret in text, or in bytes that were decoded as Latin-1.

    Each begins with a character or a choice of characters, for which `re` looks fast: bodies are megabytes.
    """
    content = secret.encode()
    yield _whole_or_half(secret)
    yield _hexadecimal(content)
    for before in range(3):
        yield _in_base64(content, before)


def _whole_or_half(secret: str) -> str:
    least = max(SHORTEST_PART, (len(secret) + 1) // 2)
    written = [_written(character) for character in secret]
    return "".join(written[:least]) + "".join(f"{form}?" for form in written[least:])


@cache
def _written(character: str) -> str:
    """One character in its spellings, those first that begin with another of them."""
    code, digits = ord(character), _hexadecimal(character.encode())
    itself = "|".join(map(re.escape, sorted({character, character.swapcase()})))  # somebody may have lowered it all
    names = [name for name, text in sorted(html5.items()) if text == character and name.endswith(";")]
    references = "|".join([rf"#0*{code};", rf"#[xX]0*{digits};", *names])
    escapes = rf"u00{digits}|x{digits}" + ("" if character.isalnum() else f"|{itself}")
    return rf"(?:&(?:amp;)?(?:{references})|%(?:25)?{digits}|\\\\{{0,3}}(?:{escapes})|{itself})"


def _hexadecimal(content: bytes) -> str:
    return "".join(digit if digit.isdigit() else f"[{digit}{digit.upper()}]" for digit in content.hex())


def _in_base64(content: bytes, before: int) -> str:
    """The secret after `before` other bytes: the characters that hold nothing else, and what is left behind them."""
    text = base64.b64encode(bytes(before) + content).decode()
    first, last = (before * 8 + 5) // 6, (before + len(content)) * 8 // 6
    forms = {"+": r"(?:\+|-|%2[bB])", "/": r"(?:/|_|\\/|%2[fF])"}
    core = "".join(forms.get(character, character) for character in text[first:last])
    return core + r"[A-Za-z0-9+/_-]{0,2}(?:=|%3[dD]){0,2}"


def whole(secret: str) -> str:
    """A regular expression that finds an ASCII secret where it stands whole, character by character in any spelling."""
    return "".join(map(_written, secret))
