"""Texts of two answers: what was written about a picture, and what was read in it."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

import numpy as np

from assay.judge.boxes import ROUNDING
from assay.likeness.context import Context
from assay.likeness.members import short

LONGEST = 4000
"""Items, between the first and the last that are others, of which edits are counted: the time grows with the square."""
_SIGN = re.compile(r"(?<!\w)-(?=\d)")
"""A hyphen that makes a number another one. Other hyphens stand between words, or break one."""
_WORDLIKE = ("L", "N", "M")
"""Categories of Unicode: letters, digits, and the marks that tell vowels and tones in many scripts."""
_TOLD = ("Sc", "Sm", "So")
"""Currencies, operators, degrees: each is read as a word is, for "$5" is not "€5"."""


def edits(first: Sequence[str] | str, second: Sequence[str] | str) -> int:
    """The least number of items put in, taken out or exchanged that make the second of the first (Levenshtein)."""
    first, second = _apart(first, second)
    if len(first) < len(second):
        first, second = second, first
    beyond = max(len(first) - LONGEST, 0)  # each may be another
    first, second = first[:LONGEST], second[:LONGEST]
    numbers = {item: number for number, item in enumerate(dict.fromkeys([*first, *second]))}
    other = np.array([numbers[item] for item in second], np.int64)
    steps = np.arange(len(second) + 1)
    row = steps.copy()
    for index, item in enumerate(first, start=1):
        changed = row.copy()
        changed[0] = index
        changed[1:] = np.minimum(row[1:] + 1, row[:-1] + (other != numbers[item]))
        # Putting items in costs one for each: the least of all before, less what stands there anyhow.
        row = np.minimum.accumulate(changed - steps) + steps
    return int(row[-1]) + beyond


def _apart(first: Sequence[str] | str, second: Sequence[str] | str) -> tuple[Sequence[str] | str, Sequence[str] | str]:
    """Both without what they begin and end with alike: it takes no edits."""
    shorter = min(len(first), len(second))
    begin = next((index for index in range(shorter) if first[index] != second[index]), shorter)
    left = shorter - begin
    end = next((index for index in range(left) if first[-1 - index] != second[-1 - index]), left)
    return first[begin : len(first) - end], second[begin : len(second) - end]


def distance(first: str, second: str) -> float:
    """The edits from one text to the other as a share of the longer: 0 where they are one, 1 where nothing is kept."""
    longest = max(len(first), len(second))
    return edits(first, second) / longest if longest else 0.0


def character_errors(expected: str, found: str) -> float:
    """The character error rate: edits as a share of what was to be read, over 1 where much was added."""
    if not expected:
        return float(bool(found))
    return edits(expected, found) / len(expected)


def shared_words(first: str, second: str) -> float:
    """The words that both have, each as often as it occurs, as a share of the longer text: 1 where there are none."""
    one, other = Counter(words(first)), Counter(words(second))
    most = max(one.total(), other.total())
    return (one & other).total() / most if most else 1.0


def wrong_words(first: str, second: str) -> int:
    """How many words were put in, taken out or exchanged."""
    return edits(words(first), words(second))


def words(text: str) -> list[str]:
    """The words of a text, without case and without what stands between them; signs and symbols are words."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).replace("\u2212", "-")
    return "".join(map(_spelled, _SIGN.sub("\N{MINUS SIGN}", folded))).split()


def _spelled(letter: str) -> str:
    category = unicodedata.category(letter)
    if category[0] in _WORDLIKE or letter == "_":
        return letter
    return f" {letter} " if category in _TOLD else " "


def plain(text: str) -> str:
    """A text in one spelling of each letter, with one space wherever there are several or a new line."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def captions(context: Context, first: str, second: str, places: tuple[str, str]) -> bool:
    """Compare what was written about a picture; whether it is alike."""
    one, other = plain(first), plain(second)
    context.ledger.count("captions")
    apart, shared = distance(one, other), shared_words(one, other)
    far, least = context.profile["texts.caption-distance"], context.profile["texts.caption-overlap"]
    context.ledger.note("texts.caption-distance", apart, far, "share", places[0])
    context.ledger.note("texts.caption-overlap", shared, least, "share", places[0], floor=True)
    if apart <= far + ROUNDING and shared >= least - ROUNDING:
        return True
    message = f"{short(first)} is {short(second)} in the second answer: {apart:.0%} of the letters are others "
    message += f"({far:.0%} may be), {shared:.0%} of the words are shared ({least:.0%} have to be)"
    by_letters = not apart <= far + ROUNDING
    context.differ(
        "caption", places, message, unit="share",
        measured=apart if by_letters else shared, allowed=far if by_letters else least,
        tolerance="texts.caption-distance" if by_letters else "texts.caption-overlap",
    )  # fmt: skip
    return False


def readings(context: Context, first: str, second: str, places: tuple[str, str]) -> bool:
    """Compare what was read in a picture; whether it is alike. Every word counts."""
    one, other = plain(first), plain(second)
    context.ledger.count("texts")
    wrong, errors = wrong_words(one, other), character_errors(one, other)
    few, rate = context.profile["texts.words"], context.profile["texts.cer"]
    if rate > 0 and one:
        rate = max(rate, 1 / len(one))  # of a short text one stop is more than a share that is meant for long ones
    context.ledger.note("texts.words", wrong, few, "words", places[0])
    context.ledger.note("texts.cer", errors, rate, "share", places[0])
    if wrong <= few and errors <= rate + ROUNDING:
        return True
    message = f"{short(first)} is read as {short(second)} in the second answer: {wrong} words are others "
    message += f"({few:.0f} may be), and {errors:.1%} of the letters ({rate:.1%} may be)"
    by_words = wrong > few
    context.differ(
        "text", places, message,
        measured=float(wrong) if by_words else errors, allowed=few if by_words else rate,
        unit="words" if by_words else "share", tolerance="texts.words" if by_words else "texts.cer",
    )  # fmt: skip
    return False
