"""Every rule of the suite, read from the rule modules themselves without running pytest."""

from __future__ import annotations

import importlib.util
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from types import ModuleType

from assay.contract.rule import Rule, rule_of
from assay.errors import UsageProblem
from assay.suite import suite_folder


def catalogue() -> dict[str, Rule]:
    """The rules by id, in the order in which they stand. Raises ValueError when two share an id."""
    rules: dict[str, Rule] = {}
    for path in sorted(suite_folder("conformance").glob("test_*.py")):
        for value in vars(module_of_rules(path)).values():
            found = rule_of(value) if callable(value) else None
            if found is None:
                continue
            if found.id in rules:
                raise ValueError(f"two rules have the id {found.id}")
            rules[found.id] = found
    return rules


def refuse_unknown_patterns(patterns: tuple[str, ...]) -> None:
    """Raise UsageProblem for a pattern that no rule id matches: it would silently check nothing."""
    identifiers = catalogue() if patterns else {}
    for pattern in patterns:
        if not any(fnmatchcase(identifier, pattern) for identifier in identifiers):
            raise UsageProblem(f"no rule matches {pattern!r}; `assay rules` lists the rules")


def module_of_rules(path: Path) -> ModuleType:
    """The module at this path, read once in a process: to read all of them takes half a second."""
    name = f"assay_conformance.{path.stem}"
    if name in sys.modules:
        return sys.modules[name]
    specification = importlib.util.spec_from_file_location(name, path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    try:
        specification.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]  # or it would be taken for whole the next time
        raise
    return module
