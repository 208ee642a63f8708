"""Lists of known deviations: read from TOML, chosen by the target's fingerprint, matched by rule and case.

[[deviation]]
rule = "hosted.classes.only-those-asked"
cases = ["hosted.object-detection asked=one"]
finding = "* which was not asked for"             # required: what is found, as a pattern; anything else is news
reason = "the route has no such parameter"        # required
evidence = "what was seen, or a link"             # required
expires = 2027-06-30                              # required: a deviation is looked at again
setting = "what makes it go away"                 # the target may be set up so that it does not occur: never stale
[deviation.target]
name = "Roboflow Inference Server"
version = ">=1.8,<1.9"
engine = "*"
"""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from assay.errors import UsageProblem
from assay.record.model import Finding
from assay.suite import suite_folder
from assay.target.discovery import Fingerprint

ENTRY = ("rule", "cases", "finding", "reason", "evidence", "expires", "target")
OPTIONAL = ("setting",)
TARGET = ("name", "version", "engine")


@dataclass(frozen=True, slots=True)
class Deviation:
    """One entry: these cases of a rule are expected to fail in this way, on targets of this kind, until it expires.

    Where it depends on a `setting` of the target, a case that passes says nothing against the entry.
    """

    rule: str
    cases: tuple[str, ...]
    finding: str
    reason: str
    evidence: str
    expires: datetime.date
    name: str
    version: SpecifierSet
    engine: str
    setting: str = ""

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

    def explains(self, findings: Iterable[Finding]) -> bool:
        """Whether all that was found is what the entry speaks of; a case may well fail for another reason one day."""
        messages = [finding.message for finding in findings]
        return bool(messages) and all(fnmatchcase(message, self.finding) for message in messages)

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
    return KnownDeviations(
        tuple(_entry(f"{file}, deviation {number}", table) for file in files for number, table in _tables(file))
    )


def _tables(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        contents = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageProblem(f"{file}: cannot be read as a list of known deviations: {error}") from None
    tables = contents.pop("deviation", [])
    if contents or not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise UsageProblem(f"{file}: a list of known deviations holds entries under [[deviation]], and nothing else")
    return enumerate(tables, 1)


def _entry(where: str, table: dict[str, Any]) -> Deviation:
    target = table.get("target", {})
    _refuse_unknown(where, table, (*ENTRY, *OPTIONAL))
    if not isinstance(target, dict):
        raise UsageProblem(f"{where}: target must be a table, with name and version")
    _refuse_unknown(where, target, TARGET, "target.")
    missing = [name for name in ENTRY[:-1] if not table.get(name)]
    missing += [f"target.{name}" for name in TARGET[:-1] if not target.get(name)]
    if missing:
        raise UsageProblem(f"{where}: {', '.join(missing)} must be given")
    if type(table["expires"]) is not datetime.date:  # a time of day would be one too, and cannot be compared
        raise UsageProblem(f"{where}: expires must be a date such as 2027-06-30")
    if not isinstance(table["cases"], list):
        raise UsageProblem(f"{where}: cases must be a list of the ids of cases")
    texts = {name: table[name] for name in ("rule", "finding", "reason", "evidence", *OPTIONAL) if name in table}
    texts |= {f"target.{name}": value for name, value in target.items()}
    texts |= {f"cases[{number}]": case for number, case in enumerate(table["cases"])}
    for name, value in texts.items():
        if not isinstance(value, str):
            raise UsageProblem(f"{where}: {name} must be a text")
    return Deviation(
        rule=table["rule"],
        cases=tuple(table["cases"]),
        finding=table["finding"],
        reason=table["reason"],
        evidence=table["evidence"],
        expires=table["expires"],
        name=target["name"],
        version=_condition(where, target["version"]),
        engine=target.get("engine", "*"),
        setting=table.get("setting", ""),
    )


def _refuse_unknown(where: str, table: dict[str, Any], known: tuple[str, ...], prefix: str = "") -> None:
    """A misspelt condition would widen an entry, and hide what it was not meant to hide."""
    unknown = [f"{prefix}{name}" for name in table if name not in known]
    if unknown:
        raise UsageProblem(f"{where}: {', '.join(unknown)} is not known; an entry may have {', '.join(known)}")


def _condition(where: str, text: str) -> SpecifierSet:
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        raise UsageProblem(f"{where}: target.version must be a condition such as '>=1.8,<1.9'") from None
