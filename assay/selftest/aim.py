"""What a check has to judge, and of which operations, to notice a fault."""

from __future__ import annotations

from assay.faults import Fault
from assay.plugin.catalogue import catalogue

FIRST = ("service.answers-plain-requests", "*.answer.schema")
"""The rules that others depend on: what is broken from the ground up is named by them."""


def rules_to_judge(fault: Fault) -> tuple[str, ...]:
    """Patterns of the rules that are to notice the fault, and of those that they depend on."""
    return (*FIRST, *fault.breaks)


def operations_to_ask(fault: Fault) -> tuple[str, ...]:
    """The operations that the fault is of, and all those of a rule that has a case of none of these.

    A segmentation that keeps no embedding, for one, is noticed by a rule about embedding.
    """
    judged = [{case.operation for case in catalogue()[rule].cases} for rule in fault.breaks]
    others = [operations for operations in judged if operations.isdisjoint(fault.operations)]
    return tuple(sorted({*fault.operations}.union(*others)))
