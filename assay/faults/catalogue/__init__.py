"""Every named fault, by the operation that it breaks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from assay.faults.catalogue import (
    at_once,
    batches,
    box_parameters,
    classification,
    clients,
    credentials,
    defaults,
    drawing,
    embedding,
    encodings,
    florence2,
    florence2_relations,
    hosted,
    hostile,
    in_any_order,
    instances,
    json_routes,
    keypoints,
    large_pictures,
    naming,
    odd_pictures,
    owlv2,
    owlv2_examples,
    refusals,
    relations,
    rounding,
    scales,
    segment,
    semantic,
    service,
    several_prompts,
    transport,
)
from assay.faults.model import Fault


def by_name(faults: Iterable[Fault]) -> Mapping[str, Fault]:
    """The faults under their names, in their order; raises ValueError where two share one."""
    named: dict[str, Fault] = {}
    for fault in faults:
        if fault.name in named:
            raise ValueError(f"two faults are called {fault.name}")
        named[fault.name] = fault
    return MappingProxyType(named)


FAULTS = by_name(
    (
        *hosted.FAULTS,
        *scales.FAULTS,
        *box_parameters.FAULTS,
        *keypoints.FAULTS,
        *rounding.FAULTS,
        *drawing.FAULTS,
        *instances.FAULTS,
        *classification.FAULTS,
        *json_routes.FAULTS,
        *batches.FAULTS,
        *segment.FAULTS,
        *several_prompts.FAULTS,
        *embedding.FAULTS,
        *relations.FAULTS,
        *owlv2.FAULTS,
        *owlv2_examples.FAULTS,
        *florence2.FAULTS,
        *florence2_relations.FAULTS,
        *semantic.FAULTS,
        *odd_pictures.FAULTS,
        *large_pictures.FAULTS,
        *defaults.FAULTS,
        *service.FAULTS,
        *at_once.FAULTS,
        *in_any_order.FAULTS,
        *transport.FAULTS,
        *encodings.FAULTS,
        *refusals.FAULTS,
        *naming.FAULTS,
        *credentials.FAULTS,
        *hostile.FAULTS,
        *clients.FAULTS,
    ),
)
