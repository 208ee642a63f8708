"""The forms in which a server may hand a secret back, as regular expressions.

Each character of the secret may be written plainly or percent-encoded, as an escape of JSON or C, octal ones among
them, or as a reference of HTML, each of them once or twice over; the whole may stand in hexadecimal, with or without
something between the bytes, or in base64 alone or amid other bytes, also in lines as mail breaks it. A secret that was
cut short is found too, if half of it is left, and a few characters of it where an ellipsis says that the text was cut.
Of `Basic` credentials the password is a secret by itself.

Not covered is what would have to be undone before it could be searched: UTF-16 and UTF-32 as bytes, base64 of base64,
base32 and base85, anything compressed or encrypted, a secret spelled backwards or in pieces, and one that is drawn in a
picture. No server that we know of answers so.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from html.entities import html5

from assay.contract.sentences import CUT

SHORTEST_SECRET = 5
SHORTEST_PART = 8
"""Characters. A word within a header's value, such as the scheme before a token, is no secret if it is shorter."""
SHORTEST_BEGINNING = 4
"""Characters of a secret that are found right before an ellipsis."""
MARKS = (CUT, CUT.encode().decode("latin-1"), "\\u2026")
"""The ellipsis in text, in bytes, and in JSON in either of them."""

_BETWEEN_BYTES = r"(?:[:., -]|, ?0x|\\{1,2}x)?"
_LINE_END = r"(?:(?:\r|\\{1,2}r)?(?:\n|\\{1,2}n)[ \t]*)?"
"""Also as JSON writes it. A line of a folded header goes on after a blank."""


def parts_of(value: str) -> set[str]:
    """The value of a secret header, and what stands in it after a scheme or a name: `Bearer …`, `session=…`."""
    words = re.split(r"[\s;,]+", value)
    pieces = {*words, *(word.partition("=")[2] for word in words)}
    whole = {value} if len(value) >= SHORTEST_SECRET else set[str]()
    return whole | {piece for piece in pieces if len(piece) >= SHORTEST_PART} | _basic(words)


def _basic(words: list[str]) -> set[str]:
    """The password in `Basic` credentials, and the name with it."""
    if len(words) != 2 or words[0].lower() != "basic":
        return set()
    try:
        plain = base64.b64decode(words[1] + "=" * (-len(words[1]) % 4), validate=True).decode()
    except ValueError:  # no base64, or of no text
        return set()
    parts = {part for part in (plain, plain.partition(":")[2]) if len(part) >= SHORTEST_SECRET}
    return parts | {part.encode().decode("latin-1") for part in parts}  # as it stands in bytes


def patterns_of(secret: str) -> Iterator[str]:
    """Regular expressions that find an ASCII secret in text, or in bytes that were decoded as Latin-1.

    Each begins with a character or a choice of characters, for which `re` looks fast: bodies are megabytes.
    """
    yield _whole_or_half(secret)
    yield "".join(_as_hexadecimal(secret.encode()))
    for before in range(3):
        if pieces := _as_base64(secret.encode(), before):
            yield "".join(pieces) + r"[A-Za-z0-9+/_-]{0,2}(?:=|%3[dD]){0,2}"


def _whole_or_half(secret: str) -> str:
    least = max(SHORTEST_PART, (len(secret) + 1) // 2)
    written = [_written(character) for character in secret]
    return "".join(written[:least]) + "".join(f"{form}?" for form in written[least:])


class Beginnings:
    """Finds the beginnings of an ASCII secret, in all its spellings, of which the rest was cut off."""

    def __init__(self, secret: str, others: Iterable[str] = ()) -> None:
        """`others` are secrets too: what stands before one of them may be a name, as in `Bearer …` and `session=…`."""
        content = secret.encode()
        name = _NAME.match(secret)
        named = name is not None and any(secret.startswith(other, name.end()) for other in others)
        least = SHORTEST_BEGINNING + (len(name[0]) if name and named else 0)
        self._forms = [
            _Form([_written(character) for character in secret], least, r"[&%\\][\w#&;%\\]{0,24}"),
            _Form(_as_hexadecimal(content), least, r"(?:[:., -]|, ?0?x?|\\{1,2}x?)?[0-9a-fA-F]?"),
        ]
        for before in range(3):
            hold_it = (before + least) * 8 // 6 - (before * 8 + 5) // 6  # as many as `least` characters take
            self._forms.append(_Form(_as_base64(content, before), hold_it, r"[\s\\rn]{0,6}|%2?"))

    def within(self, text: str) -> Iterator[tuple[int, int]]:
        """Where in the text each of them stands, from its first character to the ellipsis."""
        for form in self._forms:
            yield from form.within(text)


_NAME = re.compile(r"[A-Za-z_-]{1,24}[\s=]+")
"""A scheme or a name before what is secret: it is none, and stands in many a refusal."""


class _Form:
    """A secret as a row of regular expressions, one for each piece; `part` matches what a cut may leave of a piece."""

    def __init__(self, pieces: list[str], least: int, part: str) -> None:
        self._written, self._least, self._part = pieces, least, part

    @cached_property
    def _first(self) -> re.Pattern[str]:
        """Finds the shortest beginning, wherever it begins."""
        return re.compile(f"(?={''.join(self._written[: self._least])})")

    @cached_property
    def _pieces(self) -> list[re.Pattern[str]]:
        return [re.compile(piece) for piece in self._written]

    def within(self, text: str) -> Iterator[tuple[int, int]]:
        if not self._written:
            return
        end = re.compile(f"(?:{self._part})?({'|'.join(map(re.escape, MARKS))})")
        for match in self._first.finditer(text):
            # The last piece may be the beginning of an escape, where the secret itself holds such a character.
            cut_off = next(filter(None, (end.match(text, place) for place in self._last(text, match.start()))), None)
            if cut_off:
                yield match.start(), cut_off.start(1)

    def _last(self, text: str, place: int) -> tuple[int, int]:
        """Where in the text the pieces end that follow one another from a place on, and where the last one begins."""
        before = place
        for piece in self._pieces:
            match = piece.match(text, place)
            if match is None:
                break
            before, place = place, match.end()
        return place, before


@cache
def _written(character: str) -> str:
    """One character in its spellings, those first that begin with another of them."""
    code, digits = ord(character), _hexadecimal(character.encode())
    itself = "|".join(map(re.escape, sorted({character, character.swapcase()})))  # somebody may have lowered it all
    names = [name for name, text in sorted(html5.items()) if text == character and name.endswith(";")]
    references = "|".join([rf"#0*{code};", rf"#[xX]0*{digits};", *names])
    escapes = rf"u00{digits}|x{digits}|0?{code:o}" + ("" if character.isalnum() else f"|{itself}")
    return rf"(?:&(?:amp;)?(?:{references})|%(?:25)?{digits}|\\\\{{0,3}}(?:{escapes})|{itself})"


def _hexadecimal(content: bytes) -> str:
    return "".join(digit if digit.isdigit() else f"[{digit}{digit.upper()}]" for digit in content.hex())


def _as_hexadecimal(content: bytes) -> list[str]:
    """The bytes one by one, all but the first with what may stand before them."""
    first, *others = (_hexadecimal(content[place : place + 1]) for place in range(len(content)))
    return [first, *(_BETWEEN_BYTES + each for each in others)]


def _as_base64(content: bytes, before: int) -> list[str]:
    """The secret after `before` other bytes: the characters that hold nothing else."""
    text = base64.b64encode(bytes(before) + content).decode()
    first, last = (before * 8 + 5) // 6, (before + len(content)) * 8 // 6
    forms = {"+": r"(?:\+|-|%2[bB])", "/": r"(?:/|_|\\/|%2[fF])"}
    pieces = [forms.get(character, character) for character in text[first:last]]
    return [*pieces[:1], *(_LINE_END + each for each in pieces[1:])]


def whole(secret: str) -> str:
    """A regular expression that finds an ASCII secret where it stands whole, character by character in any spelling."""
    return "".join(map(_written, secret))
