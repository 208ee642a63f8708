"""Faults that follow from the schemas: mutation operators times every operation and member that they fit.

Nobody lists them, and so nobody forgets one. Each has a stable name: `hosted.object-detection/predictions.*.x/null` is
of one member of the answers, `hosted.object-detection?confidence/ignored` of a parameter, and
`hosted.object-detection/truncated` of whole answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from assay.contract import load
from assay.faults.derived.answers import faults_of_members
from assay.faults.derived.exchanges import faults_of_exchanges
from assay.faults.derived.requests import faults_of_parameters
from assay.faults.model import Derived


@cache
def derived() -> Mapping[str, Derived]:
    """Every derived fault by its name, operation by operation."""
    contract = load()
    found: dict[str, Derived] = {}
    for operation in (*contract.operations.values(), *contract.services.values()):
        for make in (faults_of_exchanges, faults_of_members, faults_of_parameters):
            found.update((fault.name, fault) for fault in make(operation))
    return MappingProxyType(found)
