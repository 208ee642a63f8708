"""Reading what a target says of its own operations: its `/openapi.json`, which may be odd, or somebody else's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from assay.contract.operations import Operation

PRIVACY_PARAMETERS = frozenset({"disable_active_learning", "disable_model_monitoring"})
"""How a server is asked not to keep a picture, and not to count it."""
DEEPEST = 8
"""References that are followed at most: a description may well turn in circles."""


@dataclass(frozen=True, slots=True)
class Description:
    """The described paths by their anonymous form, `/{}/{}`, each with its methods, and the shared parts."""

    paths: Mapping[str, Mapping[str, Any]]
    parts: Mapping[str, Any] = field(default_factory=dict)

    def lists(self, operation: Operation) -> bool:
        """Whether the operation is among what is described."""
        return operation.method.lower() in self.paths.get(_anonymous(operation.path), {})

    def privacy_parameters(self, operation: Operation) -> frozenset[str]:
        """The query parameters of an operation that ask for privacy."""
        parameters = self._described(operation).get("parameters")
        listed = parameters if isinstance(parameters, list) else []
        names = [one.get("name") for one in listed if isinstance(one, dict)]
        return frozenset(name for name in PRIVACY_PARAMETERS if name in names)

    def privacy_fields(self, operation: Operation) -> frozenset[str]:
        """The members of an operation's JSON body that ask for privacy."""
        schema = _within(self._described(operation), "requestBody", "content", "application/json", "schema")
        return PRIVACY_PARAMETERS & set(self._properties(schema))

    def _described(self, operation: Operation) -> Mapping[str, Any]:
        found = self.paths.get(_anonymous(operation.path), {}).get(operation.method.lower())
        return found if isinstance(found, dict) else {}

    def _properties(self, schema: Any, depth: int = 0) -> Iterator[str]:
        if not isinstance(schema, dict) or depth > DEEPEST:
            return
        if isinstance(reference := schema.get("$ref"), str):
            yield from self._properties(self.parts.get(reference.removeprefix("#/components/schemas/")), depth + 1)
        for keyword in ("anyOf", "oneOf", "allOf"):
            for each in schema[keyword] if isinstance(schema.get(keyword), list) else ():
                yield from self._properties(each, depth + 1)
        if isinstance(schema.get("properties"), dict):
            yield from schema["properties"]


def description(document: Mapping[str, Any]) -> Description | None:
    """What the document describes, or None where it describes nothing."""
    paths = document.get("paths")
    if not isinstance(paths, dict):
        return None
    anonymous: dict[str, dict[str, Any]] = {}
    for path, methods in paths.items():
        if isinstance(methods, dict):  # two spellings of one path may describe a method each
            anonymous.setdefault(_anonymous(path), {}).update(methods)
    parts = _within(document, "components", "schemas")
    return Description(anonymous, parts if isinstance(parts, dict) else {})


def documented_privacy(operation: Operation, place: str) -> frozenset[str]:
    """What the contract knows to ask for privacy in the query or the body: for a target that describes nothing."""
    known = {parameter.name for parameter in operation.parameters if parameter.place == place}
    return PRIVACY_PARAMETERS & known


def _anonymous(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def _within(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
