"""The commands of a page, as a reader copies them, and what the page shows of their output.

A block of kind `console` is run: a command follows `$ `, its further lines `> `, and what is left is output. A block of
kind `sh` is not run, and the paragraph above it says why.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NOT_RUN = re.compile(r"^\*Not run by Assay's tests as it stands here: [^*]+\*\s*\Z", re.MULTILINE)
LEFT_OUT = "..."


@dataclass(frozen=True)
class Command:
    """One command, and the lines that the page shows of what it prints."""

    line: str
    shown: tuple[str, ...]

    def is_told_by(self, output: str) -> bool:
        """Whether all that the page shows is in the output, in this order; `...` stands for anything."""
        rest = output
        for piece in filter(None, (piece.strip() for line in self.shown for piece in line.split(LEFT_OUT))):
            _, found, rest = rest.partition(piece)
            if not found:
                return False
        return True


@dataclass(frozen=True)
class Block:
    """A fenced block that holds commands."""

    run: bool
    text: str
    excused: bool

    @property
    def commands(self) -> list[Command]:
        """Its commands in their order, those of a block that is not run as well."""
        if not self.run:
            joined = self.text.replace("\\\n", " ")
            return [Command(line, ()) for line in joined.splitlines() if line.strip() and not line.startswith("#")]
        found: list[tuple[list[str], list[str]]] = []
        for line in self.text.splitlines():
            if line.startswith("$ "):
                found.append(([line[2:]], []))
            elif line.startswith(">"):
                found[-1][0].append(line[2:])
            else:
                found[-1][1].append(line)
        return [Command("\n".join(lines), tuple(shown)) for lines, shown in found]


def blocks(page: str) -> list[Block]:
    """The blocks of a page that hold commands."""
    return [
        Block(match[1] == "console", match[2], NOT_RUN.search(page, 0, match.start()) is not None)
        for match in FENCED.finditer(page)
        if match[1] in ("console", "sh")
    ]


def pages() -> dict[str, list[Block]]:
    """The pages that hold commands, by their address in `docs`."""
    found = {str(path.relative_to(DOCS)): blocks(path.read_text("utf-8")) for path in sorted(DOCS.rglob("*.md"))}
    return {name: held for name, held in found.items() if held}
