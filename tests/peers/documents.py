"""What the documents print: read from `printed`, and made ready to run by the edits and repairs that stand there."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

PRINTED = Path(__file__).resolve().parent / "printed"


@dataclass(frozen=True, slots=True)
class Edit:
    """A text that stands in a sample, and what is put in its place; `why` says so where it is a repair."""

    printed: str
    becomes: str
    why: str = ""

    def applied(self, text: str, values: Mapping[str, str]) -> str:
        """The sample's text with this edit. Raises ValueError where there is nothing to edit."""
        if self.printed not in text:
            raise ValueError(f"{self.printed!r} does not stand in the sample")
        filled = self.becomes
        for name, value in values.items():
            filled = filled.replace(f"{{{name}}}", value)
        return text.replace(self.printed, filled)


@dataclass(frozen=True, slots=True)
class Where:
    """What the edits fill in: the base URLs of the deployment and of the server of pictures, and the key."""

    host: str
    pictures: str
    key: str


@dataclass(frozen=True, slots=True)
class Printed:
    """One sample: the text that a document prints, what runs it, and what is changed in it."""

    name: str
    document: str
    file: str
    client: str
    edits: tuple[Edit, ...]
    repairs: tuple[Edit, ...]
    model: str

    @property
    def program(self) -> str:
        """The name of the file to run: `java-url.java`."""
        return self.file.removesuffix(".txt")

    @property
    def text(self) -> str:
        """As it is printed."""
        return (PRINTED / self.file).read_text("utf-8")

    def edited(self, where: Where, *, repaired: bool = True) -> str:
        """What is run; not `repaired`, the page's own faults stay in it."""
        project, _, version = self.model.partition("/")
        values = {
            "host": where.host,
            "pictures": where.pictures,
            "escaped_pictures": quote(where.pictures, safe=""),
            "key": where.key,
            "model": self.model,
            "project": project,
            "version": version,
        }
        text = self.text
        for edit in (*(self.repairs if repaired else ()), *self.edits):
            text = edit.applied(text, values)
        return text


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((PRINTED / "printed.toml").read_text("utf-8"))


@cache
def edits() -> Mapping[str, Edit]:
    """The edits that samples share, by name."""
    return {name: Edit(**entry) for name, entry in _table()["edit"].items()}


@cache
def printed() -> Mapping[str, Printed]:
    """Every sample that is run, by name."""
    return {
        entry["name"]: Printed(
            entry["name"],
            entry["document"],
            entry["file"],
            entry["client"],
            tuple(edits()[name] for name in entry["edits"]),
            tuple(Edit(**repair) for repair in entry.get("repairs", ())),
            entry.get("model", ""),
        )
        for entry in _table()["sample"]
    }


@cache
def not_run() -> Mapping[str, str]:
    """The clients of the hosted route's page that nothing here runs, and why."""
    return {entry["client"]: entry["why"] for entry in _table()["not-run"]}
