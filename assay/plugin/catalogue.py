"""Every rule, the suite's and those that packages add, read from their modules without running pytest."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from types import ModuleType

from assay.contract import load
from assay.contract.rule import Rule, rule_of
from assay.errors import UsageProblem
from assay.extensions import RULES, Extension, extensions
from assay.suite import suite_folder


def catalogue() -> dict[str, Rule]:
    """The rules by id, in the order in which they stand: the suite's, then those of packages.

    Raises ValueError where two of the suite share an id, UsageProblem where a package's own cannot be used.
    """
    rules: dict[str, Rule] = {}
    for path in sorted(suite_folder("conformance").glob("test_*.py")):
        for found in _rules_in(module_of_rules(path)):
            if found.id in rules:
                raise ValueError(f"two rules have the id {found.id}")
            rules[found.id] = found
    for extension in extensions(RULES):
        for found in _rules_of(extension):
            if found.id in rules:
                raise extension.problem(f"there is another rule with the id {found.id}")
            rules[found.id] = found
    return rules


def origins() -> dict[str, str]:
    """The package of each rule that is not the suite's, with its version, by id."""
    return {rule.id: extension.origin for extension in extensions(RULES) for rule in _rules_of(extension)}


def added_modules() -> list[Path]:
    """The files of the modules that packages add."""
    return [extension.path for extension in extensions(RULES)]


def _rules_of(extension: Extension) -> Iterator[Rule]:
    known = {*load().operations, *load().services}
    for rule in _rules_in(module_of_rules(extension.path)):
        unknown = next((case.operation for case in rule.cases if case.operation not in known), None)
        if unknown is not None:
            raise extension.problem(f"the rule {rule.id} is about {unknown}, and there is no such operation")
        yield rule


def _rules_in(module: ModuleType) -> Iterator[Rule]:
    """The rules that its functions carry, each once: a name may be bound twice."""
    functions = {id(value): value for value in vars(module).values() if callable(value)}
    yield from (found for value in functions.values() if (found := rule_of(value)) is not None)


def refuse_unknown_patterns(patterns: tuple[str, ...]) -> None:
    """Raise UsageProblem for a pattern that no rule id matches: it would silently check nothing."""
    identifiers = catalogue() if patterns else {}
    for pattern in patterns:
        if not any(fnmatchcase(identifier, pattern) for identifier in identifiers):
            raise UsageProblem(f"no rule matches {pattern!r}; `assay rules` lists the rules")


def module_of_rules(path: Path) -> ModuleType:
    """The module at this path, read once in a process: to read all of them takes half a second."""
    for extension in extensions(RULES):
        if extension.path == path:
            found: ModuleType = extension.value
            return found
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
