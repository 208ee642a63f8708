"""Where a promise comes from: a document's sentence, a documented sample, or the open-source server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, cast

Strength: TypeAlias = Literal["document", "sample", "server"]

PROMISED: frozenset[Strength] = frozenset({"document", "sample"})


@dataclass(frozen=True, slots=True)
class Document:
    """A page, or the server, that promises are taken from (schemas/documents.json)."""

    id: str
    title: str
    url: str
    retrieved: str  # ISO date on which the text that we follow was read
    about: str


@dataclass(frozen=True, slots=True)
class Source:
    """The origin of one field, as its `x-source` states it.

    `sentence` is our own rendering of what the document says. `keywords` holds the keywords of the same schema that
    rest on something else than the field itself: a bound that only examples show, an enum that only the server knows.
    """

    document: str
    section: str
    strength: Strength
    sentence: str
    note: str | None = None
    keywords: Mapping[str, Strength] = field(default_factory=dict, hash=False)

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> Source:
        """Read an `x-source`. Raises KeyError where one of its four parts is missing."""
        return cls(
            document=entry["document"],
            section=entry["section"],
            strength=cast(Strength, entry["strength"]),
            sentence=entry["sentence"],
            note=entry.get("note"),
            keywords=dict(entry.get("keywords", {})),
        )

    def strength_of(self, keyword: str) -> Strength:
        """How strongly this one keyword is promised."""
        return self.keywords.get(keyword, self.strength)
