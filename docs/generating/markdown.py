"""Texts as Markdown: what is data stays as it is, and never becomes markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"([\\*_<>\[\]#|$~^{}&])")
_BAR, _ESCAPED = re.compile(r"(?<!\\)\|"), r"\\|"
_CODE = re.compile(r"(`[^`]+`)")


def prose(text: str) -> str:
    """A sentence of the code's as one line of Markdown; what stands between backticks stays code."""
    parts = _CODE.split(" ".join(text.split()))
    return "".join(part if number % 2 else _SPECIAL.sub(r"\\\1", part) for number, part in enumerate(parts))


def code(text: object) -> str:
    """A word as code; one that holds backticks itself gets longer ones."""
    plain = " ".join(str(text).split())
    if not plain:
        return ""
    longest = max((len(run) for run in re.findall("`+", plain)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {plain} {fence}" if longest else f"`{plain}`"


def codes(words: Iterable[object]) -> str:
    """Words in a row, each as code."""
    return ", ".join(code(word) for word in words)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown already; a bar within one does not end it."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(_BAR.sub(_ESCAPED, cell) for cell in line)} |\n" for line in lines)


def page(title: str, *parts: str) -> str:
    """A page with its title, and parts that are set apart."""
    return "\n\n".join([f"# {title}", *(part.strip() for part in parts if part.strip())]) + "\n"


def written_from(what: str) -> str:
    """The line by which a page tells where it comes from."""
    return f"*This page is written from {what}.*"
