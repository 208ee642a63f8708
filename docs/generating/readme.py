"""Parts of the README that are reference: they stand there, and are shown here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from docs.generating.markdown import page

ROOT = Path(__file__).resolve().parents[2]


class Part(NamedTuple):
    """A heading of the README, and the title of its page in the site."""

    heading: str
    title: str

    @property
    def anchor(self) -> str:
        """The heading as links to the README name it."""
        return self.heading.lower().replace(" ", "-")


PARTS: Final = {
    "reference/exit-codes.md": Part("Exit codes", "Exit codes"),
    "reference/verdict.md": Part("Reading the verdict", "Reading the verdict"),
    "explanation/care.md": Part("Care", "Care for the target"),
}
"""By the addresses of their pages."""


def pages() -> Iterator[tuple[str, str]]:
    """Each page by its address."""
    for address, part in PARTS.items():
        yield address, page(part.title, section(part.heading))


def section(title: str) -> str:
    """What stands below one heading of the README. Raises ValueError where it has none."""
    text = (ROOT / "README.md").read_text("utf-8")
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#+ |\Z)", text, re.MULTILINE | re.DOTALL)
    if found is None:
        raise ValueError(f"the README has no heading {title!r}")
    return found[1]
