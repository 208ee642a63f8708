"""Lists of known deviations: read from TOML, chosen by the target's fingerprint, matched by rule and case.

[[deviation]]
rule = "hosted.classes.only-those-asked"
cases = ["hosted.object-detection asked=one"]
reason = "the route has no such parameter"        # required
evidence = "what was seen, or a link"             # required
expires = 2027-06-30                              # required: a deviation is looked at again
[deviation.target]
name = "Roboflow Inference Server"
version = ">=1.8,<1.9"
engine = "*"
"""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from assay.errors import UsageProblem
from assay.suite import suite_folder
from assay.target.discovery import Fingerprint


@dataclass(frozen=True, slots=True)
class Deviation:
    """One entry: these cases of this rule are expected to fail, on targets of this kind, until it expires."""

    rule: str
    cases: tuple[str, ...]
    reason: str
    evidence: str
    expires: datetime.date
    name: str
    version: SpecifierSet
    engine: str

    def concerns(self, fingerprint: Fingerprint) -> bool:
        """Whether the target is of the kind that deviates. A target that states no version is of no kind."""
        try:
            version = Version(fingerprint.version)
        except InvalidVersion:
            return False
        return (
            fingerprint.name == self.name
            and self.version.contains(version, prereleases=True)
            and fnmatchcase(fingerprint.engine, self.engine)
        )

    def as_json(self) -> dict[str, Any]:
        """The part that a record keeps with each outcome that it explains."""
        return {"reason": self.reason, "evidence": self.evidence, "expires": self.expires.isoformat()}


@dataclass(frozen=True, slots=True)
class KnownDeviations:
    """The deviations that hold for one target today."""

    entries: tuple[Deviation, ...] = ()

    def find(self, rule: str, case: str) -> Deviation | None:
        """The entry that lists this case, if any."""
        return next((entry for entry in self.entries if entry.rule == rule and case in entry.cases), None)

    def for_target(self, fingerprint: Fingerprint, today: datetime.date) -> KnownDeviations:
        """Those that concern the target and have not expired."""
        return KnownDeviations(
            tuple(entry for entry in self.entries if entry.concerns(fingerprint) and today <= entry.expires)
        )


def shipped() -> KnownDeviations:
    """The lists that Assay ships."""
    folder = suite_folder("fixtures") / "known-deviations"
    return load(sorted(folder.glob("*.toml")))


def load(files: Iterable[Path]) -> KnownDeviations:
    """Read lists of deviations. Raises UsageProblem that names the file and the entry."""
    entries: list[Deviation] = []
    for file in files:
        try:
            tables = tomllib.loads(file.read_text(encoding="utf-8")).get("deviation", [])
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise UsageProblem(f"{file}: cannot be read as a list of known deviations: {error}") from None
        entries += [_entry(file, number, table) for number, table in enumerate(tables, 1)]
    return KnownDeviations(tuple(entries))


def _entry(file: Path, number: int, table: dict[str, Any]) -> Deviation:
    where = f"{file}, deviation {number}"
    target = table.get("target", {})
    missing = [name for name in ("rule", "cases", "reason", "evidence", "expires") if not table.get(name)]
    missing += [f"target.{name}" for name in ("name", "version") if not target.get(name)]
    if missing:
        raise UsageProblem(f"{where}: {', '.join(missing)} must be given")
    if not isinstance(table["expires"], datetime.date):
        raise UsageProblem(f"{where}: expires must be a date such as 2027-06-30")
    try:
        version = SpecifierSet(target["version"])
    except InvalidSpecifier:
        raise UsageProblem(f"{where}: target.version must be a condition such as '>=1.8,<1.9'") from None
    return Deviation(
        rule=table["rule"],
        cases=tuple(table["cases"]),
        reason=table["reason"],
        evidence=table["evidence"],
        expires=table["expires"],
        name=target["name"],
        version=version,
        engine=target.get("engine", "*"),
    )
