"""Rules, judges and workloads that installed packages add: each declares them as entry points.

[project.entry-points."assay.rules"]        a module of functions that are marked with `@rule`
[project.entry-points."assay.judges"]       a function that compares two answers, beside Assay's own comparison
[project.entry-points."assay.workloads"]    a module with a list WORKLOADS
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from assay.errors import UsageProblem

RULES: Final = "assay.rules"
JUDGES: Final = "assay.judges"
WORKLOADS: Final = "assay.workloads"
GROUPS: Final = (RULES, JUDGES, WORKLOADS)


@dataclass(frozen=True, slots=True)
class Extension:
    """One entry point of an installed package, and what it names."""

    group: str
    name: str
    package: str
    version: str
    value: Any

    @property
    def origin(self) -> str:
        """The package with its version, as it is told: `acme-assay 1.2`."""
        return f"{self.package} {self.version}"

    @property
    def path(self) -> Path:
        """The file of the module that it names. Raises UsageProblem where it names none."""
        if not isinstance(self.value, ModuleType) or not self.value.__file__:
            raise self.problem("it must name a module that lies in a file")
        return Path(self.value.__file__).absolute()

    def problem(self, why: str) -> UsageProblem:
        """What to raise of a package that cannot be used as it is."""
        return _problem(self.package, self.group, self.name, why)


@cache
def extensions(group: str) -> tuple[Extension, ...]:
    """What installed packages declare in one of GROUPS, by package and name.

    Raises UsageProblem that names the package whose entry point cannot be loaded: to leave it out silently would check
    less than was asked for.
    """
    return tuple(_loaded(group, each) for each in _declared(group))


def told() -> dict[str, list[str]]:
    """The packages that add something, as a record states them; empty where none does. Nothing is loaded."""
    found = {f"{_package(each)} {_version(each)}" for group in GROUPS for each in _declared(group)}
    return {"plugins": sorted(found)} if found else {}


def _declared(group: str) -> list[metadata.EntryPoint]:
    return sorted(metadata.entry_points(group=group), key=lambda each: (_package(each), each.name))


def _loaded(group: str, point: metadata.EntryPoint) -> Extension:
    try:
        value = point.load()
    except Exception as error:  # whatever its author's code does when it is imported
        raise _problem(_package(point), group, point.name, f"{type(error).__name__}: {error}") from None
    return Extension(group, point.name, _package(point), _version(point), value)


def _problem(package: str, group: str, name: str, why: str) -> UsageProblem:
    return UsageProblem(f"the package {package} cannot be used: {name} in {group}: {why}; mend it, or uninstall it")


def _package(point: metadata.EntryPoint) -> str:
    return point.dist.name if point.dist else "(unknown)"


def _version(point: metadata.EntryPoint) -> str:
    return point.dist.version if point.dist else ""
