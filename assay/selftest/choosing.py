"""Which faults a self-test tries."""

from __future__ import annotations

import difflib
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from assay.errors import UsageProblem
from assay.faults import FAULTS, Derived, Fault, derived
from assay.plugin.catalogue import refuse_unknown_patterns
from assay.selftest.aim import COUNTED


@dataclass(frozen=True, slots=True)
class Wish:
    """What to try: patterns of faults and rules, as in a shell; none names all.

    Without `named` or `derived` both kinds are tried. Of the derived faults of one operator and one operation at most
    `sample` are; those that wrong nobody only with `unpromised`.
    """

    faults: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    named: bool = True
    derived: bool = True
    unpromised: bool = False
    sample: int | None = None
    seed: int = 0


def fault_named(name: str) -> Fault:
    """The fault of this name, whatever its kind. Raises UsageProblem with the nearest one."""
    found = FAULTS.get(name) or derived().get(name)
    if found is None:
        near = difflib.get_close_matches(name, [*FAULTS, *derived()], n=1)
        hint = f"did you mean {near[0]!r}?" if near else "`assay serve --fault list` lists the faults"
        raise UsageProblem(f"no fault has the name {name!r}; {hint}")
    return found


def chosen(wish: Wish) -> list[Fault]:
    """The faults to try, in their order. Raises UsageProblem for a pattern that nothing matches."""
    refuse_unknown_patterns(wish.rules)
    for pattern in wish.faults:
        if not any(_matches(name, (pattern,)) for name in (*FAULTS, *derived())):
            fault_named(pattern)
    found: list[Fault] = [fault for fault in FAULTS.values() if wish.named and _is_wanted(fault, wish)]
    of_schemas = [fault for fault in derived().values() if wish.derived and _is_wanted(fault, wish)]
    found += _sampled(of_schemas, wish) if wish.sample else of_schemas
    if not found:
        raise UsageProblem("no fault is left to try by these words; `assay serve --fault list` lists the faults")
    return found


def _is_wanted(fault: Fault, wish: Wish) -> bool:
    if wish.faults and not _matches(fault.name, wish.faults):
        return False
    if isinstance(fault, Derived):
        return wish.unpromised or fault.promise != "nobody" or fault.name in wish.faults
    return not wish.rules or any(_matches(rule, wish.rules) for rule in fault.breaks)


def _matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether a pattern stands for the name. A name stands for itself, though it holds a `*` and a `?`."""
    return any(name == pattern or fnmatchcase(name, pattern) for pattern in patterns)


def _sampled(faults: Iterable[Derived], wish: Wish) -> Iterator[Derived]:
    """At most so many of each operator and operation, and those that count first; the same with the same seed."""
    groups: dict[tuple[object, ...], list[Derived]] = {}
    for fault in faults:
        side = "request" if fault.request else "answer"
        groups.setdefault((fault.operations, fault.operator, side), []).append(fault)
    chance = random.Random(wish.seed)
    for group in groups.values():
        drawn = sorted(chance.sample(group, len(group)), key=lambda fault: fault.promise not in COUNTED)
        yield from drawn[: wish.sample]
