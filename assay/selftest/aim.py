"""What a check has to judge, and of which operations, to notice a fault."""

from __future__ import annotations

from dataclasses import dataclass, replace

from assay.contract import load
from assay.contract.rule import GROUND
from assay.faults import Derived, Fault
from assay.plugin.catalogue import catalogue
from assay.plugin.depth import QUICK, STANDARD

EXAMPLES = 4
"""Generated requests for each case where a fault is looked for thoroughly."""
COUNTED = frozenset({"document", "sample", "sound"})
"""Whose promises a survivor breaks to the shame of the rules: what the open-source server alone promises is no duty."""


@dataclass(frozen=True, slots=True)
class Aim:
    """A check that tries a fault. It ends with the first broken rule, or one of `wanted` where these are named."""

    operations: tuple[str, ...]
    only: tuple[str, ...] = ()
    depth: str = STANDARD.name
    examples: int = EXAMPLES
    wanted: frozenset[str] = frozenset()


def rules_to_judge(fault: Fault) -> tuple[str, ...]:
    """Patterns of the rules that are to notice the fault, and of those that they depend on."""
    return (*GROUND, *fault.breaks)


def operations_to_ask(fault: Fault) -> tuple[str, ...]:
    """The operations that the fault is of, and all those of a rule that has a case of none of these.

    A segmentation that keeps no embedding, for one, is noticed by a rule about embedding.
    """
    judged = [{case.operation for case in catalogue()[rule].cases} for rule in fault.breaks]
    others = [operations for operations in judged if operations.isdisjoint(fault.operations)]
    return tuple(sorted({*fault.operations}.union(*others)))


def aims(fault: Fault, rules: tuple[str, ...] = ()) -> tuple[Aim, ...]:
    """The checks that try a fault, the next where the one before did not notice it.

    A named fault is tried on the rules that it names; a derived one on all rules of its operation, quickly, and then,
    if anybody is wronged by it, thoroughly and with the other operations of the same task. `rules` are patterns of
    those that are judged, where not all are.
    """
    if not isinstance(fault, Derived):
        return (Aim(operations_to_ask(fault), rules_to_judge(fault), wanted=frozenset(fault.breaks)),)
    chosen = (*GROUND, *rules) if rules else ()
    quick = Aim(fault.operations, chosen, QUICK.name, QUICK.examples)
    if fault.promise not in COUNTED:
        return (quick,)
    return quick, replace(quick, operations=_of_the_task(fault), depth=STANDARD.name, examples=EXAMPLES)


def _of_the_task(fault: Fault) -> tuple[str, ...]:
    """The operations of the fault's task: some rules ask one to judge another."""
    operations = load().operations
    tasks = {operations[name].task for name in fault.operations if name in operations}
    return tuple({*fault.operations, *(name for name, each in operations.items() if each.task in tasks)})
