"""What the documents or the server promise and no rule judges, since nothing shows it from outside."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache

from assay.suite import suite_folder


@dataclass(frozen=True, slots=True)
class Unjudged:
    """One promise without a rule: its number among the invariants, what is promised, why no rule can judge it."""

    id: str
    says: str
    reason: str

    def __post_init__(self) -> None:
        if not all((self.id, self.says, self.reason)):
            raise ValueError(f"a promise that is not judged needs its id, what it says and a reason: {self}")


@cache
def unjudged() -> tuple[Unjudged, ...]:
    """Those of `conformance/not-judged.toml`, in their order. Raises ValueError for an entry that is not whole."""
    written = tomllib.loads((suite_folder("conformance") / "not-judged.toml").read_text("utf-8"))
    return tuple(Unjudged(**entry) for entry in written.get("invariant", []))
