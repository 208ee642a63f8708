"""Citing the document: rules point at the field that they enforce, and its sentence stands once, in the schemas."""

from __future__ import annotations

from assay.contract.catalogue import load
from assay.contract.rule import Case
from assay.contract.source import Source


def parameter(operation: str, name: str) -> Source:
    """What the document says of a request's parameter. Raises KeyError, ValueError where it says nothing."""
    return _stated(load().operations[operation].parameter(name).source, f"{operation}, parameter {name}")


def answer_field(operation: str, pattern: str, mode: str = "json") -> Source:
    """What the document says of a field of the answer, such as `/predictions/*/x`."""
    checkpoints = load().operations[operation].checkpoints(mode)
    found = next((checkpoint.source for checkpoint in checkpoints if checkpoint.pattern == pattern), None)
    return _stated(found, f"{operation}, field {pattern}")


def response_mode(operation: str, name: str) -> Source:
    """What the document says of a form of the answer."""
    return load().operations[operation].modes[name].source


def refusal(name: str) -> Source:
    """What a document says of a refusal, by its name among the shared responses of the OpenAPI document."""
    return _shared("responses", name)


def header(name: str) -> Source:
    """What a document says of a header, by its name among the shared headers of the OpenAPI document."""
    return _shared("headers", name)


def credentials(name: str) -> Source:
    """What a document says of a way to send the key, by its name among the security schemes."""
    return _shared("securitySchemes", name)


def _shared(kind: str, name: str) -> Source:
    return Source.of(load().openapi["components"][kind][name]["x-source"])


def operation(identifier: str) -> Source:
    """What the document says of an operation as a whole."""
    return _stated(load().operations[identifier].source, identifier)


def route(path: str, method: str) -> Source:
    """What a document says of a method on a path, where it is another way to ask an operation."""
    return Source.of(load().openapi["paths"][path][method]["x-source"])


def passage(reference: str) -> Source:
    """What the document says at a place of the schemas, where one field has more than one sentence to it."""
    return _stated(load().library.node(reference).source, reference)


def checkpoint_cases(*operations: str) -> tuple[Case, ...]:
    """One case for each place at which an answer can be judged; what two modes share is one case, of the first."""
    cases = []
    for identifier in operations:
        seen: set[tuple[str, str]] = set()
        for mode in load().operations[identifier].modes:
            for checkpoint in load().operations[identifier].checkpoints(mode):
                place = (checkpoint.pattern, checkpoint.schema_pointer)
                if place not in seen and (checkpoint.pattern or not seen):
                    cases.append(Case(identifier, {"mode": mode, "at": checkpoint.pattern or "/"}))
                seen.add(place)
    return tuple(cases)


def _stated(source: Source | None, what: str) -> Source:
    if source is None:
        raise ValueError(f"the schemas cite no source for {what}")
    return source
